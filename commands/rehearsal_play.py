"""Plays a day's readers, reports and tube events against a server over HTTP, and measures what they would have felt.

It knows nothing but the address, a password and a token: what it sees is what a browser and a gateway would see. The
load is open: what was to be asked at a moment is asked then, however slow the answers before it were.
"""

import asyncio
import itertools
import re
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from domain.rehearsal import Kind, Outcome, may_be_rehearsed

ANSWER_SECONDS = 30.0
"""Who has no answer by then has gone."""

SIGN_INS_A_SECOND = 4
"""As quick as one address may sign in (`api.gate.PER_ADDRESS`)."""

BROWSERS = 100
"""Sign-ins at most; further readers look with a browser that is signed in already."""

AT_ONCE = 200
"""Requests with entries under way; further ones count as not played."""


class CannotPlay(Exception):
    """It cannot, or must not, be played; the message is a key of `rehearsal.refused` with its values."""

    def __init__(self, why: str, **params: object) -> None:
        super().__init__(why)
        self.why = why
        self.params = params


@dataclass(frozen=True, slots=True)
class Play:
    """What is to be played. `reports` are a minute, `events` tube events a second in batches of `batch`."""

    address: str
    campaign: str
    seconds: float
    viewers: int
    reports: float
    events: float
    batch: int
    login: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    trust: ssl.SSLContext | bool = True


@dataclass(slots=True)
class _Score:
    wanted: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the campaign holds that can be reported on."""

    places: str
    sites: tuple[str, ...]
    hours: tuple[datetime, ...]


async def rehearse(play: Play) -> list[Outcome]:
    """Play it and say how it went, kind by kind. Ends by itself. Raises `CannotPlay` before anything was sent."""
    return await _Rehearsal(play).run()


class _Rehearsal:
    def __init__(self, play: Play) -> None:
        self._play = play
        self._scores = {kind: _Score() for kind in Kind}
        self._run = f"{int(time.time()):010d}"
        self._ends = 0.0

    async def run(self) -> list[Outcome]:
        async with self._client({"Authorization": f"Bearer {self._play.token}"}) as system:
            ground = await self._survey(system)
            self._ends = time.monotonic() + self._play.seconds
            work = [self._reports(system, ground), self._tubes(system, ground), self._readers(ground)]
            # What hangs does not keep it from ending.
            async with asyncio.timeout(self._play.seconds + 2 * ANSWER_SECONDS):
                await asyncio.gather(*work)
        return [
            Outcome(kind, score.wanted, tuple(score.seconds), dict(score.wrong))
            for kind, score in self._scores.items()
            if score.wanted
        ]

    def _client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        return httpx.AsyncClient(
            base_url=self._play.address, verify=self._play.trust, timeout=ANSWER_SECONDS, headers=headers,
            limits=limits, trust_env=False,
        )  # fmt: skip

    # -- what there is

    async def _survey(self, system: httpx.AsyncClient) -> _Ground:
        inside = f"/api/v1/campaigns/{self._play.campaign}"
        found = {one["id"]: one for one in await self._read(system, "/api/v1/campaigns")}
        campaign = found.get(self._play.campaign)
        if campaign is None:
            raise CannotPlay("unknown", campaign=self._play.campaign)
        if not may_be_rehearsed(campaign["id"], campaign["demo"]):
            raise CannotPlay("real", campaign=self._play.campaign)
        places = await self._read(system, f"{inside}/places")
        sites = tuple(place["code"] for place in places if place["level"] == "site")
        now = datetime.fromisoformat((await self._read(system, f"{inside}/revision"))["as_of"])
        starts = datetime.fromisoformat(campaign["starts_at"])
        step = timedelta(minutes=campaign["interval_minutes"])
        over = max(0, (min(now, datetime.fromisoformat(campaign["deadline"])) - starts) // step)
        if not sites or not over:
            raise CannotPlay("empty", campaign=self._play.campaign)
        known = {place["code"] for place in places}
        root = next(place["code"] for place in places if place["parent"] not in known)
        return _Ground(root, sites, tuple(starts + step * k for k in range(over)))

    async def _read(self, system: httpx.AsyncClient, path: str) -> Any:
        try:
            answer = await system.get(path)
        except httpx.HTTPError as problem:
            raise CannotPlay("no_answer", address=self._play.address, problem=type(problem).__name__) from None
        if answer.status_code != 200:
            raise CannotPlay("said", path=path, status=answer.status_code)
        return answer.json()

    # -- measuring

    @asynccontextmanager
    async def _measured(self, kind: Kind) -> AsyncIterator[Callable[[str], None]]:
        """Times the block; what it is told, or what goes wrong in it, counts as wrong."""
        told: list[str] = []
        began = time.monotonic()
        try:
            yield told.append
        except (httpx.HTTPError, ValueError, KeyError) as problem:
            told.append(type(problem).__name__)
        score = self._scores[kind]
        if told:
            score.wrong[told[0]] += 1
        else:
            score.seconds.append(time.monotonic() - began)

    async def _at_rate(self, kind: Kind, gap: float, work: Iterator[Callable[[], Awaitable[None]]]) -> None:
        """Begin one every `gap` seconds until the end, whether those before are done or not."""
        under_way: set[asyncio.Future[None]] = set()
        due = time.monotonic()
        while due < self._ends:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += gap
            one = next(work, None)
            if one is None:
                break
            self._scores[kind].wanted += 1
            if len(under_way) < AT_ONCE:
                task = asyncio.ensure_future(one())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    # -- entries

    async def _reports(self, system: httpx.AsyncClient, ground: _Ground) -> None:
        if self._play.reports:
            # The latest hour first: that is the one everybody sends at ten past.
            pairs = itertools.product(reversed(ground.hours), ground.sites)
            work = (self._sender(system, Kind.REPORT, "reports", {"reports": [_report(*pair)]}) for pair in pairs)
            await self._at_rate(Kind.REPORT, 60 / self._play.reports, work)

    async def _tubes(self, system: httpx.AsyncClient, ground: _Ground) -> None:
        if self._play.events:
            work = (
                self._sender(system, Kind.TUBES, "tube-events", self._batch(number, ground))
                for number in itertools.count()
            )
            await self._at_rate(Kind.TUBES, self._play.batch / self._play.events, work)

    def _sender(
        self, system: httpx.AsyncClient, kind: Kind, where: str, body: object
    ) -> Callable[[], Awaitable[None]]:
        async def send() -> None:
            async with self._measured(kind) as wrong:
                answer = await system.post(f"/api/v1/campaigns/{self._play.campaign}/{where}", json=body)
                if answer.status_code != 200:
                    wrong(f"HTTP {answer.status_code}")
                elif refused := answer.json()["rejected"]:
                    wrong(f"rejected: {refused[0]['code']}")

        return send

    def _batch(self, number: int, ground: _Ground) -> list[dict[str, object]]:
        made = []
        for n in range(number * self._play.batch, (number + 1) * self._play.batch):
            barcode = f"R{self._run}{n:08d}"
            hour = ground.hours[n % len(ground.hours)]
            site = ground.sites[n % len(ground.sites)]
            made.append({"event_id": f"{barcode}/sampled", "barcode": barcode, "type": "sampled",
                         "at": hour.isoformat(), "site": site, "persons": 10})  # fmt: skip
        return made

    # -- readers

    async def _readers(self, ground: _Ground) -> None:
        browsers: list[httpx.AsyncClient] = []
        watching: list[asyncio.Task[None]] = []
        count = self._play.viewers
        try:
            for number in range(min(count, BROWSERS)):
                if time.monotonic() >= self._ends:
                    break
                browser = self._client()
                browsers.append(browser)
                if await self._sign_in(browser):
                    # Whoever has no browser of his own looks with this one.
                    for _ in range(number, count, BROWSERS):
                        watching.append(asyncio.create_task(self._watch(browser, ground)))
                await asyncio.sleep(1 / SIGN_INS_A_SECOND)
            await asyncio.gather(*watching)
        finally:
            for browser in browsers:
                await browser.aclose()

    async def _sign_in(self, browser: httpx.AsyncClient) -> bool:
        self._scores[Kind.SIGN_IN].wanted += 1
        done = False
        async with self._measured(Kind.SIGN_IN) as wrong:
            page = (await browser.get("/login")).text
            found = re.search(r'name="csrf_token" value="([^"]+)"', page)
            form = {"csrf_token": found[1] if found else "", "login": self._play.login}
            answer = await browser.post(
                "/login", data={**form, "password": self._play.password},
                headers={"Referer": f"{self._play.address}/login"},
            )  # fmt: skip
            done = answer.status_code == 302 and answer.headers["Location"] != "/password"
            if not done:
                wrong(f"HTTP {answer.status_code}")
        return done

    async def _watch(self, browser: httpx.AsyncClient, ground: _Ground) -> None:
        """An open page: which version, every second; the picture, when it is another."""
        seen: tuple[object, ...] = ()
        due = time.monotonic()
        while due < self._ends:
            self._scores[Kind.VERSION].wanted += 1
            head: dict[str, Any] = {}
            async with self._measured(Kind.VERSION) as wrong:
                answer = await browser.get(f"/live/{self._play.campaign}")
                if answer.status_code == 200:
                    head = answer.json()
                else:
                    wrong(f"HTTP {answer.status_code}")
            if head and (now := (head["epoch"], head["revision"], head["minute"])) != seen:
                self._scores[Kind.PICTURE].wanted += 1
                async with self._measured(Kind.PICTURE) as wrong:
                    answer = await browser.get(
                        f"/snapshots/{self._play.campaign}/overview/{ground.places}/zh/{now[1]}-{now[2]}"
                        f"?epoch={now[0]}",
                        follow_redirects=True,
                    )
                    if answer.status_code == 200:
                        seen = now
                    else:
                        wrong(f"HTTP {answer.status_code}")
            # A page asks a second after it was answered, not oftener.
            due = max(due + 1, time.monotonic())
            await asyncio.sleep(max(0.0, min(due, self._ends) - time.monotonic()))


def _report(hour: datetime, site: str) -> dict[str, object]:
    """Always the same for a site and an hour: a second rehearsal finds it unchanged."""
    persons = 40 + sum(map(ord, site)) % 160
    return {"key": f"rehearsal/{site}/{hour.isoformat()}", "site": site, "hour": hour.isoformat(),
            "persons": persons, "tubes": -(-persons // 10)}  # fmt: skip
