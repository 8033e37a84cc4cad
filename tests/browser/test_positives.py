"""Tasks from results as the district meets them: what is next, who confirmed, what a town may know."""

import itertools
from datetime import timedelta
from types import SimpleNamespace

import pytest
from look import PHONE, Look
from playwright.sync_api import Locator, expect
from scenery import OPERATOR, PASSWORD, TOWN, _create, _day, _import, _sites
from test_access import assert_no_violations

from data import accounts
from data.ingest.files import What
from data.ingest.tubes import Writer, ingest_tubes
from domain.clock import system_clock
from domain.permissions import Role

ROUND = "positives"
"""A campaign of its own: what happens in it is on nobody else's page."""

_numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def made(scene: SimpleNamespace) -> None:
    _create(scene.database, _day(ROUND, "处置演练", "Drill", began=4))
    _sites(scene.database, ROUND)
    _import(scene.database, ROUND, What.LABS, "lab,name,name_en\nLAB-1,一号机构,Lab One\nLAB-2,二号机构,Lab Two\n")
    with scene.database.write() as session:
        accounts.create(
            session, login="postown", role=Role.TOWN, place=TOWN, campaign_id=ROUND, now=system_clock(),
            actor=OPERATOR.name, password=PASSWORD, name="测试镇街",
        )  # fmt: skip


@pytest.fixture
def found(scene: SimpleNamespace):
    """Has a tube of one of the sites tested: `found("positive", persons=1)`; answers its barcode."""

    def make(
        result: str, minutes: float = 1, persons: int = 3, barcode: str = "", site: str = "L2", lab: str = "LAB-1"
    ) -> str:
        number = next(_numbers)
        code = barcode or f"TUBE-{number:05}"
        now = system_clock()
        size = 1 if persons == 1 else 10
        rows = [
            {"event_id": f"s{number}", "type": "sampled", "barcode": code, "site": site, "lane": "1",
             "at": (now - timedelta(minutes=minutes + 60)).isoformat(), "persons": persons, "pool_size": size},
            {"event_id": f"r{number}", "type": "result", "barcode": code, "lab": lab, "result": result,
             "at": (now - timedelta(minutes=minutes)).isoformat()},
        ]  # fmt: skip
        done = ingest_tubes(scene.database, ROUND, enumerate(rows), Writer("operator"), system_clock)
        assert not done.rejected, done.rejected
        return code

    return make


def card(page: Look, barcode: str) -> Locator:
    return page.one(f".po-card[data-barcode='{barcode}']")


def primary(page: Look, barcode: str) -> Locator:
    """The button of the next step; there is one only."""
    button = card(page, barcode).locator(".pri:not(.po-form .pri)")
    expect(button).to_have_count(1)
    return button


def put_down(page: Look, barcode: str, **words: str) -> None:
    """Fill in the form that is open and send it."""
    form = card(page, barcode).locator(".po-slot .po-form")
    for name, said in words.items():
        form.locator(f"[name={name}]").fill(said)
    form.locator("[data-send-step]").click()
    expect(form).to_have_count(0)


def line(page: Look, barcode: str, item: str) -> Locator:
    return card(page, barcode).locator(".po-check", has_text=item)


def test_a_pool_is_led_step_by_step_by_its_one_primary_button(page: Look, found):
    pool = found("positive", persons=2)
    page.go("/positives", campaign=ROUND)
    expect(card(page, pool)).to_contain_text("混采管 · 阳性")
    primary(page, pool).click()
    expect(card(page, pool).locator("[name=persons]")).to_have_value("2")
    put_down(page, pool)
    expect(line(page, pool, "成员就地留置")).to_contain_text("测试district")
    primary(page, pool).click()
    expect(card(page, pool).locator(".po-says").locator("visible=true")).to_have_text(
        "同一时刻通知：应急队、社区、公安"
    )
    put_down(page, pool)
    for count in (1, 2, 3):
        primary(page, pool).click()
        put_down(page, pool, note="值班岗")
        expect(line(page, pool, "各方确认")).to_contain_text(f"{count}/3")
    primary(page, pool).click()
    put_down(page, pool, barcodes=f"{pool}-A\n{pool}-B")
    expect(line(page, pool, "全员单采")).to_contain_text("2/2")
    found("negative", 0, 1, f"{pool}-A")
    found("positive", 0, 1, f"{pool}-B", lab="LAB-2")
    expect(line(page, pool, "复检结果")).to_contain_text("2/2 · 阴性 1 · 阳性 1")
    expect(card(page, pool).locator(".po-clock")).to_contain_text("停表")
    expect(card(page, pool)).to_contain_text("复采管另开任务")
    expect(card(page, f"{pool}-B")).to_contain_text("来自任务")
    primary(page, pool).click()
    put_down(page, pool, barcodes=f"{pool}-C {pool}-D")
    expect(primary(page, pool)).to_have_text("办结")
    primary(page, pool).click()
    put_down(page, pool)
    page.one("[data-show='closed']").click()
    expect(card(page, pool)).to_contain_text("办结")
    card(page, pool).locator("[data-history]").click()
    for said in ("结果：阳性", "已就地留置", "各方已同时通知", "对方确认 · 应急队", "关联复采管 2 支"):
        expect(card(page, pool).locator(".pc-history")).to_contain_text(said)


def test_the_six_of_a_single_positive_are_told_in_one_step_and_confirm_one_by_one(page: Look, found):
    tube = found("single_target", 15, 1)
    page.go("/positives", campaign=ROUND)
    expect(line(page, tube, "六方同时通知")).to_contain_text("超")
    primary(page, tube).click()
    put_down(page, tube)
    expect(line(page, tube, "六方同时通知")).to_contain_text("测试district")
    expect(card(page, tube).locator(".po-party", has_text="未确认")).to_have_count(6)
    card(page, tube).get_by_role("button", name="确认 疾控").click()
    put_down(page, tube)
    expect(card(page, tube).locator(".po-party", has_text="疾控")).to_contain_text("测试district")
    expect(line(page, tube, "各方确认")).to_contain_text("1/6")
    line(page, tube, "网络直报").get_by_role("button", name="已直报").click()
    put_down(page, tube)
    expect(card(page, tube).locator(".po-clock")).to_contain_text("停表")


def test_somebody_s_number_is_refused_and_the_words_stay(page: Look, found):
    pool = found("grey")
    page.allow("400")
    page.go("/positives", campaign=ROUND)
    card(page, pool).get_by_role("button", name="备注").click()
    form = card(page, pool).locator(".po-slot .po-form")
    form.locator("textarea").fill("家属 138 0013 8000")
    form.locator("[data-send-step]").click()
    expect(form.get_by_role("alert")).to_contain_text("证件号或电话号码")
    expect(form.locator("textarea")).to_have_value("家属 138 0013 8000")
    form.locator("textarea").fill("<b>在路上</b>")
    form.locator("[data-send-step]").click()
    expect(form).to_have_count(0)
    card(page, pool).locator("[data-history]").click()
    expect(card(page, pool).locator(".pc-history")).to_contain_text("<b>在路上</b>")


def test_the_second_of_two_at_once_is_told_so_and_a_correction_is_seen(page: Look, visitor, found):
    pool = found("positive")
    second = visitor()
    second.allow("409")
    for one in (page, second):
        one.go("/positives", campaign=ROUND)
        expect(card(one, pool)).to_be_visible()
    # The second one's picture stands still, as on a slow line.
    second.allow("Failed to load resource")
    second.page.route(f"{second.address}/live/*", lambda route: route.abort())
    primary(page, pool).click()
    put_down(page, pool)
    primary(second, pool).click()
    card(second, pool).locator(".po-form [data-send-step]").click()
    expect(card(second, pool).get_by_role("alert")).to_contain_text("已有人先处理")
    found("negative", 0, 3, pool)
    expect(page.one(f".po-cards [data-barcode='{pool}']")).to_have_count(0)
    page.one("[data-show='closed']").click()
    expect(card(page, pool)).to_contain_text("新结果阴性，自动结束")


def test_a_town_reads_where_people_are_to_be_held_and_nothing_else(visitor, found):
    pool = found("positive", site="L4")
    town = visitor(who="postown")
    town.go("/findings", campaign=ROUND)
    expect(town.one(".findings-table")).to_contain_text("相关人员请就地留置")
    expect(town.one("body")).not_to_contain_text(pool)
    expect(town.one("body")).not_to_contain_text("阳性")
    town.go("/positives", campaign=ROUND)
    expect(town.one("main")).not_to_contain_text(pool)
    expect(town.one(".main-empty")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "theme", "size"), [("zh", "light", (1440, 900)), ("en", "dark", PHONE)], ids=["desk", "phone"]
)
def test_everything_is_whole_and_reachable(page: Look, found, lang: str, theme: str, size: tuple[int, int]):
    pool = found("positive", 50)
    found("single_target", 20, 1)
    found("invalid")
    page.size(*size)
    page.go("/positives", campaign=ROUND, lang=lang, theme=theme)
    card(page, pool).locator("[data-history]").click()
    card(page, pool).locator(".po-foot [data-form='closed']").click()
    assert page.wider_than_screen() == []
    assert page.cut_off() == []
    assert_no_violations(page, "tasks with a form and a history open")
    if size == PHONE:
        for button in page.one(".po button").locator("visible=true").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 43.5, button.inner_text()
    page.shot(f"positives-{size[0]}-{lang}-{theme}")
