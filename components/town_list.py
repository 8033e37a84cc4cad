"""The list of the town page: the sites of an hour, grouped by what is to be done with their reports.

Every row carries what `assets/2-scripts/town.js` needs to act on it, and a key, so that a new picture moves rows
instead of writing another site into the row a person has before them.
"""

from collections.abc import Iterator
from itertools import groupby

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import UNKNOWN, count, period, signed, when
from components.icons import icon
from components.links import href, place_href
from components.panel import Part
from components.site import STATUS_ICON
from components.town_rivals import rival_beside
from components.town_words import said
from domain.decisions import NEEDS_NOTE, UNDO_SHOWN, Reason
from domain.passport import Figure
from domain.permissions import Action
from domain.reports import Status
from domain.town import Group, SiteWork, TownPicture
from locales import has, text, texts

COLUMNS = (
    "site", "clerk", "at", "status", "persons", "total", "tubes", "third_copies", "difference", "doubts", "actions",
)  # fmt: skip
OF_THE_DAY = ("used", "kept", "received", "gap")
"""Columns of scanned tubes, beside each other, in place of the difference of the hour's two counts."""
NUMERIC = frozenset({"persons", "total", "tubes", "third_copies", "difference"})
KEYS = (("↑↓", "move"), ("V", "verify"), ("R", "return"), ("U", "undo"), ("/", "search"))


def town_list(rows: TownPicture, language: str) -> Component:
    """Every site of the hour with its report."""
    title = text(language, "town.list")
    if not rows.sites:
        return html.Div(
            [panel.head(title), states.message("file", "", text(language, "town.no_sites"))], className="fill"
        )
    body: list[Component] = []
    columns = _columns(rows)
    for group, found in groupby(rows.sites, key=lambda row: row.group):
        sites = list(found)
        body.append(_group(group, len(sites), len(columns), language))
        for row in sites:
            body += _site(row, rows, language)
    heads = [
        html.Th(
            html.Span(text(language, "town.column.actions"), className="visually-hidden")
            if name == "actions"
            else text(language, f"town.column.{name}"),
            scope="col",
            className=f"col-{name} r" if name in NUMERIC or name in OF_THE_DAY else f"col-{name}",
        )
        for name in columns
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb town-table")
    return html.Div(
        [
            _done(rows, language),
            html.Div(table, className="town-scroll", role="group", **{"aria-label": title}),
            html.Div(className="town-none mut", hidden=True, role="status", **{"data-none": ""}),
            _legend(language),
        ],
        className="town fill",
        **_for_the_script(rows, language),
    )


def _for_the_script(rows: TownPicture, language: str) -> dict[str, str]:
    """What the script has to know of the whole list: the hour, the revision, and every text it may need."""
    campaign = rows.seen.campaign
    prefix = "town.script."
    words = {key.removeprefix(prefix): said for key, said in texts(language).items() if key.startswith(prefix)}
    words |= {f"reason.{reason}": text(language, f"reason.{reason}") for reason in Reason}
    return {
        "data-town": rows.seen.place.code,
        "data-revision": str(rows.seen.revision),
        "data-hour-start": campaign.local(rows.start).isoformat(),
        "data-hour-name": period(rows.end, campaign, language),
        "data-undo-seconds": str(int(UNDO_SHOWN.total_seconds())),
        "data-needs-note": " ".join(sorted(NEEDS_NOTE)),
        "data-words": orjson.dumps(words).decode(),
    }


def _done(rows: TownPicture, language: str) -> Component | str:
    if set(rows.groups) != {Group.VERIFIED}:
        return ""
    return html.Div(
        [icon("ok", "ok"), html.B(text(language, "town.all_done")), html.Span(text(language, "town.all_done_next"))],
        className="town-done t13 mut",
    )


def _legend(language: str) -> html.Div:
    """The keys, for those who handle forty sites without a mouse."""
    parts = [
        html.Span([html.Kbd(key), f" {text(language, f'town.keys.{name}')}"], className="nw") for key, name in KEYS
    ]
    return html.Div(
        parts, className="town-keys t12 faint", role="note", **{"aria-label": text(language, "town.keys.title")}
    )


def _columns(rows: TownPicture) -> tuple[str, ...]:
    """With scanned tubes, what became of them takes the place of the difference."""
    if rows.tubes is None:
        return COLUMNS
    at = COLUMNS.index("difference")
    return (*COLUMNS[:at], *OF_THE_DAY, *COLUMNS[at + 1 :])


def _group(group: Group, number: int, columns: int, language: str) -> html.Tr:
    parts: list[Part] = [
        html.B(text(language, f"town.group.{group}")),
        " ",
        html.Span(count(number), className="faint"),
    ]
    if group is Group.VERIFIED:
        parts.append(
            html.Button(
                [
                    html.Span(text(language, "town.act.open", count=count(number)), className="when-closed"),
                    html.Span(text(language, "town.act.close"), className="when-open"),
                    icon("down"),
                ],
                type="button",
                className="btn ghost",
                **{"data-town-act": "unfold"},
            )
        )
    if has(f"town.group_note.{group}"):
        parts.append(html.Span(text(language, f"town.group_note.{group}"), className="phone-only mut by"))
    head = html.Th(html.Div(parts), colSpan=columns, scope="colgroup")
    return html.Tr(head, className=f"group group-{group}", key=f"group/{group}")


def _site(row: SiteWork, rows: TownPicture, language: str) -> Iterator[Component]:
    sent, name, columns = row.sent, row.site.label(language), _columns(rows)
    at = when(sent.recorded_at if sent else None, rows.seen.campaign, language)
    cells = {
        "site": html.Th(_name(row, rows, language), scope="row", className="b"),
        "clerk": html.Td(_clerk(row), className="mut clerk"),
        "at": html.Td(at, className="mut at"),
        "status": html.Td(_status(row, language), className="status"),
        **{column: _figure(row, column, rows, language) for column in columns if column in NUMERIC},
        **{column: _scanned(row, column, language) for column in columns if column in OF_THE_DAY},
        "doubts": html.Td(html.Div(said(row, rows, language), className="said"), className="doubts"),
        "actions": html.Td(html.Div(_actions(row, rows, language), className="acts"), className="r row-acts"),
    }
    yield html.Tr(
        [cells[column] for column in columns],
        className=f"work {row.group}",
        key=row.site.code,
        tabIndex="-1",
        **{
            "data-site": row.site.code,
            "data-name": name,
            "data-group": row.group,
            "data-status": sent.status if sent else "",
            "data-report": sent.key if sent else "",
            "data-clerk": row.clerk,
            "data-reasons": " ".join(row.reasons),
            "data-suggested": "1" if row.doubts and row.group is Group.ATTENTION else "",
            "data-search": f"{row.site.name} {row.site.name_en} {row.site.code} {row.clerk}".lower(),
            "data-before": count((row.total or 0) - (sent.persons if sent else 0)),
            "data-pool": str(row.pool_size),
            "data-figures": orjson.dumps({k: v for k, v in sent.counts.items() if v is not None}).decode()
            if sent
            else "{}",
        },
    )
    if row.rivals and row.group is Group.ATTENTION and sent is not None:
        yield html.Tr(
            html.Td([rival_beside(rival, sent, rows, row, language) for rival in row.rivals], colSpan=len(columns)),
            className="rivals",
            key=f"{row.site.code}/rivals",
            **{"data-of": row.site.code},
        )


def _name(row: SiteWork, rows: TownPicture, language: str) -> list[Part]:
    to = place_href(row.site.code, True, campaign=rows.seen.campaign.id, language=language)
    name = row.site.label(language)
    return [dcc.Link(name, href=to, title=name)]


def _clerk(row: SiteWork) -> Part:
    """Who is to be asked about the report: who reports for the site, else who sent it."""
    who = row.clerk or (row.sent.by if row.sent and row.sent.channel is None else "")
    return html.Span(who or count(None), title=f"{who} {row.phone}".strip())


def _status(row: SiteWork, language: str) -> html.Span:
    sent = row.sent
    if sent is None:
        state = "missing" if row.group is Group.ATTENTION else "not_due"
        shape = "miss" if row.group is Group.ATTENTION else "pend"
        return html.Span([icon(shape), text(language, f"duty.state.{state}")], className="chip miss")
    if sent.status is Status.SUBMITTED and sent.late_by:
        return html.Span([icon("late"), text(language, "duty.state.late")], className="chip warn")
    kind = "ok" if sent.status is Status.VERIFIED else "out"
    return html.Span(
        [icon(STATUS_ICON[sent.status]), text(language, f"status.{sent.status}")], className=f"chip {kind}"
    )


def _figure(row: SiteWork, column: str, rows: TownPicture, language: str) -> html.Td:
    """A figure, the offending one coloured; where a correction changed it, the old one struck out before it."""
    sent = row.sent
    number: int | None
    if column == "total":
        number = row.total
    elif sent is None:
        number = None
    elif column == "difference":
        known = sent.tubes is not None and sent.third_copies is not None
        number = (sent.third_copies or 0) - (sent.tubes or 0) if known else None
    else:
        number = getattr(sent, column)
    severity = row.colour(column) if row.group in (Group.ATTENTION, Group.RETURNED) else None
    written = signed(number) if column == "difference" else count(number)
    marks = {"data-key": f"{row.site.code}/{column}", "data-value": written}
    shown: list[Part] = [html.Span(written, **marks)]
    if column in tuple(Figure) and sent is not None:
        # Reached by hand; by key the row comes first, and forty rows of figures would stand between two buttons.
        of = Of(Figure(column), row.site.code, rows.seen.campaign.local(rows.start))
        shown = [figure(written, of, language, tabIndex="-1", **marks)]
    change = next((c for c in sent.changes if c.field == column), None) if sent else None
    if change is not None:
        shown = [html.Del(count(change.old)), " ", html.Ins(shown)]
    return html.Td(
        shown,
        className=f"r n-{column} {f'{severity} b' if severity else ''}".strip(),
        **{"data-label": text(language, f"town.unit.{column}")},
    )


def _scanned(row: SiteWork, column: str, language: str) -> html.Td:
    """One of the four figures of its scanned tubes; missing ones are said where they are felt."""
    tubes = row.tubes
    if tubes is None:
        return html.Td(UNKNOWN, className=f"r n-{column} faint")
    number = {"used": tubes.used, "kept": tubes.third_copies, "received": tubes.received, "gap": tubes.gap}[column]
    written = signed(number) if column == "gap" else count(number)
    colour, said = "", ""
    if column == "gap" and tubes.missing:
        colour, said = "crit b", text(language, "town.tubes_missing", tubes=count(tubes.missing))
    elif column == "gap":
        colour = "mut"
    marks = {"data-key": f"{row.site.code}/{column}", "data-value": written}
    parts: list[Part] = [icon("crit"), " "] if said else []
    shown = [*parts, html.Span(written, **marks)]
    if said:
        shown.append(html.Span(said, className="visually-hidden"))
    return html.Td(shown, className=f"r n-{column} {colour}".strip(), title=said or None)


def _actions(row: SiteWork, rows: TownPicture, language: str) -> list[Component]:
    """What can be done with the row. Verifying is the primary action only where nothing is doubtful."""
    name = row.site.label(language)

    def button(act: str, needs: Action, extra: str = "", word: str = "") -> html.Button:
        return html.Button(
            text(language, f"town.act.{word or act}"),
            type="button",
            className=f"btn {extra}".strip(),
            **{
                "data-town-act": act,
                "data-needs": needs,
                "aria-label": text(language, f"town.act.{word or act}_of", site=name),
            },
        )

    send_back = button("return", Action.DECIDE_REPORTS)
    enter = button("enter", Action.WRITE_REPORTS)
    if row.sent is None:
        begun = rows.start <= rows.seen.now
        if row.group is Group.ATTENTION:
            return [_remind(row, rows, language), enter]
        return [enter] if begun else []
    if row.group is Group.RETURNED:
        return [_remind(row, rows, language), button("enter", Action.WRITE_REPORTS, "", "correct")]
    if row.group is Group.VERIFIED:
        return [send_back]
    primary = "pri" if row.group is Group.CLEAN else ""
    return [send_back, button("verify", Action.DECIDE_REPORTS, primary)]


def _remind(row: SiteWork, rows: TownPicture, language: str) -> dcc.Link:
    """To the duty board, where the reminder of the whole town stands ready."""
    campaign = rows.seen.campaign
    to = href("duty", campaign=campaign.id, place=rows.seen.place.code, language=language,
              hour=campaign.local(rows.start))  # fmt: skip
    name = html.Span(row.site.label(language), className="visually-hidden")
    return dcc.Link([text(language, "town.act.remind"), name], href=to, className="btn")
