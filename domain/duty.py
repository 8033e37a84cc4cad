"""The duty of reporting: which state a site is in for one period (contract, `GET …/duty`)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter


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


EXCEPTIONS = (State.MISSING, State.RETURNED, State.LATE, State.ZERO, State.CLOSED)
"""What a cell names, worst first (design-desk, section 3)."""

EXPECTED = (State.ON_TIME, State.LATE, State.ZERO, State.RETURNED, State.MISSING)
"""The states that add up to the reports expected, in the order the zero-sum strip has them."""


_NUMBERS = attrgetter(*(state_.value for state_ in State))


@dataclass(frozen=True, slots=True)
class Counts:
    """Sites of one place by their state in one period; over several periods, sites × periods. Each site is in
    exactly one state, so the parts add up to `sites`, and those of `EXPECTED` to `expected`."""

    closed: int = 0
    not_due: int = 0
    missing: int = 0
    returned: int = 0
    zero: int = 0
    late: int = 0
    on_time: int = 0

    @classmethod
    def of(cls, states: Iterable[State]) -> "Counts":
        return cls(**Counter(state_.value for state_ in states))

    @classmethod
    def total(cls, parts: Iterable["Counts"]) -> "Counts":
        """What several places, or several periods, add up to."""
        return cls(*map(sum, zip(*map(_NUMBERS, parts), strict=True)))

    def number(self, state_: State) -> int:
        return int(getattr(self, state_.value))

    @property
    def expected(self) -> int:
        return sum(map(self.number, EXPECTED))

    @property
    def sites(self) -> int:
        return self.expected + self.closed + self.not_due

    @property
    def unsettled(self) -> int:
        """未结: what still has to come."""
        return self.missing + self.returned

    @property
    def on_time_share(self) -> float | None:
        """(on time + zero) ÷ expected, a share from 0 to 1; None where nothing is expected."""
        return (self.on_time + self.zero) / self.expected if self.expected else None

    @property
    def exceptions(self) -> tuple[State, ...]:
        """The states other than on time that occur, worst first; what is not due yet is no exception."""
        return tuple(state_ for state_ in EXCEPTIONS if self.number(state_))
