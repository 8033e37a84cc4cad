"""One hour on the clerk's phone: entered, doubted, corrected, caught up with."""

import pytest
from clerk_post import Phone, Post
from playwright.sync_api import expect

from domain.reports import Status


def test_an_ordinary_hour_takes_one_tap_and_the_digits_with_a_key_between_fields(post: Post, phones):
    """574 persons, 60 tubes, 60 copies: 1 tap, 7 digits, 3 times Enter. On a phone's keyboard that is under 10 s."""
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    phone.field("persons").tap()
    pressed = 0
    for key in ("5", "7", "4", "Enter", "6", "0", "Enter", "6", "0", "Enter"):
        phone.page.keyboard.press(key)
        pressed += 1
    phone.settled()
    assert pressed == 10
    (last,) = [r for r in post.reports("P1") if r.period == 2]
    assert (last.persons, last.tubes, last.third_copies, last.note, last.channel) == (574, 60, 60, "", None)
    assert last.actor.startswith(post.login("p1"))


def test_the_hour_that_is_due_is_chosen_and_last_hours_figures_stand_beside_the_fields(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    begin, end = (int(post.hour(k)[11:13]) for k in (2, 3))
    expect(phone.page.locator(".hd .big")).to_have_text(f"{begin}–{end or 24}时")
    expect(phone.page.locator(".f").first).to_contain_text(f"{begin or 24}时 548")
    expect(phone.page.locator(".hist")).to_contain_text("501")


def test_the_error_states_the_arithmetic_and_the_smallest_valid_value(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    phone.fill(688, 58, 58)
    phone.says("58 管加 4 台各结转 1 管，最多装 620 人，少于 688 人。请核对，至少应为 65 管。")
    expect(phone.button).to_have_text("改正 1 处后提交")
    phone.press()
    expect(phone.field("tubes")).to_be_focused()
    phone.fill(tubes=64)
    phone.says("至少应为 65 管")
    phone.fill(tubes=65, copies=65)
    phone.says("65 管最多装 650 人，少于 688 人。接着装上一小时的管可以提交")
    expect(phone.button).to_have_text("提交")
    phone.press()
    phone.settled()
    assert post.reports("P1")[-1].tubes == 65


@pytest.mark.parametrize("typed", ["12a", "-3", "3.5", "十二"])
def test_what_is_no_number_is_never_sent(post: Post, phones, typed: str):
    phone = phones(post, "p2").open("/clerk#hour=" + post.hour(1).replace("+", "%2B"))
    phone.fill(typed, 5, 5)
    phone.says("请只填数字")
    phone.press()
    assert phone.entries() == []


def test_full_width_digits_and_thousands_marks_are_numbers(post: Post, phones):
    phone = phones(post, "p2").open("/clerk#hour=" + post.hour(1).replace("+", "%2B"))
    phone.fill("１,２34", "1 30", "130")
    phone.press()
    phone.settled()
    assert [(r.persons, r.tubes) for r in post.reports("P2")] == [(1234, 130)]


def test_zero_is_confirmed_before_it_goes(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    phone.fill(0, 0, 0)
    expect(phone.button).to_have_text("确认 0 人后提交")
    phone.press()
    assert phone.entries() == []
    phone.page.get_by_role("button", name="确认 0 人", exact=True).click()
    phone.press()
    phone.settled()
    assert post.reports("P1")[-1].persons == 0


def test_a_count_nobody_knows_is_left_out_and_is_not_zero(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    phone.fill(300)
    expect(phone.button).to_have_text("填完用管、第三联后提交")
    phone.page.get_by_role("button", name="不知道，留空").first.click()
    phone.page.get_by_role("button", name="不知道，留空").first.click()
    phone.says("留空＝未知，不是 0")
    phone.press()
    phone.settled()
    assert (post.reports("P1")[-1].tubes, post.reports("P1")[-1].third_copies) == (None, None)


def test_a_running_total_is_entered_and_the_hour_follows_from_it(post: Post, phones):
    post.report("P1", 0, 500)
    post.report("P1", 1, 540)
    phone = phones(post).open()
    phone.page.get_by_role("button", name="改填累计数").click()
    phone.fill(1640, 170, 164)
    phone.says("本小时 600 人")
    phone.says("比管数少 6 张")
    phone.fill(copies=170)
    phone.press()
    phone.settled()
    sent = post.reports("P1")[-1]
    assert (sent.persons, sent.persons_total, sent.tubes_total, sent.third_copies) == (None, 1640, 170, 66)
    # The next hour asks the same way.
    phone.open("/clerk#hour=" + post.hour(3).replace("+", "%2B"))
    phone.says("累计采样人数")


def test_a_total_that_falls_is_doubted_but_taken(post: Post, phones):
    post.report("P1", 0, 500)
    post.report("P1", 1, 540)
    phone = phones(post).open()
    phone.page.get_by_role("button", name="改填累计数").click()
    phone.fill(1000, 120, 120)
    phone.says("比之前的累计 1,040 少 40")
    phone.press()
    phone.settled()
    assert post.reports("P1")[-1].persons_total == 1000


def test_special_cases_queue_and_lanes_are_one_tap_away(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    expect(phone.field("queue_minutes")).to_be_hidden()
    phone.page.locator(".more summary").click()
    phone.fill(500, 52, 52)
    phone.field("special_cases").fill("3")
    phone.field("queue_minutes").fill("20")
    phone.field("lanes_open").fill("4")
    phone.press()
    phone.settled()
    assert post.reports("P1")[-1].special_cases == 3


def test_more_open_lanes_than_known_make_more_possible_as_on_the_server(post: Post, phones):
    post.report("P1", 0, 501)
    post.report("P1", 1, 548)
    phone = phones(post).open()
    phone.fill(700, 60, 60)
    phone.says("至少应为 66 管")
    phone.page.locator(".more summary").click()
    phone.field("lanes_open").fill("12")
    expect(phone.button).to_have_text("提交")
    phone.press()
    phone.settled()


# -- sent back, corrected


def returned(post: Post, phones, **more: object) -> tuple[Phone, str]:
    for k in (0, 1):
        post.report("P1", k, 300)
    key = post.report("P1", 2, 388, **{"third_copies": 29, **more})
    post.send_back(key)
    return phones(post).open(), key


def test_a_returned_report_comes_back_with_its_reason_and_only_what_is_questioned_open(post: Post, phones):
    phone, key = returned(post, phones)
    phone.says("已退回：第三联与管数不符")
    phone.says("何志文")
    phone.says("少 12 张，请数第三联再报。")
    expect(phone.page.locator(".fold")).to_contain_text("388")
    expect(phone.page.locator(".hint .warn")).to_have_text("上次报 29，被退回")
    expect(phone.button).to_have_text("选一个原因后重报")
    phone.fill(copies=39)
    phone.tile("数漏了")
    expect(phone.button).to_have_text("重报 1 处修改")
    phone.press()
    phone.settled()
    newest = post.reports("P1")[-1]
    assert (newest.third_copies, newest.persons, newest.correction_of, newest.note) == (39, 388, key, "数漏了")
    assert [r.third_copies for r in post.reports("P1") if r.period == 2] == [29, 39]


def test_the_other_figures_can_be_changed_too(post: Post, phones):
    phone, _ = returned(post, phones)
    phone.page.get_by_role("button", name="也要改").click()
    phone.fill(persons=380, copies=39)
    phone.tile("填错格")
    phone.page.get_by_label("补一句").fill("人数也写错了")
    expect(phone.button).to_have_text("重报 2 处修改")
    phone.press()
    phone.settled()
    assert (post.reports("P1")[-1].persons, post.reports("P1")[-1].note) == (380, "填错格：人数也写错了")


def test_a_figure_that_was_right_is_sent_again_with_a_cause(post: Post, phones):
    phone, key = returned(post, phones)
    phone.tile("确实如此")
    expect(phone.button).to_have_text("数字不变，重报")
    phone.press()
    phone.settled()
    assert (post.reports("P1")[-1].correction_of, post.reports("P1")[-1].third_copies) == (key, 29)


def test_a_report_is_corrected_on_the_clerks_own_wish_and_keeps_what_was_not_touched(post: Post, phones):
    for k in (0, 1):
        post.report("P1", k, 300)
    key = post.report("P1", 2, 388, special_cases=4, positives=1)
    post.decide(key, Status.VERIFIED)
    phone = phones(post).open()
    phone.says("已核")
    phone.press()
    phone.fill(persons=386)
    phone.tile("数漏了")
    phone.press()
    phone.settled()
    newest = post.reports("P1")[-1]
    assert (newest.persons, newest.special_cases, newest.correction_of) == (386, 4, key)
    phone.open("/clerk#hour=" + post.hour(2).replace("+", "%2B"))
    phone.page.locator(".fold-list summary").click()
    phone.says("第 1 版")


# -- missed hours


def test_missed_hours_are_caught_up_one_card_an_hour(post: Post, phones):
    post.report("P2", 0, 600)
    phone = phones(post, "p2").open()
    phone.says("缺 2 小时")
    inputs = phone.page.locator(".hour input")
    for n, value in enumerate((486, 51, 51, 523, 55)):
        inputs.nth(n).fill(str(value))
    expect(phone.button).to_have_text("填完第三联后提交")
    inputs.nth(5).fill("55")
    expect(phone.button).to_have_text("选一个原因后补报")
    phone.tile("断网")
    phone.says("+1,009")
    phone.says("1,609")
    expect(phone.button).to_have_text("补报 2 小时")
    phone.press()
    phone.settled()
    assert [(r.period, r.persons, r.tubes, r.hours, r.note) for r in post.reports("P2")[1:]] == [
        (1, 486, 51, 1, "断网"), (2, 523, 55, 1, "断网"),
    ]  # fmt: skip


def test_where_only_the_sum_is_known_one_record_covers_the_hours(post: Post, phones):
    post.report("P2", 0, 600)
    phone = phones(post, "p2").open()
    phone.tile("只知道合计")
    for n, value in enumerate((1009, 106, 106)):
        phone.page.locator(".hour input").nth(n).fill(str(value))
    phone.tile("太忙")
    phone.press()
    phone.settled()
    (one,) = post.reports("P2")[1:]
    assert (one.period, one.persons, one.hours) == (1, 1009, 2)


def test_every_hour_can_be_reached_and_nothing_typed_is_lost_on_the_way(post: Post, phones):
    phone = phones(post, "p2").open()
    phone.page.get_by_role("link", name="全部时段").click()
    expect(phone.page.locator(".rows li")).to_have_count(4)
    phone.page.locator(".rows li a").nth(2).click()
    phone.fill(320, 33)
    phone.turn_to(0).turn_to(1)
    expect(phone.field("persons")).to_have_value("320")
    expect(phone.field("tubes")).to_have_value("33")
