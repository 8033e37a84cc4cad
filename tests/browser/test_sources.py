"""The page of sources in a real browser: defined, tried, run, paused, its refused rows read."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import DRESSES, PHONE, SCREENS, Look
from playwright.sync_api import expect
from town_scene import DISTRICT, TOWN, Work, work

from data import campaigns, sources
from data.ingest.batch import Sender
from data.pull.asking import Surroundings
from data.pull.worker import Worker
from domain.clock import system_clock

QUERY = "SELECT site, hour, persons, tubes FROM hours"
AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}, "resultTypes": ["violations"]}


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own."""
    return work(scene.database, ["甲", "乙"], ["丙"])


@pytest.fixture
def feed(tmp_path: Path, job: Work) -> Path:
    """Another system's database: an hour of two sites, one of them unknown here."""
    path = tmp_path / "feed.db"
    say(path, job, "W1", 400)
    say(path, job, "W9", 7)
    return path


def say(path: Path, job: Work, site: str, persons: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS hours (site PRIMARY KEY, hour, persons, tubes)")
        connection.execute(
            "INSERT OR REPLACE INTO hours VALUES (?, ?, ?, ?)", (site, job.hour, persons, persons // 10)
        )
    connection.close()


@pytest.fixture
def fetching(scene: SimpleNamespace, tmp_path: Path) -> Iterator[None]:
    """The process that fetches, at work."""
    worker = Worker(scene.database, Surroundings((tmp_path,)), system_clock)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield
    worker.stop.set()
    thread.join()


def make(scene: SimpleNamespace, job: Work, **fields: object) -> int:
    stated = {"kind": "sql", "what": "reports", "place": DISTRICT, "address": "sqlite:///feed.db", "query": QUERY,
              "name": "市登记系统", **fields}  # fmt: skip
    with scene.database.write() as session:
        row = campaigns.lock(session, job.id)
        tree = campaigns.tree_of(session, row)
        sender = Sender("operator")
        made, _ = sources.create(session, row, tree, "", sources.check(stated, tree, sender), sender, system_clock())
        return made.id


def violations(page: Look) -> list[str]:
    found = AXE.run(page.page, options=RULES)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def drawer(page: Look) -> None:
    expect(page.one(".source-drawer form")).to_be_visible()


def test_a_source_is_tried_saved_pulled_paused_and_removed(page: Look, job: Work, feed: Path, fetching: None):
    page.go("/sources", campaign=job.id)
    expect(page.one(".at-sources-list")).to_contain_text("还没有数据源")
    page.one("[data-source-form]").click()
    drawer(page)
    expect(page.one("#source-name")).to_be_focused()
    page.one("#source-name").fill("市登记系统")
    page.one("#source-address").fill("sqlite:///feed.db")
    page.one("#source-query").fill(QUERY)
    page.one("[data-source-try]").click()
    expect(page.one(".trial .first-rows tbody tr")).to_have_count(2)
    expect(page.one(".trial")).to_contain_text("可写入 1")
    expect(page.one(".refusals")).to_contain_text("W9")
    page.shot("sources-trial-zh")
    assert violations(page) == []
    page.one(".source-form [type=submit]").click()
    expect(page.one(".source-drawer")).to_have_count(0)
    line = page.one(".sources-table tbody tr")
    expect(line).to_contain_text("有行被拒")
    expect(line).to_contain_text("市登记系统")
    expect(line.locator(".refused-link")).to_have_text("1")
    # What changed over there comes with the next pull, as a correction.
    say(feed, job, "W1", 420)
    line.locator("[data-source-do=run]").click()
    expect(page.one(".runs-table tbody tr").first).to_contain_text("手动")
    expect(page.one(".sources-table tbody tr")).to_contain_text("其中更正 1")
    page.one("[data-source-do=pause]").click()
    expect(page.one(".sources-table tbody tr")).to_contain_text("已暂停")
    page.one("[data-source-do=resume]").click()
    expect(page.one(".sources-table tbody tr")).to_contain_text("有行被拒")
    page.one("[data-source-form]:not(.pri)").click()
    drawer(page)
    page.one("[data-source-remove]").click()
    expect(page.one("[data-source-remove]")).to_contain_text("确定删除")
    page.one("[data-source-remove]").click()
    expect(page.one(".at-sources-list")).to_contain_text("还没有数据源")


def test_the_refused_rows_come_as_a_file(page: Look, scene: SimpleNamespace, job: Work, feed: Path, fetching: None):
    make(scene, job)
    page.go("/sources", campaign=job.id)
    link = page.one(".sources-table .refused-link")
    expect(link).to_have_text("1")
    with page.page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".rejected.csv")
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "W9" in content.splitlines()[1]
    assert content.splitlines()[0].startswith("site,hour,persons,tubes,rejected_line")


def test_what_is_wrong_stands_beside_its_field(page: Look, job: Work):
    page.allow("400")
    page.go("/sources", campaign=job.id, lang="en")
    page.one("[data-source-form]").click()
    drawer(page)
    page.one("#source-name").fill("Register")
    page.one("#source-address").fill("postgresql+psycopg://reader:hunter2@db/x")
    page.one("#source-query").fill("SELECT 1")
    page.one(".source-form [type=submit]").click()
    wrong = page.one("[data-field=address]")
    expect(wrong.locator(".error")).to_contain_text("plain text")
    expect(page.one("#source-address")).to_be_focused()
    expect(page.one("#source-address")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.one("#source-address").fill("postgresql+psycopg://reader:${SOURCE_PW}@db/x")
    page.one("#source-query").fill("DELETE FROM x")
    page.one(".source-form [type=submit]").click()
    expect(page.one("[data-field=query] .error")).to_be_visible()
    expect(wrong.locator(".error")).to_have_count(0)


def test_each_kind_shows_its_own_fields_and_escape_closes(page: Look, job: Work):
    page.go("/sources", campaign=job.id)
    opener = page.one("[data-source-form]")
    opener.focus()
    page.page.keyboard.press("Enter")
    drawer(page)
    own = {"sql": "#source-query", "http": "#source-headers", "folder": "#source-pattern"}
    for kind, field in own.items():
        page.one("#source-kind").select_option(kind)
        for other in own.values():
            expect(page.one(other)).to_be_visible(visible=other == field)
        assert violations(page) == []
    page.page.keyboard.press("Escape")
    expect(page.one(".source-drawer")).to_have_count(0)
    expect(opener).to_be_focused()


def test_what_is_typed_is_not_lost_when_the_page_moves_on(page: Look, scene: SimpleNamespace, job: Work, feed: Path):
    page.go("/sources", campaign=job.id)
    page.one("[data-source-form]").click()
    drawer(page)
    page.one("#source-name").fill("half written")
    make(scene, job, name="made meanwhile")
    expect(page.one(".sources-table")).to_contain_text("made meanwhile")
    expect(page.one("#source-name")).to_have_value("half written")


def test_nobody_answers_a_trial_where_nobody_fetches(page: Look, job: Work):
    page.page.clock.install()
    page.go("/sources", campaign=job.id)
    page.one("[data-source-form]").click()
    drawer(page)
    page.one("#source-kind").select_option("folder")
    page.one("#source-name").fill("x")
    page.one("#source-address").fill("x")
    page.one("[data-source-try]").click()
    expect(page.one(".trial")).to_contain_text("正在试取")
    page.page.clock.run_for(20_000)
    expect(page.one(".trial")).to_contain_text("manage.py pull")


def test_a_town_does_not_see_the_page(visitor, scene: SimpleNamespace):
    look = visitor(who="town")
    look.go("/sources", campaign="live", wait=False)
    expect(look.one(".main-empty")).to_be_visible()
    expect(look.one("[data-source-form]")).to_have_count(0)


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_the_page_is_whole_and_accessible_in_every_size(
    page: Look, scene: SimpleNamespace, job: Work, feed: Path, fetching: None, lang: str, theme: str
):
    make(scene, job, name="市登记系统（人口与采样点统一登记平台）")
    make(scene, job, name="Town tablets", place=TOWN, kind="folder", address="nowhere", every_minutes=30)
    make(scene, job, name="Secret", kind="http", address="https://api.example/hours?key=${SOURCE_KEY}")
    page.go("/sources", campaign=job.id, lang=lang, theme=theme)
    expect(page.one(".runs-table tbody tr")).to_have_count(3)
    for width, height in SCREENS:
        page.size(width, height)
        assert page.wider_than_screen() == [], (width, lang)
        assert page.cut_off() == [], (width, lang)
        assert violations(page) == [], (width, lang)
        page.shot(f"sources-{lang}-{theme}-{width}")
    page.one("[data-source-form]:not(.pri)").first.click()
    drawer(page)
    assert (page.page.viewport_size or {})["width"] == PHONE[0]
    assert page.wider_than_screen() == []
    assert violations(page) == []
    page.page.keyboard.press("Escape")
