"""The life of one tube: what happened to it, in whose hands it was, where it is now, what is odd about it.

Typed rows only; `data/queries/tube_life.py` fills them, the page and the API read them. Nobody's name is in them: who
sent an event is a role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.backlog import LabRef, limit_minutes, of_age
from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.status import Severity
from domain.tube_events import AT_LAB, Result, Type, Void
from domain.tubes import Finding, Stage

MIN_TAIL = 4
"""Last characters of a barcode that are enough to look for."""

LATE = timedelta(minutes=30)
"""An event told later than this after it happened is a late record (source 001: synchronised within 30 minutes)."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def typed_barcode(text: str) -> str:
    """A barcode as a person types it: full-width characters as ordinary ones, without the blanks that group it."""
    return "".join(text.translate(_WIDE).split())


class Keeper(StrEnum):
    """In whose hands a tube is."""

    SITE = "site"
    TRANSPORT = "transport"
    LAB = "lab"
    NOBODY = "nobody"
    """Void, or never used."""


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has a tube: a site's lane, a box and its manifest on the road, a laboratory."""

    keeper: Keeper
    place: PlaceRef | None = None
    lane: str | None = None
    box: str | None = None
    manifest: str | None = None
    lab: LabRef | None = None


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """One event as it was sent. `result` is None where the reader may not see it. `sender` is the role, or the kind
    of program, that sent it. `custody` is in whose hands the tube was after it."""

    event_id: str
    type: Type
    at: datetime
    recorded_at: datetime
    place: PlaceRef | None
    lab: LabRef | None
    lane: str | None
    box: str | None
    manifest: str | None
    persons: int | None
    pool_size: int | None
    result: Result | None
    reason: Void | None
    sender: str
    custody: Custody
    read_as: str = ""
    """The barcode it came under."""
    withdrawn: bool = False
    """Taken back: it stays on record and counts for nothing."""

    @property
    def late(self) -> bool:
        return self.recorded_at - self.at > LATE


@dataclass(frozen=True, slots=True)
class Twin:
    """Another barcode, as which the tube was misread: a person has confirmed that it is the same."""

    barcode: str


@dataclass(frozen=True, slots=True)
class TubeLife:
    """One tube, seen at `now`. `entered_at` is when it came into its stage; `missing` that it was used too long ago
    to be still on its way."""

    campaign: Campaign
    barcode: str
    place: PlaceRef | None
    town: PlaceRef | None
    stage: Stage
    used: bool
    used_at: datetime | None
    entered_at: datetime | None
    void: Void | None
    persons: int | None
    pool_size: int | None
    expected_lab: LabRef | None
    lab: LabRef | None
    result: Result | None
    findings: Finding
    missing: bool
    twin: Twin | None
    custody: Custody
    events: tuple[LifeEvent, ...]
    now: datetime

    @property
    def age(self) -> timedelta | None:
        """How long it has been in the stage it waits in; None where it waits in none."""
        if self.entered_at is None or self.stage in (Stage.NONE, Stage.REPORTED):
            return None
        return max(timedelta(0), self.now - self.entered_at)

    @property
    def limit(self) -> timedelta | None:
        """The longest it may stay there."""
        return None if self.age is None else timedelta(minutes=limit_minutes(self.stage, self.campaign.limits))

    @property
    def severity(self) -> Severity:
        """The state of its age, critical when it is missing."""
        if self.missing:
            return Severity.CRIT
        if self.age is None or self.limit is None:
            return Severity.OK
        return of_age(
            int(self.age.total_seconds() // 60), int(self.limit.total_seconds() // 60), self.campaign.limits
        )

    @property
    def period(self) -> int | None:
        """The period whose hourly report counts it."""
        return self.campaign.period_of(self.used_at) if self.used_at is not None else None


@dataclass(frozen=True, slots=True)
class TubeHit:
    """One tube of several that a search has found."""

    barcode: str
    place: PlaceRef | None
    stage: Stage
    used_at: datetime | None
    findings: Finding


def custody_after(
    kind: Type,
    before: Custody,
    *,
    place: PlaceRef | None,
    lab: LabRef | None,
    lane: str | None,
    box: str | None,
    manifest: str | None,
) -> Custody:
    """In whose hands a tube is after an event. What the event does not say is as it was before it."""
    if kind is Type.VOID:
        return Custody(Keeper.NOBODY)
    if kind in AT_LAB:
        return Custody(Keeper.LAB, lab=lab or before.lab)
    place, box, manifest = place or before.place, box or before.box, manifest or before.manifest
    if kind is Type.COLLECTED:
        return Custody(Keeper.TRANSPORT, place, lane or before.lane, box, manifest)
    if before.keeper in (Keeper.TRANSPORT, Keeper.LAB):
        # A copy counted, or a group completed in the books, after the tube has left: it stays where it is.
        return before
    return Custody(Keeper.SITE, place, lane or before.lane, box, manifest)


FINDING_SEVERITY: Mapping[Finding, Severity] = {
    Finding.UNREGISTERED: Severity.CRIT,
    Finding.DUPLICATE: Severity.CRIT,
    Finding.WRONG_LAB: Severity.WARN,
    Finding.TOO_MANY_PERSONS: Severity.WARN,
    Finding.BEFORE_SAMPLING: Severity.WARN,
    Finding.RESULT_WITHOUT_RECEIPT: Severity.WARN,
    Finding.COPY_ONLY: Severity.WARN,
}
"""How bad it is when found."""
