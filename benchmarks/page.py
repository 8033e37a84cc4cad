"""The overview in the browser: from navigation to the last panel drawn, what is transferred, what blocks.

A panel counts as drawn when it is filled, has no skeleton left, and every chart in it has its traces; the moment is
the end of the frame after the change that completed the last one, counted by the page itself from its navigation.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks import rig
from benchmarks.browser import new_profile
from benchmarks.ingest import Clerk
from benchmarks.measure import Measure, Target, at_most
from domain.clock import system_clock

PROFILES = 9
REFRESHES = 10
TIMEOUT_MS = 20_000
LONG_MS = 100

WATCH = """
window.longest = [];
new PerformanceObserver(list => {
  for (const task of list.getEntries()) window.longest.push([task.startTime, task.duration]);
}).observe({ type: 'longtask', buffered: true });
(() => {
  const drawn = () => {
    const panels = [...document.querySelectorAll('[id^=panel-]')];
    if (!panels.length || !panels.every(p => p.childElementCount && !p.querySelector('.skeleton'))) return false;
    const charts = [...document.querySelectorAll('.chart')];
    return charts.length > 0 && charts.every(c =>
      c.querySelector('.js-plotly-plot .main-svg') && c.querySelector('.main-svg .trace path'));
  };
  let waiting = false;
  const look = () => {
    if (waiting || window.drawnAt || !drawn()) return;
    waiting = true;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      waiting = false;
      if (!window.drawnAt && drawn()) window.drawnAt = performance.now();
    }));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
})();
"""


@dataclass(slots=True)
class Visit:
    """One navigation. Bytes are as they came over the wire, by address; tasks are milliseconds."""

    seconds: float
    wire: dict[str, int]
    charts: int
    longest: float


class Wire:
    """Counts what a page transfers."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.by_url: dict[str, int] = {}
        self._urls: dict[str, str] = {}
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._finished)

    def _asked(self, event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        self._urls[str(event["requestId"])] = request["url"]

    def _finished(self, event: dict[str, object]) -> None:
        path = urlsplit(self._urls.get(str(event["requestId"]), "?")).path
        self.by_url[path] = self.by_url.get(path, 0) + int(str(event["encodedDataLength"]).partition(".")[0])


def measure() -> Iterator[Measure]:
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        rig.load_demo(database, system_clock)
        token = rig.make_token(database, rig.DEMO)
        rows = rig.corrections(database, rig.DEMO)
        with rig.serving(url) as server, sync_playwright() as playwright:
            address = f"{server.address}/?campaign={rig.DEMO}"
            cookies = rig.cookies(server, rig.sign_in(database, server))
            new: list[Visit] = []
            again: list[Visit] = []
            # One more than counted: the first fills the server's caches.
            for n in range(PROFILES + 1):
                with (
                    tempfile.TemporaryDirectory(prefix="bench-profile-") as folder,
                    new_profile(playwright, Path(folder)) as context,
                ):
                    context.add_cookies(cookies)
                    page = context.pages[0]
                    page.add_init_script(WATCH)
                    first = visit(context, page, address)
                    second = visit(context, page, None)
                    if n:
                        new.append(first)
                        again.append(second)
                    if n == PROFILES:
                        clerk = Clerk(server, rig.DEMO, token)
                        refreshes = _refreshes(page, clerk, rows)
                        clerk.close()
    yield _drawn("navigation to last panel, new profile", new, at_most(1.0))
    yield _drawn("navigation to last panel, reload", again, at_most(0.7))
    yield _bytes("data on the wire (snapshot)", new, at_most(60), only="/snapshots/")
    yield _bytes("everything on the wire, new profile", new, None)
    yield _bytes("everything on the wire, reload", again, None)
    longest = [visit.longest for visit in new]
    note = f"median of {len(longest)}, {min(longest):.0f} to {max(longest):.0f}"
    yield Measure("longest task of the first load", statistics.median(longest), "ms", None, rig.SQLITE, note)
    note = f"longest of {REFRESHES} refreshes; each: {', '.join(f'{r:.0f}' for r in refreshes)} (0: none over 50 ms)"
    yield Measure("longest task of a refresh", max(refreshes), "ms", at_most(LONG_MS), rig.SQLITE, note)


def visit(context: BrowserContext, page: Page, address: str | None) -> Visit:
    """Go to `address`, or load the page anew, and wait until it stands."""
    wire = Wire(context, page)
    if address:
        page.goto(address)
    else:
        page.reload()
    page.wait_for_function("() => window.drawnAt", timeout=TIMEOUT_MS)
    # What comes after the picture (the next poll) is not part of it.
    page.wait_for_timeout(300)
    tasks = page.evaluate("window.longest")
    return Visit(
        page.evaluate("window.drawnAt") / 1000,
        dict(wire.by_url),
        page.evaluate("document.querySelectorAll('.js-plotly-plot').length"),
        max((duration for _, duration in tasks), default=0.0),
    )


def _refreshes(page: Page, clerk: Clerk, rows: Iterator[rig.Row]) -> list[float]:
    """The longest task after each of a few writes, 0 when none was longer than 50 ms."""
    longest = []
    for row in itertools.islice(rows, REFRESHES):
        before = page.evaluate("(window.longest.length = 0, performance.getEntriesByType('resource').length)")
        clerk.post(row)
        page.wait_for_function(
            "n => performance.getEntriesByType('resource').slice(n).some(e => e.name.includes('/snapshots/'))",
            arg=before, timeout=TIMEOUT_MS,
        )  # fmt: skip
        time.sleep(1.0)
        longest.append(max((duration for _, duration in page.evaluate("window.longest")), default=0.0))
    return longest


def _drawn(name: str, visits: list[Visit], target: Target) -> Measure:
    taken = [visit.seconds for visit in visits]
    note = f"median of {len(taken)}, {min(taken):.2f} to {max(taken):.2f}; {visits[0].charts} charts"
    return Measure(name, statistics.median(taken), "s", target, rig.SQLITE, note)


def _bytes(name: str, visits: list[Visit], target: Target | None, only: str = "") -> Measure:
    sums = [sum(size for path, size in visit.wire.items() if path.startswith(only)) for visit in visits]
    counted = {path: size for path, size in visits[0].wire.items() if path.startswith(only)}
    largest = sorted(counted.items(), key=lambda item: -item[1])[:3]
    note = f"{len(counted)} addresses; " + ", ".join(
        f"{path.rpartition('/')[2]} {size / 1000:.0f}" for path, size in largest
    )
    return Measure(name, statistics.median(sums) / 1000, "kB", target, rig.SQLITE, note)
