"""What the upper system (上级系统) shows, held against our own figure at the same time (domain, 5.5).

An upper figure is a running total of one place at one moment, as a province's or city's system shows it. Ours at
that moment is what our reports say up to it. Reports hold whole periods: of one that was still running at the moment,
or of a catch-up that reaches beyond it, nobody knows how much lay before. So ours is a span, and only what lies
outside it differs. A difference counts once it has lasted longer than the synchronisation window, and ends with the
next figure of the same source that agrees.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from domain.campaign import Campaign
from domain.errors import Code, Refused
from domain.values import MAX_KEY, read_count, read_text, read_time

FIELDS = ("key", "place", "at", "persons", "tubes", "source")
COMPARED = ("persons", "tubes")
"""The figures an upper system shows; each is unknown where it does not."""

MAX_SOURCE = 100


@dataclass(frozen=True, slots=True)
class UpperClaim:
    """What the upper system `source` shows for the place of code `place` at the moment `at` (UTC)."""

    key: str
    place: str
    at: datetime
    persons: int | None
    tubes: int | None
    source: str

    def same_figures(self, other: "UpperClaim") -> bool:
        """Whether both say the same of the same place and moment, whatever their keys."""
        return (self.place, self.at, self.source, self.persons, self.tubes) == (
            other.place, other.at, other.source, other.persons, other.tubes,
        )  # fmt: skip


def read_upper(row: Mapping[str, object], now: datetime, decimal: str | None = None) -> UpperClaim:
    """What `row` claims, checked for everything it shows by itself; `decimal` as for `read_count`.

    Raises `Refused` with the first fault found.
    """
    key = read_text("key", row.get("key"), MAX_KEY)
    place = read_text("place", row.get("place"), MAX_KEY)
    for name, value in (("key", key), ("place", place)):
        if not value:
            raise Refused(name, Code.MISSING_FIELD)
    if row.get("at") in (None, ""):
        raise Refused("at", Code.MISSING_FIELD)
    at = read_time("at", row["at"])
    if at > now:
        raise Refused("at", Code.TIME_IN_FUTURE, row["at"], now=now)
    counts = {name: read_count(name, row.get(name), decimal) for name in COMPARED}
    if all(count is None for count in counts.values()):
        raise Refused("persons", Code.MISSING_FIELD)
    source = read_text("source", row.get("source"), MAX_SOURCE)
    return UpperClaim(key, place, at, counts["persons"], counts["tubes"], source)


def about(row: Mapping[str, object]) -> tuple[str, str, str]:
    """What a row speaks of: place, moment and source."""
    at = row.get("at")
    with suppress(Refused):
        at = read_time("at", at).isoformat()
    return str(row.get("place") or ""), str(at), str(row.get("source") or "")


def derived_key(row: Mapping[str, object]) -> str:
    """The key of a file row that has none: from what it speaks of and what it says, so that the same file again
    changes nothing, and another figure for the same moment is a claim of its own."""
    return "|".join(["upper", *about(row), *(str(row.get(name) or "") for name in COMPARED)])


@dataclass(frozen=True, slots=True)
class Own:
    """Our own figure at a moment: at least `low`, at most `high`. None is unknown: no report states it, or, for
    `high`, the period that was running then is not due yet."""

    low: int | None
    high: int | None


def difference(theirs: int | None, own: Own) -> int | None:
    """Theirs less ours; 0 inside our span, None where the two cannot be compared (yet)."""
    if theirs is None or own.low is None:
        return None
    if theirs < own.low:
        return theirs - own.low
    if own.high is None:
        return None
    return max(0, theirs - own.high)


@dataclass(frozen=True, slots=True)
class Reading:
    """One upper figure of one place beside ours."""

    place: str
    at: datetime
    source: str
    theirs: int
    own: Own

    @property
    def difference(self) -> int | None:
        return difference(self.theirs, self.own)


@dataclass(frozen=True, slots=True)
class Lasting:
    """A difference that has lasted longer than the window: `since` the first of the readings in a row that
    differ; `last` is the newest of them, by which it is told."""

    since: datetime
    last: Reading


def lasting(readings: Iterable[Reading], campaign: Campaign, now: datetime) -> list[Lasting]:
    """The differences that are findings at `now`, one per place and source.

    `readings` come in the order of their moments, of one moment in the order they were told. One that cannot be
    compared yet neither begins nor ends a difference.
    """
    window = timedelta(minutes=campaign.limits.upper_sync_minutes)
    found = []
    by_source = sorted(readings, key=lambda r: (r.place, r.source))
    for _, group in groupby(by_source, key=lambda r: (r.place, r.source)):
        run = trailing_difference(list(group))
        if run and now - run[0].at > window:
            found.append(Lasting(run[0].at, run[-1]))
    return found


def trailing_difference(readings: Sequence[Reading]) -> list[Reading]:
    """The readings since the last one that agreed. Of one moment only the newest counts: the upper system may have
    corrected itself."""
    newest = {reading.at: reading for reading in readings}
    run: list[Reading] = []
    for reading in newest.values():
        if reading.difference == 0:
            run = []
        elif reading.difference is not None:
            run.append(reading)
    return run
