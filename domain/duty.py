"""The duty of reporting: which state a site is in for one period (contract, `GET …/duty`)."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """In this order the first that applies."""

    CLOSED = "closed"
    NOT_DUE = "not_due"
    MISSING = "missing"
    RETURNED = "returned"
    ZERO = "zero"
    LATE = "late"
    ON_TIME = "on_time"


@dataclass(frozen=True, slots=True)
class Covering:
    """The report that covers a period: returned by the town, of zero persons, late."""

    returned: bool
    zero: bool
    late: bool


def state(open_: bool, due: bool, report: Covering | None) -> State:
    """The state of one site in one period."""
    if not open_:
        return State.CLOSED
    if not due:
        return State.NOT_DUE
    if report is None:
        return State.MISSING
    if report.returned:
        return State.RETURNED
    if report.zero:
        return State.ZERO
    return State.LATE if report.late else State.ON_TIME


@dataclass(frozen=True, slots=True)
class Tally:
    """Reports of one period below one place. Zero and returned ones count by their time, so that
    `on_time + late + missing == expected` for every period."""

    expected: int
    on_time: int
    late: int
    missing: int
    zero: int = 0
    returned: int = 0
    verified: int = 0

    @property
    def reported(self) -> int:
        return self.on_time + self.late


def tally(
    expected: int, due: bool, on_time: int, late: int, zero: int = 0, returned: int = 0, verified: int = 0
) -> Tally:
    """The tally of a period. Before it is due only what has already come is expected."""
    if not due:
        expected = on_time + late
    return Tally(expected, on_time, late, expected - on_time - late, zero, returned, verified)
