"""How long anything waits for the database, and how many wait at once (docs/decisions/0035).

A server that waits without end for a database that hangs has no thread left for what it could still answer. So every
wait ends: the database itself ends a statement or a wait for a lock that takes too long; a connection whose other
side says nothing at all is given up from this side; and only so many threads of a worker are with the database at
once, so that some are always left to serve what the worker has kept.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Lock, Thread, local
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors
from sqlalchemy.engine import Connection, Engine

log = logging.getLogger(__name__)

STUCK_SECONDS = 2.0
"""A full room nobody has left for so long is stuck: who stands in line is sent away, and so is who comes."""

PING_SECONDS = 2.0
"""How long a connection that has rested may take to show that it still lives."""

CONNECT_SECONDS = 3
"""How long the database may take to let a new connection in."""

GRACE_SECONDS = 1.0
"""The database ends what takes too long itself; so much later it is given up from this side."""

ASK_SECONDS = 0.25
"""How soon a database that is away is asked again."""

SHUT = ("57P01", "57P02", "57P03")
"""What PostgreSQL says when it ends, has crashed, or is not ready yet."""

ABANDONED_SECONDS = 60
"""A transaction whose worker has stood still for so long is ended by the database, so that others get its locks."""

AWAY = (sa.exc.OperationalError, sa.exc.TimeoutError)
"""What is raised when the database does not answer, not in time, or not now."""


class Busy(sa.exc.TimeoutError):
    """Too many wait already, and nothing moves."""


class Room:
    """Places for threads that do one kind of work, and a line before it. It is safe to enter again from inside."""

    def __init__(self, places: int, line: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._line = line
        self._ticks = ticks
        self._inside = 0
        self._waiting = 0
        self._moved = ticks()
        self._turn = Condition()
        self._thread = local()

    @contextmanager
    def place(self, seconds: float | None = None) -> Iterator[None]:
        """A place while the block runs; waits for one while others come out, no longer than `seconds`.

        Raises `Busy` where the line is full, the room is stuck or the time is over.
        """
        if getattr(self._thread, "inside", False):
            yield
            return
        self._enter(seconds)
        self._thread.inside = True
        try:
            yield
        finally:
            self._thread.inside = False
            with self._turn:
                self._inside -= 1
                self._moved = self._ticks()
                self._turn.notify()

    def _enter(self, seconds: float | None) -> None:
        began = self._ticks()
        with self._turn:
            if self._inside >= self._places and self._waiting >= self._line:
                raise Busy("too many wait")
            self._waiting += 1
            try:
                while self._inside >= self._places:
                    now = self._ticks()
                    left = self._moved + STUCK_SECONDS - now
                    if seconds is not None:
                        left = min(left, began + seconds - now)
                    if left <= 0:
                        raise Busy("nobody comes out")
                    self._turn.wait(left)
            finally:
                self._waiting -= 1
            self._inside += 1
            if self._inside == self._places:
                self._moved = self._ticks()


class Watch:
    """Whether the database is there. Once it has let somebody down nobody else waits for it: they are refused at
    once, while a thread of our own asks until it answers again."""

    def __init__(self, answers: Callable[[], bool]) -> None:
        self._answers = answers
        self._away = False
        self._lock = Lock()

    @contextmanager
    def over(self) -> Iterator[None]:
        """Watch over the block. Raises `Busy` while the database is away."""
        if self._away:
            raise Busy("the database is away")
        try:
            yield
        except sa.exc.DBAPIError as error:
            if _is_lost(error):
                self._wait_for_it()
            raise

    def _wait_for_it(self) -> None:
        with self._lock:
            if self._away:
                return
            self._away = True
        log.error("the database is away")
        Thread(target=self._ask, name="database watch", daemon=True).start()

    def _ask(self) -> None:
        while not self._answers():
            time.sleep(ASK_SECONDS)
        log.error("the database is back")
        self._away = False


def _is_lost(error: sa.exc.DBAPIError) -> bool:
    """Whether the connection broke, or none was to be had; not what a database that is there says of a statement."""
    said = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (
        isinstance(error, sa.exc.OperationalError) and (said is None or said in SHUT)
    )


class PatientConnection(psycopg.Connection[Any]):
    """A connection that does not wait for ever: a stopped server, or a network that swallows everything, never says
    that it will not answer."""

    patience: float = PING_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:
            # Whatever it says later belongs to a question nobody asks any more.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the database has said nothing for {self.patience:g} s") from None


def be_patient(engine: Engine, seconds: float) -> None:
    """Let no statement on `engine` (PostgreSQL) take longer than `seconds`, and no wait for a lock half as long."""
    limits = {
        "statement_timeout": seconds * 1000,
        "lock_timeout": seconds * 500,
        "idle_in_transaction_session_timeout": ABANDONED_SECONDS * 1000,
    }

    def connect(_dialect: object, _record: object, arguments: Any, named: dict[str, Any]) -> PatientConnection:
        stated = " ".join(f"-c {name}={value:.0f}" for name, value in limits.items())
        named = {**named, "options": f"{named.get('options', '')} {stated}", "connect_timeout": CONNECT_SECONDS}
        return PatientConnection.connect(*arguments, **named)

    def begin(connection: Connection) -> None:
        _driver(connection.connection).patience = seconds + GRACE_SECONDS

    def rest(driver: object, _record: object) -> None:
        if isinstance(driver, PatientConnection):
            driver.patience = PING_SECONDS

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "begin", begin)
    sa.event.listen(engine, "checkin", rest)


def _driver(connection: Any) -> PatientConnection:
    driver = connection.driver_connection
    assert isinstance(driver, PatientConnection)
    return driver
