"""A briefing screen over days: what it shows when data, server or network fail, on every wall, without growing."""

import json
import os
from types import SimpleNamespace

import scenery
from look import Look
from playwright.sync_api import Route, expect
from wall_device import FAULTS, KEEPER, LOST, Wall

from data import campaigns
from data.ingest import screens
from domain.clock import system_clock

ROTATIONS = 17_280 if os.environ.get("SOAK") else 500
"""Changes of scene: those of 72 hours with `make soak`."""

WALLS = (
    ("1920", (1920, 1080), "", 1),
    ("3840", (3840, 2160), "", 1),
    ("1920-at-150", (1280, 720), "", 1),
    ("6656", (6656, 1792), "duo", 2),
    ("1080", (1080, 1920), "tall", 1),
    ("1024", (1024, 1366), "tall", 1),
)

FRAME_FAULTS = """() => [...document.querySelectorAll("#head > *, #foot > *")].filter((node) => {
  const [place, stage] = [node.getBoundingClientRect(), document.getElementById("stage").getBoundingClientRect()];
  const cut = node.scrollWidth > node.clientWidth + 2 && getComputedStyle(node).display !== "inline";
  return node.offsetParent && !node.matches(".sp, .drain, .ticks")
    && (cut || place.left < stage.left - 1 || place.right > stage.right + 1);
}).map((node) => node.textContent)"""


def test_a_wall_that_loses_its_server_keeps_its_picture_and_comes_back(visitor, scene: SimpleNamespace):
    server = scenery.Server(scene.url)
    server.start()
    try:
        look: Look = visitor(server.address, viewport={"width": 1920, "height": 1080})
        look.allow(LOST)
        look.page.clock.install()
        wall = Wall(look, scene.database, scenery.LIVE)
        look.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        figure = look.page.inner_text(".hero")
        server.kill()
        look.page.wait_for_function("() => wall.running.link.failed")
        wall.passes(16)
        wall.stands("offline")
        assert "连不上服务器，画面停在" in wall.foot
        assert "数据截至" in wall.foot
        assert look.page.inner_text(".hero") == figure
        wall.passes(300)
        look.page.wait_for_function("() => document.querySelector('#foot .age').textContent === '5'")
        look.shot("wall-offline")
        # Loaded anew without a server, it is the same picture, grey; no page of an error, no spinner, no sign-in.
        look.page.reload()
        look.page.wait_for_selector(".scene")
        wall.stands("offline")
        assert look.page.inner_text(".hero") == figure
        server.start()
        wall.passes(11)
        look.page.wait_for_function("() => document.getElementById('stage').dataset.state !== 'offline'")
        assert "数据" in wall.foot
        # Midnight comes, and the scenes go on.
        before = look.page.inner_text(".day")
        look.page.evaluate("wall.running.link.campaignNow += 86_400_000 - 5000")
        look.page.wait_for_function("d => document.querySelector('.day').textContent !== d", arg=before)
        # Revoked, the picture goes at once and nothing of it is kept.
        with scene.database.write() as session:
            row = campaigns.find(session, scenery.LIVE)
            screens.revoke(session, row, screens.find(session, row.id, wall.number), KEEPER, system_clock())
        look.page.wait_for_selector(".w-join")
        assert look.page.locator(".scene").count() == 0
        kept = look.page.evaluate("Object.keys(localStorage)")
        assert [name for name in kept if name.startswith("screen.scene")] == []
    finally:
        server.stop()


def test_frozen_stale_and_new_alerts_each_say_what_they_are(page: Look, scene: SimpleNamespace):
    page.size(1920, 1080)
    page.allow("status of 401")
    inner = page.page
    inner.clock.install()
    wall = Wall(page, scene.database, scenery.DEMO)
    wall.shows("wall-progress")
    inner.keyboard.press("ArrowRight")
    wall.shows("wall-map")
    inner.keyboard.press("ArrowLeft")
    wall.shows("wall-progress")
    inner.keyboard.press(" ")
    expect(inner.locator(".tag")).to_contain_text("已暂停")
    wall.passes(60)
    wall.shows("wall-progress")
    inner.keyboard.press("Escape")
    expect(inner.locator(".tag")).to_have_count(0)
    assert inner.evaluate("getComputedStyle(document.documentElement).cursor") == "none"

    # A severe finding nobody has seen takes the stage for half a minute, then the rotation goes on behind it.
    def with_alert(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["severe"] = ["made:up", *told["severe"]]
        if "cases" in told:
            told["cases"] = [{"mark": "made:up", "headline": [{"text": "试验告警", "state": "crit", "after": ""}],
                              "panels": told["panels"]}]  # fmt: skip
        headers = {k: v for k, v in answer.headers.items() if k not in ("content-encoding", "content-length")}
        route.fulfill(status=200, headers=headers, body=json.dumps(told))

    inner.route("**/screen/scene/**", with_alert)
    inner.evaluate("wall.running.link.scenes.clear()")
    wall.shows("wall-alerts")
    expect(inner.locator(".msg")).to_have_text("试验告警")
    expect(inner.locator("#foot")).to_contain_text("新告警停留 30 秒，还剩")
    page.shot("wall-alert")
    wall.passes(31)
    wall.shows("wall-map")
    page.let_through()
    wall.drive("freeze", scene="wall-map")
    wall.stands("frozen")
    expect(inner.locator(".tag")).to_contain_text("会议定格 截至")
    expect(inner.locator("#foot")).to_contain_text("定格")
    page.shot("wall-frozen")
    wall.passes(60)
    wall.shows("wall-map")
    wall.drive("release")
    wall.stands("")
    silent = Wall(page, scene.database, scenery.STALE)
    silent.stands("stale")
    assert "数据停在" in silent.foot
    assert "已过" in silent.foot
    assert "0/6 采样点已报" in silent.foot
    page.shot("wall-stale")
    assert "数据未到" in inner.inner_text(".msg")


def test_every_wall_is_filled_without_stretching_or_cropping(page: Look, scene: SimpleNamespace):
    wall = Wall(page, scene.database, scenery.DEMO, bezel_px=40)
    inner, faults = page.page, []
    # With the fonts that are to come every line is fitted once more.
    inner.evaluate("document.fonts.ready.then(() => 0)")
    for name, (width, height), shape, scenes in WALLS:
        page.page.set_viewport_size({"width": width, "height": height})
        inner.wait_for_function(
            """([shape, scenes]) => document.documentElement.dataset.wall === shape
              && document.querySelectorAll(".scene").length === scenes""",
            arg=[shape, scenes],
        )
        faults += [[name, *fault] for fault in inner.evaluate(FAULTS)]
        faults += [[name, "frame", text] for text in inner.evaluate(FRAME_FAULTS)]
        page.shot(f"wall-{name}")
    # Between two scenes lie the seam's pixels, free.
    inner.set_viewport_size({"width": 6656, "height": 1792})
    inner.wait_for_function("() => document.querySelectorAll('.scene').length === 2")
    gap = inner.evaluate(
        """() => { const [a, b] = [...document.querySelectorAll(".scene")].map((s) => s.getBoundingClientRect());
          return (b.left - a.right) - 11 * parseFloat(getComputedStyle(document.documentElement).fontSize); }"""
    )
    assert abs(gap - 40) < 1
    assert "左 总体进度 固定" in wall.foot
    assert faults == []


FAST = """(() => {
  const [every, ask] = [window.setInterval, window.fetch];
  window.setInterval = (done, after, ...more) => every(done, after === 250 ? 10 : after, ...more);
  window.fetch = async (address, how) => {
    const answer = await ask(address, how);
    if (!String(address).startsWith("/screen/state") || !answer.ok) return answer;
    const state = { ...await answer.json(), seconds: 0.03 };
    return new Response(JSON.stringify(state), { headers: { "Content-Type": "application/json" } });
  };
})()"""


def test_days_of_rotation_leave_nothing_behind(page: Look, scene: SimpleNamespace):
    inner = page.page
    page.size(1920, 1080)
    inner.add_init_script(FAST)
    wall = Wall(page, scene.database, scenery.DEMO)
    browser = inner.context.new_cdp_session(inner)
    browser.send("Performance.enable")

    def weight() -> dict[str, float]:
        browser.send("HeapProfiler.collectGarbage")
        told = {m["name"]: m["value"] for m in browser.send("Performance.getMetrics")["metrics"]}
        return {name: told[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}

    def turned(times: int) -> None:
        inner.wait_for_function("n => wall.running.screen.changes >= n", arg=times, timeout=times * 1000)

    settled = ROTATIONS // 5
    turned(settled)
    before = weight()
    turned(ROTATIONS)
    after = weight()
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < 1_500_000, (before, after)
    assert after["Nodes"] - before["Nodes"] < 3_000, (before, after)
    assert after["JSEventListeners"] - before["JSEventListeners"] <= 5, (before, after)
    assert inner.evaluate("wall.running.screen.faults") == 0
    assert wall.foot
