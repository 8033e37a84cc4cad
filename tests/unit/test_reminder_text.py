"""The reminder written by rule: everybody by name, why, by when, and how to report a true zero."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from components.reminder_text import reminder, why_failed, why_returned
from domain.board import Board, Column, Owing, TownList
from domain.campaign import Campaign
from domain.contacts import Contact
from domain.duty import Counts, State
from domain.overview import PlaceRef
from domain.places import Level

NOW = datetime(2021, 6, 6, 6, 20, tzinfo=UTC)  # 14:20 in Shanghai
CAMPAIGN = Campaign("c", "演练", "Drill", NOW.replace(hour=0), NOW.replace(hour=12), "Asia/Shanghai")
DISTRICT = PlaceRef("440607", "三水区", "Sanshui", Level.DISTRICT)
TOWN = PlaceRef("440607001", "西南街道", "Xinan", Level.TOWN)
HOUR = Column(5, 5, NOW.replace(hour=5, minute=0), NOW.replace(hour=6, minute=0), True)


def site(name: str, state: State = State.MISSING, clerk: str = "", **more: object) -> Owing:
    contact = Contact(clerk, "138****2210", "duty") if clerk else None
    return Owing(PlaceRef(name, name, f"{name} Site", Level.SITE), state, 10, contact, **more)


def said(
    *sites: Owing, place: PlaceRef = DISTRICT, person: str = "", language: str = "zh", demo: bool = False
) -> str:
    contact = Contact(person, "139****6047", "data") if person else None
    town = TownList(TOWN, contact, sites)
    campaign = replace(CAMPAIGN, demo=demo)
    present = SimpleNamespace(place=place, campaign=campaign, now=NOW)
    board = Board(present, (HOUR,), (), HOUR, 0, 0, len(sites), Counts(), {}, (town,), (), ())  # type: ignore[arg-type]
    return reminder(board, town, language)


RETURNED = State.RETURNED


@pytest.mark.parametrize(
    ("sites", "person", "text"),
    [
        ([site("河口旧镇", clerk="李敏")], "冼伟",
         "【上报提醒】西南街道 冼伟：截至 14:20，14时小时报未报 1 个：河口旧镇（李敏）。"
         "请督促于 14:30 前补报；确实没有采样请报 0 人，不报不等于 0。三水区"),
        ([site("河口旧镇"), site("念德")], "",
         "【上报提醒】西南街道：截至 14:20，14时小时报未报 2 个：河口旧镇、念德。"
         "请督促于 14:30 前补报；确实没有采样请报 0 人，不报不等于 0。三水区"),
        ([site("河口旧镇", clerk="李敏"),
          site("鲁村", RETURNED, "关少华", reason="third_copies_differ", third_copies=455, tubes=462)], "冼伟",
         "【上报提醒】西南街道 冼伟：截至 14:20，14时小时报未报 1 个：河口旧镇（李敏）；"
         "退回待重报 1 个：鲁村（关少华，第三联 455≠管数 462）。"
         "请督促于 14:30 前补报；确实没有采样请报 0 人，不报不等于 0。三水区"),
        # Who was only late is on the list, not in the text.
        ([site("河口旧镇"), site("杨梅", State.LATE)], "",
         "【上报提醒】西南街道：截至 14:20，14时小时报未报 1 个：河口旧镇。"
         "请督促于 14:30 前补报；确实没有采样请报 0 人，不报不等于 0。三水区"),
    ],
)  # fmt: skip
def test_the_chinese_text_names_everybody(sites, person, text):
    assert said(*sites, person=person) == text


def test_the_english_text_says_the_same():
    sites = [site("A", clerk="李敏"), site("B", RETURNED, reason="third_copies_differ", third_copies=3, tubes=4)]
    assert said(*sites, language="en") == (
        "[Report reminder] Xinan: as of 14:20, for 14h: 1 missing: A Site (李敏); 1 returned, to be sent again: "
        "B Site (third copies 3 ≠ tubes 4). Please see to it that they come in by 14:30. A true zero is reported as "
        "0; no report is not a zero. Sanshui"
    )


def test_a_town_writes_to_its_own_sites():
    assert said(site("河口旧镇"), place=TOWN, person="冼伟").startswith("【上报提醒】西南街道各采样点：")


def test_a_demonstration_says_that_it_is_one():
    assert said(site("A"), demo=True).startswith("【演示】")
    assert said(site("A"), demo=True, language="en").startswith("[DEMO]")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["{now} {0}", "<script>alert(1)</script>", "一行\n二行\t三", "@all", "=1+1", "%s"])
def test_a_name_is_only_a_name(language, name):
    text = said(site(name, clerk=name), person=name, language=language)
    assert " ".join(name.split()) in text
    assert "\n" not in text
    assert text.count("14:30") == 1


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (site("A"), ""),
        (site("A", RETURNED), ""),
        (site("A", RETURNED, reason="third_copies_differ", third_copies=1, tubes=2), "第三联 1≠管数 2"),
        (site("A", RETURNED, reason="third_copies_differ", note="少一张", tubes=2), "少一张"),
        (site("A", RETURNED, reason="other", note="请核对"), "请核对"),
        (site("A", RETURNED, reason="no such reason"), ""),
        (site("A", State.MISSING, reason="other", note="旧的"), ""),
    ],
)
def test_why_a_report_was_returned(one, why):
    assert why_returned(one, "zh") == why


def test_a_returned_report_without_arithmetic_names_its_flag():
    assert why_returned(site("A", RETURNED, reason="outlier"), "zh")


@pytest.mark.parametrize(
    ("reason", "detail", "text"),
    [("status", "503", "接收方回答 503"), ("no_variable", "REMINDER_X", "服务器没有设置 REMINDER_X"), ("", "", ""),
     ("robot", "310000\nkeywords", "机器人拒收：310000 keywords")],
)  # fmt: skip
def test_why_a_reminder_failed(reason, detail, text):
    assert why_failed(reason, detail, "zh") == text
