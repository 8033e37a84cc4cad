"""Outlines of places from a file: matched by code or name, repaired, thinned, held against each other and against
the sites that lie in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import orjson
import shapely
from sqlalchemy.orm import Session

from data.geo.metres import Metres
from data.geo.outside import town_of
from data.geo.recognition import Yardstick, by_guests, by_lines
from data.geo.shapes import Repair, check_area, gaps, mended, overlaps, thinned, to_keep
from data.ingest.area_ground import Land, sites_of
from data.ingest.area_kinds import Job, Made, Maker, is_true, own
from data.ingest.area_sites import outside_notes
from data.ingest.areas import Origin, keep_boundaries
from data.models import AreaVersion, CampaignRow
from domain.area_files import Note, Serious
from domain.errors import Code, Refused
from domain.places import Level, Place

FIELDS = ("place", "name", "approximate")

ALIASES = own(FIELDS) | {
    "code": "place", "place_code": "place", "town_code": "place", "adcode": "place", "gb": "place",
    "编码": "place", "代码": "place", "镇街编码": "place", "镇街代码": "place", "行政区划代码": "place",
    "区划代码": "place", "行政区代码": "place", "xzqdm": "place", "id": "place",
    "name_zh": "name", "名称": "name", "镇街名称": "name", "镇街": "name", "乡镇": "name", "行政区名称": "name",
    "xzqmc": "name", "town": "name", "town_name": "name", "name_en": "name",
    "示意": "approximate", "示意图": "approximate",
}  # fmt: skip

_METRES_PER_DEGREE = 111_195
_WORTH_TELLING = 0.05
"""Share by which an outline's area may change in its repair before that is said as a warning."""


_FLAWS = {
    "Self-intersection": "repaired_crossing",
    "Ring Self-intersection": "repaired_crossing",
    "Hole lies outside shell": "repaired_hole",
    "Holes are nested": "repaired_hole",
    "Nested shells": "repaired_hole",
}
"""What the checker finds, as the note that says it."""


def _places(job: Job) -> dict[int, Place]:
    """Which place each usable line is about, by index; the others are refused."""
    found: dict[int, Place] = {}
    for index in job.sheet.usable():
        try:
            found[index] = _place(job, job.sheet.fields[index])
        except Refused as refusal:
            job.sheet.refuse(index, refusal)
    return found


def _place(job: Job, fields: Mapping[str, Any]) -> Place:
    code, name = fields.get("place"), fields.get("name")
    try:
        place = job.gazetteer.find("place", code)
    except Refused:
        # Numbers of their own stand in many files' `id`; the name decides then.
        place = job.gazetteer.find("name", name)
        if place is None:
            raise
    place = place or job.gazetteer.find("name", name)
    if place is None:
        raise Refused("place", Code.MISSING_FIELD, detail="outline_of")
    if not job.ground.reaches(place):
        raise Refused("place", Code.OUT_OF_SCOPE, place.code)
    return place


def yardstick(job: Job) -> Yardstick | None:
    """The corners against the same places' outlines; for places that have none yet, the sites that belong in them."""
    if job.land is None:
        return None
    places = {index: place for index, place in _places(job).items() if job.sheet.shapes[index] is not None}
    known = [index for index, place in places.items() if place.id in job.ground.outlines]
    if known:
        corners = shapely.get_coordinates(job.sheet.shapes[known])
        if len(corners):
            lines = [job.ground.outlines[places[index].id] for index in known]
            return by_lines(corners[:, 0], corners[:, 1], lines, job.land.plane)
    return _by_sites(job, places)


def _by_sites(job: Job, places: Mapping[int, Place]) -> Yardstick | None:
    shapes = {place.id: thinned(job.sheet.shapes[index])[0] for index, place in places.items()}
    guests = [(site, town) for site in sites_of(job.ground.tree) if (town := town_of(job.ground.tree, site))]
    inside = [(site, town.id) for site, town in guests if town.id in shapes]
    if not inside:
        return None
    lon, lat = (np.array([getattr(site, name) for site, _ in inside], float) for name in ("lon", "lat"))
    return by_guests(shapes, [town for _, town in inside], lon, lat)


def make(job: Job) -> Made:
    """The outlines of known places, each valid and small enough to keep."""
    sheet, notes = job.sheet, []
    parts: dict[int, list[shapely.Geometry]] = defaultdict(list)
    approximate: dict[int, bool] = {}
    for index, place in _places(job).items():
        number = sheet.numbers[index]
        try:
            shape = check_area(sheet.shapes[index], number in sheet.unread)
            shape, tolerance = thinned(shape)
            whole, repair = mended(shape)
        except Refused as refusal:
            sheet.refuse(index, refusal)
            continue
        if tolerance:
            notes.append(_thinned(place, tolerance, int(shapely.get_num_coordinates(sheet.shapes[index])), number))
        if repair is not None:
            notes.append(_repaired(place, repair, shape, whole, number))
        parts[place.id].append(whole)
        approximate[place.id] = approximate.get(place.id, False) or is_true(sheet.fields[index].get("approximate"))
    places = [job.ground.tree.by_id[id_] for id_ in parts]
    for place in places:
        if len(parts[place.id]) > 1:
            notes.append(Note("merged", {"place": place, "count": len(parts[place.id])}))
    shapes = [shapely.union_all(parts[place.id]) for place in places]
    shapes, tolerance = _kept(places, shapes)
    if tolerance:
        notes.append(Note("thinned_to_keep", {"metres": round(tolerance * _METRES_PER_DEGREE, 1)}))
    outlines = {place.id: shape for place, shape in zip(places, shapes, strict=True)}
    notes += _compare(job, outlines)
    items = [
        (place.id, orjson.loads(shapely.to_geojson(outlines[place.id])), approximate[place.id]) for place in places
    ]

    told = any(approximate.values())

    def keep(session: Session, row: CampaignRow, origin: Origin, actor: str, now: datetime) -> AreaVersion:
        # A file that says of some outlines that they are a sketch says of the others that they are not.
        said = [(place, shape, rough if told else origin.approximate) for place, shape, rough in items]
        return keep_boundaries(session, row, said, origin, actor, now)

    return Made(len(items), keep, notes, told)


def _thinned(place: Place, tolerance: float, corners: int, number: int) -> Note:
    metres = round(tolerance * _METRES_PER_DEGREE, 1)
    return Note("thinned", {"place": place, "corners": f"{corners:,}", "metres": metres}, number)


def _repaired(place: Place, repair: Repair, before: shapely.Geometry, after: shapely.Geometry, number: int) -> Note:
    params = {"place": place, "lon": f"{repair.lon:.5f}", "lat": f"{repair.lat:.5f}"}
    # A figure of eight has lobes that count against each other: what the file's area was, nobody can say.
    changed = abs(after.area - abs(before.area)) > _WORTH_TELLING * after.area
    return Note(
        _FLAWS.get(repair.what, "repaired_other"), params, number, Serious.WARNING if changed else Serious.INFO
    )


def _kept(places: Sequence[Place], shapes: list[shapely.Geometry]) -> tuple[list[shapely.Geometry], float]:
    """The outlines as they are kept; those of one level are thinned together, for their common borders."""
    kept, most = list(shapes), 0.0
    for level in {place.level for place in places}:
        at = [index for index, place in enumerate(places) if place.level is level]
        smaller, tolerance = to_keep([shapes[index] for index in at])
        for index, shape in zip(at, smaller, strict=True):
            kept[index] = shape
        most = max(most, tolerance)
    return kept, most


def _compare(job: Job, outlines: Mapping[int, shapely.Geometry]) -> list[Note]:
    """Overlaps and gaps between neighbours, places without an outline, sites outside their town."""
    tree = job.ground.tree
    notes: list[Note] = []
    after = {**job.ground.outlines, **outlines}
    if not outlines:
        return []
    land = job.land or _land(outlines)
    for parent_id in {tree.by_id[id_].parent_id for id_ in outlines}:
        siblings = tree.by_id[parent_id].children if parent_id is not None else tree.roots
        shown = [place for place in siblings if place.id in after and place.level is not Level.SITE]
        shapes = [after[place.id] for place in shown]
        for one, other, km2 in overlaps(shapes, land.plane):
            params = {"place": shown[one], "other": shown[other], "km2": f"{km2:.2f}"}
            notes.append(Note("overlap", params, serious=Serious.WARNING))
        missing = tuple(place for place in siblings if place.id not in after)
        if missing:
            said = {"count": len(missing), "places": missing[:20]}
            notes.append(Note("without_outline", said, serious=Serious.WARNING))
            continue
        outer = after.get(parent_id) if parent_id is not None else None
        for gap in gaps(shapes, outer, land.plane):
            beside = tuple(shown[at] for at in gap.beside)
            where = {"lon": f"{gap.lon:.4f}", "lat": f"{gap.lat:.4f}"}
            notes.append(Note("gap", {"km2": f"{gap.km2:.2f}", "places": beside, **where}, serious=Serious.WARNING))
    positions = [(site, float(site.lon or 0), float(site.lat or 0)) for site in sites_of(tree)]
    return notes + outside_notes(tree, after, positions, land.plane)


def _land(outlines: Mapping[int, shapely.Geometry]) -> Land:
    middle = shapely.union_all(list(outlines.values())).centroid
    return Land((middle.x, middle.y), Metres(middle.x, middle.y))


BOUNDARIES = Maker(FIELDS, ALIASES, yardstick, make, points=False, shapes=True)
