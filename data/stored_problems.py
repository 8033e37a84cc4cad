"""Information problems between the database and the rules: rows as events and states, and back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import ProblemEvent, ProblemRow
from data.stored_reports import batched_list
from domain.campaign import Limits
from domain.places import Level
from domain.problems import Event, Remedy, State, Step, fold

STATE_COLUMNS = tuple(field.name for field in fields(State))
"""What of `problem` is derived: the columns are called as the state's parts."""


def event_of(row: ProblemEvent) -> Event:
    """The event a row holds."""
    return Event(
        Step(row.step), Level(row.level), row.recorded_at, row.by_name, row.account_id, row.note,
        Remedy(row.remedy) if row.remedy else None, row.vendor, row.ticket, Level(row.to) if row.to else None,
    )  # fmt: skip


def state_of(row: ProblemRow) -> State:
    """The state as it is kept in a row of `problem`."""
    kept = {name: getattr(row, name) for name in STATE_COLUMNS}
    remedy = Remedy(row.remedy) if row.remedy else None
    return State(**kept | {"start": Level(row.start), "level": Level(row.level), "remedy": remedy})


def columns_of(state: State) -> dict[str, object]:
    """The state as columns of `problem`."""
    return {name: getattr(state, name) for name in STATE_COLUMNS}


def events_of(session: Session, campaign_id: str, problem_ids: Iterable[int]) -> dict[int, list[Event]]:
    """All events of the given problems in the order they were recorded, by problem."""
    found: dict[int, list[Event]] = defaultdict(list)
    for part in batched_list(problem_ids):
        query = (
            sa.select(ProblemEvent)
            .where(ProblemEvent.campaign_id == campaign_id, ProblemEvent.problem_id.in_(part))
            .order_by(ProblemEvent.id)
        )
        for row in session.scalars(query):
            found[row.problem_id].append(event_of(row))
    return found


def differences(session: Session, campaign_id: str, limits: Limits) -> list[int]:
    """The numbers of the problems whose kept state is not what their events add up to; none, if all is well."""
    rows = list(session.scalars(sa.select(ProblemRow).where(ProblemRow.campaign_id == campaign_id)))
    events = events_of(session, campaign_id, [row.id for row in rows])
    return [row.number for row in rows if state_of(row) != fold(events[row.id], limits)]
