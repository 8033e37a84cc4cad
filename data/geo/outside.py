"""Which sites lie outside the town they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from data.geo.metres import Metres
from data.geo.recognition import in_plane
from domain.places import Level, Place, PlaceTree

TOLERATED = 30.0
"""Metres a site may lie outside its town's outline without a word: outlines are drawn no finer."""

Position = tuple[Place, float, float]
"""A site and where it is, degrees."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A site that lies outside its own town: in `found` or in none, so many metres off its own."""

    site: Place
    town: Place
    found: Place | None
    metres: int


def outside(
    tree: PlaceTree, outlines: Mapping[int, shapely.Geometry], positions: Sequence[Position], plane: Metres
) -> list[Outside]:
    """The sites outside their towns, the farthest first; sites of towns without an outline are left out."""
    towns = sorted(id_ for id_ in outlines if tree.by_id[id_].level is Level.TOWN)
    homes = [(site, lon, lat, town) for site, lon, lat in positions if (town := town_of(tree, site))]
    placed = [(site, lon, lat, town) for site, lon, lat, town in homes if town.id in outlines]
    if not placed:
        return []
    shapes = np.array([in_plane(outlines[id_], plane) for id_ in towns], object)
    shapely.prepare(shapes)
    lon, lat = (np.array([row[at] for row in placed], float) for at in (1, 2))
    points = shapely.points(plane.xy(lon, lat))
    own = shapes[np.searchsorted(towns, [town.id for _, _, _, town in placed])]
    distances = shapely.distance(own, points)
    index = STRtree(shapes)
    found = []
    for at in np.flatnonzero(distances > TOLERATED).tolist():
        site, _, _, town = placed[at]
        inside = index.query(points[at], predicate="intersects").tolist()
        in_town = tree.by_id[towns[inside[0]]] if inside else None
        found.append(Outside(site, town, in_town, round(float(distances[at]))))
    return sorted(found, key=lambda row: (-row.metres, row.site.code))


def town_of(tree: PlaceTree, place: Place) -> Place | None:
    """The town `place` is or lies in."""
    return next((tree.by_id[id_] for id_ in place.ancestors if tree.by_id[id_].level is Level.TOWN), None)
