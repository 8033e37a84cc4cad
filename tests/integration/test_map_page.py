"""The map page's panels: one object with every site in every layer, in one plane; what is unknown stays unknown."""

import gzip
from math import cos, radians
from typing import Any

import orjson
import pytest
from kit import DISTRICT, TOWN, World, make_world, row

import config
from app import PAGES, create_app
from data import campaigns
from data.ingest.areas import NewCell, Origin, keep_boundaries, keep_cells
from domain.map_page import Layer
from views.snapshots import Snapshots

LON, LAT = 112.9, 23.1
PLACED = [
    {"site": f"S{n}", "town": TOWN, "target": 1000, "lanes": 4, "lon": LON + n * 0.01, "lat": LAT} for n in (1, 2, 3)
]


def with_ground(database, clock, *, cells: bool = True) -> World:
    """Three sites in a row with the outline of their town, and a cell beyond everybody's walk; a fourth site nobody
    can place."""
    world = make_world(database, clock, rows=[*PLACED, {"site": "S4", "town": TOWN, "target": 500, "lanes": 2}])
    square = [[LON, LAT - 0.1], [LON + 0.1, LAT - 0.1], [LON + 0.1, LAT + 0.1], [LON, LAT + 0.1], [LON, LAT - 0.1]]
    origin = Origin("test", "made", approximate=True)
    with database.write() as session:
        kept = campaigns.find(session, world.id)
        town = campaigns.load_tree(session, kept).by_code[TOWN]
        outline = {"type": "Polygon", "coordinates": [square]}
        keep_boundaries(session, kept, [(town.id, outline, True)], origin, "operator", clock())
        if cells:
            here, there = (town.id, LON + 0.01, LAT), (town.id, LON + 0.05, LAT + 0.08)
            made = [NewCell(f"c{n}", at[0], at[1], at[2], 300.0, 500.0) for n, at in enumerate((here, there))]
            keep_cells(session, kept, made, origin, "operator", clock())
    return world


def panels(world: World, language: str = "zh", place: str = DISTRICT) -> dict[str, Any]:
    snapshots = Snapshots(world.database, PAGES, world.clock)
    found = snapshots.get(world.id, "map", place, language, snapshots.version(world.id).number)
    assert isinstance(found, bytes)
    return orjson.loads(gzip.decompress(found))["panels"]


def find(part: Any, name: str) -> Any:
    """The value of the first property of that name in a tree."""
    if isinstance(part, list):
        return next((found for below in part if (found := find(below, name)) is not None), None)
    if not isinstance(part, dict):
        return None
    props = part.get("props", {})
    return props[name] if name in props else find(props.get("children"), name)


def test_the_map_has_every_placed_site_in_every_layer(database, clock):
    world = with_ground(database, clock)
    assert not world.send(row("S1", 9, 900, lanes_open=4, queue_minutes=50)).rejected
    data = orjson.loads(find(panels(world)["map-page"], "data-map"))
    assert [site[0] for site in data["sites"]] == ["S1", "S2", "S3"]
    assert set(data["marks"]) == set(Layer)
    assert all(len(marks) == 3 for marks in data["marks"].values())
    loads = {site[0]: mark for site, mark in zip(data["sites"], data["marks"]["load"], strict=True)}
    assert loads["S1"][0] == "crit"
    assert loads["S1"][2] == "225"
    assert loads["S2"][0] == "unknown"
    assert loads["S2"][2] == "—"
    assert data["marks"]["queue"][0][0] == "crit"


def test_the_plane_can_be_turned_back_into_degrees(database, clock):
    # What tiles rely on: the browser inverts the projection with these three numbers.
    data = orjson.loads(find(panels(with_ground(database, clock))["map-page"], "data-map"))
    lon0, lat0, per_degree = data["origin"]
    first = data["sites"][0]
    assert lon0 + first[3] / (per_degree * cos(radians(lat0))) == pytest.approx(LON + 0.01, abs=1e-4)
    assert lat0 + first[4] / per_degree == pytest.approx(LAT, abs=1e-4)


def test_only_cells_nobody_walks_from_are_drawn_and_reach_is_one_shape(database, clock):
    data = orjson.loads(find(panels(with_ground(database, clock))["map-page"], "data-map"))
    assert [len(cells) for cells in data["cells"]] == [0, 1, 0]
    assert len(data["clusters"]) == 1
    assert data["reach"]


def test_without_cells_the_map_says_nothing_of_coverage_and_still_stands(database, clock):
    found = panels(with_ground(database, clock, cells=False), "en")
    data = orjson.loads(find(found["map-page"], "data-map"))
    assert (data["cells"], data["clusters"]) == ([], [])
    assert data["towns"][0]["labels"]["coverage"][0] == ""
    assert "Schematic" in orjson.dumps(found["map-page"]).decode()


def test_a_campaign_without_any_position_says_so_on_the_map(world):
    found = panels(world)
    assert find(found["map-page"], "data-map") is None
    assert "没有坐标" in orjson.dumps(found["map-page"]).decode()


def test_the_host_of_the_tiles_and_no_other_may_send_pictures(world):
    tiles = "https://tiles.example:8443/a/{z}/{x}/{y}.png"
    settings = config.load({"SECRET_KEY": "x" * 32, "MAP_TILES": tiles, "MAP_TILES_CREDIT": '<某图> "测绘"'})
    client = create_app(settings, world.database, world.clock).server.test_client()
    answer = client.get("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example:8443;" in policy
    assert policy.count("https:") == 1
