"""A backup made while writes go on, put back and verified."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from kit import World, make_world, row
from tube_kit import code, differences, event, set_labs, tell

from data import audit, backups
from data.database import Database
from data.models import Audit, Report, TubeEvent

NOW = datetime(2021, 6, 6, 12, tzinfo=UTC)


@pytest.fixture
def empty(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the same kind, without a schema."""
    if database.is_sqlite:
        made = Database(f"sqlite:///{tmp_path}/elsewhere.db")
        yield made
        made.engine.dispose()
        return
    server = request.getfixturevalue("postgres")
    name = server.fresh_name()
    made = Database(server.create(name, template=None))
    yield made
    made.engine.dispose()
    server.drop(name)


class Writer(threading.Thread):
    """Sends tubes and reports until told to stop; knows what was acknowledged."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._over = threading.Event()
        self.acknowledged: list[str] = []
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            for number in range(100, 100_000):
                if self._over.is_set():
                    return
                done = tell(self._world, event(code(number), "sampled", 8), event(code(number), "received", 9))
                assert done.accepted == 2
                self.acknowledged.append(code(number))
        except Exception as problem:
            self.problem = problem

    def stop(self) -> None:
        self._over.set()
        self.join(30)
        assert self.problem is None


def barcodes(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(TubeEvent.barcode)))


def test_what_was_acknowledged_before_a_backup_began_is_in_it(world: World, empty: Database, tmp_path, capsys):
    set_labs(world)
    world.send(row("S1", 8, 50, tubes=5), row("S4", 8, 20))
    world.verify("S1/8")
    assert audit.verify(world.database, world.id).whole
    writer = Writer(world)
    writer.start()
    try:
        while len(writer.acknowledged) < 10:
            assert writer.is_alive()
            time.sleep(0.01)
        before, began = set(writer.acknowledged), time.monotonic()
        file = backups.back_up(world.database, tmp_path / "backups", NOW)
        backed_up = time.monotonic()
        during = len(writer.acknowledged) - len(before)
    finally:
        writer.stop()
    restoring = time.monotonic()
    done = backups.restore(empty, file, NOW, "operator")
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{world.database.engine.dialect.name}: {done.manifest.rows} rows backed up in"
            f" {backed_up - began:.2f} s while {during} batches were acknowledged,"
            f" restored and verified in {time.monotonic() - restoring:.2f} s"
        )
    assert before <= barcodes(empty) <= set(writer.acknowledged) | {code(100 + len(writer.acknowledged))}
    there = World(empty, world.clock, world.id)
    assert (there.differences(), differences(there)) == (0, 0)
    assert there.persons() == world.persons() == 70
    assert done.links == there.count(Audit) - 1
    assert there.audits()[-1].action == "backup.restored"
    assert tell(there, event(code(1), "sampled", 8)).accepted == 1


def test_a_database_that_is_not_empty_is_replaced_on_an_explicit_word_only(world: World, tmp_path):
    world.send(row("S1", 8, 50))
    file = backups.back_up(world.database, tmp_path, NOW)
    world.send(row("S2", 8, 30))
    with pytest.raises(backups.BadBackup, match="not_empty"):
        backups.restore(world.database, file, NOW, "operator")
    assert world.persons() == 80
    with world.database.read() as session:
        epoch = session.scalar(sa.text("SELECT epoch FROM campaign"))
    backups.restore(world.database, file, NOW, "operator", over_existing=True)
    assert (world.persons(), world.count(Report)) == (50, 1)
    with world.database.read() as session:
        # Browsers and caches that saw the later record must not mistake one for the other.
        assert session.scalar(sa.text("SELECT epoch FROM campaign")) != epoch


def test_a_backup_that_is_not_whole_touches_nothing(world: World, tmp_path):
    world.send(row("S1", 8, 50))
    file = backups.back_up(world.database, tmp_path, NOW)
    assert (file.stat().st_mode & 0o077, [p.suffix for p in tmp_path.glob("*.part")]) == (0, [])
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(backups.BadBackup, match="checksum"):
        backups.restore(world.database, file, NOW, "operator", over_existing=True)
    backups.manifest_of(file).unlink()
    with pytest.raises(backups.BadBackup, match="no_manifest"):
        backups.restore(world.database, file, NOW, "operator", over_existing=True)
    assert world.persons() == 50


def test_what_was_changed_behind_the_products_back_shows_after_a_restore(world: World, empty: Database, tmp_path):
    world.send(row("S1", 8, 50))
    with world.database.write() as session:
        session.execute(sa.text("UPDATE rollup SET persons = persons + 1"))
    file = backups.back_up(world.database, tmp_path, NOW)
    with pytest.raises(backups.BadBackup, match="sums"):
        backups.restore(empty, file, NOW, "operator")


def test_a_backup_that_cannot_be_written_says_so_and_leaves_nothing(world: World, tmp_path):
    (tmp_path / "taken").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(backups.BadBackup, match="not_written"):
        backups.back_up(world.database, tmp_path / "taken", NOW)
    assert list(tmp_path.glob("**/*.part")) == []


def test_a_tool_older_than_the_server_is_not_used():
    with pytest.raises(backups.BadBackup, match="no_tool"):
        backups.tool("pg_dump", 99)


def test_a_backup_of_the_other_kind_is_refused(world: World, tmp_path):
    file = backups.back_up(world.database, tmp_path, NOW)
    manifest = backups.manifest_of(file)
    other = b"postgresql" if world.database.is_sqlite else b"sqlite"
    own = world.database.engine.dialect.name.encode()
    manifest.write_bytes(manifest.read_bytes().replace(b'"kind": "' + own, b'"kind": "' + other))
    with pytest.raises(backups.BadBackup, match="other_kind"):
        backups.restore(world.database, file, NOW, "operator", over_existing=True)


def test_the_command_line_backs_up_and_refuses_to_overwrite(world: World, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from manage import cli

    url = world.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    made = CliRunner().invoke(cli, ["--lang", "en", "backup", str(tmp_path / "b")])
    assert made.exit_code == 0, made.output
    file = made.stdout.strip().splitlines()[-1]
    refused = CliRunner().invoke(cli, ["--lang", "en", "restore", file])
    assert (refused.exit_code, "is not empty" in refused.output) == (2, True)


def test_worlds_do_not_meet(world: World, tmp_path):
    """A second campaign is in the backup with its own revision."""
    other = make_world(world.database, world.clock)
    manifest = backups.read_manifest(backups.back_up(world.database, tmp_path, NOW))
    assert manifest.campaigns == {world.id: world.revision(), other.id: other.revision()}
