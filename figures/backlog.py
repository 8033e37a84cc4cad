"""The backlog over time: tubes stacked by the stage they were in, what is expected of them behind a veil."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.tube_page import TubesPicture
from domain.tubes import Stage
from figures import theme, timeline
from figures.timeline import DateLabel, local

Figure = dict[str, Any]

VEIL = 0.38
"""Opacity of the surface laid over what is only expected (design, section 7)."""

LABELS = 0.25
"""Room right of a curve without forecast, as a share of its time."""

COLOURS = ("@stage3", "@stage2", "@stage1")
"""Of 待检, 在途, 待收: from the bottom."""


@dataclass(frozen=True, slots=True)
class Words:
    """The names of the three bands from the bottom, and what is written beside them, in the reader's language."""

    bands: tuple[str, str, str]
    labels: tuple[str, str, str]
    forecast: str
    peak: str = ""
    clear: str = ""


def backlog_figure(rows: TubesPicture, words: Words, date: DateLabel) -> Figure:
    """The stacked area. The labels of the bands stand right of the present."""
    backlog, campaign = rows.backlog, rows.backlog.campaign
    points = _trimmed(rows)
    times = [local(at, campaign) for at, _ in points]
    times_ahead = [local(one.at, campaign) for one in rows.path]
    ahead = [(one.at_labs, one.in_transit, one.on_site) for one in rows.path]
    now = local(backlog.now, campaign)
    traces = []
    for i, (name, colour) in enumerate(zip(words.bands, COLOURS, strict=True)):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "tubes",
                "x": [*times, *times_ahead],
                "y": [*(stages[i] for _, stages in points), *(round(stages[i], 1) for stages in ahead)],
                "line": {"width": 1, "color": theme.SURFACE},
                "fillcolor": colour,
                "hovertemplate": f"{name} %{{y:,.0f}}<extra></extra>",
            }
        )
    totals = [sum(stages) for _, stages in points] + [sum(stages) for stages in ahead]
    top = max([1.0, *totals]) * 1.2
    begin = points[0][0] if points else backlog.now - timedelta(hours=1)
    # Without a forecast the labels of the bands need room of their own beside the curve.
    end = rows.path[-1].at if rows.path else backlog.now + max(timedelta(hours=1), LABELS * (backlog.now - begin))
    frame = theme.layout(
        margin={"l": theme.room_for(top), "r": 16, "t": 12, "b": 40 if _several_days(rows) else 26},
        xaxis=timeline.axis(campaign, begin.replace(minute=0), end, 10, date),
        yaxis=theme.axis(showgrid=True, range=[0, top], tickformat=",d", nticks=4, rangemode="tozero"),
        shapes=[],
        annotations=_band_labels(points, words, now),
    )
    if rows.path:
        frame["shapes"] += [
            {"type": "rect", "x0": now, "x1": times_ahead[-1], "y0": 0, "y1": 1, "yref": "paper",
             "fillcolor": theme.SURFACE, "opacity": VEIL, "line": {"width": 0}},
            {"type": "line", "x0": now, "x1": now, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": theme.TEXT, "width": 1, "dash": "4px,3px"}},
        ]  # fmt: skip
        frame["annotations"].append(_note(now, 1, words.forecast, theme.TEXT_2, yref="paper", yanchor="top"))
    if rows.peak is not None and words.peak:
        frame["annotations"].append(
            _note(local(rows.peak.at, campaign), rows.peak.total, words.peak, theme.TEXT, yanchor="bottom",
                  xanchor="center")
        )  # fmt: skip
    if rows.clear is not None and rows.path and words.clear:
        at = min(rows.clear.p50, rows.path[-1].at)
        frame["annotations"].append(
            {"x": local(at, campaign), "y": 0, "text": words.clear, "xanchor": "right", "ax": -14, "ay": -70,
             "arrowwidth": 1, "arrowhead": 0, "arrowcolor": theme.TEXT_2,
             "font": {"size": theme.SMALL, "color": theme.TEXT}}
        )  # fmt: skip
    return {"data": traces, "layout": frame}


def _several_days(rows: TubesPicture) -> bool:
    campaign = rows.backlog.campaign
    return campaign.deadline - campaign.starts_at > timedelta(hours=24)


def _trimmed(rows: TubesPicture) -> list[tuple[datetime, tuple[int, int, int]]]:
    """The curve from the quarter before the first tube on, as 待检, 在途, 待收."""
    found = []
    for point in rows.backlog.flow:
        at_labs = point.backlog(Stage.AT_LAB) + point.backlog(Stage.TESTING)
        found.append((point.at, (at_labs, point.backlog(Stage.IN_TRANSIT), point.backlog(Stage.ON_SITE))))
    first = next((i for i, (_, stages) in enumerate(found) if any(stages)), len(found))
    return found[max(0, first - 1) :]


def _band_labels(points: Sequence[tuple[datetime, tuple[int, int, int]]], words: Words, now: str) -> list[Figure]:
    """The name and number of each band, beside its height now."""
    if not points:
        return []
    labels, below = [], 0.0
    total = sum(points[-1][1])
    for tubes, label in zip(points[-1][1], words.labels, strict=True):
        # A band thinner than its own name would have it written across its neighbours.
        if total and tubes / total > 0.06:
            labels.append(_note(now, below + tubes / 2, f"<b>{label}</b>", theme.TEXT, size=13))
        below += tubes
    return labels


def _note(x: str, y: float, text: str, colour: str, *, size: int = theme.SMALL, **more: Any) -> Figure:
    shift = 0 if more.get("xanchor") == "center" else 6
    return {
        "x": x, "y": y, "text": text, "showarrow": False, "xanchor": "left", "xshift": shift,
        "font": {"size": size, "color": colour}, **more,
    }  # fmt: skip
