"""Findings of the three-way ledger (待结发现): what does not agree, why, whose it is, and how it ends.

A finding is derived from the tubes and never stored: it is there while its cause is, and ends with it. What people
say about one is events, only added to, that `fold` makes a state of. Closing one says the cause; where that means
that a tube will never arrive, the correction is a tube event of its own (domain, section 5: never silently repaired).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from domain.backlog import LabRef
from domain.errors import Code, Refused
from domain.misreads import Pair
from domain.overview import PlaceRef
from domain.status import Severity
from domain.tube_events import Void

SYNC_MINUTES = 30
"""How long a record may be on its way between systems (001: at most 30 minutes): before that nothing is missing from
it."""

SCAN_MINUTES = 30
"""How long a laboratory has for the tubes of a box after the last one it scanned (assumed)."""


class Kind(StrEnum):
    """What does not agree (domain, section 5)."""

    MISREAD = "misread"
    MISSING = "missing"
    WRONG_LAB = "wrong_lab"
    DUPLICATE = "duplicate"
    UNREGISTERED = "unregistered"
    COPY_ONLY = "copy_only"
    """A third copy and no tube."""
    NO_COPY = "no_copy"
    """A tube and no third copy."""
    REPORTED = "reported"
    """The hourly report says another number of tubes than there are barcodes."""


ORDER = tuple(Kind)
"""What closes most first: one click on a pair ends two."""

COUNTED = frozenset({Kind.COPY_ONLY, Kind.NO_COPY, Kind.REPORTED})
"""Kinds that compare counts of a site and hour; the others name barcodes."""


class Cause(StrEnum):
    """Why, from the failures the sources describe (002: labels in three copies, one account one laboratory, resumed
    groups; 003: garbled, missing and duplicate codes, network down, broken tubes, handover box by box)."""

    LABEL_SMEARED = "label_smeared"
    TYPED = "typed"
    SCANNER = "scanner"
    OVERPACKED = "overpacked"
    LOST = "lost"
    NOT_SCANNED = "not_scanned"
    BROKEN = "broken"
    NOT_COLLECTED = "not_collected"
    LATE = "late"
    WRONG_CRATE = "wrong_crate"
    WRONG_ACCOUNT = "wrong_account"
    SENT_ON = "sent_on"
    PRINTED_TWICE = "printed_twice"
    RESUMED = "resumed"
    NOT_REGISTERED = "not_registered"
    NETWORK_DOWN = "network_down"
    OTHER_CAMPAIGN = "other_campaign"
    COPY_LOST = "copy_lost"
    COPY_LATE = "copy_late"
    SPOILED_KEPT = "spoiled_kept"
    MISCOUNTED = "miscounted"
    CARRIED_OVER = "carried_over"


CAUSES: Mapping[Kind, tuple[Cause, ...]] = {
    Kind.MISREAD: (Cause.LABEL_SMEARED, Cause.TYPED, Cause.SCANNER),
    Kind.MISSING: (Cause.OVERPACKED, Cause.LOST, Cause.NOT_SCANNED, Cause.BROKEN, Cause.NOT_COLLECTED, Cause.LATE),
    Kind.WRONG_LAB: (Cause.WRONG_CRATE, Cause.WRONG_ACCOUNT, Cause.SENT_ON),
    Kind.DUPLICATE: (Cause.PRINTED_TWICE, Cause.RESUMED, Cause.TYPED),
    Kind.UNREGISTERED: (Cause.NOT_REGISTERED, Cause.NETWORK_DOWN, Cause.LABEL_SMEARED, Cause.TYPED,
                        Cause.OTHER_CAMPAIGN),
    Kind.COPY_ONLY: (Cause.NETWORK_DOWN, Cause.NOT_REGISTERED, Cause.SPOILED_KEPT, Cause.PRINTED_TWICE),
    Kind.NO_COPY: (Cause.COPY_LOST, Cause.COPY_LATE, Cause.LABEL_SMEARED),
    Kind.REPORTED: (Cause.MISCOUNTED, Cause.CARRIED_OVER, Cause.NETWORK_DOWN),
}  # fmt: skip
"""The causes that can be chosen, the likeliest first."""

CORRECTIONS: Mapping[Cause, Void] = {
    Cause.OVERPACKED: Void.NEVER_FILLED,
    Cause.LOST: Void.LOST,
    Cause.BROKEN: Void.BROKEN,
}
"""Causes by which a missing tube will never arrive: closing with one takes it out of the used tubes."""

RESAMPLED = frozenset({Cause.LOST, Cause.BROKEN})
"""Corrections after which the tube's persons have to be sampled again (补采)."""


class Step(StrEnum):
    """What a person can do to a finding."""

    CAUSE = "cause"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    CLOSED = "closed"
    REOPENED = "reopened"


ENDING = (Step.CONFIRMED, Step.DENIED, Step.CLOSED)


class Status(StrEnum):
    """How far the work on a finding has come."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class Party(StrEnum):
    """Who can be made responsible for a finding."""

    SITE = "site"
    TOWN = "town"
    LAB = "lab"
    DISTRICT = "district"


FIRST_OWNER: Mapping[Kind, Party] = {
    Kind.MISREAD: Party.LAB,
    Kind.MISSING: Party.TOWN,
    Kind.WRONG_LAB: Party.TOWN,
    Kind.DUPLICATE: Party.SITE,
    Kind.UNREGISTERED: Party.LAB,
    Kind.COPY_ONLY: Party.SITE,
    Kind.NO_COPY: Party.SITE,
    Kind.REPORTED: Party.SITE,
}
"""Whose a finding is until somebody says otherwise: who had the tubes last, or wrote the figure (assumed; the town
collects from its sites, 002)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing somebody did. `covers` are the barcodes it was about, `tubes` and `persons` how many."""

    step: Step
    at: datetime
    by: str = ""
    cause: Cause | None = None
    note: str = ""
    owner: Party | None = None
    covers: frozenset[str] = frozenset()
    tubes: int = 0
    persons: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What the events of a finding add up to. `ended` is the step that closed it; `turns` counts the events that
    changed the state, `covers` and `tubes` what the closing was about."""

    cause: Cause | None = None
    owner: Party | None = None
    note: str = ""
    by: str = ""
    ended: Step | None = None
    ended_at: datetime | None = None
    covers: frozenset[str] = frozenset()
    tubes: int = 0
    persons: int = 0
    turns: int = 0

    @property
    def status(self) -> Status:
        if self.ended is not None:
            return Status.CLOSED
        return Status.ASSIGNED if self.owner is not None else Status.OPEN


def fold(events: Iterable[Event]) -> State:
    """The state after all events, in the order in which they were recorded."""
    state = State()
    for event in events:
        state = follow(state, event)
    return state


def follow(state: State, event: Event) -> State:
    """The state after `event`, which `check` has let pass."""
    if event.step is Step.COMMENTED:
        return replace(state, note=event.note, by=event.by)
    state = replace(state, turns=state.turns + 1, by=event.by)
    if event.step is Step.CAUSE:
        return replace(state, cause=event.cause)
    if event.step is Step.ASSIGNED:
        return replace(state, owner=event.owner, note=event.note or state.note)
    if event.step is Step.REOPENED:
        return replace(
            state, ended=None, ended_at=None, covers=frozenset(), tubes=0, persons=0, note=event.note or state.note
        )
    return replace(
        state, ended=event.step, ended_at=event.at, cause=event.cause or state.cause, note=event.note or state.note,
        covers=event.covers, tubes=event.tubes, persons=event.persons,
    )  # fmt: skip


def check(kind: Kind, state: State, event: Event) -> None:
    """Raise `Refused` unless `event` may follow: `conflict` where the finding is no longer in a state for it,
    `missing_field` where it does not say what it has to, `bad_value` where it says what does not fit the kind."""
    step = event.step
    if step is Step.COMMENTED:
        _said(event)
        return
    if step is Step.REOPENED:
        if state.ended is None:
            raise Refused("step", Code.CONFLICT, step, detail="finding_open")
        _said(event)
        return
    if state.ended is not None:
        raise Refused("step", Code.CONFLICT, step, detail="finding_closed", by=state.by)
    if event.cause is not None and event.cause not in CAUSES[kind]:
        raise Refused("cause", Code.BAD_VALUE, event.cause)
    if step is Step.CAUSE and event.cause is None:
        raise Refused("cause", Code.MISSING_FIELD, detail="finding")
    if step is Step.ASSIGNED and event.owner is None:
        raise Refused("owner", Code.MISSING_FIELD)
    if step in (Step.CONFIRMED, Step.DENIED) and kind is not Kind.MISREAD:
        raise Refused("step", Code.BAD_VALUE, step)
    if step is Step.CONFIRMED and (event.cause or state.cause) is None:
        raise Refused("cause", Code.MISSING_FIELD, detail="finding")
    if step is Step.CLOSED:
        if kind is Kind.MISREAD:
            raise Refused("step", Code.BAD_VALUE, step)
        if (event.cause or state.cause) is None:
            raise Refused("cause", Code.MISSING_FIELD, detail="finding")
        _said(event)


def _said(event: Event) -> None:
    if not event.note:
        raise Refused("note", Code.MISSING_FIELD, detail="finding")


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand in a tube's chain of custody: who it was (a person on duty where one is known), what was done, how
    many tubes where anybody counted them."""

    party: Party
    who: str
    act: str
    tubes: int | None = None


@dataclass(frozen=True, slots=True)
class TubeFinding:
    """One finding at a moment.

    `site` is where the tubes were used, `town` the one it is in, `lab` where they are bound, `at_lab` where they are;
    None where nobody knows. `tubes` counts them; of the kinds in `COUNTED` it is the difference with its sign, and
    `period_end` the hour's. `arrived` says that other tubes of the box have been received. `since` is when the last
    hand took them; `limit_minutes` what the stage they are in is allowed, None where no limit speaks of it. `held`
    names who is responsible, by the finding's own words or by rule.
    """

    id: str
    kind: Kind
    severity: Severity
    site: PlaceRef | None
    town: PlaceRef | None
    lab: LabRef | None
    at_lab: LabRef | None
    box: str
    barcodes: tuple[str, ...]
    tubes: int
    persons: int | None
    since: datetime
    age_minutes: int
    limit_minutes: int | None
    age_severity: Severity
    arrived: bool = False
    period_end: datetime | None = None
    expected_tubes: int | None = None
    pair: Pair | None = None
    hands: tuple[Hand, ...] = ()
    state: State = field(default_factory=State)
    owner: Party = Party.SITE
    owner_name: str = ""
    owner_place: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something: not closed, or more has come to it than the closing covered."""
        return not covered(self.kind, self.state, self.barcodes, self.tubes)

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who can be made responsible for it."""
        there = {
            Party.SITE: self.site is not None,
            Party.TOWN: self.town is not None,
            Party.LAB: self.lab is not None or self.at_lab is not None,
            Party.DISTRICT: True,
        }
        return tuple(party for party in Party if there[party])


def covered(kind: Kind, state: State, barcodes: Collection[str], tubes: int) -> bool:
    """Whether a closing still holds: nothing has come to the finding that it was not about."""
    if state.ended is None:
        return False
    return tubes == state.tubes if kind in COUNTED else state.covers.issuperset(barcodes)


@dataclass(frozen=True, slots=True)
class Settled:
    """A finding that is closed, or that ended by itself after somebody had said something about it (`by_itself`:
    its cause is gone). `took` is how long it was open from the first word on it."""

    id: str
    kind: Kind
    place: PlaceRef | None
    box: str
    tubes: int
    persons: int
    state: State
    at: datetime | None
    took: timedelta | None
    by_itself: bool
    standing: TubeFinding | None = None


def finding_id(kind: Kind, *identity: object) -> str:
    """What a finding is called: the same for the same kind, site, laboratory, box or barcode whenever it is derived,
    so that what people said about it stays with it."""
    content = "\0".join("" if part is None else str(part) for part in (kind, *identity))
    return f"{kind}-{blake2b(content.encode(), digest_size=9).hexdigest()}"


def same_content(first: Event, second: Event) -> bool:
    """Whether two sendings of one key say the same."""
    return (first.step, first.cause, first.note, first.owner) == (
        second.step, second.cause, second.note, second.owner,
    )  # fmt: skip
