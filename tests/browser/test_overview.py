"""The overview of the demonstration day at 14:20: everything on it, right, and readable on every screen."""

from collections.abc import Iterator

import pytest
from look import DRESSES, PHONE, SCREENS, Look, number

DISTRICT = "440607"
PAGES = ("/", "/sites", "/findings", "/site", "/import")
SITE = "440607001-S01"

MARKS = """() => {
  // Sites the map shows: every filled mark and every ⊗, the specks of the enlarged core not counted twice.
  const chart = document.querySelector(".map .js-plotly-plot, .map.js-plotly-plot");
  const addresses = chart.data.filter((trace) => trace.customdata).flatMap((trace) => trace.customdata);
  const drawn = chart.querySelectorAll(".scatterlayer .point").length;
  const meant = chart.data.filter((t) => t.mode === "markers").reduce((sum, t) => sum + t.x.length, 0);
  return { sites: new Set(addresses).size, drawn, meant };
}"""


@pytest.fixture(scope="module")
def overview(reader, scene) -> Iterator[Look]:
    """The district's overview at 1440×900, opened once for all tests that only read it."""
    look = Look(reader.new_page(), scene.address)
    yield look.go()
    look.close()


def summary(scene, place: str = DISTRICT) -> dict:
    return scene.server.get(f"campaigns/demo/summary?scope={place}", scene.demo_token)


def test_everything_fits_on_a_laptop_without_scrolling(overview: Look):
    assert overview.page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    ) == [
        900,
        1440,
    ]
    overview.shot("overview-1440")


def test_the_stamp_says_as_of_when_and_on_how_many_sites_it_rests(overview: Look):
    assert overview.text(".asof .until") == "数据截至 14:00"
    reported = overview.text(".asof .reported b")
    assert reported.endswith("/118")
    assert 110 <= int(reported.split("/")[0]) <= 118


def test_the_figures_of_the_strip_are_those_of_the_data_interface(overview: Look, scene):
    said = summary(scene)
    assert overview.number("persons") == said["persons"]
    assert overview.number("completion") == pytest.approx(100 * said["completion"], abs=0.051)
    assert overview.number("tubes") == said["tubes"]
    hours = scene.server.get(f"campaigns/demo/hourly?scope={DISTRICT}", scene.demo_token)["hours"]
    last = next(hour for hour in hours if "T13:00" in hour["hour"])
    assert overview.number("hour") == last["persons"]
    assert overview.text(".kpi-hero small") == f"/ {said['target']:,}"
    assert overview.value("finish") == said["expected_finish"]["p50"][11:16]
    assert overview.number("missing") == last["missing"]


def test_towns_stand_furthest_behind_first_and_add_up_to_the_district(overview: Look, scene):
    gaps = [number(text) for text in overview.all(".tm-body .tm > :nth-child(4) .desk-only")]
    shares = [number(text) for text in overview.all(".tm-body .tm .share")]
    assert len(shares) == 7
    assert shares == sorted(shares)
    assert gaps[0] == min(gaps)
    children = summary(scene)["children"]
    assert gaps == sorted((child["gap_persons"] for child in children), key=gaps.index)
    titles = overview.page.locator(".tm-body [role=cell][title]").evaluate_all(
        "nodes => nodes.filter(n => n.querySelector('.bar')).map(n => n.title)"
    )
    persons = [number(title.split("/")[0]) for title in titles]
    assert sum(persons) == overview.number("persons")


def test_every_panel_is_drawn_and_no_grey_block_is_left(overview: Look):
    slugs = ("kpis", "findings", "progress", "matrix", "pipeline", "labs", "map")
    for slug in slugs:
        panel = overview.one(f"#panel-{slug}")
        assert panel.is_visible(), slug
        assert panel.inner_text().strip(), slug
    assert overview.one(".skeleton, .sk").count() == 0
    assert overview.one(".panel .state-icon.crit").count() == 0
    assert overview.one(".graph .main-svg").count() >= 4


def test_the_map_marks_all_118_sites(overview: Look):
    found = overview.page.evaluate(MARKS)
    assert found["sites"] == 118
    assert found["drawn"] == found["meant"] >= 118


def test_the_reporting_panel_adds_up_and_shows_who_owes_a_report(page: Look):
    # Where tubes are known, a wide screen has their panels in its place.
    page.size(1000, 900)
    page.go()
    assert sum(number(text) for text in page.all("#panel-duty .tally .b")) == 118
    names = page.one("#panel-duty .owing li")
    assert names.count() == page.number("missing")
    panel, name = page.one("#panel-duty").bounding_box(), names.first.bounding_box()
    assert panel is not None
    assert name is not None
    assert name["y"] + name["height"] <= panel["y"] + panel["height"] + 1


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_demonstration_mark_on_screen_and_on_paper(page: Look, path: str):
    page.go(path, place=SITE if path == "/site" else "")
    assert page.text(".demo") == "演示数据"
    page.page.emulate_media(media="print")
    assert page.one(".demo").is_visible()


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_no_text_is_cut_off_on_any_screen(page: Look, lang: str, theme: str):
    for path, place in (
        ("/", ""), ("/", "440607001"), ("/site", SITE), ("/findings", ""), ("/sites", ""), ("/import", ""),
    ):  # fmt: skip
        page.size(*SCREENS[0])
        page.go(path, place=place, lang=lang, theme=theme)
        for width, height in SCREENS:
            page.size(width, height)
            where = f"{path} {place} {width}×{height}"
            assert page.cut_off() == [], where
            assert page.wider_than_screen() == [], where
            if path == "/":
                page.shot(f"overview-{place}-{width}-{lang}-{theme}", full=width < 1440)


@pytest.mark.parametrize("campaign", ["small", "bare", "live", "stale"])
def test_no_text_is_cut_off_in_campaigns_of_other_kinds(page: Look, campaign: str):
    for lang in ("zh", "en"):
        page.size(*SCREENS[0])
        page.go(campaign=campaign, lang=lang)
        for width, height in (SCREENS[0], SCREENS[2], PHONE):
            page.size(width, height)
            assert page.cut_off() == [], f"{width} {lang}"
            assert page.wider_than_screen() == [], f"{width} {lang}"
            page.shot(f"{campaign}-{width}-{lang}", full=width < 1440)


def test_map_labels_hide_no_site(overview: Look):
    hidden = overview.page.evaluate("""() => {
      const all = (what) => [...document.querySelectorAll(`.map ${what}`)];
      const boxes = all(".annotation-text").map((node) => [node.textContent, node.getBoundingClientRect()]);
      const marks = all(".scatterlayer .point").map((node) => node.getBoundingClientRect());
      return boxes.flatMap(([name, box]) => {
        const under = marks.filter((mark) => {
          const x = (mark.left + mark.right) / 2, y = (mark.top + mark.bottom) / 2;
          return x > box.left && x < box.right && y > box.top && y < box.bottom;
        }).length;
        return under ? [`${name} hides ${under}`] : [];
      });
    }""")
    assert hidden == []
