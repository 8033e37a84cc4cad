"""The town page at work: forty sites by mouse, by key and by thumb, and nothing in hand is lost when it moves."""

import itertools
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, SCREENS, SPOKEN, VIOLATIONS, Look
from playwright.sync_api import Locator, expect
from scenery import PASSWORD, sign_in
from town_scene import DISTRICT, FORMULA, IMG, ODD, OTHER_TOWN, PERIOD, TOWN, Work, everything, work

from data import accounts
from data.models import Decision, Report
from domain.clock import system_clock
from domain.permissions import Role
from domain.reports import Status

Visitor = Callable[..., Look]
_numbers = itertools.count(1)


@pytest.fixture
def made(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own with something of every kind to do."""
    return everything(scene.database)


def go(look: Look, made: Work, place: str = TOWN, **query: str) -> Look:
    look.go("/town", campaign=made.id, place=place, **{"hour": made.hour, **query})
    return look


def row(look: Look, site: str) -> Locator:
    return look.one(f"tr.work[data-site={site}]")


def group(look: Look, site: str) -> str:
    return str(row(look, site).get_attribute("data-group"))


def in_group(look: Look, site: str, wanted: str) -> None:
    expect(row(look, site)).to_have_attribute("data-group", wanted)


def press(look: Look, key: str) -> None:
    look.page.keyboard.press(key)


def current(look: Look) -> str:
    """The site of the row that has the focus."""
    return str(look.page.evaluate("document.activeElement?.closest('tr.work')?.dataset.site ?? ''"))


def moved_on(look: Look, change: Callable[[], object]) -> None:
    """Change something on record and wait until the list on the screen shows it."""
    before = look.one(".town").get_attribute("data-revision")
    change()
    expect(look.one(".town")).not_to_have_attribute("data-revision", str(before))


def decisions(made: Work, key: str) -> list[tuple[str, str, str, int | None]]:
    with made.database.read() as session:
        query = (
            sa.select(Decision.status, Decision.reason, Decision.note, Decision.undoes)
            .join(Report, Report.id == Decision.report_id)
            .where(Report.campaign_id == made.id, Report.key == key)
            .order_by(Decision.id)
        )
        return [tuple(found) for found in session.execute(query)]


def reports(made: Work, site: str) -> list[Report]:
    with made.database.read() as session:
        query = sa.select(Report).where(Report.campaign_id == made.id, Report.key.contains(site)).order_by(Report.id)
        return list(session.scalars(query))


def person(made: Work, role: Role, place: str, name: str) -> str:
    """An account in the campaign; answers its login."""
    login = f"work-{role}-{next(_numbers)}"
    with made.database.write() as session:
        accounts.create(
            session, login=login, role=role, place=place, campaign_id=made.id, now=system_clock(), actor="test",
            password=PASSWORD, name=name,
        )  # fmt: skip
    return login


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


# -- deciding


def test_one_is_verified_and_taken_back(page: Look, made: Work):
    go(page, made)
    row(page, "W11").locator("[data-town-act=verify]").click()
    in_group(page, "W11", "verified")
    notice = page.one("#town-notice")
    assert "已核验 文塔公园" in notice.inner_text()
    notice.locator("[data-town-act=undo]").click()
    in_group(page, "W11", "clean")
    expect(notice).to_contain_text("已撤销：已核验 文塔公园")
    assert [found[0] for found in decisions(made, "W11/1")] == ["verified", "submitted"]


def test_all_clean_ones_are_verified_together_and_nothing_else(page: Look, made: Work):
    go(page, made)
    bulk = page.one("[data-town-act=verify-clean]")
    expect(bulk).to_have_text("核验 9 条无异常")
    bulk.click()
    for site in ("W8", "W11", "W15", "W18"):
        in_group(page, site, "verified")
    for site in ("W2", "W3", "W4", "W5", "W6", "W7"):
        in_group(page, site, "attention")
    expect(bulk).to_be_disabled()
    assert page.number("town-submitted") == 6
    press(page, "u")
    in_group(page, "W11", "clean")
    assert page.number("town-submitted") == 15


def test_what_turned_doubtful_meanwhile_is_not_verified_with_the_others(page: Look, made: Work, scene):
    go(page, made)
    page.page.route("**/live/**", lambda route: route.abort())
    page.allow("ERR_FAILED|Failed to fetch")
    made.send(made.row("W11", 700, key="W11/other"), minutes=16, refused=1)
    page.one("[data-town-act=verify-clean]").click()
    expect(page.one("#town-notice")).to_contain_text("文塔公园")
    page.page.unroute("**/live/**")
    in_group(page, "W11", "attention")
    in_group(page, "W12", "verified")
    page.one("#town-notice [data-town-act=undo]").click()
    in_group(page, "W12", "clean")


def test_a_report_goes_back_with_the_reason_its_flag_suggests(page: Look, made: Work):
    person(made, Role.SITE, "W5", "麦伟")
    go(page, made)
    row(page, "W5").locator("[data-town-act=return]").click()
    form = page.one("tr.form-return")
    assert form.locator("input:checked").get_attribute("value") == "third_copies_differ"
    expect(form.locator("[type=submit]")).to_have_text("退回给 麦伟")
    form.locator("[name=note]").fill("请数第三联")
    press(page, "Enter")
    in_group(page, "W5", "returned")
    expect(form).to_have_count(0)
    assert decisions(made, "W5/1") == [("returned", "third_copies_differ", "请数第三联", None)]
    assert "请数第三联" in row(page, "W5").inner_text()


def test_returning_a_clean_report_needs_a_reason_and_other_reasons_a_note(page: Look, made: Work):
    go(page, made)
    row(page, "W12").locator("[data-town-act=return]").click()
    form = page.one("tr.form-return")
    submit = form.locator("[type=submit]")
    expect(submit).to_be_disabled()
    form.get_by_label("其他原因").check()
    submit.click()
    expect(form.locator(".trouble")).to_have_text("请写明原因")
    assert decisions(made, "W12/1") == []
    form.locator("[name=note]").fill("名称写错")
    submit.click()
    in_group(page, "W12", "returned")
    assert decisions(made, "W12/1") == [("returned", "other", "名称写错", None)]


def test_escape_closes_the_form_keeps_the_words_and_gives_the_row_back(page: Look, made: Work):
    go(page, made)
    row(page, "W5").locator("[data-town-act=return]").click()
    page.one("tr.form-return [name=note]").fill("还没想好")
    press(page, "Escape")
    expect(page.one("tr.form-return")).to_have_count(0)
    assert current(page) == "W5"
    press(page, "r")
    assert page.one("tr.form-return [name=note]").input_value() == "还没想好"


def test_what_somebody_else_decided_is_said_not_overwritten(page: Look, made: Work):
    go(page, made)
    page.page.route("**/live/**", lambda route: route.abort())
    page.allow("ERR_FAILED|Failed to fetch")
    made.send(made.row("W12", 540, key="W12/c", correction_of="W12/1", note="少算七人"), minutes=17)
    row(page, "W12").locator("[data-town-act=verify]").click()
    expect(page.one("#town-notice")).to_contain_text("已被新版本取代")
    page.page.unroute("**/live/**")
    expect(row(page, "W12")).to_have_attribute("data-report", "W12/c")
    assert group(page, "W12") == "clean"


def test_a_decision_that_does_not_arrive_is_said_and_the_row_stays(page: Look, made: Work):
    go(page, made)
    page.page.route("**/reports/verify", lambda route: route.abort())
    page.allow("ERR_FAILED")
    row(page, "W12").locator("[data-town-act=verify]").click()
    expect(page.one("#town-notice")).to_contain_text("没有送达")
    in_group(page, "W12", "clean")
    expect(row(page, "W12").locator("[data-town-act=verify]")).to_be_visible()


def test_the_second_click_of_a_double_click_verifies_nothing_else(page: Look, made: Work):
    go(page, made)
    row(page, "W11").locator("[data-town-act=verify]").dblclick()
    in_group(page, "W11", "verified")
    assert group(page, "W12") == "clean"


# -- for a site that telephoned


def test_a_site_that_telephoned_is_entered_and_the_record_says_so(page: Look, made: Work):
    go(page, made)
    row(page, "W1").locator("[data-town-act=enter]").click()
    form = page.one("tr.form-enter")
    form.locator("[name=persons]").fill("612")
    form.locator("[name=tubes]").fill("４0")  # a wide digit of a Chinese keyboard
    expect(form.locator(".hint")).to_have_text("采样 612 人 ＞ 40 管 × 10 = 400，请再核对")
    form.locator("[type=submit]").click()
    expect(form.locator(".trouble")).to_contain_text("612 人装不进 40 管")
    form.locator("[name=tubes]").fill("62")
    form.locator("[name=third_copies]").fill("62")
    form.locator("[name=note]").fill("李医生来电")
    press(page, "Enter")
    in_group(page, "W1", "clean")
    (sent,) = [report for report in reports(made, "W1/") if report.channel]
    assert (sent.persons, sent.tubes, sent.channel, sent.note) == (612, 62, "phone", "李医生来电")
    assert sent.actor.startswith("district (district")
    assert "电话代录 · 测试district" in row(page, "W1").inner_text()
    assert page.number("town-missing") == 0


def test_a_zero_by_telephone_is_confirmed_and_no_number_is_refused(page: Look, made: Work):
    go(page, made)
    row(page, "W1").locator("[data-town-act=enter]").click()
    form = page.one("tr.form-enter")
    form.locator("[type=submit]").click()
    expect(form.locator(".trouble")).to_have_text("请填采样人数；没有采样请填 0")
    form.locator("[name=persons]").fill("12.5")
    form.locator("[type=submit]").click()
    expect(form.locator(".trouble")).to_have_text("请填 0 或正整数")
    form.locator("[name=persons]").fill("0")
    form.locator("[type=submit]").click()
    expect(form.locator(".trouble")).to_have_text("确认该时段采样 0 人")
    form.locator("[name=zero]").check()
    form.locator("[type=submit]").click()
    in_group(page, "W1", "attention")
    expect(row(page, "W1")).to_have_attribute("data-status", "submitted")


def test_a_returned_report_is_corrected_by_telephone(page: Look, made: Work):
    go(page, made)
    row(page, "W9").locator("[data-town-act=enter]").click()
    form = page.one("tr.form-enter")
    assert form.locator("[name=persons]").input_value() == "398"
    form.locator("[name=third_copies]").fill("40")
    form.locator("[type=submit]").click()
    in_group(page, "W9", "clean")
    corrected = [report for report in reports(made, "W9") if report.correction_of]
    assert [(r.correction_of, r.third_copies, r.channel, r.note) for r in corrected] == [
        ("W9/1", 40, "phone", "采样点来电更正")
    ]


# -- by key


def test_forty_sites_are_handled_by_keys_without_leaving_the_page(page: Look, scene):
    made = work(scene.database, [f"采样点 {n} 号" for n in range(1, 41)])
    made.send(*(made.row(site, 300 + n) for n, site in enumerate(made.sites)))
    go(page, made)
    visits = len([url for url in page.requests if "/town?" in url])
    top = page.page.evaluate("document.querySelector('.town-scroll').scrollTop")
    press(page, "ArrowDown")
    assert current(page) == "W1"
    for n in range(40):
        assert current(page) != ""
        press(page, "r" if n == 3 else "v")
        if n == 3:
            press(page, "ArrowRight")
            press(page, "Enter")
            expect(page.one("tr.form-return")).to_have_count(0)
    expect(page.one("tr.work.verified")).to_have_count(39)
    in_group(page, page.one("tr.work.returned").get_attribute("data-site") or "", "returned")
    assert len([url for url in page.requests if "/town?" in url]) == visits
    assert page.number("town-submitted") == 0
    assert top == 0
    press(page, "u")
    expect(page.one("tr.work.verified")).to_have_count(38)


def test_keys_move_verify_return_undo_and_search(page: Look, made: Work):
    go(page, made)
    for _ in range(3):
        press(page, "ArrowDown")
    press(page, "ArrowUp")
    order = [str(one.get_attribute("data-site")) for one in page.one("tr.work").all()]
    assert current(page) == order[1]
    press(page, "r")
    expect(page.one("tr.form-return")).to_have_count(1)
    press(page, "Escape")
    press(page, "/")
    page.page.keyboard.type("北江")
    assert [one.get_attribute("data-site") for one in page.one("tr.work:visible").all()] == ["W12"]
    page.page.keyboard.type("v没有")
    expect(page.one("[data-none]")).to_have_text("没有符合的采样点")
    press(page, "Escape")
    assert page.one("tr.work:visible").count() > 10
    row(page, "W12").focus()
    press(page, "v")
    in_group(page, "W12", "verified")
    press(page, "u")
    in_group(page, "W12", "clean")
    row(page, "W1").focus()
    press(page, "v")
    expect(page.one("#town-notice")).to_contain_text("没有可核验的上报")
    assert decisions(made, "W12/1")[-1][3] is not None


def test_typing_a_note_verifies_nothing(page: Look, made: Work):
    go(page, made)
    row(page, "W5").locator("[data-town-act=return]").click()
    page.one("tr.form-return [name=note]").press_sequentially("vru/")
    assert page.one("tr.form-return [name=note]").input_value() == "vru/"
    assert page.one("tr.form-row").count() == 1
    assert all(decisions(made, f"{site}/1") == [] for site in ("W5", "W11"))


# -- what is in hand survives


def test_an_open_form_survives_a_new_picture_with_its_words_and_its_cursor(page: Look, made: Work):
    go(page, made)
    row(page, "W5").locator("[data-town-act=return]").click()
    note = page.one("tr.form-return [name=note]")
    note.press_sequentially("请重数第三联")
    press(page, "ArrowLeft")
    press(page, "ArrowLeft")
    press(page, "ArrowLeft")
    moved_on(page, lambda: made.decide(Status.VERIFIED, "W11/1", minutes=16))
    moved_on(page, lambda: made.send(made.row("W1", 300), minutes=20))  # a row above it goes elsewhere
    moved_on(page, lambda: made.decide(Status.RETURNED, "W4/1", minutes=21, reason="outlier"))
    in_group(page, "W1", "clean")
    page.page.keyboard.type("一遍")
    assert note.input_value() == "请重数一遍第三联"
    following = page.page.evaluate("document.querySelector('tr.form-row').previousElementSibling.dataset.site")
    assert following == "W5"


def test_a_form_says_when_its_report_has_changed_meanwhile(page: Look, made: Work):
    go(page, made)
    row(page, "W5").locator("[data-town-act=return]").click()
    made.send(made.row("W5", 420, key="W5/c", correction_of="W5/1", note="第三联补齐"), minutes=20)
    in_group(page, "W5", "clean")
    expect(page.one("tr.form-return .meanwhile")).to_have_text("上报刚刚有变化，请再看一遍上面的数字")
    press(page, "Escape")
    row(page, "W1").locator("[data-town-act=enter]").click()
    page.one("tr.form-enter [name=persons]").fill("300")
    made.send(made.row("W1", 333), minutes=25)
    expect(page.one("tr.form-enter .meanwhile")).to_contain_text("采样点已自己上报")
    page.one("tr.form-enter [type=submit]").click()
    expect(page.one("tr.form-enter .trouble")).to_contain_text("已有 W1/1")
    expect(page.one("tr.rivals[data-of=W1]")).to_have_count(1)
    assert page.one("tr.form-enter [name=persons]").input_value() == "300"


def test_the_focus_stays_on_its_site_when_rows_move(page: Look, made: Work):
    go(page, made)
    row(page, "W12").locator("[data-town-act=verify]").focus()
    moved_on(page, lambda: made.send(made.row("W1", 300), minutes=20))
    in_group(page, "W1", "clean")
    assert current(page) == "W12"
    assert page.page.evaluate("document.activeElement.dataset.townAct") == "verify"
    moved_on(page, lambda: made.decide(Status.VERIFIED, "W11/1", minutes=22))
    assert current(page) == "W12"


def test_the_list_stays_where_it_was_scrolled_to(page: Look, scene):
    made = work(scene.database, [f"采样点 {n} 号" for n in range(1, 46)])
    made.send(*(made.row(site, 300 + n) for n, site in enumerate(made.sites)))
    go(page, made)
    page.page.evaluate("document.querySelector('.town-scroll').scrollTop = 600")
    before = row(page, "W30").bounding_box()
    moved_on(page, lambda: made.send(made.row("W44", 500, key="c", correction_of="W44/1", note="x"), minutes=20))
    assert row(page, "W30").bounding_box() == before


def test_the_search_keeps_its_words(page: Look, made: Work):
    go(page, made)
    page.one("[data-town-search] input").fill("永业")
    moved_on(page, lambda: made.send(made.row("W1", 300), minutes=20))
    assert page.one("[data-town-search] input").input_value() == "永业"
    expect(row(page, "W1")).to_be_hidden()


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
