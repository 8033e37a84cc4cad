"""What one look at the information problems of a place shows: typed rows, and the counts that must balance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.modes import Mode
from domain.overview import PlaceRef
from domain.places import Level
from domain.problems import HOLDERS, Effect, Event, Kind, Standing, State, Status


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `place` is where it is, `town` the town above it; `lab` is the laboratory that opened it. `mode`
    and `entrance` are what the site worked with then, `latency_ms` how long an answer of the server took it."""

    number: int
    place: PlaceRef
    town: PlaceRef | None
    lab: str
    kind: Kind
    effect: Effect
    note: str
    began_at: datetime
    mode: Mode | None
    entrance: int | None
    latency_ms: int | None
    state: State
    standing: Standing
    events: tuple[Event, ...] = ()
    escalated: tuple[datetime, ...] = ()

    @property
    def solved(self) -> bool:
        return self.state.status is Status.SOLVED


@dataclass(frozen=True, slots=True)
class Column:
    """One level of the board. Every problem of the day that came this far is in exactly one of `solved`, `open` and
    `passed`; `came` of them were handed up from below, `by_rule` went on because nobody accepted them."""

    level: Level
    problems: tuple[Problem, ...]
    total: int
    solved: int
    open: int
    passed: int
    came: int
    by_rule: int
    overdue: int
    mean: timedelta | None
    """From opening to solution, of those solved here; None where none was."""


@dataclass(frozen=True, slots=True)
class Reply:
    """When a vendor last answered."""

    vendor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a kind was reported today, how often it was solved, and by which remedy most often."""

    reported: int
    solved: int
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """The problems of a place today: those open, and those solved since local midnight."""

    columns: tuple[Column, ...]
    solved: tuple[Problem, ...]
    """The latest first."""
    replies: tuple[Reply, ...] = ()

    @property
    def total(self) -> int:
        return sum(column.open + column.solved for column in self.columns)

    @property
    def open(self) -> int:
        return sum(column.open for column in self.columns)

    @property
    def overdue(self) -> int:
        return sum(column.overdue for column in self.columns)

    @property
    def mean(self) -> timedelta | None:
        """From opening to solution, of all that were solved."""
        return mean_of(self.solved)


def mean_of(solved: Iterable[Problem]) -> timedelta | None:
    """Mean time from opening to solution."""
    spans = [p.state.solved_at - p.state.opened_at for p in solved if p.state.solved_at is not None]
    return sum(spans, timedelta(0)) / len(spans) if spans else None


def columns_of(problems: Iterable[Problem]) -> tuple[Column, ...]:
    """The three levels. A problem that started at level s and stands at level c was handed up by every level from s
    to below c, and is open or solved at c; so each column's parts add up to its total."""
    everything = list(problems)
    made = []
    for index, level in enumerate(HOLDERS):
        reached = [p for p in everything if HOLDERS.index(p.state.start) <= index <= HOLDERS.index(p.standing.level)]
        here = [p for p in reached if p.standing.level is level]
        unsolved = sorted((p for p in here if not p.solved), key=lambda p: (-p.standing.share, p.number))
        solved = [p for p in here if p.solved]
        made.append(
            Column(
                level=level,
                problems=tuple(unsolved),
                total=len(reached),
                solved=len(solved),
                open=len(unsolved),
                passed=len(reached) - len(here),
                came=sum(HOLDERS.index(p.state.start) < index for p in reached),
                by_rule=sum(level is Level.TOWN and p.standing.escalated_at is not None for p in reached),
                overdue=sum(p.standing.overdue for p in unsolved),
                mean=mean_of(solved),
            )
        )
    return tuple(made)
