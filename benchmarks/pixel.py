"""From a report's 200 to the new number on an open overview: what somebody in front of a screen waits for."""

import random
import time
from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks import rig
from benchmarks.browser import SIZE, chromium
from benchmarks.ingest import Clerk
from benchmarks.measure import Measure, at_most, p50_p95
from data.database import Database
from data.ingest.reports import ingest_reports
from domain.campaign import Campaign
from domain.clock import system_clock

WRITES = 40
SITES = 118
HOURS = 12
TIMEOUT_MS = 8000

WATCH = """() => {
  window.painted = new Map();
  const look = () => {
    for (const node of document.querySelectorAll('[data-key]')) {
      const value = node.dataset.value;
      // The frame in which the number stands has been produced when the next one begins.
      if (!window.painted.has(value)) {
        window.painted.set(value, null);
        requestAnimationFrame(() => requestAnimationFrame(() => window.painted.set(value, Date.now())));
      }
    }
  };
  new MutationObserver(look).observe(document.body,
    { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['data-value'] });
  look();
}"""


def measure() -> Iterator[Measure]:
    with rig.fresh_database(rig.SQLITE) as url:
        with rig.opened(url) as database:
            campaign = rig.running_campaign(database, SITES, HOURS)
            total = _fill(database, campaign)
            token = rig.make_token(database, campaign.id)
        with rig.serving(url) as server, chromium() as browser:
            clerk = Clerk(server, campaign.id, token)
            page = browser.new_page(viewport=SIZE, locale="zh-CN")
            with rig.opened(url) as database:
                page.context.add_cookies(rig.cookies(server, rig.sign_in(database, server)))
            page.goto(f"{server.address}/?campaign={campaign.id}")
            page.wait_for_function(ON_SCREEN, arg=f"{total:,}", timeout=TIMEOUT_MS)
            page.evaluate(WATCH)
            taken = list(_writes(page, clerk, campaign, total))
            clerk.close()
    yield from p50_p95(
        "a report's 200 to the number on screen", taken, "s", at_most(1.5), database=rig.SQLITE, note="random phases"
    )


def _fill(database: Database, campaign: Campaign) -> int:
    """Reports for every hour so far, but for the sites that will write in the last one; persons in all."""
    rows = [
        rig.report(campaign, site, period, 200 + n)
        for period in range(HOURS)
        for n, site in enumerate(rig.site_codes(SITES))
        if period < HOURS - 1 or n >= WRITES
    ]
    result = ingest_reports(database, campaign.id, rows, rig.BENCH, system_clock)
    if result.accepted != len(rows):
        raise RuntimeError(f"not accepted: {result.rejected[:3]}")
    return sum(row["persons"] for row in rows)


def _writes(page: Page, clerk: Clerk, campaign: Campaign, total: int) -> Iterator[float]:
    """Seconds for each write. The totals are all different, so a number on screen belongs to one write."""
    phases = random.Random(1)
    for n, site in enumerate(rig.site_codes(WRITES)):
        time.sleep(phases.uniform(1.0, 3.0))
        persons = 101 + n
        total += persons
        clerk.post(rig.report(campaign, site, HOURS - 1, persons))
        answered = time.time()
        page.wait_for_function("value => window.painted.get(value)", arg=f"{total:,}", timeout=TIMEOUT_MS)
        shown = page.evaluate("value => window.painted.get(value)", f"{total:,}") / 1000
        yield shown - answered


ON_SCREEN = "value => [...document.querySelectorAll('[data-key]')].some(node => node.dataset.value === value)"
