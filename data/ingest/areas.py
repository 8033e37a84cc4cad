"""Puts areas on record: one version an import, which ends the one before it."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import AreaVersion, Boundary, CampaignRow, CellRow, RoadNetwork, VillageRow
from domain.areas import Kind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version comes from and what is known of it: see `AreaVersion`."""

    name: str
    source: str
    stated_crs: str = ""
    shift: str = ""
    approximate: bool = False
    synthetic: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class NewCell:
    """A cell to keep; see `CellRow`."""

    code: str
    place_id: int | None
    lon: float
    lat: float
    persons: float | None
    size_m: float | None
    outline: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewVillage:
    """A village to keep; see `VillageRow`."""

    code: str
    place_id: int | None
    name: str
    name_en: str
    lon: float
    lat: float
    rough: bool = False


def keep_boundaries(
    session: Session,
    row: CampaignRow,
    outlines: Sequence[tuple[int, dict[str, Any], bool]],
    origin: Origin,
    actor: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> AreaVersion:
    """Keep outlines of places: (place id, GeoJSON geometry in WGS 84, approximate). Places not named keep theirs."""
    version = _begin(session, row, Kind.BOUNDARIES, origin, len(outlines), actor, now, valid_from)
    places = [place_id for place_id, _, _ in outlines]
    session.execute(
        sa.update(Boundary)
        .where(Boundary.campaign_id == row.id, Boundary.valid_to.is_(None), Boundary.place_id.in_(places))
        .values(valid_to=version.valid_from)
    )
    session.add_all(
        Boundary(
            campaign_id=row.id,
            place_id=place_id,
            geometry=geometry,
            approximate=approximate,
            source=origin.source,
            version_id=version.id,
            valid_from=version.valid_from,
        )
        for place_id, geometry, approximate in outlines
    )
    _tell(session, row, version, actor, now)
    return version


def keep_cells(
    session: Session,
    row: CampaignRow,
    cells: Iterable[NewCell],
    origin: Origin,
    actor: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> AreaVersion:
    """Keep a grid of people; each code once."""
    found = list(cells)
    version = _begin(session, row, Kind.CELLS, origin, len(found), actor, now, valid_from)
    rows = [
        {"version_id": version.id, "campaign_id": row.id, "code": cell.code, "place_id": cell.place_id,
         "lon": cell.lon, "lat": cell.lat, "persons": cell.persons, "size_m": cell.size_m, "outline": cell.outline}
        for cell in found
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(CellRow), rows)
    _tell(session, row, version, actor, now)
    return version


def keep_villages(
    session: Session,
    row: CampaignRow,
    villages: Iterable[NewVillage],
    origin: Origin,
    actor: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> AreaVersion:
    """Keep villages and communities; each code once."""
    found = list(villages)
    version = _begin(session, row, Kind.VILLAGES, origin, len(found), actor, now, valid_from)
    rows = [
        {"version_id": version.id, "campaign_id": row.id, "code": one.code, "place_id": one.place_id,
         "name": one.name, "name_en": one.name_en, "lon": one.lon, "lat": one.lat, "rough": one.rough}
        for one in found
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(VillageRow), rows)
    _tell(session, row, version, actor, now)
    return version


def keep_roads(
    session: Session,
    row: CampaignRow,
    edges: "np.ndarray[Any, np.dtype[np.float64]]",
    origin: Origin,
    actor: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> AreaVersion:
    """Keep a road network: pieces of road as rows `lon1 lat1 lon2 lat2`, degrees (WGS 84)."""
    version = _begin(session, row, Kind.ROADS, origin, len(edges), actor, now, valid_from)
    content = io.BytesIO()
    np.savez_compressed(content, edges=edges)
    session.add(RoadNetwork(version_id=version.id, campaign_id=row.id, content=content.getvalue()))
    _tell(session, row, version, actor, now)
    return version


def _begin(
    session: Session,
    row: CampaignRow,
    kind: Kind,
    origin: Origin,
    rows: int,
    actor: str,
    now: datetime,
    valid_from: datetime | None,
) -> AreaVersion:
    since = valid_from or now
    session.execute(
        sa.update(AreaVersion)
        .where(AreaVersion.campaign_id == row.id, AreaVersion.kind == kind.value, AreaVersion.valid_to.is_(None))
        .values(valid_to=since)
    )
    version = AreaVersion(
        campaign_id=row.id, kind=kind.value, name=origin.name, source=origin.source, stated_crs=origin.stated_crs,
        shift=origin.shift, approximate=origin.approximate, synthetic=origin.synthetic, rows=rows,
        digest=origin.digest, valid_from=since, actor=actor, recorded_at=now,
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def _tell(session: Session, row: CampaignRow, version: AreaVersion, actor: str, now: datetime) -> None:
    details = {"version": version.id, "name": version.name, "rows": version.rows}
    campaigns.change(
        session, row, actor=actor, action=f"areas.{version.kind}", details=details, now=now, structure=True
    )
