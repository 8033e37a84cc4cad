"""The clerk's phone without a network, with another phone beside it, signed out, and before a server that dies:
what was entered is there exactly once in the end."""

import os
from pathlib import Path

import pytest
import scenery
from clerk_post import PHONE, Phone, Post
from playwright.sync_api import Browser, expect

KILLS = 100 if os.environ.get("SOAK") else 3
"""How often the server is killed while phones send: `make soak` often, `make test` a few times."""


@pytest.fixture
def due(post: Post) -> Post:
    """One hour is owed at P1: the last."""
    for k in range(post.began - 1):
        post.report("P1", k, 500)
    return post


def last(post: Post) -> list[tuple[int | None, int | None]]:
    return [(r.persons, r.tubes) for r in post.reports("P1") if r.period == post.began - 1]


def test_saved_offline_the_tab_closed_and_opened_offline_again_it_is_sent_once(due: Post, phones):
    phone: Phone = phones(due).open().kept()
    phone.offline()
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("已离线保存，联网后自动上报")
    phone.says("1 条待传")
    expect(phone.button).to_have_text("已保存，修改")
    phone.page.close()
    phone.open()
    phone.says("1 条待传")
    expect(phone.field("persons")).to_have_value("618")
    assert last(due) == []
    phone.page.close()
    phone.offline(False)
    phone.open()
    phone.settled()
    assert last(due) == [(618, 65)]
    phone.open()
    phone.settled()
    assert last(due) == [(618, 65)]
    assert phone.waiting() == []


def test_it_goes_by_itself_when_the_network_is_back(due: Post, phones):
    phone: Phone = phones(due).open().kept()
    phone.offline()
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("1 条待传")
    phone.offline(False)
    phone.settled()
    assert last(due) == [(618, 65)]


def test_what_was_saved_survives_the_end_of_the_browser(due: Post, chromium: Browser, tmp_path: Path):
    """A profile on disk, as a phone has: the browser ends, another begins with the same profile."""

    def browser():
        return chromium.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"], **PHONE
        )

    context = browser()
    scenery.sign_in(context, due.scene.address, due.login("p1"))
    page = context.new_page()
    page.goto(f"{due.scene.address}/clerk")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    context.set_offline(True)
    for name, value in (("persons", "618"), ("tubes", "65"), ("copies", "65")):
        page.locator(f"input[name={name}]").first.fill(value)
    page.locator("#foot button").click()
    expect(page.locator("#strips")).to_contain_text("1 条待传")
    context.close()
    assert last(due) == []
    # The session ends with the browser; what waits does not.
    context = browser()
    page = context.new_page()
    page.goto(f"{due.scene.address}/clerk")
    expect(page.locator("#strips")).to_contain_text("1 条已存在本机，登录后自动上报")
    scenery.sign_in(context, due.scene.address, due.login("p1"))
    page.reload()
    expect(page.locator("#foot button")).to_have_text("更正")
    context.close()
    assert last(due) == [(618, 65)]


def test_an_entry_can_be_changed_until_it_is_sent(due: Post, phones):
    phone: Phone = phones(due).open().kept()
    phone.offline()
    phone.fill(618, 65, 65)
    phone.press()
    phone.press()
    phone.fill(620, 66, 66)
    expect(phone.button).to_have_text("保存修改")
    phone.press()
    phone.says("1 条待传")
    phone.offline(False)
    phone.settled()
    assert last(due) == [(620, 66)]


def test_an_entry_the_server_may_hold_is_never_changed_but_corrected(due: Post, phones):
    """The answer to the first sending is lost; the clerk changes the figure. Both arrive, in order, counted once."""
    phone: Phone = phones(due, service_workers="block").open()
    phone.look.allow("ERR_FAILED|Failed to load")
    swallowed, lossy = [], [True]

    def swallow(route):
        if not lossy:
            return route.continue_()
        route.fetch()
        swallowed.append(route.request.post_data_json)
        return route.abort()

    phone.page.route("**/reports", swallow)
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("1 条待传")
    phone.until(lambda all_: bool(all_[0]["attempted"]))
    phone.press()
    phone.fill(620, 66, 66)
    phone.press()
    phone.says("2 条待传")
    lossy.clear()
    phone.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    phone.settled()
    assert swallowed
    assert last(due) == [(618, 65), (620, 66)]
    versions = [r for r in due.reports("P1") if r.period == due.began - 1]
    assert versions[1].correction_of == versions[0].key


def test_an_answer_that_was_lost_makes_nothing_count_twice(due: Post, phones):
    phone: Phone = phones(due, service_workers="block").open()
    phone.look.allow("ERR_FAILED|Failed to load")
    lost, lossy = [], [True]

    def lose(route):
        if not lossy:
            return route.continue_()
        route.fetch()
        lost.append(route.request.post_data_json["reports"][0]["key"])
        return route.abort()

    phone.page.route("**/reports", lose)
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("1 条待传")
    for tries in range(1, 4):
        phone.page.evaluate("() => window.dispatchEvent(new Event('online'))")
        phone.until(lambda _, tries=tries: len(lost) >= tries)
    lossy.clear()
    phone.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    phone.settled()
    assert len(set(lost)) == 1
    assert last(due) == [(618, 65)]


def test_several_hours_wait_and_go_together(post: Post, phones):
    phone: Phone = phones(post, "p2").open().kept()
    phone.offline()
    for k in range(3):
        phone.turn_to(k)
        phone.page.reload()
        phone.fill(100 + k, 11, 11)
        phone.press()
        phone.says(f"{k + 1} 条待传")
    phone.offline(False)
    phone.settled()
    assert [(r.period, r.persons) for r in post.reports("P2")] == [(0, 100), (1, 101), (2, 102)]


def test_a_total_entered_offline_builds_on_what_waits(post: Post, phones):
    phone: Phone = phones(post, "p2").open().kept()
    phone.offline()
    phone.turn_to(0)
    phone.page.reload()
    phone.fill(300, 31, 31)
    phone.press()
    phone.turn_to(1)
    phone.page.reload()
    phone.page.get_by_role("button", name="改填累计数").click()
    phone.fill(700, 72, 72)
    phone.says("本小时 400 人")


# -- two phones


def test_two_phones_for_one_site_show_both_figures_and_a_person_keeps_the_others(due: Post, phones):
    mine, other = phones(due, "p1").open().kept(), phones(due, "p1b").open()
    mine.offline()
    mine.fill(618, 65, 65)
    mine.press()
    other.fill(600, 63, 63)
    other.press()
    other.settled()
    mine.offline(False)
    mine.says("有两份不同的数")
    row = mine.page.locator(".two tbody tr").first
    expect(row).to_contain_text("618")
    expect(row).to_contain_text("600")
    mine.says("罗芳")
    expect(mine.button).to_have_text("选一份")
    mine.tile("保留已上报的")
    mine.press()
    mine.settled()
    assert last(due) == [(600, 63)]
    assert mine.waiting() == []


def test_two_phones_for_one_site_and_a_person_corrects_with_a_cause(due: Post, phones):
    mine, other = phones(due, "p1").open().kept(), phones(due, "p1b").open()
    mine.offline()
    mine.fill(618, 65, 65)
    mine.press()
    other.fill(600, 63, 63)
    other.press()
    other.settled()
    mine.offline(False)
    mine.says("有两份不同的数")
    mine.tile("用这一份更正")
    expect(mine.button).to_have_text("选一个原因后重报")
    mine.tile("数漏了")
    mine.press()
    mine.settled()
    versions = [r for r in due.reports("P1") if r.period == due.began - 1]
    assert [(r.persons, r.note) for r in versions] == [(600, ""), (618, "数漏了")]
    assert versions[1].correction_of == versions[0].key


def test_two_phones_with_the_same_figures_agree_without_asking(due: Post, phones):
    mine, other = phones(due, "p1").open().kept(), phones(due, "p1b").open()
    mine.offline()
    for phone in (mine, other):
        phone.fill(618, 65, 65)
        phone.press()
    other.settled()
    mine.offline(False)
    mine.settled()
    assert last(due) == [(618, 65)]


def test_the_first_phone_learns_that_another_was_held_back(due: Post, phones):
    mine, other = phones(due, "p1").open().kept(), phones(due, "p1b").open()
    mine.offline()
    mine.fill(618, 65, 65)
    mine.press()
    other.fill(600, 63, 63)
    other.press()
    other.settled()
    mine.offline(False)
    mine.says("有两份不同的数")
    other.open()
    other.page.locator(".strip.task", has_text="有两份不同的数").click()
    other.says("被挡下的")
    other.says("麦伟")


def test_a_catch_up_over_hours_another_phone_has_reported_is_never_sent_over_them(post: Post, phones):
    mine = phones(post, "p2").open().kept()
    mine.offline()
    mine.tile("只知道合计")
    for n, value in enumerate((900, 95, 95)):
        mine.page.locator(".hour input").nth(n).fill(str(value))
    mine.tile("断网")
    mine.press()
    mine.says("1 条待传")
    post.report("P2", 0, 300)
    post.report("P2", 1, 310)
    mine.offline(False)
    mine.says("与已上报的时段重叠")
    assert mine.page.get_by_role("radio", name="用这一份更正").count() == 0
    assert [r.persons for r in post.reports("P2")] == [300, 310]


# -- signed out, somebody else


def test_signed_out_while_an_entry_waits_it_is_kept_asked_for_and_sent_after_signing_in(due: Post, phones):
    phone: Phone = phones(due).open().kept()
    phone.look.allow("401")
    phone.context.clear_cookies()
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("登录已过期，1 条已存在本机，登录后自动上报")
    assert last(due) == []
    link = phone.page.get_by_role("link", name="登录")
    assert "next=%2Fclerk" in str(link.get_attribute("href"))
    phone.sign_in("p1")
    phone.open()
    phone.settled()
    assert last(due) == [(618, 65)]


def test_another_account_on_the_same_phone_neither_sees_nor_sends_what_waits(due: Post, phones):
    phone: Phone = phones(due).open().kept()
    phone.look.allow("401")
    phone.offline()
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("1 条待传")
    phone.page.close()
    phone.context.clear_cookies()
    phone.sign_in("p1b")
    phone.offline(False)
    phone.open()
    expect(phone.field("persons")).to_have_value("")
    expect(phone.page.locator("body")).not_to_contain_text("待传，")
    expect(phone.page.locator("body")).not_to_contain_text("1 条待传")
    phone.page.goto(f"{phone.address}/clerk#waiting")
    phone.page.reload()
    phone.says("没有待传的")
    assert last(due) == []
    assert [entry["account"] for entry in phone.waiting()] == [due.login("p1")]
    phone.context.clear_cookies()
    phone.sign_in("p1")
    phone.open("/clerk#")
    phone.page.reload()
    phone.settled()
    sent = [r for r in due.reports("P1") if r.period == due.began - 1]
    assert [(r.persons, r.actor.split(" ")[0]) for r in sent] == [(618, due.login("p1"))]


def test_somebody_who_signs_in_while_it_is_being_sent_does_not_send_it(due: Post, phones):
    """Between the question who is here and the sending the session becomes another's: nothing goes in his name."""
    phone: Phone = phones(due, service_workers="block").open()
    phone.look.allow("40[01 3]|403")
    swapped = []

    def swap(route):
        if not swapped:
            swapped.append(True)
            phone.context.clear_cookies()
            phone.sign_in("p1b")
        headers = {k: v for k, v in route.request.headers.items() if k != "cookie"}
        cookies = "; ".join(f"{c['name']}={c['value']}" for c in phone.context.cookies())
        route.continue_(headers={**headers, "cookie": cookies})

    phone.page.route("**/reports", swap)
    phone.fill(618, 65, 65)
    phone.press()
    phone.until(lambda all_: bool(all_ and all_[0]["attempted"]))
    expect(phone.field("persons")).to_have_value("")
    assert swapped
    assert last(due) == []
    assert [entry["state"] for entry in phone.entries()] == ["waiting"]


def test_signing_out_leaves_nothing_to_look_at_but_keeps_what_waits(due: Post, phones):
    phone: Phone = phones(due, service_workers="block").open()
    phone.look.allow("401|ERR_|Failed")
    phone.page.route("**/reports", lambda route: route.abort())
    phone.fill(618, 65, 65)
    phone.press()
    phone.says("1 条待传")
    phone.page.get_by_role("button", name="退出").click()
    phone.page.wait_for_url("**/login**")
    phone.look.let_through()
    phone.page.goto(f"{phone.address}/clerk")
    phone.says("请登录")
    expect(phone.page.locator("body")).not_to_contain_text("洲边村物流园")
    phone.sign_in("p1")
    phone.open("/clerk?again")
    phone.settled()
    assert last(due) == [(618, 65)]


# -- a server that dies


def test_what_was_acknowledged_survives_a_kill_and_the_rest_is_sent_again_and_counts_once(scene, phones):
    """A phone enters hour after hour, and corrections when there are no more, while the server is killed before or in
    the middle of every sending."""
    post = Post(scene, began=13)
    phone: Phone = phones(post, "p1").open().kept()
    phone.look.allow(r"ERR_|Failed to load|50\d")
    for k in range(KILLS):
        correcting = k >= post.began
        phone.turn_to(k % post.began, "correct" if correcting else "hour")
        phone.fill(100 + k, 30, 30)
        if correcting:
            phone.tile("数漏了")
        if k % 2:
            scene.server.kill()
            phone.press()
            phone.says("1 条待传")
        else:
            phone.press()
            phone.until(lambda all_: all(entry["attempted"] for entry in all_))
            scene.server.kill()
        acknowledged = {entry["key"] for entry in phone.entries() if entry["state"] == "sent"}
        assert acknowledged <= {r.key for r in post.reports("P1")}
        scene.server.start()
        phone.page.evaluate("() => window.dispatchEvent(new Event('online'))")
        phone.settled()
        assert [r.persons for r in post.reports("P1")] == [100 + n for n in range(k + 1)]
