"""A file of areas as it was brought, whatever its form: lines of fields, each with its shape, in degrees (WGS 84) in
the end. A table's shapes are the points of its columns for longitude and latitude."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data.geo.frames import WGS84, Frame, Geometries, frame_of, likely_frames, moved, to_degrees
from data.geo.reading import read_map
from data.geo.recognition import FAR_KM, Way, kilometres, way_of
from data.ingest.area_ground import Land
from data.ingest.mapping import FileMapping, apply
from data.ingest.tables import Table, read_table
from domain.area_files import TABLE, Handling, Note, Serious
from domain.errors import Code, Refused, Rejection, Unreadable

Floats = NDArray[np.float64]

_FORMULA = re.compile(r"\s*[=@]")


@dataclass(slots=True)
class Sheet:
    """A file as brought. `numbers` are those of features or lines, `shapes` None where a line has none; lines that
    are refused already stand in `refused` and are None in `shapes`."""

    table: Table
    mapping: FileMapping
    form: str
    frame: Frame | None
    numbers: list[int]
    fields: list[dict[str, Any]]
    shapes: Geometries
    unread: frozenset[int] = frozenset()
    refused: dict[int, Refused] = field(default_factory=dict)

    def refuse(self, index: int, refusal: Refused) -> None:
        self.refused.setdefault(self.numbers[index], refusal)
        self.shapes[index] = None

    def usable(self) -> list[int]:
        """Indices of the lines that are not refused."""
        return [index for index, number in enumerate(self.numbers) if number not in self.refused]

    def rejections(self) -> list[tuple[int, Rejection]]:
        """The refused lines, in the order of the file."""
        return [(number, refusal.at(number)) for number, refusal in sorted(self.refused.items())]

    def middles(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """One point of each shape there is: the line's index, and its coordinates as they stand."""
        there = np.flatnonzero(~(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes)))
        points = shapely.get_coordinates(shapely.centroid(self.shapes[there])) if len(there) else np.empty((0, 2))
        return there, points[:, 0], points[:, 1]


def bring(
    data: bytes, name: str, stated: FileMapping, aliases: Mapping[str, str], layer: str | None, points: bool
) -> Sheet:
    """Read a file. `points` says that a table has to have coordinates. Raises `Unreadable`."""
    found = read_map(data, name, layer)
    if found is not None:
        mapping = stated.or_default(found.table.headers, aliases)
        lines = list(apply(found.table, mapping))
        return Sheet(
            found.table, mapping, found.form.value, found.frame, [line.number for line, _ in lines],
            [fields for _, fields in lines], found.shapes.copy(), found.unread,
        )  # fmt: skip
    table = read_table(
        data, name, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet
    )  # fmt: skip
    mapping = stated.or_default(table.headers, aliases)
    known = {*mapping.columns, *mapping.constants}
    if points and not {"lon", "lat"} <= known:
        raise Unreadable("no_coordinates", headers=", ".join(table.headers)[:300])
    lines = list(apply(table, mapping))
    sheet = Sheet(
        table, mapping, TABLE, None, [line.number for line, _ in lines], [fields for _, fields in lines],
        np.full(len(lines), None, object),
    )  # fmt: skip
    for index, number in enumerate(sheet.numbers):
        if number in table.too_wide:
            sheet.refuse(index, Refused("row", Code.TOO_MANY_CELLS))
            continue
        try:
            sheet.shapes[index] = _point(sheet.fields[index], mapping.decimal)
        except Refused as refusal:
            sheet.refuse(index, refusal)
    return sheet


def _point(fields: Mapping[str, object], decimal: str) -> shapely.Point | None:
    lon, lat = read_number("lon", fields.get("lon"), decimal), read_number("lat", fields.get("lat"), decimal)
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise Refused("lon" if lon is None else "lat", Code.MISSING_FIELD, detail="other_coordinate")
    return shapely.Point(lon, lat)


def read_number(name: str, value: object, decimal: str) -> float | None:
    """The finite number that `value` states; None for an empty one. Raises `Refused`."""
    if value is None or value == "":
        return None
    text = str(value).strip().replace("\u2212", "-")
    if _FORMULA.match(text):
        raise Refused(name, Code.NOT_A_NUMBER, value, detail="formula")
    if isinstance(value, str) and decimal == ",":
        text = text.replace(".", "").replace(",", ".") if "," in text else text
    try:
        number = float(text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")) if text.isascii() else None
    except ValueError:
        number = None
    if number is None or not np.isfinite(number) or "_" in text:
        raise Refused(name, Code.NOT_A_NUMBER, value)
    return number


def to_wgs84(sheet: Sheet, handling: Handling, land: Land | None) -> tuple[Frame, list[Note]]:
    """Bring the sheet's shapes to degrees as the file, or who brings it, states; what is shifted stays so. Returns
    the frame used, and what to know about it.

    Raises `Unreadable` where the stated system cannot be that of the coordinates.
    """
    notes: list[Note] = []
    drop_infinite(sheet)
    frame = frame_of(handling.crs) if handling.crs.strip() else sheet.frame
    there, x, y = sheet.middles()
    if frame is None:
        frame = frame_of(WGS84)
        notes.append(Note("crs_assumed", {"crs": frame.stated}))
    if not len(there):
        return frame, notes
    sample = float(np.median(x)), float(np.median(y))
    if frame.degrees and max(map(abs, sample)) > 180:
        likely = likely_frames(*sample, land.middle) if land else []
        raise Unreadable(
            "not_degrees",
            crs=frame.stated,
            x=f"{sample[0]:.0f}",
            y=f"{sample[1]:.0f}",
            likely=", ".join(likely) or "—",
        )
    sheet.shapes = moved(sheet.shapes, lambda a, b: to_degrees(frame, a, b))
    _, lon, lat = sheet.middles()
    if np.count_nonzero(~np.isfinite(lon + lat)) * 2 > len(lon):
        raise Unreadable("crs_does_not_fit", crs=frame.stated, x=f"{sample[0]:.4f}", y=f"{sample[1]:.4f}")
    drop_infinite(sheet)
    if frame.rough:
        notes.append(Note("crs_rough", {"crs": frame.stated}, serious=Serious.WARNING))
    return frame, notes


def read_as(sheet: Sheet, shift: str, swapped: bool) -> None:
    """Turn a shift of the sheet's shapes back, and exchange its axes."""
    if shift or swapped:
        way: Way = way_of(shift, swapped)
        sheet.shapes = moved(sheet.shapes, way)


def check_near(sheet: Sheet, land: Land | None, frame: Frame) -> None:
    """Refuse shapes that lie far from the campaign. Raises `Unreadable` where the whole file does, or where latitudes
    are none."""
    there, lon, lat = sheet.middles()
    if not len(there):
        return
    if float(np.median(np.abs(lat))) > 90:
        raise Unreadable("not_degrees", crs=frame.stated, x=f"{np.median(lon):.4f}", y=f"{np.median(lat):.4f}",
                         likely="—")  # fmt: skip
    if land is not None and (distance := kilometres(lon, lat, land.middle)) > FAR_KM:
        raise Unreadable(
            "far_away", km=round(distance), crs=frame.stated,
            lon=f"{np.median(lon):.3f}", lat=f"{np.median(lat):.3f}",
            middle=f"{land.middle[0]:.3f}, {land.middle[1]:.3f}",
        )  # fmt: skip
    off = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    if land is not None:
        off |= np.hypot(*((land.plane.xy(lon, np.clip(lat, -89, 89)) / 1000).T)) > FAR_KM
    for at in np.flatnonzero(off).tolist():
        where = f"{lon[at]:.4f}, {lat[at]:.4f}"
        sheet.refuse(int(there[at]), Refused("geometry", Code.BAD_VALUE, where, detail="shape_far_away"))


def drop_infinite(sheet: Sheet) -> None:
    """Refuse shapes with coordinates that are no finite numbers; empty ones are left to who knows the kind."""
    coordinates, of = shapely.get_coordinates(sheet.shapes, return_index=True)
    for index in np.unique(of[~np.isfinite(coordinates).all(axis=1)]).tolist():
        sheet.refuse(index, Refused("geometry", Code.BAD_VALUE, detail="shape_not_finite"))
