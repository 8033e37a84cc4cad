"""The two shifted systems of Chinese web maps, GCJ-02 and BD-09, as they are known from outside: no authority has
published them, the formulas below are those of the open implementations (eviltransform, coordtransform).

Inside China GCJ-02 lies 100 to 700 m off WGS 84, BD-09 about as much again off GCJ-02; outside neither is shifted.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shift = Literal["", "gcj02", "bd09"]

SHIFTS: tuple[Shift, ...] = ("gcj02", "bd09")

_AXIS = 6378245.0
"""Semi-major axis of Krasovsky 1940, metres, and its squared eccentricity."""

_ECCENTRICITY = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
_ROUNDS = 6
"""Of the fixed-point iteration that turns a shift back; each gains about three digits."""


def in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Where the shifts apply: the rectangle the implementations use."""
    inside: NDArray[np.bool_] = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return inside


def to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 to GCJ-02, degrees."""
    east, north = _waves(lon - 105.0, lat - 35.0)
    radians = np.radians(lat)
    squeeze = 1 - _ECCENTRICITY * np.sin(radians) ** 2
    north = north * 180.0 / (_AXIS * (1 - _ECCENTRICITY) / (squeeze * np.sqrt(squeeze)) * np.pi)
    east = east * 180.0 / (_AXIS / np.sqrt(squeeze) * np.cos(radians) * np.pi)
    inside = in_china(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _waves(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north = north + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east = east + (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east = east + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    return east, north


def to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 to BD-09, degrees: GCJ-02, turned and moved once more."""
    inside = in_china(lon, lat)
    x, y = to_gcj02(lon, lat)
    radius = np.sqrt(x * x + y * y) + 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_PI)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


def to_wgs84(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in the shifted system back to WGS 84, to better than a millimetre; `""` leaves them as they are."""
    if not shift:
        return lon, lat
    way = to_gcj02 if shift == "gcj02" else to_bd09
    x, y = lon, lat
    for _ in range(_ROUNDS):
        shifted_x, shifted_y = way(x, y)
        x, y = x + (lon - shifted_x), y + (lat - shifted_y)
    return x, y
