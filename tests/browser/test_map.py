"""The map page as people meet it, in a network that ends at the server's door and on a machine without WebGL."""

import base64
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import scenery
from axe_playwright_python.sync_playwright import Axe
from look import DRESSES, PHONE, VIOLATIONS, Look
from playwright.sync_api import Route

AXE = Axe()
SITES = 118
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NO_WEBGL = """(() => {
  const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return /webgl|webgpu/.test(kind) ? null : real.call(this, kind, ...more);
  };
  delete window.WebGLRenderingContext;
  delete window.WebGL2RenderingContext;
})()"""
RESTS = """() => new Promise((done) => {
  let timer;
  const rest = () => { document.removeEventListener("map-window", again); done(); };
  const again = () => { clearTimeout(timer); timer = setTimeout(rest, 250); };
  document.addEventListener("map-window", again);
  again();
})"""


def opened(look: Look, **query: str) -> Look:
    look.go("/map", **query)
    look.page.wait_for_selector(".map-worst .map-row")
    return look


def scale(look: Look) -> float:
    """Kilometres per pixel, as the scale bar tells."""
    number, unit = look.text(".map-scale span").split()
    wide = look.page.evaluate("() => document.querySelector('.map-scale i').getBoundingClientRect().width")
    return float(number) * (0.001 if unit == "m" else 1) / float(wide)


def where(look: Look) -> tuple[float, ...]:
    """The window of the reader's own in the address: middle and kilometres per pixel; empty without one."""
    said = re.search(r"[?&]view=([-\d._]+)", look.page.url)
    return tuple(float(part) for part in said[1].split("_")) if said else ()


def listed(look: Look) -> list[str]:
    return look.all(".at-map-worst [data-of]:not([hidden]) .map-worst .map-site")


def test_without_webgl_and_without_any_other_host_the_whole_map_is_there(page: Look):
    page.page.add_init_script(NO_WEBGL)
    opened(page)
    assert page.page.evaluate("() => document.createElement('canvas').getContext('webgl')") is None
    assert page.page.locator(".map-marks > g").count() >= SITES
    assert page.page.locator(".map-svg .land").count() == 7
    assert page.page.locator(".map-svg .reach").count() == 1
    assert page.page.locator(".map-names .town").count() >= 5
    assert page.page.locator(".map-view canvas").count() == 0
    assert "示意图" in page.text(".map-note")
    assert "74.8%" in page.text(".at-coverage")
    # The switch, the lists and the address go together.
    whole = listed(page)
    page.page.click("[data-layer=completion]")
    page.page.click(".map-switches [data-window]:nth-child(2)")
    page.page.evaluate(RESTS)
    assert "layer=completion" in page.page.url
    assert "window=" in page.page.url
    assert listed(page) != whole
    # A live refresh moves nothing, and what was chosen survives a reload.
    seen = page.page.url
    page.page.evaluate("() => window.dispatchEvent(new Event('recordchange'))")
    page.page.evaluate(RESTS)
    assert page.page.url == seen
    page.page.reload()
    page.page.wait_for_selector(".map-worst .map-row")
    assert page.page.get_attribute(".map-stage", "data-layer") == "completion"
    assert page.page.locator(".map-switches [aria-pressed=true]").count() == 2
    # No label stands on another, or on a control.
    boxes = page.page.evaluate(
        """() => [...document.querySelectorAll(".map-names .town, .map-switches .seg, .map-legend, .map-locator")]
          .map((node) => node.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])"""
    )
    for n, one in enumerate(boxes):
        for two in boxes[:n]:
            assert not (one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]), (one, two)


def test_wheel_drag_fingers_and_keys_move_the_window_and_the_lists_follow(page: Look):
    opened(page)
    # The middle of the land: a window stops where the land does.
    box = page.page.locator(".map-svg .lands").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before, whole = scale(page), listed(page)
    page.page.mouse.move(middle[0] - 40, middle[1] + 50)
    for _ in range(4):
        page.page.mouse.wheel(0, -250)
    page.page.evaluate(RESTS)
    near = where(page)
    assert scale(page) < before / 3
    assert page.page.evaluate("() => scrollY") == 0
    page.page.mouse.down()
    page.page.mouse.move(middle[0] + 60, middle[1], steps=5)
    page.page.mouse.up()
    page.page.evaluate(RESTS)
    moved = where(page)
    assert moved[2] == near[2]
    assert moved[0] == pytest.approx(near[0] - 100 * near[2], abs=0.1)
    assert moved[1] == pytest.approx(near[1] - 50 * near[2], abs=0.1)
    numbers = page.all(".at-clusters [data-cluster]:not([hidden]) .no")
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    assert listed(page) != whole
    page.page.focus(".map-stage")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("+")
    page.page.evaluate(RESTS)
    assert where(page)[0] > moved[0]
    assert where(page)[2] < moved[2]
    # Two fingers apart: nearer; what was between them stays there.
    touch = page.page.context.new_cdp_session(page.page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": middle[0] + side * apart, "y": middle[1], "id": n} for n, side in enumerate((-1, 1))]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []})

    wide = where(page)
    for kind, apart in (("touchStart", 60), ("touchMove", 90), ("touchMove", 120), ("touchEnd", 0)):
        fingers(kind, apart)
    page.page.evaluate(RESTS)
    assert where(page)[2] == pytest.approx(wide[2] / 2, rel=0.05)
    stage = page.page.locator(".map-stage").bounding_box()
    assert stage is not None
    beside = middle[0] - stage["x"] - stage["width"] / 2
    assert where(page)[0] == pytest.approx(wide[0] + beside * (wide[2] - where(page)[2]), abs=2 * wide[2])
    page.page.focus(".map-stage")
    page.page.keyboard.press("0")
    page.page.evaluate(RESTS)
    assert where(page) == ()
    assert scale(page) == pytest.approx(before, rel=0.01)
    # A click on a site opens it.
    page.page.evaluate(
        "() => document.addEventListener('site-chosen', (e) => { window.chosenSite = e.detail.place; })"
    )
    mark = page.page.locator(".map-marks > g .m-dot").last.bounding_box()
    assert mark is not None
    page.page.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.page.wait_for_function("() => Boolean(window.chosenSite)")


@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_the_map_reads_well_on_a_desk_and_on_a_phone(page: Look, lang: str, theme: str):
    page.page.emulate_media(color_scheme=theme)
    opened(page, lang=lang)
    for wide, high in ((1440, 900), PHONE):
        page.size(wide, high)
        page.page.evaluate(RESTS)
        page.shot(f"map-{lang}-{theme}-{wide}")
        assert page.wider_than_screen() == [], wide
        found = AXE.run(page.page, context=".at-map-page, .at-map-worst", options=VIOLATIONS).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found] == []


@pytest.fixture
def tiled(scene: SimpleNamespace) -> Iterator[scenery.Server]:
    """The product with an address of tiles in its settings, which nobody answers but this test."""
    server = scenery.Server(scene.url)
    server.environment |= {"MAP_TILES": "https://tiles.invalid/{z}/{x}/{y}.png", "MAP_TILES_CREDIT": "某图"}
    server.start()
    yield server
    server.stop()


def test_tiles_come_only_from_the_host_in_the_settings_and_lie_under_the_land(tiled: scenery.Server, visitor):
    look: Look = visitor(tiled.address)
    look.allow(r"asked another host: https://tiles\.invalid/\d+/\d+/\d+\.png$")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    look.page.route("https://tiles.invalid/**", answer)
    opened(look)
    look.page.wait_for_selector(".map-tiles image")
    tiles = look.page.evaluate(
        """() => [...document.querySelectorAll(".map-tiles image")].map((tile) => [tile.getAttribute("href"),
          ...["x", "y", "width", "height"].map((name) => Number(tile.getAttribute(name)))])"""
    )
    look.until(lambda: asked)
    # Neighbours meet: the right edge of one is the left edge of the next.
    place = {tuple(int(n) for n in re.findall(r"\d+", tile[0])): tile[1:] for tile in tiles}
    pairs = [(at, (at[0], at[1] + 1, at[2])) for at in place if (at[0], at[1] + 1, at[2]) in place]
    assert pairs
    for left, right in pairs:
        assert place[left][0] + place[left][2] == pytest.approx(place[right][0], abs=0.01)
    assert "某图" in look.text(".map-note")
    assert look.page.evaluate("() => document.querySelector('.map-tiles').nextElementSibling.matches('.map-ground')")
