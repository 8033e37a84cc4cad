"""Cells of a population grid from a map file or a table of their centres, and people for cells that are there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from sqlalchemy.orm import Session

from data.geo.metres import Metres
from data.geo.recognition import Yardstick, by_positions, in_plane
from data.geo.shapes import check_area, mended, thinned
from data.ingest.area_kinds import POSITION, TOWN, Job, Made, Maker, on_the_land, own
from data.ingest.area_sheet import read_number
from data.ingest.areas import NewCell, Origin, keep_cells
from data.models import AreaVersion, CampaignRow
from domain.area_files import Note, Serious
from domain.errors import Code, Refused, Unreadable
from domain.places import Place
from domain.values import read_text

FIELDS = ("cell", "lon", "lat", "town", "persons", "size_m")

_PEOPLE = {
    "population": "persons", "pop": "persons", "pop_est": "persons", "people": "persons", "人口": "persons",
    "人数": "persons", "常住人口": "persons", "人口数": "persons",
    "cell_id": "cell", "grid_id": "cell", "code": "cell", "id": "cell", "网格编码": "cell", "格网编码": "cell",
    "网格": "cell", "编码": "cell", "网格边长": "size_m", "边长": "size_m",
}  # fmt: skip
ALIASES = own(FIELDS) | _PEOPLE | POSITION | TOWN

MAX_PERSONS = 10_000_000
MAX_CODE = 64

_SQUARE = 0.97
"""Share of its box an outline has to fill, and of one edge the other has to have, to count as a square: a grid of
another zone stands a little askew."""

_MANY_CORNERS = 200
"""Corners an outline of a cell is kept with at most."""


def yardstick(job: Job) -> Yardstick | None:
    """The same cells' known centres; for a new grid, the towns it names; without them, the campaign's land."""
    if job.land is None:
        return None
    there, lon, lat = job.sheet.middles()
    codes = [str(job.sheet.fields[index].get("cell") or "").strip() for index in there.tolist()]
    known = [at for at, code in enumerate(codes) if code in job.ground.cells]
    if len(known) >= max(3, len(codes) // 2):
        before = [job.ground.cells[codes[at]] for at in known]
        lon0, lat0 = np.array([c.lon for c in before]), np.array([c.lat for c in before])
        return by_positions(lon[known], lat[known], lon0, lat0, job.land.plane)
    # A grid reaches over the border by half a cell.
    return on_the_land(job, lon, lat, (_spacing(job.land.plane.xy(lon, lat)) or 0.0) / 2)


def make_cells(job: Job) -> Made:
    """Cells with their people: a square by its edge, another shape by its outline."""
    sheet, notes = job.sheet, []
    named = "cell" in {*sheet.mapping.columns, *sheet.mapping.constants}
    if not named:
        notes.append(Note("codes_made"))
    codes: dict[int, str] = {}
    persons: dict[int, float | None] = {}
    for index in sheet.usable():
        try:
            codes[index] = _code(sheet.fields[index]) if named else f"{sheet.numbers[index]:06d}"
            persons[index] = _people(sheet.fields[index], sheet.mapping.decimal)
            shape = sheet.shapes[index]
            if shape is None or shape.geom_type != "Point":
                shape, _ = mended(thinned(check_area(shape, sheet.numbers[index] in sheet.unread), _MANY_CORNERS)[0])
                sheet.shapes[index] = shape
        except Refused as refusal:
            sheet.refuse(index, refusal)
    _refuse_twins(job, codes)
    there = [index for index in sheet.usable() if index in codes]
    if not there:
        return _kept(job, [], notes)
    centres = shapely.get_coordinates(shapely.centroid(sheet.shapes[there]))
    land = job.land.plane if job.land else Metres(*np.median(centres, axis=0).tolist())
    sizes = _sizes(job, there, centres, land)
    inside = job.gazetteer.towns_at(centres[:, 0], centres[:, 1])
    cells = []
    for at, index in enumerate(there):
        try:
            town = job.gazetteer.find("town", sheet.fields[index].get("town")) or inside[at]
            if not job.ground.reaches(town):
                raise Refused("town", Code.OUT_OF_SCOPE, town.code if town else "")
        except Refused as refusal:
            sheet.refuse(index, refusal)
            continue
        size = sizes[at]
        outline = None if size else orjson.loads(shapely.to_geojson(shapely.set_precision(sheet.shapes[index], 1e-6)))
        lon, lat = (round(float(value), 7) for value in centres[at])
        cells.append(NewCell(codes[index], town.id if town else None, lon, lat, persons[index], size, outline))
    return _kept(job, cells, notes)


def _refuse_twins(job: Job, codes: Mapping[int, str]) -> None:
    """Refuse every line whose code another line has too."""
    times = Counter(codes.values())
    for index, code in codes.items():
        if times[code] > 1:
            lines = ", ".join(str(job.sheet.numbers[at]) for at, other in codes.items() if other == code)
            job.sheet.refuse(index, Refused("cell", Code.DUPLICATE_IN_FILE, code, detail="place", lines=lines[:200]))


def _code(fields: Mapping[str, Any]) -> str:
    code = read_text("cell", fields.get("cell"), MAX_CODE)
    if not code:
        raise Refused("cell", Code.MISSING_FIELD)
    return code


def _people(fields: Mapping[str, Any], decimal: str) -> float | None:
    """Persons of a cell, which models give with fractions; None where the file says nothing. Raises `Refused`."""
    number = read_number("people", fields.get("persons"), decimal)
    if number is None:
        return None
    if number < 0:
        raise Refused("people", Code.NEGATIVE, fields.get("persons"))
    if number > MAX_PERSONS:
        raise Refused("people", Code.TOO_LARGE, fields.get("persons"), limit=MAX_PERSONS)
    return number


def _sizes(job: Job, there: Sequence[int], centres: NDArray[np.float64], plane: Metres) -> list[float | None]:
    """The edge of each square in metres, None for another shape. Centres without a size stated are as large as they
    stand apart. Raises `Unreadable` where nothing tells."""
    shapes = job.sheet.shapes[there]
    points = shapely.get_type_id(shapes) == 0
    flat = np.array([in_plane(shape, plane) for shape in shapes], object)
    west, south, east, north = shapely.bounds(flat).T
    width, height = east - west, north - south
    with np.errstate(invalid="ignore", divide="ignore"):
        square = (shapely.area(flat) > _SQUARE * width * height) & (width > _SQUARE * height)
        square &= height > _SQUARE * width
    edges = np.where(square, np.round(np.sqrt(shapely.area(flat)), 1), np.nan)
    if points.any():
        stated = [
            read_number("size_m", job.sheet.fields[index].get("size_m"), job.sheet.mapping.decimal) for index in there
        ]
        apart = _spacing(plane.xy(centres[points, 0], centres[points, 1]))
        if apart is None and any(size is None for size, point in zip(stated, points, strict=True) if point):
            raise Unreadable("cell_size_unknown")
        edges = np.where(points, [size or apart or np.nan for size in stated], edges)
    return [float(edge) if np.isfinite(edge) else None for edge in edges]


def _spacing(xy: NDArray[np.float64]) -> float | None:
    """How far the points of a grid stand apart, metres; None for fewer than two."""
    if len(xy) < 2:
        return None
    points = shapely.points(xy)
    _, distances = STRtree(points).query_nearest(points, exclusive=True, return_distance=True, all_matches=False)
    # Grids are laid out in round figures; those of the file are rounded to a few decimals of a degree.
    return float(np.round(np.median(distances), -1 if np.median(distances) >= 100 else 0)) if len(distances) else None


def _kept(job: Job, cells: list[NewCell], notes: list[Note]) -> Made:
    """The grid with those cells, and what others may write to as it was."""
    if cells:
        if unknown := sum(cell.persons is None for cell in cells):
            notes.append(Note("people_unknown", {"count": f"{unknown:,}"}, serious=Serious.WARNING))
        if outside := sum(cell.place_id is None for cell in cells):
            notes.append(Note("cells_nowhere", {"count": f"{outside:,}"}, serious=Serious.WARNING))
        total = sum(cell.persons or 0 for cell in cells)
        notes.append(Note("people_in_all", {"persons": f"{total:,.0f}", "count": f"{len(cells):,}"}))
    others = [cell for cell in job.ground.cells.values() if not job.ground.reaches(_town(job, cell))]
    ours = {cell.code for cell in cells}

    def keep(session: Session, row: CampaignRow, origin: Origin, actor: str, now: datetime) -> AreaVersion:
        whole = [*cells, *(cell for cell in others if cell.code not in ours)]
        return keep_cells(session, row, whole, origin, actor, now)

    return Made(len(cells), keep, notes)


def _town(job: Job, cell: NewCell) -> Place | None:
    return job.ground.tree.by_id.get(cell.place_id) if cell.place_id is not None else None


def make_population(job: Job) -> Made:
    """People for the cells on record, by cell or by town. A town's total is spread over its cells as its people were
    before; a cell the file leaves out is unknown from then on, unless the file has totals only.

    Raises `Unreadable` where there are no cells yet, or where the file is about others.
    """
    sheet, before = job.sheet, job.ground.cells
    if not before:
        raise Unreadable("no_cells_yet")
    counted: dict[str, float | None] = {}
    totals: dict[int, float] = {}
    lines: dict[str, int] = {}
    strange, asked = [], 0
    for index in sheet.usable():
        fields = sheet.fields[index]
        try:
            persons = _people(fields, sheet.mapping.decimal)
            if fields.get("cell") in (None, ""):
                town = _total_of(job, fields, totals)
                if persons is None:
                    raise Refused("people", Code.MISSING_FIELD)
                totals[town.id] = persons
                continue
            asked += 1
            code = _code(fields)
            if code not in before:
                strange.append(code)
                raise Refused("cell", Code.UNKNOWN_PLACE, code, detail="cell")
            if not job.ground.reaches(_town(job, before[code])):
                raise Refused("cell", Code.OUT_OF_SCOPE, code)
            if code in counted:
                both = f"{lines[code]}, {sheet.numbers[index]}"
                raise Refused("cell", Code.DUPLICATE_IN_FILE, code, detail="place", lines=both)
            counted[code], lines[code] = persons, sheet.numbers[index]
        except Refused as refusal:
            sheet.refuse(index, refusal)
    if strange and len(strange) * 2 > asked:
        raise Unreadable("other_cells", count=len(strange), asked=asked, known=len(before), example=strange[0])
    return _with_people(job, counted, totals)


def _total_of(job: Job, fields: Mapping[str, Any], totals: Mapping[int, float]) -> Place:
    """The town a line gives the total of. Raises `Refused`."""
    town = job.gazetteer.find("town", fields.get("town"))
    if town is None:
        raise Refused("cell", Code.MISSING_FIELD, detail="cell_or_town")
    if not job.ground.reaches(town):
        raise Refused("town", Code.OUT_OF_SCOPE, town.code)
    if town.id in totals:
        raise Refused("town", Code.CONFLICT, town.code, detail="town_twice")
    if not any(cell.place_id == town.id for cell in job.ground.cells.values()):
        raise Refused("town", Code.BAD_VALUE, town.code, detail="town_without_cells")
    return town


def _with_people(job: Job, counted: Mapping[str, float | None], totals: Mapping[int, float]) -> Made:
    notes: list[Note] = []
    cells = {code: cell for code, cell in job.ground.cells.items() if job.ground.reaches(_town(job, cell))}
    if counted:
        if left := sum(code not in counted for code in cells):
            notes.append(Note("cells_left_out", {"count": f"{left:,}"}, serious=Serious.WARNING))
        cells = {code: replace(cell, persons=counted.get(code)) for code, cell in cells.items()}
    for town_id, total in totals.items():
        its = [code for code, cell in cells.items() if cell.place_id == town_id]
        weights = np.array([cells[code].persons or 0.0 for code in its])
        if not weights.sum():
            weights = np.ones(len(its))
        for code, share in zip(its, (weights / weights.sum() * total).tolist(), strict=True):
            cells[code] = replace(cells[code], persons=round(share, 4))
        town = job.ground.tree.by_id[town_id]
        notes.append(Note("town_spread", {"town": town, "persons": f"{total:,.0f}", "count": len(its)}))
    return _kept(job, list(cells.values()) if counted or totals else [], notes)


def _nothing(_job: Job) -> None:
    """Figures have no position."""


CELLS = Maker(FIELDS, ALIASES, yardstick, make_cells)
POPULATION = Maker(FIELDS, ALIASES, _nothing, make_population, points=False)
