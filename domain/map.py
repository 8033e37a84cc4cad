"""What a map of sites shows: outlines and points in kilometres, with the states the tables show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians

from domain.overview import PlaceRef
from domain.status import Severity

KM_PER_DEGREE = 111.195
"""Of latitude, on a sphere of 6,371 km."""

COMPLETION_STEPS = (0.40, 0.55, 0.70, 0.85)
"""Completion at which a site's fill goes up a step (design, section 2.4)."""

Point = tuple[float, float]
"""East and north of the map's origin, km."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The outline of a place. `rings` are closed lines, the first of each part its outside."""

    place: PlaceRef
    rings: tuple[tuple[Point, ...], ...]
    completion: float | None
    gap_pp: float | None
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Dot:
    """A site. `worst` is the most severe finding about it, `missing` that it owes a report."""

    place: PlaceRef
    at: Point
    target: int | None
    persons: int | None
    completion: float | None
    worst: Severity | None
    missing: bool


@dataclass(frozen=True, slots=True)
class MapPicture:
    """Everything a map of a campaign draws. `approximate` asks for the label 示意图; `source` names where outlines
    come from; `unplaced` are sites without coordinates, which stay in every total."""

    campaign: str
    hour: datetime | None
    """Start of the last period shown, when the reader looks back; None for now."""
    shapes: tuple[Shape, ...]
    dots: tuple[Dot, ...]
    unplaced: tuple[PlaceRef, ...]
    approximate: bool
    source: str


def step(completion: float | None) -> int:
    """The step of a site's fill, 1 (least done) to 5."""
    return 1 + sum((completion or 0.0) >= limit for limit in COMPLETION_STEPS)


class Projection:
    """Degrees to kilometres around a point: true to about 0.1 % over a district."""

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        known = list(points)
        self._lon = sum(p[0] for p in known) / len(known) if known else 0.0
        self._lat = sum(p[1] for p in known) / len(known) if known else 0.0
        self._shrink = cos(radians(self._lat))

    @property
    def origin(self) -> tuple[float, float]:
        """Longitude and latitude of the plane's (0, 0)."""
        return self._lon, self._lat

    def __call__(self, lon: float, lat: float) -> Point:
        east = (lon - self._lon) * KM_PER_DEGREE * self._shrink
        return round(east, 3), round((lat - self._lat) * KM_PER_DEGREE, 3)


def rings_of(geometry: dict[str, object]) -> list[Sequence[Sequence[float]]]:
    """The rings of a GeoJSON Polygon or MultiPolygon, in degrees."""
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    parts = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [ring for part in parts for ring in part]
