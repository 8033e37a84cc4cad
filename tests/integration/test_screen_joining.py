"""How a briefing screen joins, what it may ask then, and how it is ended."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, assert_problem, row
from screen_kit import Device, at_once, inside, joined, keeper, listed, make, picture

from data.models import ScreenPairing
from domain.screens import CODE_LIFE, SCENES

__all__ = ["at_once", "keeper"]


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
