"""Coordinate systems: what a file or a person states, and the way from there to WGS 84 degrees."""

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from domain.errors import Unreadable

WGS84 = "EPSG:4326"

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

SHIFTED = {
    "gcj02": re.compile(r"gcj[-_ ]?0?2|火星"),
    "bd09": re.compile(r"bd[-_ ]?0?9|百度"),
}
"""How files and people write the two shifted systems, which no register knows."""

_SAFE = ("WGS 84", "China Geodetic Coordinate System 2000", "ETRS89", "NAD83")
"""Systems that differ from WGS 84 by less than any map of towns shows, though the register gives no figure."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The coordinate system of a file: `crs` as pyproj knows it and, for a shifted one, `shift` beside degrees.
    `stated` is how it was stated; `rough` that nobody has published how it differs from WGS 84, so that positions may
    be off by some hundred metres."""

    crs: CRS
    stated: str
    shift: str = ""
    rough: bool = False

    @property
    def degrees(self) -> bool:
        return bool(self.crs.is_geographic)


def frame_of(stated: str) -> Frame:
    """The system `stated` names: an EPSG code with or without `EPSG:`, a name, WKT or a PROJ text, GCJ-02 or BD-09.

    Raises `Unreadable` (`unknown_crs`, `crs_without_place`).
    """
    text = stated.strip()
    for shift, pattern in SHIFTED.items():
        if len(text) < 60 and pattern.search(text.casefold()):
            return Frame(_crs(WGS84), text, shift)
    if text.casefold().replace("_", "").replace(" ", "") in ("wgs84", "wgs1984", "crs84"):
        text = WGS84
    try:
        crs = _crs(text)
    except (CRSError, ValueError) as error:
        raise Unreadable("unknown_crs", crs=stated[:80]) from error
    if not (crs.is_geographic or crs.is_projected):
        raise Unreadable("crs_without_place", crs=(crs.name or stated)[:80])
    datum = crs.geodetic_crs.name if crs.geodetic_crs else ""
    return Frame(crs, _short(crs, stated), rough=not datum.startswith(_SAFE) and _unpublished(crs.to_wkt()))


def _short(crs: CRS, stated: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code} {crs.name}"[:200] if code else (crs.name or stated)[:200]


def _crs(text: str) -> CRS:
    return CRS.from_epsg(int(text)) if text.isdecimal() else CRS.from_user_input(text)


@lru_cache(maxsize=32)
def _transformer(wkt: str) -> Transformer:
    return Transformer.from_crs(CRS.from_wkt(wkt), WGS84, always_xy=True)


@lru_cache(maxsize=32)
def _unpublished(wkt: str) -> bool:
    """Whether the register knows no parameters from this system to WGS 84."""
    ways = TransformerGroup(CRS.from_wkt(wkt), WGS84, always_xy=True).transformers
    return not ways or ways[0].accuracy < 0


def to_degrees(frame: Frame, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitudes and latitudes (WGS 84) of coordinates east, north (or longitude, latitude) in `frame`; infinite
    where the system has no such place."""
    if frame.degrees and frame.crs == _crs(WGS84):
        return x, y
    lon, lat = _transformer(frame.crs.to_wkt()).transform(x, y)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def moved(geometries: Geometries, way: Any) -> Geometries:
    """Geometries with every coordinate sent through `way` (x, y → x, y), heights left out."""
    flat = shapely.force_2d(geometries)

    def turn(xy: Floats) -> Floats:
        return np.column_stack(way(xy[:, 0], xy[:, 1])) if len(xy) else xy

    turned: Geometries = shapely.transform(flat, turn)
    return turned


def likely_frames(x: float, y: float, near: tuple[float, float], within_km: float = 150) -> list[str]:
    """Systems in use here in which the coordinates `x`, `y` lie near a known place (degrees): CGCS2000 zones of three
    and six degrees, UTM, Web Mercator. For a file that does not say what it is in."""
    lon0, lat0 = near
    found = []
    for name in _in_use(lon0, lat0):
        lon, lat = to_degrees(frame_of(name), np.array([x]), np.array([y]))
        east, north = (lon[0] - lon0) * 111.2 * np.cos(np.radians(lat0)), (lat[0] - lat0) * 111.2
        if np.isfinite(east) and np.isfinite(north) and float(np.hypot(east, north)) < within_km:
            found.append(name)
    return found


def _in_use(lon: float, lat: float) -> list[str]:
    """Systems whose zone is at this place or next to it."""
    narrow = [zone for zone in range(25, 46) if abs(3 * zone - lon) <= 3]
    wide = [zone for zone in range(13, 24) if abs(6 * zone - 3 - lon) <= 4]
    # The register counts the zones on: with the zone's number before the easting, and after them without.
    codes = [4513 + zone - 25 for zone in narrow] + [4534 + zone - 25 for zone in narrow]
    codes += [4491 + zone - 13 for zone in wide] + [4502 + zone - 13 for zone in wide]
    utm = (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1
    return [f"EPSG:{code}" for code in (*codes, utm, 3857)]
