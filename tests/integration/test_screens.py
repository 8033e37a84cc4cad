"""Briefing screens as devices: joining, what one may ask, driving, freezing, revoking, and who may do all that."""

import gzip
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, World, assert_problem, at, row
from werkzeug.test import TestResponse

from api import screen_gate
from data.models import Audit, CampaignRow, ScreenContact, ScreenFreeze, ScreenPairing, ScreenPicture
from domain.screens import CODE_LIFE, FROZEN_FOR, IDLE, SCENES
from views import snapshots

SIZE = "1920x1080"


class Device:
    """A browser on a wall: no account, a cookie of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.client: FlaskClient = api.client.application.test_client()
        self.loaded = api.world.clock()

    def show_code(self) -> str:
        shown = self.client.post("/screen/code", json={})
        assert shown.status_code == 200
        return str(shown.json["code"])

    def type_code(self, code: object) -> TestResponse:
        return self.client.post("/screen/pair", json={"code": code})

    def ask(self, **said: object) -> TestResponse:
        return self.client.get("/screen/state", query_string=said)

    def state(self, **said: object) -> dict[str, Any]:
        answer = self.ask(**said)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def scene(self, slug: str, state: dict[str, Any] | None = None, query: str | None = None) -> TestResponse:
        state = state or self.state()
        number = state["pinned"] or f"{state['revision']}-{state['minute']}"
        asked = state["query"] if query is None else query
        return self.client.get(f"/screen/scene/{slug}/{number}?{asked}", follow_redirects=True)


def picture(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(json.loads(gzip.decompress(answer.data)))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is asked of the database, and nothing is written behind a test's back."""
    monkeypatch.setattr(snapshots, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "PUBLISH_SECONDS", 0.0)
    monkeypatch.setattr(screen_gate, "KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(screen_gate, "WRITE_SECONDS", 3600.0)


@pytest.fixture
def keeper(api: Api) -> SignedIn:
    return api.signed_in("district")


def inside(api: Api, rest: str = "") -> str:
    return f"/api/v1/campaigns/{api.world.id}/screens{rest}"


_keys = iter(range(1_000_000))


def make(api: Api, keeper: SignedIn, device: Device | None = None, **more: object) -> dict[str, Any]:
    """A screen; `device` has joined under its name."""
    body = {"key": f"screen {next(_keys)}", "name": "指挥中心主屏", "location": "区政府 3 楼大厅", **more}
    if device is not None:
        body["code"] = device.show_code()
    answer = keeper.post(inside(api), body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json)


def joined(api: Api, keeper: SignedIn, **more: object) -> tuple[int, Device]:
    device = Device(api)
    return make(api, keeper, device, **more)["number"], device


def drive(api: Api, who: SignedIn, numbers: int | list[int], do: str, **more: object) -> TestResponse:
    screens = [numbers] if isinstance(numbers, int) else numbers
    return who.post(inside(api, "/drive"), {"key": f"press {next(_keys)}", "do": do, "screens": screens, **more})


def listed(api: Api, keeper: SignedIn) -> dict[int, dict[str, Any]]:
    return {one["number"]: one for one in keeper.get(inside(api)).json}


# -- joining


def test_a_screen_shows_a_code_and_plays_once_somebody_has_typed_it(api: Api, keeper: SignedIn):
    device = Device(api)
    assert_problem(device.ask(), 401)
    code = device.show_code()
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{6}", code)
    assert_problem(device.ask(), 401)
    made = keeper.post(inside(api), {"key": "k", "name": "会商室", "code": f"{code[:3]}-{code[3:].lower()}"})
    assert made.json == {"number": made.json["number"], "unchanged": False, "code": None, "link": None,
                         "seconds": None}  # fmt: skip
    state = device.state()
    assert (state["name"], state["scenes"], state["mode"]) == ("会商室", list(SCENES), "rotate")
    assert (state["place"], state["place_name"], state["language"]) == (DISTRICT, "三水区", "zh")


def test_a_screen_can_be_opened_by_a_code_made_for_it(api: Api, keeper: SignedIn):
    made = make(api, keeper)
    assert made["link"] == f"http://localhost/screen?code={made['code']}"
    device = Device(api)
    assert device.type_code(made["code"]).json == {"joined": True}
    assert device.state()["number"] == made["number"]


def test_a_code_holds_once(api: Api, keeper: SignedIn):
    made = make(api, keeper)
    assert Device(api).type_code(made["code"]).status_code == 200
    assert_problem(Device(api).type_code(made["code"]), 404)
    shown = Device(api).show_code()
    assert keeper.post(inside(api), {"key": "a", "name": "a", "code": shown}).status_code == 200
    assert_problem(keeper.post(inside(api), {"key": "b", "name": "b", "code": shown}), 400)
    assert [one["name"] for one in listed(api, keeper).values() if one["name"] == "b"] == []


def test_a_code_holds_ten_minutes(api: Api, keeper: SignedIn):
    made, shown = make(api, keeper), Device(api).show_code()
    api.world.clock.now += CODE_LIFE
    assert_problem(Device(api).type_code(made["code"]), 404)
    assert_problem(keeper.post(inside(api), {"key": "a", "name": "a", "code": shown}), 400)
    # What is over is swept away with the next one.
    Device(api).show_code()
    with api.world.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ScreenPairing)) == 1


def test_only_the_latest_code_of_a_screen_holds(api: Api, keeper: SignedIn):
    made = make(api, keeper)
    again = keeper.post(inside(api, f"/{made['number']}/join"), {}).json
    assert_problem(Device(api).type_code(made["code"]), 404)
    assert Device(api).type_code(again["code"]).status_code == 200


@pytest.mark.parametrize("typed", ["", "000000", "ABC", None, 7, {"a": 1}, "ABC2\x0034"])
def test_what_is_no_code_opens_nothing(api: Api, typed: object):
    assert_problem(Device(api).type_code(typed), 404)


def test_whoever_tries_one_code_after_another_is_stopped_whatever_he_calls_himself(api: Api):
    client = api.client.application.test_client()
    said = []
    for number in range(61):
        headers = {"Authorization": f"Bearer {number}"}
        said.append(client.post("/screen/pair", json={"code": "222222"}, headers=headers).status_code)
    assert set(said[:60]) == {404}
    assert said[60] == 429


def test_a_code_one_screen_shows_cannot_be_typed_on_another(api: Api):
    assert_problem(Device(api).type_code(Device(api).show_code()), 404)


def test_the_cookie_is_the_screens_own_and_no_script_reads_it(api: Api, keeper: SignedIn):
    shown = Device(api).client.post("/screen/code", json={})
    (cookie,) = [value for name, value in shown.headers if name == "Set-Cookie" and value.startswith("screen=")]
    assert {"HttpOnly", "Path=/screen", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Max-Age=34560000" in cookie


def test_another_sites_page_cannot_make_a_browser_join(api: Api, keeper: SignedIn):
    made = make(api, keeper)
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        sent = Device(api).client.post("/screen/pair", data=json.dumps({"code": made["code"]}), content_type=kind)
        assert_problem(sent, 403)
    for path in ("/screen/pair", "/screen/code"):
        origin = {"Origin": "https://evil.example"}
        assert_problem(Device(api).client.post(path, json={"code": made["code"]}, headers=origin), 403)
    ours = {"Origin": "http://localhost"}
    assert Device(api).client.post("/screen/pair", json={"code": made["code"]}, headers=ours).status_code == 200


def test_sending_the_same_screen_twice_makes_one(api: Api, keeper: SignedIn):
    device = Device(api)
    body = {"key": "same", "name": "会商室", "code": device.show_code()}
    first, again = keeper.post(inside(api), body), keeper.post(inside(api), body)
    assert (again.json["number"], again.json["unchanged"]) == (first.json["number"], True)
    assert len(listed(api, keeper)) == 1
    assert_problem(keeper.post(inside(api), {"key": "same", "name": "another"}), 409)
    assert device.state()["name"] == "会商室"


@pytest.mark.parametrize(
    "body",
    [{}, {"key": "k"}, {"key": "", "name": "x"}, {"key": "k", "name": "x", "seconds": 1},
     {"key": "k", "name": "x", "scenes": ["overview"]}, {"key": "k", "name": "x", "bezel_px": "8"},
     {"key": "k", "name": "x", "code": "no"}, []],
)  # fmt: skip
def test_a_screen_that_makes_no_sense_is_refused(api: Api, keeper: SignedIn, body: object):
    assert_problem(keeper.post(inside(api), body), 400)
    assert listed(api, keeper) == {}


# -- what a screen may


def test_a_screens_cookie_opens_nothing_but_its_own_addresses(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper)
    secret = next(c.value for c in device.client._cookies.values() if c.key == "screen")
    world = api.world
    for path in ("/api/v1/me", "/api/v1/campaigns", f"/api/v1/campaigns/{world.id}/summary", inside(api),
                 f"/live/{world.id}", f"/snapshots/{world.id}/overview/{DISTRICT}/zh/1-27000000",
                 f"/export/{world.id}/{DISTRICT}.csv", f"/panels/{world.id}/screens", "/"):  # fmt: skip
        for headers in ({}, {"Cookie": f"screen={secret}; session={secret}"}, {"Authorization": f"Bearer {secret}"}):
            answer = device.client.get(path, headers=headers)
            assert answer.status_code in (302, 401), path
    assert device.client.get("/screen/nothing").status_code == 404


def test_a_screen_reaches_its_scenes_and_no_other_page(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper, scenes=["wall-progress"])
    assert picture(device.scene("wall-progress"))["panels"]
    for slug in ("wall-map", "overview", "users", "nothing"):
        assert_problem(device.scene(slug), 403)


def test_a_screen_reaches_its_place_and_what_lies_below(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper, place=TOWN, scenes=["wall-progress"])
    assert device.state()["place"] == TOWN
    assert device.scene("wall-progress", query=f"place={TOWN}").status_code == 200
    assert_problem(device.scene("wall-progress", query=f"place={OTHER_TOWN}"), 403)
    assert_problem(device.scene("wall-progress", query=f"place={DISTRICT}"), 403)
    assert_problem(device.scene("wall-progress", query="place=nowhere"), 404)


def test_a_scene_under_its_full_address_is_kept_for_good_and_otherwise_never(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper)
    assert "immutable" in device.scene("wall-progress").headers["Cache-Control"]
    assert device.scene("wall-progress", query="").headers["Cache-Control"] == "no-store"


def test_a_write_changes_the_version_every_screen_is_told(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper)
    before = device.state()
    assert api.world.send(row("S1", 8, 5)).accepted == 1
    after = device.state()
    assert (after["revision"], after["epoch"]) == (before["revision"] + 1, before["epoch"])


def test_a_screen_has_no_end_while_its_campaign_runs(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper)
    api.world.clock.now += timedelta(days=60)
    assert device.state()["mode"] == "rotate"


# -- revoking


def test_a_revoked_screen_is_nobody_at_once_and_others_are_not_touched(api: Api, keeper: SignedIn):
    number, device = joined(api, keeper)
    _, other = joined(api, keeper, name="会商室")
    state = device.state()
    assert keeper.post(inside(api, f"/{number}/revoke"), {}).json["unchanged"] is False
    assert_problem(device.ask(), 401)
    assert_problem(device.scene("wall-progress", state), 401)
    assert other.state()["name"] == "会商室"
    assert listed(api, keeper)[number]["revoked"] is True
    assert keeper.post(inside(api, f"/{number}/revoke"), {}).json["unchanged"] is True


def test_a_revoked_screen_joins_again_only_by_a_new_code(api: Api, keeper: SignedIn):
    made, device = make(api, keeper), Device(api)
    keeper.post(inside(api, f"/{made['number']}/revoke"), {})
    assert_problem(device.type_code(made["code"]), 404)
    again = keeper.post(inside(api, f"/{made['number']}/join"), {"code": device.show_code()})
    assert again.status_code == 200
    assert device.state()["number"] == made["number"]


def test_another_device_under_the_same_name_ends_the_first(api: Api, keeper: SignedIn):
    number, first = joined(api, keeper)
    second = Device(api)
    keeper.post(inside(api, f"/{number}/join"), {"code": second.show_code()})
    assert second.state()["number"] == number
    assert_problem(first.ask(), 401)


def test_closing_a_campaigns_access_ends_its_screens(api: Api, keeper: SignedIn):
    _, device = joined(api, keeper)
    waiting = make(api, keeper, name="会商室")
    admin = api.signed_in("administrator", campaign=None)
    assert admin.get(inside(api).replace("screens", "close-access")).json["screens"] == 1
    closed = admin.post(inside(api).replace("screens", "close-access"), {"confirm": api.world.id})
    assert closed.json["screens"] == 1
    assert_problem(device.ask(), 401)
    assert_problem(Device(api).type_code(waiting["code"]), 404)


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


# -- driving


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
    assert keeper.get(f"/panels/{api.world.id}/remote").status_code == 200
