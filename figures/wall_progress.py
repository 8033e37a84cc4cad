"""The curve of a place on a briefing screen: measured, planned, expected, each named at its line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from domain.overview import Overview
from figures.svg import TEXT, Node, area, line, node, picture, wide, words

LEFT, RIGHT, TOP, BOTTOM = 92.0, 34.0, 24.0, 46.0
TICK_HOURS = (1, 2, 3, 4, 6, 12, 24, 48)
MOST_TICKS = 5
BEYOND = 1.15
"""How far after the campaign's end a forecast is followed, as a multiple of the campaign."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands at the lines. `hour` writes a tick, `amount` a height, `now` the present moment."""

    actual: str
    plan: str
    forecast: str
    now: str
    label: str
    hour: Callable[[datetime, bool], str]
    amount: Callable[[float], str]


def curve(rows: Overview, width: float, height: float, said: Words) -> Node:
    """The curve in a drawing of that size; shares where there is a target, else persons."""
    campaign = rows.campaign
    scale = rows.target or 1
    first = campaign.anchor
    end = max(campaign.deadline, rows.hours[-1].end) if rows.hours else campaign.deadline
    latest = first + (end - first) * BEYOND
    forecast = [] if rows.stale else [point for point in rows.forecast if campaign.end_of(point[0]) <= latest]
    if forecast:
        end = max(end, campaign.end_of(forecast[-1][0]))
    actual = _actual(rows, scale)
    planned = [0.0, *accumulate((hour.plan or 0.0) / scale for hour in rows.hours)] if rows.target else []
    known = [*actual, *planned, *(point[3] / scale for point in forecast)]
    top = max([1.0, *known])

    def x(at: datetime) -> float:
        return LEFT + (width - LEFT - RIGHT) * ((at - first) / (end - first))

    def y(value: float) -> float:
        return height - BOTTOM - (height - TOP - BOTTOM) * (value / top)

    ends = [first, *(hour.end for hour in rows.hours)]
    parts: list[Node] = []
    for value in (0.0, 0.5, 1.0) if rows.target else (0.0, top / 2, top):
        parts.append(line([(LEFT, y(value)), (width - RIGHT, y(value))], "w-grid"))
        parts.append(words(LEFT - 8, y(value) + 10, said.amount(value), "mut", "end"))
    parts += _ticks(rows, first, end, x, height, said)
    plan_line = [(x(at), y(value)) for at, value in zip(ends, planned, strict=False)]
    actual_line = [(x(at), y(value)) for at, value in zip(ends, actual, strict=False)]
    if plan_line:
        parts.append(line(plan_line, "w-plan"))
    if forecast and actual_line:
        parts.append(_forecast(rows, forecast, actual_line[-1], scale, x, y, said, width))
    if actual_line:
        parts.append(line(actual_line, "w-actual"))
        parts.append(node("circle", cx=actual_line[-1][0], cy=actual_line[-1][1], r=9, class_="w-dot"))
    parts += _names(plan_line, actual_line, said)
    parts.append(_now(x(min(max(rows.now, first), end)), width, height, said))
    return picture(width, height, *parts, label=said.label)


def _actual(rows: Overview, scale: int) -> list[float]:
    if rows.last_period is None:
        return []
    return [0.0, *accumulate(hour.figures.persons / scale for hour in rows.hours[: rows.last_period + 1])]


def _ticks(
    rows: Overview, first: datetime, end: datetime, x: Callable[[datetime], float], height: float, said: Words
) -> list[Node]:
    """Hours under the curve: a round number of them apart, the last one with its unit."""
    campaign = rows.campaign
    hours = (end - first).total_seconds() / 3600
    step = next((step for step in TICK_HOURS if hours / step <= MOST_TICKS), round(hours / MOST_TICKS))
    periods = max(1, round(step * 60 / campaign.interval_minutes))
    starts = [at for k in range(0, campaign.periods + 8, periods) if (at := campaign.start_of(k)) <= end]
    last = len(starts) - 1
    return [words(x(at), height - 6, said.hour(at, i == last), "mut", "middle") for i, at in enumerate(starts)]


def _forecast(
    rows: Overview,
    forecast: Sequence[tuple[int, float, float, float]],
    now: tuple[float, float],
    scale: int,
    x: Callable[[datetime], float],
    y: Callable[[float], float],
    said: Words,
    width: float,
) -> Node:
    at = [x(rows.campaign.end_of(point[0])) for point in forecast]
    low, middle, high = ([y(point[i] / scale) for point in forecast] for i in (1, 2, 3))
    band = [now, *zip(at, high, strict=True), *reversed(list(zip(at, low, strict=True)))]
    parts = [area(band, "w-band"), line([now, *zip(at, middle, strict=True)], "w-forecast")]
    k = len(at) // 2
    if at[k] + 14 + wide(said.forecast) < width:
        parts.append(words(at[k] + 14, low[k] + TEXT + 18, said.forecast, "data"))
    return node("g", *parts, class_="w-ahead")


def _names(plan: Sequence[tuple[float, float]], actual: Sequence[tuple[float, float]], said: Words) -> list[Node]:
    """The lines' names on either side of them: on the left that of the upper line."""
    if not actual:
        return [words(*_beside(plan, -16), said.plan, "mut", "end")] if plan else []
    if not plan:
        return [words(*_beside(actual, 18), said.actual, "data b")]
    upper_is_plan = plan[min(len(actual), len(plan)) - 1][1] <= actual[-1][1]
    upper, lower = (plan, actual) if upper_is_plan else (actual, plan)
    ours, theirs = (said.plan, said.actual) if upper_is_plan else (said.actual, said.plan)
    tints = ("mut", "data b") if upper_is_plan else ("data b", "mut")
    left, right = _beside(upper[: len(actual) + 1], -18), _beside(lower[: len(actual)], 22, 0.5)
    return [words(*left, ours, tints[0], "end"), words(right[0], right[1] + 34, theirs, tints[1])]


def _beside(points: Sequence[tuple[float, float]], aside: float, along: float = 0.68) -> tuple[float, float]:
    """A place beside the line, that share along it."""
    at = points[min(len(points) - 1, max(1, round(len(points) * along)))]
    return at[0] + aside, at[1]


def _now(x: float, width: float, height: float, said: Words) -> Node:
    """The present moment, seen only once the data have grown old."""
    left = x > width * 0.75
    return node(
        "g",
        line([(x, TOP), (x, height - BOTTOM)], "w-now-line"),
        words(x + (-12 if left else 12), height - BOTTOM - 16, said.now, "warn", "end" if left else "start"),
        class_="w-now",
    )
