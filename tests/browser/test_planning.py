"""The planning list as people meet it: applied for at a desk, inspected on a phone, decided on, shown with its
overrides."""

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, SCREENS, VIOLATIONS, Look
from playwright.sync_api import expect
from town_scene import DISTRICT, TOWN, Work, work

from data.ingest.batch import Sender
from data.ingest.planning import apply, do_step
from data.ingest.planning_book import Hand
from domain.clock import system_clock
from domain.planning_claims import read_application, read_step
from domain.planning_needs import GROUP_KIT, SITE_CREW, ZONES

AXE = Axe()
HOSTILE = "<img src=x onerror=alert(1)>"
TOWN_HAND = Hand(Sender(f"town ({DISTRICT})"), "镇街查验员")


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own: one site inspected with two passages missing, one applied for, one released."""
    made = work(scene.database, ["甲"], ["乙"])
    for number, name in enumerate(("文化广场点", HOSTILE, "旧码头点"), start=1):
        body = {"key": f"a{number}", "town": TOWN, "name": name, "code": f"N{number}", "lanes": 2}
        apply(scene.database, made.id, read_application(body), TOWN_HAND, system_clock)
    found = {
        "zones": list(ZONES), "passages": ["people"], "lanes": 2, "green_channels": 1,
        "crew": {"lane_medics": 15, "lane_ushers": 5, **SITE_CREW},
        "kit": {name: 3 * each for name, each in GROUP_KIT.items()},
    }  # fmt: skip
    for claim in (
        {"key": "i1", "number": 1, "step": "inspected", **found},
        {"key": "r3", "number": 3, "step": "released", "note": "先开后补"},
    ):
        do_step(scene.database, made.id, read_step(claim), TOWN_HAND, system_clock)
    return made


def detail(page: Look):
    return page.one(".plan-detail")


def test_a_site_with_something_missing_is_approved_only_over_it_and_opens_as_a_place(page: Look, job: Work):
    page.allow("400")
    page.go("/planning", campaign=job.id)
    expect(detail(page)).to_contain_text("文化广场点")
    detail(page).get_by_role("button", name="批准", exact=True).click()
    form = page.one(".plan-form")
    expect(form).to_contain_text("缺 2 项，不能直接批准")
    form.get_by_role("button", name="批准", exact=True).click()
    expect(form.locator(".error")).to_contain_text("还缺 2 项")
    form.get_by_label("仍予批准").check()
    form.get_by_label("备注").fill("当日补设通道")
    page.shot("planning-approve")
    form.get_by_role("button", name="批准", exact=True).click()
    expect(detail(page)).to_contain_text("缺 2 项仍予批准")
    for step in ("公布", "开放"):
        detail(page).get_by_role("button", name=step, exact=True).click()
        page.one(".plan-form").get_by_role("button", name=step, exact=True).click()
        expect(page.one(".plan-form")).to_have_count(0)
    expect(detail(page)).to_contain_text("N1 已在本轮次")
    page.one("[data-plan-state=beside]").click()
    expect(page.one("[data-plan-line]:visible")).to_have_count(2)
    expect(page.one("[data-plan-line='3']")).to_contain_text("例外放行")


def test_an_inspector_counts_on_a_phone_and_another_site_is_applied_for(page: Look, job: Work):
    page.size(*PHONE)
    page.go("/planning", campaign=job.id, place=TOWN)
    page.one("[data-plan-choose='2']").click()
    expect(detail(page)).to_contain_text(HOSTILE)
    detail(page).get_by_role("button", name="登记查验").click()
    form = page.one(".plan-form")
    expect(form).to_be_visible()
    ticks = form.locator("input[type=checkbox]").all()
    assert ticks
    for tick in ticks:
        tick.check()
    form.get_by_label("采样台数").fill("3")
    expect(form.locator(".plan-count", has_text="采样医护").locator("b")).to_have_text("18")
    form.get_by_label("采样医护").fill("18")
    page.shot("planning-inspect-phone")
    assert page.wider_than_screen() == []
    form.get_by_role("button", name="登记查验").click()
    expect(detail(page).locator("li", has_text="采样医护")).to_contain_text("18 / 18")
    expect(detail(page).locator("li", has_text="民警")).to_contain_text("— / 1")
    page.one(".at-planning-list [data-plan-form=applied]").click()
    form.get_by_label("采样点名称").fill("江边点")
    form.get_by_label("采样台数").fill("2")
    form.get_by_role("button", name="申请设点").click()
    expect(detail(page)).to_contain_text("江边点")
    expect(detail(page)).to_contain_text("规划 4 号")


@pytest.mark.parametrize(
    ("lang", "theme", "size"), [("zh", "light", SCREENS[0]), ("en", "dark", PHONE)], ids=["desk", "phone"]
)
def test_the_list_fits_and_is_accessible(page: Look, job: Work, lang: str, theme: str, size: tuple[int, int]):
    page.size(*size)
    page.page.emulate_media(color_scheme=theme)
    page.go("/planning", campaign=job.id, lang=lang)
    expect(detail(page)).to_be_visible()
    page.shot(f"planning-{lang}-{theme}")
    assert page.wider_than_screen() == []
    detail(page).locator("[data-plan-form=inspected]").click()
    expect(page.one(".plan-form")).to_be_visible()
    page.shot(f"planning-form-{lang}-{theme}")
    found = AXE.run(page.page, options=VIOLATIONS)
    assert [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]] == []
