"""One tube looked for, a laboratory at its desk, lists of tubes from a file, as people meet them."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from look import DRESSES, PHONE, Look
from playwright.sync_api import expect
from scenery import OPERATOR, PASSWORD, TOWN, _create, _day, _import, _sites
from test_access import assert_no_violations

from data import accounts
from data.ingest.files import What
from data.ingest.tubes import Writer, ingest_tubes
from domain.clock import system_clock
from domain.permissions import Role

ROUND = "tube-life"
"""A campaign of its own: what happens in it is on nobody else's page."""

LABS = f"lab,name,name_en,towns,capacity_per_day\nLAB-1,一号机构,Lab One,{TOWN},2400\n"
PEOPLE = (("lifelab", Role.LAB, "LAB-1"), ("lifesite", Role.SITE, "L2"), ("lifedistrict", Role.DISTRICT, "990001"))


def codes() -> list[str]:
    """Tubes of site L2: the first is reported, the second received, the third missing from its box."""
    return [f"99000100000{n}" for n in range(1, 6)]


@pytest.fixture(scope="module", autouse=True)
def made(scene: SimpleNamespace) -> None:
    _create(scene.database, _day(ROUND, "单管演练", "Tube drill", began=4))
    _sites(scene.database, ROUND)
    _import(scene.database, ROUND, What.LABS, LABS)
    with scene.database.write() as session:
        for login, role, place in PEOPLE:
            accounts.create(
                session, login=login, role=role, place=place, campaign_id=ROUND, now=system_clock(),
                actor=OPERATOR.name, password=PASSWORD, name=f"测试{login}",
            )  # fmt: skip
    now = system_clock().replace(second=0, microsecond=0)

    def rows():
        for n, code in enumerate(codes()):
            steps = [("sampled", 170, {"site": "L2", "lane": "1", "persons": 10, "pool_size": 10})]
            if n < 4:
                steps.append(("collected", 110, {"site": "L2", "box": "B1", "manifest": "M1"}))
            if n < 2:
                steps.append(("received", 70, {"lab": "LAB-1", "box": "B1", "manifest": "M1"}))
            if n < 1:
                steps += [("testing", 60, {"lab": "LAB-1"}), ("result", 5, {"lab": "LAB-1", "result": "negative"})]
            for kind, minutes, more in steps:
                at = (now - timedelta(minutes=minutes)).isoformat()
                yield {"event_id": f"{code}/{kind}", "barcode": code, "type": kind, "at": at} | more

    done = ingest_tubes(scene.database, ROUND, list(enumerate(rows())), Writer(OPERATOR.name), system_clock)
    assert not done.rejected, done.rejected


def drawn(page: Look, **query: str) -> None:
    """Wait until the panels are those of this question."""
    page.page.wait_for_function(
        """(wanted) => {
          const shown = document.body?.dataset.own ?? "";
          const asked = new URLSearchParams(shown);
          return shown && Object.entries(wanted).every(([name, value]) => asked.get(name) === value);
        }""",
        arg=query,
    )


def choose(page: Look, text: str, name: str = "list.csv") -> None:
    with page.page.expect_file_chooser() as opening:
        page.one("[data-list-choose]").click()
    opening.value.set_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def counts(page: Look) -> dict[str, str]:
    page.page.wait_for_selector(".tl-answer .result")
    return dict(zip(page.all(".tl-answer .l"), page.all(".tl-answer .v"), strict=True))


def local(minutes: float) -> str:
    """So many minutes ago as a spreadsheet writes it."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')) - timedelta(minutes=minutes):%Y/%m/%d %H:%M}"


def test_a_tube_is_found_by_its_last_digits_and_its_life_is_told(visitor):
    page: Look = visitor(who="lifedistrict")
    page.go("/tube", campaign=ROUND)
    drawn(page, lang="zh")
    page.one(".tl-find input").fill("0000")
    page.one(".tl-find button").click()
    drawn(page, barcode="0000")
    expect(page.one("#drawing-tube")).to_contain_text("没有找到")
    page.one(".tl-find input").fill("100000")
    expect(page.one(".tl-find button")).to_be_visible()
    page.one(".tl-find input").fill("00001")
    page.page.keyboard.press("Enter")
    drawn(page, barcode="00001")
    expect(page.one(".tl-strip")).to_contain_text("9900 0100 0001")
    assert page.all(".tl-events tbody tr td:nth-child(2)") == ["采样登记", "收走", "签收", "上机", "出结果"]
    expect(page.one(".tl-strip")).to_contain_text("阴性")
    page.one(".tools .seg a[lang=en]").click()
    drawn(page, barcode="00001", lang="en")
    expect(page.one(".tl-strip")).to_contain_text("negative")
    page.page.go_back()
    drawn(page, barcode="00001", lang="zh")


def test_a_laboratory_comes_to_its_desk_and_keeps_a_list_of_receipts(visitor):
    page: Look = visitor(who="lifelab")
    page.go("/")
    drawn(page, lang="zh")
    assert page.page.url.split("?")[0].endswith("/lab")
    expect(page.one(".lab-strip")).to_contain_text("一号机构")
    expect(page.one(".lab-boxes")).to_contain_text("9900 0100 0003")
    choose(page, f"条码,收样时间,箱码\n{codes()[2]},{local(3)},B1\n4.40607E+11,{local(3)},B1\n")
    assert counts(page) == {"总行数": "2", "写入": "0", "未变": "0", "拒绝": "2"}
    page.one("[data-list-zone]").select_option("Asia/Shanghai")
    expect(page.one(".tl-answer .v").nth(1)).to_have_text("1")
    expect(page.one(".tl-answer .refused-table")).to_contain_text("文本")
    expect(page.one(".lab-boxes")).to_contain_text("9900 0100 0003")
    page.one("[data-list-keep]").click()
    expect(page.one(".tl-answer h3")).to_have_text("已写入：list.csv")
    # The desk shows at once that the tube has come.
    expect(page.one(".lab-boxes")).not_to_contain_text("9900 0100 0003")
    with page.page.expect_download() as coming:
        page.one(".tl-answer a.btn").click()
    assert coming.value.suggested_filename == "list.csv.rejected.csv"
    page.one("#lab-received").fill("12")
    page.one("[data-lab-counts]").click()
    expect(page.one("[data-lab-said]")).to_have_text("已报送。")
    page.one("[data-lab-counts]").click()
    expect(page.one("[data-lab-said]")).to_contain_text("没有改动")


def test_a_site_looks_for_its_tubes_and_keeps_its_third_copies(visitor):
    page: Look = visitor(who="lifesite", viewport={"width": PHONE[0], "height": PHONE[1]})
    page.go("/tube", campaign=ROUND, barcode=codes()[0])
    drawn(page, barcode=codes()[0])
    expect(page.one(".tl-events")).to_contain_text("结果不对本角色显示")
    assert "阴性" not in page.text(".main")
    page.one("[data-list-zone]").select_option("Asia/Shanghai")
    choose(page, f"条码,时间\n{codes()[0]},{local(165)}\n")
    assert counts(page)["写入"] == "1"
    page.one("[data-list-keep]").click()
    expect(page.one(".tl-answer h3")).to_have_text("已写入：list.csv")
    expect(page.one(".tl-events")).to_contain_text("留存第三联")


@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_nothing_is_cut_off_and_axe_finds_nothing(visitor, lang: str, theme: str):
    size = PHONE if lang == "en" else (1440, 900)
    for who, path in (("lifedistrict", "/tube"), ("lifelab", "/lab")):
        page: Look = visitor(who=who, color_scheme=theme, viewport={"width": size[0], "height": size[1]})
        page.go(path, campaign=ROUND, barcode=codes()[1], lang=lang)
        drawn(page, lang=lang)
        assert page.wider_than_screen() == []
        assert page.cut_off() == []
        assert_no_violations(page, f"{path} {lang} {theme}")
        page.shot(f"{path[1:]}-{lang}-{theme}", full=True)
