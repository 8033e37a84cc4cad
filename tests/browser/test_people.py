"""Signing in, the page of accounts, the page of the audit, as people use them."""

import re

import pytest
import scenery
from look import DRESSES, PHONE, SCREENS, SPOKEN, Look, dressed
from playwright.sync_api import expect
from test_access import assert_no_violations

from data import accounts
from domain.clock import system_clock
from domain.permissions import Role

NEW = "quite another 8 words"
LIVE, BARE = scenery.LIVE, scenery.BARE


@pytest.fixture
def guest(visitor):
    """A browser nobody is signed in with."""
    return visitor(who="")


def shown(page: Look) -> None:
    """Wait for what the server drew."""
    page.page.wait_for_function("() => document.body.dataset.panels === 'live'")
    page.drawn()


def open_page(page: Look, path: str, **query: str) -> None:
    page.go(path, **{"campaign": LIVE, **query})
    shown(page)


def fill_in(page: Look, login: str, password: str) -> None:
    page.page.fill("#login", login)
    page.page.fill("#password", password)
    page.page.click("form .go")


def made(scene, login: str, role: Role = Role.SITE, place: str = "L3") -> str:
    """An account of this test's own with a one-time password, which is answered."""
    with scene.database.write() as session:
        _, password = accounts.create(
            session, login=login, role=role, place=place, campaign_id=LIVE, now=system_clock(), actor="operator"
        )
    return password


# -- signing in


def test_a_one_time_password_is_replaced_and_leads_to_ones_own_page(guest: Look, scene, number: int):
    password = made(scene, f"fresh-{number}", Role.TOWN, scenery.TOWN)
    guest.page.goto(f"{scene.address}/town?campaign={LIVE}")
    expect(guest.page).to_have_url(re.compile("/login"))
    fill_in(guest, f"fresh-{number}", password)
    expect(guest.page).to_have_url(re.compile("/password"))
    expect(guest.one(".done")).to_contain_text("一次性密码")
    guest.page.fill("#former", password)
    guest.page.fill("#new", NEW)
    guest.page.fill("#again", NEW)
    guest.page.click("form .go")
    expect(guest.page).to_have_url(re.compile("/town"))
    guest.page.wait_for_selector(".main-town")
    guest.allow("401")  # the page may ask for its version once more while it is being left
    guest.page.click(".person summary")
    guest.page.click("[data-sign-out]")
    expect(guest.page).to_have_url(re.compile("/login"))
    guest.page.goto(f"{scene.address}/town")
    expect(guest.page).to_have_url(re.compile("/login"))


def test_a_slips_code_fills_in_the_login_and_a_wrong_password_says_how_many_tries_are_left(
    guest: Look, scene, number
):
    made(scene, f"slip-{number}")
    guest.allow("401")
    guest.page.goto(f"{scene.address}/login?login=slip-{number}")
    expect(guest.one("#login")).to_have_value(f"slip-{number}")
    expect(guest.one("#password")).to_be_focused()
    # Each answer is waited for: a second press would take the first one back.
    for said in ("还可试 4 次", "还可试 3 次", "还可试 2 次", "还可试 1 次", "1 分钟后再试"):
        guest.page.fill("#password", "wrong")
        guest.page.click("form .go")
        expect(guest.one("#wrong")).to_contain_text(said)
        expect(guest.one("#password")).to_have_attribute("aria-invalid", "true")


def test_the_password_can_be_looked_at_and_capitals_are_told(guest: Look, scene):
    guest.page.goto(f"{scene.address}/login")
    guest.page.fill("#password", "abc")
    guest.page.click(".eye")
    expect(guest.one("#password")).to_have_attribute("type", "text")
    guest.page.click(".eye")
    expect(guest.one("#password")).to_have_attribute("type", "password")
    expect(guest.one("[data-caps]")).to_be_hidden()


@pytest.mark.dresses
@pytest.mark.parametrize("lang", SPOKEN)
def test_the_sign_in_page_is_for_everybody_and_shows_no_figure(guest: Look, scene, lang: str):
    for theme, size in dressed(lang):
        guest.size(*size)
        guest.page.goto(f"{scene.address}/login?lang={lang}&theme={theme}")
        assert guest.page.evaluate("document.documentElement.dataset.theme") == theme
        assert guest.wider_than_screen() == []
        assert guest.cut_off() == []
        assert_no_violations(guest, f"login {lang} {theme} {size}")
        guest.shot(f"login-{lang}-{theme}-{size[0]}")
    expect(guest.one("html")).to_have_attribute("lang", "zh-CN" if lang == "zh" else "en")
    assert not re.search(r"\d{2,}%|\d,\d{3}", guest.text("body"))


@pytest.mark.dresses
def test_the_change_of_the_password_is_for_everybody(visitor):
    page = visitor(who="auditor")
    for lang, theme in DRESSES:
        page.page.goto(f"{page.address}/password?lang={lang}&theme={theme}")
        assert_no_violations(page, f"password {lang} {theme}")
        assert page.cut_off() == []
        page.shot(f"password-{lang}-{theme}")


def test_the_theme_chosen_before_signing_in_stays(guest: Look, scene, number: int):
    password = made(scene, f"dark-{number}")
    guest.page.goto(f"{scene.address}/login")
    guest.page.click("[data-set-theme=dark]")
    fill_in(guest, f"dark-{number}", password)
    expect(guest.page).to_have_url(re.compile("/password"))
    expect(guest.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_signing_out_on_all_devices_ends_the_others_too(visitor, scene, number: int):
    with scene.database.write() as session:
        accounts.create(
            session, login=f"two-{number}", role=Role.TOWN, place=scenery.TOWN, campaign_id=LIVE, now=system_clock(),
            actor="operator", password=scenery.PASSWORD,
        )  # fmt: skip
    here, there = visitor(who=f"two-{number}"), visitor(who=f"two-{number}")
    there.allow("401")
    here.page.goto(f"{here.address}/password")
    here.page.click("[name=everywhere]")
    expect(here.page).to_have_url(re.compile("/login"))
    there.page.wait_for_timeout(5100)  # what a worker remembers of a caller
    there.page.goto(f"{there.address}/town")
    expect(there.page).to_have_url(re.compile("/login"))
    expect(there.one(".done")).to_contain_text("登录已结束")


def test_a_page_of_others_says_who_can_open_it(visitor):
    page = visitor(who="town")
    page.go("/users", campaign=LIVE)
    expect(page.one(".main")).to_contain_text("您的账号不能看这一页")
    assert page.one("#panels").count() == 0
    assert_no_violations(page, "forbidden")


# -- accounts


@pytest.fixture
def admin(visitor) -> Look:
    page = visitor(who="admin")
    open_page(page, "/users")
    return page


def test_an_account_is_made_and_its_slip_is_shown_once(admin: Look, number: int):
    admin.allow("400")
    name = "<b>关</b>羽"
    admin.page.get_by_role("button", name="新建用户").click()
    box = admin.one("#dialog-account")
    box.locator("[data-field=place]").fill("L3")
    box.locator("[data-field=login]").fill("A B")
    box.locator("[data-field=name]").fill(name)
    admin.page.keyboard.press("Enter")
    expect(box.locator(".refusal")).to_contain_text("小写字母")
    box.locator("[data-field=login]").fill(f"new-{number}")
    box.locator("[data-send]").click()
    slip = admin.one("#slips .slip")
    expect(slip).to_contain_text("测试点3")
    expect(slip).to_contain_text(name)
    assert re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", slip.inner_text())
    assert slip.locator("svg").count() == 1
    assert_no_violations(admin, "slips")
    admin.shot("slip")
    admin.one("#dialog-slips [data-shut]").click()
    expect(admin.one("#slips")).to_be_empty()
    row = admin.one(f"[data-account='new-{number}']")
    expect(row).to_contain_text("未登录")
    expect(row).to_contain_text(name)


def test_what_has_to_be_done_comes_first_and_is_found_by_place_role_and_word(admin: Look, scene, number: int):
    made(scene, f"todo-{number}")
    admin.page.reload()
    shown(admin)
    expect(admin.one(".grp th").first).to_have_text(re.compile(r"^\s*需要处理"))
    admin.page.fill("#filter-words", f"todo-{number}")
    expect(admin.one("[data-account]")).to_have_count(1)
    assert f"words=todo-{number}" in admin.page.url
    admin.page.fill("#filter-words", "")
    admin.page.select_option("[data-filter=role]", "administrator")
    expect(admin.one("[data-account]")).to_have_count(1)
    expect(admin.one("[data-account=admin]")).to_contain_text("本人")
    admin.page.select_option("[data-filter=role]", "")
    admin.one(
        ".places button",
    ).filter(has_text="西镇").click()
    admin.page.wait_for_function("() => location.search.includes('place=')")
    expect(admin.one(".places .on")).to_contain_text("西镇")
    admin.page.reload()
    shown(admin)
    expect(admin.one(".places .on")).to_contain_text("西镇")


def test_a_reset_ends_what_was_open_and_gives_a_slip(admin: Look, scene, number: int):
    made(scene, f"reset-{number}")
    admin.page.fill("#filter-words", f"reset-{number}")
    admin.one(f"[data-account='reset-{number}'] [data-step=reset]").click()
    expect(admin.one("#dialog-reset [data-who]")).to_have_text(f"reset-{number}")
    admin.one("#dialog-reset [data-field=name]").fill("张飞")
    admin.one("#dialog-reset [data-send]").click()
    expect(admin.one("#slips .slip")).to_contain_text("张飞")
    admin.one("#dialog-slips [data-shut]").click()
    expect(admin.one(f"[data-account='reset-{number}']")).to_contain_text("张飞")


def test_an_account_is_closed_after_a_question_and_opened_again(admin: Look, scene, number: int):
    made(scene, f"close-{number}")
    admin.page.fill("#filter-words", f"close-{number}")
    row = admin.one(f"[data-account='close-{number}']")
    admin.page.once("dialog", lambda asked: asked.dismiss())
    row.locator("[data-step=disable]").click()
    expect(row).to_contain_text("未登录")
    admin.page.once("dialog", lambda asked: asked.accept())
    row.locator("[data-step=disable]").click()
    expect(row).to_contain_text("已停用")
    row.locator("[data-step=enable]").click()
    expect(row).to_contain_text("未登录")


def test_slips_for_all_sites_fill_pages_of_ten_and_print_alone(admin: Look):
    open_page(admin, "/users", campaign=BARE)
    sites = 6
    button = admin.one("[data-bulk=missing]")
    if button.is_enabled():
        button.click()
    else:
        admin.one("[data-bulk=unused]").click()
    expect(admin.one("#slips .slip")).to_have_count(sites)
    pdf = admin.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]\.\d+ 841\.\d+\]", pdf)
    admin.one("#dialog-slips [data-shut]").click()
    expect(admin.one("[data-bulk=missing]")).to_be_disabled()
    expect(admin.one("[data-bulk=unused]")).to_be_enabled()


def test_a_token_is_made_told_once_and_revoked(admin: Look, number: int):
    admin.one("[data-pick=show][data-value=tokens]").click()
    admin.one("[data-open-dialog=token]").click()
    box = admin.one("#dialog-token")
    box.locator("[data-field=place]").fill(scenery.DISTRICT)
    box.locator("[data-field=note]").fill(f"系统 {number}")
    box.locator("[data-send]").click()
    expect(box.locator("#token-secret")).to_contain_text("scc_")
    box.locator("[data-shut]").click()
    expect(admin.one("#token-secret")).to_be_empty()
    row = admin.one(".tb tr").filter(has_text=f"系统 {number}")
    expect(row).to_contain_text("有效")
    admin.page.once("dialog", lambda asked: asked.accept())
    row.locator("[data-revoke]").click()
    expect(row).to_contain_text("已吊销")


def test_the_end_of_a_campaign_says_what_it_takes_and_asks_for_its_name(admin: Look, scene, number: int):
    with scene.database.write() as session:
        accounts.create(
            session, login=f"end-{number}", role=Role.SITE, place="L1", campaign_id=BARE, now=system_clock(),
            actor="operator", password=scenery.PASSWORD,
        )  # fmt: skip
    admin.allow("400")
    open_page(admin, "/users", campaign=BARE)
    admin.one("[data-open-dialog=close]").click()
    box = admin.one("#dialog-close")
    expect(box.locator("[data-says]")).to_contain_text("不能撤销")
    box.locator("[data-field=confirm]").fill("yes")
    box.locator("[data-send]").click()
    expect(box.locator(".refusal")).to_contain_text("没有收回")
    box.locator("[data-field=confirm]").fill(BARE)
    box.locator("[data-send]").click()
    expect(box.locator("[data-says]")).to_contain_text("已收回")
    box.locator("[data-shut]").click()
    admin.page.fill("#filter-words", f"end-{number}")
    expect(admin.one(f"[data-account='end-{number}']")).to_contain_text("已收回")


# -- the audit


@pytest.fixture
def auditor(visitor) -> Look:
    page = visitor(who="auditor")
    open_page(page, "/audit", campaign="demo")
    return page


def test_lines_are_filtered_by_action_person_place_and_time(auditor: Look):
    every = 100
    expect(auditor.one("tr[data-line]")).to_have_count(every)
    auditor.one("[data-toggle-filter=group][data-value=corrections]").click()
    expect(auditor.one("[data-toggle-filter][aria-pressed=true]")).to_have_count(1)
    corrections = auditor.all("tr[data-line] td:nth-child(5)")
    assert corrections
    assert set(corrections) == {"更正"}
    auditor.page.reload()
    shown(auditor)
    assert auditor.all("tr[data-line] td:nth-child(5)") == corrections
    auditor.page.select_option("[data-filter=since]", index=7)
    auditor.page.wait_for_function("() => location.search.includes('since=')")
    auditor.one("[data-clear]").click()
    expect(auditor.one("tr[data-line]")).to_have_count(every)
    assert "group" not in auditor.page.url
    auditor.page.fill("#filter-who", "测试auditor")
    auditor.page.wait_for_function("n => document.querySelectorAll('tr[data-line]').length < n", arg=every)
    assert all("测试auditor" in who for who in auditor.all("tr[data-line] .who"))
    auditor.page.select_option("[data-filter=place]", index=1)
    expect(auditor.one(".at-lines")).to_contain_text("没有符合条件的记录")


def test_a_correction_opens_to_old_and_new_and_the_chain(auditor: Look):
    auditor.one("[data-toggle-filter=group][data-value=corrections]").click()
    expect(auditor.one("[data-toggle-filter][aria-pressed=true]")).to_have_count(1)
    line = auditor.one("tr[data-line]").filter(has=auditor.page.locator("del")).first
    line.locator(".open-line").click()
    detail = auditor.one("tr.detail")
    for said in ("发生", "收到", "字段", "影响", "哈希"):
        expect(detail).to_contain_text(said)
    assert detail.locator("del").count() >= 1
    assert re.search(r"[0-9a-f]{4}…[0-9a-f]{4}", detail.inner_text())
    assert "open=" in auditor.page.url
    auditor.one(".chain-place [data-verify]").click()
    expect(auditor.one(".chain")).to_contain_text("链完整")
    auditor.shot("audit-detail")


def test_older_lines_follow_and_a_file_is_taken_away(auditor: Look):
    expect(auditor.one("tr[data-line] .open-line")).to_have_count(100)
    first = auditor.one("tr[data-line]").first.get_attribute("data-line")
    auditor.one("[data-before]").click()
    auditor.page.wait_for_function("n => document.querySelector('tr[data-line]')?.dataset.line !== n", arg=first)
    auditor.one("[data-latest]").click()
    expect(auditor.one("[data-latest]")).to_have_count(0)
    assert int(auditor.one("tr[data-line]").first.get_attribute("data-line") or 0) >= int(first or 0)
    with auditor.page.expect_download() as taken:
        auditor.page.get_by_text("导出 CSV").click()
    assert taken.value.suggested_filename.startswith("audit-demo-")
    auditor.one("[data-clear]").click()
    expect(auditor.one("tr[data-line]").first).to_contain_text("导出审计")


# -- for everybody


@pytest.mark.dresses
@pytest.mark.parametrize("lang", SPOKEN)
def test_axe_finds_nothing_and_nothing_is_cut_off(visitor, lang: str):
    for who, path in (("admin", "/users"), ("auditor", "/audit")):
        page = visitor(who=who)
        open_page(page, path, campaign="demo", lang=lang)
        for width, height in SCREENS:
            page.size(width, height)
            assert page.wider_than_screen() == [], f"{path} {lang} {width}"
            assert page.cut_off() == [], f"{path} {lang} {width}"
            page.shot(f"{path[1:]}-{lang}-{width}")
        for theme, size in dressed(lang):
            page.size(*size)
            page.theme(theme)
            assert_no_violations(page, f"{path} {lang} {theme} {size}")
        page.size(1440, 900)
        if path == "/users":
            for name in ("account", "token", "close"):
                open_page(page, path, campaign="demo", lang=lang, show="tokens" if name == "token" else "")
                page.one(f"[data-open-dialog={name}]").first.click()
                assert_no_violations(page, f"{name} {lang} {theme}")
                page.shot(f"dialog-{name}-{lang}-{theme}")
        else:
            page.one(".open-line").first.click()
            page.page.wait_for_selector("tr.detail")
            assert_no_violations(page, f"detail {lang} {theme}")


@pytest.mark.parametrize(("who", "path"), [("admin", "/users"), ("auditor", "/audit")])
def test_a_finger_hits_what_it_aims_at(visitor, who: str, path: str):
    page = visitor(who=who, viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True)
    open_page(page, path, campaign="demo")
    targets = ".main :is(button, select, input, a):visible, .second-level :is(button, a):visible"
    small = page.page.locator(targets).evaluate_all(
        "nodes => nodes.filter(n => n.getBoundingClientRect().height < 43.5).map(n => n.outerHTML.slice(0, 120))"
    )
    assert small == []
