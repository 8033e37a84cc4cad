"""Beside the map: its hours, the table of its layers, the drawer of one site."""

from axe_playwright_python.sync_playwright import Axe
from look import PHONE, VIOLATIONS, Look
from playwright.sync_api import expect

AXE = Axe()
ROW = ".map-grid .ag-center-cols-container .ag-row"
COUNTED = """() => [...document.querySelectorAll(".map-grid .ag-header-cell")]
  .filter((cell) => cell.getAttribute("aria-sort") !== "none")
  .map((cell) => `${cell.getAttribute("col-id")} ${cell.getAttribute("aria-sort")}`)"""


def sorted_by(look: Look, said: str) -> None:
    """Wait until the table is sorted by this column and no other."""
    look.page.wait_for_function(f"(said) => ({COUNTED})().join() === said", arg=said)


def opened(look: Look, **query: str) -> Look:
    look.go("/map", **query)
    look.page.wait_for_selector(f"{ROW} [col-id=name]", state="attached")
    return look


def violations(look: Look, part: str) -> list[str]:
    found = AXE.run(look.page, context=part, options=VIOLATIONS)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def test_the_hour_moves_every_panel_and_leaves_window_and_layer_alone(page: Look):
    opened(page, layer="queue", window="440607103")
    track = page.page.get_by_role("slider")
    expect(track).to_have_attribute("aria-valuetext", "现在")
    track.press("ArrowLeft")
    track.press("ArrowLeft")
    expect(page.one(".asof .until")).to_contain_text("13:00")
    expect(track).to_have_attribute("aria-valuetext", "13:00，已报 117/118")
    stage = page.one(".map-stage")
    for part, said in (("data-layer", "queue"), ("data-town", "440607103")):
        expect(stage).to_have_attribute(part, said)
    assert {"hour=", "layer=queue", "window=440607103"} <= {
        w for w in ("hour=", "layer=queue", "window=440607103") if w in page.page.url
    }
    # The day is played: two hours are left, and are over before who looks late has looked.
    page.page.evaluate("""() => {
      const look = () => { window.played ||= document.querySelector(".map-time[data-playing]") !== null; };
      new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: ["data-playing"] });
    }""")
    page.page.get_by_role("button", name="播放当天").click()
    page.page.wait_for_function("() => window.played")
    # It ends by itself at the present.
    expect(track).to_have_attribute("aria-valuetext", "现在")
    expect(page.one(".map-time")).not_to_have_attribute("data-playing", "")
    expect(page.one(".asof .until")).to_contain_text("14:00")
    assert "hour=" not in page.page.url
    expect(stage).to_have_attribute("data-layer", "queue")
    assert violations(page, ".at-map-time") == []


def test_the_table_follows_the_map_and_a_press_on_a_row_opens_the_drawer(page: Look):
    opened(page)
    sorted_by(page, "load descending")
    page.page.locator(".map-switches [data-layer=queue]").click()
    expect(page.one("[data-map-table-town]")).to_have_text("排队")
    sorted_by(page, "queue descending")
    # What the reader sorts by stays, over another hour as well.
    page.page.locator(".map-grid .ag-header-cell[col-id=name]").click()
    page.page.get_by_role("slider").press("ArrowLeft")
    page.page.get_by_role("slider").press("ArrowLeft")
    expect(page.one(".asof .until")).to_contain_text("13:00")
    page.drawn()
    sorted_by(page, "name ascending")
    assert violations(page, ".at-map-table") == []

    cell = page.page.locator(f"{ROW} [col-id=town]").first
    cell.click()
    drawer = page.one("#map-drawer")
    expect(drawer).to_have_attribute("data-state", "shown")
    name = page.page.locator(f"{ROW} [col-id=name]").first.inner_text()
    expect(drawer.locator("h2")).to_have_text(name)
    expect(drawer.locator(".md-section").first).to_contain_text("截至 13:00")
    expect(page.one(".map-stage")).to_have_attribute(
        "data-chosen", cell.evaluate("c => c.parentElement.getAttribute('row-id')")
    )
    assert violations(page, "#map-drawer") == []
    # A figure says where it comes from; Escape closes what lies on top.
    drawer.locator("[data-figure=persons]").last.click()
    expect(page.one("#passport")).to_have_attribute("data-state", "shown")
    page.page.keyboard.press("Escape")
    expect(page.one("#passport")).to_be_hidden()
    expect(drawer).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(cell).to_be_focused()
    cell.press("Enter")
    expect(drawer).to_be_visible()
    page.size(*PHONE)
    box = drawer.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, PHONE[0])
    assert page.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    drawer.get_by_role("link", name="采样点页").click()
    page.drawn()
    assert page.page.url.split("?")[0].endswith("/site")
    assert "hour=" in page.page.url
