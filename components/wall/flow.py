"""Scene 样本流转: four lanes, each an age histogram on its own limit, which is one line through all of them."""

from dash import html
from dash.development.base_component import Component

from components.ages import hours, oldest
from components.format import count, signed
from components.icons import icon
from components.wall.parts import lab, none, small
from components.wall.words import called
from domain.status import Severity
from domain.wall import AXIS, Bar, Flow, Lane, age_state
from locales import text

COLOURS = {Severity.OK: "", Severity.WARN: "warn-bar", Severity.CRIT: "crit-bar"}
FULL = 0.78
"""Height of the tallest bar, as a share of its lane."""


def wide(rows: Flow, language: str) -> Component:
    """The lanes in the order of the way."""
    if not rows.lanes:
        return html.Div(none(text(language, "wall.no_tubes")), className="g")
    heads = html.Div(
        [
            html.Span(text(language, "wall.flow.stage")),
            html.Span(),
            html.Span(
                [
                    text(language, "wall.flow.waiting"),
                    html.Span(text(language, "wall.flow.limit"), style={"left": _at_limit()}, className="at"),
                ],
                className="axis",
            ),
            html.Span(text(language, "wall.flow.oldest")),
        ],
        className="fl lab",
    )
    return html.Div([heads, *(_lane(lane, rows, language) for lane in rows.lanes)], className="g g-flow")


def _at_limit() -> str:
    return f"{1 / AXIS:.3%}"


def _lane(lane: Lane, rows: Flow, language: str) -> html.Div:
    name = text(language, f"wall.flow.name.{lane.name}")
    grown = text(language, "wall.flow.grown", tubes=signed(lane.grown))
    return html.Div(
        [
            html.Span(name, className="way"),
            html.Div(
                [
                    lab([text(language, f"wall.flow.what.{lane.name}"), " ", small(grown, "faint")], "nw"),
                    html.Div([count(lane.tubes), html.Small(text(language, "wall.flow.tubes"))], className="n64 num"),
                ]
            ),
            _histogram(lane, language),
            _oldest(lane, rows, language),
        ],
        className="fl",
    )


def _histogram(lane: Lane, language: str) -> html.Div:
    most = max([1, *(bar.tubes for bar in lane.bars)])
    limit = small(hours(lane.limit, language), "at first")
    over = [small(text(language, "wall.flow.over", tubes=count(lane.waiting.over)), "at second crit b")]
    return html.Div(
        [
            *(_bar(bar, most) for bar in lane.bars),
            html.U(style={"left": _at_limit()}),
            html.Div([limit, *(over if lane.waiting.over else [])], className="said", style={"left": _at_limit()}),
        ],
        className="hist",
    )


def _bar(bar: Bar, most: int) -> html.I:
    return html.I(
        className=COLOURS[bar.severity] or None,
        style={
            "left": f"{bar.begin / AXIS:.3%}",
            "width": f"calc({bar.width / AXIS:.3%} - .3rem)",
            "height": f"max(.75rem, {bar.tubes / most * FULL:.1%})",
        },
    )


def _oldest(lane: Lane, rows: Flow, language: str) -> html.Div:
    state = age_state(lane, rows.campaign.limits)
    said = oldest(lane.waiting, language)
    where = [called(lane.at, rows.names, language)] if lane.at is not None else []
    if lane.lab is not None:
        where.append(lane.lab.label(language))
    mark = [icon(state, str(state) if state is Severity.OK else ""), " "] if lane.age is not None else []
    colour = "" if state is Severity.OK else str(state)
    return html.Div(
        [
            html.Div([*mark, said], className=f"n48 num nw {colour}".strip()),
            lab((" → " if lane.name == "in_transit" else " · ").join(where), "where"),
        ]
    )
