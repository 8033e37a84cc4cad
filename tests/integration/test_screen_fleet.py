"""The fleet of briefing screens: what they say of themselves, who may do what to them, and its two pages."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from kit import OTHER_TOWN, TOWN, Api, SignedIn, assert_problem, row
from screen_kit import SIZE, at_once, drive, inside, joined, keeper, listed, make, picture
from werkzeug.test import TestResponse

from data.models import Audit, ScreenContact

__all__ = ["at_once", "keeper"]


# -- what screens say of themselves


def test_the_fleet_shows_what_a_screen_says(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    state = device.state()
    now = api.world.clock()
    ms = int(now.timestamp() * 1000)
    device.state(size="6656x1792", version=f"{state['revision']}-{state['minute']}", scene="wall-map", clock=ms,
                 loaded=ms - 3_600_000, software=state["software"], data="2021-06-06T10:00:00+08:00", state="live",
                 heap=212, drawn=140, drops=2)  # fmt: skip
    said = listed(api, keeper)[number]
    assert (said["width"], said["height"], said["scene"], said["troubles"]) == (6656, 1792, "wall-map", [])
    assert (said["heap_mb"], said["drawn_ms"], said["drops"], said["clock_off"]) == (212, 140, 2, 0.0)
    assert said["data_until"] == "2021-06-06T10:00:00+08:00"
    assert said["last_contact"] == "2021-06-06T10:30:00+08:00"


@pytest.mark.parametrize(
    "said",
    [{"size": "x"}, {"size": "99999999x1"}, {"clock": "-1"}, {"clock": "9" * 40}, {"version": "9" * 30 + "-1"},
     {"data": "yesterday"}, {"data": "2021-06-06T10:00:00"}, {"heap": "many"}, {"scene": "x" * 500},
     {"software": "<script>" * 50}, {"loaded": "1"}, {"state": "￿" * 99}],
)  # fmt: skip
def test_rubbish_from_a_screen_is_not_said_and_breaks_nothing(api: Api, keeper: SignedIn, said: dict[str, str]):
    number, device = joined(api, keeper)
    device.state(**said)
    assert listed(api, keeper)[number]["number"] == number
    assert keeper.get(f"/panels/{api.world.id}/screens?lang=zh").status_code == 200


def test_a_silent_screen_is_late_and_then_lost(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    assert listed(api, keeper)[number]["last_contact"] is None
    device.state(size=SIZE)
    for seconds, expected in ((15, []), (1, ["late"]), (45, ["lost"])):
        api.world.clock.advance(seconds=seconds)
        assert [one["trouble"] for one in listed(api, keeper)[number]["troubles"]] == expected
    device.state(size=SIZE)
    assert listed(api, keeper)[number]["troubles"] == []


def test_old_software_and_a_wrong_clock_are_seen(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    fast = int((api.world.clock().timestamp() + 192) * 1000)
    device.state(software="2.3.1", clock=fast)
    said = listed(api, keeper)[number]
    assert [one["trouble"] for one in said["troubles"]] == ["clock", "old_software"]
    assert said["clock_off"] == 192.0


def test_an_older_word_does_not_replace_a_newer_one(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    device.state(scene="wall-map")
    assert listed(api, keeper)[number]["scene"] == "wall-map"
    # Another worker's word from before comes to the table late.
    api.world.clock.advance(seconds=-4)
    device.state(scene="wall-labs")
    assert listed(api, keeper)[number]["scene"] == "wall-map"
    assert api.world.count(ScreenContact) == 1


def test_a_reload_is_wished_until_the_screen_was_loaded_since(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    before = int(api.world.clock().timestamp() * 1000)
    assert device.state(loaded=before, clock=before)["reload"] is False
    api.world.clock.advance(seconds=10)
    assert keeper.post(inside(api, "/reload"), {"screens": [number]}).json == {"told": 1}
    now = int(api.world.clock().timestamp() * 1000)
    assert device.state(loaded=before, clock=now)["reload"] is True
    # A screen whose clock is an hour fast was not loaded in the future.
    assert device.state(loaded=before + 3_600_000, clock=now + 3_600_000)["reload"] is True
    api.world.clock.advance(seconds=5)
    assert device.state(loaded=now + 1000, clock=now + 5000)["reload"] is False
    assert device.state()["reload"] is False


# -- who may


def test_changing_a_screen_sends_it_back_to_its_rotation(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    drive(api, keeper, number, "town", place=TOWN)
    settings = {"name": "会商室", "place": TOWN, "scenes": ["wall-labs"], "seconds": 30, "language": "en",
                "bezel_px": 12}  # fmt: skip
    assert keeper.post(inside(api, f"/{number}"), settings).json["unchanged"] is False
    state = device.state()
    assert (state["name"], state["scenes"]) == ("会商室", ["wall-labs"])
    assert (state["seconds"], state["language"]) == (30, "en")
    assert (state["place"], state["mode"], state["bezel_px"]) == (TOWN, "rotate", 12)
    assert keeper.post(inside(api, f"/{number}"), settings).json["unchanged"] is True


def test_another_campaigns_screens_do_not_exist_here(api: Api, keeper: SignedIn, database, clock):
    from kit import make_world

    number, _ = joined(api, keeper)
    other = Api(api.client, make_world(database, clock))
    stranger = other.signed_in("district")
    assert listed(other, stranger) == {}
    assert_problem(stranger.post(inside(other, f"/{number}/revoke"), {}), 404)
    assert_problem(stranger.post(inside(api, f"/{number}/revoke"), {}), 403)
    assert_problem(drive(other, stranger, number, "next"), 404)


def test_a_keeper_of_one_town_sees_and_drives_its_screens_only(api: Api, keeper: SignedIn):
    whole, _ = joined(api, keeper, name="全区")
    own, _ = joined(api, keeper, name="本镇", place=TOWN)
    town = api.signed_in("district", TOWN)
    assert set(listed(api, town)) == {own}
    assert_problem(town.post(inside(api, f"/{whole}/revoke"), {}), 403)
    assert_problem(drive(api, town, whole, "next"), 403)
    assert_problem(town.post(inside(api), {"key": "k", "name": "x", "place": OTHER_TOWN}), 403)
    assert drive(api, town, own, "next").status_code == 200


def test_a_leader_drives_and_an_administrator_keeps(api: Api, keeper: SignedIn):
    number, _ = joined(api, keeper)
    leader, admin = api.signed_in("leader"), api.signed_in("administrator")
    assert_problem(leader.post(inside(api, f"/{number}/revoke"), {}), 403)
    assert_problem(leader.get(inside(api)), 403)
    assert_problem(drive(api, admin, number, "next"), 403)
    assert admin.post(inside(api, f"/{number}/revoke"), {}).status_code == 200


def test_who_did_what_to_which_screen_is_on_the_audit(api: Api, keeper: SignedIn):
    number, _ = joined(api, keeper)
    drive(api, keeper, number, "next")
    drive(api, keeper, number, "hold")
    keeper.post(inside(api, "/reload"), {"screens": [number]})
    keeper.post(inside(api, f"/{number}/revoke"), {})
    with api.world.database.read() as session:
        lines = session.scalars(sa.select(Audit).where(Audit.action.like("screen.%")).order_by(Audit.id)).all()
    # Turning over is no news.
    actions = [line.action for line in lines]
    assert actions == ["screen.create", "screen.join", "screen.drive", "screen.reload", "screen.revoke"]
    assert lines[2].details == {"screens": ["指挥中心主屏"], "do": "hold"}
    assert all(line.actor.startswith(keeper.login) for line in lines)


def test_nothing_about_screens_makes_a_new_revision(api: Api, keeper: SignedIn):
    before = api.world.revision()
    number, _ = joined(api, keeper)
    drive(api, keeper, number, "hold")
    assert api.world.revision() == before


# -- the pages


def said(tree: object) -> str:
    return json.dumps(tree, ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_fleet_page_tells_what_is_wrong_and_the_remote_what_is_on(api: Api, keeper: SignedIn, language: str):
    _, device = joined(api, keeper, name="乐平镇会议室")
    device.state(size=SIZE, scene="wall-flow")
    api.world.clock.advance(minutes=12)
    well, other = joined(api, keeper, name="会商室")
    other.state(size="1080x1920", scene="wall-map")
    make(api, keeper, name="南山镇指挥部")
    panels = keeper.get(f"/panels/{api.world.id}/screens?lang={language}&screen={well}&revoke={well}").json
    page = said(panels)
    for words in ("乐平镇会议室", "会商室", "南山镇指挥部", "1920×1080", "data-drive"):
        assert words in page
    assert ("12 分钟前" if language == "zh" else "12 min ago") in page
    assert ("撤销 会商室" if language == "zh" else "Revoke 会商室") in page
    assert "disabled" in said(panels["screens-list"])
    drive(api, keeper, well, "hold")
    remote = said(keeper.get(f"/panels/{api.world.id}/remote?lang={language}&screen={well}").json)
    assert "会商室" in remote
    assert "南山镇指挥部" not in remote
    assert ("恢复轮播" if language == "zh" else "Rotate again") in remote


def test_the_remote_says_how_many_sites_each_scene_is_about(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress", "wall-chain"])
    owing = picture(device.scene("wall-chain"))["number"]
    assert owing
    tiles = parts(keeper.get(f"/panels/{api.world.id}/remote?screen={number}").json, "data-scene")
    chain = [tile for tile in tiles if tile["data-drive"] == "jump"][1]
    assert [str(owing)] == [part["props"]["children"] for part in chain["children"][3:]]
    assert picture(device.scene("wall-progress"))["number"] is None


def parts(tree: object, attribute: str) -> list[dict[str, Any]]:
    """The properties of every part of a tree that has the attribute."""
    if isinstance(tree, list):
        return [found for part in tree for found in parts(part, attribute)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if attribute in tree else []
    return own + [found for part in tree.values() for found in parts(part, attribute)]


def test_the_picture_in_small_is_the_one_the_screen_shows(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper, scenes=["wall-progress", "wall-map"])

    def small(page: str, scene: str, who: SignedIn = keeper) -> TestResponse:
        return who.get(f"/panels/{api.world.id}/{page}/{number}/{scene}")

    shown = picture(device.scene("wall-progress"))
    assert picture(small("remote", "wall-progress")) == shown
    assert picture(small("screens", "wall-progress")) == shown
    assert_problem(small("screens", "wall-flow"), 404)
    drive(api, keeper, number, "freeze")
    api.world.send(row("S4", 9, 77))
    assert picture(small("remote", "wall-map")) == picture(device.scene("wall-map", device.state()))
    keeper.post(inside(api, f"/{number}/revoke"), {})
    assert_problem(small("screens", "wall-progress"), 404)


def test_an_administrator_is_not_offered_what_only_others_may(api: Api, keeper: SignedIn):
    joined(api, keeper)
    admin = api.signed_in("administrator")
    number = next(iter(listed(api, admin)))
    assert "data-drive" not in said(admin.get(f"/panels/{api.world.id}/screens?screen={number}").json)


def test_without_screens_both_pages_say_what_to_do(api: Api, keeper: SignedIn):
    assert "/screen" in said(keeper.get(f"/panels/{api.world.id}/screens?lang=zh").json)
    assert "还没有大屏" in said(keeper.get(f"/panels/{api.world.id}/remote?lang=zh").json)
