"""The time axis that charts share: local times of the campaign, and few, round ticks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.campaign import Campaign
from figures import theme

DateLabel = Callable[[datetime], str]
"""Writes the date of a moment in the reader's language."""

_STEPS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168)
"""Hours a tick may stand from the next."""


def local(moment: datetime, campaign: Campaign) -> str:
    """The moment as Plotly takes it: time in the campaign's zone, without an offset it would convert."""
    return f"{campaign.local(moment):%Y-%m-%d %H:%M}"


def axis(
    campaign: Campaign, begin: datetime, end: datetime, most: int, date: DateLabel, **changes: Any
) -> dict[str, Any]:
    """A time axis from `begin` to `end` with at most `most` ticks; the date stands under the first tick of each
    day where there are several days."""
    hours = max(1.0, (end - begin) / timedelta(hours=1))
    step = next((s for s in _STEPS if hours / s <= most - 1), _STEPS[-1])
    several_days = campaign.deadline - campaign.starts_at > timedelta(hours=24)
    ticks: list[datetime] = []
    moment = begin
    # No tick at the very end but for a chart that stands alone: the next one's first would touch it.
    while moment <= end and (moment < end or "domain" not in changes):
        ticks.append(moment)
        moment += timedelta(hours=step)
    texts: list[str] = []
    last_date = ""
    for tick in ticks:
        written = f"{campaign.local(tick):%H}" if not campaign.local(tick).minute else f"{campaign.local(tick):%H:%M}"
        if several_days and date(tick) != last_date:
            last_date = date(tick)
            written = f"{written}<br>{last_date}"
        texts.append(written)
    return theme.axis(
        type="date",
        range=[local(begin, campaign), local(end, campaign)],
        tickvals=[local(tick, campaign) for tick in ticks],
        ticktext=texts,
        ticklabelstandoff=3,
        hoverformat="%m-%d %H:%M" if several_days else "%H:%M",
        **changes,
    )
