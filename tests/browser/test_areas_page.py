"""The page of boundaries and people: a file is tried, a shift is confirmed, then it is kept."""

import json

import numpy as np
import pytest
import scenery
import shapely
from look import DRESSES, PHONE, Look
from playwright.sync_api import expect
from test_access import assert_no_violations

from data.geo.shift import to_gcj02
from data.ingest.area_files import Topic, import_area
from data.ingest.files import What
from domain.clock import system_clock

OUTLINES = {"9903001": shapely.box(112.8, 23.1, 112.9, 23.2), "9903002": shapely.box(112.9, 23.1, 113.0, 23.2)}


def geojson(*, shifted: bool) -> bytes:
    def drawn(shape: shapely.Geometry) -> shapely.Geometry:
        fine = shapely.segmentize(shape, 0.01)
        return shapely.transform(fine, lambda xy: np.column_stack(to_gcj02(*xy.T))) if shifted else fine

    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": json.loads(shapely.to_geojson(drawn(shape)))}
        for code, shape in OUTLINES.items()
    ]
    lost = {"type": "Feature", "properties": {"code": "9"}, "geometry": features[0]["geometry"]}
    return json.dumps({"type": "FeatureCollection", "features": [*features, *([lost] if shifted else [])]}).encode()


@pytest.fixture
def campaign(scene, number) -> str:
    """A campaign of this test alone: two towns with outlines, one of its sites in the wrong one."""
    made = scenery._day(f"areas-{number}", "边界演练", "Boundary drill", began=4)
    scenery._create(scene.database, made)
    scenery._import(
        scene.database, made.id, What.PLACES,
        "district,district_name,town,town_name,town_name_en,site,site_name,site_name_en,lon,lat\n"
        "9903,甲区,9903001,东镇,East Town,E1,东点,East site,112.85,23.15\n"
        "9903,甲区,9903002,西镇,West Town,W1,西点,West site,112.86,23.15\n",
    )  # fmt: skip
    import_area(scene.database, made.id, Topic.BOUNDARIES, geojson(shifted=False), "first.geojson",
                scenery.OPERATOR, system_clock)  # fmt: skip
    return made.id


def test_a_shifted_file_waits_for_a_word_and_is_kept_after_it(page: Look, campaign: str):
    page.go("/areas", campaign=campaign)
    expect(page.one(".areas-table tbody tr")).to_have_count(1)
    expect(page.one(".areas-outside li")).to_contain_text("西点")
    sent = {"name": "amap.geojson", "mimeType": "application/geo+json", "buffer": geojson(shifted=True)}
    page.one("#area-file input[type=file]").set_input_files(sent)
    keep = page.page.get_by_role("button", name="导入", exact=True)
    expect(page.one(".areas-ask")).to_contain_text("GCJ-02")
    expect(keep).to_be_disabled()
    expect(page.one(".refused-table tbody tr")).to_have_count(1)
    page.page.get_by_role("button", name="确认换算").click()
    expect(page.one(".areas-ask")).to_have_count(0)
    expect(keep).to_be_enabled()
    keep.click()
    expect(page.one("#area-result h2")).to_have_text("已导入：amap.geojson")
    expect(page.one(".areas-table tbody tr")).to_have_count(2)
    expect(page.one(".areas-table tbody tr").first).to_contain_text("由 GCJ-02 换算")


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_the_page_can_be_used_by_everybody_on_every_screen(page: Look, campaign: str, lang: str, theme: str):
    page.page.emulate_media(color_scheme=theme)
    page.go("/areas", campaign=campaign, lang=lang)
    sent = {"name": "amap.geojson", "mimeType": "application/geo+json", "buffer": geojson(shifted=True)}
    page.one("#area-file input[type=file]").set_input_files(sent)
    expect(page.one(".areas-ask")).to_be_visible()
    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert_no_violations(page, f"/areas {lang} {theme}")
