"""Scene 检测负荷: hours of work in hand as cells to be counted, six of them the limit."""

from math import ceil

from dash import html
from dash.development.base_component import Component

from components.format import UNKNOWN, clock, count, rate
from components.icons import icon
from components.wall.parts import none, small
from domain.lab_load import LabLoad
from domain.status import Severity
from domain.wall import Labs
from locales import text

SPARE = 1.2
"""Room beyond the limit, in cells of the present scale."""

MOST_CELLS = 12


def wide(rows: Labs, language: str) -> Component:
    """A row for each laboratory, the busiest first, and what could be done."""
    if not rows.loads:
        return html.Div(none(text(language, "wall.labs.none")), className="g")
    scale = _axis(rows)
    heads = html.Div(
        [
            html.Span(text(language, "wall.labs.lab")),
            html.Span(
                [
                    text(language, "wall.labs.cells"),
                    html.Span(
                        text(language, "wall.labs.limit", hours=f"{rows.limit_hours:g}"), className="at mid",
                        style={"left": f"{rows.limit_hours / scale:.3%}"},
                    ),
                ],
                className="axis",
            ),
            html.Span(text(language, "wall.labs.hours"), className="r"),
            html.Span(text(language, "wall.labs.clears"), className="r"),
            html.Span(text(language, "wall.labs.in_of"), className="r"),
        ],
        className="lbw lab",
    )  # fmt: skip
    lines = [_line(one, rows, scale, language) for one in rows.loads]
    return html.Div([heads, html.Div(lines, className="lbs"), _action(rows, language)], className="g g-labs")


def tall(rows: Labs, language: str) -> Component:
    """The same for a screen that is higher than wide: name and hours above the cells, flow below them."""
    if not rows.loads:
        return html.Div(none(text(language, "wall.labs.none")), className="g")
    scale = _axis(rows)
    lines = [
        html.Div(
            [
                html.Div([_name(one, language), _hours(one, rows)], className="lb-top"),
                _cells(one, rows, scale),
                html.Div(
                    [
                        small([text(language, "wall.labs.clears"), " ", html.B(_clears(one, rows))]),
                        small(
                            [
                                text(language, "wall.labs.in_of"),
                                " ",
                                html.Span(_flow(one), className="warn b" if one.over else ""),
                            ]
                        ),
                    ],
                    className="lb-top",
                ),
            ],
            className="lbt",
        )
        for one in rows.loads
    ]
    head = html.Div(
        [
            html.Span(text(language, "wall.labs.cells")),
            html.Span(
                [html.Span("┃", className="tick"),
                 text(language, "wall.labs.limit", hours=f"{rows.limit_hours:g}")]
            ),
        ],
        className="lab lb-top",
    )  # fmt: skip
    return html.Div([head, html.Div(lines, className="lbs"), _action(rows, language)], className="g g-labs-tall")


def _axis(rows: Labs) -> float:
    """Hours the row of cells is wide: the limit and a little, more where somebody needs more."""
    longest = max([0.0, *(one.hours or 0.0 for one in rows.loads)])
    return max(rows.limit_hours + SPARE, min(float(ceil(longest)), MOST_CELLS) + 0.2)


def _line(one: LabLoad, rows: Labs, scale: float, language: str) -> html.Div:
    return html.Div(
        [
            _name(one, language),
            _cells(one, rows, scale),
            _hours(one, rows),
            html.Span(_clears(one, rows), className="n48 num r plain"),
            html.Span(_flow(one), className=f"n36 num r nw {'warn b' if one.over else ''}".strip()),
        ],
        className="lbw",
    )


def _name(one: LabLoad, language: str) -> html.Span:
    return html.Span(one.lab.label(language), className="n36 b nm")


def _cells(one: LabLoad, rows: Labs, scale: float) -> html.Div:
    colour = {Severity.CRIT: "crit-bar", Severity.WARN: "warn-bar"}.get(rows.state(one), "")
    parts: list[Component] = [_cell(k, 1.0, scale, "empty") for k in range(int(rows.limit_hours))]
    hours = min(one.hours or 0.0, scale)
    parts += [_cell(k, min(1.0, hours - k), scale, colour) for k in range(ceil(hours))]
    return html.Div(
        [html.Div(parts, className="cells"), html.U(style={"left": f"{rows.limit_hours / scale:.3%}"})],
        className="hand",
        **{"aria-hidden": "true"},
    )


def _cell(k: int, part: float, scale: float, colour: str) -> html.I:
    gap = 0.3 if part >= 1 else min(0.3, 0.3 * part)
    return html.I(
        className=colour or None,
        style={"left": f"{k / scale:.3%}", "width": f"calc({part / scale:.3%} - {gap:.2f}rem)"},
    )


def _hours(one: LabLoad, rows: Labs) -> html.Span:
    state = rows.state(one)
    mark = [icon(state), " "] if state is Severity.CRIT else []
    colour = "" if state is Severity.OK else str(state)
    return html.Span([*mark, rate(one.hours, 1)], className=f"n64 num r {colour}".strip())


def _clears(one: LabLoad, rows: Labs) -> str:
    return clock(one.clears_at, rows.overview.campaign.zone)


def _flow(one: LabLoad) -> list[Component | str]:
    mark: list[Component | str] = [icon("warn"), " "] if one.over else []
    capacity = count(one.capacity) if one.capacity is not None else UNKNOWN
    return [*mark, count(one.received), html.Span(f" / {capacity}", className="" if one.over else "mut")]


def _action(rows: Labs, language: str) -> html.Div:
    """What could be done, with its number, and when the work in hand is done."""
    found = rows.diversion
    done = small([text(language, "wall.labs.cleared"), " ", html.B(
        clock(rows.cleared_at, rows.overview.campaign.zone), className="num")], "all")  # fmt: skip
    if found is None:
        fits = not any(one.over for one in rows.loads)
        said: list[Component | str] = [text(language, "capacity.fits" if fits else "wall.labs.no_room")]
    else:
        said = [
            text(language, "wall.labs.divert", target=found.target.label(language), spare=count(found.spare),
                 source=found.source.label(language)),
            " ",
            html.B(text(language, "wall.labs.divert_tubes", tubes=count(found.tubes))),
        ]  # fmt: skip
    return html.Div([small(text(language, "wall.labs.can")), html.Span(said, className="can"), done], className="act")
