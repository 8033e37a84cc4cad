"""The rehearsal against a server that listens: it plays, judges, ends, and leaves a real campaign alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner, Result
from kit import DISTRICT, World, make_world
from werkzeug.serving import make_server

import config
import manage
from app import create_app
from data import campaigns
from data.database import Database
from data.models import Report, TubeEvent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    application = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    server = make_server("127.0.0.1", 0, application.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*words: str, **environment: str) -> Result:
    # In a thread of its own, as in a process of its own: a browser test leaves an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        env = {"SECRET_KEY": "x" * 32, **environment}
        return thread.submit(CliRunner().invoke, manage.cli, ["--lang", "en", *words], env=env).result()


def prepared(database_url: str, *more: str) -> dict[str, str]:
    done = run("rehearse", "prepare", *more, DATABASE_URL=database_url)
    assert done.exit_code == 0, done.output
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("REHEARSAL_"))


def test_it_plays_readers_reports_and_tubes_judges_and_ends(database_url: str, world: World, address: str):
    secrets = prepared(database_url, "--sites", "12", "--towns", "3")
    assert set(secrets) == {"REHEARSAL_PASSWORD", "REHEARSAL_TOKEN"}
    with world.database.read() as session:
        # The test's clock stands; the campaign made just now is to run by it.
        world.clock.to(campaigns.find(session, "rehearsal-1").created_at)
    done = run(
        "rehearse", "play", "--address", address, "--seconds", "2", "--viewers", "2", "--reports", "120",
        "--events", "40", "--batch", "20", **secrets,
    )  # fmt: skip
    lines = {line.partition(":")[0]: line for line in done.stdout.splitlines()}
    assert set(lines) == {"Signing in", "Which version, every second", "A new picture", "Hourly reports",
                          "Tube events, batches"}  # fmt: skip
    assert all("errors 0:" in line for line in lines.values()), done.output
    played = World(world.database, world.clock, "rehearsal-1")
    assert played.count(Report) >= 3
    assert played.count(TubeEvent) >= 60
    assert played.differences() == 0
    assert done.exit_code in (0, 1), "on a busy machine it may be slow, and says so"


def test_a_real_campaign_is_left_alone(database_url: str, world: World, address: str):
    revision = world.revision()
    secrets = {"REHEARSAL_TOKEN": world.token("gateway", DISTRICT), "REHEARSAL_PASSWORD": "x"}
    done = run("rehearse", "play", "--address", address, "--campaign", world.id, "--seconds", "1", **secrets)
    assert done.exit_code == 2
    assert "is a real campaign: nothing was sent" in done.output
    assert world.revision() == revision
    unknown = run("rehearse", "play", "--address", address, "--campaign", "rehearsal-9", "--seconds", "1", **secrets)
    assert (unknown.exit_code, "knows no campaign" in unknown.output) == (2, True)
    assert run("rehearse", "play", "--address", address).exit_code == 2
    nobody = run("rehearse", "play", "--address", "http://127.0.0.1:9", "--seconds", "1", **secrets)
    assert (nobody.exit_code, "does not answer" in nobody.output) == (2, True)


def test_one_is_made_with_the_places_of_a_real_one_and_only_under_a_name_that_says_so(
    database_url: str, world: World
):
    assert run("rehearse", "prepare", "--id", "sk", DATABASE_URL=database_url).exit_code == 2
    assert run("rehearse", "prepare", "--from", "nothing", DATABASE_URL=database_url).exit_code == 2
    before = world.revision()
    prepared(database_url, "--id", "rehearsal-2", "--from", world.id)
    assert run("rehearse", "prepare", "--id", "rehearsal-2", DATABASE_URL=database_url).exit_code == 2
    copied = World(world.database, world.clock, "rehearsal-2").tree()
    real = world.tree()
    assert {p.code: (p.name, p.level, p.target) for p in copied.each()} == {
        p.code: (p.name, p.level, p.target) for p in real.each()
    }
    assert world.revision() == before
    world.check()


def test_a_city_is_copied_with_all_its_levels(database_url: str, database: Database, clock):
    real = make_world(database, clock, city=True)
    prepared(database_url, "--from", real.id)
    copied = World(database, clock, "rehearsal-1").tree()
    assert {p.code for p in copied.each()} == {p.code for p in real.tree().each()}
