"""A page as a person meets it, watched for what nobody should meet."""

import itertools
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, expect

PATIENCE = 30_000
"""How long what must come is waited for, in milliseconds: nothing is measured by it."""

expect.set_options(timeout=PATIENCE)

READY = """() => {
  const state = document.body?.dataset.state; // a document that has just begun has no body
  if (!document.querySelector(".main, .start")) return false;
  const live = document.getElementById("live");
  // The address changes before the page does: what stands here may still be the page before.
  const view = location.pathname.slice(1) || "overview";
  const app = document.querySelector(".app");
  if (app && !app.classList.contains(`app-${view}`)) return false;
  if (!live) return true;
  const lang = new URLSearchParams(location.search).get("lang");
  if (live.dataset.view !== view || ["zh", "en"].includes(lang) && live.dataset.language !== lang) return false;
  if (live.dataset.place && window.pictured !== JSON.stringify({ ...live.dataset })) return false;
  return ["live", "stale"].includes(state) && !document.querySelector(".skeleton") &&
    !!document.querySelector(".asof, .main-empty") && !!document.title && document.title !== "采样指挥" &&
    [...document.querySelectorAll(".graph")].every((chart) => chart.querySelector(".main-svg"));
}"""

FITTED = """() => [...document.querySelectorAll(".graph")].every((chart) => {
  const drawn = chart.querySelector(".main-svg");
  if (!chart.offsetParent || !drawn) return true;
  const [place, size] = [chart.getBoundingClientRect(), drawn.getBoundingClientRect()];
  return Math.abs(place.width - size.width) < 2 && Math.abs(place.height - size.height) < 2;
})"""

# What a page does once a second it does five times: it asks for news, looks at the clock and says how it stands.
HURRY = """(() => {
  const real = window.setInterval;
  window.setInterval = (done, after, ...more) => real(done, after === 1000 ? 200 : after, ...more);
})()"""

# What the picture is of that stands there whole.
PICTURED = """window.addEventListener("picturedrawn", () => {
  window.pictured = JSON.stringify({ ...document.getElementById("live")?.dataset });
})"""

VIOLATIONS = {"resultTypes": ["violations"]}
"""What axe-core is asked for: all its rules, without a list of everything that is right, which takes longer to carry
over than to find."""

STILL = """() => new Promise((done) => {
  let waiting;
  const changing = new MutationObserver(() => again());
  const again = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { changing.disconnect(); requestAnimationFrame(() => done()); }, 80);
  };
  changing.observe(document.querySelector(".main, .start"), {
    subtree: true, childList: true, attributes: true, attributeFilter: ["style", "fill", "stroke", "d"],
  });
  again();
})"""

PHONE = (390, 844)
SCREENS = ((1440, 900), (1920, 1080), (1280, 800), PHONE)

LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
EVERY_DRESS = tuple(itertools.product(LANGUAGES, THEMES))
DRESSES = EVERY_DRESS if os.environ.get("SOAK") else (("en", "dark"),)
"""Languages with themes to look at: `make soak` takes them all. `make test` takes the longer words on dark; the tests
of what a page does use it in Chinese and light."""

SPOKEN = LANGUAGES if os.environ.get("SOAK") else ("en",)
"""Languages to try a rule in that words hardly meet: roles and contrast are the same in both, and the longer words
are those that are cut off first."""


def dressed(lang: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Themes with a large and a small screen to look at a page in this language: all four with `make soak`, else
    two, so that both languages together meet both themes on both screens."""
    if os.environ.get("SOAK"):
        return tuple(itertools.product(THEMES, (SCREENS[0], PHONE)))
    first, other = THEMES if lang == "zh" else reversed(THEMES)
    return (first, SCREENS[0]), (other, PHONE)


class Look:
    """A page of the product. `page` is Playwright's; `problems` is what must stay empty."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(HURRY)
        page.add_init_script(PICTURED)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._problem(f"uncaught: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._problem(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.address:
            self._problem(f"asked another host: {request.url}")

    def _problem(self, said: str) -> None:
        if not any(pattern.search(said) for pattern in self._allowed):
            self.problems.append(said)

    def allow(self, pattern: str) -> None:
        """What this test provokes itself."""
        self._allowed.append(re.compile(pattern))

    def let_through(self) -> None:
        """Nobody stands in for the server any more; what a stand-in is just answering is answered first. Routes that
        are only held are let go by their test."""
        self.page.unroute_all(behavior="wait")

    def close(self) -> None:
        with suppress(Error):
            self.page.unroute_all(behavior="ignoreErrors")
            self.page.close()
        assert not self.problems, self.problems

    # -- going there

    def go(self, path: str = "/", *, wait: bool = True, **query: str) -> "Look":
        """Open an address and wait until everything on it is drawn."""
        query = {"campaign": "demo", "lang": "zh", **query}
        self.page.goto(f"{self.address}{path}?{urlencode({k: v for k, v in query.items() if v})}")
        if wait:
            self.drawn()
        return self

    def drawn(self) -> None:
        """Wait until the page shown has its picture, all of it, and its fonts."""
        self.page.wait_for_function(READY)
        self.page.wait_for_function(FITTED)
        # The table lays out its head and rows some frames after it stands in the page.
        self.page.wait_for_function(
            """() => !document.getElementById("site-table")
              || [".ag-pinned-left-header .ag-header-cell", ".ag-header-container .ag-header-cell",
                ".ag-row [col-id=name]"]
                .every((part) => document.querySelector(part))
              && [...document.querySelectorAll("#site-table :is(.ag-header-row, .ag-row)")]
                .every((row) => row.children.length)"""
        )
        # A chart is fitted to its place in the frame after it is drawn.
        self.page.evaluate(
            """() => document.fonts.ready.then(
              () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""
        )

    def reads(self, path: str, **query: str) -> None:
        """Wait until the address has this path and these values, the page is that of the address, and drawn."""
        wanted = {"path": path, "query": query}
        self.page.wait_for_function(
            """({path, query}) => location.pathname === path && Object.entries(query).every(
              ([name, value]) => (new URLSearchParams(location.search).get(name) ?? "") === value)""",
            arg=wanted,
        )
        # The address changes before the page does. An hour may be written in several ways.
        self.page.wait_for_function(
            """(query) => {
              const shown = document.getElementById("live")?.dataset;
              return shown && ["campaign", "place"].every((name) => !query[name] || shown[name] === query[name])
                && (query.hour === undefined || Boolean(shown.hour) === Boolean(query.hour));
            }""",
            arg=query,
        )
        self.drawn()

    def until(self, reached: Callable[[], object]) -> None:
        """Wait until this holds, which is known here and not in the page; the page's requests go on meanwhile."""
        end = time.monotonic() + PATIENCE / 1000
        while not reached():
            assert time.monotonic() < end, "it never came"
            self.page.wait_for_timeout(25)

    def size(self, width: int, height: int) -> None:
        """Another screen; returns when every chart has been fitted to it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate("() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")
        self.page.wait_for_function(FITTED)

    def theme(self, name: str) -> None:
        """Another theme for the page as it stands, as when the reader's system changes it; where neither the address
        nor the reader has chosen one."""
        self.page.emulate_media(color_scheme=name)
        self.page.wait_for_function("t => document.documentElement.dataset.theme === t", arg=name)
        # Panels and charts take their new colours one after the other.
        self.page.evaluate(STILL)

    def shot(self, name: str, full: bool = False) -> None:
        """A picture for a person to look at, when asked for with SHOTS=<folder>."""
        folder = os.environ.get("SHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=full)

    # -- reading it

    def all(self, selector: str) -> list[str]:
        return [" ".join(text.split()) for text in self.page.locator(selector).all_inner_texts()]

    def text(self, selector: str) -> str:
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def one(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def state(self, name: str) -> None:
        self.page.wait_for_function("s => document.body.dataset.state === s", arg=name)

    def value(self, key: str) -> str:
        """The figure with this key as written."""
        return self.page.locator(f"[data-key='{key}']").first.inner_text().strip()

    def number(self, key: str) -> float:
        return number(self.value(key))

    def cut_off(self) -> list[str]:
        return list(self.page.evaluate(CUT_OFF))

    def wider_than_screen(self) -> list[str]:
        return list(self.page.evaluate(TOO_WIDE))


def number(written: str) -> float:
    """A figure as written for people: `−31,017`, `64.7%`, `+4`."""
    return float(re.sub(r"[,%+\s]", "", written).replace("\u2212", "-"))


CUT_OFF = """() => {
  // Text that is not wholly visible, unless it ends in an ellipsis and says the whole in a title or its label.
  const said = [];
  const scrolls = (style) => /auto|scroll/.test(style.overflowX + style.overflowY);
  const named = (node) => node.closest("[title], [aria-label]") !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.data.trim()) continue;
    const parent = text.parentElement;
    const unseen = "script, style, footer, .visually-hidden, .ag-root-wrapper, .skip, select, textarea";
    if (!parent || parent.closest(unseen)) continue;
    if (!parent.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      if (box.width < 1) continue;
      // A line's box is taller than its letters: a third of it may hang out.
      const slack = box.height / 3;
      for (let node = parent; node && node !== document.body; node = node.parentElement) {
        const style = getComputedStyle(node);
        if (scrolls(style)) break;
        const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
        if (!clips || style.display === "inline") continue;
        const place = node.getBoundingClientRect();
        const out = Math.max(place.left - box.left, box.right - place.right) > 1.5 ||
          Math.max(place.top - box.top, box.bottom - place.bottom) > slack;
        const dotted = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
        if (out && !(dotted && named(parent))) {
          const across = Math.max(place.left - box.left, box.right - place.right);
          const by = Math.max(across, place.top - box.top, box.bottom - place.bottom).toFixed(1);
          said.push(`"${text.data.trim().slice(0, 60)}" by ${by} px out of .${node.getAttribute("class")}`);
        }
        if (out) break;
      }
    }
  }
  return [...new Set(said)];
}"""

TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const page = document.documentElement.scrollWidth;
  if (page <= width) return [];
  return [`the page is ${page} px wide on ${width}`, ...[...document.querySelectorAll("body *")]
    .filter((node) => node.getBoundingClientRect().right > width + 1)
    .map((node) => `${node.tagName}.${node.getAttribute("class")}`).slice(0, 5)];
}"""
