"""Campaigns with nothing or little in them, and no campaign at all: what there is, and what to do next."""

import shlex
import subprocess
import sys
from functools import cache

import pytest
import scenery
from click.testing import CliRunner
from look import Look
from playwright.sync_api import expect

from data.database import Database
from data.ingest.files import What
from manage import cli

MANAGE = [sys.executable, str(scenery.ROOT / "manage.py")]


def commands(page: Look) -> list[str]:
    """Every command the page tells to run."""
    lines = [line for block in page.page.locator("pre code").all_inner_texts() for line in block.splitlines()]
    assert all(line.startswith("python manage.py ") for line in lines)
    return [line.removeprefix("python manage.py ") for line in lines]


@cache
def help_of(*names: str) -> str:
    done = CliRunner().invoke(cli, [*names, "--help"])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def assert_real(command: str) -> None:
    """The command line has this command with these options."""
    words = shlex.split(command)
    names = []
    for word in words:
        if word.startswith("--") or "." in word:
            break
        names.append(word)
    helped = help_of(*names)
    for option in (word for word in words if word.startswith("--")):
        assert option in helped, option


@pytest.mark.parametrize(("lang", "title"), [("zh", "还没有采样轮次"), ("en", "No campaign yet")])
@pytest.mark.parametrize("path", ["/", "/sites", "/import"])
def test_without_a_campaign_every_page_says_how_to_get_one(visitor, vacant, path: str, lang: str, title: str):
    page = visitor(vacant.address)
    page.go(path, campaign="", lang=lang)
    assert page.text("h1") == title
    assert len(commands(page)) == 4
    assert page.cut_off() == []
    page.shot(f"vacant-{lang}")


def test_the_commands_the_empty_product_names_exist_and_work(visitor, vacant):
    page = visitor(vacant.address)
    page.go(campaign="")
    told = commands(page)
    for command in told:
        assert_real(command)
    create = next(command for command in told if command.startswith("campaign create"))
    done = subprocess.run(
        [*MANAGE, *shlex.split(create)], capture_output=True, text=True, cwd=scenery.ROOT, env=vacant.environment,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page.page.reload()
    page.drawn()
    assert page.text(".brand .name") == "NAME"
    assert "import places" in page.text("pre code")


@pytest.fixture(scope="module")
def vacant(tmp_path_factory: pytest.TempPathFactory, chromium):
    url = f"sqlite:///{tmp_path_factory.mktemp('vacant') / 'campaign.db'}"
    database = Database(url)
    database.upgrade()
    scenery.people(database)
    database.engine.dispose()
    server = scenery.Server(url)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("path", ["/", "/sites", "/findings", "/site"])
def test_a_campaign_without_places_says_how_to_give_it_some(page: Look, path: str):
    for lang, said in (("zh", "这个轮次还没有采样点"), ("en", "This campaign has no sites yet")):
        page.go(path, campaign="empty", lang=lang)
        assert said in page.text(".main")
        (command,) = commands(page)
        assert command.endswith("--campaign empty")
        assert_real(command)
    page.shot("empty")
    page.one(".main").get_by_role("link").click()
    page.page.wait_for_url("**/import?**")
    expect(page.one("#upload-campaign")).to_have_value("empty")


def test_the_first_places_appear_by_themselves(page: Look, scene, number):
    campaign = scenery._day(f"first-{number}", "首批", "First", began=1)
    scenery._create(scene.database, campaign)
    page.go(campaign=campaign.id)
    expect(page.one(".main-empty")).to_be_visible()
    scenery._import(
        scene.database, campaign.id, What.PLACES,
        "district,district_name,town,town_name,site,site_name,target\n9901,甲区,9901001,乙镇,X1,丙点,500\n",
    )  # fmt: skip
    page.page.wait_for_selector("#panel-matrix .tm-body .tm")
    page.drawn()
    assert "乙镇" in page.text("#panel-matrix")


def test_a_campaign_with_sites_and_no_report_shows_dashes_not_zeros(page: Look):
    page.go(campaign="bare")
    assert page.text(".asof .until") == "尚无上报数据"
    assert page.value("persons") == "—"
    assert page.value("hour") == "—"
    assert page.text(".kpi-hero small") == "/ 3,600"
    assert page.text(".kpi-hero .n") == "尚无上报"
    assert page.all(".tm-body .share") == ["—", "—"]
    strip = page.one("#stale-strip")
    expect(strip).to_be_visible()
    assert "测试点" in strip.inner_text()


def test_a_campaign_without_targets_shows_totals_and_no_invented_hours(page: Look):
    page.go(campaign="small")
    assert page.value("persons") == "3,410"
    assert page.text(".kpi-hero .n") == "未设目标人数"
    assert page.one(".kpi .share").count() == 0
    assert page.one("#panel-progress .total").count() == 2
    assert "其间每小时的人数不得而知" in page.text("#panel-progress .foot")
    assert "没有逐小时的数字" in page.text("#panel-hours")
    assert "2,950" in page.text("#panel-progress")
    page.one("#panel-matrix [role=rowheader] a").first.click()
    page.page.wait_for_function("() => document.querySelector('.crumbs .here')?.textContent === 'Horny'")
    page.drawn()
    assert page.value("persons") == "2,950"


def test_a_page_that_does_not_exist_leads_back(page: Look):
    page.allow("404")
    page.go("/nowhere", wait=False)
    page.page.wait_for_function(
        "() => document.querySelector('h1, .state, .start, #_pages_content')?.innerText.trim()"
    )
    assert page.page.get_by_role("link").first.is_visible()


def test_an_unknown_campaign_or_place_in_the_address_shows_the_first_there_is(page: Look):
    page.go(campaign="no-such", place="no-such")
    assert page.one(".kpi").count() >= 5
