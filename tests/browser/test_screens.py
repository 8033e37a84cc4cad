"""The fleet of briefing screens and the remote in a real browser: joined by a code, driven, revoked."""

import json
import time
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PATIENCE, PHONE, VIOLATIONS, Look
from playwright.sync_api import expect
from town_scene import TOWN, Work, work

AXE = Axe()


@pytest.fixture
def job(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own."""
    return work(scene.database, ["甲", "乙"], ["丙"])


class Wall:
    """What a briefing screen asks, from the same browser's other cookie."""

    def __init__(self, page: Look) -> None:
        self.ask = page.page.context.request
        self.address = page.address

    def code(self) -> str:
        answer = self.ask.post(f"{self.address}/screen/code", data=json.dumps({}), headers=JSON)
        return str(answer.json()["code"])

    def state(self, **said: str) -> dict[str, object]:
        answer = self.ask.get(f"{self.address}/screen/state", params={"size": "1920x1080", **said})
        assert answer.status == 200, answer.text()
        return dict(answer.json())

    def reaches(self, **wanted: object) -> None:
        """Wait until it is told this: a worker asks the database twice a second."""
        end = time.monotonic() + PATIENCE / 1000
        while any((state := self.state(scene="wall-flow"))[name] != value for name, value in wanted.items()):
            assert time.monotonic() < end, (wanted, state)


JSON = {"Content-Type": "application/json"}


def violations(page: Look) -> list[str]:
    found = AXE.run(page.page, options=VIOLATIONS)
    return [f"{v['id']}: {n['target']}" for v in found.response["violations"] for n in v["nodes"][:3]]


def holds(page: Look) -> None:
    """Nothing is cut off, nothing wider than the screen, nothing that a screen reader stumbles over."""
    assert page.wider_than_screen() == []
    assert violations(page) == []


def test_a_screen_joins_by_the_code_it_shows_is_changed_and_revoked(page: Look, job: Work):
    wall = Wall(page)
    page.go("/screens", campaign=job.id)
    expect(page.one(".at-screens")).to_contain_text("还没有大屏")
    code = wall.code()
    page.one("#screen-code").press_sequentially(code[:4].lower())
    expect(page.one("[data-screen-send]")).to_have_text("再输 2 位")
    expect(page.one("[data-screen-send]")).to_be_disabled()
    page.one("#screen-code").press_sequentially(code[4:])
    expect(page.one("[data-screen-send]")).to_have_text("添加屏幕")
    page.one("#screen-name").fill("会商室")
    page.one("#screen-location").fill("区政府 5 楼")
    page.one(".sc-scenes [data-scene=wall-chain]").click()
    page.one("[data-screen-send]").click()
    expect(page.one("[data-screen-said]")).to_have_text("已加入，几秒内开始播放。")
    assert "wall-chain" not in wall.state(scene="wall-flow", clock="1")["scenes"]
    line = page.one(".sc-table tbody tr:has-text('会商室')")
    expect(line).to_contain_text("1920×1080")
    expect(line).to_contain_text("样本流转")
    page.one(".sc-pick").click()
    expect(page.one(".sc-head")).to_contain_text("定格所选 1 块")
    page.one(".sc-name").click()
    expect(page.one(".sc-one")).to_contain_text("最小 28 px")
    page.shot("screens-fleet-zh-light-1440")
    holds(page)
    page.one("[data-screen-edit]").click()
    expect(page.one("#screen-name")).to_have_value("会商室")
    page.one("#screen-name").fill("五楼会商室")
    page.one("[data-screen-send]").click()
    expect(page.one(".sc-table")).to_contain_text("五楼会商室")
    # The table may show it before the answer has come, with which the form is emptied.
    expect(page.one("#screen-name")).to_have_value("")
    # Without a code the page makes one, with a link.
    page.one("#screen-name").fill("南山镇指挥部")
    page.one("[data-screen-send]").click()
    expect(page.one("[data-screen-said] code")).to_contain_text("/screen?code=")
    page.one("[data-screen-do=ask-revoke]").first.click()
    expect(page.one(".sc-asks")).to_contain_text("不影响其他屏")
    page.page.keyboard.press("Escape")
    expect(page.one(".sc-asks")).to_have_count(0)
    page.one("[data-screen-do=ask-revoke]").first.click()
    page.one("[data-screen-do=revoke]").click()
    expect(page.one(".sc-table")).to_contain_text("已撤销")
    page.size(*PHONE)
    page.shot("screens-fleet-zh-light-390")
    holds(page)


def test_the_remote_drives_the_screen(page: Look, job: Work, scene: SimpleNamespace):
    wall = Wall(page)
    page.size(*PHONE)
    page.go("/screens", campaign=job.id, lang="en")
    page.theme("dark")
    page.one("#screen-code").fill(wall.code())
    page.one("#screen-name").fill("Main wall")
    page.one("[data-screen-send]").click()
    expect(page.one("[data-screen-said]")).to_contain_text("Joined")
    wall.state(scene="wall-flow", left="9")
    page.go("/remote", campaign=job.id, lang="en")
    expect(page.one(".rc-head")).to_contain_text("3/6")
    expect(page.one(".rc-head")).to_contain_text("next in")
    # The screen's own scenes, drawn in small: the one that is on and the next.
    expect(page.one(".rc-now .scene[data-scene=wall-flow] .msg")).to_be_visible()
    expect(page.one(".rc-next .scene[data-scene=wall-labs] .msg")).to_be_visible()
    page.one(".rc-big.pri").click()
    wall.reaches(scene="wall-labs", mode="rotate", order=1)
    page.one("[data-drive=hold]").click()
    wall.reaches(mode="hold")
    expect(page.one(".rc-bar")).to_contain_text("Hand back")
    page.one("[data-drive=freeze]").click()
    wall.reaches(mode="frozen")
    expect(page.one(".rc-mid.on")).to_contain_text("Unfreeze")
    page.shot("screens-remote-en-dark-390")
    holds(page)
    page.one(".rc-bar [data-drive=release]").click()
    wall.reaches(mode="rotate", pinned=None)
    page.one("[data-drive=town]").nth(1).click()
    wall.reaches(place=TOWN)
    page.one("[data-drive=replay]").first.click()
    wall.reaches(mode="replay")
    expect(page.one(".rc-head")).to_contain_text("Replay at")
