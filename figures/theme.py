"""The look of every chart. Colours are names of the design's tokens: `@data` becomes the value of the CSS property
`--data` in the browser, just before drawing, so that one figure serves every theme (`assets/2-scripts/live.js`).

Figures are plain dictionaries: building and serialising a `go.Figure` takes ten times as long.
"""

from typing import Any

DATA = "@data"
DATA_BAND = "@data-band"
PLAN = "@plan"
TEXT = "@text"
TEXT_2 = "@text-2"
TEXT_3 = "@text-3"
SURFACE = "@surface"
GRID = "@grid"
CURSOR = "@line-strong"
CLEAR = "@clear"

FONT = '"Inter","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif'
SMALL = 12
"""Size of all text in a chart, in pixels: the smallest step of the type scale."""

PLAN_DASH = "5px,4px"
FORECAST_DASH = "2px,3px"

CONFIG = {"displayModeBar": False, "responsive": True, "showTips": False}


def axis(**changes: Any) -> dict[str, Any]:
    """An axis without line, ticks, title or zoom; its grid is off unless asked for."""
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": False,
        "gridcolor": GRID,
        "gridwidth": 1,
        "tickfont": {"size": SMALL, "color": TEXT_3},
        **changes,
    }


def layout(**changes: Any) -> dict[str, Any]:
    """The frame of a chart. `uirevision` never changes, so that new data leave the reader's hover alone."""
    return {
        "font": {"family": FONT, "size": SMALL, "color": TEXT_2},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": SURFACE,
            "bordercolor": CURSOR,
            "font": {"family": FONT, "size": SMALL, "color": TEXT},
        },
        "margin": {"l": 40, "r": 16, "t": 8, "b": 24},
        "separators": ".,",
        "uirevision": "kept",
        "autosize": True,
        **changes,
    }


def room_for(top: float) -> int:
    """Left margin that holds axis labels up to `top` persons."""
    return 18 + 7 * len(f"{top:,.0f}")


def dot(x: object, y: float, size: int = 8, **axes: str) -> dict[str, Any]:
    """The mark at the last known value."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "hoverinfo": "skip",
        "marker": {"size": size, "opacity": 1, "color": DATA, "line": {"width": 1.5, "color": SURFACE}},
        **axes,
    }


def line(x: list[Any], y: list[float | None], name: str, hover: str, **changes: Any) -> dict[str, Any]:
    """A line of measured data; `hover` is how its value is written, `name` follows it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hovertemplate": f"{name} %{{y:{hover}}}<extra></extra>",
        "line": {"color": DATA, "width": 2},
        **changes,
    }


def band(x: list[Any], low: list[float], high: list[float], **axes: str) -> dict[str, Any]:
    """The area between two curves, there and back."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": DATA_BAND,
        "line": {"width": 0},
        "hoverinfo": "skip",
        **axes,
    }
