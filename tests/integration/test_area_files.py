"""Files of areas into the record on both databases: what goes in, what waits for a word, what is refused by name."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, TOWN, World, at

from data import campaigns
from data.geo.shift import to_bd09, to_gcj02
from data.ingest.area_files import About, AreaResult, import_area
from data.ingest.batch import Sender
from data.models import AreaVersion, Boundary, CellRow, PlaceLocation, VillageRow
from data.queries.area_page import area_page
from data.queries.areas import cells, positions, roads, villages
from data.queries.moment import Moment
from domain.area_files import Handling, Topic
from domain.errors import Unreadable
from locales import LANGUAGES, messages

CITY_OUTLINE = shapely.box(112.8, 23.1, 113.0, 23.2)
LEFT, RIGHT = shapely.box(112.8, 23.1, 112.9, 23.2), shapely.box(112.9, 23.1, 113.0, 23.2)

Way = Callable[[Any, Any], tuple[Any, Any]]
SHIFTED: dict[str, Way] = {"gcj02": to_gcj02, "bd09": to_bd09}
OPERATOR = Sender("operator")


def turned(shape: shapely.Geometry, way: Way) -> shapely.Geometry:
    return shapely.transform(shapely.segmentize(shape, 0.01), lambda xy: np.column_stack(way(xy[:, 0], xy[:, 1])))


def geojson(*features: tuple[dict[str, Any], shapely.Geometry | None], **more: Any) -> bytes:
    drawn = [(row, None if shape is None else json.loads(shapely.to_geojson(shape))) for row, shape in features]
    made = [{"type": "Feature", "properties": row, "geometry": shape} for row, shape in drawn]
    return json.dumps({"type": "FeatureCollection", "features": made, **more}).encode()


def towns(way: Way | None = None) -> bytes:
    shapes = [turned(shape, way) if way else shape for shape in (LEFT, RIGHT)]
    return geojson(({"code": TOWN}, shapes[0]), ({"code": OTHER_TOWN}, shapes[1]))


def take(
    world: World, topic: Topic | str, data: bytes, name: str = "sent", sender: Sender = OPERATOR, **more: Any
) -> AreaResult:
    return import_area(world.database, world.id, Topic(topic), data, name, sender, world.clock, **more)


def said(result: AreaResult) -> list[str]:
    """The notes by code; each has its sentence in both languages."""
    for note in result.notes:
        assert all(messages.note(language, note) for language in LANGUAGES)
    for _, rejection in result.refused:
        assert all(messages.refusal(language, rejection) for language in LANGUAGES)
    return [note.code for note in result.notes]


def moment(world: World, tree: Any) -> Moment:
    return Moment(tree, tree.by_code[DISTRICT], 0, world.clock())


def outlines(world: World) -> dict[str, list[Boundary]]:
    with world.database.read() as session:
        tree = campaigns.load_tree(session, campaigns.find(session, world.id))
        found: dict[str, list[Boundary]] = {}
        for row in session.scalars(sa.select(Boundary).where(Boundary.campaign_id == world.id).order_by(Boundary.id)):
            found.setdefault(tree.by_id[row.place_id].code, []).append(row)
        return found


@pytest.fixture
def land(world: World) -> World:
    """The small campaign with the outlines of its two towns, and its sites placed in them."""
    world.set_places(
        {"site": "S1", "town": TOWN, "lon": 112.85, "lat": 23.15},
        {"site": "S2", "town": TOWN, "lon": 112.86, "lat": 23.16},
        {"site": "S4", "town": OTHER_TOWN, "lon": 112.95, "lat": 23.15},
    )
    assert take(world, "boundaries", towns()).kept
    return world


def test_a_new_boundary_ends_the_one_before_and_keeps_its_places_figures(land: World):
    land.clock.now = land.clock() + timedelta(hours=1)
    wider = shapely.box(112.79, 23.1, 112.9, 23.2)
    result = take(land, "boundaries", geojson(({"code": TOWN}, wider)), about=About("survey", approximate=True))
    assert (result.kept, result.accepted) == (True, 1)
    before, after = outlines(land)[TOWN]
    assert before.valid_to == after.valid_from
    assert (after.approximate, after.source, after.valid_to) == (True, "survey", None)
    assert [row.valid_to for row in outlines(land)[OTHER_TOWN]] == [None]
    with land.database.read() as session:
        versions = session.scalars(sa.select(AreaVersion).order_by(AreaVersion.id)).all()
    assert [(v.valid_to is None, v.rows) for v in versions] == [(False, 2), (True, 1)]
    assert land.audits()[-1].action == "areas.boundaries"
    assert land.audits()[-1].details["file"] == "sent"


def test_the_same_file_twice_is_one_version(land: World):
    result = take(land, "boundaries", towns())
    assert (result.same, result.kept, result.accepted, result.unchanged) == (True, False, 0, 2)


def test_a_trial_keeps_nothing(world: World):
    revision = world.revision()
    result = take(world, "boundaries", towns(), keep=False)
    assert (result.accepted, result.kept) == (2, False)
    assert outlines(world) == {}
    assert world.revision() == revision


@pytest.mark.parametrize("shift", sorted(SHIFTED))
def test_a_shifted_boundary_waits_and_is_converted_on_confirmation(land: World, shift: str):
    sent = towns(SHIFTED[shift])
    waiting = take(land, "boundaries", sent)
    assert waiting.confirm is not None
    assert (waiting.confirm.shift, waiting.kept, waiting.accepted) == (shift, False, 2)
    assert waiting.confirm.before > 100 * waiting.confirm.after
    done = take(land, "boundaries", sent, handling=Handling(shift=shift))
    assert (done.kept, done.confirm) == (True, None)
    kept = shapely.geometry.shape(outlines(land)[TOWN][-1].geometry)
    assert shapely.hausdorff_distance(kept, LEFT) < 1e-5
    with land.database.read() as session:
        assert session.scalars(sa.select(AreaVersion).order_by(AreaVersion.id.desc())).first().shift == shift


def test_whoever_says_there_is_no_shift_is_believed_and_told(land: World):
    result = take(land, "boundaries", towns(to_gcj02), handling=Handling(shift=""))
    assert result.kept
    assert "shift_otherwise" in said(result)


def test_exchanged_axes_are_found_and_exchanged_back_on_confirmation(land: World):
    sent = towns(lambda lon, lat: (lat, lon))
    assert take(land, "boundaries", sent, handling=Handling(shift="")).confirm is not None
    waiting = take(land, "boundaries", sent)
    assert waiting.confirm is not None
    assert waiting.confirm.swapped
    done = take(land, "boundaries", sent, handling=Handling(swapped=True))
    assert done.kept
    assert shapely.geometry.shape(outlines(land)[TOWN][-1].geometry).equals(LEFT)


PLANE = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}


@pytest.mark.parametrize(
    ("shape", "crs", "problem"),
    [
        (shapely.box(373250, 2567250, 374250, 2568250), "", "not_degrees"),
        (shapely.box(373250, 2567250, 374250, 2568250), "EPSG:4549", "far_away"),
        (shapely.box(373250, 2567250, 374250, 2568250), "EPSG:99999999", "unknown_crs"),
        (shapely.box(17.1, 48.1, 17.2, 48.2), "", "far_away"),
    ],
)
def test_a_wrong_system_is_named_with_what_to_do(land: World, shape: shapely.Geometry, crs: str, problem: str):
    with pytest.raises(Unreadable) as caught:
        take(land, "boundaries", geojson(({"code": TOWN}, shape), crs=PLANE), handling=Handling(crs=crs))
    assert caught.value.problem == problem
    assert all(messages.unreadable(language, caught.value) for language in LANGUAGES)
    if problem == "not_degrees":
        assert caught.value.params["likely"] == "EPSG:4547"


def test_bad_features_are_refused_by_name_and_good_ones_go_in(land: World):
    eight = shapely.Polygon([(112.8, 23.1), (112.9, 23.2), (112.9, 23.1), (112.8, 23.2)])
    sent = geojson(
        ({"code": TOWN}, eight), ({"code": "no such"}, RIGHT), ({"code": OTHER_TOWN}, None),
        ({"code": OTHER_TOWN}, shapely.LineString([(112.9, 23.1), (113, 23.2)])), ({}, RIGHT),
        ({"code": OTHER_TOWN}, shapely.Polygon()), ({"code": OTHER_TOWN}, shapely.box(0, 0, 0.1, 0.1)),
        ({"code": "S1"}, RIGHT),
    )  # fmt: skip
    result = take(land, "boundaries", sent)
    assert (result.accepted, result.kept) == (1, True)
    assert [(line, r.code.value, r.detail) for line, r in result.refused] == [
        (2, "unknown_place", "above"), (3, "missing_field", "shape"), (4, "bad_value", "shape_no_area"),
        (5, "missing_field", "outline_of"), (6, "bad_value", "shape_empty"), (7, "bad_value", "shape_far_away"),
        (8, "unknown_place", "above"),
    ]  # fmt: skip
    assert "repaired_crossing" in said(result)


def test_overlaps_gaps_towns_without_outline_and_sites_outside_are_named(land: World):
    wide = shapely.box(112.8, 23.1, 112.96, 23.2)
    result = take(land, "boundaries", geojson(({"code": TOWN}, wide), ({"code": OTHER_TOWN}, RIGHT)))
    assert said(result) == ["overlap"]
    apart = geojson(({"code": TOWN}, LEFT), ({"code": OTHER_TOWN}, shapely.box(112.951, 23.1, 113.0, 23.2)),
                    ({"code": DISTRICT}, CITY_OUTLINE))  # fmt: skip
    result = take(land, "boundaries", apart, keep=False)
    assert said(result) == ["gap", "site_nowhere"]
    moved = geojson(({"code": TOWN}, RIGHT), ({"code": OTHER_TOWN}, LEFT))
    result = take(land, "boundaries", moved, keep=False)
    assert said(result) == ["site_outside"] * 3


def test_the_first_boundaries_may_leave_towns_out(world: World):
    assert said(take(world, "boundaries", geojson(({"code": TOWN}, LEFT)))) == ["without_outline"]


def test_two_features_of_one_place_are_one_outline(world: World):
    left, right = shapely.box(112.8, 23.1, 112.84, 23.2), shapely.box(112.86, 23.1, 112.9, 23.2)
    result = take(world, "boundaries", geojson(({"code": TOWN}, left), ({"code": TOWN + "000"}, right)))
    assert "merged" in said(result)
    assert outlines(world)[TOWN][0].geometry["type"] == "MultiPolygon"


def test_a_sender_keeps_to_its_own_places(land: World):
    result = take(land, "boundaries", towns(), sender=Sender("town", TOWN))
    assert [(line, r.code.value) for line, r in result.refused] == [(2, "out_of_scope")]
    assert len(outlines(land)[OTHER_TOWN]) == 1


def grid(way: Way | None = None, prefix: str = "C", people: str = "12.5", step: float = 0.01) -> str:
    east, north = np.arange(112.8 + step / 2, 113.0, step), np.arange(23.1 + step / 2, 23.2, step)
    lon, lat = (a.ravel() for a in np.meshgrid(east, north))
    x, y = way(lon, lat) if way else (lon, lat)
    rows = [f"{prefix}{n},{a!r},{b!r},{people}" for n, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True))]
    return "\n".join(["cell_id,lon,lat,人口", *rows])


def read_cells(world: World):
    with world.reading() as (session, tree):
        return cells(session, moment(world, tree))


def test_cells_come_from_a_table_of_centres(land: World):
    result = take(land, "cells", grid().encode(), about=About("model", synthetic=True))
    assert said(result) == ["crs_assumed", "people_in_all"]
    found = read_cells(land)
    assert found is not None
    assert (len(found.codes), found.synthetic, found.source) == (200, True, "model")
    tree = land.tree()
    assert set(found.town.tolist()) == {tree.by_code[TOWN].id, tree.by_code[OTHER_TOWN].id}
    assert found.persons.sum() == 2500
    assert np.unique(found.size_m).tolist() == [1020.0]


def test_cells_come_as_areas_squares_by_their_edge_and_others_by_their_outline(land: World):
    square = shapely.box(0, 0, 500, 500)
    plane = {"type": "name", "properties": {"name": "EPSG:4547"}}
    move = shapely.affinity.translate
    sent = geojson(
        ({"id": "A", "population": 5}, move(square, 389000, 2563000)),
        ({"id": "B", "population": ""}, move(shapely.Polygon([(0, 0), (900, 0), (0, 300)]), 390000, 2563000)),
        crs=plane,
    )  # fmt: skip
    result = take(land, "cells", sent)
    assert "people_unknown" in said(result)
    found = read_cells(land)
    assert found is not None
    assert found.size_m[0] == pytest.approx(500, abs=0.5)
    assert np.isnan(found.size_m[1])
    assert np.isnan(found.persons[1])
    assert found.outlines[1]["type"] == "Polygon"


@pytest.mark.parametrize("known", [True, False])
def test_a_shifted_grid_waits_whether_its_cells_are_known_or_not(land: World, known: bool):
    take(land, "cells", grid(step=0.005).encode())
    waiting = take(land, "cells", grid(to_gcj02, "C" if known else "N", step=0.005).encode())
    assert waiting.confirm is not None
    assert (waiting.confirm.shift, waiting.confirm.counted, waiting.kept) == ("gcj02", not known, False)


@pytest.mark.parametrize(
    ("line", "code", "detail"),
    [
        ("X1,112.85,23.15,-1", "negative", ""),
        ("X1,112.85,23.15,many", "not_a_number", ""),
        ("X1,112.85,23.15,=1+1", "not_a_number", "formula"),
        ("X1,112.85,23.15,99999999999", "too_large", ""),
        ("X1,112.85,,3", "missing_field", "other_coordinate"),
        ("X1,east,23.15,3", "not_a_number", ""),
        (",112.85,23.15,3", "missing_field", ""),
        ("C0,112.85,23.15,3", "duplicate_in_file", "place"),
        ("X1,0,0,3", "bad_value", "shape_far_away"),
        ("X1,,,3", "missing_field", "shape"),
        ("X1,112.85,23.15,3,4", "too_many_cells", ""),
    ],
)
def test_a_bad_cell_is_refused_by_name_and_the_others_go_in(land: World, line: str, code: str, detail: str):
    result = take(land, "cells", f"{grid()}\n{line}".encode())
    said(result)
    refused = result.refused[-1]
    assert (refused[0], refused[1].code.value, refused[1].detail) == (202, code, detail)
    assert result.accepted == (199 if code == "duplicate_in_file" else 200)


def test_people_come_later_by_cell_and_cells_left_out_are_unknown(land: World):
    take(land, "cells", grid().encode())
    book = openpyxl.Workbook()
    for line in [("网格编码", "人口"), *((f"C{n}", n) for n in range(150)), ("C3", 7), ("Z9", 1)]:
        book.active.append(line)
    sent = io.BytesIO()
    book.save(sent)
    result = take(land, "population", sent.getvalue(), "people.xlsx", about=About("census"))
    assert said(result) == ["cells_left_out", "people_unknown", "people_in_all"]
    assert [(r.code.value, r.detail) for _, r in result.refused] == [
        ("duplicate_in_file", "place"),
        ("unknown_place", "cell"),
    ]
    found = read_cells(land)
    assert found is not None
    assert np.isnan(found.persons).sum() == 50
    assert found.persons[found.codes.index("C149")] == 149
    assert found.source == "census"


def test_a_towns_total_is_spread_as_its_people_were_before(land: World):
    take(land, "cells", grid().encode())
    sent = f"town,人口\n{TOWN},4000\n{TOWN},1\nnowhere,3\n{DISTRICT},\n".encode()
    result = take(land, "population", sent)
    assert said(result)[0] == "town_spread"
    assert [r.code.value for _, r in result.refused] == ["conflict", "unknown_place", "bad_value"]
    found = read_cells(land)
    tree = land.tree()
    assert found is not None
    assert found.persons[found.town == tree.by_code[TOWN].id].sum() == pytest.approx(4000)
    assert found.persons[found.town == tree.by_code[OTHER_TOWN].id].sum() == pytest.approx(1250)


@pytest.mark.parametrize(("first", "problem"), [(False, "no_cells_yet"), (True, "other_cells")])
def test_people_of_other_cells_are_not_taken(land: World, first: bool, problem: str):
    if first:
        take(land, "cells", grid().encode())
    with pytest.raises(Unreadable) as caught:
        take(land, "population", b"cell,persons\nQ1,5\nQ2,6\nC1,7\n")
    assert caught.value.problem == problem


def test_villages_are_placed_in_their_towns(land: World):
    sent = f"name,lon,lat,town,position_basis\n甲村,112.85,23.15,,\n乙村,112.95,23.15,{OTHER_TOWN},rough\n,1,1,,\n"
    result = take(land, "villages", sent.encode())
    assert [(line, r.code.value) for line, r in result.refused] == [(4, "bad_value")]
    assert said(result) == ["crs_assumed", "villages_rough"]
    with land.reading() as (session, tree):
        found = {v.name: (v.town_id, v.rough) for v in villages(session, moment(land, tree))}
    assert found == {"甲村": (tree.by_code[TOWN].id, False), "乙村": (tree.by_code[OTHER_TOWN].id, True)}
    assert land.count(VillageRow) == 2


def test_roads_come_as_pieces_between_corners(land: World):
    line = shapely.LineString([(112.82, 23.12), (112.85, 23.12), (112.85, 23.15)])
    apart = shapely.LineString([(112.95, 23.12), (112.95, 23.15)])
    result = take(land, "roads", geojson(({"name": "a"}, line), ({}, apart), ({}, LEFT)))
    assert said(result) == ["road_length", "roads_apart"]
    assert [(line, r.detail) for line, r in result.refused] == [(3, "shape_no_line")]
    with land.reading() as (session, tree):
        found = roads(session, moment(land, tree))
    assert found is not None
    assert found.edges.shape == (3, 4)
    with pytest.raises(Unreadable, match="roads_whole_campaign"):
        take(land, "roads", geojson(({}, line)), sender=Sender("town", TOWN))


@pytest.mark.parametrize("topic", ["boundaries", "roads"])
def test_a_table_cannot_hold_shapes(world: World, topic: str):
    with pytest.raises(Unreadable, match="needs_shapes"):
        take(world, topic, b"code,name\n1,a\n")


def sites(way: Way | None = None, east: float = 0.0) -> bytes:
    lon, lat = np.array([112.85, 112.86, 112.95]), np.array([23.15, 23.16, 23.15])
    x, y = way(lon, lat) if way else (lon, lat)
    x = x + np.array([east, 0, 0])
    rows = [f"{code},{a!r},{b!r}" for code, a, b in zip(("S1", "S2", "S4"), x.tolist(), y.tolist(), strict=True)]
    return "\n".join(["采样点编码,经度,纬度", *rows]).encode()


def test_shifted_sites_wait_and_come_back_to_where_they_are(land: World):
    waiting = take(land, "sites", sites(to_bd09))
    assert waiting.confirm is not None
    assert waiting.confirm.shift == "bd09"
    assert land.tree().by_code["S1"].lon == 112.85
    done = take(land, "sites", sites(to_bd09), handling=Handling(shift="bd09"))
    assert (done.accepted, done.unchanged) == (0, 3)
    assert land.count(PlaceLocation) == 0


def test_a_site_that_moves_is_where_it_was_before_and_figures_stay(land: World):
    begun = land.clock()
    land.clock.now = at(9)
    done = take(land, "sites", sites(east=0.1))
    assert said(done) == ["crs_assumed", "site_outside"]
    land.clock.now = at(11)
    take(land, "sites", sites(east=0.11))
    with land.reading() as (session, tree):
        site = tree.by_code["S1"].id
        where = {
            hour: positions(session, Moment(tree, tree.by_code[DISTRICT], 0, time))[site]
            for hour, time in ((8, min(begun, at(8))), (10, at(10)), (12, at(12)))
        }
        page = area_page(session, Moment(tree, tree.by_code[DISTRICT], 0, at(12)))
    assert where == {8: (112.85, 23.15), 10: (112.95, 23.15), 12: (112.96, 23.15)}
    assert [(row.site.code, row.town.code, row.found.code) for row in page.outside if row.found] == [
        ("S1", TOWN, OTHER_TOWN)
    ]
    assert land.count(PlaceLocation) == 3


def test_cells_of_another_district_stay_when_one_brings_its_own(land: World):
    take(land, "cells", grid().encode())
    own = "cell,lon,lat,persons\nN1,112.85,23.15,5\nN2,112.855,23.15,5\nN3,112.95,23.15,5\n"
    result = take(land, "cells", own.encode(), sender=Sender("town", TOWN))
    assert [(line, r.code.value) for line, r in result.refused] == [(4, "out_of_scope")]
    found = read_cells(land)
    assert found is not None
    assert {code[0] for code in found.codes} == {"C", "N"}
    assert len(found.codes) == 102
    with land.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CellRow)) == 302
