"""When a source is asked, what state it is in, and what its word counts for beside what is on record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from domain.campaign import Campaign
from domain.reports import Claim
from domain.status import Severity
from domain.values import MAX_KEY

FAILURES_CRIT = 3
"""Failures in a row from which on a source is a finding."""

MISSED_CRIT = 2
"""Turns without a success from which on it is one, however it failed to come."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)

UNATTENDED = timedelta(minutes=5)
"""How long a source may be due before the page says that nobody fetches."""

AFTERWARDS = timedelta(days=1)
"""How long after its deadline a campaign's sources are still asked: corrections come late."""


# -- when


def slot_after(moment: datetime, campaign: Campaign, every: int, offset: int) -> datetime:
    """The source's first turn after `moment`: every `every` minutes, counted from `offset` past a full hour."""
    first, step = campaign.anchor + timedelta(minutes=offset), timedelta(minutes=every)
    return first + ((moment - first) // step + 1) * step


def retry_pause(failures: int, every: int, share: float, at_least: timedelta = timedelta(0)) -> timedelta:
    """How long to wait after the `failures`th failure in a row: twice as long each time, never longer than the
    schedule. `share`, drawn from 0 to 1, spreads those who failed together; `at_least` is what the other asks."""
    longest = min(LONGEST_PAUSE, timedelta(minutes=every))
    pause = min(longest, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    return min(max(pause * (0.5 + share / 2), at_least), max(longest, timedelta(minutes=every)))


def rests(campaign: Campaign, now: datetime) -> bool:
    """Whether the campaign has not begun or is long over: its sources are then asked on demand only."""
    return not campaign.starts_at <= now <= campaign.deadline + AFTERWARDS


# -- in which state


class Word(StrEnum):
    """The state of a source in a word."""

    PAUSED = "paused"
    RESTS = "rests"
    NEW = "new"
    FAILING = "failing"
    OVERDUE = "overdue"
    RETRYING = "retrying"
    REFUSED = "refused"
    QUIET = "quiet"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Course:
    """How it goes with one source. Times are the campaign's. `newest_at` is how far its data reach, `refused` the
    rows refused when it last delivered any."""

    every_minutes: int
    created_at: datetime
    paused: bool
    failures: int
    last_success_at: datetime | None
    newest_at: datetime | None
    refused: int


def limit_of(course: Course) -> timedelta:
    """The age of the last success beyond which the source fails."""
    return MISSED_CRIT * timedelta(minutes=course.every_minutes)


def state_of(course: Course, campaign: Campaign, now: datetime) -> tuple[Severity | None, Word]:
    """The state and its word; without a severity where there is nothing to judge."""
    if course.paused:
        return None, Word.PAUSED
    if rests(campaign, now):
        return None, Word.RESTS
    since = max(course.last_success_at or course.created_at, campaign.starts_at)
    age, limit = now - since, limit_of(course)
    if course.failures >= FAILURES_CRIT or (course.failures and age > limit):
        return Severity.CRIT, Word.FAILING
    if age > limit:
        return Severity.CRIT, Word.OVERDUE
    if course.failures:
        return Severity.WARN, Word.RETRYING
    if course.last_success_at is None:
        return None, Word.NEW
    if age > limit * 0.75:
        return Severity.WARN, Word.OVERDUE
    if course.refused:
        return Severity.WARN, Word.REFUSED
    if is_quiet(course, campaign, now):
        return Severity.WARN, Word.QUIET
    return Severity.OK, Word.OK


def is_quiet(course: Course, campaign: Campaign, now: datetime) -> bool:
    """Whether the source answers but has nothing new: its data end more than two turns and one period ago."""
    reach = course.newest_at or campaign.starts_at
    patience = limit_of(course) + campaign.interval + campaign.due
    return min(now, campaign.deadline) - reach > patience


# -- what its word counts for


@dataclass(frozen=True, slots=True)
class Version:
    """One version on record of what a source speaks of; `own` when this source said it."""

    claim: Claim
    own: bool


def next_word(said: Claim, chain: Sequence[Version], note: str) -> Claim | None:
    """What to send for a row of a source, or None when there is nothing new in it.

    `chain` holds the versions on record of the row's key, the newest first. A source takes back its own word only:

    - nothing on record: the row itself;
    - the same figures count already, or it says what it last said (a person has corrected it since): nothing;
    - its own word counts and the row says otherwise: a correction, with `note`;
    - somebody else's word counts: the row as it is, which is refused and shown to the town beside the other.
    """
    if not chain:
        return said
    head = chain[0]
    if head.claim.same_figures(said):
        return None
    last_said = next((version for version in chain if version.own), None)
    if last_said is not None and last_said.claim.same_figures(said):
        return None
    if not head.own:
        return said
    return replace(said, key=next_key(said.key, len(chain) + 1), correction_of=head.claim.key, note=note)


def next_key(key: str, number: int) -> str:
    """The key of a row's version of that number. What would be too long is told apart by its hash."""
    ending = f"|{number}"
    if len(key) + len(ending) > MAX_KEY:
        ending = f"|{sha256(key.encode()).hexdigest()[:16]}{ending}"
    return key[: MAX_KEY - len(ending)] + ending
