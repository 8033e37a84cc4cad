"""What the benchmarks run on: fresh databases of both kinds, campaigns in them, and the product's own server."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks import postgres
from data import accounts, campaigns, tokens
from data.database import Database
from data.demo.runner import FIRST_LOOK, Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.models import CurrentReport, PlaceRow, Report
from domain.campaign import Campaign
from domain.clock import Clock, system_clock
from domain.permissions import Role

HERE = Path(__file__).resolve().parents[1]
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = (SQLITE, POSTGRESQL)

BENCH = Sender("benchmark")
DEMO = "demo"
DISTRICT = "440607"
"""The root of every tree here, the demonstration's included."""

SLOWEST = 0.1
"""Speed of a demonstration that all but stands still at its middle: a campaign minute in ten minutes."""

START_SECONDS = 30
LOG_BYTES = 6000
"""How much of a server's log is shown when a benchmark fails."""

Row = dict[str, Any]


@cache
def _postgres() -> sa.URL:
    """The address of one PostgreSQL server for the whole run."""
    return postgres.server(Path(tempfile.gettempdir()) / f"bench-pg-{os.getpid()}", kept=False)


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """The address of an empty database with the current schema; it is removed afterwards."""
    if kind == SQLITE:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            url = f"sqlite:///{folder / 'bench.db'}"
            _upgrade(url)
            yield url
        finally:
            shutil.rmtree(folder)
        return
    server = _postgres()
    name = f"bench_{secrets.token_hex(4)}"
    administration = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        url = server.set(database=name).render_as_string(hide_password=False)
        _upgrade(url)
        yield url
    finally:
        with administration.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        administration.dispose()


def _upgrade(url: str) -> None:
    with opened(url) as database:
        database.upgrade()


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database at `url`, its connections closed afterwards."""
    database = Database(url)
    try:
        yield database
    finally:
        database.engine.dispose()


# -- campaigns


def load_demo(database: Database, clock: Clock) -> None:
    """The demonstration day up to 14:20, standing all but still."""
    Demonstration(database, clock, SLOWEST, DEFAULT_SEED).load()


def frozen_clock() -> Clock:
    """A clock that stands at the moment a newcomer first sees the demonstration."""
    moment = datetime(2021, 6, 5, 22, tzinfo=UTC) + FIRST_LOOK
    return lambda: moment


def running_campaign(database: Database, sites: int, hours: int = 12) -> Campaign:
    """A campaign that began `hours` full hours ago and goes on for two more, with `sites` sites in 8 towns."""
    full_hour = system_clock().replace(minute=0, second=0, microsecond=0)
    campaign = Campaign(
        "bench",
        "性能测试",
        "Benchmark",
        full_hour - timedelta(hours=hours),
        full_hour + timedelta(hours=2),
        "Asia/Shanghai",
    )
    with database.write() as session:
        campaigns.create(session, campaign, actor=BENCH.name, now=system_clock())
    lines = ["district,town,site,site_name,lanes,target"]
    lines += [f"{DISTRICT},T{n % 8},{site},Site {n},8,6000" for n, site in enumerate(site_codes(sites))]
    done = import_file(
        database, campaign.id, What.PLACES, "\n".join(lines).encode(), "places.csv", BENCH, system_clock
    )
    if done.refused:
        raise RuntimeError(f"places refused: {done.refused[:3]}")
    return campaign


def site_codes(sites: int) -> list[str]:
    return [f"S{n:05}" for n in range(sites)]


def report(campaign: Campaign, site: str, period: int, persons: int) -> Row:
    """A plain report of one site and period."""
    return {
        "key": f"{site}/{period}",
        "site": site,
        "hour": campaign.local(campaign.start_of(period)).isoformat(),
        "persons": persons,
        "tubes": -(-persons // 10),
    }


def corrections(database: Database, campaign_id: str) -> Iterator[Row]:
    """Report rows that each change one figure of the record: one person less at one site in one hour."""
    with database.read() as session:
        row = campaigns.find(session, campaign_id)
        campaign = campaigns.campaign_of(row)
        query = (
            sa.select(Report.key, PlaceRow.code, Report.starts_at, Report.persons, Report.tubes)
            .join(CurrentReport, CurrentReport.report_id == Report.id)
            .join(PlaceRow, PlaceRow.id == Report.site_id)
            .where(Report.campaign_id == campaign_id, Report.persons > 10, Report.tubes.is_not(None))
            .where(CurrentReport.first_period == CurrentReport.last_period)
            .order_by(Report.starts_at.desc(), Report.id)
        )
        found = session.execute(query).all()
    for key, site, starts_at, persons, tubes in found:
        yield {
            "key": f"{key}/bench",
            "site": site,
            "hour": campaign.local(starts_at).isoformat(),
            "persons": persons - 1,
            "tubes": tubes,
            "correction_of": key,
            "note": "benchmark",
        }


PASSWORD = "only in benchmarks, 26"


def sign_in(database: Database, server: "Server") -> str:
    """A signed-in leader of every campaign; the value of the `Cookie` header his browser sends."""
    with database.write() as session:
        if not accounts.any_exist(session):
            accounts.create(
                session, login="bench", role=Role.LEADER, place="", campaign_id=None, now=system_clock(),
                actor=BENCH.name, password=PASSWORD,
            )  # fmt: skip
    with _signed_in(server, "bench") as browser:
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def clerks(database: Database, server: "Server", campaign_id: str, sites: Sequence[str]) -> dict[str, dict[str, str]]:
    """A signed-in clerk at each site: the headers his phone sends."""
    with database.write() as session:
        for site in sites:
            accounts.create(
                session, login=site.lower(), role=Role.SITE, place=site, campaign_id=campaign_id, now=system_clock(),
                actor=BENCH.name, password=PASSWORD,
            )  # fmt: skip
    return {site: _phone(server, site.lower()) for site in sites}


def _phone(server: "Server", login: str) -> dict[str, str]:
    with _signed_in(server, login) as browser:
        browser.get("/api/v1/me").raise_for_status()
        token = browser.cookies["csrf_token"]
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return {"Cookie": cookie, "X-CSRFToken": token}


@contextmanager
def _signed_in(server: "Server", login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address) as browser:
        found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)
        if found is None:
            raise RuntimeError("the sign-in page has no form")
        form = {"csrf_token": found[1], "login": login, "password": PASSWORD}
        if browser.post("/login", data=form).status_code != 302:
            raise RuntimeError(f"{login} could not sign in")
        yield browser


def cookies(server: "Server", header: str) -> list[dict[str, str]]:
    """The same for a Chromium context."""
    pairs = (part.split("=", 1) for part in header.split("; "))
    return [{"name": name, "value": value, "url": server.address} for name, value in pairs]


def make_token(database: Database, campaign_id: str, root: str = DISTRICT) -> str:
    """A token that may write everywhere in the campaign, whose topmost place is `root`."""
    with database.write() as session:
        return tokens.create(session, Role.DISTRICT, root, campaign_id, system_clock())


# -- the server


@dataclass(frozen=True, slots=True)
class Server:
    """A running product. `ready_seconds` is the time from its spawn to the first 200 of /readyz."""

    port: int
    process: subprocess.Popen[bytes]
    ready_seconds: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, cookie: str) -> bytes:
        """The body at `path` for who is signed in, decompressed by nobody. Follows redirections."""
        request = urllib.request.Request(self.address + path, headers={"Accept-Encoding": "gzip", "Cookie": cookie})
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            return bytes(answer.read())


GUNICORN = (sys.executable, "-m", "gunicorn", "-c", str(HERE / "gunicorn.conf.py"))
SERVE = (sys.executable, str(HERE / "manage.py"), "serve")
"""What `make run` runs: schema, demonstration, player and gunicorn."""


@contextmanager
def serving(
    url: str, command: Sequence[str] = GUNICORN, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The product with two workers on a free port of the loopback address, ready; stopped afterwards."""
    port = _free_port()
    environment = os.environ | {
        "HOST": "127.0.0.1", "PORT": str(port), "DATABASE_URL": url, "DEMO": "0", "WEB_WORKERS": "2",
        "SECRET_KEY": secrets.token_hex(32), "LOG_LEVEL": "WARNING", **(settings or {}),
    }  # fmt: skip
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=HERE, env=environment, stderr=log)
        try:
            until(lambda: process.poll() is not None or _is_ready(port), START_SECONDS, "the server is not ready")
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with status {process.returncode}")
            yield Server(port, process, time.perf_counter() - began)
        except Exception:
            log.seek(0)
            print(log.read()[-LOG_BYTES:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(15)
    if process.poll() is None:
        process.kill()
        process.wait()


def until(done: Callable[[], bool], seconds: float, problem: str) -> None:
    """Ask `done` every 10 ms. Raises `TimeoutError` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(problem)
        time.sleep(0.01)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
