"""Plans of capacity matching between the database and the rules: rows as plans and events, and back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import MatchingEvent, MatchingPlan
from domain.matching_plan import Event, Need, Plan, Standing, State, Step, fold, stored_plan


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was saved and where it stands. `gains` is what was foreseen for it then."""

    number: int
    place_id: int
    plan: Plan
    gains: dict[str, Any]
    saved_at: datetime
    by: str
    standing: Standing


def saved_plans(session: Session, campaign_id: str, place_ids: Sequence[int] | None = None) -> tuple[SavedPlan, ...]:
    """The plans of a campaign, of the given places where any are named, the newest first."""
    p = MatchingPlan
    query = sa.select(p).where(p.campaign_id == campaign_id).order_by(p.number.desc())
    if place_ids is not None:
        query = query.where(p.place_id.in_(place_ids))
    rows = list(session.scalars(query))
    events: dict[int, list[Event]] = defaultdict(list)
    if rows:
        e = MatchingEvent
        for event in session.scalars(sa.select(e).where(e.campaign_id == campaign_id).order_by(e.id)):
            events[event.plan_id].append(event_of(event))
    return tuple(_saved(row, events[row.id]) for row in rows)


def events_of(session: Session, row: MatchingPlan) -> list[Event]:
    """What happened to one plan, in the order in which it was recorded."""
    e = MatchingEvent
    query = sa.select(e).where(e.campaign_id == row.campaign_id, e.plan_id == row.id).order_by(e.id)
    return [event_of(event) for event in session.scalars(query)]


def event_of(row: MatchingEvent) -> Event:
    """The event a row holds."""
    return Event(Step(row.step), row.recorded_at, row.by_name, row.account_id, Need(row.need) if row.need else None,
                 row.subject, row.note)  # fmt: skip


def _saved(row: MatchingPlan, events: list[Event]) -> SavedPlan:
    plan = stored_plan(row.content)
    return SavedPlan(row.number, row.place_id, plan, dict(row.gains), row.recorded_at, events[0].by,
                     fold(plan, events))  # fmt: skip


def in_force(plans: Sequence[SavedPlan]) -> list[Plan]:
    """The plans that were applied and not withdrawn, the oldest first."""
    return [saved.plan for saved in reversed(plans) if saved.standing.state is State.APPLIED]
