"""A page left open: it moves by itself, says when it cannot, and never loses what it showed."""

import json
from itertools import count

import pytest
from look import Look
from playwright.sync_api import Request, Route, expect
from scenery import row

from domain.clock import system_clock

LOST = r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|Failed to fetch|status of 50\d|/snapshots/\S+: 500"
SNAPSHOTS = "**/snapshots/**"

_counts = count(101)


@pytest.fixture(autouse=True)
def in_time(scene) -> None:
    """Hours that have ended since the scenery was built have a report: no test here meets old figures unless it asks
    for them, however late in its hour the run began."""
    for period in range(4, (scene.live.last_due(system_clock()) or 0) + 1):
        scene.server.report("live", scene.live_token, row(scene.live, "L3", period, 40))


def send(scene, site: str = "L2") -> int:
    """Correct the site's first report to a figure it never had; the district's total moves by as much."""
    reports = scene.server.get_list(f"campaigns/live/reports?site={site}&limit=100", scene.live_token)
    first = min(reports, key=lambda report: report["hour"])
    persons = next(_counts)
    corrected = {"key": f"{site}/0/{persons}", "correction_of": first["key"], "note": "recount"}
    scene.server.report("live", scene.live_token, row(scene.live, site, 0, persons, **corrected))
    return persons - first["persons"]


def moved(page: Look, before: float, by: int) -> None:
    page.page.wait_for_function(
        "wanted => document.querySelector('[data-key=persons]')?.dataset.value.replace(/,/g, '') === String(wanted)",
        arg=int(before) + by,
    )


def test_a_report_moves_an_open_page_by_itself(page: Look, scene):
    page.go(campaign="live")
    before = page.number("persons")
    # It is lit up for two seconds: who looks later has missed it.
    page.page.evaluate("""() => {
      const look = () => { window.lit ||= document.querySelector("[data-key=persons].changed") !== null; };
      new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: ["class"] });
    }""")
    by = send(scene)
    moved(page, before, by)
    page.page.wait_for_function("() => window.lit")
    expect(page.one("[data-key=persons].changed")).to_have_count(0)


def test_new_figures_stand_in_the_town_and_on_the_sites_page_too(page: Look, scene):
    page.go("/site", campaign="live", place="L2")
    before = page.number("persons")
    by = send(scene)
    moved(page, before, by)
    expect(page.one(".versions-table .replaced")).not_to_have_count(0)


def answered(page: Look, questions: list[Request]) -> None:
    """Wait until everything asked is answered, and what follows from the answers is asked and answered too."""
    known = -1
    while known != len(questions):
        known = len(questions)
        for question in questions:
            if answer := question.response():
                answer.finished()
        # As long as another answer takes, the page has had time to ask again.
        page.page.evaluate("() => fetch('/healthz').then((answer) => answer.text())")


def test_a_tab_shown_again_asks_at_once(page: Look, scene):
    page.page.clock.install()
    page.go(campaign="live")
    questions: list[Request] = []
    page.page.on("request", lambda asked: questions.append(asked) if "/live/" in asked.url else None)
    page.page.clock.pause_at(page.page.evaluate("Date.now()") + 60_000)
    answered(page, questions)
    asked = len(questions)
    page.page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    answered(page, questions)
    assert len(questions) == asked
    with page.page.expect_request("**/live/live"):
        page.page.evaluate("""() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
          document.dispatchEvent(new Event("visibilitychange"));
        }""")
    page.page.clock.resume()


def test_a_dead_server_is_told_with_the_age_and_recovery_needs_no_hand(page: Look, scene):
    page.allow(LOST)
    page.go(campaign="live")
    before, until = page.number("persons"), page.text(".asof .until")
    scene.server.kill()
    try:
        page.state("offline")
        strip = page.one("#offline-strip")
        expect(strip).to_be_visible()
        assert "连不上服务器" in strip.inner_text()
        assert page.text("[data-stopped-at]").count(":") == 1
        assert page.text("[data-offline-minutes]").isdigit()
        assert page.number("persons") == before
        assert page.text(".asof .until") == until
        assert page.one(".graph .main-svg").count() >= 2
        page.shot("offline")
    finally:
        scene.server.start()
    page.state("live")
    expect(page.one("#offline-strip")).to_be_hidden()
    by = send(scene)
    moved(page, before, by)


def test_pictures_that_cannot_be_read_leave_the_old_one_and_a_way_to_try_again(page: Look, scene):
    page.allow(LOST)
    page.go(campaign="live")
    before = page.number("persons")
    page.page.route(SNAPSHOTS, lambda route: route.fulfill(status=500, body="no"))
    by = send(scene)
    page.state("error")
    strip = page.one("#error-strip")
    expect(strip).to_be_visible()
    expect(strip.get_by_role("button", name="重试")).to_be_visible()
    assert page.number("persons") == before
    page.shot("error")
    retry = strip.get_by_role("button", name="重试").element_handle()
    page.let_through()
    # Pressed at once: a moment later the page has asked again by itself, and the strip is gone.
    retry.evaluate("button => button.click()")
    moved(page, before, by)
    page.state("live")
    expect(strip).to_be_hidden()


def test_a_server_without_its_database_tells_the_age_and_a_clock_set_back_freezes_nothing(page: Look):
    page.go(campaign="live")
    before = page.number("persons")

    def saying(**other: float):
        def answer(route: Route) -> None:
            found = route.fetch()
            head = found.json()
            head["minute"] += other.get("minutes", 0)
            route.fulfill(status=200, json=head | {"behind": other.get("behind", 0)})

        return answer

    page.page.route("**/live/live", saying(behind=125.0))
    page.state("offline")
    expect(page.one("#offline-strip")).to_be_visible()
    assert page.text("[data-offline-minutes]") == "2"
    assert page.number("persons") == before
    page.let_through()
    page.state("live")
    # Fifty minutes back: the picture of that minute is fetched at once, not in fifty minutes.
    asked = len(page.requests)
    page.page.route("**/live/live", saying(minutes=-50))
    with page.page.expect_response(lambda answer: "/snapshots/live/" in answer.url and answer.ok):
        pass
    assert [url for url in page.requests[asked:] if "/snapshots/live/" in url]
    page.state("live")


def test_an_answer_that_never_comes_is_given_up(page: Look, scene):
    page.allow(LOST + "|aborted")
    page.go(campaign="live")
    before = page.number("persons")
    page.page.route("**/live/live", lambda route: None)
    page.state("offline")
    assert page.number("persons") == before
    page.page.unroute("**/live/live")
    page.state("live")


def test_the_first_picture_is_awaited_before_grey_blocks_of_its_size(visitor):
    page = visitor()
    held: list[Route] = []
    page.page.route(SNAPSHOTS, lambda route: held.append(route))
    page.go(wait=False)
    page.state("loading")
    blocks = page.one(".skeleton")
    expect(blocks.first).to_be_visible()
    page.page.wait_for_function("() => getComputedStyle(document.querySelector('.skeleton')).opacity === '1'")
    assert blocks.count() == 10
    assert "正在读取数据" in page.text(".skeleton")
    sizes = {slug: page.one(f".at-{slug}").bounding_box() for slug in ("progress", "matrix", "findings", "map")}
    page.shot("loading")
    page.until(lambda: held)
    let_go(page, held)
    page.drawn()
    for slug, before in sizes.items():
        after = page.one(f".at-{slug}").bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["height"] - after["height"]) < 40, slug
        assert abs(before["width"] - after["width"]) < 2, slug


def let_go(page: Look, held: list[Route]) -> None:
    """Answer what is held, and hold nothing more."""
    for route in held:
        route.continue_()
    page.page.unroute(SNAPSHOTS)


def test_a_picture_that_takes_its_time_does_not_look_like_a_lost_line(page: Look, scene):
    page.go(campaign="live")
    before = page.number("persons")
    held: list[Route] = []
    page.page.route(SNAPSHOTS, lambda route: held.append(route))
    by = send(scene)
    page.until(lambda: held)
    asked = len(page.requests)
    # The page goes on asking for news, and asks for one picture only.
    page.until(lambda: sum("/live/live" in url for url in page.requests[asked:]) >= 5)
    assert len(held) == 1
    page.state("live")
    assert page.number("persons") == before
    let_go(page, held)
    moved(page, before, by)


def test_a_refresh_keeps_the_old_values_until_the_new_ones_are_there(page: Look, scene):
    page.go(campaign="live")
    before = page.number("persons")
    held: list[Route] = []
    page.page.route(SNAPSHOTS, lambda route: held.append(route))
    by = send(scene)
    page.page.wait_for_function("() => document.body.hasAttribute('data-refreshing')")
    assert page.number("persons") == before
    assert page.one(".skeleton").count() == 0
    bar = page.page.evaluate("getComputedStyle(document.querySelector('.panel'), '::before').height")
    assert bar == "2px"
    let_go(page, held)
    moved(page, before, by)
    page.page.wait_for_function("() => !document.body.hasAttribute('data-refreshing')")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_old_data_grey_out_under_a_strip_that_names_who_is_missing(page: Look, theme: str):
    page.go(campaign="stale", theme=theme)
    page.state("stale")
    strip = page.one("#stale-strip")
    expect(strip).to_be_visible()
    said = " ".join(strip.inner_text().split())
    assert said.startswith("数据停在")
    assert int(page.text("[data-minutes-since]")) > 75
    assert "测试点" in said
    assert "6 个采样点" in said
    grey = page.page.evaluate("""() => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.className = "faint";
      const colour = getComputedStyle(probe).color;
      probe.remove();
      return [colour, getComputedStyle(document.querySelector(".kpi .v")).color];
    }""")
    assert grey[0] == grey[1]
    lines = page.page.evaluate("""() => [...document.querySelectorAll("#panel-progress .js-plotly-plot")]
      .flatMap((chart) => chart.data)
      .filter((trace) => trace.line?.dash === "2,3" || trace.fill === "toself").length""")
    assert lines == 0
    assert page.one("#panel-progress .kmark-forecast").count() == 0
    assert page.value("finish") == "—"
    page.shot(f"stale-{theme}")


def test_figures_grow_old_between_two_pictures(page: Look):
    page.go(campaign="live")
    assert page.page.evaluate("document.body.dataset.state") == "live"

    def later(route: Route) -> None:
        answer = route.fetch()
        said = answer.json()
        said["now"] = f"{int(said['now'][:4]) + 1}{said['now'][4:]}"
        route.fulfill(response=answer, body=json.dumps(said))

    page.page.route("**/live/live", later)
    page.state("stale")
    expect(page.one("#stale-strip")).to_be_visible()
    page.let_through()
    page.state("live")
    expect(page.one("#stale-strip")).to_be_hidden()
