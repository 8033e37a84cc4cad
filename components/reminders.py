"""Who owes the selected hour, town by town, with one reminder each; who was told when, and whether they answered.

The same for every reader of a place: what only some may do or see (send, edit, ring the full number) is offered by
`duty.js` to those who may (docs/decisions/0012).
"""

import json
from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.duty_strip import COLOURS, ICONS
from components.format import clock, count, duration, hour, hour_named, period, when
from components.icons import icon
from components.links import href, place_href
from components.names import short_name
from components.reminder_text import reminder, why_failed, why_returned
from domain.board import MOST_LISTS, Board, DistrictOwing, OftenLate, Owing, Reminded, TownList
from domain.duty import State
from domain.overview import PlaceRef
from domain.permissions import Action
from domain.places import Level
from domain.reminders import OWING, Standing
from locales import text

FILTERS = (State.MISSING, State.RETURNED, State.LATE)

OFTEN_SHOWN = 6
TIMES_SHOWN = 3
HISTORY_SHOWN = 12

NEEDS = {"data-needs": Action.REMIND.value}

STANDING = {
    Standing.SENT: ("tick", "ok"),
    Standing.COPIED: ("copy", "mut"),
    Standing.FAILED: ("crit", "crit"),
    Standing.SENDING: ("sub", "mut"),
    Standing.UNKNOWN: ("warn", "warn"),
}

SAID = (
    "copied", "copied_many", "not_copied", "sending", "sent", "failed", "no_answer", "edit", "restore", "label",
)  # fmt: skip
"""What `duty.js` says in answer to a click."""


def reminders(board: Board, language: str) -> Component:
    """The lists of the selected hour, and what has been sent."""
    if board.hour is None:
        empty = states.message("late", "", text(language, "kpi.none_due"))
        return html.Div([panel.head(text(language, "reminder.title")), empty], className="fill rm")
    name = period(board.hour.end, board.present.campaign, language)
    title = text(language, "reminder.title_hour", hour=name)
    owing = board.owing
    lists: list[Component] = [_town(board, town, language) for town in board.lists]
    if board.groups:
        lists.append(_districts(board, language))
    elif not owing:
        said = text(language, "reminder.nobody" if board.hour.due else "reminder.not_due", hour=name)
        lists.insert(0, states.message(*(("ok", "ok") if board.hour.due else ("late", "")), said))
    close = html.Button(
        icon("x"), type="button", className="btn close-lists",
        **{"data-duty-lists": "", "aria-label": text(language, "reminder.close")},
    )  # fmt: skip
    return html.Div(
        [
            panel.head(
                title,
                text(language, "reminder.note_districts" if board.groups else "reminder.note"),
                [*([] if board.groups else [_filters(board, language)]), close],
            ),
            html.Div(
                [*lists, *_other_hours(board, language), *_often(board, language)],
                className="lists",
                tabIndex="0",
                role="group",
                **{"aria-label": title},
            ),
            _history(board, language),
            *([_foot(board, owing, language)] if owing else []),
        ],
        className="fill rm",
        **{"data-said": json.dumps({key: text(language, f"reminder.said.{key}", count="{count}") for key in SAID})},
    )


def _filters(board: Board, language: str) -> html.Span:
    """Only the sites in one state; pressed again, all that owe."""
    buttons = [
        html.Button(
            [text(language, f"duty_state.{state}"), html.B(count(board.counts.number(state)))],
            type="button",
            disabled=not board.counts.number(state),
            **{"data-duty-filter": state.value, "aria-pressed": "false"},
        )
        for state in FILTERS
    ]
    return html.Span(buttons, className="seg", role="group", **{"aria-label": text(language, "reminder.filter")})


# -- a city: its districts, which have the lists of their towns


def _districts(board: Board, language: str) -> html.Div:
    """What each district owes, and the way to its own board with everybody's names."""
    heads = [html.Th(text(language, f"reminder.districts.{name}"), scope="col", className="r" if i else "")
             for i, name in enumerate(("place", *FILTERS, "towns", "told"))]  # fmt: skip
    rows = [_district(board, one, language) for one in board.groups]
    return html.Div(
        [
            html.P(text(language, "reminder.districts.why", count=MOST_LISTS), className="t12 mut"),
            html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="tb"),
        ],
        className="rm-town rm-districts",
    )  # fmt: skip


def _district(board: Board, one: DistrictOwing, language: str) -> html.Tr:
    campaign, hour_ = board.present.campaign, board.hour
    assert hour_ is not None
    to = href("duty", campaign=campaign.id, place=one.place.code, language=language,
              hour=campaign.local(hour_.start))  # fmt: skip
    cells: list[Component | str] = [
        html.Span(count(number), className=f"{COLOURS.get(state, '')} b" if number else "faint")
        for state in FILTERS
        for number in (one.counts.number(state),)
    ]
    cells += [count(one.towns), f"{count(one.told)}/{count(one.counts.unsettled)}"]
    name = html.Td(dcc.Link(short_name(one.place, language), href=to, title=one.place.label(language)), className="b")
    return html.Tr([name, *(html.Td(cell, className="r") for cell in cells)])


# -- one town


def _town(board: Board, town: TownList, language: str) -> html.Div:
    owed = town.of(*OWING)
    campaign, hour_ = board.present.campaign, board.hour
    assert hour_ is not None
    to = href("town", campaign=campaign.id, place=town.town.code, language=language,
              hour=campaign.local(hour_.start))  # fmt: skip
    counts = [
        f"{text(language, f'duty_state.{state}')} {count(len(sites))}"
        for state in FILTERS
        if (sites := town.of(state))
    ]
    head = html.Div(
        [
            html.H3(town.town.label(language)),
            html.Span(text(language, "format.dot").join(counts), className="t12 mut"),
            html.Span(className="sp"),
            dcc.Link(text(language, "reminder.town_page"), href=to, className="lk t12"),
        ],
        className="rm-head",
    )
    parts: list[Component] = [head, html.Ul([_site(board, site, language) for site in town.sites])]
    if owed:
        parts.append(_message(board, town, language))
    return html.Div(
        parts,
        className="rm-town" if owed else "rm-town only-late",
        **{
            "data-town": town.town.code,
            "data-hour": campaign.local(hour_.start).isoformat(timespec="minutes"),
            "data-owed": json.dumps({site.place.code: site.state.value for site in owed}),
            "data-sendable": "" if town.target is not None and town.blocked_until is None else None,
        },
    )


def _site(board: Board, site: Owing, language: str) -> html.Li:
    campaign = board.present.campaign
    to = place_href(site.place.code, True, campaign=campaign.id, language=language)
    span = duration(timedelta(minutes=site.minutes), language)
    since = text(language, f"reminder.since.{site.state}", span=span) if site.minutes else _in_time(site, language)
    told = text(language, "reminder.not_told")
    if site.told and site.told_at is not None:
        told = text(language, "reminder.told", at=when(site.told_at, campaign, language), times=count(site.told))
    why = why_returned(site, language)
    return html.Li(
        [
            icon(ICONS[site.state], COLOURS.get(site.state, "mut")),
            html.Span(
                [
                    html.Span(text(language, f"duty_state.{site.state}"), className="visually-hidden"),
                    dcc.Link(site.place.label(language), href=to, className="b", title=site.place.label(language)),
                ],
                className="nm",
            ),
            html.Span(
                told if site.state in OWING else "",
                className="told t12 " + ("faint" if site.told else "b"),
            ),
            html.Span(_person(site, language), className="who t12 mut"),
            html.Span(since, className="since t12 mut"),
            *([html.Span(why, className="why t12 mut", title=why)] if why else []),
        ],
        **{"data-state": site.state.value},
    )


def _in_time(site: Owing, language: str) -> str:
    """What to say of no minutes: just owed, or come before its time was over, in a catch-up of earlier hours."""
    return text(language, "reminder.catch_up" if site.state is State.LATE else "reminder.just_now")


def _person(site: Owing, language: str) -> list[Component | str]:
    """The clerk and a phone. The number is masked; `duty.js` fills in the whole for who may ring it."""
    if site.contact is None:
        return [text(language, "reminder.no_contact")]
    phone = html.A(
        site.contact.phone,
        className="tel",
        **{"data-phone-of": site.place.code, "data-masked": site.contact.phone},
    )
    return [f"{site.contact.name} ", phone]


def _message(board: Board, town: TownList, language: str) -> html.Div:
    """The text in full, and what can be done with it."""
    campaign = board.present.campaign
    blocked = town.blocked_until
    reason = ""
    if town.target is None:
        reason = text(language, "reminder.no_target")
    elif blocked is not None:
        reason = text(language, "reminder.blocked", at=clock(blocked, campaign.zone))
    target = (
        text(language, "reminder.to", target=text(language, f"reminder.preset.{town.target.preset}"))
        if town.target is not None
        else text(language, "reminder.copy_only")
    )
    send = _button("send", "send", text(language, "reminder.send"), "btn s", disabled=bool(reason), title=reason)
    return html.Div(
        [
            html.P(reminder(board, town, language), className="msgbox"),
            # Left empty here: what the reader types lives in it, out of React's sight.
            html.Div(className="edit"),
            html.Div(
                [
                    html.Span(reason if blocked is not None else target, className="t12 faint to", title=target),
                    html.Span(className="sp"),
                    _button("edit", "edit", text(language, "reminder.said.edit"), "btn s"),
                    _button("copy", "copy", text(language, "reminder.copy"), "btn s"),
                    send,
                ],
                className="rm-do",
            ),
            html.Div(className="said t12", role="status"),
        ],
        className="rm-message",
    )


def _button(
    does: str, icon_name: str, label: str, looks: str, *, disabled: bool = False, title: str = ""
) -> html.Button:
    return html.Button(
        [icon(icon_name), html.Span(label)],
        type="button",
        className=looks,
        disabled=disabled,
        title=title or None,
        **{"data-remind": does, **NEEDS},
    )


def _foot(board: Board, owing: tuple[TownList, ...], language: str) -> html.Div:
    """All of them at once: the only primary button."""
    sites = sum(len(town.of(*OWING)) for town in owing)
    ready = [town for town in owing if town.target is not None and town.blocked_until is None]
    waits = [town.blocked_until for town in owing if town.blocked_until is not None]
    note = [text(language, "reminder.how_many", towns=count(len(owing)), sites=count(sites))]
    if not any(town.target for town in owing):
        note.append(text(language, "reminder.set_target"))
    elif waits:
        note.append(text(language, "reminder.blocked", at=clock(min(waits), board.present.campaign.zone)))
    else:
        note.append(text(language, "reminder.rule"))
    if board.present.campaign.demo:
        note.append(text(language, "reminder.invented"))
    label = text(language, "reminder.send_all", count=count(len(ready))) if ready else text(language, "reminder.send")
    return html.Div(
        [
            html.Span([html.Span(part) for part in note], className="t12 mut notes"),
            _button("copy-all", "copy", text(language, "reminder.copy_all"), "btn l"),
            _button("send-all", "send", label, "btn l pri", disabled=not ready),
            html.Div(className="said t12", role="status"),
        ],
        className="rm-foot",
    )


# -- what else is open, and what has been


def _other_hours(board: Board, language: str) -> list[Component]:
    """The other hours that still have something open: nobody is forgotten because the next hour has come."""
    campaign = board.present.campaign
    links = [
        html.A(
            f"{hour_named(hour(column.end, campaign), language)} {count(open_)}",
            href=href("duty", campaign=campaign.id, place=board.present.place.code, language=language,
                      hour=campaign.local(column.start)),
            className="btn s",
            **{"data-duty-hour": campaign.local(column.start).isoformat(timespec="minutes")},
        )
        for i, column in enumerate(board.columns)
        if i != board.selected and column.first == column.last
        if (open_ := sum(line.counts[i].unsettled for line in board.lines))
    ]  # fmt: skip
    if not links:
        return []
    head = html.Div(html.H3(text(language, "reminder.other_hours")), className="rm-head")
    return [html.Div([head, html.Div(links, className="hours-open")], className="rm-town rm-others")]


def _often(board: Board, language: str) -> list[Component]:
    if not board.often_late:
        return []
    shown = board.often_late[:OFTEN_SHOWN]
    rows = [html.Li(_often_late(board, one, language)) for one in shown]
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H3(text(language, "reminder.often")),
                        html.Span(
                            text(language, "reminder.often_count", count=count(len(board.often_late))),
                            className="t12 mut",
                        ),
                    ],
                    className="rm-head",
                ),
                html.Ul(rows, className="often"),
            ],
            className="rm-town rm-often",
        )
    ]


def _often_late(board: Board, one: OftenLate, language: str) -> list[Component]:
    campaign = board.present.campaign
    times = [
        text(
            language,
            "reminder.late_at" if minutes else "reminder.late_catch_up",
            hour=hour_named(hour(end, campaign), language),
            span=duration(timedelta(minutes=minutes), language),
        )
        for end, minutes in one.times[-TIMES_SHOWN:]
    ]
    if len(one.times) > TIMES_SHOWN:
        times.append(text(language, "reminder.late_times", count=count(len(one.times))))
    said = text(language, "format.dot").join(times)
    to = place_href(one.place.code, True, campaign=campaign.id, language=language)
    return [
        dcc.Link(one.place.label(language), href=to, className="b ell", title=one.place.label(language)),
        html.Span(said, className="t12 mut ell", title=said),
    ]


def _history(board: Board, language: str) -> html.Div:
    rows = [html.Li(_told(board, one, language), title=one.text) for one in board.history[:HISTORY_SHOWN]]
    if not rows:
        rows = [html.Li(html.Span(text(language, "reminder.none_sent"), className="faint"))]
    return html.Div(
        html.Ul(rows),
        className="rm-history t12",
        tabIndex="0",
        role="group",
        **{"aria-label": text(language, "reminder.history")},
    )


def _told(board: Board, one: Reminded, language: str) -> list[Component]:
    campaign = board.present.campaign
    names = text(language, "format.list").join(_site_name(site, language) for site in one.sites)
    shape, colour = STANDING[one.standing]
    parts: list[Component] = [
        html.Span(when(one.at, campaign, language), className="faint"),
        html.Span(
            text(
                language,
                f"reminder.row.{one.standing}",
                town=short_name(one.town, language),
                hour=period(one.end, campaign, language),
                names=names,
            ),
            className="mut names",
        ),
    ]
    if one.standing in (Standing.FAILED, Standing.UNKNOWN):
        unknown = one.standing is Standing.UNKNOWN
        said = text(language, "reminder.unknown") if unknown else why_failed(one.reason, one.detail, language)
        parts.append(html.Span([icon(shape), said], className=f"{colour} state", title=said))
    else:
        parts.append(_answer(board, one, language))
    return parts


def _site_name(site: PlaceRef, language: str) -> str:
    return short_name(site, language) if site.level is not Level.SITE else site.label(language)


def _answer(board: Board, one: Reminded, language: str) -> html.Span:
    """Whether they have reported since."""
    if one.answered < len(one.sites):
        said = text(language, "reminder.answered", count=count(one.answered), of=count(len(one.sites)))
        return html.Span(said, className="state b" if not one.answered else "state mut")
    at = when(one.answered_at, board.present.campaign, language)
    return html.Span([icon("tick"), text(language, "reminder.answered_all", at=at)], className="ok state")
