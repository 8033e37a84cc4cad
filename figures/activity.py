"""How much was done when: lines of the audit by ten minutes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from figures import theme

Figure = dict[str, Any]

PALE = "@seq2"


def bars(
    slots: Mapping[datetime, int],
    width: timedelta,
    zone: ZoneInfo,
    shown: tuple[datetime, datetime],
    chosen: tuple[datetime | None, datetime | None],
    unit: str,
) -> Figure:
    """Lines per slot of the time `shown`; those in the chosen time in the colour of data, the others pale."""
    since, until = chosen
    times = sorted(slots)
    narrowed = since is not None or until is not None
    inside = [narrowed and (since is None or at >= since) and (until is None or at < until) for at in times]
    trace = {
        "type": "bar",
        "x": [_wall(at + width / 2, zone) for at in times],
        "y": [slots[at] for at in times],
        "width": width.total_seconds() * 1000 * 0.8,
        "marker": {"color": [theme.DATA if is_in else PALE for is_in in inside], "opacity": 1},
        "hovertemplate": f"%{{x|%H:%M}} · %{{y}} {unit}<extra></extra>",
    }
    frame = theme.layout(
        hovermode="closest",
        margin={"l": theme.room_for(max([100, *slots.values()])), "r": 12, "t": 8, "b": 24},
        xaxis=theme.axis(
            range=[_wall(shown[0] - width, zone), _wall(shown[1], zone)],
            type="date",
            tickformat="%H:%M",
            nticks=18,
            tickangle=0,
        ),
        yaxis=theme.axis(showgrid=True, rangemode="tozero", nticks=4, tickformat=",d"),
    )
    return {"data": [trace], "layout": frame}


def _wall(at: datetime, zone: ZoneInfo) -> str:
    """A chart knows no zones: it is given the clock on the wall."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat()
