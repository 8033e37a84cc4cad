"""Tubes as people meet them: the page of backlogs, its choice of laboratory, and the panels on other pages."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, Look
from playwright.sync_api import expect
from scenery import BARE
from town_scene import OTHER_TOWN, TOWN, Work, work

from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.ingest.tubes import Writer, ingest_tubes
from domain.clock import system_clock

AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}, "resultTypes": ["violations"]}
STEPS = ("sampled", "collected", "received", "testing", "result")


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """Sixty tubes of W1 from the first hour on, a fifth of them at each step; three of W2 for another laboratory."""
    made = work(scene.database, ["甲"], ["乙"])
    labs = (
        f"lab,name,name_en,towns,capacity_per_day\nL-1,第一检测,First,{TOWN},240\nL-2,第二检测,Second,{OTHER_TOWN},\n"
    )
    import_file(scene.database, made.id, What.LABS, labs.encode(), "labs.csv", Sender("operator"), system_clock)
    begin = made.campaign.starts_at

    def event(barcode: str, kind: str, minutes: int, site: str = "W1") -> dict[str, object]:
        at = made.campaign.local(begin + timedelta(minutes=minutes)).isoformat()
        row = {"event_id": f"{barcode}/{kind}", "barcode": barcode, "type": kind, "at": at}
        place = (
            {"site": site} if kind == "sampled" else {"lab": "L-1"} if kind not in ("collected",) else {"box": "B1"}
        )
        return row | place | ({"result": "negative"} if kind == "result" else {})

    rows = [
        event(f"44060799{n:04}", kind, n + 20 * k) for n in range(60) for k, kind in enumerate(STEPS[: n % 5 + 1])
    ]
    rows += [event(f"44060798{n:04}", "sampled", 150, "W2") for n in range(3)]
    done = ingest_tubes(scene.database, made.id, list(enumerate(rows)), Writer("gateway"), system_clock)
    assert not done.rejected, done.rejected
    made.send(made.row("W1", 600))
    return made


def violations(page: Look) -> list[str]:
    found = AXE.run(page.page, options=RULES)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def fits(page: Look) -> bool:
    return bool(page.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_laboratory_is_chosen_in_the_address_and_kept_in_another_language(page: Look, job: Work):
    page.go("/tubes", campaign=job.id)
    expect(page.one(".at-tube-kpis")).to_contain_text("12 管超 2小时")
    page.page.get_by_role("navigation", name="选择实验室").get_by_role("link", name="第二检测").click()
    page.drawn()
    assert "lab=L-2" in page.page.url
    expect(page.one(".at-tube-flow h2")).to_have_text("各环节积压 · 第二检测")
    expect(page.one(".at-tube-kpis .kpi").first).to_contain_text("3")
    page.page.get_by_role("link", name="EN", exact=True).click()
    page.drawn()
    expect(page.one(".lab-choice [aria-current]")).to_have_text("Second")


def test_the_second_level_leads_to_what_the_reader_may_open(visitor, job: Work):
    district = visitor()
    district.go("/tubes", campaign=job.id)
    tabs = district.page.locator(".tube-tabs .seg > *")
    expect(tabs).to_have_text(["积压与产能", "三方对账", "匹配试算", "阳性处置", "实验室名录", "查试管"])
    expect(district.one(".tube-tabs [aria-current=page]")).to_have_text("积压与产能")
    expect(district.one(".nav .on")).to_have_text("试管与实验室")
    auditor = visitor(who="auditor")
    auditor.go("/tubes", campaign=job.id)
    expect(auditor.one(".tube-tabs")).to_contain_text("三方对账")
    expect(auditor.one(".tube-tabs")).not_to_contain_text("阳性处置")


def test_without_tube_events_the_page_says_what_would_bring_them(page: Look):
    page.go("/tubes", campaign=BARE)
    expect(page.one(".at-tube-flow")).to_contain_text("尚无试管记录")
    expect(page.one(".at-tube-capacity")).to_contain_text("没有服务于此处的实验室")
    page.go("/", campaign=BARE)
    expect(page.page.locator(".at-pipeline")).to_be_hidden()
    expect(page.page.locator(".at-hours")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "theme", "size"),
    [("zh", "light", (1440, 900)), ("en", "dark", PHONE)],
    ids=["zh-light-1440", "en-dark-390"],
)
def test_the_pages_of_tubes_fit_and_are_accessible(visitor, job: Work, lang: str, theme: str, size: tuple[int, int]):
    page = visitor(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    for path, place, panel in (
        ("/tubes", "", ".age .graph"), ("/", "", ".pipe"), ("/town", TOWN, ".n-gap"), ("/site", "W1", ".site-boxes"),
    ):  # fmt: skip
        page.go(path, campaign=job.id, lang=lang, **({"place": place} if place else {}))
        expect(page.page.locator(panel).first).to_be_attached()
        assert fits(page), path
        assert violations(page) == [], path


def test_the_overview_shows_the_pipeline_where_the_hours_were(page: Look, job: Work):
    page.go("/", campaign=job.id)
    expect(page.one(".at-pipeline")).to_contain_text("63 管")
    expect(page.one(".at-labs")).to_contain_text("第一检测")
    expect(page.one(".at-kpis")).to_contain_text("在途管数")
    expect(page.one(".at-findings")).to_contain_text("未收样")
    page.one(".at-labs .ld-name a").first.click()
    page.drawn()
    assert "lab=" in page.page.url


def test_the_town_and_the_site_stand_beside_what_laboratories_received(page: Look, job: Work):
    page.go("/town", campaign=job.id, place=TOWN)
    row = page.one("tr.work[data-site=W1]")
    expect(row.locator(".n-used")).to_have_text("60")
    expect(row.locator(".n-received")).to_have_text("36")
    expect(row.locator(".n-gap")).to_contain_text("−24")
    expect(page.one(".town-tiles")).to_contain_text("60 / 0 / 36")
    page.go("/site", campaign=job.id, place="W1")
    expect(page.one(".site-boxes")).to_contain_text("B1")
    expect(page.one(".site-tubes .ph")).to_contain_text("60 管")
