"""The duty board in the browser: open, choose, read, edit, copy, send to a receiver on this machine."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import scenery
import town_scene
from look import SCREENS, SPOKEN, STILL, Look, dressed
from playwright.sync_api import Route, expect
from test_access import assert_no_violations
from town_scene import DISTRICT, IMG, OTHER_TOWN, TOWN, Work

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from webhook import Receiver, receiving

from data import campaigns, reminder_record
from data.database import Database
from data.ingest.files import What, import_file
from domain.board import Target
from domain.clock import system_clock
from domain.reminders import Preset
from domain.reports import Status

DEMO = "440607"
NAMES = ("一号广场", "二号学校", "三号车站", IMG, "五号小区")
CONTACTS = """place,name,phone,post
W1,李敏,13800002210,duty
W2,<b>关</b>,13900006047,duty
W6,周海燕,13600009031,duty
880001001,冼伟,13500001111,data
"""


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, profiles, hook: Receiver) -> Iterator[SimpleNamespace]:
    """A server that knows where reminders go, over a database with nothing in it yet."""
    url = f"sqlite:///{tmp_path_factory.mktemp('duty') / 'campaign.db'}"
    database = Database(url)
    database.upgrade()
    scenery.people(database)
    server = scenery.Server(url)
    server.environment["REMINDER_HOOK"] = hook.address
    server.start()
    context = profiles.take(permissions=["clipboard-read", "clipboard-write"])
    scenery.sign_in(context, server.address, "district")
    try:
        yield SimpleNamespace(database=database, server=server, context=context)
    finally:
        profiles.give_back(context, server.address)
        server.stop()
        database.engine.dispose()


def owing_hour(desk: SimpleNamespace) -> Work:
    """W1 owes the hour, W2 was returned, W3 came late, W4 reported zero, W5 in time; in the other town W6 owes,
    W7 reported."""
    work = town_scene.work(desk.database, NAMES, ("六号公园", "七号市场"))
    work.send(work.row("W2", 400, third_copies=38), work.row("W4", 0), work.row("W5"), work.row("W7"))
    work.decide(Status.RETURNED, "W2/1", reason="third_copies_differ", minutes=8)
    work.send(work.row("W3"), minutes=15)
    for site in range(1, 8):
        work.send(work.row(f"W{site}", period=0), minutes=-55)
        work.send(work.row(f"W{site}", period=2), minutes=62)  # due or not, by what the clock shows
    people = import_file(desk.database, work.id, What.CONTACTS, CONTACTS.encode(), "c.csv", town_scene.OPERATOR,
                         system_clock)  # fmt: skip
    assert not people.refused, people.refused
    target(desk, work, DISTRICT)
    return work


@pytest.fixture
def owing(desk: SimpleNamespace, hook: Receiver) -> Work:
    """An hour of this test's own that is owed, and a receiver that has got nothing yet."""
    hook.received.clear()
    hook.answers = [(200, b"")]
    return owing_hour(desk)


def target(desk: SimpleNamespace, work: Work, place: str, variable: str = "REMINDER_HOOK") -> None:
    with desk.database.write() as session:
        row = campaigns.lock(session, work.id)
        found = campaigns.tree_of(session, row).by_code[place]
        reminder_record.set_target(session, row, found, Target(Preset.GENERIC, variable), "operator", system_clock())


def board_of(desk: SimpleNamespace, work: Work) -> Look:
    """The district's board at the hour worked on."""
    look = Look(desk.context.new_page(), desk.server.address)
    return look.go("/duty", campaign=work.id, place=DISTRICT, hour=work.hour)


@pytest.fixture
def board(desk: SimpleNamespace, owing: Work) -> Iterator[Look]:
    """A board of this test's own."""
    look = board_of(desk, owing)
    yield look
    look.close()


@pytest.fixture(scope="module")
def seen(desk: SimpleNamespace) -> Iterator[Look]:
    """A board opened once for all tests that only read it."""
    look = board_of(desk, owing_hour(desk))
    yield look
    look.close()


def strip(look: Look) -> dict[str, int]:
    keys = ("expected", "on_time", "late", "zero", "returned", "missing", "check")
    return {key: int(look.value(f"duty-{key}")) for key in keys}


def town(look: Look, code: str = TOWN):
    return look.one(f"[data-town='{code}']")


def address(look: Look) -> str:
    return look.page.url


# -- the board


def test_the_strip_balances_and_says_who(seen: Look):
    found = strip(seen)
    assert found == {"expected": 7, "on_time": 2, "late": 1, "zero": 1, "returned": 1, "missing": 2, "check": 7}
    assert found["expected"] == sum(found[key] for key in ("on_time", "late", "zero", "returned", "missing"))
    assert "一号广场 · 六号公园" in seen.text(".eq")
    expect(seen.one(".eq-differs")).to_have_count(0)


def test_rows_and_columns_add_up_to_the_foot(seen: Look):
    column = seen.page.locator("[data-duty-hour]").evaluate_all(
        "links => links.findIndex(link => link.classList.contains('on'))"
    )
    foot = [int(row.split()[1 + column]) for row in seen.all(".ft .gr")]
    assert foot == [2, 1, 1, 1, 2, 7, 0]


def test_one_town_is_open_at_a_time_and_the_address_keeps_it(board: Look):
    first, other = board.one(f"[data-duty-place='{TOWN}']"), board.one(f"[data-duty-place='{OTHER_TOWN}']")
    expect(first).to_have_class(re.compile("open"))
    assert board.all(f"[data-duty-place='{TOWN}'] .sr:visible .nm") == ["一号广场", "二号学校", "三号车站", IMG]
    assert "其余 1 个，全部按时" in board.text(f"[data-duty-place='{TOWN}'] .rest")
    board.one(f"[data-duty-open='{OTHER_TOWN}']").click()
    expect(other).to_have_class(re.compile("open"))
    expect(first).not_to_have_class(re.compile("open"))
    expect(board.one(f"[data-duty-open='{OTHER_TOWN}']")).to_have_attribute("aria-expanded", "true")
    assert f"open={OTHER_TOWN}" in address(board)
    board.page.reload()
    board.drawn()
    expect(other).to_have_class(re.compile("open"))
    board.one(f"[data-duty-open='{OTHER_TOWN}']").press("Enter")
    expect(board.one("[data-duty-place].open")).to_have_count(0)


def test_what_stands_open_stays_when_a_report_comes_in(board: Look, owing: Work):
    board.one(f"[data-duty-open='{OTHER_TOWN}']").click()
    owing.send(owing.row("W1", key="W1/now"), minutes=20)
    expect(board.one("[data-key=duty-missing]")).to_have_text("1")
    expect(board.one(f"[data-duty-place='{OTHER_TOWN}']")).to_have_class(re.compile("open"))
    assert strip(board)["late"] == 2


def test_choosing_an_hour_changes_strip_and_lists_and_the_page_stays(board: Look):
    board.page.evaluate("window.stays = true")
    board.one("[data-duty-hour]").first.click()
    expect(board.one("[data-key=duty-missing]")).to_have_text("0")
    assert strip(board)["on_time"] == 7
    expect(board.one(".lists .state")).to_contain_text("没有要催的")
    expect(board.one("[data-duty-hour].on")).to_have_count(1)
    assert board.one("[data-duty-hour].on").get_attribute("aria-current") == "true"
    assert board.page.evaluate("window.stays") is True
    assert "hour=" in address(board)


def test_a_picture_that_comes_late_is_not_drawn_under_another_hour(board: Look, owing: Work):
    held: list[Route] = []
    board.page.route("**/snapshots/**", lambda route: held.append(route))
    owing.send(owing.row("W1", key="W1/now"), minutes=20)
    board.until(lambda: held)
    board.one("[data-duty-hour]").first.click()
    board.until(lambda: len(held) > 1)
    with board.page.expect_response(held[0].request.url):
        held[0].continue_()
    board.page.evaluate(STILL)
    assert strip(board)["missing"] == 2
    for route in held[1:]:
        route.continue_()
    board.page.unroute("**/snapshots/**")
    expect(board.one("[data-key=duty-missing]")).to_have_text("0")


def test_a_cell_leads_to_its_hour_and_place(board: Look):
    board.one(f"[data-duty-place='{OTHER_TOWN}'] .tr .dc").first.click()
    expect(board.one("[data-key=duty-missing]")).to_have_text("0")
    expect(board.one(f"[data-duty-place='{OTHER_TOWN}']")).to_have_class(re.compile("open"))


def test_every_cell_can_be_heard(seen: Look):
    said = seen.page.locator(".dc").evaluate_all("cells => cells.map(cell => cell.getAttribute('aria-label'))")
    assert all(said)
    assert any("未报 1、退回 1、迟报 1、零报 1、按时 1" in one for one in said)


def test_the_lists_can_be_limited_to_one_state(board: Look):
    late = board.one("[data-duty-filter=late]")
    late.click()
    assert board.all(".rm li[data-state]:visible .nm a") == ["三号车站"]
    expect(late).to_have_attribute("aria-pressed", "true")
    board.one("[data-duty-filter=missing]").click()
    assert board.all(".rm li[data-state]:visible .nm a") == ["一号广场", "六号公园"]
    board.one("[data-duty-filter=missing]").click()
    assert len(board.all(".rm li[data-state]:visible")) == 3


def test_names_of_sites_and_people_are_only_text(seen: Look):
    assert seen.page.locator("img").count() == 0
    assert "<b>关</b>" in seen.text(f"[data-town='{TOWN}'] .msgbox")
    assert seen.page.locator(".rm b:has-text('关')").count() == 0


# -- phones


def test_who_has_to_ring_sees_the_number_and_can_tap_it(seen: Look):
    phone = seen.one("[data-phone-of=W1]")
    expect(phone).to_have_text("13800002210")
    assert phone.get_attribute("href") == "tel:13800002210"


def test_who_only_looks_sees_half_of_it_and_no_buttons(desk: SimpleNamespace, owing: Work, visitor):
    look = visitor(desk.server.address, who="auditor")
    look.go("/duty", campaign=owing.id, place=DISTRICT, hour=owing.hour)
    expect(look.one("[data-phone-of=W1]")).to_have_text("138****2210")
    assert look.one("[data-phone-of=W1]").get_attribute("href") is None
    expect(look.one(".msgbox").first).to_be_visible()
    expect(look.one("[data-remind]:visible")).to_have_count(0)
    assert not any("/contacts" in url for url in look.requests)
    assert "13800002210" not in look.page.content()


# -- reminders


def test_the_text_names_everybody_and_says_how_to_report_a_zero(seen: Look):
    text = seen.text(f"[data-town='{TOWN}'] .msgbox")
    assert "一号广场（李敏）" in text
    assert "二号学校（<b>关</b>，第三联 38≠管数 40）" in text
    assert "三号车站" not in text
    assert "确实没有采样请报 0 人" in text
    assert "西南街道 冼伟" in text


def test_copying_puts_the_text_on_the_clipboard_and_into_the_record(board: Look):
    text = board.text(f"[data-town='{TOWN}'] .msgbox")
    town(board).locator("[data-remind=copy]").click()
    expect(town(board).locator(".said")).to_have_text("已复制")
    assert " ".join(board.page.evaluate("navigator.clipboard.readText()").split()) == text
    expect(board.one(".rm-history")).to_contain_text("复制给 西南街道")
    # Copying is not sending: it may still be sent.
    expect(town(board).locator("[data-remind=send]")).to_be_enabled()


def test_an_edited_text_goes_as_it_was_edited(board: Look, hook: Receiver):
    town(board).locator("[data-remind=edit]").click()
    area = town(board).locator("textarea")
    area.fill("请马上补报 <script>alert(1)</script> 😷")
    town(board).locator("[data-remind=send]").click()
    expect(town(board).locator(".said")).to_have_text("已发送")
    assert hook.texts() == ["请马上补报 <script>alert(1)</script> 😷"]
    expect(town(board).locator("textarea")).to_have_count(0)
    expect(board.one(".rm-history")).to_contain_text("0/2 已补报")
    expect(town(board).locator("[data-remind=send]")).to_be_disabled()


def test_what_is_being_edited_survives_a_report(board: Look, owing: Work):
    town(board).locator("[data-remind=edit]").click()
    town(board).locator("textarea").fill("自己写的")
    owing.send(owing.row("W6", key="W6/now"), minutes=20)
    expect(town(board, OTHER_TOWN).locator(".rm-message")).to_have_count(0)
    expect(town(board).locator("textarea")).to_have_value("自己写的")
    town(board).locator("[data-remind=edit]").click()
    expect(town(board).locator("textarea")).to_have_count(0)
    expect(town(board).locator(".msgbox")).to_be_visible()


def test_a_text_for_a_list_that_has_changed_does_not_go(board: Look, owing: Work, hook: Receiver):
    town(board).locator("[data-remind=edit]").click()
    owing.send(owing.row("W1", key="W1/now"), minutes=20)
    expect(board.one("[data-key=duty-missing]")).to_have_text("1")
    town(board).locator("[data-remind=send]").click()
    expect(town(board).locator(".said")).to_contain_text("名单刚有变化")
    assert not hook.received


def test_all_go_with_one_button_and_none_twice(board: Look, hook: Receiver):
    everything = board.one("[data-remind=send-all]")
    expect(everything).to_have_text("发送 2 条提醒")
    everything.click()
    expect(board.one(".rm-foot .said")).to_have_text("已发送")
    assert {one.body["place"]["code"] for one in hook.received} == {TOWN, OTHER_TOWN}
    expect(everything).to_be_disabled()
    expect(board.one(".rm-foot .notes")).to_contain_text("10 分钟内不重发")
    assert len(hook.received) == 2


def test_a_receiver_that_refuses_is_told_in_words(board: Look, hook: Receiver):
    hook.answers = [(403, b"")]
    town(board).locator("[data-remind=send]").click()
    expect(town(board).locator(".said")).to_contain_text("没有发出: 接收方回答 403")
    expect(board.one(".rm-history .crit")).to_contain_text("接收方回答 403")
    expect(town(board).locator("[data-remind=send]")).to_be_enabled()


def test_the_record_says_who_has_reported_since(board: Look, owing: Work):
    town(board, OTHER_TOWN).locator("[data-remind=send]").click()
    expect(board.one(".rm-history")).to_contain_text("0/1 已补报")
    owing.send(owing.row("W6", key="W6/now"), minutes=40)
    expect(board.one(".rm-history .ok")).to_contain_text("全部补报")


def test_without_an_address_the_text_can_be_copied(desk: SimpleNamespace, owing: Work, board: Look):
    with desk.database.write() as session:
        row = campaigns.lock(session, owing.id)
        place = campaigns.tree_of(session, row).by_code[DISTRICT]
        reminder_record.remove_target(session, row, place, "operator", system_clock())
    expect(town(board).locator(".to")).to_have_text("未设发送地址，只能复制")
    expect(board.one("[data-remind=send-all]")).to_be_disabled()
    expect(board.one("[data-remind=copy-all]")).to_be_enabled()


def test_a_town_sees_its_own_sites_and_one_text_to_them(board: Look, owing: Work):
    board.go("/duty", campaign=owing.id, place=TOWN, hour=owing.hour)
    assert board.all(".db .sr .nm") == ["一号广场", "二号学校", "三号车站", IMG, "五号小区"]
    assert board.text(".msgbox").startswith("【上报提醒】西南街道各采样点：")
    expect(board.one("[data-town]")).to_have_count(1)


# -- on every screen


@pytest.mark.parametrize("lang", SPOKEN)
def test_everything_fits_on_every_screen(page: Look, lang: str):
    page.go("/duty", place=DEMO, lang=lang)
    for width, height in (*SCREENS, (1024, 768), (768, 1024)):
        page.size(width, height)
        assert page.wider_than_screen() == [], (width, lang)
        assert page.cut_off() == [], (width, lang)
        page.shot(f"duty-{lang}-{width}")


@pytest.mark.dresses
@pytest.mark.parametrize("lang", SPOKEN)
def test_axe_finds_nothing_on_the_board(page: Look, lang: str):
    page.go("/duty", place=DEMO, lang=lang)
    for theme, size in dressed(lang):
        page.size(*size)
        page.theme(theme)
        assert_no_violations(page, f"{size} {theme} {lang}")


def test_axe_finds_nothing_while_editing(board: Look):
    town(board).locator("[data-remind=edit]").click()
    expect(town(board).locator("textarea")).to_be_focused()
    assert_no_violations(board, "editing")


def test_between_laptop_and_phone_the_lists_are_a_drawer(page: Look):
    page.size(1280, 800)
    page.go("/duty", place=DEMO)
    lists = page.one(".at-duty-lists")
    expect(lists).to_be_hidden()
    page.one(".to-lists").click()
    expect(lists).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(lists).to_be_hidden()


def test_totals_and_the_primary_button_never_scroll_away(page: Look):
    page.size(1440, 720)
    page.go("/duty", place=DEMO)
    for selector in (".ft .sum", ".hd .gr", "[data-remind=send-all]", ".eq"):
        box = page.one(selector).bounding_box()
        assert box is not None
        assert box["y"] >= 0, selector
        assert box["y"] + box["height"] <= 720, selector


def test_the_overview_leads_to_the_board(page: Look):
    # Where there are tubes, a wider screen has their panels in the place of this one.
    page.size(1280, 800)
    page.go("/")
    page.one(".at-duty .more").click()
    page.reads("/duty")
    expect(page.one("[data-duty-hour].on")).to_have_text("14时")


def test_a_campaign_without_reports_shows_an_empty_board(page: Look):
    for campaign in ("bare", "small"):
        page.go("/duty", campaign=campaign)
        assert page.one(".panel .state-icon.crit").count() == 0
        assert_no_violations(page, campaign)
