"""The planning list (采样点规划): a site is applied for, inspected, approved and published, then opened (001).

A planned site is its steps, in the order in which they were recorded; `fold` makes its standing of them. Nothing is
ever changed afterwards, only added to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.errors import Code, Refused
from domain.permissions import Action
from domain.planning_needs import Inspection


class Step(StrEnum):
    """What can happen to a planned site."""

    APPLIED = "applied"
    INSPECTED = "inspected"
    APPROVED = "approved"
    PUBLISHED = "published"
    RELEASED = "released"
    """The override: given to the campaign though it is not approved."""
    OPENED = "opened"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """How far a planned site has come."""

    APPLIED = "applied"
    INSPECTED = "inspected"
    APPROVED = "approved"
    PUBLISHED = "published"
    OPENED = "opened"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Source(StrEnum):
    """Where the wish for a site comes from."""

    TOWN = "town"
    SUGGESTION = "suggestion"
    """Computed as the best next site; a person put it on the list."""
    PLAN = "plan"
    """A plan made before the campaign."""
    IMPORT = "import"
    """Given to the campaign by a file, with an override, before anybody applied for it."""


UNDECIDED = frozenset({State.APPLIED, State.INSPECTED})
STANDING = UNDECIDED | {State.APPROVED, State.PUBLISHED}
ENDED = frozenset({State.REFUSED, State.WITHDRAWN})
GIVEN = frozenset({State.APPROVED, State.PUBLISHED, State.OPENED, State.CLOSED})
"""States in which a campaign may have the site without an override."""

FROM: Mapping[Step, frozenset[State]] = {
    Step.APPLIED: ENDED,
    Step.INSPECTED: UNDECIDED,
    Step.APPROVED: frozenset({State.INSPECTED}),
    Step.PUBLISHED: frozenset({State.APPROVED}),
    Step.RELEASED: UNDECIDED,
    Step.OPENED: frozenset({State.PUBLISHED, State.CLOSED}),
    Step.CLOSED: frozenset({State.OPENED}),
    Step.REFUSED: STANDING,
    Step.WITHDRAWN: STANDING,
}
"""From which states a step leads on. A released site opens from every state but an end; a refused or withdrawn one is
applied for anew; an approval is taken back by refusing."""

NEEDS_REASON = frozenset({Step.REFUSED, Step.WITHDRAWN, Step.RELEASED, Step.CLOSED})

NEEDS: Mapping[Step, Action] = {
    Step.APPLIED: Action.PLAN_SITES,
    Step.INSPECTED: Action.PLAN_SITES,
    Step.WITHDRAWN: Action.PLAN_SITES,
    Step.APPROVED: Action.APPROVE_SITES,
    Step.PUBLISHED: Action.APPROVE_SITES,
    Step.RELEASED: Action.APPROVE_SITES,
    Step.OPENED: Action.APPROVE_SITES,
    Step.CLOSED: Action.APPROVE_SITES,
    Step.REFUSED: Action.APPROVE_SITES,
}
"""Who may do a step."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is applied for. `lanes` and `green_channels` are those planned, None where nobody has said."""

    name: str
    name_en: str = ""
    kind: str = "fixed"
    lon: float | None = None
    lat: float | None = None
    lanes: int | None = None
    green_channels: int | None = None
    source: Source = Source.TOWN


@dataclass(frozen=True, slots=True)
class Event:
    """One step: `at` when it was done, `recorded_at` when it was written down. `who` tells persons apart (`by` is how
    pages name them). `missing` are the required items that an approval went over, by name."""

    step: Step
    at: datetime
    recorded_at: datetime
    by: str
    who: str
    note: str = ""
    wish: Wish | None = None
    inspection: Inspection | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the steps add up to. `inspectors` are those of the inspections since the site was last applied for."""

    state: State
    since: datetime
    steps: int
    wish: Wish
    inspection: Inspection | None = None
    inspected: Event | None = None
    approved: Event | None = None
    released: Event | None = None
    inspectors: frozenset[str] = field(default_factory=frozenset)

    @property
    def may_be_given(self) -> bool:
        """Whether the campaign may have the site."""
        return may_be_given(self.state, self.released is not None)

    @property
    def lanes(self) -> int | None:
        """Lanes as found, before the inspection as applied for."""
        found = self.inspection.lanes if self.inspection is not None else None
        return found if found is not None else self.wish.lanes


def may_be_given(state: State, released: bool) -> bool:
    """Whether a campaign may have a site in that state: approved, or released by an override."""
    return state in GIVEN or (released and state not in ENDED)


def fold(events: Sequence[Event]) -> Standing:
    """The standing that `events` lead to. Raises `ValueError` for none."""
    standing: Standing | None = None
    for event in events:
        standing = begin(event) if standing is None else follow(standing, event)
    if standing is None:
        raise ValueError("a planned site has been applied for")
    return standing


def begin(event: Event) -> Standing:
    """A site is put on the list."""
    assert event.wish is not None
    return Standing(State.APPLIED, event.at, 1, event.wish)


def follow(standing: Standing, event: Event) -> Standing:
    """The standing after one more step."""
    steps = standing.steps + 1
    if event.step is Step.APPLIED:
        return replace(begin(event), steps=steps)
    if event.step is Step.RELEASED:
        return replace(standing, steps=steps, released=event)
    after = replace(standing, state=State(event.step.value), since=event.at, steps=steps)
    if event.step is Step.INSPECTED:
        who = standing.inspectors | {event.who}
        return replace(after, inspection=event.inspection, inspected=event, inspectors=who)
    return replace(after, approved=event) if event.step is Step.APPROVED else after


def allowed(standing: Standing) -> tuple[Step, ...]:
    """The steps that may follow, in their order."""
    steps = [step for step, states in FROM.items() if standing.state in states]
    if standing.released is not None:
        steps = [step for step in steps if step is not Step.RELEASED]
        if standing.state in UNDECIDED | {State.APPROVED}:
            steps.append(Step.OPENED)
    return tuple(steps)


def check(standing: Standing, event: Event, *, override: bool = False) -> None:
    """Raise `Refused` unless `event` may follow `standing`.

    Nobody approves what he alone has inspected. Required items that are missing (`event.missing`) stop an approval
    unless it is made over them (`override`), with a reason.
    """
    if event.step not in allowed(standing):
        raise Refused("step", Code.CONFLICT, event.step, detail="planning_step")
    if event.at < standing.since:
        raise Refused("at", Code.BAD_TIME, event.at.isoformat(timespec="minutes"), detail="planning_before")
    if event.step in NEEDS_REASON and not event.note:
        raise Refused("note", Code.NEEDS_REASON, event.step, detail="planning_note")
    if event.step is not Step.APPROVED:
        return
    if standing.inspectors <= {event.who}:
        raise Refused("step", Code.NOT_YOURS, event.step, detail="planning_alone")
    if event.missing and not override:
        raise Refused("override", Code.NEEDS_REASON, len(event.missing), detail="planning_missing")
    if event.missing and not event.note:
        raise Refused("note", Code.NEEDS_REASON, event.step, detail="planning_note")
