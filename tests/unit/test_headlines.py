import pytest
from wall_kit import (
    CAMPAIGN,
    LAB,
    NAMES,
    OTHER,
    SITE,
    SITE_2,
    SITE_3,
    THIRD,
    TOWN,
    alerts,
    at,
    case,
    chain,
    child,
    finding,
    flow,
    labs,
    lane,
    load,
    overview,
    wall_map,
)

from components.wall.stamp import late_note
from components.wall.words import halves, headline
from domain import headlines
from domain.headlines import Headline, has_news
from domain.status import Severity
from domain.wall import Holder


def said(clauses: Headline, language: str = "zh") -> str:
    """The sentence, its bad clauses in brackets with the first letter of their state."""
    marks = {"crit": "c", "warn": "w", "miss": "m", "": ""}
    return "".join(
        (f"[{marks[c['state']]}:{c['text']}]" if c["state"] else c["text"]) + c["after"]
        for c in headline(clauses, CAMPAIGN, NAMES, language)
    )


BEHIND = overview(
    child(TOWN, -20_000), child(OTHER, -8_000), child(THIRD, 500), gap_persons=-28_000, severity=Severity.WARN
)

PROGRESS = [
    (BEHIND, "已采 55.4 万人，[w:落后计划 2.8 万人]，主要差在西南街道",
     "554,285 sampled, [w:28,000 behind plan], mostly in Xinan"),
    (overview(child(TOWN, 300), gap_persons=300), "已采 55.4 万人，超前计划 300 人",
     "554,285 sampled, 300 ahead of plan"),
    (overview(gap_persons=None), "已采 55.4 万人", "554,285 sampled"),
    (overview(data_until=None), "还没有上报数据", "No reports yet"),
]  # fmt: skip

MAP = [
    (wall_map(3, towns=((TOWN, 2), (OTHER, 1))), "[c:3 个采样点严重异常]，西南街道占 2 个",
     "[c:Critical sites: 3], 2 in Xinan"),
    (wall_map(2, towns=((TOWN, 2),)), "[c:2 个采样点严重异常]，都在西南街道", "[c:Critical sites: 2], all in Xinan"),
    (wall_map(1, towns=((OTHER, 1),)), "[c:1 个采样点严重异常]，在乐平镇", "[c:Critical sites: 1], in Leping"),
    (wall_map(2, towns=((TOWN, 1), (OTHER, 1))), "[c:2 个采样点严重异常]", "[c:Critical sites: 2]"),
    (wall_map(0, 4, 2), "[m:2 个采样点未报]", "[m:Sites missing: 2]"),
    (wall_map(0, 4), "[w:4 个采样点需要关注]", "[w:Sites to watch: 4]"),
    (wall_map(), "0 个采样点全部正常", "All 0 sites fine"),
]  # fmt: skip

FLOW = [
    (flow(lane("on_site", {30: 900, 156: 214}, 120, SITE), lane("in_transit", {250: 3}, 240, OTHER, LAB)),
     "[c:214 管超 2小时未收样]，最久的在园林中学", "[c:214 tubes over 2 h uncollected], oldest in Yuanlin School"),
    (flow(lane("on_site", {30: 9}, 120), lane("at_lab", {300: 40}, 360, None, LAB)),
     "[w:40 管将满 6小时未检测]，最久的在人民医院", "[w:40 tubes near 6 h untested], oldest at People's Hospital"),
    (flow(lane("on_site", {30: 9}, 120), lane("report", {61: 50}, 720)),
     "未出报告的 50 管都在时限内，最久 1小时1分", "All 50 open tubes within limits, oldest 1 h 1 m"),
    (flow(), "还没有样本", "No samples yet"),
]  # fmt: skip

LABS = [
    (labs(load(LAB, 4.5, over=True)), "[w:人民医院积压要 4.5 小时检完]，还在增加",
     "[w:People's Hospital needs 4.5 hours], and growing"),
    (labs(load(LAB, 7.0, severity=Severity.CRIT)), "[c:人民医院积压要 7.0 小时检完]",
     "[c:People's Hospital needs 7.0 hours]"),
    (labs(load(LAB, 2.0)), "1 家检测机构手上的活最多 2.0 小时检完", "Laboratories (1) done within 2.0 hours"),
    (labs(load(LAB, None)), "检测机构的产能还没有登记", "No laboratory capacity registered"),
    (labs(), "还没有登记检测机构", "No laboratories registered"),
]  # fmt: skip

CHAIN = [
    (chain((child(TOWN, missing=1), (SITE_2,)), (child(OTHER, missing=1), (SITE_3,)), sites_reported=28),
     "14时 28/30 已报，[m:缺河口员工广场、念德灯光球场]",
     "14h: 28/30 reported, [m:missing Hekou Workers' Square, Niande Court]"),
    (chain((child(TOWN, missing=2), (SITE, SITE_2)), (child(OTHER, missing=1), (SITE_3,)), sites_reported=27),
     "14时 27/30 已报，[m:缺 3 个：西南街道 2、乐平镇 1]", "14h: 27/30 reported, [m:3 missing: Xinan 2, Leping 1]"),
    (chain((child(TOWN), ()), (child(OTHER), ())), "14时 30/30 已报，2 镇街全部核完",
     "14h: 30/30 reported, all 2 towns verified"),
    (chain((child(TOWN), ()), (child(OTHER), ()), towns_verified=1), "14时 30/30 已报，1/2 镇街已核",
     "14h: 30/30 reported, 1/2 towns verified"),
    (chain(sites_expected=0), "还没有到第一个上报时点", "No hour is due yet"),
]  # fmt: skip

LATE = finding("tubes_over_on_site", tubes=62, limit_minutes=120, age_minutes=156)
FALLS = finding("total_falls", by=412)
PROBLEM = finding("problem_overdue", number=7, problem="network_down", holder="town", over=12)
SLOW = finding("behind_plan", place=TOWN, completion=0.58, gap_pp=-9.9)

ALERTS = [
    (case(LATE), "[c:园林中学 62 管超 2小时未收样]，已 20分",
     "[c:Yuanlin School: 62 tubes not collected within 2 h], for 20 m"),
    (case(FALLS, waits_for=TOWN), "[c:园林中学 累计数下降 412]，等西南街道核实",
     "[c:Yuanlin School: running total fell by 412], Xinan to check"),
    (case(PROBLEM), "[c:园林中学 问题 #7（断网）超期 12 分钟]，还没有人接单", None),
    (case(PROBLEM, holder=Holder(TOWN, "何志文", at(14, 12))),
     "[c:园林中学 问题 #7（断网）超期 12 分钟]，何志文处置中", None),
    (case(SLOW, finish=at(21, 50)), "[c:西南街道 完成率 58.0%]，预计 21:50 完成", None),
    (None, "没有未处理的告警", "No open alerts"),
]  # fmt: skip


def rows() -> list[tuple[Headline, str, str | None]]:
    scenes = ((headlines.progress, PROGRESS), (headlines.site_map, MAP), (headlines.flow, FLOW),
              (headlines.labs, LABS), (headlines.chain, CHAIN))  # fmt: skip
    made = [(rule(given), zh, en) for rule, table in scenes for given, zh, en in table]
    return made + [(headlines.alerts(alerts(one), one), zh, en) for one, zh, en in ALERTS]


@pytest.mark.parametrize(("clauses", "zh", "en"), rows())
def test_every_scene_has_one_sentence_by_rule(clauses: Headline, zh: str, en: str | None):
    assert said(clauses) == zh
    if en is not None:
        assert said(clauses, "en") == en


@pytest.mark.parametrize(("clauses", "zh", "_"), rows())
def test_a_sentence_has_at_most_three_clauses_and_at_most_one_is_bad(clauses: Headline, zh: str, _: str | None):
    assert 1 <= len(clauses) <= 3
    assert sum(clause.severity in headlines.BAD for clause in clauses) <= 1
    assert has_news(clauses) is ("[" in zh)


def test_over_stale_data_the_sentence_says_what_is_missing_and_from_whom():
    owing = overview(child(TOWN, missing=1), child(OTHER, missing=3), child(THIRD, missing=2), data_until=at(13))
    assert said(headlines.stale(owing)) == "[w:14时数据未到]，乐平镇、大塘镇等 3 个还没报齐"
    assert said(headlines.stale(overview(child(TOWN, missing=1)))) == "[w:14时数据未到]，西南街道还没报齐"
    assert said(headlines.stale(overview())) == "[w:14时数据未到]"
    assert said(headlines.stale(overview(data_until=None))) == "还没有上报数据"


def test_over_a_kept_picture_the_sentence_says_of_when_it_is():
    clauses = headlines.frozen(BEHIND, headlines.progress(BEHIND))
    assert said(clauses).startswith("截至 14:00，已采 55.4 万人，[w:落后计划 2.8 万人]")
    unknown = overview(data_until=None)
    assert headlines.frozen(unknown, headlines.progress(unknown)) == headlines.progress(unknown)


def test_a_long_sentence_is_cut_at_its_first_break():
    assert halves("22 管超 4小时未送达，最久 6小时，还多") == ("22 管超 4小时未送达", "最久 6小时，还多")
    assert halves("one: two, three") == ("one", "two, three")
    assert halves("一句话") == ("一句话", "")


def test_beside_the_strip_over_stale_data_stands_how_far_the_hour_is_and_who_was_reminded():
    owing = chain((child(TOWN, missing=1), (SITE_2,)), (child(OTHER), ()), sites_reported=29)
    assert late_note(owing, "zh") == "14时 29/30 采样点已报，已催 西南街道"
    assert late_note(chain((child(OTHER), ())), "en") == "14h: 30/30 sites reported"


def test_where_too_many_owe_to_be_named_the_chain_counts_them_by_place():
    rows = chain((child(TOWN, missing=40), ()), (child(OTHER, missing=7), ()), (child(THIRD), ()))
    (_, missing) = headlines.chain(rows)
    assert missing.key == "missing_counted"
    assert missing.params["towns"] == ((TOWN, 40), (OTHER, 7))
    assert missing.params["count"] == 47


@pytest.mark.parametrize(
    ("clauses", "number"),
    [
        (headlines.site_map(wall_map(3, towns=((TOWN, 2), (OTHER, 1)))), 3),
        (headlines.site_map(wall_map(0, missing=2)), 2),
        (headlines.chain(CHAIN[0][0]), 2),
        (headlines.chain(CHAIN[1][0]), 3),
        (headlines.chain(CHAIN[2][0]), None),
        (headlines.progress(BEHIND), None),
        (headlines.labs(labs(load(LAB, 5.0, severity=Severity.WARN))), None),
    ],
)
def test_a_number_is_of_sites_and_of_nothing_else(clauses: Headline, number: int | None):
    assert headlines.number(clauses) == number
