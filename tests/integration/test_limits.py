"""How large, how often, how long: every address has its limits, and says so where one is passed."""

import re
import shutil
from pathlib import Path

import pytest
from kit import Api, assert_problem
from test_rights import ROWS, address

import config
from api import gate, limits, screen_gate, sign_in
from app import create_app
from data.database import Database

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    """SQLite alone: limits stand before any database."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'campaign.db')}"


def test_every_address_that_takes_a_body_has_a_size_and_refuses_more(api: Api):
    browser = api.signed_in("district")
    rules = [rule for rule in api.client.application.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert set(limits.BODIES) <= {rule.rule for rule in rules}
    for rule in rules:
        path = address(api, f"POST {rule.rule}", ROWS[f"POST {rule.rule}"], "district")
        most = limits.body_limit(rule.rule)
        assert most <= limits.MAX_BODY
        # Only its length is told, so that nothing has to be sent.
        length = {"CONTENT_LENGTH": str(most + 1)}
        answer = browser.client.post(path, environ_overrides=length, content_type="application/json")
        assert_problem(answer, 413)


def test_what_does_not_tell_its_length_is_read_no_further_than_it_may(api: Api):
    path = f"/api/v1/campaigns/{api.world.id}/problems"
    body = b'{"note": "' + b"x" * limits.SMALL + b'"}'
    answer = api.client.post(
        path, data=body, headers=api.headers("district"), environ_overrides={"wsgi.input_terminated": True},
        content_length=None,
    )  # fmt: skip
    assert_problem(answer, 413)


def test_an_address_is_no_longer_than_it_may_be(api: Api):
    assert_problem(api.client.get("/api/v1/campaigns?scope=" + "x" * limits.MAX_ADDRESS), 414)


def counted(server, rule: str) -> str:
    """Where the requests to a rule are counted; empty where they are not."""
    if not rule.startswith(limits.UNCOUNTED):
        return "reader"
    view = next(r for r in server.url_map.iter_rules() if r.rule == rule).endpoint
    if view.startswith("api"):
        return "caller"
    return "address" if rule in ("/screen/code", "/screen/pair") else ""


def test_every_address_counts_its_requests_or_serves_what_is_kept(application):
    """A new address is counted without a word; one that shall not be has to be named here."""
    server = application.server
    free = {rule.rule for rule in server.url_map.iter_rules() if not counted(server, rule.rule)}
    assert {re.sub(r"<.*", "<", rule) for rule in free} == {
        "/assets/<", "/_dash-component-suites/<", "/live/<", "/snapshots/<", "/passports/<", "/map-sites/<",
        "/screen", "/screen/<", "/screen/scene/<", "/screen/state", "/screen/sw.js", "/screen/wall.css",
        "/screen/wall.js", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip


def test_who_asks_for_panels_too_often_is_told_when_to_come_again(world, monkeypatch):
    monkeypatch.setattr(limits, "PER_READER", "4/minute")
    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    client = made.server.test_client()
    # Whoever tries tokens is counted by where he comes from.
    answers = [client.get("/api/v1/me", headers={"Authorization": f"Bearer scc_{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
    assert client.get("/login", environ_base=elsewhere).status_code == 200


def test_codes_of_screens_are_not_to_be_tried_one_after_the_other(world, monkeypatch):
    monkeypatch.setattr(screen_gate, "PER_ADDRESS", "3/minute")
    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    client = made.server.test_client()
    said = [client.post("/screen/pair", json={"code": f"AAAA{n}"}).status_code for n in range(4)]
    assert said == [404, 404, 404, 429]


def test_the_documentation_names_every_limit():
    said = (ROOT / "docs" / "security.md").read_text()
    for rule, most in limits.BODIES.items():
        assert f"{rule.rpartition('/')[2]}` {most // limits.MB} MB" in said.replace("\n", " "), rule
    for value in (f"{limits.SMALL // limits.MB} MB", f"{limits.MAX_ADDRESS:,} characters", limits.PER_READER,
                  gate.PER_CALLER, gate.PER_STRANGER, sign_in.PER_ADDRESS, screen_gate.PER_ADDRESS):  # fmt: skip
        assert value in said, value


def test_questions_to_postgresql_end(postgres):
    name = postgres.fresh_name()
    database = Database(postgres.create(name), seconds=config.load({}).database_seconds)
    with database.read() as session:
        shown = session.connection().exec_driver_sql("SHOW statement_timeout").scalar()
    database.engine.dispose()
    postgres.drop(name)
    assert shown == "20s"
