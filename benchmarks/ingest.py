"""Reports one by one over HTTP: a single clerk's wait, 118 signed-in clerks within a minute, and all at once."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator

from benchmarks import rig
from benchmarks.measure import Measure, at_most, p50_p95
from domain.campaign import Campaign

SITES = 118
SINGLE = 100
WARM = 10
TIMEOUT = 60
MINUTE = 60.0


class Clerk:
    """One kept connection that posts reports, and the summary of the campaign."""

    def __init__(
        self, server: rig.Server, campaign_id: str, token: str = "", headers: dict[str, str] | None = None
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
        self._base = f"/api/v1/campaigns/{campaign_id}"
        self._headers = {"Content-Type": "application/json"} | (headers or {"Authorization": f"Bearer {token}"})

    def post(self, row: rig.Row) -> float:
        """Send one report; the seconds until its 200. Raises `RuntimeError` when it was not accepted."""
        body = json.dumps({"reports": [row]})
        began = time.perf_counter()
        self._connection.request("POST", f"{self._base}/reports", body, self._headers)
        answer = self._connection.getresponse()
        result = json.loads(answer.read())
        spent = time.perf_counter() - began
        if answer.status != 200 or result["accepted"] != 1:
            raise RuntimeError(f"{answer.status}: {result}")
        return spent

    def post_again(self, row: rig.Row) -> None:
        """Send it once more, as a phone does that did not hear the answer. Raises `RuntimeError` if it counts."""
        self._connection.request("POST", f"{self._base}/reports", json.dumps({"reports": [row]}), self._headers)
        result = json.loads(self._connection.getresponse().read())
        if result["unchanged"] != 1:
            raise RuntimeError(str(result))

    def persons(self) -> int:
        """The campaign's total as the API tells it."""
        self._connection.request("GET", f"{self._base}/summary", headers=self._headers)
        return int(json.loads(self._connection.getresponse().read())["persons"])

    def close(self) -> None:
        self._connection.close()


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url:
            with rig.opened(url) as database:
                campaign = rig.running_campaign(database, SITES)
                token = rig.make_token(database, campaign.id)
            with rig.serving(url) as server:
                yield from _one_by_one(kind, server, campaign, token)
                yield from _all_at_once(kind, server, campaign, token)
                with rig.opened(url) as database:
                    phones = rig.clerks(database, server, campaign.id, rig.site_codes(SITES))
                yield from _within_a_minute(kind, server, campaign, token, phones)


def _one_by_one(kind: str, server: rig.Server, campaign: Campaign, token: str) -> list[Measure]:
    clerk = Clerk(server, campaign.id, token)
    rows = [rig.report(campaign, site, 0, 200) for site in rig.site_codes(SITES)][: SINGLE + WARM]
    taken = [clerk.post(row) * 1000 for row in rows][WARM:]
    clerk.close()
    return p50_p95("one report per POST", taken, "ms", database=kind)


def _all_at_once(kind: str, server: rig.Server, campaign: Campaign, token: str) -> Iterator[Measure]:
    """Every site sends its next hour at the same moment, on a connection of its own."""
    start = threading.Barrier(SITES + 1)
    taken: list[float] = []
    problems: list[str] = []

    def send(row: rig.Row) -> None:
        clerk = Clerk(server, campaign.id, token)
        start.wait()
        try:
            taken.append(clerk.post(row) * 1000)
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            problems.append(f"{type(problem).__name__} {problem}")
        finally:
            clerk.close()

    rows = [rig.report(campaign, site, 1, 300 + n) for n, site in enumerate(rig.site_codes(SITES))]
    inspector = Clerk(server, campaign.id, token)
    before = inspector.persons()
    clerks = [threading.Thread(target=send, args=(row,)) for row in rows]
    for clerk in clerks:
        clerk.start()
    start.wait()
    for clerk in clerks:
        clerk.join()
    lost = before + sum(row["persons"] for row in rows) - inspector.persons()
    inspector.close()
    note = "; ".join(problems[:2])
    yield Measure("118 clerks at once: not answered 200", SITES - len(taken), "reports", at_most(0), kind, note)
    yield Measure("118 clerks at once: missing from the total", abs(lost), "persons", at_most(0), kind)
    yield from p50_p95("118 clerks at once", taken, "ms", database=kind)


def _within_a_minute(
    kind: str, server: rig.Server, campaign: Campaign, token: str, phones: dict[str, dict[str, str]]
) -> Iterator[Measure]:
    """Every site's clerk, signed in, sends the next hour at some moment of the same minute, and once again."""
    draw = random.Random(20210606)
    taken: list[float] = []
    problems: list[str] = []
    inspector = Clerk(server, campaign.id, token)
    before = inspector.persons()

    def send(site: str, n: int, wait: float) -> None:
        clerk = Clerk(server, campaign.id, headers=phones[site])
        time.sleep(wait)
        row = rig.report(campaign, site, 2, 400 + n)
        try:
            taken.append(clerk.post(row) * 1000)
            clerk.post_again(row)
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            problems.append(f"{type(problem).__name__} {problem}")
        finally:
            clerk.close()

    clerks = [
        threading.Thread(target=send, args=(site, n, draw.uniform(0, MINUTE)))
        for n, site in enumerate(rig.site_codes(SITES))
    ]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    wrong = abs(before + sum(400 + n for n in range(SITES)) - inspector.persons())
    inspector.close()
    note = "; ".join(problems[:2]) or "each sent twice"
    yield Measure("118 clerks in a minute: lost or doubled", wrong, "persons", at_most(0), kind, note)
    yield from p50_p95("118 clerks in a minute", taken, "ms", at_most(300), database=kind)
