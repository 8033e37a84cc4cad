"""What the duty board shows of a place: every child in every hour, who owes, who was told.

Typed rows only: `data/queries` fills them, components and the interface read them. Times are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.contacts import Contact
from domain.duty import Counts, State
from domain.overview import Overview, PlaceRef
from domain.reminders import Preset, Standing

SHOWN = 16
"""Hours due that have a column of their own; earlier ones share the first column, so that the totals still add up."""

AHEAD = 6
"""Hours to come that are shown."""

MOST_LISTS = 40
"""Towns whose lists of sites stand on a city's board; when more owe, it names districts, which have theirs."""

HISTORY_SHOWN = 12
"""Reminders the board looks back at."""

OFTEN = 2
"""Late so many times: worth a word with the site."""


@dataclass(frozen=True, slots=True)
class Column:
    """One period, or all before the first that has a column of its own. `start` and `end` are those of the last."""

    first: int
    last: int
    start: datetime
    end: datetime
    due: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One place with its sites' states per column of the board. `total` is over all hours due. Of a town, `below`
    are the sites with any exception, worst first, and `quiet` how many have none."""

    place: PlaceRef
    sites: int
    counts: tuple[Counts, ...]
    total: Counts
    below: tuple["Line", ...] = ()
    quiet: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A site named for its state, and when it came into it; on a city's board a district with so many such sites."""

    place: PlaceRef
    at: datetime | None = None
    sites: int = 1


@dataclass(frozen=True, slots=True)
class Owing:
    """One site on a town's list. `minutes` is how long its report is overdue, how long ago it was returned, or by how
    much it came late. `reason`, `tubes` and `third_copies` say why a report was returned. The contact's phone is
    masked."""

    place: PlaceRef
    state: State
    minutes: int
    contact: Contact | None
    reason: str = ""
    note: str = ""
    tubes: int | None = None
    third_copies: int | None = None
    told: int = 0
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a town's reminders go: the form, and the setting that holds the address."""

    preset: Preset
    variable: str


@dataclass(frozen=True, slots=True)
class TownList:
    """A town with those of its sites that owe the selected hour's report, and those that were late with it."""

    town: PlaceRef
    contact: Contact | None
    sites: tuple[Owing, ...]
    target: Target | None = None
    blocked_until: datetime | None = None

    def of(self, *states: State) -> tuple[Owing, ...]:
        return tuple(site for site in self.sites if site.state in states)


@dataclass(frozen=True, slots=True)
class DistrictOwing:
    """A district of a city and the states of its sites in the selected hour. `towns` of its towns have a site that
    owes, `told` of its sites that owe were reminded."""

    place: PlaceRef
    counts: Counts
    towns: int
    told: int


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder on record: who was on it, how it stands, how many have reported since and when the last did."""

    at: datetime
    town: PlaceRef
    start: datetime
    end: datetime
    sites: tuple[PlaceRef, ...]
    standing: Standing
    reason: str
    detail: str
    answered: int
    answered_at: datetime | None
    key: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class OftenLate:
    """A site that came late several times: end of the period, minutes."""

    place: PlaceRef
    town: PlaceRef | None
    times: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The board of one place. `hour` is what the strip and the lists are about, None before the first hour is due;
    `selected` is its column, None where it has none of its own. `expected` is the number of reports expected in it by
    the opening times, which its parts must add up to. Of a city where more than `MOST_LISTS` towns have sites to
    list, `groups` are its districts and `lists` is empty."""

    present: Overview
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    hour: Column | None
    selected: int | None
    expected: int
    sites: int
    counts: Counts
    mentions: Mapping[State, tuple[Mention, ...]]
    lists: tuple[TownList, ...]
    history: tuple[Reminded, ...]
    often_late: tuple[OftenLate, ...]
    groups: tuple[DistrictOwing, ...] = ()

    @property
    def owing(self) -> tuple[TownList, ...]:
        """The towns that are to be reminded."""
        return tuple(town for town in self.lists if town.of(State.MISSING, State.RETURNED))
