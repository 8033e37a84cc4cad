"""The town page: forty clean reports verified in one action, and from the click on it to its list drawn."""

import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks import rig
from benchmarks.browser import new_profile
from benchmarks.measure import Measure, at_most, p50_p95
from data.ingest.reports import ingest_reports
from domain.clock import system_clock

TOWNS, IN_A_TOWN = 8, 40
"""A town of forty sites among others: 320 sites, nearly three times the reference district's."""

HOURS = 12
ROUNDS = 30
CLICKS = 15
TIMEOUT_MS = 20_000
TOWN = "440607001"
"""The demonstration's largest town, 45 sites."""

WATCH = """
addEventListener('click', () => { window.clickedAt = performance.now(); window.drawnAt = null; }, true);
(() => {
  const drawn = () => {
    const panels = [...document.querySelectorAll('.main-town [id^=panel-]')];
    return panels.length > 0 && panels.every(p => p.childElementCount && !p.querySelector('.skeleton')) &&
      document.querySelectorAll('tr.work').length > 0;
  };
  const look = () => {
    if (window.drawnAt || !window.clickedAt || !drawn()) return;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (!window.drawnAt && drawn()) window.drawnAt = performance.now();
    }));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
})();
"""


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        yield from _verify(kind)
    yield _click()


def _verify(kind: str) -> list[Measure]:
    """Verify all forty of one hour, take it back, again and again, each as one request over HTTP."""
    with rig.fresh_database(kind) as url:
        with rig.opened(url) as database:
            campaign = rig.running_campaign(database, TOWNS * IN_A_TOWN, HOURS)
            sites = rig.site_codes(TOWNS * IN_A_TOWN)[::TOWNS]
            for hour in range(HOURS):
                rows = [rig.report(campaign, site, hour, 200 + n) for n, site in enumerate(sites)]
                if refused := ingest_reports(database, campaign.id, rows, rig.BENCH, system_clock).rejected:
                    raise RuntimeError(f"not accepted: {refused[:3]}")
            keys = [str(row["key"]) for row in rows]
            token = rig.make_token(database, campaign.id)
        verified: list[float] = []
        undone: list[float] = []
        with rig.serving(url) as server:
            town = _Town(server, campaign.id, token)
            for _ in range(ROUNDS):
                spent, revision = town.act("verify", {"keys": keys, "clean_only": True}, len(keys))
                verified.append(spent)
                undone.append(town.act("undo", {"keys": keys, "revision": revision}, len(keys))[0])
    note = f"{len(keys)} of {TOWNS * IN_A_TOWN} sites, {HOURS} hours on record, over HTTP"
    return [
        *p50_p95("verify 40 clean reports in one action", verified, "ms", at_most(300), database=kind, note=note),
        *p50_p95("take the 40 back", undone, "ms", database=kind),
    ]


class _Town:
    """One kept connection that decides."""

    def __init__(self, server: rig.Server, campaign_id: str, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._base = f"/api/v1/campaigns/{campaign_id}/reports"
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def act(self, what: str, body: dict[str, Any], wanted: int) -> tuple[float, int]:
        """Milliseconds until the answer, and the revision that holds it. Raises `RuntimeError` unless all count."""
        began = time.perf_counter()
        self._connection.request("POST", f"{self._base}/{what}", json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        result = json.loads(answer.read())
        spent = (time.perf_counter() - began) * 1000
        if answer.status != 200 or result["accepted"] != wanted:
            raise RuntimeError(f"{answer.status}: {result}")
        return spent, int(result["revision"])


def _click() -> Measure:
    """From the overview of a town to its list of 45 sites, by a click in the top bar."""
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        rig.load_demo(database, system_clock)
        with rig.serving(url) as server, sync_playwright() as playwright:
            cookies = rig.cookies(server, rig.sign_in(database, server))
            with (
                tempfile.TemporaryDirectory(prefix="bench-profile-") as folder,
                new_profile(playwright, Path(folder)) as context,
            ):
                context.add_cookies(cookies)
                page = context.pages[0]
                page.add_init_script(WATCH)
                # One more than counted: the first fills the caches of server and browser.
                taken = [_one_click(page, server.address) for _ in range(CLICKS + 1)][1:]
                rows = page.locator("tr.work").count()
    note = f"median of {len(taken)}, {min(taken):.2f} to {max(taken):.2f}; {rows} sites"
    return Measure("click to the town's list drawn", statistics.median(taken), "s", at_most(0.7), rig.SQLITE, note)


def _one_click(page: Page, address: str) -> float:
    page.goto(f"{address}/?campaign={rig.DEMO}&place={TOWN}")
    page.wait_for_selector(".nav .to-town a")
    page.wait_for_function("() => document.body.dataset.state === 'live'", timeout=TIMEOUT_MS)
    # What the overview still has to draw is not the town page's.
    page.wait_for_timeout(700)
    page.click(".nav .to-town a")
    page.wait_for_function("() => window.drawnAt", timeout=TIMEOUT_MS)
    return float(page.evaluate("(window.drawnAt - window.clickedAt) / 1000"))
