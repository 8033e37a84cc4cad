"""A network of roads and paths from a map file of lines."""

from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from data.geo.recognition import SAMPLE, Yardstick
from data.geo.shapes import check_finite
from data.ingest.area_kinds import Job, Made, Maker, on_the_land
from data.ingest.areas import Origin, keep_roads
from data.models import AreaVersion, CampaignRow
from domain.area_files import Note, Serious
from domain.errors import Code, Refused, Unreadable

MAX_PIECES = 2_000_000
"""Pieces of road between two corners; a city of ten million has fewer."""

_DIGITS = 7
"""Decimals of a degree, 1 cm: roads that meet have the same corner after their coordinates were converted."""

_CONNECTED = 0.9
"""Share of the pieces that should hang together; below, roads were probably drawn without common corners."""

Edges = NDArray[np.float64]


def yardstick(job: Job) -> Yardstick | None:
    """The campaign's land, which a network cut to it fills."""
    shapes = [shape for shape in job.sheet.shapes if shape is not None and not shape.is_empty]
    corners = shapely.get_coordinates(shapes)
    corners = corners[:: max(1, len(corners) // SAMPLE)]
    return on_the_land(job, corners[:, 0], corners[:, 1], 0.0) if len(corners) else None


def make(job: Job) -> Made:
    """The pieces of road between corners. Raises `Unreadable` for too many, and where the sender may only write to a
    part of the campaign: roads go over borders."""
    sheet = job.sheet
    if not job.ground.whole():
        raise Unreadable("roads_whole_campaign")
    parts = []
    for index in sheet.usable():
        try:
            parts.append(_pieces(sheet.shapes[index], sheet.numbers[index] in sheet.unread))
        except Refused as refusal:
            sheet.refuse(index, refusal)
    edges = np.concatenate(parts) if parts else np.empty((0, 4))
    if len(edges) > MAX_PIECES:
        raise Unreadable("too_many_roads", count=len(edges), limit=MAX_PIECES)
    notes = _notes(job, edges) if len(edges) else []

    def keep(session: Session, row: CampaignRow, origin: Origin, actor: str, now: datetime) -> AreaVersion:
        return keep_roads(session, row, edges, origin, actor, now)

    return Made(len(parts) if len(edges) else 0, keep, notes)


def _pieces(shape: shapely.Geometry | None, unread: bool) -> Edges:
    if shape is None:
        if unread:
            raise Refused("geometry", Code.BAD_VALUE, detail="shape_unreadable")
        raise Refused("geometry", Code.MISSING_FIELD, detail="shape")
    if shape.is_empty:
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_empty")
    check_finite(shape)
    lines = [part for part in shapely.get_parts(shape) if part.geom_type in ("LineString", "LinearRing")]
    if not lines:
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_no_line")
    found = []
    for line in lines:
        corners = np.round(shapely.get_coordinates(line), _DIGITS)
        pieces = np.column_stack([corners[:-1], corners[1:]])
        found.append(pieces[(pieces[:, :2] != pieces[:, 2:]).any(axis=1)])
    edges = np.concatenate(found)
    if not len(edges):
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_no_line")
    return edges


def _notes(job: Job, edges: Edges) -> list[Note]:
    notes = []
    if job.land is not None:
        ends = [job.land.plane.xy(edges[:, at], edges[:, at + 1]) for at in (0, 2)]
        length = float(np.hypot(*(ends[1] - ends[0]).T).sum()) / 1000
        notes.append(Note("road_length", {"km": f"{length:,.1f}", "count": f"{len(edges):,}"}))
    together = _largest_share(edges)
    if together < _CONNECTED:
        notes.append(Note("roads_apart", {"share": f"{together:.0%}"}, serious=Serious.WARNING))
    return notes


def _largest_share(edges: Edges) -> float:
    """Share of the pieces in the largest connected part."""
    _, ends = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    one, other = ends.reshape(-1, 2).T
    label = np.arange(ends.max() + 1)
    # Every corner takes the smallest number among its neighbours, and numbers of numbers are followed: the parts are
    # found in a few rounds.
    while True:
        least = np.minimum(label[one], label[other])
        after = label.copy()
        for end in (one, other):
            np.minimum.at(after, end, least)
            np.minimum.at(after, label[end], least)
        after = after[after]
        if (after == label).all():
            break
        label = after
    return float(np.bincount(label[one]).max() / len(one))


ROADS = Maker(
    ("name",), {"name": "name", "名称": "name", "道路名称": "name"}, yardstick, make, points=False, shapes=True
)
