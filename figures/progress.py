"""How far: the cumulative curve of a place, and its children's gaps to plan side by side (design, section 7)."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from domain.overview import Child, Overview
from figures import theme, timeline
from figures.timeline import DateLabel, local

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What the hover calls the curves, in the reader's language."""

    actual: str
    plan: str
    forecast: str
    finish: str = ""


def cumulative(rows: Overview, words: Words, date: DateLabel) -> Figure:
    """Persons sampled so far by hour, against plan and forecast: shares where there is a target, else persons.

    A catch-up says nothing about the hours inside it, so its stretch of the curve is drawn dashed.
    """
    campaign = rows.campaign
    scale = rows.target or 1
    ends = [local(campaign.anchor, campaign), *(local(hour.end, campaign) for hour in rows.hours)]
    hover = ".1%" if rows.target else ",d"
    traces: list[Figure] = []
    actual = _actual(rows, scale)
    top = max([1.0 if rows.target else 1, *actual])

    if rows.forecast and actual and not rows.stale:
        x = [ends[len(actual) - 1], *(local(campaign.end_of(k), campaign) for k, *_ in rows.forecast)]
        low, middle, high = ([actual[-1], *(point[i] / scale for point in rows.forecast)] for i in (1, 2, 3))
        top = max(top, *high)
        traces.append(theme.band(x, low, high))
        dotted = {"color": theme.DATA, "width": 1.6, "dash": theme.FORECAST_DASH}
        traces.append(theme.line(x, [*middle], words.forecast, hover, line=dotted))
    if rows.target:
        planned = [0.0, *accumulate((hour.plan or 0.0) / scale for hour in rows.hours)]
        dashed = {"color": theme.PLAN, "width": 1.4, "dash": theme.PLAN_DASH}
        traces.append(theme.line(ends, [*planned], words.plan, hover, line=dashed))
        top = max(top, *planned)
    if actual:
        traces.extend(_actual_lines(rows, ends, actual, words, hover))
        traces.append(theme.dot(ends[len(actual) - 1], actual[-1]))

    y = theme.axis(showgrid=True, range=[0, top * 1.04], tickformat=".0%" if rows.target else ",d", nticks=5)
    if rows.target:
        y |= {"tickmode": "linear", "tick0": 0, "dtick": 0.25 if top <= 1.5 else 0.5}
    frame = theme.layout(
        margin={"l": 40 if rows.target else theme.room_for(top), "r": 12, "t": 8, "b": _bottom(rows)},
        xaxis=timeline.axis(campaign, campaign.anchor, max(campaign.deadline, rows.hours[-1].end), 5, date),
        yaxis=y,
        shapes=[],
        annotations=[],
    )
    if rows.data_until is not None:
        frame["shapes"].append(_cursor(local(rows.data_until, campaign)))
        frame["annotations"].append(_cursor_label(rows))
    if words.finish and rows.expected_finish and rows.target and not rows.stale:
        frame["annotations"].append(
            {
                "x": local(rows.expected_finish.p50, campaign),
                "y": 1,
                "text": words.finish,
                "ax": -14,
                "ay": 40,
                "arrowwidth": 1,
                "arrowhead": 0,
                "arrowcolor": theme.DATA,
                "font": {"size": theme.SMALL, "color": theme.DATA},
            }
        )
    return {"data": traces, "layout": frame}


def _actual(rows: Overview, scale: int) -> list[float]:
    """The measured curve up to the stamp, from 0 at the campaign's start; empty before the first report."""
    if rows.last_period is None:
        return []
    counted = (hour.figures.persons / scale for hour in rows.hours[: rows.last_period + 1])
    return [0.0, *accumulate(counted)]


def _actual_lines(rows: Overview, ends: list[str], actual: list[float], words: Words, hover: str) -> list[Figure]:
    """The measured curve, and over it in surface colour and dashes the stretches only catch-ups know of."""
    lines = [theme.line(ends[: len(actual)], [*actual], words.actual, hover)]
    for k, (before, after) in enumerate(pairwise(actual)):
        figures = rows.hours[k].figures
        if after > before and figures.catch_up_persons >= figures.persons:
            gap = {"color": theme.SURFACE, "width": 3, "dash": theme.PLAN_DASH}
            lines.append(
                {"type": "scatter", "mode": "lines", "x": ends[k : k + 2], "y": [before, after], "line": gap}
                | {"hoverinfo": "skip"}
            )
    return lines


def _cursor(x: str) -> Figure:
    """The vertical line at the stamp."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": theme.CURSOR, "width": 1},
    }


def _cursor_label(rows: Overview) -> Figure:
    assert rows.data_until is not None
    campaign = rows.campaign
    late = rows.data_until - campaign.anchor > (campaign.deadline - campaign.anchor) * 0.8
    return {
        "x": local(rows.data_until, campaign),
        "y": 0.03,
        "yref": "paper",
        "text": f"{campaign.local(rows.data_until):%H:%M}",
        "xanchor": "right" if late else "left",
        "xshift": -4 if late else 4,
        "showarrow": False,
        "font": {"size": theme.SMALL, "color": theme.TEXT_3},
    }


def _bottom(rows: Overview) -> int:
    """Room under the plot: a second line of tick labels for dates."""
    return 40 if (rows.campaign.deadline - rows.campaign.starts_at).days >= 1 else 24


def gap_grid(rows: Overview, children: list[Child], columns: int, date: DateLabel) -> Figure:
    """Each child's gap to plan in percentage points, in cells of one shared scale; the dashed zero is the plan.

    Cumulative curves hide a gap of ten points; these do not.
    """
    campaign = rows.campaign
    last = rows.last_period or 0
    ends = [local(campaign.anchor, campaign), *(local(hour.end, campaign) for hour in rows.hours[: last + 1])]
    curves = [[0.0, *child.gaps[: last + 1]] for child in children]
    fans = [() if rows.stale else child.gap_forecast for child in children]
    known = [gap for curve in curves for gap in curve if gap is not None]
    known += [gap for fan in fans for _, *gaps in fan for gap in gaps]
    low, high, step = _gap_range(min(known, default=0.0), max(known, default=0.0))
    ahead = max((point[0] for fan in fans for point in fan), default=last)
    until = campaign.end_of(max(min(last + AHEAD, ahead), last + 1, 3))
    two_rows = len(children) > columns
    traces: list[Figure] = []
    axes: Figure = {}
    shapes: list[Figure] = []
    for i, curve in enumerate(curves):
        row, column = divmod(i, columns)
        n = "" if i == 0 else str(i + 1)
        on = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
        left = column / columns
        axes[f"xaxis{n}"] = timeline.axis(
            campaign,
            campaign.anchor,
            until,
            3,
            date,
            domain=[left + (0.012 if column else 0), left + 1 / columns - 0.012],
            anchor=f"y{n}",
        )
        axes[f"yaxis{n}"] = theme.axis(
            showgrid=True,
            range=[low, high],
            domain=ROW_DOMAINS[row] if two_rows else [0, 1],
            anchor=f"x{n}",
            tickvals=[-step, 0, step],
            ticktext=[f"−{step:g}", "0", f"+{step:g}"],
            showticklabels=column == 0,
        )
        if fans[i] and curve[-1] is not None:
            traces += _fan(rows, fans[i][:AHEAD], curve[-1], ends[-1], on)
        traces.append(
            theme.line(ends, curve, children[i].place.code, "+.1f", hovertemplate="%{y:+.1f}<extra></extra>", **on)
        )
        if curve[-1] is not None:
            traces.append(theme.dot(ends[-1], curve[-1], 7, **on))
        shapes.append(
            {
                "type": "line",
                "xref": f"x{n} domain",
                "yref": f"y{n}",
                "x0": 0,
                "x1": 1,
                "y0": 0,
                "y1": 0,
                "line": {"color": theme.PLAN, "width": 1.4, "dash": theme.PLAN_DASH},
            }
        )
    margin = {"l": 28, "r": 2, "t": 26, "b": _bottom(rows)}
    return {"data": traces, "layout": theme.layout(margin=margin, shapes=shapes, **axes)}


AHEAD = 5
"""Periods to come that a small chart shows."""


def _fan(
    rows: Overview, points: tuple[tuple[int, float, float, float], ...], now: float, at: str, on: dict[str, str]
) -> list[Figure]:
    """What is expected of a gap, from where it stands: band and middle."""
    x = [at, *(local(rows.campaign.end_of(k), rows.campaign) for k, *_ in points)]
    low, middle, high = ([now, *(point[i] for point in points)] for i in (1, 2, 3))
    dotted = {"color": theme.DATA, "width": 1.5, "dash": theme.FORECAST_DASH}
    return [theme.band(x, low, high, **on), theme.line(x, [*middle], "", "+.1f", line=dotted, hoverinfo="skip", **on)]


ROW_DOMAINS = ([0.6, 1], [0, 0.4])
"""Heights of the two rows of cells; the style sheet puts the second row's headings at the same share."""


def _gap_range(low: float, high: float) -> tuple[float, float, float]:
    """A scale around zero for gaps from `low` to `high`, never finer than ±5 points: (bottom, top, tick)."""
    reach = max(5.0, -low, high)
    step = next((s for s in (2.0, 5.0, 10.0, 20.0, 50.0) if reach <= 1.8 * s), 100.0)
    return min(low, -step) - 0.25 * step, max(high, step) + 0.25 * step, step
