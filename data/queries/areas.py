"""Areas as they were known at a moment: the grid of people, villages, roads, and where the sites stood.

A version never changes, so a worker keeps what it has read of it.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from data.models import AreaVersion, CellRow, PlaceLocation, RoadNetwork, VillageRow
from data.queries.kept import Kept
from data.queries.moment import Moment
from domain.areas import Kind

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The grid of people. Arrays have one value a cell: centre in degrees, persons (NaN: unknown), edge of the square
    in metres (NaN: another shape, in `outlines` by index), and the id of the town (0: none)."""

    version_id: int
    lon: Floats
    lat: Floats
    persons: Floats
    size_m: Floats
    town: NDArray[np.int64]
    codes: tuple[str, ...]
    outlines: dict[int, dict[str, Any]]
    source: str
    synthetic: bool
    approximate: bool


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community. `town_id` is the place it lies in; `rough` says that its position is not exact."""

    code: str
    name: str
    name_en: str
    town_id: int | None
    lon: float
    lat: float
    rough: bool


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """Pieces of road, a row each: `lon1 lat1 lon2 lat2`, degrees."""

    version_id: int
    edges: Floats
    source: str


_read: Kept[Any] = Kept(24)
"""Versions a worker has read, of all campaigns."""


def area_versions(session: Session, campaign_id: str) -> list[AreaVersion]:
    """Every version of the campaign's areas, the newest first."""
    query = sa.select(AreaVersion).where(AreaVersion.campaign_id == campaign_id)
    return list(session.scalars(query.order_by(AreaVersion.valid_from.desc(), AreaVersion.id.desc())))


def version_at(session: Session, campaign_id: str, kind: Kind, at: datetime) -> AreaVersion | None:
    """The version of `kind` that holds at a moment; before the first one that one, since the land was there before
    anybody drew it."""
    query = (
        sa.select(AreaVersion)
        .where(AreaVersion.campaign_id == campaign_id, AreaVersion.kind == kind.value)
        .where(sa.or_(AreaVersion.valid_to.is_(None), AreaVersion.valid_to > at))
        .order_by(AreaVersion.valid_from, AreaVersion.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def cells(session: Session, moment: Moment) -> Cells | None:
    """The grid that holds at the moment looked at; None where there is none."""
    version = _version(session, moment, Kind.CELLS)
    return _read.get(_key(session, version), lambda: _read_cells(session, version)) if version else None


def villages(session: Session, moment: Moment) -> tuple[Village, ...]:
    """The villages that hold at the moment looked at."""
    version = _version(session, moment, Kind.VILLAGES)
    if version is None:
        return ()

    def read() -> tuple[Village, ...]:
        query = sa.select(VillageRow).where(VillageRow.version_id == version.id).order_by(VillageRow.code)
        return tuple(
            Village(v.code, v.name, v.name_en, v.place_id, v.lon, v.lat, v.rough) for v in session.scalars(query)
        )

    return _read.get(_key(session, version), read)


def roads(session: Session, moment: Moment) -> Roads | None:
    """The network that holds at the moment looked at; None where there is none."""
    version = _version(session, moment, Kind.ROADS)
    if version is None:
        return None

    def read() -> Roads:
        content = session.scalar(sa.select(RoadNetwork.content).where(RoadNetwork.version_id == version.id))
        with np.load(io.BytesIO(content or b""), allow_pickle=False) as kept:
            return Roads(version.id, kept["edges"], version.source)

    return _read.get(_key(session, version), read)


def positions(session: Session, moment: Moment) -> dict[int, tuple[float, float]]:
    """Where each site below the place stood at the moment looked at: longitude and latitude by place id. Sites
    without coordinates are left out."""
    at = moment.horizon
    query = (
        sa.select(PlaceLocation.place_id, PlaceLocation.lon, PlaceLocation.lat)
        .where(PlaceLocation.campaign_id == moment.tree.campaign.id, PlaceLocation.valid_from <= at)
        .where(sa.or_(PlaceLocation.valid_to.is_(None), PlaceLocation.valid_to > at))
        .order_by(PlaceLocation.id)
    )
    # Only sites that have moved have versions; the others are where the tree says.
    moved = {place_id: (lon, lat) for place_id, lon, lat in session.execute(query)}
    found = {}
    for site in moment.tree.sites(moment.place):
        lon, lat = moved.get(site.id, (site.lon, site.lat))
        if lon is not None and lat is not None:
            found[site.id] = (lon, lat)
    return found


def _version(session: Session, moment: Moment, kind: Kind) -> AreaVersion | None:
    return version_at(session, moment.tree.campaign.id, kind, moment.horizon)


def _key(session: Session, version: AreaVersion) -> tuple[str, int]:
    # Workers of a test have several databases, some at the same address.
    return f"{session.get_bind().engine.url}/{version.campaign_id}", version.id


def _read_cells(session: Session, version: AreaVersion) -> Cells:
    columns = (CellRow.code, CellRow.place_id, CellRow.lon, CellRow.lat, CellRow.persons, CellRow.size_m)
    query = sa.select(*columns).where(CellRow.version_id == version.id).order_by(CellRow.code)
    rows = session.execute(query).all()
    codes, towns, lons, lats, persons, sizes = zip(*rows, strict=True) if rows else ((),) * 6
    shaped = sa.select(CellRow.code, CellRow.outline).where(
        CellRow.version_id == version.id, CellRow.size_m.is_(None)
    )
    at = {code: index for index, code in enumerate(codes)}
    outlines = {at[code]: outline for code, outline in session.execute(shaped) if outline}
    return Cells(
        version.id,
        np.array(lons, np.float64),
        np.array(lats, np.float64),
        np.array(persons, np.float64),
        np.array(sizes, np.float64),
        np.array([town or 0 for town in towns], np.int64),
        tuple(codes),
        outlines,
        version.source,
        version.synthetic,
        version.approximate,
    )
