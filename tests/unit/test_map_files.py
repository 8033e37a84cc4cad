"""Map files read whatever their form, and archives that are not what they seem."""

import io
import json
import stat
import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely

from data.geo import archives
from data.geo.archives import unpack
from data.geo.reading import Form, read_map
from domain.errors import Unreadable

TOWNS = geopandas.GeoDataFrame(
    {"code": ["440607001", "440607002"], "名称": ["西南街道", "云东海街道"]},
    geometry=[shapely.box(112.8, 23.1, 112.9, 23.2), shapely.box(112.9, 23.1, 113.0, 23.2)],
    crs=4326,
)


def zipped(members: dict[str, bytes], **how: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def shapefile(folder: Path, encoding: str = "utf-8", without: tuple[str, ...] = ()) -> bytes:
    TOWNS.to_crs(4547).to_file(folder / "镇街.shp", encoding=encoding)
    parts = [path for path in folder.glob("镇街.*") if path.suffix not in without]
    return zipped({f"资料/{path.name}": path.read_bytes() for path in parts})


def written(folder: Path, form: str) -> bytes:
    if form == "shapefile":
        return shapefile(folder)
    if form == "shapefile in GBK":
        return shapefile(folder, "gbk", without=(".cpg",))
    if form == "shapefile without index":
        return shapefile(folder, without=(".shx",))
    if form == "geopackage":
        TOWNS.to_crs(4547).to_file(folder / "a.gpkg", layer="towns")
        return (folder / "a.gpkg").read_bytes()
    if form == "kml":
        TOWNS.rename(columns={"名称": "Name"}).to_file(folder / "a.kml", driver="KML")
        return (folder / "a.kml").read_bytes()
    if form == "kmz":
        return zipped({"doc.kml": written(folder, "kml")})
    return TOWNS.to_json().encode("utf-8-sig" if form == "geojson with a mark" else "utf-8")


@pytest.mark.parametrize(
    ("form", "kind", "crs"),
    [
        ("geojson", Form.GEOJSON, "EPSG:4326 WGS 84"),
        ("geojson with a mark", Form.GEOJSON, "EPSG:4326 WGS 84"),
        ("shapefile", Form.SHAPEFILE, "EPSG:4547 CGCS2000 / 3-degree Gauss-Kruger CM 114E"),
        ("shapefile in GBK", Form.SHAPEFILE, "EPSG:4547 CGCS2000 / 3-degree Gauss-Kruger CM 114E"),
        ("shapefile without index", Form.SHAPEFILE, "EPSG:4547 CGCS2000 / 3-degree Gauss-Kruger CM 114E"),
        ("geopackage", Form.GEOPACKAGE, "EPSG:4547 CGCS2000 / 3-degree Gauss-Kruger CM 114E"),
        ("kml", Form.KML, "EPSG:4326 WGS 84"),
        ("kmz", Form.KML, "EPSG:4326 WGS 84"),
    ],
)
def test_every_form_is_read_with_its_attributes_and_its_system(tmp_path: Path, form: str, kind: Form, crs: str):
    found = read_map(written(tmp_path, form), "sent")
    assert found is not None
    assert (found.form, found.frame.stated if found.frame else None) == (kind, crs)
    assert [line.number for line in found.table.lines] == [1, 2]
    cells = found.table.lines[0].cells
    assert cells["code"] == "440607001"
    assert "西南街道" in cells.values()
    assert len(found.shapes) == 2


def test_a_shapefile_without_its_system_says_nothing_of_it(tmp_path: Path):
    found = read_map(shapefile(tmp_path, without=(".prj",)), "sent.zip")
    assert found is not None
    assert found.frame is None


def test_a_table_is_no_map_file():
    assert read_map(b"code,persons\nA,1\n", "a.csv") is None
    assert read_map(zipped({"[Content_Types].xml": b"<x/>"}), "a.xlsx") is None


def test_features_without_or_with_broken_shapes_stand_beside_the_good_ones():
    good = {"type": "Point", "coordinates": [1, 2]}
    features = [
        {"type": "Feature", "id": 7, "properties": {"a": 1, "b": {"c": 1}}, "geometry": good},
        {"type": "Feature", "properties": None, "geometry": None},
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": "x"}},
        {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[0, 0]]}},
        "nonsense",
    ]
    found = read_map(json.dumps({"type": "FeatureCollection", "features": features}).encode(), "a")
    assert found is not None
    assert [shape is None for shape in found.shapes] == [False, True, True, True, True]
    assert found.unread == {3, 4}
    assert found.table.lines[0].cells["id"] == 7


@pytest.mark.parametrize("crs", [None, {"type": "link", "properties": {"href": "http://127.0.0.1/crs"}}])
def test_an_address_of_a_system_is_not_followed(crs: object):
    found = read_map(json.dumps({"type": "Point", "coordinates": [1, 2], "crs": crs}).encode(), "a")
    assert found is not None
    assert found.frame is None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"type":"FeatureCollection","features":[', "broken_json"),
        (b'{"type":"Topology","objects":{}}', "not_geojson"),
        (b"[1,2]", "not_geojson"),
        (b'{"type":"FeatureCollection","features":[]}', "no_features"),
        (b"[" * 100_000, "broken_json"),
        (b"<html><body>no</body></html>", "unknown_map_file"),
        (b'<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "kml_entities"),
        (b"<kml><unclosed></kml>", "map_damaged"),
        (b"SQLite format 3\0rubbish", "map_damaged"),
        (zipped({"readme.txt": b"x"}), "archive_without_map"),
        (zipped({"a.shp": b"rubbish"}), "map_damaged"),
        (zipped({"a.shp": b"x", "b.shp": b"x"}), "several_layers"),
        (b"PK\x03\x04 rubbish", "archive_damaged"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, problem: str):
    with pytest.raises(Unreadable) as caught:
        read_map(data, "sent")
    assert caught.value.problem == problem


def test_the_layer_of_a_geopackage_has_to_be_chosen(tmp_path: Path):
    for layer in ("towns", "parks"):
        TOWNS.to_file(tmp_path / "a.gpkg", layer=layer)
    data = (tmp_path / "a.gpkg").read_bytes()
    for layer, problem in ((None, "several_layers"), ("roads", "unknown_layer")):
        with pytest.raises(Unreadable) as caught:
            read_map(data, "a.gpkg", layer)
        assert caught.value.problem == problem
        assert "parks" in str(caught.value.params["layers"])
    assert read_map(data, "a.gpkg", "parks") is not None


def link() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        member = zipfile.ZipInfo("a.shp")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return made.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"a.shp": b"x"}))
    for at in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[at] |= 1
    return bytes(data)


def lying() -> bytes:
    """An archive that states a small size for what is large."""
    data = bytearray(zipped({"a.shp": bytes(4_000_000)}))
    for at in (data.find(b"PK\x03\x04") + 22, data.find(b"PK\x01\x02") + 24):
        data[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (zipped({"../../a.shp": b"x"}), "archive_path"),
        (zipped({"/etc/a.shp": b"x"}), "archive_path"),
        (zipped({"..\\..\\a.shp": b"x"}), "archive_path"),
        (zipped({"C:\\a.shp": b"x"}), "archive_path"),
        (link(), "archive_path"),
        (zipped({"a.zip": b"x"}), "archive_nested"),
        (zipped({"a.shp": bytes(20_000_000)}), "archive_bomb"),
        (zipped({f"{n}.txt": b"" for n in range(archives.MAX_MEMBERS + 1)}), "archive_members"),
        (encrypted(), "archive_encrypted"),
        (lying(), "archive_damaged"),
    ],
)
def test_an_archive_that_means_harm_is_not_unpacked(data: bytes, problem: str):
    with pytest.raises(Unreadable) as caught:
        unpack(data)
    assert caught.value.problem == problem


def test_an_archive_may_not_unpack_to_more_than_its_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1000)
    with pytest.raises(Unreadable) as caught:
        unpack(zipped({"a": b"x" * 600, "b": b"y" * 600}))
    assert caught.value.problem == "archive_too_large"


def test_debris_of_operating_systems_is_left_out():
    members = {"__MACOSX/._a.kml": b"x", ".DS_Store": b"x", "a/b.kml": b"y"}
    assert unpack(zipped(members)) == {"a/b.kml": b"y"}
