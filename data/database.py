"""Engines and transactions. SQLite in WAL mode is the embedded default, PostgreSQL is production."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.orm import Session

from data.patience import Room, Watch, be_patient

BUSY_SECONDS = 30
POOL_SIZE = MAX_OVERFLOW = 16
"""Connections to PostgreSQL a process keeps, and how many more it may open at a time."""
READERS, WRITERS, LINE = 6, 6, 64
"""Threads of a web server's worker that read, and that write, at once; of the sixteen it has (gunicorn.conf.py) some
are always left for what needs no database. `LINE` may wait for a place while there is movement."""
LOCK_SECONDS = 3
"""How long a migration may keep others waiting behind it for a lock."""
LOCK_TRIES = 40
TURN_SECONDS = 0.2
LOCK_NOT_AVAILABLE = "55P03"
STATEMENT_MINUTES = 60
"""The longest statement of a migration: carrying a city's events over takes minutes."""
MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"


class Schema(Enum):
    """How a database's schema stands to the code that looks at it."""

    CURRENT = "current"
    BEHIND = "behind"
    """The code needs more: `manage.py db upgrade` first."""
    AHEAD = "ahead"
    """Newer, with nothing this code knows gone."""
    TOO_NEW = "too_new"
    """Newer, and something this code knows is gone."""


class Database:
    """One database: `read()` for a consistent picture, `write()` for one durable change.

    With `seconds`, as the web server uses it: no statement takes longer, and only so many threads wait at once; the
    others are refused with `patience.Busy`. Raises `ValueError` for an address that is neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str, seconds: float | None = None) -> None:
        self._busy_seconds = min(seconds or BUSY_SECONDS, BUSY_SECONDS)
        self.engine = _create_engine(url, self._busy_seconds)
        if seconds is not None and not self.is_sqlite:
            be_patient(self.engine, seconds)
        self._readers = Room(READERS, LINE) if seconds is not None else None
        self._writers = Room(WRITERS, LINE) if seconds is not None else None
        self._watch = Watch(self.answers) if seconds is not None and not self.is_sqlite else None
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self.engine.execution_options(**reading)
        self._writing = self.engine.execution_options(begin_immediate=True)
        self._turn = Lock()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read transaction: everything read inside belongs to one moment."""
        with self._place(self._readers), Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A write transaction: committed, durably, when the block ends without an error."""
        with (
            self._place(self._writers), self._taking_turns(),
            Session(self._writing, expire_on_commit=False) as session, session.begin(),
        ):  # fmt: skip
            yield session

    @contextmanager
    def _place(self, room: Room | None) -> Iterator[None]:
        with self._watch.over() if self._watch else nullcontext(), room.place() if room else nullcontext():
            yield

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """On SQLite, threads wait here for each other: waiting for its lock means sleeping between tries."""
        if not self.is_sqlite:
            yield
            return
        taken = self._turn.acquire(timeout=self._busy_seconds)
        try:
            yield
        finally:
            if taken:
                self._turn.release()

    def upgrade(self, to: str = "head", versions: Path = VERSIONS) -> None:
        """Bring the schema to the newest version; two processes doing it at once wait for each other. A schema that
        is newer than this code is left as it is.

        On PostgreSQL a migration waits no longer than `LOCK_SECONDS` for others at work, who would wait behind it,
        lets them go on and tries again; each of its statements may take `STATEMENT_MINUTES`.
        """
        config = _alembic_config(versions)
        if self.is_sqlite:
            with self._writing.connect() as connection:
                _migrate(connection, config, to)
                connection.commit()
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as turn:
            # Asked for again and again: one that waited in a statement would itself be waited for by an index that is
            # built beside writers.
            while not turn.scalar(sa.text("SELECT pg_try_advisory_lock(440607)")):
                time.sleep(TURN_SECONDS)
            try:
                with self.engine.connect() as connection:
                    for limit, value in (
                        ("lock_timeout", f"{LOCK_SECONDS}s"),
                        ("statement_timeout", f"{STATEMENT_MINUTES}min"),
                    ):
                        connection.execute(sa.text(f"SET {limit} = '{value}'"))
                    connection.commit()
                    try:
                        _patiently(connection, config, to)
                    finally:
                        # Its time limits are nobody else's.
                        connection.invalidate()
            finally:
                turn.execute(sa.text("SELECT pg_advisory_unlock(440607)"))

    def schema(self, versions: Path = VERSIONS) -> "Schema":
        """How the schema stands to this code."""
        scripts = ScriptDirectory.from_config(_alembic_config(versions))
        head = scripts.get_current_head() or ""
        with self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            if found == head:
                return Schema.CURRENT
            if found is None or any(script.revision == found for script in scripts.walk_revisions()):
                return Schema.BEHIND
            floor = connection.scalar(sa.text("SELECT max(revision) FROM schema_floor"))
        # Numbers of equal length: they compare as texts.
        return Schema.AHEAD if floor is None or floor <= head else Schema.TOO_NEW

    def schema_is_current(self) -> bool:
        """Whether this code can work on the schema: the one it was written for, or a later one that has only more."""
        return self.schema() in (Schema.CURRENT, Schema.AHEAD)

    def analyze(self) -> None:
        """Let the planner see how large tables have become, after much was put into them at once."""
        if self.is_sqlite:
            return
        with self._writing.begin() as connection:
            connection.execute(sa.text("ANALYZE report, current_report, report_alias, rollup"))

    def answers(self) -> bool:
        """Whether the database can be asked something at all."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def dispose(self) -> None:
        """Close all connections; a forked worker does so before its first question."""
        self.engine.dispose(close=False)


def is_writing(session: Session) -> bool:
    """Whether it is a write transaction: what it sees may never be committed."""
    return bool(session.get_bind().get_execution_options().get("begin_immediate"))


def insert_into(session: Session, table: sa.FromClause) -> postgresql.Insert:
    """An INSERT that can say what becomes of a conflict, for the session's own database."""
    own = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # Both say it in the same words.
    return cast(postgresql.Insert, own.insert(cast(sa.Table, table)))


def _create_engine(url: str, busy_seconds: float) -> Engine:
    address = make_url(url)
    backend = address.get_backend_name()
    if backend == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(address, connect_args={"timeout": busy_seconds})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend != "postgresql":
        raise ValueError(f"{backend} is neither sqlite nor postgresql+psycopg")
    return sa.create_engine(
        address,
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=utc", "connect_timeout": 10},
    )


def _prepare_sqlite(connection: object, _record: object) -> None:
    # The driver's own transaction handling is switched off: it would begin too late for a consistent read.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once, so that it never reads what another writer is about to change.
    immediate = connection.get_execution_options().get("begin_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _alembic_config(versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(versions))
    return config


def _migrate(connection: Connection, config: Config, to: str) -> None:
    scripts = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if found is not None and all(script.revision != found for script in scripts.walk_revisions()):
        return
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _patiently(connection: Connection, config: Config, to: str) -> None:
    for left in reversed(range(LOCK_TRIES)):
        try:
            _migrate(connection, config, to)
            return
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE or not left:
                raise
            connection.rollback()
            time.sleep(1)
