"""What a campaign knows already of the land that a file of areas is about: places and their outlines, sites, cells,
villages. A file is held against it before anything is kept."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from shapely import STRtree
from sqlalchemy.orm import Session

from data import campaigns
from data.geo.metres import Metres
from data.ingest.areas import NewCell, NewVillage
from data.ingest.batch import Sender
from data.models import AreaVersion, Boundary, CampaignRow, CellRow, VillageRow
from domain import permissions
from domain.areas import Kind
from domain.errors import Code, Refused
from domain.places import Level, Place, PlaceTree

Floats = NDArray[np.float64]

_GB_PREFIX = "156"
"""China's own number, which national map files write before a place's code."""


@dataclass(slots=True)
class Ground:
    """What is known; `scope` is the place the sender may write to, None for everywhere. `latest` is the version of
    the file's own kind that holds now."""

    tree: PlaceTree
    scope: Place | None
    outlines: Mapping[int, shapely.Geometry]
    approximate: bool
    latest: AreaVersion | None
    cells: dict[str, NewCell] = field(default_factory=dict)
    villages: dict[str, NewVillage] = field(default_factory=dict)

    def whole(self) -> bool:
        """Whether the sender may write to the whole campaign."""
        return self.scope is None or self.scope.parent_id is None

    def reaches(self, place: Place | None) -> bool:
        """Whether the sender may write to `place`; None lies outside all and needs the whole campaign."""
        return permissions.within(self.scope, place) if place is not None else self.whole()


@dataclass(frozen=True)
class Gazetteer:
    """Finds places by what a file calls them and by where they lie."""

    tree: PlaceTree
    outlines: Mapping[int, shapely.Geometry]

    @cached_property
    def _named(self) -> dict[str, list[Place]]:
        named: dict[str, list[Place]] = {}
        for place in self.tree.each():
            if place.level is not Level.SITE:
                for name in {place.name, place.name_en.casefold()} - {""}:
                    named.setdefault(name, []).append(place)
        return named

    def find(self, field_: str, value: object) -> Place | None:
        """The place above sites that `value` names by code or name; None for an empty value. Codes are taken in the
        forms national files write them. Raises `Refused` for an unknown or an ambiguous one."""
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        for code in _codes(text):
            found = self.tree.by_code.get(code)
            if found is not None and found.level is not Level.SITE:
                return found
        named = self._named.get(text) or self._named.get(text.casefold()) or []
        if len(named) > 1:
            raise Refused(field_, Code.AMBIGUOUS_PLACE, text)
        if not named:
            near = difflib.get_close_matches(text, self._named, n=3, cutoff=0.5)
            if near:
                raise Refused(field_, Code.UNKNOWN_PLACE, text, detail="nearest", nearest=", ".join(near))
            raise Refused(field_, Code.UNKNOWN_PLACE, text, detail="above")
        return named[0]

    @cached_property
    def _towns(self) -> tuple[list[int], STRtree]:
        ids = [id_ for id_ in self.outlines if self.tree.by_id[id_].level is Level.TOWN]
        return ids, STRtree([self.outlines[id_] for id_ in ids])

    def towns_at(self, lon: Floats, lat: Floats) -> list[Place | None]:
        """The town each point (degrees) lies in; None outside all that have an outline."""
        ids, tree = self._towns
        found: list[Place | None] = [None] * len(lon)
        if ids:
            points, shapes = tree.query(shapely.points(lon, lat), predicate="intersects")
            for point, shape in zip(points, shapes, strict=True):
                found[point] = self.tree.by_id[ids[shape]]
        return found


def _codes(text: str) -> Iterable[str]:
    """The forms of a code: as it stands, without the zeros that fill it up, without the country's number."""
    yield text
    bare = text.removeprefix(_GB_PREFIX) if len(text) in (9, 12, 15) else text
    yield bare
    for digits in (9, 6, 4):
        if len(bare) > digits and bare.isdecimal() and not bare[digits:].strip("0"):
            yield bare[:digits]


@dataclass(frozen=True, slots=True)
class Land:
    """Where the campaign is: a known point of it and the plane around that point."""

    middle: tuple[float, float]
    plane: Metres


def land_of(ground: Ground) -> Land | None:
    """From outlines, else from sites, else from cells; None where nothing is known."""
    if ground.outlines:
        boxes = shapely.bounds(np.array(list(ground.outlines.values()), object))
        west, south = boxes[:, :2].min(axis=0)
        east, north = boxes[:, 2:].max(axis=0)
        middle = (west + east) / 2, (south + north) / 2
    else:
        known = [(site.lon, site.lat) for site in sites_of(ground.tree)]
        known = known or [(cell.lon, cell.lat) for cell in ground.cells.values()]
        if not known:
            return None
        middle = tuple(np.median(np.array(known, float), axis=0))
    at = float(middle[0]), float(middle[1])
    return Land(at, Metres(*at))


def sites_of(tree: PlaceTree) -> list[Place]:
    """The sites whose position is known."""
    return [site for site in tree.each(Level.SITE) if site.lon is not None and site.lat is not None]


def outlines_of(session: Session, campaign_id: str) -> tuple[dict[int, shapely.Geometry], bool]:
    """The outlines in force by place id, and whether any is approximate."""
    query = sa.select(Boundary.place_id, Boundary.geometry, Boundary.approximate).where(
        Boundary.campaign_id == campaign_id, Boundary.valid_to.is_(None)
    )
    rows = session.execute(query).all()
    return {row[0]: shapely.geometry.shape(row[1]) for row in rows}, any(row[2] for row in rows)


def read_ground(session: Session, row: CampaignRow, sender: Sender, kind: Kind | None) -> Ground:
    """What is known to hold a file of `kind` against. Raises `KeyError` where the sender's place is not there."""
    tree = campaigns.tree_of(session, row)
    outlines, approximate = outlines_of(session, row.id)
    ground = Ground(tree, sender.place(tree), outlines, approximate, _latest(session, row.id, kind) if kind else None)
    if kind is Kind.CELLS and ground.latest is not None:
        for cell in session.scalars(sa.select(CellRow).where(CellRow.version_id == ground.latest.id)):
            ground.cells[cell.code] = NewCell(
                cell.code, cell.place_id, cell.lon, cell.lat, cell.persons, cell.size_m, cell.outline
            )
    if kind is Kind.VILLAGES and ground.latest is not None:
        for one in session.scalars(sa.select(VillageRow).where(VillageRow.version_id == ground.latest.id)):
            ground.villages[one.code] = NewVillage(
                one.code, one.place_id, one.name, one.name_en, one.lon, one.lat, one.rough
            )
    return ground


def _latest(session: Session, campaign_id: str, kind: Kind) -> AreaVersion | None:
    query = sa.select(AreaVersion).where(
        AreaVersion.campaign_id == campaign_id, AreaVersion.kind == kind.value, AreaVersion.valid_to.is_(None)
    )
    return session.scalars(query.order_by(AreaVersion.id.desc()).limit(1)).one_or_none()
