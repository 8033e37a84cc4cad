"""How long tubes have waited: bars that divide the limit evenly, the limit as a line, what is beyond it coloured."""

from typing import Any

from domain.backlog import BEYOND, BINS, Waiting
from figures import theme

Figure = dict[str, Any]

STEPS = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0)
MOST_STEPS = 3
"""Hours a tick may stand from the next, and how many steps there may be up to the limit."""


def ages_figure(waiting: Waiting, colour: str, hover: str, limit: str, unit: str) -> Figure:
    """Tubes by age in hours. `hover` is Plotly's template, its `customdata` the hours of a bar; `limit` the words at
    the line, `unit` what stands after the last tick."""
    bar, hours = waiting.bar_minutes / 60, waiting.limit_minutes / 60
    shown = min(BINS + BEYOND, max(BINS + 3, _last(waiting) + 1))
    lows = [i * bar for i in range(shown)]
    # The last bar drawn also holds all that is older: nothing waits unseen.
    tubes = [*waiting.ages[: shown - 1], sum(waiting.ages[shown - 1 :])]
    beyond = [low >= hours - 1e-9 for low in lows]
    top = max([1, *tubes])
    step = next((step for step in STEPS if hours / step <= MOST_STEPS), hours)
    # One at the very end would be cut.
    ticks = [k * step for k in range(int(0.96 * shown * bar / step) + 1)]
    return {
        "data": [
            {
                "type": "bar",
                "x": [low + bar / 2 for low in lows],
                "y": tubes,
                "width": bar * 0.88,
                "marker": {"color": ["@crit-mark" if over else colour for over in beyond], "opacity": 1},
                "customdata": [f"{low:g}–{low + bar:g}" for low in lows],
                "hovertemplate": hover,
            }
        ],
        "layout": theme.layout(
            hovermode="closest",
            bargap=0,
            margin={"l": theme.room_for(top), "r": 12, "t": 8, "b": 26},
            xaxis=theme.axis(
                range=[0, shown * bar],
                tickvals=ticks,
                ticktext=[f"{tick:g}" for tick in ticks[:-1]] + [f"{ticks[-1]:g} {unit}"],
                tickangle=0,
                showline=True,
                linecolor="@line",
            ),
            yaxis=theme.axis(showgrid=True, range=[0, top * 1.1], tickformat=",d", nticks=4, rangemode="tozero"),
            shapes=[
                {"type": "line", "x0": hours, "x1": hours, "y0": 0, "y1": 1, "yref": "paper",
                 "line": {"color": theme.TEXT, "width": 2}}
            ],
            annotations=[
                {"x": hours, "y": 1, "yref": "paper", "text": limit, "showarrow": False, "xanchor": "left",
                 "xshift": 5, "yanchor": "top", "font": {"size": theme.SMALL, "color": theme.TEXT}}
            ],
        ),
    }  # fmt: skip


def _last(waiting: Waiting) -> int:
    """The last bar with anything in it."""
    return max((i for i, tubes in enumerate(waiting.ages) if tubes), default=0)
