"""Suggestions on both databases: places that reach most people, crews to move, nothing applied by itself."""

import json
from math import cos, radians
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from kit import DISTRICT, OPERATOR, OTHER_TOWN, TOWN, Api, World, assert_problem, at, iso, row

from data import campaigns
from data.ingest.areas import NewCell, NewVillage, Origin, keep_cells, keep_roads, keep_villages
from data.models import PlannedSite
from data.queries.moment import Moment
from data.queries.suggestions import answered, suggestions
from domain.suggestions import Candidates, Method, Question, SuggestionPicture, Unit
from views import draw_all
from views import suggestions as page

LON, LAT = 112.9, 23.15
KM_LON, KM_LAT = 1 / (111.32 * cos(radians(LAT))), 1 / 110.77

PLACED = (("S1", 0.0, 0.0), ("S2", 0.3, 0.0), ("S4", 0.0, 6.0))
"""Sites in kilometres east and north."""

CELLS = (
    # Round the sites, covered.
    ("a", TOWN, 0.0, 0.2, 900.0), ("b", OTHER_TOWN, 0.0, 6.1, 700.0),
    # Two villages nobody reaches, three kilometres apart; the nearer one is larger.
    ("c", TOWN, 3.0, 0.0, 400.0), ("d", TOWN, 3.5, 0.0, 500.0), ("e", TOWN, 4.0, 0.0, 300.0),
    ("f", OTHER_TOWN, 3.0, 6.0, 350.0), ("g", OTHER_TOWN, 3.5, 6.0, 250.0),
    # Nobody knows how many live here; nobody lives there.
    ("h", TOWN, 8.0, 0.0, None), ("i", TOWN, 9.0, 0.0, 0.0),
)  # fmt: skip


def degrees(east: float, north: float) -> tuple[float, float]:
    return LON + east * KM_LON, LAT + north * KM_LAT


@pytest.fixture
def grid(world: World) -> World:
    """Half past ten on a campaign with a population grid and two villages beside empty land."""
    world.clock.to(at(5))
    where = {code: degrees(east, north) for code, east, north in PLACED}
    towns = {"S1": TOWN, "S2": TOWN, "S4": OTHER_TOWN}
    lanes = {"S1": 2, "S2": 4, "S4": 3}
    result = world.set_places(
        *({"district": DISTRICT, "town": towns[code], "site": code, "lon": lon, "lat": lat, "lanes": lanes[code]}
          for code, (lon, lat) in where.items())
    )  # fmt: skip
    assert not result.rejected
    tree = world.tree()
    cells = [
        NewCell(code, tree.by_code[town].id, *degrees(east, north), people, 500.0)
        for code, town, east, north, people in CELLS
    ]
    villages = [
        NewVillage("v1", tree.by_code[TOWN].id, "东村", "Dong", *degrees(3.4, -0.6), rough=True),
        NewVillage("v2", tree.by_code[OTHER_TOWN].id, "北村", "Bei", *degrees(3.2, 6.1)),
    ]
    with world.database.write() as session:
        campaign = campaigns.lock(session, world.id)
        keep_cells(session, campaign, cells, Origin("cells", "model", synthetic=True), OPERATOR.name, at(5), at(5))
        keep_villages(session, campaign, villages, Origin("villages", "list"), OPERATOR.name, at(5), at(5))
    world.clock.to(at(10, 30))
    return world


def look(world: World, question: Question | None = None, place: str = DISTRICT) -> SuggestionPicture:
    with world.reading() as (session, tree):
        moment = Moment(tree, tree.by_code[place], world.revision(), world.clock())
        return suggestions(session, moment) if question is None else answered(session, moment, question)


def drawn(world: World, place: str = DISTRICT, language: str = "zh") -> str:
    with world.reading() as (session, tree):
        moment = Moment(tree, tree.by_code[place], world.revision(), world.clock())
        return json.dumps(
            draw_all(page.PAGE, session, moment, language),
            default=lambda part: part.to_plotly_json(),
            ensure_ascii=False,
        )


def tell_queues(world: World) -> None:
    """S1 has a queue of 48 minutes; at S2 beside it four lanes have little to do."""
    world.send(
        row("S1", 9, 200, tubes=20, queue_minutes=48, lanes_open=2),
        row("S2", 9, 80, tubes=8, queue_minutes=2, lanes_open=4),
        row("S4", 9, 90, tubes=9, queue_minutes=5, lanes_open=3),
    )


def test_the_first_places_are_where_most_people_have_no_site(grid: World):
    picture = look(grid)
    assert picture.sites is not None
    assert picture.coverage is not None
    first, second = picture.sites.picks
    # In the middle of c, d and e; then of f and g.
    assert (first.gained, second.gained) == (1200, 600)
    assert first.town is not None
    assert first.town.code == TOWN
    assert first.nearest is not None
    assert first.nearest.code == "S2"
    assert first.metres == pytest.approx(3200, rel=0.01)
    assert (first.lanes, first.hours) == (1, 12.0)
    assert picture.sites.method is Method.EXACT
    assert picture.sites.gap == 0.0
    assert picture.coverage.covered + picture.sites.gained == picture.coverage.people


def test_a_site_more_covers_what_was_promised(grid: World):
    before = look(grid)
    assert before.sites is not None
    assert before.coverage is not None
    pick = before.sites.picks[0]
    result = grid.set_places({"district": DISTRICT, "town": TOWN, "site": "S9", "lon": pick.lon, "lat": pick.lat})
    assert not result.rejected
    after = look(grid)
    assert after.sites is not None
    assert after.coverage is not None
    assert after.coverage.covered == before.coverage.covered + pick.gained
    assert [p.gained for p in after.sites.picks] == [600]


def test_along_roads_a_site_more_covers_what_was_promised_too(grid: World):
    ends = [((0.0, 0.0), (3.0, 0.0)), ((3.0, 0.0), (3.5, 0.0)), ((3.5, 0.0), (3.5, 0.6)), ((3.5, 0.6), (4.0, 0.0))]
    edges = np.array([(*degrees(*start), *degrees(*end)) for start, end in ends])
    with grid.database.write() as session:
        campaign = campaigns.lock(session, grid.id)
        keep_roads(session, campaign, edges, Origin("roads", "survey"), OPERATOR.name, at(5), at(5))
    before = look(grid)
    assert before.sites is not None
    assert before.coverage is not None
    assert before.coverage.by_network
    pick = before.sites.picks[0]
    # The way from d to e is a detour of more than the walk, and no road leads to the other village.
    assert (len(before.sites.picks), pick.gained) == (2, 900)
    assert not grid.set_places(
        {"district": DISTRICT, "town": TOWN, "site": "S9", "lon": pick.lon, "lat": pick.lat}
    ).rejected
    after = look(grid)
    assert after.coverage is not None
    assert after.coverage.covered == before.coverage.covered + pick.gained


def test_villages_are_candidates_with_their_names(grid: World):
    picture = look(grid, Question(candidates=Candidates.VILLAGES))
    assert picture.sites is not None
    assert [(p.village, p.rough) for p in picture.sites.picks] == [("东村", True), ("北村", False)]
    assert picture.sites.looked_at == 2
    assert picture.offered == (Candidates.VILLAGES, Candidates.CELLS)


def test_a_town_asks_for_its_own_people(grid: World):
    picture = look(grid, Question(count=1), OTHER_TOWN)
    assert picture.sites is not None
    assert [p.gained for p in picture.sites.picks] == [600]


def test_a_closed_site_is_no_site(grid: World):
    assert look(grid, Question(count=1)).sites.gained == 1200  # type: ignore[union-attr]
    # In the evening S2 has closed; S1 reaches the same people, and is now the nearest.
    grid.clock.to(at(21, 30))
    picture = look(grid, Question(count=1))
    assert picture.sites is not None
    assert picture.sites.picks[0].nearest is not None
    assert picture.sites.picks[0].nearest.code == "S1"


def test_without_a_grid_the_page_says_what_is_missing(world: World):
    picture = look(world)
    assert (picture.sites, picture.coverage, picture.offered) == (None, None, ())
    assert "没有人口网格" in drawn(world)
    assert not look(world).queues_known


def test_crews_go_to_the_queue_beside_them(grid: World):
    tell_queues(grid)
    picture = look(grid)
    assert picture.queues_known
    (move,) = picture.moves
    assert (move.source.place.code, move.target.place.code, move.teams) == ("S2", "S1", 2)
    assert move.metres == pytest.approx(300, abs=5)
    assert move.queue_after == 24
    said = drawn(grid)
    assert "【调动建议，未下达】" in said
    assert "排队 48 分钟" in said


def test_a_suggestion_is_not_applied_by_itself(grid: World):
    tell_queues(grid)
    before = grid.revision()
    look(grid)
    drawn(grid)
    assert grid.revision() == before


def test_a_place_put_on_the_planning_list_says_so(grid: World, api: Api):
    body = next(put for put in puts(drawn(grid)) if put["town"] == TOWN)
    assert (body["source"], body["kind"], body["lanes"]) == ("suggestion", "fixed", 1)
    for _ in range(2):
        assert api.post("planning", body).status_code == 200
    with grid.database.read() as session:
        (planned,) = session.scalars(sa.select(PlannedSite).filter_by(campaign_id=grid.id))
    picture = look(grid)
    assert picture.sites is not None
    assert [pick.planned for pick in picture.sites.picks] == [planned.number, None]
    assert f"已列入规划 {planned.number} 号" in drawn(grid)
    # It is a wish: coverage is what it was.
    assert picture.sites.picks[0].gained == 1200


def puts(said: str) -> list[dict[str, Any]]:
    """What the buttons of a drawn page would send."""
    found: list[dict[str, Any]] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "data-put" in part:
                found.append(json.loads(part["data-put"]))
            for below in part.values():
                walk(below)
        elif isinstance(part, list):
            for below in part:
                walk(below)

    walk(json.loads(said))
    return found


def test_the_answer_of_the_endpoint(grid: World, api: Api):
    tell_queues(grid)
    body = api.get("suggestions?k=1&kind=team").get_json()
    assert (body["kind"], body["k"], body["method"], body["gap"], body["gained"]) == ("team", 1, "exact", 0.0, 1200)
    (pick,) = body["picks"]
    assert pick["sampled"] == 1150  # eleven and a half hours at a hundred
    assert [(move["source"], move["target"], move["teams"]) for move in body["moves"]] == [("S2", "S1", 2)]
    assert body["drawn"] is None
    assert api.get("suggestions?draw=1").get_json()["drawn"]


def test_the_hour_looked_back_at(grid: World, api: Api):
    tell_queues(grid)
    hour = iso(8).replace("+", "%2B")
    body = api.get(f"suggestions?hour={hour}").get_json()
    assert body["moves"] == []  # nobody had told a queue by then
    assert body["gained"] == 1800
    assert_problem(api.get("suggestions?hour=2021-06-06T08:17:00%2B08:00"), 400)
    assert_problem(api.get("suggestions?hour=never"), 400)


@pytest.mark.parametrize("asked", ["k=0", "k=11", "k=x", "kind=tent", "candidates=moon"])
def test_a_question_that_makes_no_sense_is_refused(grid: World, api: Api, asked: str):
    assert_problem(api.get(f"suggestions?{asked}"), 400)


def test_a_question_asked_again_is_not_solved_again(grid: World, monkeypatch: pytest.MonkeyPatch):
    look(grid, Question(Unit.SITE, 2))

    def never(*_: object) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr("data.queries.suggestions.best_sites", never)
    grid.send(row("S1", 8, 10))
    picture = look(grid, Question(Unit.TEAM, 2))
    assert picture.sites is not None
    assert picture.sites.gained == 1800
