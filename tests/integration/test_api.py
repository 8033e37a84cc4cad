"""The REST contract, asked over HTTP. Every answer is held against the published schema by `kit.Api`."""

import itertools
from datetime import UTC, datetime
from urllib.parse import quote

import orjson
import pytest
from kit import (
    CITY,
    DISTRICT,
    OTHER_TOWN,
    SITES,
    TOWN,
    Api,
    World,
    assert_problem,
    at,
    iso,
    make_world,
    rejected,
    report,
    row,
)
from openapi_spec_validator import validate

import config
from app import create_app

# -- what a batch answers


def test_a_batch_answers_what_became_of_every_row(api: Api):
    answer = api.post(
        "reports", {"reports": [row("S1", 8, 10), row("S1", 9, -1), row("S1", 8, 10), row("S1", 8, 12)]}
    )
    assert answer.json | {"rejected": []} == {"accepted": 1, "unchanged": 1, "rejected": [], "revision": 3}
    assert rejected(answer) == [(1, "persons", "negative"), (3, "key", "conflict")]
    assert api.post("reports", {"reports": []}).json == {"accepted": 0, "unchanged": 0, "rejected": [], "revision": 3}


def test_messages_follow_the_language_and_codes_do_not(api: Api):
    body = {"reports": [row("S1", 8, -1), row("S9", 8, 1), row("S1", 11, 1), row("S1", 8, 100, tubes=1)]}
    chinese, english, plain = (api.post("reports", body, language=spoken) for spoken in ("zh-CN", "en-GB,en", None))
    assert rejected(chinese) == rejected(english) == rejected(plain)
    for zh, en, default in zip(
        chinese.json["rejected"], english.json["rejected"], plain.json["rejected"], strict=True
    ):
        assert zh["message"] == default["message"] != en["message"]
        assert en["message"].isascii() or "“" in en["message"] or "×" in en["message"]
    assert (chinese.headers["Content-Language"], english.headers["Content-Language"]) == ("zh", "en")
    in_chinese = assert_problem(api.get("summary", None, language="zh"), 401)
    in_english = assert_problem(api.get("summary", None, language="en"), 401)
    assert in_chinese["title"] != in_english["title"]
    assert in_chinese["type"] == in_english["type"]


def test_a_time_in_a_message_is_told_in_the_campaigns_zone(api: Api):
    answer = api.post("reports", report(hour=11), language="en")
    assert "10:30+08:00" in answer.json["rejected"][0]["message"]


# -- what is read


def test_a_campaign_is_listed_with_every_field_of_the_contract(api: Api):
    (found,) = api.get("/api/v1/campaigns").json
    assert {k: v for k, v in found.items() if k != "name_en"} == {
        "id": api.world.id, "name": "演练", "starts_at": iso(6), "deadline": iso(22), "pool_size": 10,
        "interval_minutes": 60, "due_minutes": 10, "timezone": "Asia/Shanghai", "revision": 2, "demo": False,
    }  # fmt: skip


def test_places_are_listed_by_level_below_the_scope(database, clock):
    world = make_world(database, clock, city=True)
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    everybody = f"district:{CITY}"
    by_level = {
        level: [p["code"] for p in api.get(f"places?level={level}", everybody).json]
        for level in ("city", "district", "town", "site")
    }
    assert by_level == {"city": [CITY], "district": [DISTRICT], "town": [TOWN, OTHER_TOWN], "site": list(SITES)}
    assert len(api.get("places", everybody).json) == 9
    assert [p["code"] for p in api.get("places?level=site", "town").json] == ["S1", "S2", "S3"]
    assert [p["code"] for p in api.get(f"places?scope={OTHER_TOWN}", everybody).json] == [OTHER_TOWN, "S4", "S5"]
    s3 = next(p for p in api.get("places", everybody).json if p["code"] == "S3")
    assert s3 == {
        "code": "S3", "name": "S3", "name_en": "", "level": "site", "parent": TOWN, "kind": "mobile", "lon": None,
        "lat": None, "target": 200, "lanes": 1, "lab": None,
    }  # fmt: skip


def test_a_summary_adds_up_and_what_nobody_states_is_null(api: Api):
    api.post("reports", {"reports": [row("S1", 8, 20), row("S2", 7, 40, hours=2, special_cases=1), row("S4", 8, 0)]})
    found = api.get("summary").json
    assert {name: found[name] for name in (
        "persons", "catch_up_persons", "target", "tubes", "third_copies", "special_cases", "positives", "sites",
        "verified_share",
    )} == {
        "persons": 60, "catch_up_persons": 40, "target": 2800, "tubes": None, "third_copies": None,
        "special_cases": 1, "positives": None, "sites": 5, "verified_share": 0.0,
    }  # fmt: skip
    assert found["completion"] == pytest.approx(60 / 2800)
    assert set(found["by_stage"]) == {"on_site", "in_transit", "at_lab", "testing", "reported"}
    assert sum(c["persons"] for c in found["children"]) == found["persons"]
    assert {c["code"] for c in found["children"]} == {TOWN, OTHER_TOWN}
    assert {"revision", "as_of", "data_until", "expected_finish", "sites_reported"} <= set(found)


def test_an_empty_campaign_answers_too(database, clock):
    world = make_world(database, clock, rows=({"district": DISTRICT},))
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    found = api.get("summary").json
    assert (found["persons"], found["sites"], found["data_until"], found["target"]) == (0, 0, None, None)
    assert api.get("duty").json["sites"] == []
    assert api.get("reports").json == []
    assert all(h["expected"] == 0 for h in api.get("hourly").json["hours"])


def test_hours_add_up(api: Api):
    api.post("reports", {"reports": [row("S1", 8, 20), row("S1", 9, 0), row("S4", 7, 40, hours=2)]})
    api.post("reports/return", {"keys": ["S1/8"], "reason": "outlier"})
    hours = api.get("hourly").json["hours"]
    assert [h["hour"] for h in hours] == [iso(k) for k in range(6, 11)]
    for h in hours:
        assert h["on_time"] + h["late"] + h["missing"] == h["expected"]
    assert [h["persons"] for h in hours] == [0, 0, 60, 0, 0]
    assert (hours[2]["returned"], hours[3]["zero"]) == (1, 1)


def test_duty_is_that_of_the_last_hour_due_unless_asked(api: Api):
    found = api.get("duty").json
    assert found["hour"] == iso(9)
    assert [s["site"] for s in found["sites"]] == list(SITES)
    assert {s["state"] for s in api.get(f"duty?hour={quote(iso(10))}").json["sites"]} == {"not_due"}
    states = {s["site"]: s["state"] for s in api.get(f"duty?hour={iso(6)}").json["sites"]}
    assert states == {"S1": "missing", "S2": "closed", "S3": "closed", "S4": "missing", "S5": "missing"}


def test_duty_before_anything_is_due_is_not_due(api: Api):
    api.world.clock.to(at(6, 30))
    found = api.get("duty").json
    assert len(found["sites"]) == 5
    assert {s["state"] for s in found["sites"]} <= {"not_due", "closed"}


def test_a_time_still_to_come_shows_what_is_known_now(api: Api):
    api.post("reports", report())
    for path in ("summary", "hourly", f"duty?hour={iso(10)}", "duty"):
        joined = f"{path}{'&' if '?' in path else '?'}as_of={iso(20)}"
        assert api.get(joined).json == api.get(path).json


def test_as_of_answers_what_was_answered_then_with_the_plus_escaped_or_not(api: Api):
    api.post("reports", report(persons=10))
    asked = ("summary", "hourly", f"duty?hour={iso(8)}", f"summary?scope={TOWN}", "duty?scope=S1")
    then, answers = api.world.clock(), {path: api.get(path).json for path in asked}
    api.world.clock.advance(minutes=50)
    api.post("reports", {"reports": [row("S1", 8, 90, key="c", correction_of="S1/8", note="x"), row("S4", 8, 7)]})
    api.post("reports/verify", {"keys": ["c"]})
    local = then.astimezone(at(0).tzinfo).isoformat()
    for path, answer in answers.items():
        for moment in (quote(local), local, then.isoformat().replace("+00:00", "Z")):
            assert api.get(f"{path}{'&' if '?' in path else '?'}as_of={moment}").json == answer
    assert api.get("summary").json["persons"] == 97
    assert api.get("summary?as_of=2021-06-05T00:00:00Z").json["persons"] == 0


def test_as_of_knows_the_targets_openings_and_places_of_that_time(api: Api):
    api.post("reports", report(persons=10))
    answers = {path: api.get(path).json for path in ("summary", "hourly", f"duty?hour={iso(8)}")}
    then = api.world.clock().isoformat().replace("+00:00", "Z")
    api.world.clock.advance(minutes=1)
    api.world.set_places(
        {"site": "S1", "town": TOWN, "target": 5000, "reason": "census", "opening": f"{iso(9)}/{iso(12)}"},
        {"site": "S6", "town": TOWN, "target": 70},
    )
    for path, answer in answers.items():
        assert api.get(f"{path}{'&' if '?' in path else '?'}as_of={then}").json == answer, path


def test_as_of_at_the_ends_of_time_answers(api: Api):
    for moment in ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "9999-12-31T23:59:59Z"):
        for path in ("summary", "hourly", "duty"):
            assert api.get(f"{path}?as_of={moment}").status_code == 200


def test_as_of_the_first_year_west_of_greenwich_answers(database, clock):
    world = make_world(database, clock, timezone="America/New_York")
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    assert api.get("summary?as_of=0001-01-01T00:00:00Z").status_code in (200, 400)


def test_the_revision_is_cheap_to_ask_again(api: Api):
    first = api.get("revision")
    assert set(first.json) >= {"revision", "as_of", "data_until", "server_time"}
    tag = {"If-None-Match": first.headers["ETag"]}
    again = api.get("revision", headers=tag)
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    api.post("reports", report())
    changed = api.get("revision", headers=tag)
    assert (changed.status_code, changed.json["revision"]) == (200, first.json["revision"] + 1)
    assert api.get("revision", "town", headers={"If-None-Match": changed.headers["ETag"]}).status_code == 200
    api.world.clock.advance(minutes=1)
    assert api.get("revision", headers={"If-None-Match": changed.headers["ETag"]}).status_code == 200


def test_a_proxys_weakened_etag_is_recognised(api: Api):
    tag = api.get("revision").headers["ETag"]
    assert api.get("revision", headers={"If-None-Match": f"W/{tag}"}).status_code == 304


# -- reports as a list


@pytest.fixture
def told(api: Api) -> Api:
    rows = [row(site, hour, 10 + hour) for site in SITES for hour in (6, 7, 8)]
    rows.append(row("S1", 9, 50, key="c", hours=2) | {"hour": iso(9), "hours": 1})
    assert api.post("reports", {"reports": rows}).json["accepted"] == 16
    return api


def keys(answer) -> list[str]:
    return [r["key"] for r in answer.json]


def test_reports_are_filtered_by_site_town_hour_and_status(told: Api):
    told.post("reports/verify", {"keys": ["S1/6", "S4/7"]})
    told.post("reports/return", {"keys": ["S4/6"], "reason": "outlier"})
    told.post("reports", {"reports": [row("S2", 8, 99, key="S2/8c", correction_of="S2/8", note="x")]})
    assert len(keys(told.get("reports"))) == 16
    assert keys(told.get("reports?site=S1")) == ["S1/6", "S1/7", "S1/8", "c"]
    assert len(keys(told.get(f"reports?town={OTHER_TOWN}"))) == 6
    assert sorted(keys(told.get(f"reports?hour={iso(8)}"))) == ["S1/8", "S2/8c", "S3/8", "S4/8", "S5/8"]
    assert keys(told.get("reports?status=verified")) == ["S1/6", "S4/7"]
    assert keys(told.get("reports?status=returned")) == ["S4/6"]
    assert keys(told.get(f"reports?town={OTHER_TOWN}&status=verified&hour={quote(iso(7))}")) == ["S4/7"]
    (corrected,) = told.get(f"reports?site=S2&hour={iso(8)}").json
    assert (corrected["version"], corrected["correction_of"], corrected["status"]) == (2, "S2/8", "submitted")
    assert corrected["recorded_at"] == iso(10, 30)
    assert corrected["flags"] == ["late"]


def test_a_catch_up_is_found_by_every_hour_it_covers(api: Api):
    api.post("reports", report(hour=7, persons=30, hours=3))
    for hour in (7, 8, 9):
        (found,) = api.get(f"reports?hour={iso(hour)}").json
        assert (found["hour"], found["hours"], sorted(found["flags"])) == (iso(7), 3, ["catch_up", "late"])
    assert api.get(f"reports?hour={iso(6)}").json == []


PAGED = ("reports", "places", f"reports?town={TOWN}", "places?level=site")


def test_pages_walk_everything_exactly_once(told: Api):
    for path, limit in itertools.product(PAGED, (1, 3, 8, 16, 17)):
        walk(told, path, limit)


def walk(told: Api, path: str, limit: int) -> None:
    whole = told.get(path).json
    walked, address, pages = [], f"{path}{'&' if '?' in path else '?'}limit={limit}", 0
    while address:
        page = told.get(address)
        assert 1 <= len(page.json) <= limit
        walked += page.json
        pages += 1
        link = page.headers.get("Link", "")
        if link:
            assert link.endswith('; rel="next"')
        address = link.partition(">")[0].removeprefix("<")
    assert walked == whole
    assert pages == -(-len(whole) // limit)


def test_headers_can_be_sent_whatever_places_and_campaigns_are_called(database, clock):
    world = make_world(
        database,
        clock,
        id="三水-1",
        rows=[{"site": "点一", "town": "镇", "district": "区"}, {"site": "点二", "town": "镇", "district": "区"}],
    )
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    for path in ("revision", "summary", "places?limit=1", "reports"):
        answer = api.get(path, "district:区")
        assert answer.status_code == 200
        for name, value in answer.headers:
            assert value.isprintable(), name
            value.encode("latin-1")


# -- the published contract


def test_the_contract_is_published_and_valid(api: Api):
    published = api.client.get("/api/v1/openapi.json")
    assert published.mimetype == "application/json"
    validate(orjson.loads(published.get_data()))
    paths = published.json["paths"]
    for path in ("", "/{campaign_id}/places", "/{campaign_id}/revision", "/{campaign_id}/reports",
                 "/{campaign_id}/reports/verify", "/{campaign_id}/reports/return", "/{campaign_id}/summary",
                 "/{campaign_id}/hourly", "/{campaign_id}/duty"):  # fmt: skip
        assert f"/api/v1/campaigns{path}" in paths


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_contract_has_a_readable_page(api: Api, language):
    page = api.client.get("/api/v1/", headers={"Accept-Language": language})
    assert page.mimetype == "text/html"
    assert "/api/v1/campaigns/{campaign_id}/reports" in page.get_data(as_text=True)


def test_several_applications_in_one_process_keep_to_their_own_data(database, clock, tmp_path, migrated_file):
    import shutil

    from data.database import Database

    shutil.copy(migrated_file, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path}/other.db")
    worlds = [make_world(database, clock, id="one"), make_world(other, clock, id="two")]
    settings = config.load({"SECRET_KEY": "x" * 32})
    apis = [Api(create_app(settings, w.database, clock).server.test_client(), w) for w in worlds]
    desks = [api.signed_in("district") for api in apis]
    for i, (api, desk) in enumerate(zip(apis, desks, strict=True)):
        api.post("reports", report(persons=i + 1))
        assert desk.get("/").status_code == 200
    assert [api.get("summary").json["persons"] for api in apis] == [1, 2]
    assert [[c["id"] for c in api.get("/api/v1/campaigns").json] for api in apis] == [["one"], ["two"]]
    layouts = [desk.post("/_dash-update-component", page_request("/")).get_data(as_text=True) for desk in desks]
    assert ["one" in layouts[0], "two" in layouts[1]] == [True, True]
    other.engine.dispose()


def page_request(path: str) -> dict:
    """What a browser sends to see a page."""
    inputs = [{"id": "_pages_location", "property": "pathname", "value": path},
              {"id": "_pages_location", "property": "search", "value": ""}]  # fmt: skip
    outputs = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]
    return {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": outputs,
        "inputs": inputs,
        "changedPropIds": [],
    }


def test_the_demonstrations_clock_runs_by_itself(database, clock):
    clock.to(datetime(2026, 1, 1, tzinfo=UTC))
    settings = {"clock": {"real_start": clock().isoformat(), "campaign_start": iso(10, 30), "speed": 60}}
    world = make_world(database, clock, settings=settings)
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    clock.advance(minutes=1)
    assert api.get("revision").json["server_time"] == iso(11, 30)
    assert api.post("reports", report(hour=11)).json["accepted"] == 1
    assert rejected(api.post("reports", report(hour=12))) == [(0, "hour", "hour_in_future")]


def test_a_half_hourly_campaign_speaks_in_half_hours(database, clock):
    world = make_world(database, clock, interval_minutes=30)
    api = Api(create_app(config.load({"SECRET_KEY": "x" * 32}), database, clock).server.test_client(), world)
    api.post("reports", {"reports": [row("S1", iso(8, 30), 5, hours=1)]})
    (found,) = api.get("reports").json
    assert (found["hour"], found["hours"]) == (iso(8, 30), 1.0)
    assert api.get("duty").json["hour"] == iso(9, 30)
    hours = api.get("hourly").json["hours"]
    assert hours[1]["hour"] == iso(6, 30)


def test_a_broken_database_is_503_and_tells_nothing_of_itself(api: Api, monkeypatch):
    import sqlalchemy as sa

    def broken(*_args, **_options):
        raise sa.exc.OperationalError("SELECT secret", {}, Exception("gone"))

    api.get("summary")
    monkeypatch.setattr("api.v1.ingest_reports", broken)
    answer = api.post("reports", report())
    assert "secret" not in answer.get_data(as_text=True)
    assert_problem(answer, 503)
    assert answer.headers["Retry-After"]


def test_an_unexpected_error_is_a_problem_that_tells_only_a_number(api: Api, monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("secret")

    api.get("summary")
    monkeypatch.setattr("api.v1.ingest_reports", broken)
    answer = api.client.post(api.address("reports"), json=report(), headers=api.headers("district"))
    assert "secret" not in answer.get_data(as_text=True)
    assert_problem(answer, 500)


def test_summary_and_hours_agree_also_for_reports_outside_the_campaign(world: World, client):
    api = Api(client, world)
    world.clock.to(at(24))
    api.post("reports", {"reports": [row("S1", 8, 5), row("S1", 22, 7)]})
    assert api.get("summary").json["persons"] == sum(h["persons"] for h in api.get("hourly").json["hours"])
