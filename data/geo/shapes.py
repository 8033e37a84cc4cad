"""Outlines as they should be: repaired where they cross themselves, small enough to keep, compared with others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from data.geo.metres import Metres
from data.geo.recognition import in_plane
from domain.errors import Code, Refused

MANY = 20_000
"""Corners of one outline beyond which it is thinned before anything else looks at it: checks of a million corners
would take longer than anybody waits."""

KEPT = 2_000
"""Corners an outline is kept with at most: about 60 kB, and finer than any screen."""

_FIRST = 0.00001
"""Degrees (about 1 m) by which an outline is thinned first; doubled until it is small enough."""

DIGITS = 6
"""Decimals of a degree that are kept, 0.1 m."""

NOTED_M2 = 10_000.0
"""Overlaps and gaps from one hectare on are named."""

_SLIVER = 25.0
"""Gaps narrower than twice this, in metres, come from drawing and are not named."""

_PLACE = re.compile(r"^(?P<what>[^\[]+)\[(?P<lon>\S+) (?P<lat>[^\]\s]+)")


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with an outline: the checker's word for it and where, degrees (NaN where it does not say)."""

    what: str
    lon: float
    lat: float


def check_area(shape: shapely.Geometry | None, unread: bool) -> shapely.Geometry:
    """The areas of a feature's shape. Raises `Refused` for what has none: no shape, a line or a point, an empty one,
    coordinates that are no numbers."""
    if shape is None:
        if unread:
            raise Refused("geometry", Code.BAD_VALUE, detail="shape_unreadable")
        raise Refused("geometry", Code.MISSING_FIELD, detail="shape")
    if shape.is_empty:
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_empty")
    check_finite(shape)
    areas = polygons_of(shape)
    if areas.is_empty:
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_no_area")
    return areas


def check_finite(shape: shapely.Geometry) -> None:
    """Raises `Refused` for coordinates that are no finite numbers."""
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise Refused("geometry", Code.BAD_VALUE, shape.geom_type, detail="shape_not_finite")


def _flat(shape: shapely.Geometry) -> shapely.Geometry:
    """Collections within collections taken apart."""
    if shape.geom_type != "GeometryCollection":
        return shape
    return shapely.geometrycollections([part for one in shapely.get_parts(shape) for part in
                                        shapely.get_parts(_flat(one))])  # fmt: skip


def thinned(shape: shapely.Geometry, corners: int = MANY) -> tuple[shapely.Geometry, float]:
    """A shape with at most `corners` corners, and by how many degrees it was thinned (0: not at all)."""
    tolerance = 0.0
    while shapely.get_num_coordinates(shape) > corners:
        tolerance = tolerance * 2 or _FIRST
        smaller = shapely.simplify(shape, tolerance, preserve_topology=False)
        if smaller.is_empty:
            break
        shape = smaller
    return shape, tolerance


def mended(shape: shapely.Geometry) -> tuple[shapely.Geometry, Repair | None]:
    """A valid outline, and what was wrong if it was not. Raises `Refused` when no area is left."""
    if shapely.is_valid(shape):
        repair = None
    else:
        found = _PLACE.match(shapely.is_valid_reason(shape))
        repair = Repair(*_words(found)) if found else Repair("", float("nan"), float("nan"))
        shape = polygons_of(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    if shape.is_empty or not shape.area > 0:
        raise Refused("geometry", Code.BAD_VALUE, repair.what if repair else "", detail="shape_no_area")
    return shape, repair


def _words(found: re.Match[str]) -> tuple[str, float, float]:
    return found["what"], float(found["lon"]), float(found["lat"])


def polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """The areas of a shape, its lines and points left out."""
    parts = [part for part in shapely.get_parts(_flat(shape)) if part.geom_type == "Polygon" and not part.is_empty]
    # Parts that touch along an edge are one: side by side they would not be a valid shape.
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def to_keep(shapes: Sequence[shapely.Geometry]) -> tuple[list[shapely.Geometry], float]:
    """Outlines with at most `KEPT` corners each, thinned so that neighbours keep a common border, and by how many
    degrees."""
    kept = np.array(shapes, object)
    tolerance = 0.0
    while len(kept) and shapely.get_num_coordinates(kept).max() > KEPT:
        tolerance = tolerance * 2 or _FIRST * 2
        kept = shapely.coverage_simplify(kept, tolerance)
    rounded = [polygons_of(shapely.set_precision(shape, 10.0**-DIGITS)) for shape in kept]
    return [fine if not fine.is_empty else shape for fine, shape in zip(rounded, kept, strict=True)], tolerance


def overlaps(shapes: Sequence[shapely.Geometry], plane: Metres) -> list[tuple[int, int, float]]:
    """Pairs of outlines that overlap, by index, with the area they share in km²."""
    flat = [in_plane(shape, plane) for shape in shapes]
    tree = STRtree(flat)
    found = []
    for one, other in zip(*tree.query(flat, predicate="intersects"), strict=True):
        if one < other and (area := flat[one].intersection(flat[other]).area) >= NOTED_M2:
            found.append((int(one), int(other), area / 1e6))
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """Land of nobody between outlines: km², a point in it (degrees), the outlines next to it by index."""

    km2: float
    lon: float
    lat: float
    beside: tuple[int, ...]


def gaps(shapes: Sequence[shapely.Geometry], outer: shapely.Geometry | None, plane: Metres) -> list[Gap]:
    """Land inside `outer` that no outline covers; without an outer outline what they enclose. The largest first."""
    flat = [in_plane(shape, plane) for shape in shapes]
    together = shapely.union_all(flat)
    if outer is not None:
        whole = in_plane(outer, plane)
    else:
        whole = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(together)])
    tree = STRtree(flat)
    found = []
    for part in shapely.get_parts(polygons_of(shapely.difference(whole, together))):
        if part.area < NOTED_M2 or shapely.buffer(part, -_SLIVER).is_empty:
            continue
        inside = shapely.point_on_surface(part)
        (lon,), (lat,) = plane.degrees(np.array([[inside.x, inside.y]]))
        beside = tree.query(part, predicate="dwithin", distance=_SLIVER)
        found.append(Gap(part.area / 1e6, float(lon), float(lat), tuple(int(at) for at in sorted(beside))))
    return sorted(found, key=lambda gap: -gap.km2)
