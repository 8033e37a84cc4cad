"""Map files read as a table of features beside their shapes: GeoJSON, zipped Shapefile, GeoPackage, KML and KMZ.

Which it is shows in the content, not in the name. Nothing is judged here but what makes the whole file unreadable
(`Unreadable`; sentences in `locales/*/areas.toml`); what is wrong with one feature is said by whoever keeps it.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import geopandas
import numpy as np
import orjson
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from data.geo.archives import unpack
from data.geo.frames import WGS84, Frame, Geometries, frame_of
from data.ingest.encodings import recognise_encoding
from data.ingest.tables import MAX_BYTES, Cell, Line, Table
from domain.errors import Unreadable

MAX_FEATURES = 300_000
MAX_VERTICES = 3_000_000
"""Corners of all shapes of a file together: the most detailed boundaries of a province have fewer."""


_ZIP = b"PK\x03\x04"
_SQLITE = b"SQLite format 3\0"
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_GDAL_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ValueError, OSError)

# A Shapefile without its index is read all the same, and nothing of a file is asked for over a network.
pyogrio.set_gdal_config_options(
    {"SHAPE_RESTORE_SHX": "YES", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none", "GDAL_HTTP_MAX_RETRY": "0"}
)


class Form(StrEnum):
    """What a file is."""

    GEOJSON = "geojson"
    SHAPEFILE = "shapefile"
    GEOPACKAGE = "geopackage"
    KML = "kml"


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map file as read: a line of attributes for each feature, numbered from 1, and its shape, None where the file
    has none or one that cannot be read (then in `unread`, by number). `frame` is None where the file does not say."""

    table: Table
    shapes: Geometries
    form: Form
    frame: Frame | None
    unread: frozenset[int] = frozenset()


def form_of(data: bytes) -> Form | None:
    """What map file `data` is; None for anything else, a table perhaps."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(_SQLITE):
        return Form.GEOPACKAGE
    if head[:1] in (b"{", b"["):
        return Form.GEOJSON
    if head[:1] == b"<":
        return Form.KML
    return None


def read_map(data: bytes, name: str, layer: str | None = None) -> MapFile | None:
    """The map file in `data`, None where it is none. Of several layers `layer` names the one to read.

    Raises `Unreadable`.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("map_too_large", limit_mb=MAX_BYTES // 2**20)
    if data.startswith(_ZIP):
        return _read_archive(data, name, layer)
    form = form_of(data)
    if form is Form.GEOJSON:
        return _read_geojson(data, name)
    if form is Form.KML:
        return _read_kml(data, name, layer)
    if form is Form.GEOPACKAGE:
        return _read_file(data, ".gpkg", name, form, layer)
    return None


def _read_archive(data: bytes, name: str, layer: str | None) -> MapFile | None:
    members = unpack(data)
    if "[Content_Types].xml" in members:  # an office file
        return None
    shapes = [member for member in members if member.lower().endswith(".shp")]
    if shapes:
        return _read_shapefile(members, _chosen(shapes, layer), name)
    others = [m for m, content in members.items() if m.lower().endswith((".kml", ".geojson", ".json", ".gpkg"))]
    if not others:
        raise Unreadable("archive_without_map")
    chosen = _chosen(others, layer)
    return read_map(members[chosen], name, None if len(others) > 1 else layer)


def _chosen(members: Sequence[str], layer: str | None) -> str:
    """The member to read: the only one, or the one called `layer`."""
    stems = {PurePosixPath(member).stem: member for member in members}
    if layer is not None and layer in stems:
        return stems[layer]
    if len(members) > 1:
        raise Unreadable("several_layers", layers=", ".join(stems))
    return members[0]


# --- GeoJSON -----------------------------------------------------------------------------------------------


def _read_geojson(data: bytes, name: str) -> MapFile:
    found = _parse(data)
    kind = found.get("type") if isinstance(found, dict) else None
    features: list[Any]
    if kind == "FeatureCollection" and isinstance(found.get("features"), list):
        features = found["features"]
    elif kind == "Feature":
        features = [found]
    elif isinstance(kind, str) and ("coordinates" in found or "geometries" in found):
        features = [{"geometry": found}]
    else:
        raise Unreadable("not_geojson", kind=str(kind or "—")[:40])
    rows: list[Mapping[str, object]] = []
    texts: list[bytes | None] = []
    for feature in features:
        feature = feature if isinstance(feature, dict) else {}
        properties = feature.get("properties")
        row = dict(properties) if isinstance(properties, dict) else {}
        if "id" in feature and "id" not in {key.casefold() for key in row}:
            row["id"] = feature["id"]
        rows.append(row)
        geometry = feature.get("geometry")
        texts.append(orjson.dumps(geometry, option=orjson.OPT_NON_STR_KEYS) if geometry is not None else None)
    shapes = np.asarray(shapely.from_geojson(texts, on_invalid="ignore"), object) if texts else np.empty(0, object)
    unread = frozenset(
        number
        for number, (text, shape) in enumerate(zip(texts, shapes, strict=True), start=1)
        if text is not None and shape is None
    )
    return _made(name, rows, shapes, Form.GEOJSON, _geojson_frame(found), unread)


def _parse(data: bytes) -> Any:
    body = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
    try:
        # NaN as some programs write it, and text of Chinese Windows.
        return json.loads(body.decode(recognise_encoding(body)))
    except (ValueError, RecursionError, LookupError):
        raise Unreadable("broken_json", place=place) from None


def _geojson_frame(found: Mapping[str, Any]) -> Frame | None:
    """What the file says of its coordinates: by the standard nothing, then they are WGS 84 degrees; by the older one
    a name. An address to fetch it from is not followed."""
    if "crs" not in found:
        return frame_of(WGS84)
    stated = found["crs"]
    properties = stated.get("properties") if isinstance(stated, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return frame_of(name) if isinstance(name, str) and name.strip() else None


# --- what GDAL reads ----------------------------------------------------------------------------------------


def _read_shapefile(members: Mapping[str, bytes], chosen: str, name: str) -> MapFile:
    stem = chosen[: -len(".shp")].casefold()
    with TemporaryDirectory() as folder:
        encoding = None
        parts = {
            suffix: content
            for member, content in members.items()
            for suffix in [PurePosixPath(member).suffix.lower()]
            if suffix in _PARTS and member[: -len(suffix)].casefold() == stem
        }
        for suffix, content in parts.items():
            # Under a name of ours: what the archive calls it decides nothing.
            Path(folder, f"layer{suffix}").write_bytes(content)
        table = parts.get(".dbf", b"")
        if ".cpg" not in parts and len(table) > 32 and not table[29]:
            encoding = recognise_encoding(table[32:].replace(b"\0", b" "))
        return _read_layers(Path(folder, "layer.shp"), name, Form.SHAPEFILE, None, encoding)


def _read_kml(data: bytes, name: str, layer: str | None) -> MapFile:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        # Entities that stand for entities can fill any memory; no program writes them into KML.
        raise Unreadable("kml_entities")
    if b"<kml" not in data[:4096]:
        raise Unreadable("unknown_map_file")
    return _read_file(data, ".kml", name, Form.KML, layer)


def _read_file(data: bytes, suffix: str, name: str, form: Form, layer: str | None) -> MapFile:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"layer{suffix}")
        path.write_bytes(data)
        return _read_layers(path, name, form, layer, None)


def _read_layers(path: Path, name: str, form: Form, layer: str | None, encoding: str | None) -> MapFile:
    """The layers of a file that have shapes. Several are one in KML, where they are folders; elsewhere one is
    chosen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL warns of what is judged here feature by feature
        try:
            layers = [str(at) for at, kind in pyogrio.list_layers(path) if kind is not None]
            if layer is not None and layer not in layers:
                raise Unreadable("unknown_layer", layer=layer, layers=", ".join(layers))
            if not layers:
                raise Unreadable("no_shapes")
            if layer is None and len(layers) > 1 and form is not Form.KML:
                raise Unreadable("several_layers", layers=", ".join(layers))
            read = [_read_layer(path, at, encoding) for at in ([layer] if layer else layers)]
        except Unreadable:
            raise
        except UnicodeDecodeError as error:
            raise Unreadable("bad_encoding", encoding=error.encoding, line=1) from error
        except _GDAL_ERRORS as error:
            raise Unreadable("map_damaged", form=form.value) from error
    rows = [row for part in read for row in part[0]]
    shapes = np.concatenate([part[1] for part in read])
    return _made(name, rows, shapes, form, read[0][2], frozenset())


def _read_layer(
    path: Path, layer: str, encoding: str | None
) -> tuple[list[Mapping[str, object]], Geometries, Frame | None]:
    found = geopandas.read_file(
        path, layer=layer, engine="pyogrio", encoding=encoding, on_invalid="ignore", rows=slice(0, MAX_FEATURES + 1)
    )
    if not hasattr(found, "geometry"):
        raise Unreadable("no_shapes")
    frame = frame_of(found.crs.to_wkt()) if found.crs is not None and not found.crs.is_engineering else None
    table = found.drop(columns=found.geometry.name)
    columns = [[_plain(value) for value in table[column].tolist()] for column in table.columns]
    rows: list[Mapping[str, object]] = [
        dict(zip(map(str, table.columns), values, strict=True)) for values in zip(*columns, strict=True)
    ]
    return rows or [{} for _ in range(len(found))], np.asarray(found.geometry.array, object), frame


def _made(
    name: str,
    rows: Sequence[Mapping[str, object]],
    shapes: Geometries,
    form: Form,
    frame: Frame | None,
    unread: frozenset[int],
) -> MapFile:
    if not rows:
        raise Unreadable("no_features")
    if len(rows) > MAX_FEATURES:
        raise Unreadable("too_many_features", limit=MAX_FEATURES)
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    if vertices > MAX_VERTICES:
        raise Unreadable("too_many_vertices", count=vertices, limit=MAX_VERTICES)
    headers = tuple(dict.fromkeys(str(header).strip() for row in rows for header in row))
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = {str(header).strip(): _plain(value) for header, value in row.items()}
        lines.append(Line(number, {header: cells.get(header) for header in headers}))
    return MapFile(Table(name, headers, None, None, lines, {}), shapes, form, frame, unread)


def _plain(value: object) -> Cell:
    """An attribute in the few types of a cell."""
    if value is None or isinstance(value, str | datetime):
        return None if value != value else value  # a missing time differs from itself
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if value != value:
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, default=str).decode()[:2000]
    return None if value != value else str(value)
