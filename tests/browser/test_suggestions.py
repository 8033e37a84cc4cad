"""Suggestions as people meet them: asked, read, copied, put on the planning list, and never applied by themselves."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from look import DRESSES, PHONE, VIOLATIONS, Look
from playwright.sync_api import expect

from data.models import PlannedSite

AXE = Axe()


def planned(scene: SimpleNamespace) -> int:
    with scene.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(PlannedSite)) or 0


def test_what_is_asked_is_answered_stays_in_the_address_and_goes_on_the_list_by_hand(
    page: Look, scene: SimpleNamespace
):
    before = planned(scene)
    page.go("/suggestions")
    base = page.one(".sg-base")
    expect(base.locator(".sg-picks .sg-row")).to_have_count(5)
    expect(base.locator(".sg-method")).to_have_text("已证明最优")
    base.locator('[data-k="3"]').click()
    slot = page.one(".sg-slot")
    expect(slot.locator(".sg-picks .sg-row")).to_have_count(3)
    slot.locator('[data-kind="team"]').click()
    expect(slot.locator(".sg-picks h2")).to_have_text("建议的流动采样队位置")
    expect(slot.locator('[data-kind="team"]')).to_be_focused()
    said = slot.locator(".sg-picks").inner_text()
    page.page.reload()
    page.drawn()
    expect(slot.locator(".sg-picks .sg-row")).to_have_count(3)
    assert slot.locator(".sg-picks").inner_text() == said
    assert planned(scene) == before
    # A live refresh wipes nothing of it.
    page.page.evaluate("() => window.dispatchEvent(new Event('recordchange'))")
    slot.locator("[data-put]").first.click()
    expect(slot.locator("[data-answer]")).to_have_text("已列入规划")
    expect(slot.locator(".sg-picks .sg-row").first).to_contain_text("号")
    assert planned(scene) == before + 1
    # A village has a name and a place that is not exact.
    slot.locator('[data-candidates="villages"]').click()
    expect(slot.locator(".sg-picks .sg-row").first).to_contain_text("村居坐标为约略位置")


@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_the_page_reads_well_on_a_desk_and_on_a_phone(page: Look, lang: str, theme: str):
    page.page.emulate_media(color_scheme=theme)
    page.go("/suggestions", lang=lang)
    expect(page.one(".sg-base .sg-picks .sg-row").first).to_be_visible()
    for wide, high in ((1440, 900), PHONE):
        page.size(wide, high)
        page.shot(f"suggestions-{lang}-{theme}-{wide}")
        assert page.wider_than_screen() == [], wide
        assert page.cut_off() == [], wide
        found = AXE.run(page.page, context=".at-suggestions", options=VIOLATIONS).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found] == []
