"""The bulletin page: three people publish an hour, it prints on one page, its text is copied, it is replaced."""

import io
import itertools
import re
from dataclasses import dataclass, replace
from types import SimpleNamespace

import openpyxl
import pytest
import scenery
from axe_playwright_python.sync_playwright import Axe
from docx import Document
from look import DRESSES, PHONE, SCREENS, SPOKEN, VIOLATIONS, Look
from playwright.sync_api import expect

from data import accounts
from data.ingest.reports import ingest_reports
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.permissions import Role

_numbers = itertools.count(1)

FREEZE, REVIEW, SIGN = "[data-act$='/bulletins']", "[data-act$='/review']", "[data-act$='/sign']"


@dataclass
class Office:
    """A district of its own with four reported hours, its three people, and one site that owes the last one."""

    scene: SimpleNamespace
    campaign: Campaign
    people: dict[str, str]
    last: int = 3

    def report(self, *rows: dict[str, object]) -> None:
        said = ingest_reports(self.scene.database, self.campaign.id, rows, scenery.OPERATOR, system_clock)
        assert not said.rejected, said.rejected

    def row(self, site: str, period: int, persons: int, **more: object) -> dict[str, object]:
        return scenery.row(self.campaign, site, period, persons, **more)

    def label(self) -> str:
        """What the last hour is called."""
        return str(self.last + 1)


@pytest.fixture
def office(scene: SimpleNamespace) -> Office:
    number = next(_numbers)
    # Due at once: in the first minutes of an hour its reports would not be due, and there were nothing to publish.
    day = scenery._day(f"office-{number}", "公报演练", "Bulletin drill", began=4)
    campaign = replace(day, due_minutes=0)
    scenery._create(scene.database, campaign)
    scenery._sites(scene.database, campaign.id)
    people = {"drafter": Role.DISTRICT, "reviewer": Role.DISTRICT, "leader": Role.LEADER, "town": Role.TOWN}
    made = Office(scene, campaign, {who: f"{who}-{number}" for who in people})
    with scene.database.write() as session:
        for who, role in people.items():
            accounts.create(
                session, login=made.people[who], role=role, campaign_id=campaign.id, now=system_clock(),
                place=scenery.TOWN if role is Role.TOWN else scenery.DISTRICT, actor="operator",
                password=scenery.PASSWORD, name={"drafter": "吴", "reviewer": "梁", "leader": "陈"}.get(who, who),
            )  # fmt: skip
    made.report(*(made.row(s, k, 40) for s in scenery.LIVE_SITES for k in range(4) if (s, k) != ("L6", 3)))
    return made


@pytest.fixture
def at_desk(visitor, office: Office):
    """`at_desk("leader")` is the bulletin page as that person sees it."""

    def open_(who: str = "drafter", hour: bool = True, **options: object) -> Look:
        query = {"lang": options.pop("lang", "zh"), "theme": options.pop("theme", "")}
        look = visitor(who=office.people[who], **options)
        start = office.campaign.local(office.campaign.start_of(office.last)).isoformat()
        return look.go("/bulletin", campaign=office.campaign.id, hour=start if hour else "", **query)

    return open_


def publish(at_desk, *, reason: str = "") -> tuple[Look, Look, Look]:
    drafter, reviewer, leader = at_desk("drafter"), at_desk("reviewer"), at_desk("leader")
    if reason:
        drafter.page.fill("textarea[name=reason]", reason)
    drafter.page.click(FREEZE)
    expect(reviewer.one(REVIEW)).to_be_visible()
    reviewer.page.click(REVIEW)
    expect(leader.one(SIGN)).to_be_visible()
    leader.page.click(SIGN)
    for look in (drafter, reviewer, leader):
        expect(look.one(".publishing")).to_contain_text("已签发，不再改动")
    return drafter, reviewer, leader


def test_three_people_publish_an_hour(at_desk, office: Office):
    drafter = at_desk("drafter")
    assert "预览，未冻结" in drafter.text(".sheet .note")
    leader = at_desk("leader")
    expect(leader.one(FREEZE)).to_be_hidden()
    drafter, _, leader = publish(at_desk)
    assert drafter.all(".publishing dd")[2:] == [f"{n} {t}" for n, t in zip(
        "吴梁陈", [said.split()[-1] for said in drafter.all(".publishing dd")[2:]], strict=True)]  # fmt: skip
    expect(drafter.one(".issues .on")).to_contain_text(f"第 {office.label()} 期")
    expect(drafter.one(".issues .on")).to_contain_text("一致")
    drafter.shot("bulletin-published", full=True)


def test_the_same_person_is_told_why_he_cannot_go_on(at_desk):
    drafter = at_desk("drafter")
    drafter.page.click(FREEZE)
    expect(drafter.one(REVIEW)).to_be_visible()
    drafter.allow("409")
    drafter.page.click(REVIEW)
    said = drafter.one(".act .said.crit")
    expect(said).to_contain_text("须由不同的人完成")


def test_the_overview_says_that_the_hour_is_published(at_desk, office: Office):
    _, _, leader = publish(at_desk)
    leader.go("/", campaign=office.campaign.id)
    assert f"第 {office.label()} 期" in leader.text(".asof .published")
    assert "已发布" in leader.text(".asof .published")


def test_a_correction_is_seen_explained_and_replaces_the_issue(at_desk, office: Office):
    drafter, _, _ = publish(at_desk)
    assert "−" not in drafter.text(".compare tbody")
    office.report(
        office.row("L6", 3, 25),
        office.row("L1", 3, 50, key="fix", correction_of="L1/3", note="第三联点错，重报"),
    )
    first = drafter.one(".compare tbody tr:has(td)").first
    expect(first).to_contain_text("+35")
    expect(first).to_contain_text("测试点6 +25")
    expect(drafter.one(".log")).to_contain_text("第三联点错，重报")
    expect(drafter.one(".log")).to_contain_text("补报")
    expect(drafter.one(".halves ins").first).to_be_visible()
    expect(drafter.one(".issues .on")).to_contain_text("处有变")
    old = drafter.text(".halves > div:first-child p")
    drafter.page.close()
    drafter, _, leader = publish(at_desk, reason="测试点6 补报")
    assert leader.all(".issues li b, .issues li span:first-child")[0] == f"第 {office.label()}.1 期"
    expect(leader.one(".issues li").nth(1)).to_contain_text(f"被 {office.label()}.1 取代")
    expect(leader.one(".log .group")).to_contain_text("测试点6 补报")
    expect(leader.one("[data-issue]:not([hidden]) .of-corrections")).to_contain_text("第三联点错")
    leader.page.get_by_role("button", name=f"第 {office.label()} 期", exact=True).click()
    shown = leader.one(".sheet-frame [data-issue]:not([hidden]) .sheet")
    expect(shown.locator(".note.strong")).to_contain_text("被取代")
    assert " ".join(shown.locator(".lead").inner_text().split()) == old


def test_a_number_on_the_page_is_the_number_in_every_file(at_desk):
    drafter, _, _ = publish(at_desk)
    persons = drafter.all(".sheet .of-towns .sum td")[3]
    with drafter.page.expect_download() as loading:
        drafter.page.get_by_role("link", name="Excel", exact=True).click()
    name = loading.value.suggested_filename
    assert re.search(r"-\d+-r\d+-zh\.xlsx$", name)
    book = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes()))
    assert int(persons.replace(",", "")) in [c.value for c in book["各镇街"]["D"]]
    drafter.page.get_by_label("附采样点明细").first.check()
    drafter.page.get_by_label("英文").first.check()
    with drafter.page.expect_download() as loading:
        drafter.page.get_by_role("link", name="Excel", exact=True).click()
    assert "Sites" in openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes())).sheetnames
    with drafter.page.expect_download() as loading:
        drafter.page.get_by_role("link", name="Word", exact=True).click()
    cells = [c.text for t in Document(loading.value.path()).tables for r in t.rows for c in r.cells]
    assert persons in cells


def test_the_short_text_is_copied(at_desk):
    drafter = at_desk("drafter", permissions=["clipboard-read", "clipboard-write"])
    said = drafter.text(".brief")
    drafter.page.click("[data-copy]")
    expect(drafter.one(".copying [role=status]").first).to_have_text("已复制")
    assert drafter.page.evaluate("navigator.clipboard.readText()") == said


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_the_sheet_prints_on_one_page_without_backgrounds(at_desk, lang: str, theme: str):
    leader = at_desk("leader", lang=lang, theme=theme)
    pdf = leader.page.pdf(format="A4", print_background=False, prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_full_sheet_of_the_demonstration_prints_on_one_page(page: Look, lang: str):
    page.go("/bulletin", lang=lang)
    pdf = page.page.pdf(format="A4", print_background=False, prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_paper_shows_the_sheet_alone_black_on_white(at_desk):
    leader = at_desk("leader", theme="dark")
    leader.page.emulate_media(media="print")
    for other in (".top", ".asof", ".at-bulletin-compare", ".at-bulletin-publish", ".at-bulletin-export"):
        assert not leader.one(other).first.is_visible(), other
    sheet = leader.one(".sheet").first
    assert sheet.is_visible()
    assert sheet.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"


def test_the_sheet_can_be_enlarged_and_closed_again(at_desk):
    leader = at_desk("leader")
    small = leader.one(".sheet").first.bounding_box()
    leader.page.click("[data-enlarge]")
    assert leader.one(".sheet").first.bounding_box()["width"] > 2 * small["width"]
    leader.page.keyboard.press("Escape")
    assert leader.one(".sheet").first.bounding_box() == small


def test_the_remark_is_added_to_a_draft_and_stands_on_the_sheet(at_desk):
    drafter = at_desk("drafter")
    drafter.page.click(FREEZE)
    drafter.page.fill("textarea[name=remark]", "下午有雨 <script>alert(1)</script>")
    drafter.page.click("[data-act$='/remark']")
    expect(drafter.one(".sheet .remark").first).to_contain_text("下午有雨 <script>alert(1)</script>")


def test_a_template_is_sent_filled_and_a_bad_one_named(at_desk):
    drafter, _, _ = publish(at_desk)
    drafter.page.click(".templates summary")
    for cell, fails in (("{{ nobody }}", True), ("{{ persons }}", False)):
        book = openpyxl.Workbook()
        book.active["A1"] = cell
        out = io.BytesIO()
        book.save(out)
        if fails:
            drafter.allow("400")
        file = {"name": "快报.xlsx", "mimeType": "application/octet-stream", "buffer": out.getvalue()}
        drafter.page.set_input_files("[data-upload]", files=[file])
        if fails:
            expect(drafter.one(".templates .said")).to_contain_text("nobody")
    fill = drafter.page.get_by_role("link", name="快报.xlsx")
    expect(fill).to_be_visible()
    with drafter.page.expect_download() as loading:
        fill.click()
    assert openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes())).active["A1"].value == 23 * 40
    drafter.page.get_by_role("button", name="可用字段").click()
    expect(drafter.one("#bulletin-fields")).to_contain_text("{{ persons }}")
    drafter.page.keyboard.press("Escape")
    drafter.page.get_by_role("button", name="删除 快报.xlsx").click()
    expect(drafter.one(".template-list")).to_be_hidden()


def test_a_town_sees_what_is_published_of_it_and_can_change_nothing(at_desk, visitor, office: Office):
    publish(at_desk)
    town = visitor(who=office.people["town"]).go("/bulletin", campaign=office.campaign.id)
    assert "不变" in town.text(".compare")
    assert scenery.OTHER_TOWN not in town.page.content()
    assert "西镇" not in town.text("#main")
    for step in (FREEZE, REVIEW, SIGN):
        assert town.one(step).count() == 0


def test_names_that_are_programs_are_only_names_on_the_page(at_desk, office: Office):
    odd = "<img src=x onerror=alert(1)> {{7*7}} =cmd|'/C calc'!A0"
    scenery._import(
        office.scene.database, office.campaign.id, scenery.What.PLACES,
        f"district,town,site,site_name\n{scenery.DISTRICT},{scenery.TOWN},L6,\"{odd}\"",
    )  # fmt: skip
    drafter = at_desk("drafter")
    assert odd in drafter.text(".sheet .lead")
    assert drafter.one("img").count() == 0


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_axe_finds_nothing_in_any_state(at_desk, office: Office, lang: str, theme: str):
    look = at_desk("drafter", theme=theme, lang=lang)
    looks = [violations(look)]
    look.page.click(FREEZE)
    expect(look.one(REVIEW)).to_be_visible()
    office.report(office.row("L6", 3, 25))
    expect(look.one(".halves ins").first).to_be_visible()
    looks.append(violations(look))
    look.page.click("[data-enlarge]")
    looks.append(violations(look))
    assert looks == [[], [], []]


def violations(look: Look) -> list[str]:
    found = Axe().run(look.page, options=VIOLATIONS).response["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']][:4]}" for v in found]


@pytest.mark.parametrize("lang", SPOKEN)
def test_nothing_is_cut_off_or_wider_than_the_screen(at_desk, office: Office, lang: str):
    look = at_desk("drafter", lang=lang)
    look.page.click(FREEZE)
    expect(look.one(REVIEW)).to_be_visible()
    office.report(office.row("L6", 3, 25))
    expect(look.one(".halves ins").first).to_be_visible()
    for size in SCREENS:
        look.size(*size)
        assert look.wider_than_screen() == [], size
        assert [said for said in look.cut_off() if "sheet" not in said] == [], size
        look.shot(f"bulletin-{lang}-{size[0]}", full=True)


def test_on_a_phone_everything_pressed_is_large_enough(at_desk):
    look = at_desk("drafter", viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True)
    small = look.page.evaluate(
        """() => [...document.querySelectorAll("#main :is(a, button, summary, select)")]
          .filter((node) => node.checkVisibility() && !node.closest(".sheet"))
          .map((node) => [node.textContent.trim().slice(0, 20), node.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5).map(([said, box]) => `${said} ${box.height}`)"""
    )
    assert small == []
