"""The map's page in the browser: from navigation to a map that answers, what one version of it costs the server, and
how smoothly the window moves over 118 and over 5,000 sites.

Interactive means: the marks are drawn and a frame has passed since; the layers' switch is then pressed to see that it
answers. Frames are counted by the page itself (`requestAnimationFrame`) while a mouse drags the window to and fro.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

from playwright.sync_api import Page, sync_playwright

from benchmarks import rig
from benchmarks.browser import chromium, new_profile
from benchmarks.measure import Measure, at_least, at_most
from data import campaigns
from data.database import Database
from data.ingest.areas import Origin, keep_boundaries
from data.ingest.files import What, import_file
from data.queries.coverage import coverage
from data.queries.map_layers import layers
from data.queries.map_page import map_page
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.sites import site_rows
from domain.clock import system_clock
from domain.places import Level

PROFILES = 7
TIMEOUT_MS = 30_000
MANY = 5_000
DRAG_SECONDS = 4.0
STEP_PIXELS = 7
REACH = 210
"""Pixels a drag goes to each side."""

WEST, SOUTH, WIDE, HIGH = 112.6, 22.9, 0.4, 0.6
"""Degrees of the land the many sites stand on."""

WATCH = """
(() => {
  const ready = () => document.querySelectorAll('.map-marks > *').length > 0;
  let waiting = false;
  const look = () => {
    if (waiting || window.readyAt || !ready()) return;
    waiting = true;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.readyAt = performance.now(); }));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
})();
"""

COUNT = """
window.frames_ = [];
(() => {
  const tick = (at) => { if (window.frames_) { window.frames_.push(at); requestAnimationFrame(tick); } };
  requestAnimationFrame(tick);
})();
"""


def measure() -> Iterator[Measure]:
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        rig.load_demo(database, system_clock)
        yield from _queries(database)
        with rig.serving(url) as server, sync_playwright() as playwright:
            address = f"{server.address}/map?campaign={rig.DEMO}"
            cookies = rig.cookies(server, rig.sign_in(database, server))
            new, again = [], []
            # One more than counted: the first fills the server's caches.
            for n in range(PROFILES + 1):
                with (
                    tempfile.TemporaryDirectory(prefix="bench-map-") as folder,
                    new_profile(playwright, Path(folder)) as context,
                ):
                    context.add_cookies(cookies)
                    page = context.pages[0]
                    page.add_init_script(WATCH)
                    first, second = _visit(page, address), _visit(page, None)
                    if n:
                        new.append(first)
                        again.append(second)
    for name, taken in (("new profile", new), ("reload", again)):
        note = f"median of {len(taken)}, {min(taken):.2f} to {max(taken):.2f}"
        yield Measure(f"navigation to interactive map, 118 sites, {name}", statistics.median(taken), "s",
                      at_most(1.2), rig.SQLITE, note)  # fmt: skip
    yield from _panning()


def _visit(page: Page, address: str | None) -> float:
    """Seconds from navigation until the map answers."""
    if address:
        page.goto(address)
    else:
        page.reload()
    page.wait_for_function("() => window.readyAt", timeout=TIMEOUT_MS)
    page.locator(".map-switches [data-layer=queue]").click()
    page.wait_for_function("() => document.querySelector('.map-stage').dataset.layer !== 'coverage'")
    page.wait_for_timeout(300)
    return float(page.evaluate("window.readyAt")) / 1000


def _queries(database: Database) -> Iterator[Measure]:
    """What the layers add to what every page reads, now and looking back."""
    for name, until in (("now", None), ("an hour back", 4)):
        taken = []
        for _ in range(9):
            with database.read() as session:
                row = campaigns.find(session, rig.DEMO)
                tree = campaigns.tree_of(session, row)
                now = campaigns.now_for(row, system_clock())
                moment = Moment(tree, tree.by_code[rig.DISTRICT], row.revision, now, until)
                for shared in (overview, site_rows, coverage):
                    moment.ask(session, shared)
                began = time.perf_counter()
                moment.ask(session, layers)
                moment.ask(session, map_page)
                taken.append((time.perf_counter() - began) * 1000)
        note = f"median of {len(taken)}; beyond overview, site rows and coverage, which other panels ask for too"
        yield Measure(f"layers of 118 sites, {name}", statistics.median(taken), "ms", at_most(60), rig.SQLITE, note)


# -- moving the window


def _panning() -> Iterator[Measure]:
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        campaign = _spread(database)
        with rig.serving(url) as server, chromium() as browser:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
            context.add_cookies(rig.cookies(server, rig.sign_in(database, server)))
            page = context.new_page()
            page.add_init_script(WATCH)
            ready = _visit(page, f"{server.address}/map?campaign={campaign}")
            yield Measure(f"navigation to interactive map, {MANY:,} sites", ready, "s", None, rig.SQLITE, "one visit")
            for name, zooms in (("the whole land", 0), ("zoomed in four times", 4)):
                for _ in range(zooms):
                    page.mouse.move(480, 480)
                    page.mouse.wheel(0, -240)
                    page.wait_for_timeout(200)
                page.wait_for_timeout(800)
                rate, longest, drawn = _drag(page)
                yield Measure(
                    f"panning over {MANY:,} sites, {name}", rate, "frames/s", at_least(30), rig.SQLITE,
                    f"{drawn} marks drawn; longest frame {longest:.0f} ms; {DRAG_SECONDS:.0f} s of dragging",
                )  # fmt: skip


def _drag(page: Page) -> tuple[float, float, int]:
    """Frames a second while the window is dragged to and fro, the longest frame in ms, the marks there are."""
    box = page.locator(".map-stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(COUNT)
    until = time.monotonic() + DRAG_SECONDS
    offset, step = 0, STEP_PIXELS
    while time.monotonic() < until:
        offset += step
        if abs(offset) > REACH:
            step = -step
        page.mouse.move(x + offset, y + offset / 3)
    frames = page.evaluate("(() => { const all = window.frames_; window.frames_ = null; return all; })()")
    page.mouse.up()
    apart = [later - earlier for earlier, later in pairwise(frames)]
    drawn = page.evaluate("document.querySelectorAll('.map-marks > *').length")
    return 1000 * len(apart) / (frames[-1] - frames[0]), max(apart), int(drawn)


def _spread(database: Database) -> str:
    """A campaign of 5,000 sites in eight towns side by side, each town with an outline; its id."""
    campaign = rig.running_campaign(database, MANY)
    random, towns = Random(6), 8
    lines = ["district,town,site,site_name,lanes,target,lon,lat"]
    for n, site in enumerate(rig.site_codes(MANY)):
        column, line = n % towns % 2, n % towns // 2
        lon = WEST + WIDE / 2 * (column + random.random())
        lat = SOUTH + HIGH / 4 * (line + random.random())
        lines.append(f"{rig.DISTRICT},T{n % towns},{site},Site {n},8,6000,{lon:.6f},{lat:.6f}")
    content = "\n".join(lines).encode()
    done = import_file(database, campaign.id, What.PLACES, content, "places.csv", rig.BENCH, system_clock)
    if done.refused:
        raise RuntimeError(f"places refused: {done.refused[:3]}")
    with database.write() as session:
        row = campaigns.lock(session, campaign.id)
        tree = campaigns.load_tree(session, row)
        outlines = []
        for town in tree.each(Level.TOWN):
            n = int(town.code[1:])
            west, south = WEST + WIDE / 2 * (n % 2), SOUTH + HIGH / 4 * (n // 2)
            east, north = west + WIDE / 2, south + HIGH / 4
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            outlines.append((town.id, {"type": "Polygon", "coordinates": [ring]}, True))
        origin = Origin("benchmark", "invented", approximate=True)
        keep_boundaries(session, row, outlines, origin, rig.BENCH.name, system_clock(), campaign.starts_at)
    return campaign.id
