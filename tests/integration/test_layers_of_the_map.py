"""The layers of the map on both databases: the values of the hour, of an hour before, and the drawer of one site."""

import gzip
import json
from typing import Any

import pytest
from kit import DISTRICT, TOWN, Api, SetClock, World, at, iso, row
from tube_kit import code, event, set_labs, tell

from data.queries.map_layers import clock as hours_of
from data.queries.map_layers import layers
from data.queries.moment import Moment
from domain.duty import State
from domain.map_layers import LayerPicture, SiteLayers
from domain.status import Severity


def picture(world: World, place: str = DISTRICT, hour: int | None = None) -> LayerPicture:
    """The layers now, or as they stood at the end of the local hour that begins at `hour`."""
    with world.reading() as (session, tree):
        until = tree.campaign.period_of(at(hour)) if hour is not None else None
        return layers(session, Moment(tree, tree.by_code[place], world.revision(), world.clock(), until))


def site(world: World, code: str = "S1", hour: int | None = None) -> SiteLayers:
    return next(one for one in picture(world, hour=hour).rows if one.place.code == code)


@pytest.fixture
def day(world: World, clock: SetClock) -> World:
    """S1 and S4 report two hours; three tubes of S1 are used, one is collected; S1 stands on the map."""
    set_labs(world)
    clock.to(at(6))
    placed = {"district": DISTRICT, "town": TOWN, "site": "S1", "target": 1000, "lon": 112.9, "lat": 23.2}
    assert not world.set_places(placed).rejected
    clock.to(at(9, 5))
    assert not world.send(
        row("S1", 7, 400, tubes=40, queue_minutes=12, lanes_open=4),
        row("S4", 7, 90, tubes=9, queue_minutes=40, lanes_open=3),
        row("S1", 8, 480, tubes=48, queue_minutes=31, lanes_open=4),
        row("S4", 8, 60, tubes=6),
    ).rejected
    assert not tell(
        world, event(code(1), "sampled", 7, 10), event(code(2), "sampled", 7, 40), event(code(3), "sampled", 8, 30),
        event(code(1), "collected", 8, 20, box="B1"),
    ).rejected  # fmt: skip
    clock.to(at(9, 20))
    return world


def test_the_hour_at_the_stamp_fills_the_layers(day: World):
    s1 = site(day)
    assert (s1.queue_minutes, s1.queue_severity) == (31, Severity.CRIT)
    assert (s1.lanes, s1.load, s1.load_severity) == (4, 120.0, Severity.CRIT)
    assert (s1.waiting, s1.oldest_minutes, s1.waiting_severity) == (2, 100, Severity.WARN)
    assert (s1.state, s1.state_severity, s1.persons) == (State.ON_TIME, Severity.OK, 880)
    s4 = site(day, "S4")
    assert (s4.queue_minutes, s4.load, s4.queue_severity, s4.load_severity) == (None, None, None, None)
    assert (s4.waiting, s4.oldest_minutes, s4.waiting_severity) == (0, None, Severity.OK)
    assert site(day, "S2").missing


def test_an_hour_before_is_shown_as_it_stood_at_its_end(day: World):
    s1 = site(day, hour=7)
    assert (s1.queue_minutes, s1.load, s1.persons) == (12, 100.0, 400)
    assert (s1.waiting, s1.oldest_minutes) == (2, 50)
    assert site(day, "S4", hour=7).queue_minutes == 40


def test_sites_without_coordinates_are_on_no_map_and_in_every_row(day: World):
    shown = picture(day)
    assert [place.code for place in shown.unplaced] == ["S2", "S3", "S4", "S5"]
    assert [one.place.code for one in shown.rows] == ["S1", "S2", "S3", "S4", "S5"]
    assert [one.place.code for one in picture(day, TOWN).rows] == ["S1", "S2", "S3"]


def test_nothing_is_known_of_tubes_where_none_was_scanned(world: World):
    s1 = site(world)
    assert (s1.waiting, s1.oldest_minutes, s1.waiting_severity) == (None, None, None)


def test_a_catch_up_says_the_mean_load_of_its_hours(world: World, clock: SetClock):
    clock.to(at(10, 20))
    catch_up = row("S1", 7, 900, lanes_open=3) | {"hours": 3}
    assert not world.send(catch_up).rejected
    assert site(world).load == 100.0


def test_open_problems_stand_at_their_site_and_only_from_when_they_were_opened(api: Api, day: World, clock: SetClock):
    clock.to(at(9, 30))
    answer = api.post("problems", {"key": "p1", "kind": "network_down", "effect": "stopped"}, "site")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    clock.to(at(11))
    s1 = site(day)
    assert (s1.problems, s1.overdue, s1.problem_severity) == (1, 1, Severity.CRIT)
    assert site(day, hour=8).problems == 0
    then = site(day, hour=9)
    assert (then.problems, then.overdue, then.problem_severity) == (1, 0, Severity.OK)


def test_the_slider_knows_every_hours_reports_whatever_hour_is_looked_at(day: World):
    with day.reading() as (session, tree):
        place = tree.by_code[DISTRICT]
        now = hours_of(session, Moment(tree, place, 0, day.clock()))
        then = hours_of(session, Moment(tree, place, 0, day.clock(), 0))
    assert [h.tally for h in now.hours] == [h.tally for h in then.hours]
    assert then.hour == tree.campaign.start_of(0)
    assert [h.period for h in now.day if now.past(h)] == [0, 1, 2]


def drawer(api: Api, world: World, place: str, role: str = "town", **asked: str) -> Any:
    minute = int(world.clock().timestamp()) // 60
    address = f"/map-sites/{world.id}/{place}/zh/{world.revision()}-{minute}"
    answer = api.signed_in(role).get(address, query_string=asked)
    return answer


def test_the_drawer_shows_the_hour_that_is_looked_at(api: Api, day: World):
    now = drawer(api, day, "S1")
    assert now.status_code == 200
    words = json.dumps(json.loads(gzip.decompress(now.data)), ensure_ascii=False)
    assert "31分" in words
    assert "data-figure" in words
    then = drawer(api, day, "S1", hour=iso(7))
    words = json.dumps(json.loads(gzip.decompress(then.data)), ensure_ascii=False)
    assert "12分" in words
    assert "31分" not in words


def test_the_drawer_of_another_towns_site_is_not_served(api: Api, day: World):
    assert drawer(api, day, "S4").status_code in (403, 404)
