"""Planning standards as people meet them: switched by whom they are for, read by everybody at a desk."""

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, VIOLATIONS, Look
from playwright.sync_api import expect
from town_scene import TOWN, Work, work

from data import campaigns
from data.ingest.areas import NewCell, Origin, keep_cells

AXE = Axe()


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """Two sites with 6,000 persons on four lanes each, nobody knows where; people in one of their two towns."""
    made = work(scene.database, ["甲"], ["乙"])
    with scene.database.write() as session:
        row = campaigns.lock(session, made.id)
        town = campaigns.tree_of(session, row).by_code[TOWN]
        cells = [NewCell(f"c{n}", town.id, 112.9 + n / 200, 23.2, 400.0, 500.0) for n in range(3)]
        keep_cells(session, row, cells, Origin("网格", "测试网格", synthetic=True), "operator", row.starts_at)
    return made


def violations(page: Look) -> list[str]:
    found = AXE.run(page.page, options=VIOLATIONS)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def test_a_standard_that_is_switched_on_names_the_sites_that_break_it(page: Look, job: Work):
    page.go("/standards", campaign=job.id)
    line = page.one("[data-standard-line=lane_people]")
    expect(line).to_contain_text("未启用")
    expect(line).to_contain_text("将有 2 点超标")
    line.locator("select").select_option("1000")
    expect(page.one("[data-standards-said]")).to_have_text("已保存")
    expect(line.locator(".chip")).to_contain_text("1,000")
    breach = page.page.locator(".std-breaches tr", has_text="乙").filter(has_text="每台服务人口")
    expect(breach).to_contain_text("1,500")
    line.locator("select").select_option("0")
    expect(line.locator(".chip")).to_have_count(0)
    expect(breach).to_have_count(0)


@pytest.mark.parametrize(
    ("lang", "theme", "size"),
    [("zh", "light", (1440, 900)), ("en", "dark", PHONE)],
    ids=["zh-light", "en-dark-phone"],
)
def test_the_page_fits_and_can_be_read_by_everybody(visitor, job: Work, lang: str, theme: str, size: tuple[int, int]):
    page = visitor(who="admin", viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page.go("/standards", campaign=job.id, lang=lang)
    expect(page.one("[data-standard-line=lane_day] .chip")).to_be_visible()
    expect(page.one("[data-standard-line=lane_day] select")).to_be_visible()
    expect(page.one(".cov-towns")).to_contain_text("0.0%")
    assert page.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    page.shot(f"standards-{lang}-{theme}")
