"""Tube events over HTTP: how many a second, whether any was lost or counted twice, and what ledger and backlog cost
when there are many."""

import gzip
import http.client
import json
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from benchmarks import rig
from benchmarks.measure import Measure, at_least, at_most, p50_p95, percentile
from data import campaigns
from data.database import Database
from data.ingest import labs
from data.ingest.tubes import Writer, ingest_tubes
from data.verification import tube_differences
from domain.campaign import Campaign
from domain.clock import system_clock

SITES = 118
TUBES = 14_000
"""Tubes of the sending, five events each."""
FEW = 2_000
"""The same for batches of a hundred."""
REPEATED = 0.1
CLIENTS = 4
TRIES = 10
DAY_TUBES = 86_000
LOOKS = 30
WAITING_MINUTES = 150.0
"""How long ago the tubes on their way were used."""
LABS = ("LAB-A", "LAB-B", "LAB-C")
STEPS = (("sampled", 0), ("third_copy", 1), ("collected", 60), ("received", 95), ("result", 280))
"""What happens to a tube, and how many minutes after its use."""

Event = dict[str, object]


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url:
            with rig.opened(url) as database:
                campaign = rig.running_campaign(database, SITES)
                add_labs(database, campaign)
                token = rig.make_token(database, campaign.id)
            goal = 20_000 if kind == rig.POSTGRESQL else 10_000
            with rig.serving(url) as server:
                yield from _sending(kind, server, campaign, token, 1_000, TUBES, 0, goal)
                yield from _sending(kind, server, campaign, token, 100, FEW, TUBES, 8_000)
            with rig.opened(url) as database:
                yield Measure(
                    "sums that differ from the events", _wrong(database, campaign), "sums", at_most(0), kind
                )
                fill(database, campaign, TUBES + FEW, DAY_TUBES)
                database.analyze()
            with rig.serving(url) as server:
                yield from _reading(kind, server, campaign, token, 20)


def add_labs(database: Database, campaign: Campaign) -> None:
    """Three laboratories, and the towns bound to them in turn."""
    rows = [
        {"lab": lab, "towns": "|".join(f"T{n}" for n in range(8) if n % len(LABS) == i), "capacity_per_day": 40_000}
        for i, lab in enumerate(LABS)
    ]
    with database.write() as session:
        row = campaigns.lock(session, campaign.id)
        done = labs.record(session, row, rows, ".", rig.BENCH, system_clock())
    if done.rejected:
        raise RuntimeError(f"laboratories refused: {done.rejected[:3]}")


def events(
    campaign: Campaign,
    first: int,
    tubes: int,
    steps: int = len(STEPS),
    within: float = 0.0,
    sites: Sequence[str] = (),
    now: datetime | None = None,
) -> Iterator[Event]:
    """The events of `tubes` tubes in the order in which they happen, spread over the hours so far, or the last
    `within` minutes of them; at `sites`, else at those of `rig.running_campaign`."""
    made: list[tuple[float, Event]] = []
    sites = sites or rig.site_codes(SITES)
    span = ((now or system_clock()) - campaign.starts_at).total_seconds() / 60 - STEPS[steps - 1][1] - 1
    since = max(0.0, span - within) if within else 0.0
    for n in range(first, first + tubes):
        site, used = n % len(sites), since + (span - since) * (n - first) / tubes
        barcode = f"4406{n:08}"
        for kind, after in STEPS[:steps]:
            at = campaign.local(campaign.starts_at + timedelta(minutes=used + after))
            event: Event = {"event_id": f"{barcode}-{kind}", "barcode": barcode, "type": kind,
                            "at": at.isoformat(timespec="seconds"), "site": sites[site]}  # fmt: skip
            if kind == "sampled":
                event |= {"persons": 10, "lane": str(n % 4)}
            elif kind in ("received", "result"):
                event["lab"] = LABS[site % 8 % len(LABS)]
            if kind in ("collected", "received"):
                event |= {"box": f"{site}-{int(used) // 60}", "manifest": f"M{int(used) // 60}"}
            if kind == "result":
                event["result"] = "negative"
            made.append((used + after, event))
    return (event for _, event in sorted(made, key=lambda pair: pair[0]))


def bodies(rows: Sequence[Event], size: int) -> list[bytes]:
    """The events as gzipped lines in batches, a little out of order, a tenth of them sent twice."""
    draw = random.Random(20210606)
    sent = [*rows, *draw.sample(list(rows), int(len(rows) * REPEATED))]
    sent.sort(key=lambda event: (str(event["at"])[:16], draw.random()))
    lines = [json.dumps(event, separators=(",", ":")).encode() for event in sent]
    return [gzip.compress(b"\n".join(lines[i : i + size]), 1) for i in range(0, len(lines), size)]


class Client(threading.Thread):
    """One connection that sends its share of the batches."""

    def __init__(self, server: rig.Server, campaign_id: str, token: str, share: Sequence[bytes]) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._path = f"/api/v1/campaigns/{campaign_id}/tube-events"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson",
                         "Content-Encoding": "gzip"}  # fmt: skip
        self._share = share
        self.taken: list[float] = []
        self.accepted = self.unchanged = self.sent_again = 0
        self.problem = ""

    def run(self) -> None:
        try:
            for body in self._share:
                began = time.perf_counter()
                for _ in range(TRIES):
                    self._connection.request("POST", self._path, body, self._headers)
                    answer = self._connection.getresponse()
                    result = json.loads(answer.read())
                    if answer.status != 503:
                        break
                    # Too many at once, says the server: the same again, as a gateway does.
                    self.sent_again += 1
                    time.sleep(0.2)
                self.taken.append((time.perf_counter() - began) * 1000)
                if answer.status != 200 or result["rejected"]:
                    raise RuntimeError(f"{answer.status}: {str(result)[:300]}")
                self.accepted += result["accepted"]
                self.unchanged += result["unchanged"]
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            self.problem = f"{type(problem).__name__} {problem}"
        finally:
            self._connection.close()


def send_all(
    server: rig.Server, campaign_id: str, token: str, batches: Sequence[bytes]
) -> tuple[list[Client], float]:
    """Send the batches by several connections at once; answers what each met, and the seconds it took."""
    clients = [Client(server, campaign_id, token, batches[k::CLIENTS]) for k in range(CLIENTS)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    spent = time.perf_counter() - began
    if problem := next((client.problem for client in clients if client.problem), ""):
        raise RuntimeError(problem)
    return clients, spent


def _sending(
    kind: str, server: rig.Server, campaign: Campaign, token: str, size: int, tubes: int, first: int, goal: float
) -> Iterator[Measure]:
    rows = list(events(campaign, first, tubes))
    batches = bodies(rows, size)
    clients, spent = send_all(server, campaign.id, token, batches)
    sent = sum(c.accepted + c.unchanged for c in clients)
    taken = [one for client in clients for one in client.taken]
    note = f"{CLIENTS} clients, {int(REPEATED * 100)} % sent twice; p95 per batch {percentile(taken, 0.95):.0f} ms"
    yield Measure(f"tube events, batches of {size:,}", sent / spent, "/s", at_least(goal), kind, note)
    lost = abs(sum(c.accepted for c in clients) - len(rows))
    yield Measure(f"batches of {size:,}: lost or doubled", lost, "events", at_most(0), kind)


def _wrong(database: Database, campaign: Campaign) -> int:
    with database.read() as session:
        row = campaigns.find(session, campaign.id)
        return tube_differences(session, row, campaigns.load_tree(session, row))


def fill(database: Database, campaign: Campaign, first: int, until: int) -> None:
    """More tubes, up to `until` in all: two thirds of them done, the others on their way."""
    writer = Writer(rig.BENCH.name)
    for start in range(first, until, 10_000):
        part = min(10_000, until - start)
        done = start < until * 2 / 3
        rows = list(events(campaign, start, part, len(STEPS) if done else 3, 0 if done else WAITING_MINUTES))
        result = ingest_tubes(database, campaign.id, list(enumerate(rows)), writer, system_clock)
        if result.rejected:
            raise RuntimeError(str(result.rejected[:3]))


def _reading(kind: str, server: rig.Server, campaign: Campaign, token: str, goal: float) -> Iterator[Measure]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    base = f"/api/v1/campaigns/{campaign.id}"
    both: list[float] = []
    for name, path, limit in (
        ("backlog", "backlog", None),
        ("ledger", "ledger", None),
        ("one tube's life", f"tubes/4406{DAY_TUBES // 2:08}", 5),
    ):
        taken = []
        for _ in range(LOOKS + 3):
            began = time.perf_counter()
            connection.request("GET", f"{base}/{path}", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            taken.append((time.perf_counter() - began) * 1000)
        taken = taken[3:]
        target = at_most(limit) if limit else None
        yield from p50_p95(f"{name} of {DAY_TUBES:,} tubes, over HTTP", taken, "ms", target, database=kind)
        if limit is None:
            both.append(statistics.median(taken))
    yield Measure("ledger and backlog together, p50", sum(both), "ms", at_most(goal), kind)
    connection.close()
