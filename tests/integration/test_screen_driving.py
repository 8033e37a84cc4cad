"""Briefing screens driven: turned over, held, jumped to a town, frozen, replayed, by one person at a time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, World, assert_problem, at, row
from screen_kit import at_once, drive, inside, joined, keeper, picture

from data.models import CampaignRow, ScreenFreeze, ScreenPicture
from domain.screen_driving import FROZEN_FOR, IDLE

__all__ = ["at_once", "keeper"]


def test_the_person_who_briefs_turns_scenes_over(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    leader = api.signed_in("leader")
    device.state(scene="wall-flow")
    assert drive(api, leader, number, "next").json == {"told": 1}
    state = device.state()
    assert (state["mode"], state["scene"], state["order"]) == ("rotate", "wall-labs", 1)
    drive(api, leader, number, "hold")
    state = device.state(scene="wall-labs")
    assert (state["mode"], state["scene"]) == ("hold", "wall-labs")
    drive(api, leader, number, "jump", scene="wall-map")
    assert device.state()["scene"] == "wall-map"
    api.world.clock.now += IDLE
    state = device.state()
    assert (state["mode"], state["scene"], state["controller"]) == ("rotate", None, None)


def test_a_screen_jumps_to_a_town_and_its_pictures_are_the_towns(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "town", place=TOWN)
    state = device.state()
    assert (state["place"], f"place={TOWN}" in state["query"]) == (TOWN, True)
    assert device.scene("wall-progress", state).status_code == 200
    assert_problem(drive(api, keeper, number, "town", place="nowhere"), 404)
    drive(api, keeper, number, "release")
    assert device.state()["place"] == DISTRICT


def test_one_drives_at_a_time(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    leader = api.signed_in("leader")
    drive(api, leader, number, "hold")
    assert_problem(drive(api, keeper, number, "next"), 409)
    assert drive(api, keeper, number, "next", take=True).status_code == 200
    assert_problem(drive(api, leader, number, "next"), 409)
    assert device.state()["mode"] == "hold"


def test_a_press_that_is_sent_twice_counts_once(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    body = {"key": "one press", "do": "next", "screens": [number]}
    told = [keeper.post(inside(api, "/drive"), body).json["told"] for _ in range(2)]
    assert told == [1, 0]
    assert device.state()["order"] == 1


def test_several_screens_obey_together_or_not_at_all(api: Api, keeper: SignedIn):
    one, first = joined(api, keeper, name="一")
    two, second = joined(api, keeper, name="二", scenes=["wall-labs"])
    assert_problem(drive(api, keeper, [one, two], "jump", scene="wall-map"), 400)
    assert (first.state()["order"], second.state()["order"]) == (0, 0)
    assert drive(api, keeper, [one, two], "jump", scene="wall-labs").json == {"told": 2}


@pytest.mark.parametrize("screens", [[], "all", [0], [True], ["1"], None, [1.5], [1 << 40]])
def test_a_command_for_no_screen_is_refused(api: Api, keeper: SignedIn, screens: object):
    answer = keeper.post(inside(api, "/drive"), {"key": "k", "do": "next", "screens": screens})
    assert_problem(answer, 400)


def test_frozen_screens_show_one_version_whatever_is_reported_since(api: Api, keeper: SignedIn):
    world = api.world
    world.send(row("S1", 8, 120))
    one, first = joined(api, keeper, name="一", scenes=["wall-progress", "wall-labs"])
    two, second = joined(api, keeper, name="二", scenes=["wall-progress"])
    assert drive(api, keeper, [one, two], "freeze").json == {"told": 2}
    state = first.state()
    assert (state["mode"], state["pinned"]) == ("frozen", second.state()["pinned"])
    assert state["frozen_by"]
    assert state["frozen_at"] == "2021-06-06T10:30:00+08:00"
    frozen = picture(first.scene("wall-progress", state))
    world.send(row("S4", 9, 77))
    world.clock.advance(minutes=20)
    assert picture(first.scene("wall-progress")) == frozen
    assert picture(second.scene("wall-progress")) == frozen
    assert frozen["version"] == state["pinned"]
    drive(api, keeper, [one, two], "release")
    thawed = first.state()
    assert (thawed["mode"], thawed["pinned"], thawed["frozen_by"]) == ("rotate", None, None)
    assert picture(first.scene("wall-progress", thawed))["version"] != frozen["version"]


def test_what_was_frozen_outlives_the_worker(api: Api, keeper: SignedIn, world: World):
    import config
    from app import create_app

    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "freeze")
    frozen = picture(device.scene("wall-progress"))
    world.send(row("S4", 9, 77))
    world.clock.advance(minutes=5)
    again = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    secret = next(c.value for c in device.client._cookies.values() if c.key == "screen")
    device.client = again.server.test_client()
    device.client.set_cookie("screen", secret, path="/screen")
    assert device.state()["mode"] == "frozen"
    assert picture(device.scene("wall-progress")) == frozen


def test_frozen_lifts_itself_and_its_pictures_go_with_the_next(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "freeze")
    api.world.clock.now += FROZEN_FOR + timedelta(seconds=1)
    assert device.state()["mode"] == "rotate"
    drive(api, keeper, number, "freeze")
    assert (api.world.count(ScreenFreeze), api.world.count(ScreenPicture)) == (1, 1)
    assert device.state()["mode"] == "frozen"


def test_a_town_on_the_screen_is_frozen_as_that_town(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "town", place=TOWN)
    drive(api, keeper, number, "freeze")
    state = device.state()
    assert (state["mode"], state["place"]) == ("frozen", TOWN)
    assert device.scene("wall-progress", state).status_code == 200
    assert_problem(drive(api, keeper, number, "town", place=OTHER_TOWN), 409)


def test_a_replay_shows_the_day_hour_by_hour_and_then_the_present(api: Api, keeper: SignedIn):
    world = api.world
    for hour in (7, 8, 9):
        world.send(row("S1", hour, 100))
    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "replay", pace=5)
    hours = []
    for _ in range(5):
        state = device.state()
        hours.append(state["hour"] and state["hour"][11:16])
        assert device.scene("wall-progress", state).status_code == 200
        world.clock.advance(seconds=5)
    assert hours == ["06:00", "07:00", "08:00", "09:00", None]
    assert device.state()["mode"] == "rotate"


def test_before_the_first_period_is_over_there_is_no_day_to_replay(api: Api, keeper: SignedIn):
    number, _ = joined(api, keeper)
    api.world.clock.to(at(6, 30))
    assert_problem(drive(api, keeper, number, "replay"), 409)


def test_what_was_frozen_in_a_day_begun_anew_is_shown_no_more(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress"])
    drive(api, keeper, number, "freeze")
    assert device.state()["mode"] == "frozen"
    with api.world.database.write() as session:
        # As the demonstration does it.
        for table in (ScreenPicture, ScreenFreeze):
            session.execute(sa.delete(table).where(table.campaign_id == api.world.id))
        session.get(CampaignRow, api.world.id).epoch = "another"
    state = device.state()
    assert (state["mode"], state["pinned"], state["epoch"]) == ("rotate", None, "another")
    assert device.scene("wall-progress", state).status_code == 200
