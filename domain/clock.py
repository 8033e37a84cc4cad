"""Where "now" comes from. The clock is passed in, so that tests, the demonstration and a replay set it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that answers the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """The demonstration's time: at `real_start` it shows `campaign_start`, then runs `speed` times as fast."""

    real_start: datetime
    campaign_start: datetime
    speed: float

    def __call__(self, real_now: datetime) -> datetime:
        return self.campaign_start + (real_now - self.real_start) * self.speed
