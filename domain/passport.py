"""The passport of a figure (数字护照): what it is made of, what four sources say of it, what is missing in it, who
changed it, down to the reports.

Everything here adds up: parts to the value, the reasons of a source to its difference from the value, changes to
the difference between the first total and the present one. Tests hold it to that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.campaign import Campaign
from domain.duty import State
from domain.overview import PlaceRef
from domain.reports import FIGURES, Claim, Judged, Status


class Figure(StrEnum):
    """A figure that has a passport. Shares rest on persons."""

    PERSONS = "persons"
    TUBES = "tubes"
    THIRD_COPIES = "third_copies"
    SPECIAL_CASES = "special_cases"
    POSITIVES = "positives"
    COMPLETION = "completion"
    VERIFIED_SHARE = "verified_share"
    REPORTED = "reported"
    """Sites whose report for a period is in."""

    @property
    def counted(self) -> str:
        """The count of a report that is summed; empty where reports themselves are counted."""
        if self is Figure.REPORTED:
            return ""
        return self.value if self.value in FIGURES else "persons"


SHARES = (Figure.COMPLETION, Figure.VERIFIED_SHARE)


def amount(counted: str, claim: Claim, judged: Judged) -> int | None:
    """What one report counts for in the figure `counted`; None where it does not state it."""
    if counted in ("persons", "tubes"):
        return int(value) if (value := getattr(judged, counted)) is not None else None
    value = getattr(claim, counted)
    return None if value is None else int(value)


def stated(counted: str, claim: Claim) -> int | None:
    """What a version says of `counted`, as it was sent: the figure itself, else its running total."""
    value = getattr(claim, counted)
    return value if value is not None else getattr(claim, f"{counted}_total", None)


@dataclass(frozen=True, slots=True)
class Part:
    """What reports of one status add up to."""

    status: Status
    amount: int
    reports: int


def parts(groups: Mapping[Status, tuple[int, int]]) -> tuple[Part, ...]:
    """Verified, waiting, and returned (whose old figure stands until the site sends a new one), in this order."""
    order = (Status.VERIFIED, Status.SUBMITTED, Status.RETURNED)
    return tuple(Part(status, *groups.get(status, (0, 0))) for status in order)


class Kind(StrEnum):
    """The four sources, in their order."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    PUBLISHED = "published"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a difference. `kind` names its words (`passport.reason.<kind>`), `count` is how many reports or
    cases it is, `place` and `period` where there is just one."""

    kind: str
    amount: int
    count: int = 0
    place: PlaceRef | None = None
    period: int | None = None
    first: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What one source says. None where it says nothing: that is not zero.

    `at` is the moment it speaks of, `name` what it is called (an upper system, a bulletin's number). The amounts of
    `reasons` add up to `difference`.
    """

    kind: Kind
    value: int | None = None
    difference: int | None = None
    reasons: tuple[Reason, ...] = ()
    at: datetime | None = None
    name: str = ""


def claimed(value: int, conflicts: Sequence[Reason], reports: int) -> Source:
    """What the sites say: what counts, and where a site's second word was refused, that word instead."""
    by = sum(conflict.amount for conflict in conflicts)
    return Source(Kind.CLAIMED, value + by, by, tuple(conflicts), name=str(reports))


def verified(made_of: Sequence[Part]) -> Source:
    """What the towns have verified: the value without what waits and what was returned."""
    whole = sum(part.amount for part in made_of)
    stands = sum(part.amount for part in made_of if part.status is Status.VERIFIED)
    reasons = tuple(
        Reason(part.status.value, -part.amount, part.reports)
        for part in made_of
        if part.status is not Status.VERIFIED and part.reports
    )
    reports = sum(part.reports for part in made_of if part.status is Status.VERIFIED)
    return Source(Kind.VERIFIED, stands, stands - whole, reasons, name=str(reports))


def published(value: int, issue: "Published", then: int) -> Source:
    """What the last bulletin said. `then` is what the hours it covers add up to now: what it differs from that was
    changed since, the rest came in later hours."""
    reasons = tuple(
        reason
        for reason in (Reason("changed_since", issue.value - then), Reason("later_hours", then - value))
        if reason.amount
    )
    return Source(Kind.PUBLISHED, issue.value, issue.value - value, reasons, issue.signed_at, issue.label)


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of the last bulletin: issue `label`, signed at `signed_at`, of the hours up to `period`."""

    value: int
    label: str
    signed_at: datetime
    period: int


def upper(value: int, theirs: int, apart: int, at: datetime, name: str) -> Source:
    """What the upper system shows; `apart` is its difference from ours at the moment it speaks of, the rest came
    since."""
    ours = theirs - apart
    reasons = tuple(
        reason
        for reason in (Reason("upper_then", apart, first=theirs, second=ours), Reason("upper_since", ours - value))
        if reason.amount
    )
    return Source(Kind.UPPER, theirs, theirs - value, reasons, at, name)


@dataclass(frozen=True, slots=True)
class Apart:
    """One place below whose upper figure was compared with ours at the same moment."""

    place: PlaceRef
    theirs: int
    difference: int


@dataclass(frozen=True, slots=True)
class Where:
    """Where a difference from the upper system lies: the places below that differ, the largest first, how many
    agree, how many the upper system says nothing of, and what the places compared leave unexplained."""

    apart: tuple[Apart, ...]
    agree: int
    unknown: int
    unexplained: int


def where(whole: int, below: Sequence[Apart], unknown: int) -> Where:
    """Find the difference `whole` of a place again in the places below it."""
    differ = sorted((each for each in below if each.difference), key=lambda e: (-abs(e.difference), e.place.code))
    return Where(tuple(differ), len(below) - len(differ), unknown, whole - sum(each.difference for each in below))


@dataclass(frozen=True, slots=True)
class Missing:
    """A site whose period is not in the figure (missing), or stands with a returned report. `so_far` is what it has
    told by then, `estimate` what an hour like its last ones would add, `standing` what the returned report says."""

    site: PlaceRef
    parent: PlaceRef | None
    period: int
    state: State
    so_far: int | None = None
    estimate: float | None = None
    standing: int | None = None


def estimate(rates: Sequence[float], hours: int) -> float | None:
    """What one more hour would bring, by the mean of the last `hours` ones; None without any."""
    recent = rates[-hours:]
    return sum(recent) / len(recent) if recent else None


@dataclass(frozen=True, slots=True)
class Change:
    """One version that replaced another: what was `old` and is `new` as sent, and by how much (`delta`) the figure
    changed. `verified_by` is who verified the new version, empty while nobody has."""

    at: datetime
    site: PlaceRef
    period: int
    version: int
    old: int | None
    new: int | None
    delta: int
    reason: str
    by: str
    verified_by: str


@dataclass(frozen=True, slots=True)
class Below:
    """One place directly below and its part of the figure; `of` are the sites counted where sites are counted."""

    place: PlaceRef
    amount: int | None
    verified: int
    sites: int
    reports: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One report that makes up the figure of a site."""

    first: int
    last: int
    version: int
    amount: int | None
    status: Status
    recorded_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Passport:
    """Everything about one figure of one place.

    `hour` is the period it is limited to; None for all hours up to `until`. `value` is what the page shows (a share
    for shares), `counted` the count it rests on and that the parts add up to; both None while nothing is known.
    `stating` reports of `reports` state the figure. `whole` is what the value is a share of.
    """

    campaign: Campaign
    figure: Figure
    place: PlaceRef
    revision: int
    now: datetime
    data_until: datetime | None
    hour: int | None
    looking_back: datetime | None
    value: float | None
    counted: int | None
    whole: int | None
    parts: tuple[Part, ...]
    stating: int
    reports: int
    sources: tuple[Source, ...]
    where: Where | None
    missing_period: int | None
    missing: tuple[Missing, ...]
    changes: tuple[Change, ...]
    below: tuple[Below, ...]
    lines: tuple[Line, ...]
    sites: int

    @property
    def verified(self) -> int:
        return sum(part.amount for part in self.parts if part.status is Status.VERIFIED)

    @property
    def first_total(self) -> int | None:
        """What it was before anybody changed anything."""
        return None if self.counted is None else self.counted - sum(change.delta for change in self.changes)
