"""The town page: what stands on it, for whom, on which screen."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, SCREENS, SPOKEN, VIOLATIONS, Look
from playwright.sync_api import expect
from scenery import sign_in
from town_page import Visitor, decisions, go, in_group, made, moved_on, person, press, reports, row
from town_scene import DISTRICT, FORMULA, IMG, ODD, OTHER_TOWN, PERIOD, TOWN, Work

from domain.clock import system_clock
from domain.permissions import Role
from domain.reports import Status

__all__ = ["made"]


# -- what is there


def test_sites_stand_in_groups_with_their_doubts_in_words_and_numbers(page: Look, made: Work):
    go(page, made)
    heads = page.all("tr.group th b")
    assert heads == ["需要处理", "已退回，等待重报", "无异常，待核", "已核"]
    said = {site: " ".join(row(page, site).locator(".said").inner_text().split()) for site in made.sites[:10]}
    assert re.fullmatch(r"未报 \d+时未上报，截止 \d\d:10，已过 \d+ 分钟", said["W1"])
    assert said["W3"] == "严重 累计 382 ＜ 此前 420，少 38"
    assert said["W4"] == "关注 采样 612 人 ＞ 59 管 × 10 = 590"
    assert said["W5"] == "关注 第三联 30 ≠ 管数 42，差 −12"
    assert "开放中，报 0 人" in said["W6"]
    assert said["W7"].startswith("关注 核验后又更正，须重核 人数 +33")
    assert said["W8"].startswith("迟报 12分（截止")
    assert said["W9"].startswith("第三联与管数不符")
    assert "请核对第三联" in said["W9"]
    assert row(page, "W5").locator(".n-third_copies").get_attribute("class").split()[-2:] == ["warn", "b"]
    assert row(page, "W5").locator(".n-tubes").get_attribute("class").split() == ["r", "n-tubes"]
    assert row(page, "W3").locator(".n-persons.crit").inner_text() == "−38"


def test_the_strip_adds_up_and_shows_the_verified_share(page: Look, made: Work):
    go(page, made)
    waiting, done = page.number("town-submitted"), page.number("town-verified")
    assert (page.number("town-reported"), page.text(".tile:first-child small")) == (23, "/ 24")
    assert (page.number("town-missing"), page.number("town-returned")) == (1, 2)
    assert waiting + done + page.number("town-returned") + page.number("town-missing") == 24
    assert page.number("town-hour") < page.number("town-day")
    moved_on(page, lambda: made.decide(Status.VERIFIED, "W11/1", minutes=15))
    assert page.number("town-verified") == done + 1


def test_verified_sites_are_folded_away_until_asked_for(page: Look, made: Work):
    go(page, made)
    expect(row(page, "W20")).to_be_hidden()
    page.one("[data-town-act=unfold]").click()
    expect(row(page, "W20")).to_be_visible()
    made.send(made.row("W1", 300), minutes=30)
    in_group(page, "W1", "clean")
    expect(row(page, "W20")).to_be_visible()  # a new picture folds nothing
    page.one("[data-town-act=unfold]").click()
    expect(row(page, "W20")).to_be_hidden()


def test_a_change_after_verification_shows_old_against_new(page: Look, made: Work):
    go(page, made)
    assert row(page, "W7").locator(".n-persons del").inner_text() == "388"
    assert row(page, "W7").locator(".n-persons ins").inner_text() == "421"
    assert "原因：复点后补 33 人" in row(page, "W7").inner_text()
    assert row(page, "W7").locator(".n-total del").count() == 0


def test_contradicting_reports_stand_side_by_side_and_one_is_chosen(page: Look, made: Work):
    go(page, made)
    rival = page.one("tr.rivals[data-of=W2]")
    lines = [" ".join(line.split()) for line in rival.locator("tbody tr").all_inner_texts()]
    assert lines[0].startswith("在案")
    assert lines[0].endswith("400 40 40")
    assert lines[1].endswith("436 44 44")
    assert lines[2] == "差 +36 +4 +4"
    rival.locator("[data-town-act=adopt]").click()
    form = page.one("tr.form-adopt")
    assert form.locator("[name=persons]").input_value() == "436"
    form.locator("[type=submit]").click()
    in_group(page, "W2", "clean")
    expect(rival).to_have_count(0)
    kept, chosen = reports(made, "W2/1")[0], next(r for r in reports(made, "W2") if r.correction_of)
    assert (kept.persons, chosen.persons, chosen.correction_of, chosen.channel) == (400, 436, "W2/1", None)


def test_the_district_sees_its_towns_and_goes_down_to_the_same_hour(page: Look, made: Work):
    go(page, made, DISTRICT)
    assert page.all(".town-places tbody th") == ["西南街道", "乐平镇"]
    assert page.all(".town-places tbody tr:first-child td")[:5] == ["23/24", "7", "2", "9", "6"]
    page.one(".town-places th a").first.click()
    page.reads("/town", place=TOWN, hour=made.hour)
    assert row(page, "W1").count() == 1


# -- the hour


def test_the_hour_is_the_last_one_due_and_another_is_in_the_address(page: Look, made: Work):
    go(page, made, hour="")
    due = made.campaign.last_due(system_clock())
    chosen = page.one(".hours [aria-current] a")
    wanted = made.campaign.local(made.campaign.start_of(due)).isoformat(timespec="minutes")
    assert wanted.replace(":", "%3A").replace("+", "%2B") in str(chosen.get_attribute("href"))
    earlier = page.one(".hours li").nth(PERIOD).locator("a")
    assert earlier.inner_text().split()[-1] == "23/24"
    earlier.click()
    page.reads("/town", place=TOWN, hour=made.hour)
    in_group(page, "W1", "attention")
    assert page.one(".hours .to-come").count() == 1
    page.one(".nav .to-overview a").click()
    page.reads("/", place=TOWN, hour="")  # choosing whose reports to list is not looking back


# -- who may


def test_a_towns_data_manager_works_in_his_own_town_only(visitor: Visitor, made: Work, scene):
    login = person(made, Role.TOWN, TOWN, "黄秋月")
    look = visitor(who="")
    sign_in(look.page.context, scene.address, login)
    go(look, made, "")
    assert "西南街道" in look.text(".crumbs")
    row(look, "W11").locator("[data-town-act=verify]").click()
    in_group(look, "W11", "verified")
    go(look, made, OTHER_TOWN)
    assert "西南街道" in look.text(".crumbs")


def test_who_only_reads_is_offered_nothing_and_keys_do_nothing(visitor: Visitor, made: Work, scene):
    login = person(made, Role.LEADER, DISTRICT, "何敏仪")
    look = visitor(who="")
    sign_in(look.page.context, scene.address, login)
    go(look, made)
    assert look.one(".acts button:visible").count() == 0
    expect(look.one("[data-town-act=verify-clean]")).to_be_hidden()
    row(look, "W11").focus()
    for key in ("v", "r", "u"):
        press(look, key)
    assert look.one("tr.form-row").count() == 0
    assert decisions(made, "W11/1") == []


# -- names that would be something else


def test_names_and_notes_are_text_whatever_they_look_like(page: Look, made: Work):
    login = person(made, Role.SITE, "W13", IMG)
    assert login
    go(page, made)
    assert row(page, "W13").locator("th").inner_text().startswith("<img src=x")
    assert row(page, "W14").locator("th").inner_text() == FORMULA
    assert IMG in row(page, "W11").inner_text()
    row(page, "W13").locator("[data-town-act=return]").click()
    assert IMG in page.one("tr.form-return [type=submit]").inner_text()
    page.one("tr.form-return .tap").first.click()
    page.one("tr.form-return [name=note]").fill(IMG)
    page.one("tr.form-return [type=submit]").click()
    in_group(page, "W13", "returned")
    expect(page.one("#town-notice")).to_contain_text("<img src=x")
    row(page, "W14").locator("[data-town-act=verify]").click()
    in_group(page, "W14", "verified")
    assert page.one(".town img, #town-notice img").count() == 0


# -- on a phone


def test_a_phone_handles_the_list_with_thumbs(visitor: Visitor, made: Work):
    person(made, Role.SITE, "W5", "麦伟")
    look = visitor(viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True)
    go(look, made)
    assert look.wider_than_screen() == []
    assert look.cut_off() == []
    small = look.page.evaluate(
        """() => [...document.querySelectorAll(".main button, .main a, .main input")]
          .filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.getBoundingClientRect().width)
          .filter((node) => getComputedStyle(node).pointerEvents !== "none")
          // The whole tile is what one presses to ask for its figure.
          .map((node) => (node.matches(".fig") ? node.closest(".tile") : node))
          .filter((node) => node.getBoundingClientRect().height < 43.5)
          .map((node) => `${node.className} ${node.textContent} ${node.getBoundingClientRect().height}`)"""
    )
    assert small == []
    row(look, "W5").locator("[data-town-act=return]").tap()
    form = look.one("tr.form-return")
    expect(form.locator("[type=submit]")).to_have_text("退回给 麦伟")
    background = look.page.evaluate(
        """() => [".town-bulk .btn", ".form-row [type=submit]"]
          .map((found) => getComputedStyle(document.querySelector(found)).backgroundColor)"""
    )
    assert background[0] != background[1]  # while a form is open its button is the one in ink
    look.shot("town-phone-return")
    form.locator("[type=submit]").tap()
    in_group(look, "W5", "returned")
    look.one("#town-notice [data-town-act=undo]").tap()
    in_group(look, "W5", "attention")
    row(look, "W1").locator("[data-town-act=enter]").tap()
    look.one("tr.form-enter [name=persons]").fill("120")
    look.one("tr.form-enter [name=tubes]").fill("12")
    look.one("tr.form-enter [type=submit]").tap()
    in_group(look, "W1", "clean")
    look.one("[data-town-act=verify-clean]").tap()
    in_group(look, "W1", "verified")


@pytest.mark.parametrize("lang", SPOKEN)
def test_nothing_is_cut_off_on_any_screen(page: Look, made: Work, lang: str):
    for place in (TOWN, DISTRICT):
        go(page, made, place, lang=lang)
        for size in (*SCREENS, (1024, 768), (820, 1180)):
            page.size(*size)
            assert page.cut_off() == [], (place, size)
            assert page.wider_than_screen() == [], (place, size)


# -- for everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_its_forms_and_its_notice_are_accessible(page: Look, made: Work, theme):
    go(page, made, theme=theme)
    row(page, "W11").locator("[data-town-act=verify]").click()
    in_group(page, "W11", "verified")
    page.one("[data-town-act=unfold]").click()
    for site, act in (("W5", "return"), ("W1", "enter")):
        row(page, site).locator(f"[data-town-act={act}]").click()
        found = Axe().run(page.page, options=VIOLATIONS).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
        press(page, "Escape")
    go(page, made, DISTRICT, theme=theme)
    found = Axe().run(page.page, options=VIOLATIONS).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []


def test_names_of_the_odd_sites_are_all_there(page: Look, made: Work):
    go(page, made)
    shown = page.all("tr.work th")
    assert {name for name in ODD if name not in shown} == set()
