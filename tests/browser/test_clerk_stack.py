"""For others: a town enters for a site that telephoned and a stack of paper forms; the paper form itself."""

import re

from clerk_post import KEPT_OPEN, SITES, Post
from playwright.sync_api import expect

DESK = {"viewport": {"width": 1440, "height": 900}, "is_mobile": False, "has_touch": False}


def test_a_town_enters_for_a_site_that_telephoned_and_the_report_says_so(post: Post, phones):
    for k in (0, 1):
        post.report("P2", k, 300)
    phone = phones(post, "town").open()
    phone.says("3 个采样点")
    phone.page.get_by_role("link", name=re.compile("念德村灯光球场")).click()
    phone.fill(400, 42, 42)
    phone.press()
    phone.settled()
    newest = post.reports("P2")[-1]
    assert (newest.persons, newest.channel) == (400, "phone")
    assert newest.actor.startswith(post.login("town"))


def test_the_address_may_name_site_and_hour(post: Post, phones):
    phone = phones(post, "town").open(f"/clerk?campaign={post.id}&site=P3&hour=" + post.hour(1).replace("+", "%2B"))
    phone.says("五顶岗村流动采样帐篷")
    begin = int(post.hour(1)[11:13])
    expect(phone.page.locator(".hd .big")).to_contain_text(f"{begin}–")


def test_a_stack_of_paper_forms_is_entered_by_keyboard_alone(post: Post, phones):
    post.report("P2", 0, 300)
    phone = phones(post, "town", **DESK).open("/clerk#stack")
    expect(phone.page.locator("#stack-site")).to_be_focused()
    keys = phone.page.keyboard
    for site, rows in (("P2", ((410, 42, 42, 1), (420, 43, 43, 0))), ("P3", ((99, 10, 10, 0),))):
        keys.type(site)
        keys.press("Enter")
        expect(phone.page.locator("table.stack")).to_be_visible()
        expect(phone.page.locator("table.stack input").first).to_be_focused()
        for row in rows:
            for value in row:
                keys.type(str(value))
                keys.press("Enter")
        keys.press("Control+Enter")
        expect(phone.page.locator("#stack-site")).to_be_focused()
    phone.says("已存 2 张表，3 行")
    phone.settled()
    assert [(r.site, r.period, r.persons, r.special_cases, r.channel) for r in post.reports()[1:]] == [
        ("P2", 1, 410, 1, "paper"), ("P2", 2, 420, 0, "paper"), ("P3", 0, 99, 0, "paper"),
    ]  # fmt: skip


def test_what_a_form_lacks_is_unknown_and_what_is_impossible_is_named(post: Post, phones):
    phone = phones(post, "town", **DESK).open("/clerk#stack")
    phone.page.fill("#stack-site", "念德村灯光球场")
    phone.page.keyboard.press("Enter")
    inputs = phone.page.locator("table.stack input")
    inputs.nth(0).fill("500")
    inputs.nth(1).fill("3")
    phone.says("最多装 70 人，少于 500 人")
    expect(phone.button).to_have_text("改正 1 处后提交")
    inputs.nth(1).fill("")
    expect(phone.button).to_have_text("存这张表，1 行")
    phone.press()
    phone.settled()
    assert [(r.persons, r.tubes, r.third_copies) for r in post.reports("P2")] == [(500, None, None)]


def test_a_stack_is_kept_offline_too(post: Post, phones):
    phone = phones(post, "town", **DESK).open("/clerk#stack").kept()
    phone.page.fill("#stack-site", "P2")
    phone.page.keyboard.press("Enter")
    phone.page.locator("table.stack input").first.fill("77")
    phone.offline()
    phone.press()
    phone.says("1 条待传")
    phone.offline(False)
    phone.settled()
    assert [r.persons for r in post.reports("P2")] == [77]


def test_the_paper_form_has_a_page_a_site_with_its_hours_and_prints_on_a4(post: Post, phones):
    phone = phones(post, "town", **DESK)
    phone.page.goto(f"{phone.address}/clerk/paper?campaign={post.id}")
    days = {post.hour(period)[:10] for period in range(KEPT_OPEN)}  # a night shift has a page a day
    expect(phone.page.locator(".sheet")).to_have_count(len(SITES) * len(days))
    phone.says("采样点签字")
    assert phone.page.locator(".sheet tbody tr").count() == len(SITES) * KEPT_OPEN
    pages = phone.page.pdf(format="A4").count(b"/Type /Page\n") or len(
        re.findall(rb"/Type\s*/Page[^s]", phone.page.pdf(format="A4"))
    )
    assert pages == phone.page.locator(".sheet").count()


def test_without_anybody_known_an_empty_paper_form_is_printed(post: Post, phones):
    phone = phones(post, None)
    phone.look.allow("401")
    phone.page.goto(f"{phone.address}/clerk/paper")
    expect(phone.page.locator(".sheet")).to_have_count(1)
    phone.says("采样点小时登记表")


def test_the_paper_form_opens_without_a_network(post: Post, phones):
    phone = phones(post, "p1").open().kept()
    phone.page.goto(f"{phone.address}/clerk/paper?campaign={post.id}&site=P1")
    phone.says("洲边村物流园")
    phone.offline()
    phone.page.reload()
    phone.says("洲边村物流园")
