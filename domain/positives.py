"""Tasks from results (阳性处置): what has to be done about a positive, by whom, until when.

A task is its events, in the order in which they were recorded; `fold` makes its state of them. What the tube and the
tubes sampled again say is read from their own events; `domain.positive_standing` puts both beside the clock.

Source 003: the members of a positive pool are held at once, the emergency team, community and police told, everybody
singly sampled again and tested within an hour, twice, for two laboratories; of a single positive six parties hear at
the same moment, and the network report follows within two hours. Nobody is named here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.tube_events import Result

ALARMING = frozenset({Result.POSITIVE, Result.GREY, Result.SINGLE_TARGET})
"""Results that somebody has to act on at once."""

FOLLOWED = ALARMING | {Result.INVALID}
"""Results that open a task or a note."""


class Kind(StrEnum):
    """What sort of task it is."""

    POOL = "pool"
    """Several persons' sample: one of them may be positive."""
    SINGLE = "single"
    """One person's."""
    RETEST = "retest"
    """The test failed: the laboratory has to repeat it; nobody is held for that."""


class Party(StrEnum):
    """Who has to hear of it."""

    TEAM = "team"
    """The emergency team, formed beforehand."""
    AMBULANCE = "ambulance"
    HOSPITAL = "hospital"
    COMMUNITY = "community"
    POLICE = "police"
    CDC = "cdc"
    COMMAND = "command"


PARTIES: dict[Kind, tuple[Party, ...]] = {
    Kind.POOL: (Party.TEAM, Party.COMMUNITY, Party.POLICE),
    Kind.SINGLE: (Party.AMBULANCE, Party.HOSPITAL, Party.COMMUNITY, Party.POLICE, Party.CDC, Party.COMMAND),
    Kind.RETEST: (),
}


class Step(StrEnum):
    """What can happen to a task. Only a tube's own events state a `RESULT`."""

    RESULT = "result"
    HELD = "held"
    NOTIFIED = "notified"
    """All parties were told at the same moment."""
    CONFIRMED = "confirmed"
    """One of them has confirmed."""
    LINKED = "linked"
    """Tubes in which members were singly sampled again."""
    UNLINKED = "unlinked"
    REPORTED = "reported"
    """The direct network report (网络直报)."""
    CLOSED = "closed"
    REOPENED = "reopened"
    COMMENTED = "commented"


class Ending(StrEnum):
    """How a task ended."""

    DONE = "done"
    UNFINISHED = "unfinished"
    """Closed with steps left undone, and a word why."""
    CORRECTED = "corrected"
    """A newer result of the same tube is negative."""
    RETESTED = "retested"
    """The repeated test has a result that needs nothing."""


def kind_of(alarmed: bool, persons: int | None, pool_size: int | None) -> Kind:
    """The kind of task of a tube with that many persons of that pool size. `alarmed`: not just an invalid test."""
    if not alarmed:
        return Kind.RETEST
    return Kind.POOL if (persons or 1) > 1 or (pool_size or 1) > 1 else Kind.SINGLE


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at `at` and was put on record at `recorded_at`. `by` is how pages name who recorded
    it, empty for the rule; `lab` says that it was a laboratory. A notification names the `parties` it went to."""

    step: Step
    at: datetime
    recorded_at: datetime
    by: str = ""
    account_id: int | None = None
    lab: bool = False
    result: Result | None = None
    persons: int | None = None
    parties: tuple[Party, ...] = ()
    barcodes: tuple[str, ...] = ()
    second: bool = False
    """The tubes are the second of the double samples, for the other laboratory."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """That something was done: when, recorded by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Closed:
    """How and when a task ended."""

    how: Ending
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class State:
    """What the events of a task add up to, without the clock and the tubes.

    `since` is the time of the result that began it, `opened_at` when we were told. `members` is how many were counted
    when they were held. `turns` counts the events that changed the state: what two people acting at once are told
    apart by.
    """

    result: Result
    since: datetime
    opened_at: datetime
    alarmed: bool
    held: Mark | None = None
    members: int | None = None
    notified: tuple[tuple[Party, Mark], ...] = ()
    confirmed: tuple[tuple[Party, Mark], ...] = ()
    linked: tuple[tuple[str, bool], ...] = ()
    """Barcodes, and whether it is the second sample."""
    reported: Mark | None = None
    closed: Closed | None = None
    turns: int = 1

    def told(self, party: Party) -> Mark | None:
        return dict(self.notified).get(party)

    def confirmation(self, party: Party) -> Mark | None:
        return dict(self.confirmed).get(party)


@dataclass(frozen=True, slots=True)
class Resample:
    """One tube in which a member was sampled again, as its own events have it. `known`: any has come; `lab` is the id
    of the laboratory it came to."""

    barcode: str
    second: bool
    known: bool = False
    result: Result | None = None
    result_at: datetime | None = None
    lab: int | None = None

    @property
    def tested(self) -> bool:
        """Whether it has a result that says something."""
        return self.result is not None and self.result is not Result.INVALID


def begin(event: Event) -> State:
    """The state after the result that opens a task."""
    assert event.step is Step.RESULT
    assert event.result in FOLLOWED
    return State(event.result, event.at, event.recorded_at, event.result in ALARMING)


def follow(state: State, event: Event) -> State:
    """The state after `event`, which `check` has let pass. What was done first stands; a later count of members
    replaces the one before."""
    if event.step is Step.COMMENTED:
        return state
    state = replace(state, turns=state.turns + 1)
    mark = Mark(event.at, event.by)
    if event.step is Step.RESULT:
        return _result(state, event)
    if event.step is Step.HELD:
        return replace(state, held=state.held or mark, members=event.persons or state.members)
    if event.step is Step.NOTIFIED:
        new = tuple((party, mark) for party in event.parties if state.told(party) is None)
        return replace(state, notified=state.notified + new)
    if event.step is Step.CONFIRMED:
        new = tuple((party, mark) for party in event.parties if state.confirmation(party) is None)
        return replace(state, confirmed=state.confirmed + new)
    if event.step is Step.LINKED:
        return replace(state, linked=state.linked + tuple((barcode, event.second) for barcode in event.barcodes))
    if event.step is Step.UNLINKED:
        return replace(state, linked=tuple(link for link in state.linked if link[0] not in event.barcodes))
    if event.step is Step.REPORTED:
        return replace(state, reported=state.reported or mark)
    if event.step is Step.REOPENED:
        return replace(state, closed=None)
    how = Ending.UNFINISHED if event.note else Ending.DONE
    return replace(state, closed=Closed(how, event.at, event.by, event.note))


def _result(state: State, event: Event) -> State:
    """Another result of the same tube, newer than the one before.

    Negative ends the task, seen by everybody who had it. What is worth acting on after it was over begins anew, with
    everything to be done again; positive after grey is the same task and the same clock.
    """
    assert event.result is not None
    alarming, again = event.result in ALARMING, state.closed is not None and state.result not in ALARMING
    if alarming and (not state.alarmed or again):
        return State(event.result, event.at, event.recorded_at, True, turns=state.turns)
    if event.result is Result.INVALID and again and not state.alarmed:
        return State(event.result, event.at, event.recorded_at, False, turns=state.turns)
    state = replace(state, result=event.result)
    if event.result is Result.NEGATIVE and state.closed is None:
        how = Ending.CORRECTED if state.alarmed else Ending.RETESTED
        return replace(state, closed=Closed(how, event.at, "", ""))
    return state


def fold(events: Iterable[Event]) -> State:
    """The state after all events, the opening first."""
    first, *rest = events
    state = begin(first)
    for event in rest:
        state = follow(state, event)
    return state
