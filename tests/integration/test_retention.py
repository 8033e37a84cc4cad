"""The tubes of a campaign that ended long ago leave the database; what was said of them stays."""

import gzip
import json
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from kit import World, at, codes, make_world, row
from tube_kit import code, differences, event, set_labs, sums, tell

from data import partitions, retention
from data.models import Audit, TubeArchive, TubeEvent, TubeRow
from domain.permissions import Role

LATER = at(22) + timedelta(days=31)


@pytest.fixture
def over(world: World) -> World:
    """A campaign with some tubes, looked at a month after its end."""
    set_labs(world)
    world.send(row("S1", 8, 50, tubes=5))
    steps = (("sampled", 8), ("collected", 9), ("received", 9), ("result", 10))
    tell(world, *(event(code(n), kind, hour) for n in range(5) for kind, hour in steps))
    world.clock.to(LATER)
    return world


def archive(world: World, folder) -> TubeArchive:
    return retention.archive_tubes(world.database, world.id, folder, world.clock(), "operator")


def test_the_tubes_are_in_the_file_and_what_was_summed_stays(over: World, tmp_path):
    ledger, persons = sums(over), over.persons()
    done = archive(over, tmp_path)
    assert (done.events, done.tubes, over.count(TubeEvent), over.count(TubeRow)) == (20, 5, 0, 0)
    file = tmp_path / str(done.file)
    assert sha256(file.read_bytes()).hexdigest() == done.sha256
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [lines[0]["format"], lines[-1]] == [retention.FORMAT, {"kind": "end", "events": 20, "tubes": 5}]
    events = [line for line in lines if line["kind"] == "event"]
    assert {lines[0]["places"][str(e["site_id"])] for e in events if "site_id" in e} == {"S1"}
    assert [one["barcode"] for one in lines if one["kind"] == "tube"] == [code(n) for n in range(5)]
    assert (sums(over), over.persons(), over.differences(), differences(over)) == (ledger, persons, 0, 0)
    assert [a.action for a in over.audits()][-2:] == ["tubes.archive_begun", "tubes.archived"]
    if not over.database.is_sqlite:
        with over.database.read() as session:
            assert not partitions.stands(session.connection(), "tube", over.id)


def test_doing_it_again_changes_nothing(over: World, tmp_path):
    first = archive(over, tmp_path)
    lines = over.count(Audit)
    again = archive(over, tmp_path)
    assert (again.sha256, over.count(Audit)) == (first.sha256, lines)
    with over.database.read() as session:
        assert retention.due(session, over.clock()) == []


def test_what_was_interrupted_goes_on_where_it_stopped(over: World, tmp_path, monkeypatch):
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_drop", cut_off)
        with pytest.raises(KeyboardInterrupt):
            archive(over, tmp_path)
    assert over.count(TubeEvent) == 20
    with over.database.read() as session:
        assert [(one.campaign_id, one.begun) for one in retention.due(session, over.clock())] == [(over.id, True)]
    assert archive(over, tmp_path).events == 20
    assert over.count(TubeEvent) == 0


def test_a_tube_that_comes_too_late_is_refused_with_its_reason(over: World, tmp_path):
    archive(over, tmp_path)
    late = tell(over, event(code(9), "sampled", 8))
    assert codes(late) == [(0, "row", "too_late")]
    assert late.accepted == 0


def test_a_campaign_that_runs_or_has_just_ended_keeps_its_tubes(over: World, tmp_path):
    for now in (at(12), at(23), at(22) + timedelta(days=29)):
        over.clock.to(now)
        with pytest.raises(retention.NotDue, match="not_due"):
            archive(over, tmp_path)
    assert over.count(TubeEvent) == 20
    assert tell(over, event(code(9), "sampled", 8)).accepted == 1


def test_a_campaign_may_keep_its_tubes_for_ever(database, clock, tmp_path):
    world = make_world(database, clock, settings={"keep_tubes_days": 0})
    world.clock.to(LATER + timedelta(days=1000))
    with pytest.raises(retention.NotDue):
        archive(world, tmp_path)


def test_tubes_whose_sums_are_wrong_stay(over: World, tmp_path):
    with over.database.write() as session:
        session.execute(sa.text("UPDATE tube_sum SET used = used + 1"))
    with pytest.raises(retention.NotDue, match="sums"):
        archive(over, tmp_path)
    assert over.count(TubeEvent) == 20


def test_nobody_comes_in_by_a_campaign_whose_tubes_are_archived(over: World, tmp_path):
    over.token(Role.DISTRICT, "440607")
    archive(over, tmp_path)
    with over.database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM token WHERE revoked_at IS NULL")) == 0


def test_the_command_line_changes_nothing_unless_told_to(over: World, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from manage import cli

    monkeypatch.setenv("DATABASE_URL", over.database.engine.url.render_as_string(hide_password=False))
    command = ["--lang", "en", "retention", "--folder", str(tmp_path)]
    dry = CliRunner().invoke(cli, command)
    assert (dry.exit_code, "5 tubes and 20 events" in dry.output, "Dry run" in dry.output) == (0, True, True)
    assert over.count(TubeEvent) == 20
    done = CliRunner().invoke(cli, [*command, "--apply"])
    assert done.exit_code == 0, done.output
    assert over.count(TubeEvent) == 0
