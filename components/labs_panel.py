"""Laboratories side by side: on the overview how long each needs for what it has, on the page of tubes what comes in
against what it can do."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.ages import by_count_mark
from components.format import UNKNOWN, clock, count, rate
from components.icons import icon
from components.links import href
from domain.backlog import Backlogs
from domain.lab_load import LabLoad, diversion, loads
from domain.places import Level
from domain.status import Severity
from domain.tube_page import TubesPicture
from locales import text

MOST = 5
"""Laboratories on the overview; the others are on the page."""

AXIS = 0.88
"""Where on a bar of hours the limit stands, as a share of it."""


def labs_panel(rows: Backlogs, language: str) -> Component:
    """Hours each laboratory needs for what it has, the longest first; the tick is the limit. Empty without tubes."""
    if not rows.backlog.any:
        return html.Div()
    campaign = rows.backlog.campaign
    limit = campaign.limits.test_minutes / 60
    found = loads(rows.labs, campaign.limits)
    to = href("tubes", campaign=campaign.id, place=rows.place.code, language=language)
    more = [dcc.Link(text(language, "labs_panel.all", count=count(len(found))), href=to, className="t12 mut more")]
    head = panel.head(
        text(language, "labs_panel.title"),
        text(language, "labs_panel.note", limit=f"{limit:g}"),
        more if len(found) > MOST else [],
    )
    if not found:
        return html.Div([head, states.message("file", "", text(language, "labs_panel.none"))], className="fill loads")
    heads = html.Div(
        [
            html.Span(text(language, "labs_panel.lab"), role="columnheader"),
            html.Span(role="presentation"),
            html.Span(text(language, "labs_panel.hours"), className="r", role="columnheader"),
            html.Span(text(language, "labs_panel.backlog_of"), className="r", role="columnheader"),
        ],
        className="ld ld-head",
        role="row",
    )
    lines = [_load_line(one, limit, rows, language) for one in found[:MOST]]
    return html.Div(
        [head, html.Div([heads, *lines], className="lds", role="table",
                        **{"aria-label": text(language, "labs_panel.title")})],
        className="fill loads",
    )  # fmt: skip


def _load_line(one: LabLoad, limit: float, rows: Backlogs, language: str) -> html.Div:
    campaign = rows.backlog.campaign
    to = href("tubes", campaign=campaign.id, place=rows.place.code, language=language, lab=one.lab.code)
    name = one.lab.label(language)
    colour = str(one.severity) if one.severity is not Severity.OK else ""
    share = min(1.0, one.hours / limit * AXIS) if one.hours is not None else 0.0
    marks: list[Component | str] = [dcc.Link(name, href=to, className="ell", title=name)]
    if one.by_count:
        marks.append(by_count_mark(language))
    return html.Div(
        [
            html.Span(marks, role="rowheader", className="ld-name"),
            html.Span(
                [html.I(style={"width": f"{share:.2%}"}), html.U(style={"left": f"{AXIS:.0%}"})],
                className=f"lim {colour}".strip(),
                role="presentation",
            ),
            html.Span(
                [icon(one.severity) if colour else "", rate(one.hours, 1)], className=f"r b {colour}".strip(),
                role="cell",
            ),
            html.Span(
                [count(one.waiting), html.Span(f"/{count(one.capacity)}", className="faint")],
                className="r mut nw",
                role="cell",
            ),
        ],
        className="ld",
        role="row",
    )  # fmt: skip


def capacity_panel(rows: TubesPicture, language: str) -> Component:
    """Inflow and results of the last hour against capacity, and what could be diverted."""
    title = text(language, "capacity.title")
    found = loads((row for row in rows.backlogs.labs), rows.backlog.campaign.limits)
    if not found:
        none = states.message("file", "", text(language, "capacity.none"), text(language, "capacity.none_next"))
        return html.Div([panel.head(title), none], className="fill")
    most = max([1.0, *(float(one.received) for one in found), *(one.capacity or 0.0 for one in found)]) * 1.04
    key = panel.key(("bar", text(language, "capacity.inflow")), ("out", text(language, "capacity.out")))
    heads = [
        html.Th(text(language, "capacity.lab"), scope="col"),
        html.Th(key, scope="col"),
        html.Th(text(language, "capacity.in_of"), scope="col", className="r"),
        html.Th(text(language, "capacity.backlog"), scope="col", className="r"),
        html.Th(text(language, "capacity.clears"), scope="col", className="r"),
    ]
    chosen = rows.chosen.lab.code if rows.chosen is not None else ""
    table = html.Table(
        [
            html.Thead(html.Tr(heads)),
            html.Tbody([_capacity_line(one, most, one.lab.code == chosen, rows, language) for one in found]),
        ],
        className="caps",
    )
    return html.Div(
        [
            panel.head(title, text(language, "capacity.note")),
            html.Div(table, className="scroll caps-scroll", tabIndex="0", role="group", **{"aria-label": title}),
            _hint(found, rows, language),
        ],
        className="fill",
    )


def _capacity_line(one: LabLoad, most: float, chosen: bool, rows: TubesPicture, language: str) -> html.Tr:
    campaign = rows.backlog.campaign
    name = one.lab.label(language)
    to = href("tubes", campaign=campaign.id, place=rows.backlogs.place.code, language=language, lab=one.lab.code)
    if chosen and rows.backlogs.place.level in (Level.CITY, Level.DISTRICT):
        # Narrowed to it already: the next step is its own desk.
        to = href("lab", campaign=campaign.id, place=None, language=language, lab=one.lab.code)
    marks: list[Component | str] = [dcc.Link(name, href=to, className="ell b", title=name)]
    if one.by_count:
        marks.append(by_count_mark(language))
    over = "warn b" if one.over else ""
    tick = [html.U(style={"left": f"{one.capacity / most:.2%}"})] if one.capacity is not None else []
    hours_colour = f"{one.severity} b" if one.severity is not Severity.OK else "faint"
    return html.Tr(
        [
            html.Th(html.Span(marks, className="ld-name"), scope="row"),
            html.Td(
                html.Span(
                    [
                        html.I(style={"width": f"{one.received / most:.2%}"}, className="in over" if over else "in"),
                        html.I(style={"width": f"{one.reported / most:.2%}"}, className="out"),
                        *tick,
                    ],
                    className="cap",
                    **{"aria-hidden": "true"},
                ),
                className="cap-cell",
            ),
            html.Td(
                [icon("warn") if over else "", f" {count(one.received)}" if over else count(one.received),
                 html.Span(f" / {count(one.capacity)}", className="" if over else "faint")],
                className=f"r nw {over}".strip(),
                **{"data-label": text(language, "capacity.in_of")},
            ),
            html.Td(count(one.waiting), className="r", **{"data-label": text(language, "capacity.backlog")}),
            html.Td(
                [clock(one.clears_at, campaign.zone), " ",
                 html.Span(f"{one.hours:.1f}h" if one.hours is not None else "", className=hours_colour)]
                if one.clears_at is not None
                else UNKNOWN,
                className="r nw",
                **{"data-label": text(language, "capacity.clears")},
            ),
        ],
        className="on" if chosen else "",
    )  # fmt: skip


def _hint(found: tuple[LabLoad, ...], rows: TubesPicture, language: str) -> html.Div:
    """Who could take over from whom; the trial of it is on a page of its own."""
    found_one = diversion(found)
    campaign = rows.backlog.campaign
    to = href("matching", campaign=campaign.id, place=rows.backlogs.place.code, language=language)
    unknown = sum(one.capacity is None for one in found)
    if found_one is not None:
        said = [
            text(language, "capacity.divert", target=found_one.target.label(language),
                 spare=count(found_one.spare), source=found_one.source.label(language)),
            " ",
            html.B(text(language, "capacity.divert_tubes", tubes=count(found_one.tubes))),
        ]  # fmt: skip
    elif unknown == len(found):
        said = [text(language, "capacity.unknown")]
    elif any(one.over for one in found):
        said = [icon("warn", "warn"), " ", text(language, "capacity.all_over" if len(found) > 1 else "capacity.over")]
    else:
        said = [text(language, "capacity.fits")]
    return html.Div(
        [
            html.Span(said),
            html.Span(className="sp"),
            dcc.Link(text(language, "capacity.plan"), href=to, className="btn"),
        ],
        className="caps-hint t13",
    )
