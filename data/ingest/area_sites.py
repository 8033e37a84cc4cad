"""Sites from a file: their coordinates brought to degrees, then taken as any list of places; and which sites lie
outside the town they belong to."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from data.geo.metres import Metres
from data.geo.outside import TOLERATED, Position, outside, town_of
from data.geo.recognition import Yardstick, by_homes, by_positions
from data.geo.shapes import DIGITS
from data.ingest.area_kinds import Job
from data.ingest.area_sheet import Sheet
from data.ingest.tables import Line, Table
from domain.area_files import Note, Serious
from domain.errors import Refused
from domain.places import Level, Place, PlaceTree


def outside_notes(
    tree: PlaceTree, outlines: Mapping[int, shapely.Geometry], positions: Sequence[Position], plane: Metres
) -> list[Note]:
    """The same as notes."""
    return [
        Note(
            "site_outside" if row.found else "site_nowhere",
            {"site": row.site, "code": row.site.code, "town": row.town, "metres": row.metres}
            | ({"found": row.found} if row.found else {}),
            serious=Serious.WARNING,
        )
        for row in outside(tree, outlines, positions, plane)
    ]


def yardstick(job: Job) -> Yardstick | None:
    """Where the same sites were before; for new ones, the towns they belong to."""
    if job.land is None:
        return None
    there, lon, lat = job.sheet.middles()
    tree = job.ground.tree
    known = [tree.by_code.get(str(job.sheet.fields[index].get("site") or "").strip()) for index in there]
    before = [at for at, site in enumerate(known) if site and site.lon is not None and site.lat is not None]
    if len(before) >= max(3, len(there) // 2):
        lon0, lat0 = (np.array([getattr(known[at], name) for at in before], float) for name in ("lon", "lat"))
        return by_positions(lon[before], lat[before], lon0, lat0, job.land.plane)
    homes = [_home(job, job.sheet.fields[index], site) for index, site in zip(there.tolist(), known, strict=True)]
    at = [index for index, town in enumerate(homes) if town is not None and town.id in job.ground.outlines]
    if not at:
        return None
    return by_homes(
        lon[at], lat[at], [town.id for town in homes if town and town.id in job.ground.outlines],
        job.ground.outlines, TOLERATED, job.land.plane,
    )  # fmt: skip


def _home(job: Job, fields: Mapping[str, object], site: Place | None) -> Place | None:
    if site is not None:
        return town_of(job.ground.tree, site)
    for name in ("town", "town_name"):
        try:
            found = job.gazetteer.find(name, fields.get(name))
        except Refused:
            continue
        if found is not None:
            return found
    return None


def table_in_degrees(sheet: Sheet) -> Table:
    """The file's table with the positions in degrees (WGS 84) where its own coordinates stood, so that it can be
    taken as a list of places. Lines without a position keep theirs empty."""
    columns = {name: sheet.mapping.columns.get(name, name) for name in ("lon", "lat")}
    headers = (*sheet.table.headers, *(c for c in columns.values() if c not in sheet.table.headers))
    there, lon, lat = sheet.middles()
    degrees = zip(lon.round(DIGITS).tolist(), lat.round(DIGITS).tolist(), strict=True)
    at = dict(zip(there.tolist(), degrees, strict=True))
    lines = []
    for index, line in enumerate(sheet.table.lines):
        x, y = at.get(index, (None, None))
        cells = {header: line.cells.get(header) for header in headers}
        lines.append(Line(line.number, {**cells, columns["lon"]: x, columns["lat"]: y}))
    return Table(sheet.table.name, headers, sheet.table.encoding, sheet.table.delimiter, lines, sheet.table.too_wide)


def positions_of(sheet: Sheet, tree: PlaceTree) -> list[Position]:
    """Where the file puts the sites the campaign has, degrees."""
    there, lon, lat = sheet.middles()
    found = []
    for index, x, y in zip(there.tolist(), lon.tolist(), lat.tolist(), strict=True):
        site = tree.by_code.get(str(sheet.fields[index].get("site") or "").strip())
        if site is not None and site.level is Level.SITE:
            found.append((site, x, y))
    return found
