"""Sources at the terminal: made, listed, run, paused, removed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kit import DISTRICT, TOWN, SetClock, World, make_world
from pull_kit import HOURS, Feed

from data.database import Database
from domain.clock import system_clock
from manage import cli


@pytest.fixture
def world(database: Database) -> World:
    """A campaign whose present is the machine's: commands look at no other clock."""
    return make_world(database, SetClock(system_clock()))


@pytest.fixture
def manage(world: World, database_url: str, tmp_path: Path):
    """The command line, in this process: one of its own takes two seconds to begin."""
    environment = {"DATABASE_URL": database_url, "SOURCE_FOLDERS": str(tmp_path), "LANG": "en_US.UTF-8",
                   "LC_ALL": "en_US.UTF-8", "SOURCE_PW": "s3cret", "DEMO": "1"}  # fmt: skip

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, env=environment)

    return run


def test_a_source_is_made_listed_run_paused_and_removed(world: World, manage, tmp_path: Path):
    feed = Feed(tmp_path / "feed.db")
    feed.hour("S1", 8, 40, 4)
    feed.hour("S9", 8, 1, 1)
    made = manage("source", "add", "--campaign", world.id, "--place", TOWN, "--name", "Tablets", "--kind", "sql",
                  "--address", "sqlite:///feed.db", "--query", HOURS)  # fmt: skip
    assert made.exit_code == 0, made.stderr
    number = made.stdout.strip()
    ran = manage("source", "run", number)
    assert (ran.exit_code, "1 refused" in ran.stderr) == (1, True), ran.stderr
    assert world.persons() == 40
    (line,) = manage("source", "list", "--campaign", world.id).stdout.splitlines()
    assert line.split("\t")[:5] == [number, "Campaign not running", "Tablets", "sql", TOWN]
    assert line.split("\t")[6:8] == ["2", "1"]
    for word in ("pause", "resume", "remove"):
        assert manage("source", word, number).exit_code == 0
    assert manage("source", "list", "--campaign", world.id).stdout == ""
    gone = manage("source", "run", number)
    assert (gone.exit_code, number in gone.stderr) == (2, True)


def test_what_may_not_be_defined_is_refused_in_one_line(world: World, manage):
    common = ("source", "add", "--campaign", world.id, "--place", DISTRICT, "--name", "x", "--kind", "http")
    bad = manage(*common, "--address", "https://api.example/hours?token=geheim")
    assert bad.exit_code == 2
    assert len(bad.stderr.strip().splitlines()) == 1
    assert "geheim" not in bad.stderr
    assert manage(*common, "--address", "https://h/", "--header", "Authorization: Bearer abc").exit_code == 2
    nowhere = manage("source", "add", "--campaign", "none", "--place", "x", "--name", "x", "--kind", "folder",
                     "--address", "x")  # fmt: skip
    assert (nowhere.exit_code, "none" in nowhere.stderr) == (2, True)


def test_a_failure_ends_with_status_one_and_says_why_without_the_secret(world: World, manage):
    address = "postgresql+psycopg://u:${SOURCE_PW}@nowhere.invalid/db"
    made = manage("source", "add", "--campaign", world.id, "--place", DISTRICT, "--name", "x", "--kind", "sql",
                  "--address", address, "--query", "SELECT 1 AS site")  # fmt: skip
    ran = manage("source", "run", made.stdout.strip())
    assert ran.exit_code == 1
    assert "nowhere.invalid" in ran.stderr
    assert "s3cret" not in ran.stderr + ran.stdout
