"""Coverage of a place and the planning standards, from the record to the interface and the page."""

from collections.abc import Iterable
from datetime import datetime
from gzip import decompress

import numpy as np
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, World, at, codes

from app import PAGES
from data import campaigns
from data.geo.metres import Metres
from data.ingest.areas import NewCell, NewVillage, Origin, keep_cells, keep_roads, keep_villages
from data.queries.coverage import coverage
from data.queries.moment import Moment
from data.queries.standards import standards
from domain.coverage import CoveragePicture, Direction
from domain.standards import Key, StandardsPicture
from views.snapshots import Snapshots

PLANE = Metres(112.9, 23.2)
ORIGIN = Origin("试验", "测试网格", synthetic=True)

WHERE = {"S1": (0, 0), "S2": (1_000, 0), "S3": (3_000, 0), "S4": (0, 3_000)}
"""East and north, metres; nobody knows where S5 is."""

GRID = (
    ("c1", TOWN, (100, 0), 1_000.0),
    ("c2", TOWN, (600, 0), 500.0),
    ("c3", TOWN, (3_100, 0), 300.0),
    ("c4", TOWN, (0, 2_500), 200.0),
    ("c5", OTHER_TOWN, (0, 3_100), 400.0),
    ("c6", OTHER_TOWN, (4_500, 5_500), 350.0),
    ("c7", OTHER_TOWN, (4_900, 5_500), 150.0),
    ("c8", OTHER_TOWN, (9_000, 0), 99.0),
    ("c9", OTHER_TOWN, (9_500, 0), None),
)


def degrees(spots: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    lon, lat = PLANE.degrees(np.array(list(spots), np.float64))
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def stand(world: World, where: dict[str, tuple[float, float]]) -> None:
    """Put sites where they are; whatever else is known of them stays."""
    known = {"S4": OTHER_TOWN}
    result = world.set_places(
        *(
            {"district": DISTRICT, "town": known.get(site, TOWN), "site": site, "lon": lon, "lat": lat}
            for site, (lon, lat) in zip(where, degrees(where.values()), strict=True)
        )
    )
    assert not codes(result)


@pytest.fixture
def land(world: World) -> World:
    """Two towns with people and a village, four sites with a position."""
    world.clock.to(at(5))
    stand(world, WHERE)
    world.clock.to(at(9))
    tree = world.tree()
    with world.database.write() as session:
        row = campaigns.lock(session, world.id)
        cells = [
            NewCell(code, tree.by_code[town].id, lon, lat, persons, 500.0)
            for (code, town, _, persons), (lon, lat) in zip(GRID, degrees(cell[2] for cell in GRID), strict=True)
        ]
        keep_cells(session, row, cells, ORIGIN, "operator", at(5))
        [(lon, lat)] = degrees([(4_500, 4_800)])
        village = NewVillage("v1", tree.by_code[OTHER_TOWN].id, "沙村", "Sha", lon, lat)
        keep_villages(session, row, [village], ORIGIN, "operator", at(5))
    return world


def look(
    world: World, place: str = DISTRICT, until: int | None = None, now: datetime | None = None
) -> CoveragePicture:
    with world.reading() as (session, tree):
        picture = coverage(session, Moment(tree, tree.by_code[place], 1, now or world.clock(), until))
    assert picture is not None
    return picture


def against(world: World, place: str = DISTRICT) -> StandardsPicture:
    with world.reading() as (session, tree):
        return standards(session, Moment(tree, tree.by_code[place], 1, world.clock()))


def test_people_within_a_walk_of_an_open_site_are_covered_whatever_town_they_live_in(land):
    picture = look(land)
    assert (picture.people, picture.covered, picture.uncovered) == (2_999, 2_400, 599)
    assert picture.overlap == 500
    assert (picture.sites, picture.unplaced, picture.unknown_cells) == (4, 1, 1)
    towns = {town.place.code: (town.people, town.covered, town.sites) for town in picture.towns}
    # The cell c4 is the first town's, the site that serves it the other's.
    assert towns == {TOWN: (2_000, 2_000, 3), OTHER_TOWN: (999, 400, 1)}
    assert (picture.source, picture.synthetic, picture.by_network) == ("测试网格", True, False)


def test_a_town_says_what_its_district_says_of_it(land):
    whole, town = look(land), look(land, OTHER_TOWN)
    [of_town] = [found for found in whole.towns if found.place.code == OTHER_TOWN]
    assert (town.people, town.covered, town.sites) == (of_town.people, of_town.covered, of_town.sites)
    assert town.towns == (of_town,)
    assert [c.persons for c in town.clusters] == [c.persons for c in whole.clusters]
    assert look(land, "S4").place.code == OTHER_TOWN


def test_the_uncovered_are_merged_and_called_by_their_village(land):
    picture = look(land)
    assert [(cell.persons, cell.town_code, cell.half_km) for cell in picture.cells] == [
        (350, OTHER_TOWN, 0.25), (150, OTHER_TOWN, 0.25),
    ]  # fmt: skip
    [cluster] = picture.clusters
    assert (cluster.number, cluster.persons, cluster.cells) == (1, 500, 2)
    assert (cluster.name, cluster.name_en, cluster.direction) == ("沙村", "Sha", Direction.NORTH)
    assert cluster.town is not None
    assert cluster.nearest is not None
    assert (cluster.town.code, cluster.nearest.code) == (OTHER_TOWN, "S4")
    assert cluster.metres == pytest.approx(5_148, abs=5)
    assert sum(map(len, picture.reach)) > 3 * 40


def test_coverage_follows_the_hours_in_which_sites_are_open(land):
    picture = look(land)
    told = [(land.tree().campaign.local(hour.start).hour, hour.sites, hour.covered) for hour in picture.hours]
    # S2 is open from 7 to 12 and from 13 to 18, S3 from half past 8 to half past 11.
    assert told == [(6, 2, 2_100), (7, 3, 2_100), (8, 4, 2_400), (12, 2, 2_100), (13, 3, 2_100), (18, 2, 2_100)]
    assert look(land, until=0).covered == 2_100
    assert look(land, until=0).hour == at(6)
    assert look(land, now=at(20)).covered == 2_100
    assert (look(land, now=at(5, 30)).sites, look(land, now=at(23)).sites) == (2, 2)


def test_a_site_that_moves_takes_its_people_along_from_then_on(land):
    land.clock.to(at(10, 30))
    stand(land, {"S3": (4_700, 5_500)})
    picture = look(land, now=at(11))
    assert (picture.covered, [cluster.persons for cluster in picture.clusters]) == (2_600, [300])
    assert look(land, until=3).covered == 2_400
    told = [(land.tree().campaign.local(hour.start).hour, hour.covered) for hour in picture.hours]
    assert told[:5] == [(6, 2_100), (7, 2_100), (8, 2_400), (10, 2_600), (12, 2_100)]


def test_with_roads_people_walk_along_them(land):
    ends = degrees([(-500, 0), (700, 0), (700, 0), (3_200, 900), (-100, 3_000), (100, 3_100)])
    roads = np.array([(*a, *b) for a, b in zip(ends[::2], ends[1::2], strict=True)])
    with land.database.write() as session:
        keep_roads(session, campaigns.lock(session, land.id), roads, ORIGIN, "operator", at(5))
    picture = look(land)
    assert picture.by_network
    # Whoever lives at c3 has the site before the door, and no road within the walk.
    assert {town.place.code: town.covered for town in picture.towns} == {TOWN: 1_700, OTHER_TOWN: 400}
    # Where there is no road, a new site serves the cell it stands in.
    assert [cluster.persons for cluster in picture.clusters] == [350, 300, 150]
    assert len(picture.reach) == 3


def test_without_a_grid_nobody_knows_and_that_is_not_zero(world: World, api: Api):
    stand(world, WHERE)
    with world.reading() as (session, tree):
        assert coverage(session, Moment(tree, tree.by_code[DISTRICT], 1, at(9))) is None
    assert api.get("coverage").status_code == 404
    assert api.get("standards").get_json()["sites"] == 5


def test_the_interface_tells_coverage_of_the_callers_place(land, api: Api):
    told = api.get("coverage").get_json()
    assert (told["people"], told["covered"], told["metres"]) == (2_999, 2_400, 800)
    assert told["clusters"][0]["village"] == "沙村"
    assert told["hours"][0]["since"] == "2021-06-06T06:00:00+08:00"
    assert api.get("coverage", "town").get_json()["people"] == 2_000
    assert api.get(f"coverage?scope={OTHER_TOWN}", "town").status_code == 403
    assert api.get("coverage", "site").status_code == 403


def test_a_site_is_held_against_what_it_has_and_who_lives_nearest(land, api: Api):
    assert not against(land).breaches
    assert api.post("standards", {"standard": "site_people", "limit": 800}).get_json()["unchanged"] is False
    assert [(b.site.place.code, b.value) for b in against(land).breaches] == [("S1", 1_000), ("S4", 900)]
    assert [b.site.place.code for b in against(land, OTHER_TOWN).breaches] == ["S4"]
    assert api.post("standards", {"standard": "site_metres", "limit": 800}).status_code == 200
    far = [b for b in against(land).breaches if b.standard.key is Key.SITE_METRES]
    # c8 is nearest to the mobile S3, of which no walk is asked; c6 and c7 are 5 km from S4.
    assert [b.site.place.code for b in far] == ["S4"]
    assert far[0].site.nearby == 1_100


def test_a_standard_is_switched_by_whom_it_is_for_and_every_change_is_on_the_audit(land, api: Api):
    before = land.revision()
    done = api.post("standards", {"standard": "lane_people", "limit": 500, "seen": 0})
    assert (done.status_code, done.get_json()["revision"]) == (200, before + 1)
    again = api.post("standards", {"standard": "lane_people", "limit": 500, "seen": 0}).get_json()
    assert again == {"unchanged": True, "revision": before + 1}
    line = land.audits()[-1]
    assert (line.action, line.details) == (
        "standards.set", {"standard": "lane_people", "before": 0, "limit": 500, "source": "003"},
    )  # fmt: skip
    told = {one["standard"]: one["limit"] for one in api.get("standards").get_json()["standards"]}
    assert (told["lane_people"], told["lane_day"], told["site_day"]) == (500, 1_200, 0)
    # Somebody who still sees it off is told.
    refused = api.post("standards", {"standard": "lane_people", "limit": 1_000, "seen": 0})
    assert refused.status_code == 409
    assert "500" in refused.get_json()["errors"][0]["message"]
    assert api.post("standards", {"standard": "lane_people", "limit": 0}).status_code == 200
    with land.database.read() as session:
        assert "lane_people" not in campaigns.find(session, land.id).settings


@pytest.mark.parametrize("who", ["town", "site", "reader"])
def test_a_standard_of_all_sites_is_not_one_towns_to_switch(land, api: Api, who):
    assert api.post("standards", {"standard": "site_day", "limit": 2_500}, who).status_code == 403
    assert not [line for line in land.audits() if line.action == "standards.set"]


@pytest.mark.parametrize("body", [{}, {"standard": "all", "limit": 1}, {"standard": "site_day", "limit": -5}])
def test_what_is_no_standard_is_told(land, api: Api, body):
    assert api.post("standards", body).status_code == 400


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_draws_every_panel(land, language):
    snapshots = Snapshots(land.database, {"standards": PAGES["standards"]}, land.clock)
    shown = snapshots.version(land.id)
    drawn = snapshots.get(land.id, "standards", DISTRICT, language, shown.number)
    assert isinstance(drawn, bytes)
    page = decompress(drawn).decode()
    assert "panel-error" not in page
    for said in ("coverage-towns", "coverage-day", "breaches", "80.0%"):
        assert said in page
