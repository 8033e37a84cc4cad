"""A task beside the clock: the checklist, what is over its time, and what may be done next (`domain.positives`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.positives import PARTIES, Ending, Event, Kind, Mark, Resample, State, Step
from domain.status import RANK, Severity
from domain.tube_events import BARCODE


class Item(StrEnum):
    """A line of the checklist."""

    NOTIFY = "notify"
    HOLD = "hold"
    CONFIRM = "confirm"
    RESAMPLE = "resample"
    TEST = "test"
    SECOND = "second"
    REPORT = "report"


CHECKLIST: dict[Kind, tuple[Item, ...]] = {
    Kind.POOL: (Item.HOLD, Item.NOTIFY, Item.CONFIRM, Item.RESAMPLE, Item.TEST, Item.SECOND),
    Kind.SINGLE: (Item.NOTIFY, Item.HOLD, Item.CONFIRM, Item.REPORT),
    Kind.RETEST: (),
}
"""What has to be done, in the order in which it is offered. A single positive is held too (assumed: community and
police can only be told to take care of somebody who stays), so that a site cannot tell by it which kind it has."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist: `done` of `of`, finished at `at` by whom, to be finished by `due_at`; without one
    it has no limit, or waits for something before it."""

    item: Item
    done: int
    of: int
    at: datetime | None = None
    by: str = ""
    due_at: datetime | None = None

    @property
    def complete(self) -> bool:
        return self.done >= self.of

    @property
    def late(self) -> bool:
        """Whether it was finished, but after its time."""
        return self.complete and self.at is not None and self.due_at is not None and self.at > self.due_at

    def overdue(self, now: datetime) -> bool:
        return not self.complete and self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Timer:
    """The task's main clock: from the result to the resamples' results, or to the direct report."""

    since: datetime
    due_at: datetime
    stopped_at: datetime | None
    age: timedelta
    """Until now, or until it was stopped."""

    @property
    def share(self) -> float:
        return self.age / max(self.due_at - self.since, timedelta(minutes=1))

    @property
    def left(self) -> timedelta:
        """Negative when over."""
        return self.due_at - self.since - self.age

    @property
    def running(self) -> bool:
        return self.stopped_at is None


@dataclass(frozen=True, slots=True)
class Standing:
    """A task at a moment."""

    kind: Kind
    checks: tuple[Check, ...]
    timer: Timer | None
    severity: Severity
    overdue: frozenset[Item]
    """What is not done though its time is over; nothing of a closed task."""

    @property
    def next(self) -> Item | None:
        """What to do next; None where all that is left waits for laboratories, or to be closed."""
        return next((c.item for c in self.checks if not c.complete and c.item is not Item.TEST), None)

    @property
    def unfinished(self) -> int:
        return sum(not check.complete for check in self.checks)

    def check(self, item: Item) -> Check:
        return next(check for check in self.checks if check.item is item)


def members_of(state: State, persons: int | None, pool_size: int) -> int:
    """How many have to be sampled again: as counted when they were held, else as registered with the tube, else as
    many as it can hold."""
    return state.members or persons or pool_size


def standing(
    state: State, kind: Kind, members: int, samples: Sequence[Resample], limits: Limits, now: datetime
) -> Standing:
    """The task at `now`; of a closed one, as it was when it was closed."""
    until = state.closed.at if state.closed is not None else now
    checks = tuple(_check(item, state, kind, members, samples, limits) for item in CHECKLIST[kind])
    overdue = frozenset(c.item for c in checks if c.overdue(until)) if state.closed is None else frozenset()
    timer = _timer(state, kind, checks, limits, until)
    severity = Severity.OK
    if timer is not None and timer.running and timer.share >= limits.warn_share:
        severity = Severity.WARN
    if overdue:
        severity = Severity.CRIT
    return Standing(kind, checks, timer, severity if state.closed is None else Severity.OK, overdue)


def _check(item: Item, state: State, kind: Kind, members: int, samples: Sequence[Resample], limits: Limits) -> Check:
    at_once = timedelta(minutes=limits.at_once_minutes)
    hour = state.since + timedelta(minutes=limits.resample_minutes)
    parties = PARTIES[kind]
    if item is Item.HOLD:
        held = state.held
        return Check(item, int(held is not None), 1, *(_when(held)), state.since + at_once)
    if item is Item.NOTIFY:
        marks = [mark for party in parties if (mark := state.told(party)) is not None]
        return Check(item, len(marks), len(parties), *_last(marks, len(parties)), state.since + at_once)
    if item is Item.CONFIRM:
        told = [mark.at for party in parties if (mark := state.told(party)) is not None]
        marks = [mark for party in parties if (mark := state.confirmation(party)) is not None]
        due_at = max(told) + at_once if told else None
        return Check(item, len(marks), len(parties), *_last(marks, len(parties)), due_at)
    if item is Item.REPORT:
        due_at = state.since + timedelta(minutes=limits.direct_report_minutes)
        return Check(item, int(state.reported is not None), 1, *_when(state.reported), due_at)
    own = [sample for sample in samples if sample.second is (item is Item.SECOND)]
    if item is not Item.TEST:
        return Check(item, len(own), members, due_at=hour if item is Item.RESAMPLE else None)
    results = [sample.result_at for sample in own if sample.tested and sample.result_at is not None]
    of = max(members, len(own))
    return Check(item, len(results), of, max(results) if len(results) >= of else None, "", hour)


def _when(mark: Mark | None) -> tuple[datetime | None, str]:
    return (mark.at, mark.by) if mark is not None else (None, "")


def _last(marks: Sequence[Mark], of: int) -> tuple[datetime | None, str]:
    """When the last of all was done, and by whom; nothing while one is missing."""
    return _when(max(marks, key=lambda mark: mark.at)) if marks and len(marks) >= of else (None, "")


def _timer(state: State, kind: Kind, checks: Sequence[Check], limits: Limits, until: datetime) -> Timer | None:
    minutes = {Kind.POOL: limits.resample_minutes, Kind.SINGLE: limits.direct_report_minutes}.get(kind)
    if minutes is None:
        return None
    goal = next(check for check in checks if check.item in (Item.TEST, Item.REPORT))
    stopped_at = goal.at if goal.complete else state.closed.at if state.closed is not None else None
    age = max((stopped_at or until) - state.since, timedelta(0))
    return Timer(state.since, state.since + timedelta(minutes=minutes), stopped_at, age)


def check(state: State, at: Standing, barcode: str, event: Event) -> None:
    """Raise `Refused` unless `event` may follow in the task of the tube `barcode`: `out_of_scope` where a laboratory
    may not do that, `conflict` where the task is no longer in a state for it, `missing_field` where it does not say
    what it has to."""
    step = event.step
    if step is Step.RESULT:
        raise Refused("step", Code.BAD_VALUE, step)
    if step is Step.COMMENTED:
        _said(event)
        return
    if step is Step.REOPENED:
        if state.closed is None:
            raise Refused("step", Code.CONFLICT, step, detail="positive_not_closed")
        if state.closed.how in (Ending.CORRECTED, Ending.RETESTED):
            raise Refused("step", Code.CONFLICT, step, detail="positive_corrected")
        _district(event, at.kind)
        return
    if state.closed is not None:
        raise Refused("step", Code.CONFLICT, step, detail="positive_closed", by=state.closed.by)
    if step is Step.CLOSED:
        _district(event, at.kind)
        if at.kind is Kind.RETEST or at.unfinished:
            _said(event)
        return
    if step not in _STEPS[at.kind]:
        raise Refused("step", Code.CONFLICT, step, detail="positive_kind")
    if step is Step.NOTIFIED and at.check(Item.NOTIFY).complete:
        raise Refused("step", Code.CONFLICT, step, detail="positive_notified", by=at.check(Item.NOTIFY).by)
    if step is Step.CONFIRMED:
        _check_confirmation(state, at.kind, event)
    if step is Step.REPORTED and state.reported is not None:
        raise Refused("step", Code.CONFLICT, step, detail="positive_reported", by=state.reported.by)
    if step in (Step.LINKED, Step.UNLINKED):
        _check_barcodes(state, barcode, event)


_BOTH = frozenset({Step.HELD, Step.NOTIFIED, Step.CONFIRMED})
_STEPS: dict[Kind, frozenset[Step]] = {
    Kind.POOL: _BOTH | {Step.LINKED, Step.UNLINKED},
    Kind.SINGLE: _BOTH | {Step.REPORTED},
    Kind.RETEST: frozenset(),
}
"""What may be done in each kind of task besides closing, reopening and saying something."""


def _check_confirmation(state: State, kind: Kind, event: Event) -> None:
    if len(event.parties) != 1:
        raise Refused("party", Code.MISSING_FIELD)
    (party,) = event.parties
    if party not in PARTIES[kind]:
        raise Refused("party", Code.BAD_VALUE, party)
    if state.told(party) is None:
        raise Refused("party", Code.CONFLICT, party, detail="positive_not_told")
    earlier = state.confirmation(party)
    if earlier is not None:
        raise Refused("party", Code.CONFLICT, party, detail="positive_confirmed", by=earlier.by)


def _check_barcodes(state: State, barcode: str, event: Event) -> None:
    if not event.barcodes:
        raise Refused("barcodes", Code.MISSING_FIELD)
    linked = {link for link, _ in state.linked}
    for stated in event.barcodes:
        if not BARCODE.fullmatch(stated):
            raise Refused("barcodes", Code.BAD_BARCODE, stated)
        if stated == barcode:
            raise Refused("barcodes", Code.CONFLICT, stated, detail="positive_itself")
        if (stated in linked) is (event.step is Step.LINKED):
            detail = "positive_linked" if event.step is Step.LINKED else "positive_not_linked"
            raise Refused("barcodes", Code.CONFLICT, stated, detail=detail)
    if len(set(event.barcodes)) < len(event.barcodes):
        raise Refused("barcodes", Code.BAD_VALUE, detail="positive_twice")


def _district(event: Event, kind: Kind) -> None:
    """Whoever tests does not decide alone that people are free to go."""
    if event.lab and kind is not Kind.RETEST:
        raise Refused("step", Code.OUT_OF_SCOPE, event.step, detail="positive_district")


def _said(event: Event) -> None:
    if not event.note:
        raise Refused("note", Code.MISSING_FIELD, detail="positive")


def order(at: Standing) -> tuple[int, float]:
    """Sort key: what is worst first, then what has least time left."""
    return RANK[at.severity], at.timer.left.total_seconds() if at.timer is not None else float("inf")
