"""Secrets are told once and kept as hashes: neither the database nor the log holds one that opens anything."""

import logging
import shutil
from pathlib import Path

import pytest
from kit import DISTRICT, PASSWORD, Api, assert_problem, form_token

from telemetry.log import JsonLines, Words


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    """SQLite alone: its file can be read byte by byte."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'campaign.db')}"


@pytest.fixture
def told(api: Api) -> dict[str, str]:
    """Every secret there is, each used once rightly and once wrongly."""
    found = {"password": PASSWORD}
    admin = api.signed_in("administrator")
    inside = f"/api/v1/campaigns/{api.world.id}"
    found["session cookie"] = admin.client.get_cookie("session").value
    with admin.client.session_transaction() as session:
        found["session"] = session["sign_in"]
    found["form token"] = form_token(admin.client)
    made = admin.post(f"{inside}/tokens", {"key": "one", "role": "district", "place": DISTRICT}).json
    found["token"] = made["secret"]
    made = admin.post(f"{inside}/accounts", {"login": "fresh", "role": "site", "place": "S1"}).json
    (account,) = made["accounts"]
    found["one-time password"] = account["password"]
    device = api.client.application.test_client()
    device.post("/screen/code", json={})
    found["screen"] = device.get_cookie("screen", path="/screen").value
    stranger = api.client.application.test_client()
    for password in (found["one-time password"], PASSWORD + "x"):
        form = {"csrf_token": form_token(stranger), "login": "fresh", "password": password}
        stranger.post("/login", data=form)
    for secret in (found["token"], found["token"] + "x"):
        api.client.get(f"{inside}/summary", headers={"Authorization": f"Bearer {secret}"})
    api.client.get(f"{inside}/summary?token={found['token']}&password={PASSWORD}")
    return found


def test_no_secret_lies_in_the_database(api: Api, told: dict[str, str]):
    engine = api.world.database.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = Path(str(engine.url.database)).read_bytes()
    assert [name for name, secret in told.items() if secret.encode() in kept] == []


def test_no_secret_stands_in_the_log(api: Api, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest):
    caplog.set_level(logging.DEBUG)
    told: dict[str, str] = request.getfixturevalue("told")
    log = logging.getLogger("api.problems")
    for name, secret in told.items():
        # Even where a line should come to name one.
        log.error("Authorization: Bearer %s", secret)
        log.error("Cookie: session=%s; screen=%s", secret, secret)
        log.error("GET /login?password=%s&token=%s (%s)", secret, secret, name)
    for form in (JsonLines(), Words()):
        lines = "\n".join(form.format(record) for record in caplog.records)
        assert len(lines) > 100
        assert [name for name, secret in told.items() if secret in lines] == []


def test_an_error_of_the_servers_tells_nothing_of_itself(api: Api, monkeypatch):
    def breaks(*_: object) -> None:
        raise RuntimeError("/srv/secret/path geheim")

    monkeypatch.setattr("api.v1._summary", breaks)
    problem = assert_problem(api.client.get(f"/api/v1/campaigns/{api.world.id}/summary",
                                            headers=api.headers("district")), 500)  # fmt: skip
    assert "geheim" not in str(problem)
    assert "Traceback" not in str(problem)
