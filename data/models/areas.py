"""Areas and where things are: grid cells with people, villages, roads, and where a site stood when. Every import of
one kind is a version with the time it holds for; a new one ends the one before, and nothing is deleted."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class AreaVersion(Base):
    """One import of one kind of area. `shift` is what the file's coordinates were turned back from (`gcj02`, `bd09`,
    empty for none), `stated_crs` what the file said or the person who kept it, `digest` that of the file."""

    __tablename__ = "area_version"
    __table_args__ = (sa.Index(None, "campaign_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(sa.String(16))
    """`boundaries`, `cells`, `villages` or `roads`: `domain.areas.Kind`."""
    name: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.String(500))
    stated_crs: Mapped[str] = mapped_column(sa.String(200), default="")
    shift: Mapped[str] = mapped_column(sa.String(8), default="")
    approximate: Mapped[bool] = mapped_column(default=False)
    synthetic: Mapped[bool] = mapped_column(default=False)
    rows: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64), default="")
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]


class CellRow(Base):
    """A cell of the population grid. `persons` is None where nobody knows it; a square has `size_m`, the length of
    its edge in metres, any other shape its `outline` (GeoJSON, WGS 84)."""

    __tablename__ = "cell"

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("area_version.id"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    place_id: Mapped[int | None] = mapped_column(BigId)
    """The town it lies in; None outside all."""
    lon: Mapped[float]
    lat: Mapped[float]
    persons: Mapped[float | None]
    size_m: Mapped[float | None]
    outline: Mapped[dict[str, Any] | None]


class VillageRow(Base):
    """A village or community: what clusters are called by and where new sites are looked for. `rough` says that its
    position is not exact."""

    __tablename__ = "village"

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("area_version.id"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    place_id: Mapped[int | None] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str] = mapped_column(sa.String(200), default="")
    lon: Mapped[float]
    lat: Mapped[float]
    rough: Mapped[bool] = mapped_column(default=False)


class RoadNetwork(Base):
    """A version's roads as one array of numpy (npz): a row a piece of road, `lon1 lat1 lon2 lat2` in degrees."""

    __tablename__ = "road_network"

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("area_version.id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class PlaceLocation(Base):
    """Where a site stood when. `place` holds the position that is true now."""

    __tablename__ = "place_location"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
