"""What the running service says of itself over HTTP: ids, lines, numbers, readiness; and what it never says."""

import itertools
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, SITES, TOWN, Api, World, assert_problem, at, row
from rights_table import ROWS
from werkzeug.test import TestResponse

import config
from api import health, live
from app import create_app
from data.models import ScreenContact, ScreenRow
from data.queries.pulse import pulses
from telemetry.log import JsonLines

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Lines(logging.Handler):
    """Every line as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def of_requests(self) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.written) if line["logger"] == "request"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    root = logging.getLogger()
    before = root.level
    root.addHandler(made)
    root.setLevel(logging.DEBUG)
    yield made
    root.removeHandler(made)
    root.setLevel(before)


class ToTheEnd(FlaskClient):
    """Reads every answer to its end, as servers do: only then is a request over."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return super().open(*arguments, buffered=True, **options)


def made(world: World, **environment: str) -> FlaskClient:
    """The application of production."""
    settings = config.load({"DEMO": "0", "SECRET_KEY": "x" * 32, **environment})
    server = create_app(settings, world.database, world.clock).server
    server.test_client_class = ToTheEnd
    return server.test_client()


# -- ids and lines


@sqlite_only
def test_every_answer_carries_the_id_that_stands_in_its_line_and_in_its_error(world: World, lines: Lines):
    client = made(world)
    for path, status in (("/healthz", 200), ("/login", 200), ("/api/v1/nothing", 404), (f"/live/{world.id}", 401),
                         ("/assets/nothing.css", 404), ("/snapshots/x", 401)):  # fmt: skip
        lines.written.clear()
        answer = client.get(path, headers={"X-Request-ID": "given-outside-1"})
        assert answer.status_code == status, path
        assert answer.headers.getlist("X-Request-ID") == ["given-outside-1"]
        if answer.mimetype == "application/problem+json":
            assert answer.json["request_id"] == "given-outside-1"
        [line] = lines.of_requests()
        assert (line["request_id"], line["status"], line["method"]) == ("given-outside-1", status, "GET")
        assert float(str(line["duration_ms"])) >= 0
    assert client.get("/healthz").headers["X-Request-ID"] != client.get("/healthz").headers["X-Request-ID"]


@sqlite_only
def test_an_unexpected_error_is_found_in_the_log_by_the_number_the_reader_has(
    world: World, lines: Lines, monkeypatch
):
    client = made(world)
    monkeypatch.setattr(type(world.database), "answers", lambda _self: 1 / 0)
    answer = client.get("/readyz", headers={"Accept-Language": "en"})
    assert_problem(answer, 500)
    number = answer.headers["X-Request-ID"]
    assert number in answer.json["detail"]
    told = [json.loads(line) for line in lines.written if '"exception"' in line]
    assert [(line["request_id"], "ZeroDivisionError" in line["exception"]) for line in told] == [(number, True)]


@sqlite_only
def test_a_line_names_route_and_role_and_no_person_place_token_or_query(world: World, lines: Lines):
    client = made(world)
    world.account("the-login", "town", TOWN, name="张三的名字")
    secret = world.token("reader", DISTRICT)
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").get_data(as_text=True))
    assert form is not None
    said = {"csrf_token": form[1], "login": "the-login", "password": "only in tests, 26"}
    assert client.post("/login", data=said).status_code == 302
    assert client.get(f"/live/{world.id}?code=hush-hush").status_code == 200
    bearer = {"Authorization": f"Bearer {secret}"}
    client.get(f"/api/v1/campaigns/{world.id}/summary?place={TOWN}&token=hush-hush", headers=bearer)
    client.get("/screen?code=hush-hush")
    assert client.get("/readyz/hush-hush").status_code < 500
    found = {(line["route"], line["role"]) for line in lines.of_requests()}
    assert {("/live/<campaign_id>", "town"), ("/api/v1/campaigns/<campaign_id>/summary", "reader")} <= found
    everything = "\n".join(lines.written)
    for word in ("hush-hush", "the-login", "张三", secret, "only in tests", TOWN, form[1]):
        assert word not in everything, word
    for cookie in client._cookies.values():
        assert cookie.value not in everything


@sqlite_only
def test_a_demonstration_writes_only_what_is_worth_it(world: World, lines: Lines, monkeypatch):
    client = made(world, LOG_REQUESTS="NOTABLE")
    client.get("/healthz")
    assert lines.of_requests() == []
    monkeypatch.setattr(type(world.database), "answers", lambda _self: False)
    client.get("/readyz")
    assert [(line["level"], line["status"]) for line in lines.of_requests()] == [("warning", 503)]


# -- numbers


def numbers(client: FlaskClient, **options: object) -> dict[str, float]:
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200
    found = {}
    for line in answer.get_data(as_text=True).splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


READING_THEM = [
    ({}, "127.0.0.1", {}, 200),
    ({}, "::1", {}, 200),
    ({}, "::ffff:127.0.0.1", {}, 200),
    ({}, "10.0.0.9", {}, 404),
    ({}, "", {}, 404),
    ({}, "10.0.0.9", {"Authorization": "Bearer "}, 404),
    # Through a proxy everybody comes from the machine itself.
    ({}, "127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, 404),
    ({}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
    ({"HTTPS": "1"}, "10.0.0.9", {"X-Forwarded-For": "127.0.0.1"}, 404),
    ({"HTTPS": "1"}, "127.0.0.1", {"Forwarded": "for=10.0.0.9"}, 404),
    ({"METRICS_FROM": "10.0.0.0/24"}, "10.0.0.9", {}, 200),
    ({"METRICS_FROM": "10.0.0.0/24"}, "127.0.0.1", {}, 404),
    ({"METRICS_TOKEN": "m" * 20}, "10.0.0.9", {"Authorization": "Bearer " + "m" * 20}, 200),
    ({"METRICS_TOKEN": "m" * 20}, "10.0.0.9", {"Authorization": "Bearer " + "m" * 19}, 404),
    ({"METRICS_TOKEN": "m" * 20}, "10.0.0.9", {"Authorization": "Basic " + "m" * 20}, 404),
]


@sqlite_only
def test_numbers_are_for_the_machine_itself_for_named_addresses_and_for_the_token(world: World):
    for environment, cases in itertools.groupby(READING_THEM, key=lambda case: case[0]):
        client = made(world, **environment)
        for _, address, headers, status in cases:
            answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
            assert answer.status_code == status, (environment, address, headers)


@sqlite_only
def test_numbers_say_what_happened(world: World):
    client = made(world)
    api = Api(client, world)
    before = numbers(client)
    secret = world.token("district", DISTRICT)
    bearer = {"Authorization": f"Bearer {secret}"}
    rows = [row("S1", 8, 5), row("S2", 8, 5), row("nowhere", 8, 5)]
    address = f"/api/v1/campaigns/{world.id}/reports"
    for _ in range(2):
        assert client.post(address, json={"reports": rows}, headers=bearer).status_code == 200
    desk = api.signed_in("district")
    head = desk.get(f"/live/{world.id}").json
    for _ in range(2):
        desk.get(f"/snapshots/{world.id}/overview/{DISTRICT}/zh/{head['revision']}-{head['minute']}")
    after = numbers(client)

    def rose(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert rose('sampling_ingest_rows_total{kind="reports",outcome="accepted"}') == 2
    assert rose('sampling_ingest_rows_total{kind="reports",outcome="unchanged"}') == 2
    assert rose('sampling_ingest_rows_total{kind="reports",outcome="refused"}') == 2
    route = "/api/v1/campaigns/<campaign_id>/reports"
    assert rose(f'sampling_http_requests_total{{method="POST",route="{route}",status="200"}}') == 2
    assert rose(f'sampling_http_request_seconds_count{{route="{route}"}}') == 2
    assert rose('sampling_snapshots_total{outcome="built"}') == 1
    assert rose('sampling_snapshots_total{outcome="hit"}') == 1
    assert rose('sampling_snapshot_build_seconds_count{page="overview"}') == 1
    assert after["sampling_database_up"] == 1
    assert after["sampling_database_connections_in_use"] == before["sampling_database_connections_in_use"]


@sqlite_only
def test_labels_do_not_grow_with_what_is_asked_and_name_nobody(world: World):
    client = made(world)
    world.account("a-clerk", "site", "S1", name="李四的名字")
    for path in ("/nothing", "/api/v1/nothing", "/snapshots/a/b/c/d/1-2"):
        client.get(path)
    client.open("/login", method="FROBNICATE")
    numbers(client)  # counts itself from the second time on
    before = set(numbers(client))
    for number in range(20):
        client.get(f"/nothing-{number}?x={number}")
        client.get(f"/api/v1/nothing-{number}")
        client.get(f"/snapshots/a{number}/b/c/d/1-2")
        client.open("/login", method=f"FROBNICATE{number}")
    assert set(numbers(client)) == before
    text = client.get("/metrics").get_data(as_text=True)
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert routes <= {rule.partition(" ")[2] for rule in ROWS} | {"unmatched"}
    for word in ("a-clerk", "李四", "S1", TOWN, "nothing-", "FROB"):
        assert word not in text


@sqlite_only
def test_without_a_database_there_are_still_numbers(world: World, monkeypatch):
    client = made(world)

    def away(_self: object) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(type(world.database), "read", away)
    assert numbers(client)["sampling_database_up"] == 0


def test_a_campaign_is_told_by_age_screens_and_sources(world: World):
    with world.database.read() as session:
        [one] = [p for p in pulses(session, world.clock()) if p.campaign_id == world.id]
    assert (one.revision, one.joined, one.open, one.oldest_contact) == (world.revision(), 0, 0, None)
    # Nothing has come: the figures are as old as the campaign.
    assert one.data_age == timedelta(hours=4, minutes=30)
    world.send(*(row(site, hour, 5) for site in SITES for hour in range(6, 10)))
    now = world.clock()
    with world.database.write() as session:
        for number, seconds in enumerate((5, 400), start=1):
            session.add(
                ScreenRow(
                    campaign_id=world.id, key=str(number), name=str(number), location="", place=DISTRICT, scenes=[],
                    seconds=20, language="zh", bezel_px=0, created_at=now, token_hash=str(number), joined_by="",
                )
            )  # fmt: skip
            session.flush()
            session.add(
                ScreenContact(
                    screen_id=session.scalar(sa.select(sa.func.max(ScreenRow.id))), campaign_id=world.id,
                    at=now - timedelta(seconds=seconds), scene="", state="", software="",
                )
            )  # fmt: skip
    with world.database.read() as session:
        [one] = [p for p in pulses(session, world.clock()) if p.campaign_id == world.id]
    assert one.data_age == timedelta(minutes=30)
    assert (one.joined, one.open, one.oldest_contact) == (2, 1, timedelta(seconds=400))
    assert (one.sources, one.sources_failing, one.failures) == (0, 0, 0)
    with world.database.read() as session:
        assert pulses(session, at(22) + timedelta(days=2)) == []


# -- readiness


@sqlite_only
def test_who_leaves_says_so_and_goes_on_answering(client: FlaskClient, monkeypatch):
    assert client.get("/readyz").status_code == 200
    health.LEAVING.set()
    try:
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        assert client.get("/login").status_code == 200
    finally:
        health.LEAVING.clear()


@sqlite_only
def test_not_ready_on_a_schema_it_cannot_work_on(client: FlaskClient, world: World, monkeypatch):
    monkeypatch.setattr(type(world.database), "schema_is_current", lambda _self: False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, "the database has another schema")
    assert client.get("/healthz").status_code == 200


# -- what a proxy is told of a picture


@sqlite_only
def test_a_proxy_gets_a_pictures_name_exactly_when_the_reader_would_get_the_picture(api: Api):
    world = api.world
    desk, here, there = api.signed_in("district"), api.signed_in("town"), api.client.application.test_client()
    head = desk.get(f"/live/{world.id}").json
    version = f"{head['revision']}-{head['minute']}"
    only = {live.ONLY_RIGHTS: "1"}
    names: dict[str, str] = {}
    for page, place, language, hour in itertools.product(
        ("overview", "town", "site", "nothing"), (DISTRICT, TOWN, OTHER_TOWN, "S1", "nowhere"), ("zh", "en", "xx"),
        ("", "?hour=2021-06-06T08:00:00%2B08:00"),
    ):  # fmt: skip
        address = f"/snapshots/{world.id}/{page}/{place}/{language}/{version}{hour}"
        for reader in (desk, here, there):
            asked, got = reader.get(address, headers=only), reader.get(address)
            if got.status_code == 200:
                assert (asked.status_code, asked.get_data()) == (204, b"")
                assert names.setdefault(asked.headers[live.PICTURE], address) == address
            elif asked.status_code == 204:
                # It may look, but there is nothing to see.
                assert got.status_code == 404, address
            else:
                assert (asked.status_code, asked.mimetype) == (got.status_code, "application/problem+json"), address
                assert live.PICTURE not in asked.headers
    assert len(names) > 10
