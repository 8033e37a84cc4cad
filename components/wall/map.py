"""Scene 地图: a numbered list, the window on the core with the same numbers, the whole place beside it."""

from collections import Counter

from dash import html
from dash.development.base_component import Component

from components.findings import sentence
from components.format import UNKNOWN, percent, period
from components.icons import icon
from components.names import short_name
from components.wall.parts import lab, none
from components.wall.words import called, halves
from domain.map import Shape
from domain.status import Severity
from domain.wall import Trouble, WallMap
from figures.map import Frame
from figures.svg import Node, diamond, node, words
from figures.wall_map import core, densest, whole
from locales import text

CORE = (688.0, 632.0)
WHOLE = (560.0, 884.0)
"""Pixels of the two drawings."""

CORE_KM = 5.3
"""Half of the window's width."""

SIGNS = {Severity.CRIT: "◆ ", Severity.WARN: "▲ "}
STEPS = ("<40%", "40", "55", "70", "85")


def wide(rows: WallMap, language: str) -> Component:
    """List, window, whole place."""
    shown = rows.picture
    if not shown.dots:
        return html.Div(none(text(language, "wall.map.none")), className="g")
    half = CORE_KM, CORE_KM * CORE[1] / CORE[0]
    window = densest(shown.dots, *half)
    numbers = {row.place.code: i for i, row in enumerate(rows.troubles, start=1)}
    note = text(language, "wall.map.approximate") if shown.approximate else ""
    label = text(
        language, "map.sentence", sites=len(shown.dots), crit=rows.crit, warn=rows.warn, missing=rows.missing
    )
    return html.Div(
        [
            html.Div([lab(text(language, "wall.map.list")), _list(rows, language)], className="col"),
            html.Div(
                [
                    lab(
                        [
                            html.Span(_core_name(rows, window, language)),
                            _key("crit", language), _key("warn", language), _key("miss", language),
                        ],
                        "map-key nw",
                    ),
                    core(shown, numbers, window, *CORE, note, label),
                    _ramp(language),
                ],
                className="col",
            ),
            html.Div(
                whole(shown, numbers, window, *WHOLE, lambda shape: _label(shape, language), label), className="whole"
            ),
        ],
        className="g g-map",
    )  # fmt: skip


def _core_name(rows: WallMap, window: Frame, language: str) -> str:
    """The window is called by the town that has most of its sites."""
    inside = [dot.place.code for dot in rows.picture.dots if window.holds(dot.at)]
    towns = Counter(rows.towns[code] for code in inside if code in rows.towns)
    if not towns:
        return text(language, "wall.map.core", count=len(inside))
    town = min(towns, key=lambda one: (-towns[one], one.code))
    return text(language, "wall.map.core_of", place=short_name(town, language), count=len(inside))


def _key(state: str, language: str) -> html.Span:
    return html.Span([icon(state, state), " ", text(language, f"severity.{state}")])


def _ramp(language: str) -> html.Div:
    steps = [html.Span([html.I(className=f"w-b{i}"), html.Span(name)]) for i, name in enumerate(STEPS, start=1)]
    return html.Div([html.Span(text(language, "map.completion")), *steps], className="ramp lab")


def _label(shape: Shape, language: str) -> tuple[str, str, str, str]:
    sign = SIGNS.get(shape.severity, "") if shape.severity else ""
    return short_name(shape.place, language), sign, percent(shape.completion, 0), str(shape.severity) if sign else ""


def _list(rows: WallMap, language: str) -> html.Div:
    if not rows.troubles:
        return html.Div(none(text(language, "wall.map.nothing")), className="rows")
    more = [lab(text(language, "wall.map.beyond", count=rows.beyond), "faint")] if rows.beyond else []
    return html.Div(
        [*(_trouble(i, row, rows, language) for i, row in enumerate(rows.troubles, start=1)), *more],
        className="rows",
    )


def _trouble(number: int, row: Trouble, rows: WallMap, language: str) -> html.Div:
    crit = row.severity is Severity.CRIT
    if row.finding is not None:
        why = halves(sentence(row.finding, language))[0]
    else:
        seen = rows.overview
        assert seen.duty_period is not None
        hour = period(seen.campaign.end_of(seen.duty_period), seen.campaign, language)
        why = text(language, "wall.map.unreported", hour=hour)
    town = called(row.town, rows.names, language) if row.town is not None else ""
    return html.Div(
        [
            _number(number, crit),
            html.Span(called(row.place, rows.names, language), className="n36 b nm"),
            html.Span(
                percent(row.completion, 0) if crit else UNKNOWN, className=f"n48 num r {'crit' if crit else 'faint'}"
            ),
            lab(text(language, "format.dot").join(part for part in (town, why) if part), "why"),
        ],
        className="trouble",
    )


def _number(number: int, crit: bool) -> Node:
    """The mark of the map, with its number, as it stands in the list."""
    mark = diamond(28, 28, 27, "w-m-crit") if crit else node("circle", cx=28, cy=28, r=22, class_="w-m-miss")
    return node(
        "svg", mark, words(28, 38, str(number), "b w-on" if crit else "b", "middle"), viewBox="0 0 56 56",
        class_="w-number",
    )  # fmt: skip
