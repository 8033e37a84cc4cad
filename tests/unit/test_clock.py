from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import ScaledClock, system_clock

REAL, SHOWN = datetime(2026, 1, 1, tzinfo=UTC), datetime(2021, 6, 6, tzinfo=UTC)


def test_the_systems_clock_is_aware_and_in_utc():
    assert system_clock().utcoffset() == timedelta(0)


@pytest.mark.parametrize("speed", [0.1, 1, 60, 3600])
def test_the_demonstrations_clock_starts_at_its_start_and_runs_at_its_speed(speed):
    clock = ScaledClock(REAL, SHOWN, speed)
    assert clock(REAL) == SHOWN
    assert clock(REAL + timedelta(minutes=1)) == SHOWN + timedelta(minutes=speed)
    assert clock(REAL - timedelta(minutes=1)) == SHOWN - timedelta(minutes=speed)
