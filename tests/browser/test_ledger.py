"""The three-way ledger as people meet it: a pair confirmed, a box closed with its correction and opened again."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from look import PHONE, Look
from playwright.sync_api import Locator, expect
from scenery import OTHER_TOWN, TOWN, _create, _day, _import, _sites
from test_access import assert_no_violations

from data.ingest.files import What
from data.ingest.tubes import Writer, ingest_tubes
from domain.clock import system_clock

ROUND = "ledger"
"""A campaign of its own: what is closed in it is on nobody else's page."""

LABS = f"lab,name,name_en,towns\nLAB-1,一号机构,Lab One,{TOWN}\nLAB-2,二号机构,Lab Two,{OTHER_TOWN}\n"


@pytest.fixture(scope="module", autouse=True)
def made(scene: SimpleNamespace) -> None:
    """Three boxes of L2, two hours under way: of the first a tube was misread, of the others some are missing."""
    _create(scene.database, _day(ROUND, "对账演练", "Ledger drill", began=6))
    _sites(scene.database, ROUND)
    _import(scene.database, ROUND, What.LABS, LABS)
    now = system_clock()
    rows = []

    def tell(barcode: str, kind: str, minutes: int, **more: object) -> None:
        rows.append(
            {"event_id": f"{barcode}/{kind}/{minutes}", "barcode": barcode, "type": kind,
             "at": (now - timedelta(minutes=minutes)).isoformat(), **more}
        )  # fmt: skip

    for box in range(3):
        for n in range(8):
            code = f"4406{box:02}99{n:04}"
            where = {"site": "L2", "box": f"{box + 1:02}", "manifest": f"M{box + 1}", "lane": "1", "persons": 10}
            tell(code, "sampled", 180, **where)
            tell(code, "third_copy", 179, site="L2")
            tell(code, "collected", 120, **where)
            if n < 7 - box:
                tell(code, "received", 60, lab="LAB-1", box=f"{box + 1:02}")
    # 0007 was read as 0001 with an 8 for a 0 before it.
    tell("440600998007", "received", 60, lab="LAB-1", box="01")
    done = ingest_tubes(scene.database, ROUND, enumerate(rows), Writer("operator"), system_clock)
    assert not done.rejected, done.rejected


@pytest.fixture
def page(visitor) -> Look:
    return visitor()


def row(page: Look, kind: str, box: str) -> Locator:
    return page.one(f".lg-row[data-kind='{kind}'][data-search^='{box} ']")


def slot(page: Look, of: Locator) -> Locator:
    return of.locator("xpath=following-sibling::tr[1]")


def test_a_pair_is_confirmed_by_one_click_and_parted_again(page: Look):
    page.go("/ledger", campaign=ROUND)
    expect(page.one(".eq-check .v")).to_have_text("0")
    pair = row(page, "misread", "01")
    expect(pair.locator(".c-barcode")).to_contain_text("4406 0099 8007")
    expect(pair.locator("select")).to_have_value("label_smeared")
    pair.get_by_role("button", name="确认配对").click()
    expect(pair).to_have_count(0)
    page.one("[data-show-kind='settled']").click()
    settled = page.one(".lg-done[data-kind='misread']")
    expect(settled).to_contain_text("标签污损")
    settled.get_by_role("button", name="重开").click()
    slot(page, settled).locator("textarea").fill("两支都找到了")
    page.page.keyboard.press("Enter")
    page.one("[data-show-kind='all']").click()
    expect(pair).to_have_count(1)


def test_a_box_is_closed_with_cause_and_note_and_says_what_follows(page: Look):
    page.go("/ledger", campaign=ROUND)
    short = row(page, "missing", "02")
    expect(short.locator(".c-custody b")).to_contain_text("一号机构 实收 6")
    expect(short.get_by_role("button", name="结案")).to_be_disabled()
    short.locator("select").select_option("lost")
    expect(short.get_by_role("button", name="结案")).to_be_enabled()
    short.get_by_role("button", name="结案").click()
    form = slot(page, short)
    expect(form.locator(".lg-effect")).to_have_text("20 人 → 用管 −2，须补采")
    form.get_by_role("button", name="装箱多记").click()
    expect(form.locator(".lg-effect")).to_have_text("20 人 → 用管 −2，不补采")
    page.allow("status of 400")
    form.get_by_role("button", name="结案并更正").click()
    expect(form.get_by_role("alert")).to_contain_text("请先写明")
    form.locator("textarea").fill("多数两支")
    page.page.keyboard.press("Enter")
    expect(short).to_have_count(0)
    expect(page.one("[data-key='ledger-used']")).to_have_text("22")
    page.one("[data-show-kind='settled']").click()
    expect(page.one(".lg-done[data-kind='missing']")).to_contain_text("多数两支")


def test_filters_search_handover_and_reminders_show_what_they_say(page: Look):
    page.go("/ledger", campaign=ROUND)
    page.one("#ledger-search").fill("4406 0299 0006")
    expect(row(page, "missing", "03")).to_be_visible()
    expect(row(page, "misread", "01")).to_be_hidden()
    page.one("#ledger-search").fill("")
    page.one("[data-handover]").click()
    expect(page.one(".lg-handover")).to_contain_text("M3")
    expect(page.one(".lg-handover")).to_contain_text("未收点")
    page.one("[data-handover]").click()
    short = row(page, "missing", "03")
    short.get_by_role("button", name="转办").click()
    slot(page, short).get_by_role("button", name="实验室").click()
    slot(page, short).locator("[data-send-step]").click()
    expect(short.locator(".c-owner")).to_contain_text("一号机构")
    page.one("[data-remind-owners]").click()
    expect(
        page.one(
            ".lg-remind .msgbox",
        ).first
    ).to_contain_text("试管对账")
    assert_no_violations(page, "the ledger")


def test_who_may_not_close_sees_the_causes_and_no_buttons(visitor):
    page = visitor(who="auditor")
    page.go("/ledger", campaign=ROUND)
    expect(page.one(".lg-do").first).to_be_hidden()
    expect(page.one("[data-set-cause]").first).to_be_hidden()
    expect(page.one(".lg-word").first).to_be_visible()


@pytest.mark.parametrize(("lang", "theme", "size"), [("zh", "light", (1440, 900)), ("en", "dark", PHONE)])
def test_the_ledger_is_whole_in_every_dress(visitor, lang: str, theme: str, size: tuple[int, int]):
    page = visitor(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    for campaign in (ROUND, "demo"):
        page.go("/ledger", campaign=campaign, lang=lang)
        expect(page.one(".lg-row").first).to_be_visible()
        page.shot(f"ledger-{campaign}-{lang}-{theme}-{size[0]}", full=True)
        assert page.cut_off() == []
        assert page.wider_than_screen() == []
    assert_no_violations(page, "the ledger")
