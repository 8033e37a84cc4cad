"""Whether a server is set up as advised."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import config
from data.database import Database
from data.server_settings import Advice, advice, connections_needed, differences
from manage import cli

ADVISED = config.HERE / "deploy" / "postgresql.conf"


@pytest.fixture
def server(postgres):
    name = postgres.lend()
    database = Database(postgres.url(name))
    yield database
    database.engine.dispose()
    postgres.take_back(name)


def test_every_advised_setting_exists_has_a_reason_and_a_value_the_server_takes(server: Database):
    with server.engine.connect() as connection:
        known = set(connection.scalars(sa.text("SELECT name FROM pg_settings")))
        names = [one.name for one in advice(ADVISED)]
        assert set(names) <= known
        assert len(names) == len(set(names)) > 20
        for one in advice(ADVISED):
            if one.name != "shared_preload_libraries":
                # Sizes and times are read as the server reads them; what only a restart changes is not tried.
                context = connection.scalar(
                    sa.text("SELECT context FROM pg_settings WHERE name = :name"), {"name": one.name}
                )
                if context == "user":
                    connection.execute(sa.text(f"SET {one.name} = '{one.advised}'"))


def test_a_server_as_it_comes_differs_and_says_in_what(server: Database):
    found = {one.name: one for one in differences(server, ADVISED, workers=2)}
    # The tests' server waits for no disk, on purpose: the very thing this is there to find.
    assert {"fsync", "synchronous_commit", "full_page_writes", "max_wal_size", "random_page_cost"} <= set(found)
    assert (found["max_wal_size"].found, found["max_wal_size"].advised) == ("1024MB", "8GB")
    assert "autovacuum" not in found
    assert all(one.reason for one in found.values())


def test_more_workers_than_connections_show(server: Database):
    assert connections_needed(4) == 144
    needed = [one for one in differences(server, ADVISED, workers=64) if one.name == "max_connections"]
    assert str(connections_needed(64)) in {one.advised for one in needed}


@pytest.mark.parametrize(
    ("advised", "rule", "never", "value", "unit", "kept"),
    [
        ("8GB", "at least", "", "8192", "MB", True),
        ("8GB", "at least", "", "1024", "MB", False),
        ("4GB", "at least", "", "524288", "8kB", True),
        ("15min", "at least", "", "900", "s", True),
        ("1.1", "at most", "", "4", "", False),
        ("5min", "at most", "0", "0", "ms", False),
        ("5min", "at most", "0", "60000", "ms", True),
        ("500ms", "at most", "-1", "-1", "ms", False),
        ("on", "is", "", "off", "", False),
        ("on", "on", "", "lz4", "", True),
        ("pg_stat_statements", "has", "", "auto_explain,pg_stat_statements", "", True),
    ],
)
def test_how_a_value_is_held_against_advice(advised, rule, never, value, unit, kept):
    assert Advice("x", advised, rule, never, "because").kept_by(value, unit) is kept


def test_a_setting_without_a_reason_is_no_advice(tmp_path: Path):
    file = tmp_path / "postgresql.conf"
    file.write_text("work_mem = 16MB\n", encoding="utf-8")
    with pytest.raises(ValueError, match="work_mem"):
        list(advice(file))


def test_the_command_line_names_what_differs(server: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", server.engine.url.render_as_string(hide_password=False))
    said = CliRunner().invoke(cli, ["--lang", "en", "db", "settings"])
    assert (said.exit_code, "max_wal_size is 1024MB, advised is 8GB" in said.output) == (1, True)
