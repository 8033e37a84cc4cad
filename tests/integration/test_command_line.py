"""The command line over files: what it takes in, what it hands back, and its status."""

import csv
import io
import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from file_kit import HEAD, sheet
from kit import DISTRICT, OTHER_TOWN, TOWN, World, iso, row

import manage
from data.models import Report


@pytest.fixture
def run(database_url, world: World, monkeypatch):
    """Calls `manage.py` in English on the world's database, its clock included."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setattr(manage, "system_clock", world.clock)

    def called(*arguments: object, status: int | None = 0) -> Result:
        done = CliRunner().invoke(manage.cli, [str(a) for a in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        if status is not None:
            assert done.exit_code == status, done.output
        return done

    return called


def test_status_is_0_only_when_every_row_went_in(run, world: World, tmp_path: Path):
    file = tmp_path / "day.csv"
    file.write_text(sheet(HEAD, f"S1,{iso(8)},10,1", f"S2,{iso(8)},,"))
    done = run("import", "reports", file, "--campaign", world.id)
    assert "1 in, 0 unchanged, 1 empty ones skipped, 0 refused" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "day.csv.rejected.csv").exists()


def test_refused_rows_are_named_written_out_mended_and_sent_again(run, world: World, tmp_path: Path):
    file = tmp_path / "day.csv"
    file.write_text(sheet(HEAD, f"S1,{iso(8)},10,1", f"S2,{iso(8)},ten,1", f"S9,{iso(8)},7,1"))
    done = run("import", "reports", file, "--campaign", world.id, status=1)
    named = [line for line in done.stderr.splitlines() if line.startswith("Line ")]
    assert [("ten" in n, "not_a_number" in n, "S9" in n) for n in named] == [
        (True, True, False),
        (False, False, True),
    ]
    assert named[0].startswith("Line 3 · persons · ten · not_a_number: ")
    refused_file = tmp_path / "day.csv.rejected.csv"
    held = refused_file.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(held)))
    assert [(r["site"], r["rejected_line"], r["rejected_code"]) for r in rows] == [
        ("S2", "3", "not_a_number"), ("S9", "4", "unknown_site"),
    ]  # fmt: skip
    refused_file.write_text(held.replace(",ten,", ",12,").replace("S9,", "S4,"), encoding="utf-8-sig")
    run("import", "reports", refused_file, "--campaign", world.id)
    assert world.persons() == 29
    assert not (tmp_path / "day.csv.rejected.csv.rejected.csv").exists()


def test_status_is_2_when_nothing_could_be_done(run, world: World, tmp_path: Path):
    file, empty, mapping = tmp_path / "day.csv", tmp_path / "empty.csv", tmp_path / "map.toml"
    file.write_text(sheet(HEAD, f"S1,{iso(8)},10,1"))
    empty.write_text("")
    mapping.write_text('[columns]\npersonen = "x"\n')
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[columns]\npersons = "é"\n'.encode("latin-1"))
    for arguments in (
        ("import", "reports", file, "--campaign", "nothing"),
        ("import", "places", file, "--campaign", "nothing"),
        ("import", "labs", file, "--campaign", "nothing"),
        ("import", "reports", empty, "--campaign", world.id),
        ("import", "reports", tmp_path / "none.csv", "--campaign", world.id),
        ("import", "reports", file, "--campaign", world.id, "--mapping", mapping),
        ("import", "reports", file, "--campaign", world.id, "--mapping", latin),
        ("place", "list", "--campaign", "nothing"),
        ("token", "create", "--role", "site", "--place", "nothing"),
        ("token", "create", "--role", "site", "--place", "S1", "--campaign", "nothing"),
        ("token", "create", "--role", "king", "--place", "S1"),
        ("token", "revoke", "99999"),
    ):
        done = run(*arguments, status=2)
        assert done.stderr.strip()
        assert "Traceback" not in done.output
    assert world.count(Report) == 0


def test_a_dry_run_keeps_nothing_and_has_the_status_of_the_real_one(run, world: World, tmp_path: Path):
    file = tmp_path / "day.csv"
    file.write_text(sheet(HEAD, f"S1,{iso(8)},10,1", f"S9,{iso(8)},7,1"))
    done = run("import", "reports", file, "--campaign", world.id, "--dry-run", status=1)
    assert "nothing kept" in done.stderr
    assert world.persons() == 0


def test_messages_are_in_the_terminals_language(run, world: World, tmp_path: Path, monkeypatch):
    file = tmp_path / "day.csv"
    file.write_text(sheet(HEAD, f"S9,{iso(8)},10,1"))
    assert "not part of this campaign" in run("import", "reports", file, "--campaign", world.id, status=1).stderr
    done = run("--lang", "zh", "import", "reports", file, "--campaign", world.id, status=1)
    assert "not part" not in done.stderr
    assert "unknown_site" in done.stderr


def test_the_token_stands_alone_on_the_last_line_and_works_until_revoked(run, world: World):
    from data import tokens

    done = run("token", "create", "--role", "site", "--place", "S1", "--campaign", world.id)
    secret = done.stdout.splitlines()[-1]
    assert secret == secret.strip()
    with world.database.read() as session:
        bearer = tokens.find(session, secret)
    assert bearer is not None
    assert (bearer.role.value, bearer.place, bearer.campaign_id) == ("site", "S1", world.id)
    listed = run("token", "list").stdout
    assert secret not in listed
    number = listed.splitlines()[0].split("\t")[0]
    run("token", "revoke", number)
    run("token", "revoke", number, status=2)
    with world.database.read() as session:
        assert tokens.find(session, secret) is None


def test_campaigns_are_made_and_listed(run, world: World):
    times = ("--starts-at", "2020-10-31T07:00:00+01:00", "--deadline", "2020-11-01T22:00:00+01:00")
    run("campaign", "create", "--id", "sk", "--name", "Slovensko", *times, "--timezone", "Europe/Bratislava")
    listed = [line.split("\t") for line in run("campaign", "list").stdout.splitlines()]
    assert ["sk", "Slovensko", "2020-10-31T07:00:00+01:00", "2020-11-01T22:00:00+01:00", "1"] in listed
    for more in (
        ("--id", "sk", "--name", "again", *times),
        ("--id", "x", "--name", "x", *times, "--pool-size", "7"),
        ("--id", "x", "--name", "x", *times, "--timezone", "Mars/Base"),
        ("--id", "x", "--name", "x", *times, "--interval-minutes", "45"),
        ("--id", "x", "--name", "x", *times, "--set", "nothing=1"),
        ("--id", "x", "--name", "x", *times, "--set", "stale_minutes=many"),
        ("--id", "x", "--name", "x", "--starts-at", "2020-10-31T07:00:00", "--deadline", "2020-11-01T22:00:00+01:00"),
        ("--id", "x", "--name", "x" * 201, *times),
        ("--id", "x", "--name", "x"),
    ):
        done = run("campaign", "create", *more, status=2)
        assert done.stderr.strip()


def test_places_are_listed_by_tabs(run, world: World):
    lines = [line.split("\t") for line in run("place", "list", "--campaign", world.id).stdout.splitlines()]
    assert lines[0] == [DISTRICT, "district", "三水区", ""]
    assert ["S4", "site", "S4", OTHER_TOWN] in lines
    towns = run("place", "list", "--campaign", world.id, "--level", "town").stdout.splitlines()
    assert [line.split("\t")[0] for line in towns] == [TOWN, OTHER_TOWN]


def test_the_check_finds_nothing_wrong_and_says_so_when_it_does(run, world: World):
    world.send(row("S1", 8, 5))
    assert "0 differences" in run("db", "check").stderr
    with world.database.write() as session:
        session.execute(sa.text("UPDATE rollup SET persons = persons + 1"))
    run("db", "check", status=1)


def test_every_command_has_help(run):
    for command in ("", "db", "campaign create", "import reports", "import places", "import labs", "token create"):
        assert "Usage:" in run(*command.split(), "--help").output


def test_a_database_that_does_not_answer_is_one_line_and_status_2(run, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", f"postgresql+psycopg:///none?host={tmp_path}")
    done = run("campaign", "list", status=2)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_database_without_schema_is_one_line_and_status_2(run, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    assert "db upgrade" in run("campaign", "list", status=2).stderr
    run("db", "upgrade")
    assert run("campaign", "list").stdout == ""


def test_the_refused_file_goes_elsewhere_when_its_folder_is_read_only(run, world: World, tmp_path: Path, monkeypatch):
    file = tmp_path / "in" / "day.csv"
    file.parent.mkdir()
    file.write_text(sheet(HEAD, f"S9,{iso(8)},10,1"))
    (tmp_path / "in" / "day.csv.rejected.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    assert os.fspath(tmp_path) in run("import", "reports", file, "--campaign", world.id, status=1).stderr
    assert (tmp_path / "day.csv.rejected.csv").is_file()
