"""The hourly report (小时报): what one row may say, what follows from it, and what is doubtful about it.

Refused is only what is impossible or unreadable; what is merely doubtful is accepted with a flag. Nothing here
depends on the order in which reports arrived (contract, "Hourly reports"; figures 5.1-5.3 of the domain).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag, StrEnum

from domain.campaign import POOL_SIZES, Campaign
from domain.errors import Code, Refused
from domain.values import MAX_KEY, read_count, read_text, read_time

COUNTS = (
    "persons", "tubes", "third_copies", "special_cases", "queue_minutes", "lanes_open", "positives",
    "persons_total", "tubes_total", "pool_size",
)  # fmt: skip
"""Fields that hold a whole number ≥ 0 or are unknown."""

FIGURES = ("persons", "tubes", "third_copies", "special_cases", "positives")
"""Counts that are summed over places and hours."""

FIELDS = ("key", "site", "hour", "hours", *COUNTS, "note", "correction_of", "channel")

MAX_NOTE = 500
MAX_HOURS = 24 * 31


class Flag(IntFlag):
    """What is doubtful about an accepted report. Stored as bits; `name.lower()` is the contract's word."""

    PERSONS_OVER_TUBES = 1
    TOTAL_FALLS = 2
    OUTSIDE_OPENING = 4
    THIRD_COPIES_DIFFER = 8
    ZERO_WHILE_OPEN = 16
    OUTLIER = 32
    LATE = 64
    CATCH_UP = 128
    TOTAL_DIFFERS = 256

    def words(self) -> list[str]:
        return [str(flag.name).lower() for flag in self]


DOUBTFUL = Flag(sum(Flag)) & ~(Flag.LATE | Flag.CATCH_UP)
"""Flags that say a figure may be wrong; late and catch-up only say how it came."""


class Channel(StrEnum):
    """How the figures reached whoever entered them, where that was not the site itself at its form."""

    PHONE = "phone"
    """The site telephoned, and its town or district entered the figures for it (代录)."""
    PAPER = "paper"
    """Copied from the paper form."""


class Status(StrEnum):
    """Where a report stands between site and town."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one report says, as sent. `first` and `last` are periods of the campaign, both included; a claim over
    several is a catch-up and counts in its last. None is unknown, never zero."""

    key: str
    site: str
    first: int
    last: int
    persons: int | None = None
    tubes: int | None = None
    third_copies: int | None = None
    special_cases: int | None = None
    queue_minutes: int | None = None
    lanes_open: int | None = None
    positives: int | None = None
    persons_total: int | None = None
    tubes_total: int | None = None
    pool_size: int | None = None
    note: str = ""
    correction_of: str | None = None
    channel: Channel | None = None
    """None is the site itself, or a machine."""

    @property
    def catch_up(self) -> bool:
        return self.last > self.first

    def same_figures(self, other: "Claim") -> bool:
        """Whether both say the same of the same site and period, whatever their keys and notes."""
        return (self.site, self.first, self.last) == (other.site, other.first, other.last) and all(
            getattr(self, name) == getattr(other, name) for name in COUNTS
        )


def read_channel(value: object) -> Channel | None:
    """The channel that `value` names; None when absent. Raises `Refused`."""
    name = read_text("channel", value, 16)
    if not name:
        return None
    if name not in tuple(Channel):
        raise Refused("channel", Code.BAD_VALUE, name, detail="channel", channels=", ".join(Channel))
    return Channel(name)


def read_hours(value: object, campaign: Campaign) -> int:
    """How many periods a report covers; `hours` is in hours, absent means one interval. Raises `Refused`."""
    if value is None or value == "":
        return 1
    try:
        hours = float(value) if not isinstance(value, bool) else float("nan")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Refused("hours", Code.NOT_A_NUMBER, value) from None
    except OverflowError:
        raise Refused("hours", Code.TOO_LARGE, value, limit=MAX_HOURS) from None
    if hours != hours:
        raise Refused("hours", Code.NOT_A_NUMBER, value)
    if hours < 0:
        raise Refused("hours", Code.NEGATIVE, value)
    if hours > MAX_HOURS:
        raise Refused("hours", Code.TOO_LARGE, value, limit=MAX_HOURS)
    periods = hours * 60 / campaign.interval_minutes
    if not periods.is_integer() or periods < 1:
        raise Refused("hours", Code.BAD_VALUE, value, detail="hours", interval=campaign.interval_minutes)
    return int(periods)


def read_claim(row: Mapping[str, object], campaign: Campaign, now: datetime, decimal: str | None = None) -> Claim:
    """What `row` claims, checked for everything the row shows by itself; site and lanes are checked later.
    `decimal` as for `read_count`.

    Raises `Refused` with the first fault found.
    """
    key = read_text("key", row.get("key"), MAX_KEY)
    site = read_text("site", row.get("site"), MAX_KEY)
    for name, value in (("key", key), ("site", site)):
        if not value:
            raise Refused(name, Code.MISSING_FIELD)
    if row.get("hour") in (None, ""):
        raise Refused("hour", Code.MISSING_FIELD)
    starts_at = read_time("hour", row["hour"])
    if not campaign.aligned(starts_at):
        raise Refused("hour", Code.BAD_TIME, row["hour"], detail="not_aligned", interval=campaign.interval_minutes)
    periods = read_hours(row.get("hours"), campaign)
    counts = {name: read_count(name, row.get(name), decimal) for name in COUNTS}
    if counts["persons"] is None and counts["persons_total"] is None:
        raise Refused("persons", Code.MISSING_FIELD)
    if counts["pool_size"] is not None and counts["pool_size"] not in POOL_SIZES:
        raise Refused("pool_size", Code.BAD_VALUE, counts["pool_size"], detail="pool_size")
    correction_of = read_text("correction_of", row.get("correction_of"), MAX_KEY) or None
    note = read_text("note", row.get("note"), MAX_NOTE)
    channel = read_channel(row.get("channel"))
    if correction_of == key:
        raise Refused("correction_of", Code.BAD_VALUE, correction_of, detail="itself")
    if correction_of and not note:
        raise Refused("note", Code.MISSING_FIELD, detail="correction")
    first = campaign.period_of(starts_at)
    last = first + periods - 1
    if abs(first) > 1_000_000:
        raise Refused("hour", Code.BAD_TIME, row["hour"])
    if campaign.start_of(last) > now:
        raise Refused("hour", Code.HOUR_IN_FUTURE, row["hour"], now=now)
    return Claim(key, site, first, last, note=note, correction_of=correction_of, channel=channel, **counts)


def check_possible(claim: Claim, lanes: int | None, pool_size: int) -> None:
    """Refuse more persons than the tubes of the period and one carried over per lane can hold.

    Source: domain 5.2. Lanes nobody knows make nothing impossible. Raises `Refused`.
    """
    lanes_used = max(lanes or 0, claim.lanes_open or 0)
    if not lanes_used:
        return
    size = claim.pool_size or pool_size
    for persons, tubes in ((claim.persons, claim.tubes), (claim.persons_total, claim.tubes_total)):
        if persons is not None and tubes is not None and persons > (tubes + lanes_used) * size:
            raise Refused(
                "persons",
                Code.PERSONS_EXCEED_TUBES,
                persons,
                tubes=tubes,
                lanes=lanes_used,
                pool_size=size,
                most=(tubes + lanes_used) * size,
                least_tubes=max(0, -(-persons // size) - lanes_used),
            )


@dataclass(frozen=True, slots=True)
class Judged:
    """What one report counts for: the period's own figures (signed: a running total that falls takes back what
    an earlier one claimed) and its flags."""

    persons: int
    tubes: int | None
    flags: Flag


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What judging a site's reports needs to know of the site."""

    open_periods: frozenset[int]
    pool_size: int


def judge(claims: Sequence[tuple[Claim, datetime]], site: SiteFacts, campaign: Campaign) -> list[Judged]:
    """Figures and flags of all current reports of one site.

    `claims` pairs each claim with the time its first version was recorded, in order of `last`. A running total
    says how much had been counted by the end of its period, so the period's figure is that total less the
    nearest earlier total and all single figures since.
    """
    judged: list[Judged] = []
    persons_so_far = 0
    tubes_so_far = 0
    tubes_unstated = False
    rates: list[float] = []
    covered_to = min(site.open_periods, default=0) - 1
    for claim, recorded_at in claims:
        flags = Flag(0)
        # A total after hours nobody reported holds those hours too: it cannot be compared with this hour alone.
        unreported = sum(k in site.open_periods for k in range(covered_to + 1, claim.first))
        bridges = claim.persons is None and unreported > 0
        covered_to = max(covered_to, claim.last)
        if claim.persons is not None:
            persons = claim.persons
            expected_total = persons_so_far + persons
            if claim.persons_total is not None and claim.persons_total < persons_so_far:
                flags |= Flag.TOTAL_FALLS
            elif claim.persons_total is not None and claim.persons_total != expected_total:
                flags |= Flag.TOTAL_DIFFERS
            persons_so_far = total_after(persons_so_far, persons, claim.persons_total)
        else:
            assert claim.persons_total is not None
            persons = claim.persons_total - persons_so_far
            if persons < 0:
                flags |= Flag.TOTAL_FALLS
            persons_so_far = claim.persons_total
        tubes = claim.tubes
        # Tubes of an hour that did not state them come with the next running total.
        derived_tubes = tubes is None and (bridges or tubes_unstated)
        if claim.tubes_total is not None:
            if tubes is None:
                tubes = claim.tubes_total - tubes_so_far
            if claim.tubes_total < tubes_so_far:
                flags |= Flag.TOTAL_FALLS
            tubes_so_far, tubes_unstated = claim.tubes_total, False
        elif tubes is None:
            tubes_unstated = True
        else:
            tubes_so_far += tubes

        if tubes is not None and persons > max(tubes, 0) * (claim.pool_size or site.pool_size):
            flags |= Flag.PERSONS_OVER_TUBES
        if tubes is not None and not derived_tubes and claim.third_copies not in (None, tubes):
            flags |= Flag.THIRD_COPIES_DIFFER
        covered = range(claim.first, claim.last + 1)
        open_covered = sum(k in site.open_periods for k in covered)
        if not open_covered:
            flags |= Flag.OUTSIDE_OPENING
        if persons == 0 and claim.last in site.open_periods:
            flags |= Flag.ZERO_WHILE_OPEN
        hours = len(covered) + (unreported if bridges else 0)
        recent = rates[-campaign.limits.outlier_hours :]
        if len(recent) == campaign.limits.outlier_hours and persons / hours > campaign.limits.outlier_factor * (
            sum(recent) / len(recent)
        ):
            flags |= Flag.OUTLIER
        rates.append(max(persons, 0) / hours)
        if claim.catch_up:
            flags |= Flag.CATCH_UP
        if is_late(claim, recorded_at, campaign):
            flags |= Flag.LATE
        judged.append(Judged(persons, tubes, flags))
    return judged


def total_after(before: int, counted: int, stated: int | None) -> int:
    """The running total at the end of a period that counts `counted`: the total `stated` for it, if any."""
    return before + counted if stated is None else stated


def is_late(claim: Claim, recorded_at: datetime, campaign: Campaign) -> bool:
    """Late is what came after its period was due, and every catch-up."""
    return claim.catch_up or recorded_at > campaign.end_of(claim.last) + campaign.due


def derived_key(row: Mapping[str, object], campaign: Campaign) -> str:
    """The key of a file row that has none: from site, hour and hours, and from what it corrects. One interval is
    the same whether stated or not."""
    try:
        periods = str(read_hours(row.get("hours"), campaign))
    except Refused:
        periods = str(row.get("hours"))
    parts = [str(row.get("site") or ""), str(row.get("hour") or ""), periods]
    hour = row.get("hour")
    if isinstance(hour, datetime):
        parts[1] = hour.astimezone(UTC).isoformat()
    elif isinstance(hour, str):
        try:
            parts[1] = read_time("hour", hour).isoformat()
        except Refused:
            parts[1] = hour
    corrected = row.get("correction_of")
    return "|".join(parts) + (f"|corrects {corrected}" if corrected else "")
