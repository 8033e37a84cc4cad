"""The page of accounts: what has to be done first, then everybody by place; making many at once, tokens, the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from components import panel
from components import people_controls as controls
from components.format import UNKNOWN, count
from components.format import day as date_of
from components.icons import icon
from components.states import message
from data.models import Token
from data.queries.accounts import AccountRow, Roll, Wanted
from domain.accounts import TO_DO, State
from domain.permissions import ACCOUNT_ROLES, Role
from domain.places import Level, Place, PlaceTree
from locales import text

SHOWN = 300
"""Rows drawn at once; who looks for one among more of them searches."""

CHIPS = {
    State.ACTIVE: ("ok", "ok"),
    State.LOCKED: ("warn", "lock"),
    State.EXPIRED: ("warn", "late"),
    State.UNUSED: ("miss", "miss"),
    State.UNCHANGED: ("miss", "pend"),
    State.DISABLED: ("out", "closed"),
    State.WITHDRAWN: ("out", "closed"),
}
"""Colour and shape of an account's state."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows. `now` is the real time; `reach` how many the end of the campaign would take back, None
    for who may not do that; `me` the reader's own login."""

    tree: PlaceTree
    home: Place | None
    now: datetime
    me: str
    wanted: Wanted
    show: str
    roll: Roll
    tokens: Sequence[Token]
    labs: Sequence[tuple[str, str]]
    reach: dict[str, int] | None


def page(seen: Seen, language: str) -> dict[str, list[Component]]:
    """What is drawn, by the place it is drawn in."""
    body = _tokens(seen, language) if seen.show == "tokens" else _accounts(seen, language)
    side = [_bulk(seen, language)]
    if seen.reach is not None:
        side.append(_end(seen, language))
    return {
        "users-places": _places(seen, language),
        "users-head": _head(seen, language),
        "users": body,
        "users-side": side,
    }


def _places(seen: Seen, language: str) -> list[Component]:
    roll, home = seen.roll, seen.home
    towns = sorted((p for p in seen.tree.each(Level.TOWN) if roll.by_town[p.code]), key=lambda p: p.code)
    rows: list[Component] = [
        controls.pick(
            "place",
            "",
            not seen.wanted.place,
            [
                html.Span(home.label(language) if home else text(language, "users.everywhere")),
                html.Span(count(roll.total), className="n"),
            ],
        ),
        *(
            controls.pick(
                "place",
                town.code,
                seen.wanted.place == town.code,
                [
                    html.Span(town.label(language), className="ell"),
                    html.Span(count(roll.by_town[town.code]), className="n"),
                ],
            )
            for town in towns
        ),
    ]
    legend = [
        html.Div(
            [
                html.Span(
                    [
                        html.B(text(language, f"role.{role}")),
                        " ",
                        html.Span(count(roll.by_role[role]), className="faint"),
                    ]
                ),
                html.Span(text(language, f"users.rights.{role}"), className="mut"),
            ],
            className="right",
        )
        for role in ACCOUNT_ROLES
    ]
    return [
        panel.head(text(language, "users.by_place"), text(language, "users.people", number=count(roll.total))),
        html.Div(rows, className="places"),
        html.Div([html.H3(text(language, "users.roles")), *legend], className="legend"),
    ]


def _head(seen: Seen, language: str) -> list[Component]:
    roll = seen.roll
    to_do = sum(roll.by_state[state] for state in TO_DO)
    kinds = [
        ("", text(language, "users.show.all"), roll.total),
        ("to_do", text(language, "users.show.to_do"), to_do),
        ("online", text(language, "users.show.online"), roll.online),
        ("tokens", text(language, "users.show.tokens"), sum(1 for t in seen.tokens if t.revoked_at is None)),
    ]
    switch = html.Span(
        [
            controls.pick("show", value, value == seen.show, f"{said} {count(number)}")
            for value, said, number in kinds
        ],
        className="seg",
        role="group",
        **{"aria-label": text(language, "users.show.label")},
    )
    return [html.H2(text(language, "users.title")), switch]


def _accounts(seen: Seen, language: str) -> list[Component]:
    rows = [row for row in seen.roll.rows if seen.show != "online" or row.online]
    if seen.show == "to_do":
        rows = [row for row in rows if row.state in TO_DO]
    if not rows:
        return [message("search", "", text(language, "users.none"), text(language, "users.none_next"))]
    names = ("name", "login", "role", "place", "lab", "seen", "state", "do")
    heads = html.Thead(html.Tr([html.Th(text(language, f"users.column.{n}"), className=f"c-{n}") for n in names]))
    drawn: list[Component] = []
    for group, members in groupby(rows[:SHOWN], key=lambda row: "to_do" if row.state in TO_DO else _group(row)):
        there = list(members)
        drawn.append(
            html.Tr(
                html.Th(
                    [text(language, f"users.group.{group}"), " ", html.Span(count(len(there)), className="faint")],
                    colSpan=len(names),
                    scope="rowgroup",
                ),
                className="grp",
            )
        )
        drawn += [_row(row, seen, language) for row in there]
    table = html.Table([heads, html.Tbody(drawn)], className="tb users-table")
    label = {"aria-label": text(language, "users.title")}
    parts: list[Component] = [html.Div(table, className="scroll", tabIndex="0", role="region", **label)]
    if len(rows) > SHOWN:
        parts.append(
            html.Div(text(language, "users.more", number=count(len(rows) - SHOWN)), className="people-foot mut")
        )
    return parts


def _group(row: AccountRow) -> str:
    return row.place.level.value if row.place else "lab" if row.role is Role.LAB else "everywhere"


def _row(row: AccountRow, seen: Seen, language: str) -> Component:
    colour, shape = CHIPS[row.state]
    state = html.Span([icon(shape), text(language, f"users.state.{row.state}")], className=f"chip {colour}")
    place = row.place.label(language) if row.place else row.place_code or text(language, "users.everywhere")
    if row.role is Role.LAB:
        place = row.lab
    return html.Tr(
        [
            html.Td(html.B(row.name) if row.name else UNKNOWN, className="" if row.name else "faint"),
            html.Td(row.login, className="mut"),
            html.Td(text(language, f"role.{row.role}"), className="mut"),
            html.Td(place, title=row.place_code),
            html.Td(row.lab if row.role is Role.SITE and row.lab else UNKNOWN, className="mut c-lab"),
            html.Td(_last(row, seen, language), className="mut"),
            html.Td(state, title=_why(row, seen, language)),
            html.Td(_buttons(row, seen, language), className="r c-do"),
        ],
        **{"data-account": row.login},
    )


def _last(row: AccountRow, seen: Seen, language: str) -> Component | str:
    if row.online:
        return html.Span([icon("dot", "ok"), text(language, "users.online")], className="flag ok")
    return moment(row.last_seen_at, seen, language)


def moment(at: datetime | None, seen: Seen, language: str) -> str:
    """A real time: the clock if it is today, else the date."""
    if at is None:
        return UNKNOWN
    zone = seen.tree.campaign.zone
    if at.astimezone(zone).date() == seen.now.astimezone(zone).date():
        return f"{at.astimezone(zone):%H:%M}"
    return date_of(at, zone, language)


def _why(row: AccountRow, seen: Seen, language: str) -> str:
    """When a state ends by itself."""
    if row.locked_until is not None and row.state is State.LOCKED:
        return text(language, "users.locked_until", at=moment(row.locked_until, seen, language))
    if row.expires_at is not None and row.state in (State.UNUSED, State.UNCHANGED, State.EXPIRED):
        return text(language, "users.good_until", at=date_of(row.expires_at, seen.tree.campaign.zone, language))
    return ""


def _buttons(row: AccountRow, seen: Seen, language: str) -> list[Component]:
    if row.login == seen.me:
        return [html.Span(text(language, "users.yourself"), className="faint")]
    steps = []
    if row.state is State.LOCKED:
        steps.append("unlock")
    if row.state is not State.DISABLED:
        steps.append("reset")
    steps.append("enable" if row.state is State.DISABLED else "disable")
    who = row.name or row.login
    return [
        html.Button(
            text(language, f"users.step.{step}"),
            type="button",
            className="btn s",
            **{
                "data-step": step,
                "data-login": row.login,
                "data-shown": who,
                "aria-label": f"{text(language, f'users.step.{step}')} {who}",
            },
        )
        for step in steps
    ]


# -- many at once, the end


def _bulk(seen: Seen, language: str) -> Component:
    roll = seen.roll
    without, sites = len(roll.sites_without), roll.sites
    unused = roll.unused
    facts = html.P(
        [
            icon("ok", "ok"),
            html.B(text(language, "users.bulk_made", number=count(sites - without))),
            " · ",
            icon("miss", "miss"),
            html.B(text(language, "users.bulk_unused", number=count(unused))),
        ],
        className="t12 made-line",
    )
    main = html.Button(
        [icon("print"), text(language, "users.bulk_go", number=count(without))],
        type="button",
        className="btn pri",
        disabled=not without,
        **{"data-bulk": "missing"},
    )
    again = html.Button(
        [icon("print"), text(language, "users.bulk_renew", number=count(unused))],
        type="button",
        className="btn",
        disabled=not unused,
        **{"data-bulk": "unused"},
    )
    listed = html.Button(
        [icon("file"), text(language, "users.bulk_file")], type="button", className="btn", **{"data-bulk": "file"}
    )
    return html.Section(
        [
            panel.head(text(language, "users.bulk"), text(language, "users.bulk_note", number=count(sites))),
            html.Div(
                [
                    facts,
                    html.P(text(language, "users.bulk_says"), className="mut t12"),
                    html.Div([main, again, listed], className="stack"),
                    html.P(className="refusal crit t12", role="alert", id="bulk-refusal"),
                    html.P(className="mut t12", role="status", id="bulk-progress"),
                ],
                className="pb",
            ),
        ],
        className="panel",
    )


def _end(seen: Seen, language: str) -> Component:
    reach = seen.reach or {}
    rows = [
        html.Li([html.Span(text(language, f"users.reach.{name}")), html.B(count(reach.get(name, 0)))])
        for name in ("accounts", "sessions", "tokens", "screens")
    ]
    go = html.Button(
        [icon("lock"), text(language, "users.close")],
        type="button",
        className="btn",
        **{"data-open-dialog": "close", **{f"data-{name}": str(reach.get(name, 0)) for name in reach}},
    )
    return html.Section(
        [
            panel.head(text(language, "users.end"), text(language, "users.end_note")),
            html.Div(
                [html.Ul(rows, className="reach"), html.P(text(language, "users.end_says"), className="says"), go],
                className="pb",
            ),
        ],
        className="panel",
    )


# -- tokens


def _tokens(seen: Seen, language: str) -> list[Component]:
    make = html.Button(
        [icon("link"), text(language, "users.new_token")],
        type="button",
        className="btn",
        **{"data-open-dialog": "token"},
    )
    foot = html.Div(
        [html.Span(text(language, "users.token_says"), className="faint"), html.Span(className="sp"), make],
        className="people-foot",
    )
    if not seen.tokens:
        return [message("link", "", text(language, "users.no_tokens"), text(language, "users.token_says")), foot]
    names = ("number", "role", "place", "note", "made", "state", "do")
    heads = html.Thead(html.Tr([html.Th(text(language, f"users.token_column.{n}")) for n in names]))
    labs = dict(seen.labs)
    rows = []
    for row in seen.tokens:
        place = seen.tree.by_code.get(row.place)
        revoked = row.revoked_at is not None
        state = (
            html.Span([icon("closed"), text(language, "users.revoked")], className="chip out")
            if revoked
            else html.Span([icon("ok"), text(language, "users.valid")], className="chip ok")
        )
        revoke = html.Button(
            text(language, "users.revoke"),
            type="button",
            className="btn s",
            **{"data-revoke": str(row.id), "aria-label": f"{text(language, 'users.revoke')} {row.id}"},
        )
        rows.append(
            html.Tr(
                [
                    html.Td(str(row.id)),
                    html.Td(text(language, f"role.{row.role}"), className="mut"),
                    html.Td(place.label(language) if place else labs.get(row.place, row.place), title=row.place),
                    html.Td(row.note or UNKNOWN),
                    html.Td(moment(row.created_at, seen, language), className="mut"),
                    html.Td(state),
                    html.Td(UNKNOWN if revoked else revoke, className="r"),
                ],
            )
        )
    table = html.Table([heads, html.Tbody(rows)], className="tb")
    label = {"aria-label": text(language, "users.show.tokens")}
    return [html.Div(table, className="scroll", tabIndex="0", role="region", **label), foot]
