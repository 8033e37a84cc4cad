"""What every kind of area file has in common once it is read: the fields it may have, what was made of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from data.geo.recognition import Yardstick, by_homes
from data.ingest.area_ground import Gazetteer, Ground, Land
from data.ingest.area_sheet import Sheet
from data.ingest.areas import Origin
from data.models import AreaVersion, CampaignRow
from domain.area_files import Note
from domain.places import Level

Floats = NDArray[np.float64]

Keep = Callable[[Session, CampaignRow, Origin, str, datetime], AreaVersion]
"""Puts what was made on record, within the caller's transaction: campaign, origin, actor, time."""


@dataclass(slots=True)
class Made:
    """What a file comes to: how many items it would put on record, how, and what to know about it. Refused lines
    stand in the sheet; `approximate` is what the file itself says of any of its shapes."""

    accepted: int
    keep: Keep
    notes: list[Note] = field(default_factory=list)
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A sheet in degrees beside what is known."""

    sheet: Sheet
    ground: Ground
    gazetteer: Gazetteer
    land: Land | None


@dataclass(frozen=True, slots=True)
class Maker:
    """How files of one topic are taken: fields and their other names, what their position is held against, what is
    made of them. `points` says that a table needs coordinates, `shapes` that no table will do."""

    fields: tuple[str, ...]
    aliases: Mapping[str, str]
    yardstick: Callable[[Job], Yardstick | None]
    make: Callable[[Job], Made]
    points: bool = True
    shapes: bool = False


def on_the_land(job: Job, lon: Floats, lat: Floats, slack: float) -> Yardstick | None:
    """The towns' outlines together, for what names no place of its own; None where none is known."""
    tree = job.ground.tree
    towns = [shape for id_, shape in job.ground.outlines.items() if tree.by_id[id_].level is Level.TOWN]
    if not towns or job.land is None:
        return None
    return by_homes(lon, lat, [0] * len(lon), {0: shapely.union_all(towns)}, slack, job.land.plane)


def own(fields: Iterable[str]) -> dict[str, str]:
    """The fields under their own names."""
    return {name: name for name in fields}


POSITION = {
    "lng": "lon", "long": "lon", "longitude": "lon", "x": "lon", "经度": "lon", "东经": "lon", "横坐标": "lon",
    "latitude": "lat", "y": "lat", "纬度": "lat", "北纬": "lat", "纵坐标": "lat",
}  # fmt: skip
"""Other names of the columns for longitude and latitude, or for east and north in a plane."""

TOWN = {
    "town_code": "town", "镇街编码": "town", "镇街代码": "town", "乡镇代码": "town", "街道代码": "town",
    "town_name": "town", "镇街名称": "town", "镇街": "town", "乡镇": "town", "街道": "town", "town_zh": "town",
}  # fmt: skip


def is_true(value: object) -> bool:
    """Whether a cell says yes."""
    return str(value).strip().casefold() in ("1", "true", "yes", "y", "是", "示意", "approximate", "t")
