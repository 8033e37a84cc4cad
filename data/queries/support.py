"""For which laboratories the next level of support was called today (003: over 70 % of the day's capacity)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabRow, SupportCall
from domain.backlog import LabRef
from domain.findings import Finding, Topic
from domain.places import Level, Place, PlaceTree
from domain.status import Severity


@dataclass(frozen=True, slots=True)
class Call:
    """A laboratory for which the next level of support was called today."""

    lab: LabRef
    home: Level
    share: float
    said_at: datetime


def calls_today(session: Session, tree: PlaceTree, now: datetime) -> list[Call]:
    """The calls for support that were made today."""
    query = (
        sa.select(SupportCall, LabRow)
        .join(LabRow, (LabRow.id == SupportCall.lab_id) & (LabRow.campaign_id == SupportCall.campaign_id))
        .where(SupportCall.campaign_id == tree.campaign.id,
               SupportCall.day == tree.campaign.local(now).date().isoformat())
        .order_by(SupportCall.said_at, LabRow.code)
    )  # fmt: skip
    return [Call(lab_ref(lab), _home(tree, lab), call.share, call.said_at) for call, lab in session.execute(query)]


def support_findings(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[Finding]:
    """Laboratories whose day takes more than their share of capacity, as findings of the place they stand in."""
    if place.level is Level.SITE:
        return []
    found = []
    for call in calls_today(session, tree, now):
        home = _home_place(session, tree, call.lab.id)
        if home is None or place.id not in home.ancestors:
            continue
        params: dict[str, object] = {
            "lab": call.lab.name, "lab_en": call.lab.name_en, "share": call.share,
            "limit": tree.campaign.limits.support_share, "holder": call.home.value,
        }  # fmt: skip
        found.append(
            Finding("support", Severity.WARN, Topic.LABORATORIES, home.code, home.name, home.name_en, home.level,
                    call.said_at, params=params)
        )  # fmt: skip
    return found


def lab_ref(lab: LabRow) -> LabRef:
    return LabRef(lab.id, lab.code, lab.name, lab.name_en, lab.capacity_per_day)


def _home(tree: PlaceTree, lab: LabRow) -> Level:
    """The level a laboratory belongs to; one nobody has placed is the topmost place's."""
    home = tree.by_id.get(lab.home_id) if lab.home_id is not None else None
    return home.level if home is not None else tree.roots[0].level


def _home_place(session: Session, tree: PlaceTree, lab_id: int) -> Place | None:
    home = session.scalar(sa.select(LabRow.home_id).where(LabRow.id == lab_id))
    return tree.by_id.get(home) if home is not None else (tree.roots[0] if tree.roots else None)
