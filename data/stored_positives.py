"""Rows of tasks from results as events and states, and back."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import PositiveEvent, PositiveResample, PositiveTask
from data.stored_reports import batched_list
from domain.positives import Event, Party, State, Step, fold
from domain.tube_events import Result


def event_of(row: PositiveEvent) -> Event:
    """The event a row holds."""
    return Event(
        Step(row.step), row.at, row.recorded_at, row.by_name, row.account_id, row.by_lab,
        Result(row.result) if row.result else None, row.persons,
        tuple(Party(word) for word in row.parties.split()), tuple(row.barcodes.split()), row.second, row.note,
    )  # fmt: skip


def columns_of(event: Event) -> dict[str, object]:
    """The event as columns of `positive_event`."""
    return {
        "step": event.step.value, "at": event.at, "recorded_at": event.recorded_at, "by_name": event.by,
        "account_id": event.account_id, "by_lab": event.lab, "result": event.result, "persons": event.persons,
        "parties": " ".join(event.parties), "barcodes": " ".join(event.barcodes), "second": event.second,
        "note": event.note,
    }  # fmt: skip


def keep(task: PositiveTask, state: State) -> None:
    """Put into the row what of the state it keeps."""
    task.result, task.alarmed, task.turns = int(state.result), state.alarmed, state.turns
    task.closed_at = state.closed.at if state.closed is not None else None


def events_of(session: Session, campaign_id: str, task_ids: Iterable[int]) -> dict[int, list[Event]]:
    """All events of the given tasks in the order they were recorded, by task."""
    found: dict[int, list[Event]] = defaultdict(list)
    e = PositiveEvent
    for part in batched_list(task_ids):
        query = sa.select(e).where(e.campaign_id == campaign_id, e.task_id.in_(part)).order_by(e.id)
        for row in session.scalars(query):
            found[row.task_id].append(event_of(row))
    return found


def differences(session: Session, campaign_id: str) -> list[int]:
    """The numbers of the tasks of which something else is kept than their events add up to; none, if all is well."""
    rows = list(session.scalars(sa.select(PositiveTask).where(PositiveTask.campaign_id == campaign_id)))
    events = events_of(session, campaign_id, [row.id for row in rows])
    linked: dict[int, set[str]] = defaultdict(set)
    r = PositiveResample
    for task_id, barcode in session.execute(sa.select(r.task_id, r.barcode).where(r.campaign_id == campaign_id)):
        linked[task_id].add(barcode)
    wrong = []
    for row in rows:
        state = fold(events[row.id])
        kept = (row.result, row.alarmed, row.turns, row.closed_at, linked[row.id])
        closed_at = state.closed.at if state.closed is not None else None
        if kept != (state.result, state.alarmed, state.turns, closed_at, {barcode for barcode, _ in state.linked}):
            wrong.append(row.number)
    return wrong
