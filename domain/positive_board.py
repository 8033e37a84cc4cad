"""What one look at the tasks from results shows: typed rows and their counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.positive_standing import Standing, order
from domain.positives import Event, Kind, Resample, State
from domain.tube_events import Result


@dataclass(frozen=True, slots=True)
class LabRef:
    """Enough of a laboratory to name it."""

    code: str
    name: str
    name_en: str

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `place` is the site of the tube, the district while nobody knows the site; `town` the town above it;
    `lab` who found the result. `persons` were registered with the tube, of `pool_size` places; `members` have to be
    sampled again. `origin` is the task whose member gave this tube, `led_to` the tasks the tubes sampled again have
    opened."""

    number: int
    barcode: str
    place: PlaceRef
    town: PlaceRef | None
    lab: LabRef | None
    persons: int | None
    pool_size: int
    members: int
    state: State
    standing: Standing
    samples: tuple[Resample, ...]
    events: tuple[Event, ...]
    origin: int | None = None
    led_to: tuple[int, ...] = ()

    @property
    def open(self) -> bool:
        return self.state.closed is None

    @property
    def kind(self) -> Kind:
        return self.standing.kind

    @property
    def labs(self) -> int:
        """How many laboratories the tubes sampled again came to; source 003 wants two."""
        return len({sample.lab for sample in self.samples if sample.lab is not None})

    def results(self, second: bool) -> Counter[Result | None]:
        """How many of the tubes sampled again have which result; None is none yet."""
        return Counter(sample.result for sample in self.samples if sample.second is second)


@dataclass(frozen=True, slots=True)
class Board:
    """The tasks of a place or of a laboratory: those open, and those closed since local midnight."""

    campaign: Campaign
    now: datetime
    place: PlaceRef | None
    tasks: tuple[Task, ...]
    """What is open, worst first; without notes of tests to be repeated."""
    retests: tuple[Task, ...]
    closed: tuple[Task, ...]
    """The latest first."""

    @property
    def running(self) -> int:
        """Tasks whose main clock is running."""
        return sum(task.standing.timer is not None and task.standing.timer.running for task in self.tasks)

    @property
    def overdue(self) -> int:
        return sum(bool(task.standing.overdue) for task in self.tasks)


def board_of(campaign: Campaign, now: datetime, place: PlaceRef | None, tasks: Iterable[Task]) -> Board:
    """The tasks in the order in which they are shown."""
    everything = list(tasks)
    unclosed = sorted(
        (task for task in everything if task.open), key=lambda task: (order(task.standing), task.number)
    )
    closed = [(task.state.closed.at, task.number, task) for task in everything if task.state.closed is not None]
    return Board(
        campaign, now, place,
        tuple(task for task in unclosed if task.kind is not Kind.RETEST),
        tuple(task for task in unclosed if task.kind is Kind.RETEST),
        tuple(task for _, _, task in sorted(closed, key=lambda row: row[:2], reverse=True)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SiteTasks:
    """That there are open tasks at a site, and in how many of them people are not held yet: neither which tube nor
    which result. `since` is the earliest of those, `overdue` how many tasks are over their time."""

    place: PlaceRef
    tasks: int
    to_hold: int
    since: datetime
    hold_overdue: int
    overdue: int
