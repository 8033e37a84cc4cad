"""Information problems as people meet them: three taps on a phone, the board of three levels, the vendor."""

import re

import pytest
from look import DRESSES, PHONE, SCREENS, SPOKEN, Look
from playwright.sync_api import Locator, expect
from scenery import LIVE
from test_access import assert_no_violations

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def clerk(visitor) -> Look:
    """The phone of the clerk at site L2."""
    return visitor(
        who="site2", viewport={"width": PHONE[0], "height": PHONE[1]}, device_scale_factor=2, has_touch=True,
        is_mobile=True,
    )  # fmt: skip


@pytest.fixture
def town(visitor) -> Look:
    return visitor(who="town")


@pytest.fixture
def district(visitor) -> Look:
    return visitor(who="official")


def form(page: Look) -> Locator:
    return page.one(".report-form")


def tap(page: Look, value: str) -> None:
    form(page).locator(f"[data-value='{value}']").tap()


def write_note(page: Look, note: str) -> None:
    form(page).locator("[data-add-note]").tap()
    form(page).locator("textarea[name=note]").fill(note)


def send(page: Look) -> str:
    """Send what is chosen; answers the problem's number."""
    form(page).locator(".rf-send").tap()
    said = form(page).locator(".rf-said")
    expect(said).to_contain_text("#")
    return said.inner_text().split("#")[1].strip()


def open_problem(clerk: Look, note: str, kind: str = "network_down", effect: str = "stopped") -> str:
    clerk.go("/problems", campaign=LIVE)
    tap(clerk, kind)
    tap(clerk, effect)
    write_note(clerk, note)
    return send(clerk)


def card(page: Look, number: str) -> Locator:
    return page.one(f".pcard[data-number='{number}']")


def press(page: Look, number: str, name: str) -> None:
    card(page, number).get_by_role("button", name=name, exact=True).first.click()


def column_of(page: Look, number: str) -> str | None:
    return page.one(f".pcol:has(.pcard[data-number='{number}'])").get_attribute("data-level")


# -- three taps


def test_a_clerk_opens_a_problem_in_three_taps(clerk: Look):
    clerk.go("/problems", campaign=LIVE)
    button = form(clerk).locator(".rf-send")
    expect(button).to_be_disabled()
    expect(button).to_contain_text("发给 测试town")
    expect(clerk.one("[data-steps]")).to_have_text("3")
    tap(clerk, "network_down")
    expect(clerk.one("[data-remedy-for='network_down']")).to_be_visible()
    expect(clerk.one("[data-remedy-for='network_down']")).to_contain_text("先试：换另一个 Wi-Fi")
    tap(clerk, "slower")
    expect(clerk.one("[data-steps]")).to_have_text("1")
    expect(button).to_be_enabled()
    clerk.shot("problem-phone")
    number = send(clerk)
    expect(form(clerk).locator(".rf-said")).to_contain_text("已发给 测试town")
    expect(card(clerk, number)).to_contain_text("断网")
    expect(card(clerk, number)).to_contain_text("未接单")
    expect(clerk.one("[data-steps]")).to_have_text("3")
    expect(button).to_be_disabled()


def test_what_need_not_be_said_goes_along_and_offline_is_spoken_of(clerk: Look):
    clerk.go("/problems", campaign=LIVE)
    along = clerk.one(".rf-along")
    expect(along).to_contain_text("刚刚")
    expect(along).to_contain_text("在线，时延")
    expect(along).to_contain_text("登记方式")
    expect(clerk.one(".rf-offline")).to_contain_text("离线时发不出问题")


def test_without_a_network_nothing_is_lost_and_the_page_says_so(clerk: Look):
    clerk.allow("Failed to load resource|ERR_INTERNET_DISCONNECTED|net::")
    clerk.go("/problems", campaign=LIVE)
    tap(clerk, "account")
    tap(clerk, "none")
    clerk.page.context.set_offline(True)
    form(clerk).locator(".rf-send").tap()
    expect(form(clerk).locator(".rf-said")).to_contain_text("没有发出")
    expect(clerk.one("[data-network]")).to_have_text("没有连上")
    clerk.page.context.set_offline(False)
    assert send(clerk).isdigit()


def test_a_link_brings_what_is_wrong_along(clerk: Look):
    clerk.go("/problems", campaign=LIVE, kind="wrong_lab", effect="none", note="选成了外区")
    expect(clerk.one("[data-steps]")).to_have_text("1")
    expect(form(clerk).locator("[data-value='wrong_lab']")).to_have_attribute("aria-pressed", "true")
    expect(form(clerk).locator("textarea[name=note]")).to_have_value("选成了外区")


def test_a_clerk_may_try_himself_first_and_pass_up_later(clerk: Look):
    clerk.go("/problems", campaign=LIVE)
    tap(clerk, "garbled_code")
    tap(clerk, "slower")
    form(clerk).locator("[data-keep='true']").tap()
    said = form(clerk).locator(".rf-said")
    expect(said).to_contain_text("#")
    number = said.inner_text().split("#")[1].strip()
    press(clerk, number, "上交镇街")
    card(clerk, number).locator(".pf textarea").fill("换了设备也不行")
    press(clerk, number, "上交")
    expect(card(clerk, number)).to_contain_text("未接单")


def test_everything_on_the_phone_is_large_enough_for_a_finger(clerk: Look):
    clerk.go("/problems", campaign=LIVE)
    for node in form(clerk).locator(".tap, .rf-send, select").all():
        box = node.bounding_box()
        assert box is None or box["height"] >= 43.5, node.inner_text()
    assert clerk.wider_than_screen() == []
    assert clerk.cut_off() == []
    assert_no_violations(clerk, "three taps")


# -- the chain


def test_the_town_passes_up_and_the_district_has_it_solved_by_the_vendor(
    clerk: Look, town: Look, district: Look, number: int
):
    note = f"二楼没有信号 {number}"
    found = open_problem(clerk, note)
    town.go("/problems", campaign=LIVE)
    expect(card(town, found)).to_contain_text(f"断网：{note}")
    assert column_of(town, found) == "town"
    press(town, found, "接单")
    expect(card(town, found)).to_contain_text("测试town")
    press(town, found, "上交区")
    card(town, found).locator(".pf textarea").fill("全镇都断")
    press(town, found, "上交")
    expect(town.one(f"[data-level='district'] .pcard[data-number='{found}']")).to_be_visible()
    expect(card(town, found).locator(".pc-actions")).to_be_hidden()

    district.go("/problems", campaign=LIVE)
    press(district, found, "交厂家")
    card(district, found).locator("textarea[name=vendor]").fill("通信运营商")
    card(district, found).locator("textarea[name=ticket]").fill(f"N-{number}")
    press(district, found, "交给厂家")
    expect(card(district, found)).to_contain_text(f"通信运营商 · 工单 N-{number}")
    press(district, found, "催厂家")
    expect(card(district, found)).to_contain_text("催过")
    press(district, found, "办结")
    card(district, found).locator(".pf [data-value='second_network']").click()
    card(district, found).locator(".pf textarea").fill("线路修好")
    card(district, found).locator(".pf [data-step='solved']").click()
    expect(district.one(f".pb-columns .pcard[data-number='{found}']")).to_have_count(0)
    district.one("[data-show='solved']").click()
    expect(card(district, found)).to_contain_text("换另一个 Wi-Fi · 线路修好")
    press(district, found, "重开")
    card(district, found).locator(".pf [data-step='reopened']").click()
    district.one("[data-show='open']").click()
    expect(card(district, found)).to_contain_text("重开 1 次")
    press(district, found, f"断网：{note}")
    for said in ("登记，交镇街", "接单", "上交 · 全镇都断", f"通信运营商 N-{number}", "催厂家", "办结", "重开"):
        expect(card(district, found).locator(".pc-history")).to_contain_text(said)


def test_the_second_of_two_at_once_is_told_who_was_first(clerk: Look, visitor, number: int):
    found = open_problem(clerk, f"两个人 {number}")
    first, second = visitor(who="official"), visitor(who="reviewer")
    second.allow("409")
    second.allow("Failed to load resource")
    for page in (first, second):
        page.go("/problems", campaign=LIVE)
        expect(card(page, found)).to_be_visible()
    # The second one's picture stands still, as on a slow line.
    second.page.route(f"{second.address}/live/*", lambda route: route.abort())
    press(first, found, "接单")
    expect(card(first, found)).to_contain_text("测试official")
    press(second, found, "上交区")
    card(second, found).locator(".pf [data-step='passed_up']").click()
    expect(card(second, found).get_by_role("alert")).to_contain_text("测试official")


def test_a_new_picture_does_not_wipe_what_somebody_is_writing(clerk: Look, town: Look, number: int):
    found = open_problem(clerk, f"先写 {number}")
    town.go("/problems", campaign=LIVE)
    press(town, found, "办结")
    card(town, found).locator(".pf textarea").fill("正在写")
    other = open_problem(clerk, f"后来 {number}", "account", "none")
    expect(card(town, other)).to_be_visible()
    expect(card(town, found).locator(".pf textarea")).to_have_value("正在写")


def test_what_people_write_is_only_text(clerk: Look, town: Look):
    found = open_problem(clerk, HOSTILE)
    town.go("/problems", campaign=LIVE)
    expect(card(town, found).locator(".pc-title")).to_have_text(f"断网：{HOSTILE}")
    press(town, found, f"断网：{HOSTILE}")
    press(town, found, "加备注")
    card(town, found).locator(".pf textarea").fill(HOSTILE)
    press(town, found, "记下备注")
    expect(card(town, found).locator(".pc-events")).to_contain_text(HOSTILE)
    assert town.page.evaluate("document.querySelectorAll('.pboard img, .pboard script').length") == 0


def test_who_may_only_look_is_offered_nothing(visitor):
    leader = visitor(who="leader")
    leader.go("/problems", campaign=LIVE)
    for offered in (".pc-actions", "[data-toggle-open]", "[data-toggle-modes]"):
        expect(leader.one(offered).locator("visible=true")).to_have_count(0)


# -- registration modes


def test_a_clerk_sets_the_mode_and_everybody_sees_since_when(clerk: Look, district: Look):
    clerk.go("/problems", campaign=LIVE)
    modes = clerk.one(".at-modes")
    modes.locator("[data-value='province']").tap()
    modes.locator("[data-value='3']").tap()
    modes.locator("[data-set-modes]").tap()
    expect(modes.locator(".md-own")).to_contain_text("省系统 入口 3")
    modes.locator("[data-value='offline_app']").tap()
    expect(modes.locator("[data-entrances]")).to_be_hidden()
    modes.locator("textarea").fill("入口太慢")
    modes.locator("[data-set-modes]").tap()
    expect(modes.locator(".md-own")).to_contain_text("离线App")
    expect(modes.locator(".md-history")).to_contain_text("测试site2")
    expect(modes.locator(".md-history")).to_contain_text("入口太慢")
    district.go("/", campaign=LIVE)
    expect(district.one(".is")).to_contain_text("离线App")
    district.go("/problems", campaign=LIVE)
    expect(district.one(".md")).to_contain_text("测试点2")


def test_the_town_sets_several_sites_at_once(town: Look):
    town.go("/problems", campaign=LIVE)
    town.one("[data-toggle-modes]").click()
    for site in ("L4", "L6"):
        town.one(f".mf [data-choose='site'][data-value='{site}']").click()
    town.one(".mf [data-value='city']").click()
    town.one(".mf [data-choose='entrance'][data-value='2']").click()
    town.one("[data-set-modes]").click()
    expect(town.one(".mf .rf-said")).to_have_text("已改")
    expect(town.one(".md-cell").nth(2)).to_contain_text("测试点4")
    expect(town.one(".md-cell").nth(2)).to_contain_text("测试点6")


# -- how it looks


@pytest.mark.parametrize("lang", SPOKEN)
def test_nothing_is_cut_off_at_any_width(page: Look, lang: str):
    page.go("/problems", lang=lang)
    for size in SCREENS:
        page.size(*size)
        assert page.wider_than_screen() == [], size
        assert page.cut_off() == [], size
        page.shot(f"problems-{size[0]}-{lang}")


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_axe_finds_nothing_on_the_board_and_its_forms(page: Look, lang: str, theme: str):
    page.go("/problems", lang=lang, theme=theme)
    assert_no_violations(page, "board")
    page.one("[data-form='solved']").first.click()
    page.one(".pc-title").last.click()
    page.one("[data-toggle-modes]").click()
    page.one(".mf summary").first.click()
    page.one("[data-toggle-open]").click()
    page.one(".report-form [data-value='slow_entrance']").click()
    assert_no_violations(page, "open forms")
    page.one("[data-show='solved']").click()
    assert_no_violations(page, "solved")
    page.go("/site", place="440607001-S02", lang=lang, theme=theme)
    assert_no_violations(page, "beside the figures of a site")


def test_the_columns_balance_and_the_filters_show_what_they_count(page: Look):
    page.go("/problems")
    feet = page.all(".pcol-foot")
    assert len(feet) == 3
    for foot in feet:
        total = re.search(r"今天 (\d+)", foot)
        parts = re.findall(r"[＝＋] (?:已结|未结|上交) (\d+)", foot)
        assert total is not None, foot
        assert int(total[1]) == sum(map(int, parts)) > 0, foot
    for name in ("overdue", "open"):
        button = page.one(f"[data-show='{name}']")
        button.click()
        shown = page.one(".pb-columns .pcard").locator("visible=true").count()
        assert shown == int(button.inner_text().split()[-1])
    page.one("[data-show='mine']").click()
    expect(page.one(".pb-columns .pcard").locator("visible=true")).to_have_count(0)
