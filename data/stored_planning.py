"""The planning list between the database and the rules: rows as events and standings, and back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import PlannedSite, PlanningEvent
from data.stored_reports import batched_list
from domain.planning import Event, Source, Standing, Step, Wish, fold
from domain.planning_needs import Inspection


def wish_of(content: Mapping[str, Any]) -> Wish:
    return Wish(**{**content, "source": Source(content["source"])})


def inspection_of(content: Mapping[str, Any]) -> Inspection:
    return Inspection(
        frozenset(content["zones"]), frozenset(content["passages"]), content["lanes"], content["green_channels"],
        content["crew"], content["kit"],
    )  # fmt: skip


def content_of(event: Event) -> dict[str, Any] | None:
    """What an event states besides its note, as it is kept."""
    if event.wish is not None:
        return asdict(event.wish)
    if event.inspection is not None:
        return _found(event.inspection)
    return {"missing": list(event.missing)} if event.missing else None


def _found(found: Inspection) -> dict[str, Any]:
    return {
        "zones": sorted(found.zones), "passages": sorted(found.passages), "lanes": found.lanes,
        "green_channels": found.green_channels, "crew": dict(found.crew), "kit": dict(found.kit),
    }  # fmt: skip


def event_of(row: PlanningEvent) -> Event:
    """The event a row holds."""
    step, content = Step(row.step), row.content or {}
    return Event(
        step, row.at, row.recorded_at, row.by_name, row.who, row.note,
        wish_of(content) if step is Step.APPLIED else None,
        inspection_of(content) if step is Step.INSPECTED else None,
        tuple(content.get("missing", ())),
    )  # fmt: skip


def columns_of(standing: Standing) -> dict[str, object]:
    """The standing as columns of `planned_site`."""
    inspected, approved, released = standing.inspected, standing.approved, standing.released
    return {
        "state": standing.state.value,
        "since": standing.since,
        "steps": standing.steps,
        "wish": asdict(standing.wish),
        "inspection": _found(standing.inspection) if standing.inspection is not None else None,
        "inspected_at": inspected.at if inspected else None,
        "inspected_by": inspected.by if inspected else "",
        "approved_at": approved.at if approved else None,
        "approved_by": approved.by if approved else "",
        "approved_over": len(approved.missing) if approved else 0,
        "released_at": released.at if released else None,
        "released_by": released.by if released else "",
        "released_why": released.note if released else "",
    }


def events_of(session: Session, campaign_id: str, planned_ids: Iterable[int]) -> dict[int, list[Event]]:
    """All events of the given planned sites in the order they were recorded, by planned site."""
    found: dict[int, list[Event]] = defaultdict(list)
    for part in batched_list(planned_ids):
        query = (
            sa.select(PlanningEvent)
            .where(PlanningEvent.campaign_id == campaign_id, PlanningEvent.planned_id.in_(part))
            .order_by(PlanningEvent.id)
        )
        for row in session.scalars(query):
            found[row.planned_id].append(event_of(row))
    return found


def differences(session: Session, campaign_id: str) -> list[int]:
    """The numbers of the planned sites whose kept standing is not what their events add up to; else none."""
    rows = list(session.scalars(sa.select(PlannedSite).where(PlannedSite.campaign_id == campaign_id)))
    events = events_of(session, campaign_id, [row.id for row in rows])
    return [
        row.number
        for row in rows
        if any(getattr(row, name) != value for name, value in columns_of(fold(events[row.id])).items())
    ]
