"""The import page: a file is tried first, then taken in; bad rows are named and given back."""

import csv
import io
from pathlib import Path

import pytest
import scenery
import sqlalchemy as sa
from look import Look
from playwright.sync_api import expect

from data.ingest.files import What
from data.models import Report


@pytest.fixture
def campaign(scene, number) -> str:
    """A campaign of this test alone, with two sites."""
    made = scenery._day(f"import-{number}", "导入演练", "Import drill", began=4)
    scenery._create(scene.database, made)
    scenery._import(
        scene.database, made.id, What.PLACES,
        "district,district_name,town,town_name,site,site_name,lanes\n9902,甲区,9902001,乙镇,A1,东点,9\n9902,甲区,9902001,乙镇,A2,西点,9\n",
    )  # fmt: skip
    hour = made.local(made.start_of(0)).isoformat()
    scene.hour = hour
    return made.id


def kept(scene, campaign: str) -> int:
    with scene.database.read() as session:
        return (
            session.scalar(sa.select(sa.func.count()).select_from(Report).where(Report.campaign_id == campaign)) or 0
        )


def choose(page: Look, text: str | bytes, name: str = "sent.csv") -> None:
    body = text.encode() if isinstance(text, str) else text
    page.one("#upload-file input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": body})


def counts(page: Look) -> dict[str, int]:
    page.page.wait_for_selector("#upload-result .result")
    labels, values = page.all(".result .l"), page.all(".result .v")
    return {label: int(value.replace(",", "")) for label, value in zip(labels, values, strict=True)}


def rows(scene) -> str:
    return (
        "site,hour,persons,tubes\n"
        f"A1,{scene.hour},120,13\n"
        f"A2,{scene.hour},abc,9\n"
        f"Z9,{scene.hour},50,5\n"
    )  # fmt: skip


def test_a_file_is_tried_first_and_nothing_of_it_kept(page: Look, scene, campaign: str):
    page.go("/import", campaign=campaign)
    expect(page.page.get_by_role("button", name="导入", exact=True)).to_be_disabled()
    choose(page, rows(scene))
    assert counts(page) == {"总行数": 3, "写入": 1, "未变": 0, "空行跳过": 0, "拒绝": 2}
    assert page.text("#upload-result h2") == "试运行：sent.csv"
    refused = [
        [cell.inner_text() for cell in row.locator("td").all()] for row in page.one(".refused-table tbody tr").all()
    ]
    assert [row[:3] for row in refused] == [["3", "persons", "abc"], ["4", "site", "Z9"]]
    assert "不是数字" in refused[0][3]
    assert "请" in refused[0][3]
    assert "不在本轮次中" in refused[1][3]
    assert kept(scene, campaign) == 0
    page.shot("import-tried")


def test_pressing_import_keeps_the_good_rows(page: Look, scene, campaign: str):
    page.go("/import", campaign=campaign)
    choose(page, rows(scene))
    counts(page)
    button = page.page.get_by_role("button", name="导入", exact=True)
    button.click()
    expect(page.one("#upload-result h2")).to_have_text("已导入：sent.csv")
    assert kept(scene, campaign) == 1
    expect(button).to_be_disabled()
    page.one(".nav").get_by_role("link", name="总览").click()
    page.reads("/", campaign=campaign)
    assert page.value("persons") == "120"


def test_the_messages_are_in_the_language_of_the_page(page: Look, scene, campaign: str):
    page.go("/import", campaign=campaign, lang="en")
    choose(page, rows(scene))
    said = counts(page)
    assert len(said) == 5
    assert "not a number" in page.text(".refused-table")
    expect(page.page.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_refused_rows_come_back_as_a_file_that_can_be_mended_and_sent_again(
    page: Look, scene, campaign: str, tmp_path: Path
):
    page.go("/import", campaign=campaign)
    choose(page, rows(scene))
    counts(page)
    with page.page.expect_download() as coming:
        page.page.get_by_role("button", name="下载被拒绝的行").click()
    assert coming.value.suggested_filename == "sent.csv.rejected.csv"
    path = tmp_path / "rejected.csv"
    coming.value.save_as(path)
    text = path.read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["site"] for row in table] == ["A2", "Z9"]
    mended = text.replace("abc", "80", 1).replace("Z9", "A1", 1).replace(",50,", ",120,", 1).replace(",5,", ",13,", 1)
    page.go("/import", campaign=campaign)
    choose(page, mended, "mended.csv")
    assert counts(page)["拒绝"] == 0


def test_a_mapping_says_which_column_is_which(page: Look, scene, campaign: str):
    page.go("/import", campaign=campaign)
    page.one("#upload-mapping").fill(
        f'[columns]\nsite = "Punkt"\npersons = "Leute"\n[constants]\nhour = "{scene.hour}"\n'
        '[options]\ndelimiter = ";"\n'
    )
    choose(page, "Punkt;Leute\nA1;33\nA2;44\n")
    assert counts(page)["写入"] == 2
    page.page.get_by_role("button", name="导入", exact=True).click()
    expect(page.one("#upload-result h2")).to_have_text("已导入：sent.csv")
    assert kept(scene, campaign) == 2


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.csv", "文件是空的"),
        (b"\x00\x01\x02\x03" * 200, "noise.csv", "不是可读取的表格文件"),
        (b"PK\x03\x04 broken", "broken.xlsx", "不是可读取的表格文件"),
        (b'site,hour\n"A1,2\nA2,3\n', "quotes.csv", "双引号"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(
    page: Look, campaign: str, content: bytes, name: str, said: str
):
    page.go("/import", campaign=campaign)
    choose(page, content, name)
    alert = page.page.locator("#upload-result [role=alert]")
    expect(alert).to_contain_text(said)
    expect(alert).to_contain_text("请")
    expect(page.page.get_by_role("button", name="导入", exact=True)).to_be_disabled()


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("[columns\nsite = 1", "不是有效的 TOML"),
        ('[columns]\nsite = "Nowhere"\n', "文件中没有“Nowhere”这一列"),
        ('[columns]\nsize = "site"\n', "对应表中的字段“size”不存在"),
    ],
)
def test_a_wrong_mapping_is_told_and_mended_in_place(page: Look, scene, campaign: str, mapping: str, said: str):
    page.go("/import", campaign=campaign)
    page.one("#upload-mapping").fill(mapping)
    choose(page, rows(scene))
    expect(page.page.locator("#upload-result [role=alert]")).to_contain_text(said)
    page.one("#upload-mapping").fill("")
    page.one("#upload-mapping").blur()
    assert counts(page)["写入"] == 1
