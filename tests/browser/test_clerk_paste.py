"""Messages as clerks write them, read on the phone: by table, then through the form."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clerk_post import Post
from playwright.sync_api import Browser, Page, expect

import config

SCRIPT = Path(config.HERE) / "assets" / "clerk" / "paste.js"

HOURS = [
    {"hour": f"2021-06-06T{k:02}:00:00+08:00", "ends_at": f"2021-06-06T{k + 1:02}:00:00+08:00", "begun": k <= 14,
     "owed": k == 13}
    for k in range(6, 22)
]  # fmt: skip
"""A site open from 6 to 22 at half past two in the afternoon: 13 to 14 is owed."""

NAMES = ["五顶岗村流动采样帐篷", "Wudinggang Tent", "440607001-S07", "西南街道"]

# text, [(period or None, this hour's figures, totals)], words not understood
H = tuple[str | None, dict[str, int], dict[str, int]]
TABLE: list[tuple[str, list[H], list[str]]] = [
    ("截至14时累计采样1234人，用管124支，第三联124张",
     [("13-14", {}, {"persons": 1234, "tubes": 124, "copies": 124})], []),
    ("五顶岗 2点报：本小时采三百一十八人，用管34，三联34，累计2966，特殊2人。试管只剩两箱",
     [("13-14", {"persons": 318, "tubes": 34, "copies": 34, "special_cases": 2}, {"persons": 2966})],
     ["试管只剩两箱"]),
    ("13-14时采样318人，用管34支，第三联34张", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("13：00—14：00 ３１８人 ３４管 ３４张", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("13点到14点，采集318人次，使用试管34支", [("13-14", {"persons": 318, "tubes": 34}, {})], []),
    ("14时：人数318 管34 联34", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("14点采样318人用管34支三联34", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("318人34管34张", [(None, {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("采样数：318；管数：34；三联数：34", [(None, {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("采样1,234人次，用管124", [(None, {"persons": 1234, "tubes": 124}, {})], []),
    ("采样1，234人", [(None, {"persons": 1234}, {})], []),
    ("下午两点 采样318人", [("13-14", {"persons": 318}, {})], []),
    ("下午2点整采样318人", [("13-14", {"persons": 318}, {})], []),
    ("2点 采样318人", [("13-14", {"persons": 318}, {})], []),
    ("上午9点 采样318人", [("8-9", {"persons": 318}, {})], []),
    ("中午12点采样120人", [("11-12", {"persons": 120}, {})], []),
    ("截止下午2点，我站累计采集核酸样本 1234 人份，共用管 124 管",
     [("13-14", {}, {"persons": 1234, "tubes": 124})], []),
    ("累计采样1.2万人，用管1200支", [(None, {}, {"persons": 12000, "tubes": 1200})], []),
    ("累计1万2千人", [(None, {}, {"persons": 12000})], []),
    ("累计采样一万二千三百人", [(None, {}, {"persons": 12300})], []),
    ("本小时采样三千二人", [(None, {"persons": 3200}, {})], []),
    ("采样一百零五人用管十一支", [(None, {"persons": 105, "tubes": 11}, {})], []),
    ("采样三一八人", [(None, {"persons": 318}, {})], []),
    ("采样二十人", [(None, {"persons": 20}, {})], []),
    ("本时段采样0人", [(None, {"persons": 0}, {})], []),
    ("本小时采样318人，累计2966人，用管34支",
     [(None, {"persons": 318, "tubes": 34}, {"persons": 2966})], []),
    ("累计采样2966人，本小时318人，用管34支", [(None, {"persons": 318, "tubes": 34}, {"persons": 2966})], []),
    ("14时采样318人，排队约15分钟，开4台",
     [("13-14", {"persons": 318, "queue_minutes": 15, "lanes_open": 4}, {})], []),
    ("采样318人，特殊情况登记3人", [(None, {"persons": 318, "special_cases": 3}, {})], []),
    ("13时318人34管；14时400人42管",
     [("12-13", {"persons": 318, "tubes": 34}, {}), ("13-14", {"persons": 400, "tubes": 42}, {})], []),
    ("13时采样318人，用管34支\n14时采样400人，用管42支",
     [("12-13", {"persons": 318, "tubes": 34}, {}), ("13-14", {"persons": 400, "tubes": 42}, {})], []),
    ("12-14时合计采样640人 用管66支", [("12-14", {}, {"persons": 640, "tubes": 66})], []),
    ("as of 14:00: total 1,234 sampled, 124 tubes, 124 third copies",
     [("13-14", {}, {"persons": 1234, "tubes": 124, "copies": 124})], []),
    ("13:00-14:00: sampled 318, tubes 34, third copies 34, queue 20 minutes",
     [("13-14", {"persons": 318, "tubes": 34, "copies": 34, "queue_minutes": 20}, {})], []),
    ("By 2 pm 318 people this hour, 34 tubes used", [("13-14", {"persons": 318, "tubes": 34}, {})], []),
    ("2:00 pm this hour 318 people 34 tubes", [("13-14", {"persons": 318, "tubes": 34}, {})], []),
    ("14h 318 persons, 34 tubes, 34 copies, 2 special cases",
     [("13-14", {"persons": 318, "tubes": 34, "copies": 34, "special_cases": 2}, {})], []),
    ("so far 2966 sampled", [(None, {}, {"persons": 2966})], []),
    # rows of a spreadsheet
    ("14时\t318\t34\t34\t2", [("13-14", {"persons": 318, "tubes": 34, "copies": 34, "special_cases": 2}, {})], []),
    ("五顶岗村流动采样帐篷\t14时\t318\t34\t34", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("时段\t采样人数\t用管数\t第三联\n13时\t300\t31\t31\n14时\t318\t34\t34",
     [("12-13", {"persons": 300, "tubes": 31, "copies": 31}, {}),
      ("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})],
     []),
    ("时段\t第三联\t用管数\t采样人数\n14时\t34\t35\t318",
     [("13-14", {"persons": 318, "tubes": 35, "copies": 34}, {})], []),
    ("时段\t累计人数\t用管数\t第三联\n14时\t1234\t124\t124",
     [("13-14", {}, {"persons": 1234, "tubes": 124, "copies": 124})], []),
    ("hour\tpersons\ttubes\tthird copies\n14:00\t318\t34\t34",
     [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("14:00 318 34 34", [("13-14", {"persons": 318, "tubes": 34, "copies": 34}, {})], []),
    ("14时\t1,318\t134\t\t2", [("13-14", {"persons": 1318, "tubes": 134, "copies": 2}, {})], []),
    # what must not become a figure
    ("约300人，网络断了10分钟", [], ["约300", "网络断了10"]),
    ("采样-5人", [], ["-5"]),
    ("采样12.5人", [], ["12.5"]),
    ("318/34/34", [], ["318/34/34"]),
    ("采样318人，采样320人", [(None, {"persons": 318}, {})], ["320"]),
    ("试管还有3箱，口罩5盒", [], ["试管还有3箱", "口罩5盒"]),
    ("王老师13800138000报14点200人20管20张",
     [("13-14", {"persons": 200, "tubes": 20, "copies": 20}, {})], ["王老师13800138000"]),
    ("完成率85%，采样318人", [(None, {"persons": 318}, {})], ["完成率85%"]),
    ("截至16时累计采样1234人", [(None, {}, {"persons": 1234})], ["16时"]),
    ("采样99999999999人", [], ["99999999999"]),
    ("<script>alert(1)</script> 318人", [(None, {"persons": 318}, {})], ["script>alert(1)</script"]),
    ("你好，收到，谢谢！", [], []),
    ("今天下雨，没有人来", [], ["下雨", "没有人来"]),
    ("", [], []),
    ("\n\n   \n", [], []),
    ("12345", [], ["12345"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader_of_messages(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    yield page
    page.close()


def read(page: Page, text: str) -> dict[str, Any]:
    return dict(page.evaluate("([t, h, n]) => clerk.paste.parse(t, { hours: h, names: n })", [text, HOURS, NAMES]))


@pytest.mark.parametrize(("text", "groups", "unknown"), TABLE, ids=[row[0][:24] or "empty" for row in TABLE])
def test_a_message_is_read(reader_of_messages: Page, text: str, groups: list[H], unknown: list[str]):
    said = read(reader_of_messages, text)
    found = [
        (f"{int(g['period']['hour'][11:13])}-{int(g['period']['ends_at'][11:13])}" if g["period"] else None,
         g["figures"], g["totals"])
        for g in said["groups"]
    ]  # fmt: skip
    assert found == groups
    assert [word["said"] for word in said["unknown"]] == unknown


def test_every_number_is_either_underlined_or_named_as_not_understood(reader_of_messages: Page):
    for text, _, _ in TABLE:
        marks = read(reader_of_messages, text)["marks"]
        covered = {at for mark in marks for at in range(mark["from"], mark["to"])}
        digits = {at for at, letter in enumerate(text) if letter.isdigit() and letter.isascii()}
        # A header's words and the site's own code are not figures.
        assert digits <= covered, (text, sorted(digits - covered))


def test_marks_follow_each_other_and_lie_inside_the_text(reader_of_messages: Page):
    for text, _, _ in TABLE:
        end = 0
        for mark in read(reader_of_messages, text)["marks"]:
            assert end <= mark["from"] < mark["to"] <= len(text)
            end = mark["to"]


@pytest.mark.parametrize(
    ("said", "number"),
    [("三百一十八", 318), ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("三千二", 3200),
     ("一万二", 12000),
     ("两百", 200), ("一万零三百", 10300), ("三一八", 318), ("零", 0), ("二〇二一", 2021), ("一百一", 110)],
)  # fmt: skip
def test_chinese_numerals(reader_of_messages: Page, said: str, number: int):
    assert reader_of_messages.evaluate("(t) => clerk.paste.chinese(t)", said) == number


# -- through the form


def label(post: Post, period: int) -> int:
    end = post.campaign.local(post.campaign.end_of(period))
    assert isinstance(end, datetime.datetime)
    return end.hour or 24


def test_a_message_fills_the_form_and_sends_nothing_by_itself(post: Post, phones):
    for k in (0, 1):
        post.report("P3", k, 1324)
    phone = phones(post, "p3").open("/clerk#paste")
    text = f"五顶岗 {label(post, 2)}点报：本小时采三百一十八人，用管34，三联34，累计2966，特殊2人。试管只剩两箱"
    phone.page.fill("textarea", text)
    phone.press()
    phone.says("看懂 6 项")
    phone.says("2,648＋318，一致")
    phone.says("中文数字已转换")
    phone.says("没看懂：试管只剩两箱")
    assert phone.page.locator("mark.known").all_inner_texts() == [
        f"{label(post, 2)}点", "三百一十八", "34", "34", "2966", "2",
    ]  # fmt: skip
    expect(phone.page.get_by_role("link", name="报成问题")).to_have_attribute(
        "href", f"/problems?campaign={post.id}&place=P3&lang=zh"
    )
    phone.press()
    expect(phone.field("persons")).to_have_value("318")
    expect(phone.field("special_cases")).to_have_value("2")
    assert phone.entries() == []
    phone.press()
    phone.settled()
    sent = post.reports("P3")[-1]
    assert (sent.persons, sent.tubes, sent.third_copies, sent.special_cases) == (318, 34, 34, 2)


def test_totals_fill_the_form_as_totals_and_a_failed_check_says_the_forms_sentence(post: Post, phones):
    for k in (0, 1):
        post.report("P3", k, 600)
    phone = phones(post, "p3").open("/clerk#paste")
    phone.page.fill("textarea", f"截至{label(post, 2)}时累计采样1900人，用管120支，第三联120张")
    phone.press()
    phone.says("120 管加 4 台各结转 1 管，最多装 1,240 人，少于 1,900 人。请核对，至少应为 186 管。")
    phone.press()
    phone.says("累计采样人数")
    expect(phone.button).to_have_text("改正 1 处后提交")
    phone.fill(tubes=191, copies=191)
    phone.press()
    phone.settled()
    assert (post.reports("P3")[-1].persons_total, post.reports("P3")[-1].third_copies) == (1900, 71)


def test_rows_of_a_sheet_fill_the_cards_of_missed_hours(post: Post, phones):
    post.report("P2", 0, 600)
    phone = phones(post, "p2").open("/clerk#paste")
    rows = [f"{label(post, 1)}时\t486\t51\t51", f"{label(post, 2)}时\t523\t55\t55"]
    phone.page.fill("textarea", "\n".join(rows))
    phone.press()
    phone.press()
    phone.says("缺 2 小时")
    inputs = phone.page.locator(".hour input")
    expect(inputs).to_have_count(6)
    for n, value in enumerate(("486", "51", "51", "523", "55", "55")):
        expect(inputs.nth(n)).to_have_value(value)


def test_a_message_nobody_understands_fills_nothing(post: Post, phones):
    post.report("P2", 0, 600)
    phone = phones(post, "p2").open("/clerk#paste")
    phone.page.fill("textarea", "<img src=x onerror=alert(1)> 今天下雨")
    phone.press()
    phone.says("没看懂")
    expect(phone.button).to_have_text("没看懂，改一改")
    phone.press()
    expect(phone.page.locator("textarea")).to_have_value("<img src=x onerror=alert(1)> 今天下雨")
