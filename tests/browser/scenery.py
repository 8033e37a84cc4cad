"""What the browser tests look at: campaigns in a database and the product's own server over it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

from data import accounts, campaigns, tokens
from data.database import Database
from data.demo.runner import Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.ingest.reports import ingest_reports
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.permissions import Role

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Sender("operator")
SLOW = 0.1
"""Campaign minutes per minute: the demonstration all but stands still at 14:20."""

DEMO, SMALL, EMPTY, BARE, LIVE, STALE = "demo", "small", "empty", "bare", "live", "stale"
DISTRICT, TOWN, OTHER_TOWN = "990001", "990001001", "990001002"

PASSWORD = "only in tests, 26"
PEOPLE: tuple[tuple[str, Role, str, str | None], ...] = (
    ("district", Role.DISTRICT, "", None),
    ("admin", Role.ADMINISTRATOR, "", None),
    ("auditor", Role.AUDITOR, "", None),
    ("leader", Role.LEADER, DISTRICT, LIVE),
    ("official", Role.DISTRICT, DISTRICT, LIVE),
    ("reviewer", Role.DISTRICT, DISTRICT, LIVE),
    ("town", Role.TOWN, TOWN, LIVE),
    ("site", Role.SITE, "L1", LIVE),
    ("site2", Role.SITE, "L2", LIVE),
)

SMALL_MAPPING = """
[columns]
district = "Okres"
town = "Mesto"
site = "Obec"
persons = "Testovani"
positives = "Pozitivni"
[constants]
city = "Kraj"
hour = "2020-10-31T07:00:00+01:00"
hours = 39
[options]
create_places = true
"""

SMALL_ROWS = """Okres,Mesto,Obec,Testovani,Pozitivni
Horny,Brezno,Lipa,1200,12
Horny,Brezno,Dub,800,4
Horny,Javor,Smrek,950,7
Dolny,Topol,=SUM(A1:A9),400,3
Dolny,Topol,Vrba,60,0
"""

FORMULA = "=SUM(A1:A9)"

LIVE_SITES = tuple(f"L{n}" for n in range(1, 7))


def build(database: Database) -> dict[str, Any]:
    """Six campaigns; what tests need to know of them."""
    Demonstration(database, system_clock, SLOW, DEFAULT_SEED).load()
    _small(database)
    _create(database, _day(EMPTY, "空轮次", "Nothing yet", began=2))
    _create(database, _day(BARE, "有名册", "Sites only", began=2))
    _sites(database, BARE)
    live = _day(LIVE, "进行中", "Running", began=4)
    _create(database, live)
    _sites(database, LIVE)
    stale = _day(STALE, "断报", "Silent", began=6)
    _create(database, stale)
    _sites(database, STALE)
    for campaign, periods, owed in ((live, (0, 1, 2, 3), ("L6",)), (stale, (0, 1, 2), ())):
        rows = [row(campaign, site, period, 40) for site in LIVE_SITES for period in periods
                if not (site in owed and period == periods[-1])]  # fmt: skip
        refused = ingest_reports(database, campaign.id, rows, OPERATOR, system_clock).rejected
        assert not refused, refused
    people(database)
    with database.write() as session:
        now = system_clock()
        secrets = {
            "demo_token": tokens.create(session, Role.DISTRICT, "440607", DEMO, now),
            "live_token": tokens.create(session, Role.DISTRICT, DISTRICT, LIVE, now),
        }
    return {"live": live, "stale": stale, **secrets}


def _create(database: Database, campaign: Campaign) -> None:
    with database.write() as session:
        campaigns.create(session, campaign, actor="operator", now=system_clock())


def _day(id_: str, name: str, name_en: str, *, began: int) -> Campaign:
    """A campaign that began so many full hours ago and goes on for as many more as make fourteen."""
    begin = system_clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=began)
    return Campaign(id_, name, name_en, begin, begin + timedelta(hours=14), "Asia/Shanghai")


def _sites(database: Database, campaign_id: str) -> None:
    lines = ["district,district_name,district_name_en,town,town_name,town_name_en,site,site_name,lanes,target"]
    for n, site in enumerate(LIVE_SITES):
        town, name = (TOWN, "东镇,East Town") if n % 2 else (OTHER_TOWN, "西镇,West Town")
        lines.append(f"{DISTRICT},虚拟区,Invented District,{town},{name},{site},测试点{n + 1},8,600")
    _import(database, campaign_id, What.PLACES, "\n".join(lines))


def _small(database: Database) -> None:
    begin = datetime.fromisoformat("2020-10-31T07:00:00+01:00")
    _create(
        database, Campaign(SMALL, "小轮次", "Small Round", begin, begin + timedelta(hours=39), "Europe/Bratislava")
    )
    _import(database, SMALL, What.REPORTS, SMALL_ROWS, mapping_toml=SMALL_MAPPING)


def _import(database: Database, campaign_id: str, what: What, text: str, **options: Any) -> None:
    done = import_file(database, campaign_id, what, text.encode(), "made.csv", OPERATOR, system_clock, **options)
    assert not done.refused, done.refused


def row(campaign: Campaign, site: str, period: int, persons: int, **more: object) -> dict[str, object]:
    """A plain report of one site and period."""
    hour = campaign.local(campaign.start_of(period)).isoformat()
    tubes = -(-persons // 10)
    made = {"key": f"{site}/{period}", "site": site, "hour": hour, "persons": persons, "tubes": tubes}
    return made | {"third_copies": tubes} | more


def people(database: Database) -> None:
    """An account for every role; `district` and `admin` reach every campaign, the others their place in `LIVE`,
    where there is one."""
    with database.write() as session:
        known = {row.id for row in campaigns.every(session)}
        for login, role, place, campaign in PEOPLE:
            if campaign is not None and campaign not in known:
                continue
            accounts.create(
                session, login=login, role=role, place=place, campaign_id=campaign, now=system_clock(),
                actor=OPERATOR.name, password=PASSWORD, name=f"测试{login}",
            )  # fmt: skip


def sign_in(context: BrowserContext, address: str, login: str) -> None:
    """Sign `login` in with this browser, without a page of its own."""
    page = context.request.get(f"{address}/login").text()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page
    form = {"csrf_token": found[1], "login": login, "password": PASSWORD}
    answer = context.request.post(f"{address}/login", form=form, headers={"Referer": address}, max_redirects=0)
    assert answer.status == 302, answer.text()


class Server:
    """gunicorn over one database, on one port that stays its own when it is started again."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "HOST": "127.0.0.1", "PORT": str(self.port), "DATABASE_URL": url, "DEMO": "0", "WEB_WORKERS": "2",
            "SECRET_KEY": "not so secret in a test", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "tests.browser.prompt:server()"]
        # A group of its own: killed, it takes its workers along.
        self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        until = time.monotonic() + 90
        while not self._ready():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server is not ready"
            time.sleep(0.05)

    def _ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.address}/readyz", timeout=20) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """As when the power goes."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    # -- the data interface, as another system uses it

    def get(self, path: str, token: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def report(self, campaign: str, token: str, *rows: dict[str, object]) -> dict[str, Any]:
        """Send reports; every one must be taken."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/campaigns/{campaign}/reports",
            json.dumps({"reports": rows}).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = dict(json.load(answer))
        assert not said.get("rejected"), said
        return said

    def get_list(self, path: str, token: str) -> list[dict[str, Any]]:
        """The first page of a list."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return list(json.load(answer))
