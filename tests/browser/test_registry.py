"""The registry of laboratories as people meet it: chosen, read, written through its forms."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, Look
from playwright.sync_api import Locator, expect
from town_scene import OTHER_TOWN, TOWN, Work, work

from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.ingest.registry import Writer, change_labs
from domain.clock import system_clock

AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}, "resultTypes": ["violations"]}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own: L-1 with a mark and an item without one, L-2 with nothing on record."""
    made = work(scene.database, ["甲"], ["乙"])
    labs = f"lab,name,name_en,towns,host_town\nL-1,第一检测,First,{TOWN},{TOWN}\nL-2,第二检测,Second,{OTHER_TOWN},\n"
    sender = Sender("operator")
    import_file(scene.database, made.id, What.LABS, labs.encode(), "labs.csv", sender, system_clock)
    today = made.campaign.local(system_clock()).date()

    def on(years: int, days: int = 1) -> str:
        return (today - timedelta(days=days)).replace(year=today.year - years, day=1).isoformat()

    def passed(item: str, day: str) -> dict[str, object]:
        return {"key": f"{item}{day}", "lab": "L-1", "what": "assessment", "item": item, "organiser": "省中心",
                "range": "province", "region": "广东省", "on": day, "took_part": True, "passed": True}  # fmt: skip

    changes: list[object] = [
        {"key": "s", "lab": "L-1", "what": "standing", "level": 2, "listed": True, "capacity_per_day": 5000},
        {"key": "l", "lab": "L-1", "what": "licence", "number": HOSTILE,
         "valid_until": (today + timedelta(days=12)).isoformat()},
        *(passed("新冠核酸", day) for day in (on(3), on(2), on(1), today.isoformat())),
        *(passed("血糖", day) for day in (on(3), on(1), today.isoformat())),
    ]  # fmt: skip
    assert not change_labs(scene.database, made.id, changes, Writer(sender, "陈某"), system_clock).rejected
    return made


def detail(page: Look) -> Locator:
    return page.one(".lab-detail")


def fill(page: Look, **fields: str) -> None:
    for name, value in fields.items():
        control = page.one(f"#lab-{name}")
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def violations(page: Look) -> list[str]:
    found = AXE.run(page.page, options=RULES)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def test_marks_reasons_and_what_expires_stand_in_words(page: Look, job: Work):
    page.go("/labs", campaign=job.id)
    line = page.one("[data-lab-line=L-1]")
    expect(line).to_contain_text("许可证 12 天后到期")
    expect(line).to_contain_text("广东省HR 新冠核酸")
    year = job.campaign.local(system_clock()).year - 2
    expect(detail(page)).to_contain_text(f"无 HR：{year} 年未参加室间质评")
    expect(detail(page)).to_contain_text(HOSTILE)
    page.one("[data-lab-choose=L-2]").click()
    expect(detail(page)).to_contain_text("第二检测")
    expect(detail(page)).to_contain_text("未登记")
    page.page.reload()
    page.drawn()
    expect(detail(page)).to_contain_text("第二检测")


def test_a_failed_round_is_recorded_refused_first_then_corrected(page: Look, job: Work):
    page.go("/labs", campaign=job.id)
    today = job.campaign.local(system_clock()).date().isoformat()
    detail(page).locator(".lab-card-rounds [data-lab-form][data-entry='']").click()
    expect(page.one("#lab-item")).to_be_focused()
    fill(page, item="乙肝", organiser="省中心", range="province", region="广东省", on=today, took_part="true")
    page.one(".lab-form [type=submit]").click()
    expect(page.one("[data-field=passed] .error")).to_be_visible()
    assert violations(page) == []
    fill(page, passed="false")
    page.one(".lab-form [type=submit]").click()
    expect(page.one(".lab-drawer")).to_have_count(0)
    round_ = detail(page).locator(".rounds-table tr", has_text="乙肝")
    expect(round_).to_contain_text("未整改")
    expect(page.one("[data-lab-line=L-1]")).to_contain_text("另 ")
    round_.locator("[data-lab-form]").click()
    expect(page.one("#lab-item")).to_have_value("乙肝")
    fill(page, corrective="重做校准", corrected_on=today)
    page.one(".lab-form [type=submit]").click()
    expect(round_).to_contain_text(f"{today} 重做校准")
    expect(detail(page).locator(".lab-history li").first).to_contain_text("室间质评 乙肝")


def test_a_town_is_bound_to_another_laboratory(page: Look, job: Work):
    page.go("/labs", campaign=job.id)
    page.one("[data-lab-choose=L-2]").click()
    # Until its record has come, the record of the other one stands there, with the same button.
    expect(detail(page)).to_contain_text("第二检测")
    detail(page).locator("[data-lab-form=binding]").click()
    page.one("#lab-town").select_option(TOWN)
    page.one(".lab-form [type=submit]").click()
    expect(page.one(".lab-drawer")).to_have_count(0)
    expect(detail(page).locator(".lab-card-towns li")).to_have_count(2)
    page.one("[data-lab-choose=L-1]").click()
    expect(detail(page).locator(".lab-card-towns")).to_contain_text("已结束")


@pytest.mark.parametrize(
    ("lang", "theme", "size"),
    [("zh", "light", (1440, 900)), ("en", "dark", PHONE)],
    ids=["zh-light", "en-dark-phone"],
)
def test_the_page_looks_right_and_offers_only_what_one_may(
    visitor, job: Work, lang: str, theme: str, size: tuple[int, int]
):
    page = visitor(who="admin", viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page.go("/labs", campaign=job.id, lang=lang)
    expect(detail(page).locator("[data-lab-form=licence]")).to_be_visible()
    expect(page.one(".at-labs-list [href*='/import']")).to_be_hidden()
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert page.page.evaluate(wide) <= 0
    assert violations(page) == []
    page.shot(f"labs-{lang}-{theme}")
