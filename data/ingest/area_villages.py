"""Villages and communities from a map file or a table."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from data.geo.recognition import Yardstick, by_homes, by_positions
from data.ingest.area_kinds import POSITION, TOWN, Job, Made, Maker, is_true, own
from data.ingest.areas import NewVillage, Origin, keep_villages
from data.models import AreaVersion, CampaignRow
from domain.area_files import Note, Serious
from domain.errors import Code, Refused
from domain.places import Place
from domain.values import read_text

FIELDS = ("village", "name", "name_en", "lon", "lat", "town", "rough")

ALIASES = own(FIELDS) | POSITION | TOWN | {
    "code": "village", "village_code": "village", "村编码": "village", "村居编码": "village", "编码": "village",
    "代码": "village", "id": "village",
    "name_zh": "name", "village_name": "name", "名称": "name", "村名": "name", "村居": "name", "村居名称": "name",
    "社区": "name", "short_zh": "name", "pinyin": "name_en", "英文名": "name_en",
    "position_basis": "rough", "位置粗略": "rough",
}  # fmt: skip

MAX_CODE = 64
_ROUGH_WORDS = ("rough", "synthetic", "approximate", "粗略", "示意", "模拟")


def yardstick(job: Job) -> Yardstick | None:
    """Where the same villages were before; for new ones, the towns they name."""
    if job.land is None:
        return None
    there, lon, lat = job.sheet.middles()
    codes = [str(job.sheet.fields[index].get("village") or "").strip() for index in there.tolist()]
    known = [at for at, code in enumerate(codes) if code in job.ground.villages]
    if len(known) >= max(3, len(codes) // 2):
        before = [job.ground.villages[codes[at]] for at in known]
        lon0, lat0 = np.array([one.lon for one in before]), np.array([one.lat for one in before])
        return by_positions(lon[known], lat[known], lon0, lat0, job.land.plane)
    homes = [_town(job, job.sheet.fields[index]) for index in there.tolist()]
    at = [index for index, town in enumerate(homes) if town is not None and town.id in job.ground.outlines]
    if not at:
        return None
    ids = [town.id for town in homes if town is not None and town.id in job.ground.outlines]
    return by_homes(lon[at], lat[at], ids, job.ground.outlines, 0.0, job.land.plane)


def _town(job: Job, fields: Mapping[str, Any]) -> Place | None:
    try:
        return job.gazetteer.find("town", fields.get("town"))
    except Refused:
        return None


def make(job: Job) -> Made:
    """Villages with a name, a code and a position. One without a code is known by its town and name."""
    sheet = job.sheet
    found: dict[int, NewVillage] = {}
    for index in sheet.usable():
        try:
            found[index] = _village(job, index)
        except Refused as refusal:
            sheet.refuse(index, refusal)
    times = Counter(village.code for village in found.values())
    for index, village in found.items():
        if times[village.code] > 1:
            lines = ", ".join(str(sheet.numbers[at]) for at, other in found.items() if other.code == village.code)
            sheet.refuse(
                index, Refused("village", Code.DUPLICATE_IN_FILE, village.code, detail="place", lines=lines[:200])
            )
    kept = [village for index, village in found.items() if times[village.code] == 1]
    tree, ours = job.ground.tree, {village.code for village in kept}
    others = [
        village
        for village in job.ground.villages.values()
        if village.code not in ours and not job.ground.reaches(tree.by_id.get(village.place_id or 0))
    ]
    notes = []
    if nowhere := sum(village.place_id is None for village in kept):
        notes.append(Note("villages_nowhere", {"count": nowhere}, serious=Serious.WARNING))
    if rough := sum(village.rough for village in kept):
        notes.append(Note("villages_rough", {"count": rough}))

    def keep(session: Session, row: CampaignRow, origin: Origin, actor: str, now: datetime) -> AreaVersion:
        return keep_villages(session, row, [*kept, *others], origin, actor, now)

    return Made(len(kept), keep, notes)


def _village(job: Job, index: int) -> NewVillage:
    fields, shape = job.sheet.fields[index], job.sheet.shapes[index]
    name = read_text("name", fields.get("name"), 200)
    code = read_text("village", fields.get("village"), MAX_CODE)
    if not name:
        raise Refused("name", Code.MISSING_FIELD)
    if shape is None or shape.is_empty:
        raise Refused("geometry", Code.MISSING_FIELD, name, detail="position")
    point = shapely.point_on_surface(shape)
    lon, lat = round(point.x, 7), round(point.y, 7)
    town = job.gazetteer.find("town", fields.get("town"))
    town = town or job.gazetteer.towns_at(np.array([lon]), np.array([lat]))[0]
    if not job.ground.reaches(town):
        raise Refused("town", Code.OUT_OF_SCOPE, town.code if town else name)
    said = str(fields.get("rough") or "").casefold()
    rough = is_true(said) or any(word in said for word in _ROUGH_WORDS)
    derived = f"{town.code if town else '-'}:{name}"[:MAX_CODE]
    return NewVillage(
        code or derived, town.id if town else None, name, read_text("name_en", fields.get("name_en"), 200), lon, lat,
        rough,
    )  # fmt: skip


VILLAGES = Maker(FIELDS, ALIASES, yardstick, make)
