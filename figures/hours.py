"""How much each hour: persons per period as bars, the plan as a tick across each."""

from collections.abc import Callable
from typing import Any

from domain.overview import Hour, Overview
from figures import theme

Figure = dict[str, Any]

Label = Callable[[Hour], str]
"""Names a period in the reader's language."""

MOST_LABELS = {True: 18, False: 9}
"""Ticks that fit under the bars of a roomy and of a narrow chart; with more periods every second, … is named."""
MOST_VALUES = 16
"""Bars of a roomy chart that leave room for their values above them."""


def bars(
    rows: Overview,
    period_label: Label,
    tick_label: Label,
    day_label: Label,
    value_label: Callable[[int], str],
    words: dict[str, str],
    roomy: bool,
) -> Figure:
    """Persons sampled per period. What came by catch-up is hatched: its hours are not known one by one. A period
    that is not over is pale.

    `words` names `persons`, `catch_up` and `plan` in the reader's language.
    """
    hours = [hour for hour in rows.hours if hour.plan or hour.figures.reports or hour.tally.expected]
    x = list(range(len(hours)))
    names = [period_label(hour) for hour in hours]
    over = [rows.last_period is not None and hour.period <= rows.last_period for hour in hours]
    single = [
        hour.figures.persons - hour.figures.catch_up_persons if hour.figures.reports else None for hour in hours
    ]
    catch_up = [hour.figures.catch_up_persons or None for hour in hours]
    totals = [hour.figures.persons if hour.figures.reports else None for hour in hours]
    asked = [
        {"figure": "persons", "of": rows.place.code, "in": rows.campaign.local(hour.start).isoformat()}
        for hour in hours
    ]
    top = max([1.0, *(n for n in totals if n is not None), *(hour.plan or 0.0 for hour in hours)])
    colours = [theme.DATA if settled else theme.DATA_BAND for settled in over]
    show_values = roomy and len(hours) <= MOST_VALUES
    traces: list[Figure] = [
        _bars(x, single, names, asked, words["persons"], {"color": colours}),
        _bars(
            x,
            catch_up,
            names,
            asked,
            words["catch_up"],
            {
                "color": theme.SURFACE,
                "line": {"color": theme.DATA, "width": 1},
                "pattern": {"shape": "/", "size": 6, "fgcolor": theme.DATA, "bgcolor": theme.SURFACE},
            },
        ),
    ]
    if show_values:
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": x,
                "y": [_above(total, hour.plan or 0.0, top) for total, hour in zip(totals, hours, strict=True)],
                "text": [value_label(n) if n is not None else "" for n in totals],
                "textposition": "top center",
                "textfont": {"size": theme.SMALL, "color": theme.TEXT},
                "cliponaxis": False,
                "hoverinfo": "skip",
            }
        )
    if rows.target:
        traces.append(_plan_ticks(hours, x, words["plan"]))
    every = -(-len(hours) // MOST_LABELS[roomy]) or 1
    shown = [i for i in x if i % every == 0]
    frame = theme.layout(
        hovermode="closest",
        barmode="stack",
        bargap=0.36,
        margin={"l": theme.room_for(top), "r": 12, "t": 14, "b": 40 if any(map(day_label, hours[:1])) else 24},
        xaxis=theme.axis(
            range=[-0.6, len(hours) - 0.4],
            tickvals=shown,
            tickangle=0,
            ticktext=_tick_texts([hours[i] for i in shown], tick_label, day_label),
        ),
        yaxis=theme.axis(showgrid=True, range=[0, top * 1.12], tickformat=",d", nticks=5, rangemode="tozero"),
        shapes=[],
    )
    if any(over) and not all(over):
        edge = over.index(False) - 0.5 if False in over else len(hours) - 0.5
        frame["shapes"].append(
            {
                "type": "line",
                "x0": edge,
                "x1": edge,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": theme.CURSOR, "width": 1},
            }
        )
    return {"data": traces, "layout": frame}


CROWDED = 12
"""From more labels than this on, the last one needs the room of its neighbour on a phone: it has a unit."""


def _bars(
    x: list[int], y: list[int | None], names: list[str], asked: list[dict[str, str]], word: str, marker: Figure
) -> Figure:
    """`asked` is what the passport of each bar's number is opened by."""
    return {
        "type": "bar",
        "x": x,
        "y": y,
        "hovertext": names,
        "customdata": asked,
        "hovertemplate": f"%{{hovertext}} {word} %{{y:,d}}<extra></extra>",
        "marker": {"opacity": 1, **marker},
    }


def _tick_texts(shown: list[Hour], tick_label: Label, day_label: Label) -> list[str]:
    """The hour of each tick, and under the first of each day its date where `day_label` names one."""
    texts: list[str] = []
    last = ""
    for hour in shown:
        day = day_label(hour)
        texts.append(f"{tick_label(hour)}<br>{day}" if day != last else tick_label(hour))
        last = day
    if len(texts) > CROWDED:
        texts[-2] = ""
    return texts


def _above(total: int | None, plan: float, top: float) -> float | None:
    """Where a bar's value stands: over the bar, or over the plan's stroke where that would cross it out."""
    if total is None:
        return None
    return plan if total <= plan < total + 0.09 * top else total


def _plan_ticks(hours: list[Hour], x: list[int], word: str) -> Figure:
    """One stroke per period at its plan: the tick that means "plan" everywhere."""
    points = [(i, hour.plan) for i, hour in zip(x, hours, strict=True) if hour.plan]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [at for i, _ in points for at in (i - 0.38, i + 0.38, None)],
        "y": [at for _, plan in points for at in (plan, plan, None)],
        "line": {"color": theme.TEXT, "width": 2},
        "hovertemplate": f"{word} %{{y:,.0f}}<extra></extra>",
    }
