"""Engines and transactions. SQLite in WAL mode is the embedded default, PostgreSQL is production."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.orm import Session

BUSY_SECONDS = 30
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One database: `read()` for a consistent picture, `write()` for one durable change.

    Raises `ValueError` for an address that is neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        self.engine = _create_engine(url)
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
        with Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A write transaction: committed, durably, when the block ends without an error."""
        with self._taking_turns(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """On SQLite, threads wait here for each other: waiting for its lock means sleeping between tries."""
        if not self.is_sqlite:
            yield
            return
        taken = self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if taken:
                self._turn.release()

    def upgrade(self) -> None:
        """Bring the schema to the newest version; two processes doing it at once wait for each other."""
        with self._writing.connect() as connection:
            if not self.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_lock(440607)"))
            config = _alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            if not self.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_unlock(440607)"))
                connection.commit()

    def schema_is_current(self) -> bool:
        """Whether the schema is the one this code was written for."""
        with self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        return found == ScriptDirectory.from_config(_alembic_config()).get_current_head()

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


def _create_engine(url: str) -> Engine:
    address = make_url(url)
    backend = address.get_backend_name()
    if backend == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend != "postgresql":
        raise ValueError(f"{backend} is neither sqlite nor postgresql+psycopg")
    return sa.create_engine(
        address,
        pool_size=16,
        max_overflow=16,
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


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
