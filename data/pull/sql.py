"""A database as a source: one question, in a transaction that cannot write, under the database's own time limit."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from data.ingest.tables import Table, table_of
from data.pull.asking import Deadline, Failed, Surroundings
from domain.errors import Unreadable
from domain.sources import Definition
from domain.variables import fill, in_address

CHUNK = 1000
PROGRESS_STEPS = 10_000
"""How often SQLite looks at the clock, in steps of its machine."""

DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "oracle": 1521, "mssql": 1433}


def fetch(source: Definition, around: Surroundings, times: dict[str, datetime]) -> Table:
    """The rows the source's query answers. `times` are what its parameters (`:since`, `:now`) stand
    for.

    Raises `Failed`, and `Unreadable` for an answer that is no table.
    """
    deadline = Deadline(source.timeout_seconds)
    url, options = _address(source, around, deadline)
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True, connect_args=options)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise Failed("no_driver", driver=url.drivername) from None
    except (ArgumentError, SQLAlchemyError, TypeError, ValueError) as error:
        raise Failed("sql_address", detail=around.detail(error)) from None
    question = sa.text(source.query)
    # SQLite has no type for times: they are compared as text.
    written = {
        name: moment.isoformat() if engine.dialect.name == "sqlite" else moment for name, moment in times.items()
    }
    asked = {name: written[name] for name in question.compile().params if name in written}
    try:
        with engine.connect() as connection, connection.begin():
            _only_reading(connection, deadline)
            found = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(question, asked)
            if not found.returns_rows:
                raise Failed("no_rows_answered")
            headers = list(found.keys())
            _distinct(headers)
            return table_of(source.name, headers, _limited(found, source.row_limit, deadline))
    except Unreadable:
        raise
    except DBAPIError as error:
        if deadline.over or _timed_out(error):
            raise deadline.failure() from None
        passing = error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
        raise Failed("sql_error", detail=around.detail(error.orig), passing=passing) from None
    except (SQLAlchemyError, OSError, ValueError) as error:
        # A missing parameter, a value the driver cannot read.
        raise Failed("sql_error", detail=around.detail(error)) from None
    finally:
        engine.dispose()


def _address(source: Definition, around: Surroundings, deadline: Deadline) -> tuple[URL, dict[str, Any]]:
    """Where to connect and how, once that is allowed."""
    try:
        url = make_url(fill(source.address, around.secrets, in_address))
    except (ArgumentError, ValueError):
        raise Failed("sql_address", detail="") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        path = around.below(url.database or "")
        if not path.is_file():
            raise Failed("no_file", name=path.name)
        # Read-only by the way it is opened: a URI is the only way to say so.
        return make_url(f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true"), {"timeout": source.timeout_seconds}
    socket = url.query.get("host")
    if socket is not None:
        if socket not in around.hosts:
            raise Failed("host_refused", host=str(socket))
    elif url.host:
        around.reachable(url.host, url.port or DEFAULT_PORTS.get(backend, 0))
    else:
        raise Failed("sql_address", detail="")
    seconds, ms = max(1, round(deadline.left)), source.timeout_seconds * 1000
    if backend == "postgresql":
        limits = f"-c statement_timeout={ms} -c default_transaction_read_only=on -c timezone=utc"
        return url, {"connect_timeout": seconds, "options": limits}
    if backend in ("mysql", "mariadb"):
        return url, {"connect_timeout": seconds, "read_timeout": seconds}
    return url, {}


def _only_reading(connection: Connection, deadline: Deadline) -> None:
    """Let nothing be written, whatever the query says and the account may."""
    backend = connection.dialect.name
    if backend == "sqlite":
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA query_only=ON")
        raw.set_progress_handler(lambda: int(deadline.over), PROGRESS_STEPS)
    elif backend == "postgresql":
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
    elif backend in ("mysql", "mariadb"):
        connection.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))
        connection.commit()


def _limited(found: sa.CursorResult[Any], limit: int, deadline: Deadline) -> Iterator[Sequence[object]]:
    count = 0
    while chunk := list(islice(found, CHUNK)):
        deadline.check()
        count += len(chunk)
        if count > limit:
            raise Failed("too_many_rows", limit=limit)
        yield from (tuple(row) for row in chunk)


def _distinct(headers: list[str]) -> None:
    for name in headers:
        if headers.count(name) > 1:
            raise Unreadable("duplicate_header", name=name)


def _timed_out(error: DBAPIError) -> bool:
    """Whether the database itself stopped the query for taking too long."""
    return getattr(error.orig, "sqlstate", None) == "57014" or "interrupted" in str(error.orig)
