"""The town page at work: forty sites by mouse and by key, and nothing in hand is lost when it moves."""

from look import Look
from playwright.sync_api import expect
from town_page import current, decisions, go, group, in_group, made, moved_on, person, press, reports, row
from town_scene import Work, work

from domain.permissions import Role
from domain.reports import Status

__all__ = ["made"]


# -- deciding


def test_one_is_verified_and_taken_back(page: Look, made: Work):
    go(page, made)
    row(page, "W11").locator("[data-town-act=verify]").click()
    in_group(page, "W11", "verified")
    notice = page.one("#town-notice")
    assert "已核验 文塔公园" in notice.inner_text()
    notice.locator("[data-town-act=undo]").click()
    expect(notice).to_contain_text("已撤销：已核验 文塔公园")  # for some seconds
    in_group(page, "W11", "clean")
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
    page.let_through()
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
    page.let_through()
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
