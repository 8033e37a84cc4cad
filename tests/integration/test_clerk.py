"""What the clerk's form is told, and by whom it may be asked."""

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, World, assert_problem, at, iso, row
from sqlalchemy import event

from data.ingest.batch import Sender
from data.ingest.decisions import decide
from domain.permissions import Role
from domain.reports import Status


def form(api: Api, who: str = "site", **query: str):
    answer = api.get("clerk" + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""), who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def hours(told) -> dict[int, dict]:
    return {int(hour["hour"][11:13]): hour for hour in told["hours"]}


def test_one_answer_holds_all_the_form_needs(world: World, api: Api):
    world.send(row("S1", 6, 100, tubes=11, third_copies=11), row("S1", 7, 200, tubes=21, third_copies=20))
    told = form(api)
    assert (told["site"]["code"], told["site"]["parent"], told["site"]["lanes"], told["site"]["pool_size"]) == (
        "S1", TOWN, 4, 10,
    )  # fmt: skip
    assert told["site"]["target"] == 1000
    assert told["campaign"]["due_minutes"] == 10
    assert told["server_time"] == iso(10, 30)
    assert told["speed"] == 1
    assert told["totals"] == {"persons": 300, "tubes": 32, "third_copies": 31}
    by_hour = hours(told)
    assert [by_hour[h]["owed"] for h in (6, 7, 8, 9, 10)] == [False, False, True, True, False]
    assert by_hour[8]["before"] == {"persons": 300, "tubes": 32, "third_copies": 31}
    assert (by_hour[9]["state"], by_hour[9]["due_at"]) == ("missing", iso(10, 10))
    assert by_hour[7]["report"] == "S1/7"
    report = told["reports"][1]
    assert (report["persons"], report["status"], report["flags"]) == (
        200, "submitted", ["third_copies_differ", "late"],
    )  # fmt: skip
    assert report["figures"]["third_copies"] == 20


def test_before_the_hour_is_due_it_is_owed_but_not_missing(world: World, api: Api):
    world.clock.to(at(7, 5))
    told = hours(form(api))
    assert (told[6]["owed"], told[6]["state"]) == (True, "not_due")
    assert told[7]["owed"] is False


def test_a_returned_report_comes_with_reason_words_who_and_when(world: World, api: Api):
    world.send(row("S1", 6, 100, tubes=11, third_copies=9))
    person = world.account("manager", Role.TOWN, TOWN, name="何志文")
    sender = Sender(f"{person} (town {TOWN})")
    decide(
        world.database, world.id, ["S1/6"], Status.RETURNED, sender, world.clock, reason="third_copies_differ",
        note="少 2 张",
    )  # fmt: skip
    (report,) = form(api)["reports"]
    assert report["sent_back"] == {
        "reason": "third_copies_differ", "note": "少 2 张", "by": "何志文", "at": iso(10, 30),
    }  # fmt: skip
    world.send(row("S1", 6, 100, tubes=11, third_copies=11, key="c", correction_of="S1/6", note="counted again"))
    (report,) = form(api)["reports"]
    assert (report["version"], report["sent_back"], report["status"]) == (2, None, "submitted")
    assert [(v["key"], v["figures"]["third_copies"]) for v in report["earlier"]] == [("S1/6", 9)]


def test_what_contradicts_a_report_is_told_until_the_town_has_verified(world: World, api: Api):
    world.send(row("S1", 6, 100, tubes=11))
    world.send(row("S1", 6, 120, tubes=13, key="other phone"))
    (conflict,) = form(api)["conflicts"]
    assert (conflict["key"], conflict["against"], conflict["figures"]["persons"]) == ("other phone", "S1/6", 120)
    world.verify("S1/6")
    assert form(api)["conflicts"] == []


def test_a_total_counts_as_stated_and_a_catch_up_covers_its_hours(world: World, api: Api):
    world.send(row("S1", 6, persons_total=90, tubes_total=9, third_copies=9), row("S1", 7, 80, hours=2, tubes=8))
    told = form(api)
    assert [hours(told)[h]["report"] for h in (6, 7, 8)] == ["S1/6", "S1/7", "S1/7"]
    assert hours(told)[9]["before"] == {"persons": 170, "tubes": 17, "third_copies": None}
    assert told["reports"][1]["hours"] == 2


def test_closed_hours_owe_nothing(world: World, api: Api):
    world.clock.to(at(13, 30))
    told = form(api, "town", site="S2")
    assert 12 not in hours(told)
    assert [h for h, hour in hours(told).items() if hour["owed"]] == [7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("who", "site", "status"),
    [
        ("site", "S1", 200), ("site", "S2", 403), ("site", "S9", 404), ("town", "S2", 200), ("town", "S4", 403),
        ("district", "S4", 200), ("gateway", "S4", 200), ("reader", "S1", 403), (f"town:{OTHER_TOWN}", "S1", 403),
        ("town", TOWN, 400), (None, "S1", 401),
    ],
)  # fmt: skip
def test_a_form_is_told_to_its_place_and_above(api: Api, who: str | None, site: str, status: int):
    answer = api.get(f"clerk?site={site}", who)
    assert answer.status_code == status
    if status != 200:
        assert_problem(answer, status)


def test_the_sites_a_caller_may_enter_for_with_what_they_owe(world: World, api: Api):
    world.send(row("S1", 6, 10), row("S1", 7, 10), row("S3", 9, 5))
    told = api.get("clerk/sites", "town").json
    assert [(s["code"], s["owed"], s["lanes"]) for s in told["sites"]] == [("S1", 2, 4), ("S2", 3, 2), ("S3", 1, 1)]
    assert told["sites"][2]["hours"] == [iso(h) for h in (8, 9, 10, 11)]
    assert [s["code"] for s in api.get("clerk/sites", "site").json["sites"]] == ["S1"]
    assert len(api.get("clerk/sites", "district").json["sites"]) == 5
    assert api.get("clerk/sites", "reader").status_code == 403


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_accounts_that_report_nothing_see_no_form(api: Api, role: Role):
    browser = api.signed_in(role, DISTRICT if role is Role.LEADER else "")
    assert browser.get(f"/api/v1/campaigns/{api.world.id}/clerk?site=S1").status_code == 403


def test_a_signed_in_clerk_reports_with_his_session_and_the_pages_own_pass_only(world: World, api: Api):
    browser = api.signed_in(Role.SITE, "S1")
    address = f"/api/v1/campaigns/{world.id}/reports"
    assert browser.post(address, {"reports": [row("S1", 6, 10)]}).json["accepted"] == 1
    assert browser.client.post(address, json={"reports": [row("S1", 7, 10)]}).status_code == 403
    assert browser.post(address, {"reports": [row("S2", 7, 10)]}).json["rejected"][0]["code"] == "out_of_scope"


def test_the_answer_takes_a_fixed_number_of_questions_however_many_reports_there_are(world: World, api: Api):
    def asked() -> int:
        count = [0]

        def one_more(*_: object) -> None:
            count[0] += 1

        event.listen(world.database.engine, "before_cursor_execute", one_more)
        form(api)
        event.remove(world.database.engine, "before_cursor_execute", one_more)
        return count[0]

    world.send(row("S1", 6, 10))
    form(api)
    few = asked()
    world.send(*(row("S1", h, 10 + h) for h in (7, 8, 9)))
    assert asked() == few


# -- the paper it is filled in on


def test_the_empty_form_is_for_anybody_and_holds_nothing_of_anybody(client, world: World):
    for address in ("/clerk", "/clerk/paper", "/clerk/sw.js", "/clerk/manifest.webmanifest", "/clerk/texts/zh.json"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        said = answer.get_data(as_text=True)
        assert world.id not in said
        assert "S1" not in said or address.endswith(".js")


def test_it_is_kept_and_asked_for_again_only_in_name(client):
    answer = client.get("/clerk/form.js")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get("/clerk/form.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_it_travels_compressed_where_the_browser_takes_that(client):
    plain = client.get("/clerk/form.js").data
    packed = client.get("/clerk/form.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain) / 3


def test_the_service_worker_may_serve_the_form_and_keeps_all_its_files(client):
    answer = client.get("/clerk/sw.js")
    assert (answer.mimetype, answer.headers["Service-Worker-Allowed"]) == ("text/javascript", "/clerk")
    told = orjson.loads(answer.data.partition(b"const KEPT = ")[2].partition(b";\n")[0])
    for address in told["files"]:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_manifest_makes_it_installable(client, language: str):
    told = client.get("/clerk/manifest.webmanifest", headers={"Accept-Language": language}).get_json(force=True)
    assert (told["start_url"], told["scope"], told["display"]) == ("/clerk", "/clerk", "standalone")
    assert told["name"] == {"zh": "采样填报", "en": "Sampling reports"}[language]
    for icon in told["icons"]:
        assert client.get(icon["src"]).status_code == 200


def test_nothing_else_lives_below_it(client):
    assert client.get("/clerk/nothing.js").status_code == 404
    assert client.get("/clerk/texts/fr.json").status_code == 404
