"""A schema that changes while people are at work on it."""

import shutil
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from kit import World
from tube_kit import code, differences, event, set_labs, sums, tell

from data import campaigns
from data import database as databases
from data.database import VERSIONS, Database, Schema
from domain.campaign import Campaign
from manage import cli

HEAD = """
import sqlalchemy as sa
from alembic import op
from data.migrations.online import create_index
revision, down_revision = "{number}", "{before}"
{marker}
def upgrade():
{lines}
"""
EXPANDS = """
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("tube", sa.Column("later", sa.Integer(), nullable=True))
    op.add_column("report", sa.Column("later", sa.Integer(), nullable=True))
    create_index("ix_tube_later", "tube", "campaign_id, later")
    create_index("ix_report_later", "report", "campaign_id, later", "later IS NOT NULL")
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The migrations there are, and room for later ones."""
    folder = tmp_path / "versions"
    shutil.copytree(VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def write_next(folder: Path, lines: str, marker: str = "") -> None:
    before = max(path.name[:4] for path in folder.glob("*.py"))
    number = f"{int(before) + 1:04}"
    content = HEAD.format(number=number, before=before, marker=marker, lines=lines)
    (folder / f"{number}_later.py").write_text(content, encoding="utf-8")


class AtWork(threading.Thread):
    """Does the same again and again until told to stop; keeps the first error and the longest time one took."""

    def __init__(self, step) -> None:
        super().__init__()
        self._step = step
        self._over = threading.Event()
        self.done, self.longest = 0, 0.0
        self.problem: Exception | None = None

    def run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                self._step(self.done)
            except Exception as problem:
                self.problem = problem
                return
            self.done += 1
            self.longest = max(self.longest, time.monotonic() - began)

    def stop(self) -> None:
        self._over.set()
        self.join(60)


def wait_for(people: list[AtWork], times: int) -> None:
    wanted = [one.done + times for one in people]
    while any(one.done < want and one.problem is None for one, want in zip(people, wanted, strict=True)):
        time.sleep(0.01)


def test_people_at_work_do_not_notice_a_migration_that_adds(world: World, versions: Path):
    set_labs(world)
    write_next(versions, EXPANDS)
    writer = AtWork(lambda n: tell(world, event(code(n), "sampled", 8), event(code(n), "received", 9)))
    reader = AtWork(lambda _: sums(world))
    people = [writer, reader]
    for one in people:
        one.start()
    try:
        wait_for(people, 3)
        # Another process, as on the day: its own connections.
        migrating = Database(world.database.engine.url.render_as_string(hide_password=False))
        migrating.upgrade(versions=versions)
        assert migrating.schema(versions) is Schema.CURRENT
        wait_for(people, 3)
    finally:
        for one in people:
            one.stop()
    assert [one.problem for one in people] == [None, None]
    assert world.database.schema() is Schema.AHEAD
    assert world.database.schema_is_current()
    assert differences(world) == 0
    # What the older code makes from now on has all that is new.
    with world.database.write() as session:
        later = Campaign("later", "后来", "Later", *_times(world), "Asia/Shanghai")
        campaigns.create(session, later, actor="operator", now=world.clock())
    with world.database.read() as session:
        assert session.scalar(sa.text("SELECT count(later) FROM tube")) == 0
    if not world.database.is_sqlite:
        with world.database.read() as session:
            valid = "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid::regclass::text LIKE '%later%'"
            assert session.scalar(sa.text(valid)) is True
    world.database.upgrade()
    assert world.database.schema() is Schema.AHEAD
    migrating.engine.dispose()


def _times(world: World) -> tuple:
    campaign = world.tree().campaign
    return campaign.starts_at, campaign.deadline


def test_code_that_is_too_old_for_a_schema_does_not_work_on_it(
    world: World, versions: Path, monkeypatch: pytest.MonkeyPatch
):
    write_next(versions, '    op.execute("DROP TABLE lab_report")', 'CONTRACTS = "nothing asks for it any more"')
    world.database.upgrade(versions=versions)
    assert world.database.schema() is Schema.TOO_NEW
    assert not world.database.schema_is_current()
    monkeypatch.setenv("DATABASE_URL", world.database.engine.url.render_as_string(hide_password=False))
    said = CliRunner().invoke(cli, ["--lang", "en", "campaign", "list"])
    assert (said.exit_code, "newer than this program" in said.output) == (2, True)


def test_a_migration_lets_others_go_first_instead_of_making_all_wait_behind_it(
    world: World, versions: Path, monkeypatch: pytest.MonkeyPatch
):
    if world.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time anyway")
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.2)
    write_next(versions, EXPANDS)
    set_labs(world)
    with world.database.read() as session:
        session.execute(sa.text("SELECT count(*) FROM tube"))
        upgrading = threading.Thread(target=world.database.upgrade, kwargs={"versions": versions})
        upgrading.start()
        time.sleep(0.5)
        # It cannot have its lock while somebody reads; nobody else waits for long because of that.
        assert tell(world, event(code(1), "sampled", 8)).accepted == 1
        assert upgrading.is_alive()
    upgrading.join(60)
    assert world.database.schema(versions) is Schema.CURRENT


def test_a_schema_older_than_the_code_is_told_apart(postgres):
    name = postgres.fresh_name()
    database = Database(postgres.create(name, template=None))
    assert database.schema() is Schema.BEHIND
    database.upgrade("0016")
    assert (database.schema(), database.schema_is_current()) == (Schema.BEHIND, False)
    database.engine.dispose()
    postgres.drop(name)
