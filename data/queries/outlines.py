"""The land a campaign covers, without anything that was counted there: for the page before signing in."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import Boundary, CampaignRow, PlaceRow
from domain.map import Point, Projection, rings_of
from domain.places import Level


@dataclass(frozen=True, slots=True)
class Land:
    """A campaign's name and its towns: each with its name in both languages, its rings in kilometres, east and north
    of their middle, and where its name stands. `identity` changes when the places do."""

    identity: tuple[str, str, int]
    name: str
    name_en: str
    zone: str
    starts_at: datetime
    towns: tuple[tuple[str, str, tuple[tuple[Point, ...], ...]], ...] = ()


def newest(session: Session) -> CampaignRow | None:
    """The campaign people sign in for: the latest one."""
    rows = campaigns.every(session)
    return rows[0] if rows else None


def land(session: Session, row: CampaignRow) -> Land:
    """The campaign's towns as far as their outlines are known."""
    query = (
        sa.select(PlaceRow.name, PlaceRow.name_en, Boundary.geometry)
        .join(Boundary, (Boundary.place_id == PlaceRow.id) & (Boundary.campaign_id == PlaceRow.campaign_id))
        .where(Boundary.campaign_id == row.id, Boundary.valid_to.is_(None), PlaceRow.level == Level.TOWN.value)
        .order_by(PlaceRow.code)
    )
    found = [(name, name_en, rings_of(geometry)) for name, name_en, geometry in session.execute(query)]
    project = Projection((p[0], p[1]) for _, _, rings in found for ring in rings for p in ring)
    towns = tuple(
        (name, name_en, tuple(tuple(project(p[0], p[1]) for p in ring) for ring in rings))
        for name, name_en, rings in found
    )
    return Land(identity_of(row), row.name, row.name_en, row.timezone, row.starts_at, towns)


def identity_of(row: CampaignRow) -> tuple[str, str, int]:
    return row.id, row.epoch, row.structure_revision
