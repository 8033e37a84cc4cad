"""Whether a file's coordinates are shifted (GCJ-02, BD-09) or stand the wrong way round, judged by where they would
lie against what is known: outlines of places, positions of sites.

The tries are: as it stands, each shift turned back, and the same with the axes exchanged. One is taken for true only
when it fits far better than what stands there; a file that fits as it stands is never doubted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray

from data.geo.metres import Metres
from data.geo.shift import SHIFTS, Shift, in_china, to_wgs84
from domain.area_files import Offset

Floats = NDArray[np.float64]
Point = tuple[float, float]

ENOUGH_METRES = 120.0
"""Files that lie closer to what is known are not doubted: no shift inside China is smaller."""

ENOUGH_POINTS = 3
_BETTER = 0.5
"""A try has to leave at most this share of the misfit."""

FAR_KM = 200.0
"""A file that lies farther than this from the known area is not of this campaign, or its system is another."""

SAMPLE = 4_000
"""Corners of outlines looked at."""

Way = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""How a try reads the file's coordinates: as they stand → degrees."""

Misfit = Callable[[Way], float]
"""How badly the file fits when read in one way (0 is perfect): metres, or points outside their place."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a file is held against. `counted` says that `misfit` counts points instead of measuring metres."""

    misfit: Misfit
    counted: bool


def by_lines(lon: Floats, lat: Floats, known: Sequence[shapely.Geometry], plane: Metres) -> Yardstick:
    """Median distance of corners to the nearest known outline, metres: for boundaries."""
    lines = shapely.union_all([shapely.boundary(in_plane(shape, plane)) for shape in known])
    shapely.prepare(lines)
    step = max(1, len(lon) // SAMPLE)
    sampled = lon[::step], lat[::step]

    def misfit(way: Way) -> float:
        return float(np.median(shapely.distance(shapely.points(plane.xy(*way(*sampled))), lines)))

    return Yardstick(misfit, counted=False)


def by_positions(lon: Floats, lat: Floats, lon0: Floats, lat0: Floats, plane: Metres) -> Yardstick:
    """Median distance of points to where each of them was before, metres."""
    known = plane.xy(lon0, lat0)

    def misfit(way: Way) -> float:
        return float(np.median(np.hypot(*(plane.xy(*way(lon, lat)) - known).T)))

    return Yardstick(misfit, counted=False)


def by_homes(
    lon: Floats, lat: Floats, homes: Sequence[int], outlines: Mapping[int, shapely.Geometry], slack: float,
    plane: Metres,
) -> Yardstick:  # fmt: skip
    """How many points lie more than `slack` metres outside the outline each of them belongs in, by its key."""
    keys = sorted(set(homes))
    grown = np.array([shapely.buffer(in_plane(outlines[key], plane), slack) for key in keys], object)
    shapely.prepare(grown)
    which = np.searchsorted(keys, homes)

    def misfit(way: Way) -> float:
        points = shapely.points(plane.xy(*way(lon, lat)))
        return float(np.count_nonzero(~shapely.intersects(grown[which], points)))

    return Yardstick(misfit, counted=True)


def by_guests(
    outlines: Mapping[int, shapely.Geometry], homes: Sequence[int], lon: Floats, lat: Floats
) -> Yardstick:  # fmt: skip
    """How many known points (degrees) lie outside the outline of the file that each of them belongs in: for the first
    boundaries of a campaign whose sites are known."""
    points = shapely.points(lon, lat)
    keys = sorted(set(homes))
    which = np.searchsorted(keys, homes)

    def misfit(way: Way) -> float:
        read = np.array([turned(outlines[key], way) for key in keys], object)
        shapely.prepare(read)
        return float(np.count_nonzero(~shapely.intersects(read[which], points)))

    return Yardstick(misfit, counted=True)


def turned(shape: shapely.Geometry, way: Way) -> shapely.Geometry:
    """A shape with its coordinates read in another way."""
    return shapely.transform(shape, lambda xy: np.column_stack(way(xy[:, 0], xy[:, 1])) if len(xy) else xy)


def way_of(shift: str, swapped: bool) -> Way:
    """Turns `shift` back, and exchanges the axes first where they are `swapped`."""

    def way(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        return to_wgs84(cast(Shift, shift), *((lat, lon) if swapped else (lon, lat)))

    return way


def in_plane(shape: shapely.Geometry, plane: Metres) -> shapely.Geometry:
    """A shape in degrees as one in metres of `plane`."""
    return shapely.transform(shape, lambda xy: plane.xy(xy[:, 0], xy[:, 1]))


def offset_of(lon: Floats, lat: Floats, yardstick: Yardstick | None, middle: Point | None) -> Offset | None:
    """What is wrong with a file whose points stand at `lon`, `lat`; None when nothing shows. `middle` is a known
    point of the area; without one, only latitudes that no place has tell that the axes are exchanged."""
    swapped = _stand_swapped(lon, lat, middle)
    straight = way_of("", swapped)
    if yardstick is None:
        return Offset("", True, 0.0, 0.0, False) if swapped else None
    before = yardstick.misfit(straight)
    # Of counted points a few may be wrong by themselves.
    enough = max(ENOUGH_POINTS, 0.02 * len(lon)) if yardstick.counted else ENOUGH_METRES
    best, after = "", before
    if before >= enough and bool(in_china(*straight(lon, lat)).all()):
        for shift in SHIFTS:
            left = yardstick.misfit(way_of(shift, swapped))
            if left < after and left <= before * _BETTER and before - left >= enough:
                best, after = shift, left
    if not best and not swapped:
        return None
    return Offset(best, swapped, before, after, yardstick.counted)


def _stand_swapped(lon: Floats, lat: Floats, middle: Point | None) -> bool:
    """Whether the points make sense, or lie near the known area, only when longitude and latitude are exchanged."""
    if float(np.median(np.abs(lat))) > 90:
        return float(np.median(np.abs(lon))) <= 90
    if middle is None:
        return False
    straight, other = kilometres(lon, lat, middle), kilometres(lat, lon, middle)
    return straight > FAR_KM and other < min(straight / 10, FAR_KM)


def kilometres(lon: Floats, lat: Floats, middle: Point) -> float:
    """Roughly how far the middle of the points is from a known one."""
    east = (float(np.median(lon)) - middle[0]) * 111.2 * np.cos(np.radians(middle[1]))
    return float(np.hypot(east, (float(np.median(lat)) - middle[1]) * 111.2))
