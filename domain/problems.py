"""Information problems (信息问题): who holds one, until when, and what may be done to it next.

A problem is its events, in the order in which they were recorded. `fold` makes its state of them; `standing` adds
what time alone does: it grows old, and one that nobody in the town accepts goes to the district. The chain of three
levels and their duties: source 002. Nothing here is ever changed afterwards, only added to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.permissions import Role
from domain.places import Level
from domain.status import Severity


class Kind(StrEnum):
    """What is wrong. The faults seen in the field are those of source 003, the overloaded entrance is of 002."""

    NETWORK_DOWN = "network_down"
    SYSTEM_DOWN = "system_down"
    SLOW_ENTRANCE = "slow_entrance"
    GARBLED_CODE = "garbled_code"
    MISSING_CODE = "missing_code"
    DUPLICATE_CODE = "duplicate_code"
    WRONG_LAB = "wrong_lab"
    ACCOUNT = "account"
    OTHER = "other"


class Effect(StrEnum):
    """What it does to sampling."""

    STOPPED = "stopped"
    SLOWER = "slower"
    NONE = "none"


class Step(StrEnum):
    """What can happen to a problem."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    PASSED_UP = "passed_up"
    TO_VENDOR = "to_vendor"
    URGED = "urged"
    VENDOR_REPLIED = "vendor_replied"
    SOLVED = "solved"
    REOPENED = "reopened"
    COMMENTED = "commented"


class Status(StrEnum):
    """How far it has come at the level that holds it."""

    OPEN = "open"
    """Nobody has accepted it."""
    ACCEPTED = "accepted"
    WITH_VENDOR = "with_vendor"
    SOLVED = "solved"


class Remedy(StrEnum):
    """What is known to help (002: two networks, fallback order, four entrances, resuming, one account one laboratory,
    passwords from one person; 003: a spoiled label is voided)."""

    SECOND_NETWORK = "second_network"
    OFFLINE_APP = "offline_app"
    CITY_SYSTEM = "city_system"
    OTHER_ENTRANCE = "other_entrance"
    OTHER_DEVICE = "other_device"
    NEW_LABEL = "new_label"
    RESUMED = "resumed"
    RIGHT_LAB = "right_lab"
    NEW_PASSWORD = "new_password"


REMEDIES: dict[Kind, tuple[Remedy, ...]] = {
    Kind.NETWORK_DOWN: (Remedy.SECOND_NETWORK, Remedy.OFFLINE_APP),
    Kind.SYSTEM_DOWN: (Remedy.OFFLINE_APP, Remedy.CITY_SYSTEM),
    Kind.SLOW_ENTRANCE: (Remedy.OTHER_ENTRANCE, Remedy.OFFLINE_APP),
    Kind.GARBLED_CODE: (Remedy.OTHER_DEVICE, Remedy.NEW_LABEL),
    Kind.MISSING_CODE: (Remedy.RESUMED, Remedy.NEW_LABEL),
    Kind.DUPLICATE_CODE: (Remedy.NEW_LABEL,),
    Kind.WRONG_LAB: (Remedy.RIGHT_LAB,),
    Kind.ACCOUNT: (Remedy.NEW_PASSWORD,),
    Kind.OTHER: (),
}
"""What to try before sending, the first one first."""

HOLDERS = (Level.SITE, Level.TOWN, Level.DISTRICT)
"""Who can hold a problem, from below."""

LEVEL_OF = {Role.SITE: Level.SITE, Role.TOWN: Level.TOWN, Role.DISTRICT: Level.DISTRICT}
"""The level a role acts for."""

SPREADING = (Kind.WRONG_LAB, Kind.DUPLICATE_CODE)
"""Kinds by which every further person is registered wrongly, though sampling goes on."""

MAX_VENDOR, MAX_TICKET = 100, 64
"""Characters of a vendor's name and of a ticket's number."""


def due_minutes(level: Level, kind: Kind, effect: Effect, limits: Limits) -> float:
    """How long `level` has for a problem.

    30 minutes at the site, 60 in the town, 120 in the district (design, picture 14); no source document sets a
    limit. Assumed besides: half of it while sampling stands still, since a queue of more than 30 minutes is over its
    own limit (003), and twice as long where sampling is not touched, unless the fault spreads with every person.
    """
    base = {
        Level.SITE: limits.problem_site_minutes,
        Level.TOWN: limits.problem_town_minutes,
        Level.DISTRICT: limits.problem_district_minutes,
    }[level]
    if effect is Effect.STOPPED:
        return base * limits.problem_stopped_share
    if effect is Effect.NONE and kind not in SPREADING:
        return base * limits.problem_unaffected_share
    return base


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `level` is that of whoever did it, `by` how pages name the person, `account_id` whose
    account it was. `to` stands with the opening only: who got it."""

    step: Step
    level: Level
    at: datetime
    by: str = ""
    account_id: int | None = None
    note: str = ""
    remedy: Remedy | None = None
    vendor: str = ""
    ticket: str = ""
    to: Level | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the events of a problem add up to, without the clock.

    `start` is the level it was opened at, `level` the one that holds it, `arrived_at` since when. `passed_at`,
    `passed_by` say who handed it up last, `turns` counts the events that changed the state: what two people acting at
    once are told apart by.
    """

    start: Level
    level: Level
    opened_at: datetime
    arrived_at: datetime
    accepted_at: datetime | None = None
    owner: str = ""
    owner_id: int | None = None
    passed_at: datetime | None = None
    passed_by: str = ""
    vendor: str = ""
    ticket: str = ""
    urged_at: datetime | None = None
    solved_at: datetime | None = None
    solved_by: str = ""
    solution: str = ""
    remedy: Remedy | None = None
    reopened: int = 0
    turns: int = 1

    @property
    def status(self) -> Status:
        if self.solved_at is not None:
            return Status.SOLVED
        if self.accepted_at is None:
            return Status.OPEN
        return Status.WITH_VENDOR if self.vendor else Status.ACCEPTED


def escalates_at(state: State, limits: Limits) -> datetime | None:
    """When the problem goes to the district by rule unless the town accepts it before; None where the rule is not
    waiting for anybody (design, part G: 10 minutes)."""
    if state.level is not Level.TOWN or state.accepted_at is not None or state.solved_at is not None:
        return None
    return state.arrived_at + timedelta(minutes=limits.problem_accept_minutes)


@dataclass(frozen=True, slots=True)
class Standing:
    """A problem at a moment: who holds it by record and by rule, since when, until when."""

    level: Level
    since: datetime
    due_at: datetime
    age: timedelta
    escalated_at: datetime | None

    @property
    def left(self) -> timedelta:
        """Until it is due; negative when overdue."""
        return self.due_at - self.since - self.age

    @property
    def share(self) -> float:
        """Age ÷ limit."""
        return self.age / (self.due_at - self.since)

    @property
    def overdue(self) -> bool:
        return self.share > 1

    @property
    def severity(self) -> Severity:
        """Design, section 3: from 75 % of the limit to watch, beyond it critical."""
        if self.overdue:
            return Severity.CRIT
        return Severity.WARN if self.share >= 0.75 else Severity.OK


def standing(state: State, kind: Kind, effect: Effect, limits: Limits, now: datetime) -> Standing:
    """The problem at `now`; of a solved one, as it was when it was solved."""
    escalation = escalates_at(state, limits)
    escalated_at = escalation if escalation is not None and escalation <= now else None
    level = Level.DISTRICT if escalated_at is not None else state.level
    since = escalated_at or state.arrived_at
    due_at = since + timedelta(minutes=due_minutes(level, kind, effect, limits))
    until = state.solved_at or now
    return Standing(level, since, due_at, max(until - since, timedelta(0)), escalated_at)


def check(state: State, event: Event) -> None:
    """Raise `Refused` unless `event` may follow: `out_of_scope` where its level may not do that, `conflict` where the
    problem is no longer in a state for it, `missing_field` where it does not say what it has to."""
    step, level = event.step, event.level
    if step is Step.OPENED:
        raise Refused("step", Code.BAD_VALUE, step)
    if step is Step.COMMENTED:
        _said(event)
        return
    if step is Step.REOPENED:
        if state.solved_at is None:
            raise Refused("step", Code.CONFLICT, step, detail="problem_not_solved")
        return
    if state.solved_at is not None:
        raise Refused("step", Code.CONFLICT, step, detail="problem_solved", by=state.solved_by)
    if HOLDERS.index(level) < HOLDERS.index(state.level):
        raise Refused("step", Code.OUT_OF_SCOPE, step, detail="problem_held")
    if step is Step.ACCEPTED:
        if level is Level.SITE:
            raise Refused("step", Code.OUT_OF_SCOPE, step, detail="problem_held")
        if level is state.level and state.accepted_at is not None:
            raise Refused("step", Code.CONFLICT, step, detail="problem_accepted", by=state.owner)
    elif step is Step.PASSED_UP:
        if state.level is Level.DISTRICT:
            raise Refused("step", Code.CONFLICT, step, detail="problem_at_top")
    elif step is Step.SOLVED:
        if event.remedy is None:
            _said(event)
    else:
        _check_vendor(state, event)


def _check_vendor(state: State, event: Event) -> None:
    """The district alone talks to vendors (002)."""
    if event.level is not Level.DISTRICT:
        raise Refused("step", Code.OUT_OF_SCOPE, event.step, detail="problem_vendor")
    if event.step is Step.TO_VENDOR:
        if not event.vendor:
            raise Refused("vendor", Code.MISSING_FIELD)
        return
    if not state.vendor:
        raise Refused("step", Code.CONFLICT, event.step, detail="problem_no_vendor")
    if event.step is Step.VENDOR_REPLIED:
        _said(event)


def _said(event: Event) -> None:
    if not event.note:
        raise Refused("note", Code.MISSING_FIELD, detail="problem")


def begin(event: Event) -> State:
    """The state after the opening. What a site keeps for itself is accepted by it."""
    assert event.step is Step.OPENED
    level = event.to or event.level
    state = State(event.level, level, event.at, event.at)
    if level is not event.level:
        state = replace(state, passed_at=event.at, passed_by=event.by)
    return _held_by_site(state, event)


def follow(state: State, event: Event, limits: Limits) -> State:
    """The state after `event`, which `check` has let pass.

    Whoever acts from above takes the problem over: from the moment the rule had given it to the district, else from
    this one.
    """
    if event.step is Step.COMMENTED:
        return state
    state = replace(state, turns=state.turns + 1)
    if event.step is Step.REOPENED:
        again = State(
            state.start, state.level, state.opened_at, event.at, reopened=state.reopened + 1, turns=state.turns
        )
        return _held_by_site(again, event)
    if event.step is Step.PASSED_UP:
        above = HOLDERS[HOLDERS.index(state.level) + 1]
        return replace(_arrive(state, above, event, limits), accepted_at=None, owner="", owner_id=None)
    if HOLDERS.index(event.level) > HOLDERS.index(state.level):
        state = replace(_arrive(state, event.level, event, limits), accepted_at=None)
    if event.step in (Step.ACCEPTED, Step.SOLVED, Step.TO_VENDOR) and state.accepted_at is None:
        state = replace(state, accepted_at=event.at, owner=event.by, owner_id=event.account_id)
    if event.step is Step.TO_VENDOR:
        return replace(state, vendor=event.vendor, ticket=event.ticket, urged_at=None)
    if event.step is Step.URGED:
        return replace(state, urged_at=event.at)
    if event.step is Step.SOLVED:
        return replace(state, solved_at=event.at, solved_by=event.by, solution=event.note, remedy=event.remedy)
    return state


def _arrive(state: State, level: Level, event: Event, limits: Limits) -> State:
    """`state` handed up to `level` by `event`."""
    escalation = escalates_at(state, limits)
    by_rule = escalation is not None and escalation <= event.at and level is Level.DISTRICT
    arrived_at = escalation if by_rule and escalation is not None else event.at
    return replace(
        state, level=level, arrived_at=arrived_at, passed_at=arrived_at, passed_by="" if by_rule else event.by
    )


def _held_by_site(state: State, event: Event) -> State:
    """A site has nobody below it whose problem it could fail to accept."""
    if state.level is not Level.SITE:
        return state
    return replace(state, accepted_at=event.at, owner=event.by, owner_id=event.account_id)


def fold(events: Iterable[Event], limits: Limits) -> State:
    """The state after all events, the opening first."""
    first, *rest = events
    state = begin(first)
    for event in rest:
        state = follow(state, event, limits)
    return state


def escalations(events: Sequence[Event], limits: Limits, now: datetime) -> list[datetime]:
    """Every time by `now` that the rule gave the problem to the district, also where the town took it back later."""
    found: list[datetime] = []
    state = begin(events[0])
    for event in [*events[1:], None]:
        escalation = escalates_at(state, limits)
        until = event.at if event is not None else now
        if escalation is not None and escalation <= until and escalation not in found:
            found.append(escalation)
        if event is not None:
            state = follow(state, event, limits)
    return found
