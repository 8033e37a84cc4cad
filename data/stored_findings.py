"""What people said about findings of the ledger, between the database and the rules."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import FindingEvent
from domain.tube_findings import Cause, Event, Kind, Party, State, Step, fold


@dataclass(frozen=True, slots=True)
class Spoken:
    """A finding somebody has said something about. `subject` is what it was about when the last thing was said."""

    id: str
    kind: Kind
    place_id: int | None
    subject: Mapping[str, Any]
    events: tuple[Event, ...]
    state: State


def event_of(row: FindingEvent) -> Event:
    """The event a row holds."""
    return Event(
        Step(row.step), row.recorded_at, row.by_name, Cause(row.cause) if row.cause else None, row.note,
        Party(row.owner) if row.owner else None, frozenset(row.covers), row.tubes, row.persons,
    )  # fmt: skip


def spoken_findings(session: Session, campaign_id: str, finding: str | None = None) -> dict[str, Spoken]:
    """Every finding (or the one of that id) somebody has said something about."""
    e = FindingEvent
    wanted = e.finding == finding if finding is not None else sa.true()
    rows: dict[str, list[FindingEvent]] = defaultdict(list)
    for row in session.scalars(sa.select(e).where(e.campaign_id == campaign_id, wanted).order_by(e.id)):
        rows[row.finding].append(row)
    found = {}
    for id_, own in rows.items():
        events = tuple(map(event_of, own))
        last = own[-1]
        found[id_] = Spoken(id_, Kind(last.kind), last.place_id, last.subject, events, fold(events))
    return found
