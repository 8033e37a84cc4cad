"""The sentences of the bulletin, case by case in both languages."""

from dataclasses import replace

import pytest
from bulletin_kit import FROZEN, HEKOU, LINES, NIANDE, TOTAL, XINAN, at, frozen, issue, total

from components.bulletin import words
from components.bulletin.content import content
from components.bulletin.fields import FIELD_LISTS, FIELD_NAMES
from domain.bulletin import Correction, Task, Todo
from domain.places import Level
from locales import LANGUAGES


def lead(what, language):
    return "".join(part for _, part in words.lead(what, language))


def ahead(lines):
    return tuple(replace(line, planned=line.persons - 100.0) for line in lines)


LEADS = [
    (
        "behind, two named, the others ahead, two sites missing",
        FROZEN,
        "至 14:00，全区累计采样 554,285 人，完成 64.7%，比计划（68.0%）少 28,475 人。"
        "落后集中在西南街道（−31,017 人）和乐平镇"
        "（−9,162 人），白坭镇超出 11,704 人。按目前速度预计 21:50 完成，80% 区间 20:50–22:30。已核人数占 98.1%。"
        "116/118 采样点已报，河口旧镇、念德未报，沿用其上一小时累计数。",
        "By 14:00 the district had sampled 554,285 people, 64.7% of its target, 28,475 fewer than "
        "planned (68.0%). The "
        "gap lies mostly with Xinan (−31,017) and Leping (−9,162); Baini is 11,704 ahead. At the "
        "present pace it will finish at 21:50 (80% interval 20:50–22:30). 98.1% of the people are in "
        "verified reports. "
        "116/118 sites have reported; Hekou, Niande have not and count with their total of the hour before.",
    ),
    (
        "ahead, all reported, nobody behind",
        frozen(
            total=replace(TOTAL, planned=554_000.0, reported=118, finish=None), lines=ahead(LINES), missing=()
        ),
        "至 14:00，全区累计采样 554,285 人，完成 64.7%，比计划（64.6%）多 285 人。各镇街均不落后于计划。"
        "已核人数占 98.1%。"
        "118/118 采样点已报。",
        "By 14:00 the district had sampled 554,285 people, 64.7% of its target, 285 more than planned "
        "(64.6%). None of "
        "the towns is behind plan. 98.1% of the people are in verified reports. 118/118 sites have reported.",
    ),
    (
        "on plan to the person, one town behind",
        frozen(
            total=replace(TOTAL, planned=554_285.0, reported=118, finish=None),
            lines=(LINES[0], *ahead(LINES[1:])), missing=(),
        ),
        "至 14:00，全区累计采样 554,285 人，完成 64.7%，与计划（64.7%）持平。其中西南街道（−31,017 人）"
        "落后于计划，其余 2 个"
        "镇街合计超出 200 人。已核人数占 98.1%。118/118 采样点已报。",
        "By 14:00 the district had sampled 554,285 people, 64.7% of its target, as planned (64.7%). "
        "Behind plan are Xinan"
        " (−31,017); the other 2 towns together are 200 ahead. 98.1% of the people are in verified "
        "reports. 118/118 sites"
        " have reported.",
    ),
    (
        "without a target there is no share, plan or finish",
        frozen(
            total=replace(TOTAL, target=None, planned=None, finish=None, verified_persons=0, catch_up_persons=500),
            lines=(), missing=(),
        ),
        "至 14:00，全区累计采样 554,285 人。已核人数占 0.0%。其中 500 人为跨时段补报。",
        "By 14:00 the district had sampled 554,285 people. 0.0% of the people are in verified reports. "
        "500 of the people "
        "come from reports over several hours.",
    ),
    (
        "finished: no forecast of what has happened",
        frozen(total=replace(TOTAL, target=500_000, planned=500_000.0, reported=118), lines=ahead(LINES), missing=()),
        "至 14:00，全区累计采样 554,285 人，完成 110.9%，比计划（100.0%）多 54,285 人。"
        "各镇街均不落后于计划。已核人数占 98.1%。"
        "118/118 采样点已报。",
        "By 14:00 the district had sampled 554,285 people, 110.9% of its target, 54,285 more than "
        "planned (100.0%). None "
        "of the towns is behind plan. 98.1% of the people are in verified reports. 118/118 sites have reported.",
    ),
    (
        "one town alone: there are no others",
        frozen(total=replace(TOTAL, finish=None, reported=118), lines=LINES[:1], missing=()),
        "至 14:00，全区累计采样 554,285 人，完成 64.7%，比计划（68.0%）少 28,475 人。"
        "落后集中在西南街道（−31,017 人）。已核人数"
        "占 98.1%。118/118 采样点已报。",
        "By 14:00 the district had sampled 554,285 people, 64.7% of its target, 28,475 fewer than "
        "planned (68.0%). The "
        "gap lies mostly with Xinan (−31,017). 98.1% of the people are in verified reports. 118/118 "
        "sites have reported.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("case", "what", "zh", "en"), LEADS, ids=[case for case, *_ in LEADS])
def test_the_lead_paragraph(case, what, zh, en):
    assert lead(what, "zh") == zh
    assert lead(what, "en") == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_many_missing_sites_four_are_named_and_all_counted(language):
    many = tuple(replace(HEKOU, code=f"S{n}", name=f"点{n}", name_en=f"Site {n}") for n in range(9))
    said = lead(frozen(missing=many), language)
    assert many[3].label(language) in said
    assert many[4].label(language) not in said
    assert "9" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_figures_stand_out_and_nothing_else(language):
    assert [part for strong, part in words.lead(FROZEN, language) if strong] == ["554,285", "64.7%", "28,475"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_with_marks_and_braces_is_only_a_name(language):
    odd = replace(LINES[0], place=replace(XINAN, name="**{gap}**{{7*7}}", name_en="**{gap}**{{7*7}}"))
    parts = words.lead(frozen(lines=(odd, *LINES[1:])), language)
    assert "**{gap}**{{7*7}}" in "".join(part for _, part in parts)
    assert [part for strong, part in parts if strong] == ["554,285", "64.7%", "28,475"]


def test_the_short_text():
    assert words.brief(FROZEN, "8", "zh") == (
        "【三水区采样快报 第 8 期】截至 14:00，累计采样 554,285 人（64.7%），比计划少 28,475 人；本小时 74,131 人；"
        "用管 57,984 管；预计 21:50 完成；已核 98.1%；116/118 点已报，未报：河口旧镇、念德。"
    )
    assert words.brief(FROZEN, "8.1", "en") == (
        "Sanshui District sampling, issue 8.1, data until 14:00: 554,285 people sampled (64.7%), 28,475 fewer than "
        "planned; this hour 74,131; 57,984 tubes; expected finish 21:50; 98.1% verified; 116/118 sites "
        "reported, not: "
        "Hekou, Niande."
    )


def test_the_short_text_says_nothing_of_what_nobody_knows():
    bare = total(target=None, planned=None, tubes=None, finish=None)
    said = words.brief(replace(bare, missing=()), "8", "zh")
    assert said == (
        "【三水区采样快报 第 8 期】截至 14:00，累计采样 554,285 人；本小时 74,131 人；已核 98.1%；116/118 点已报。"
    )


@pytest.mark.parametrize(
    ("what", "zh", "en"),
    [
        (
            Todo(Task.REPORT, (HEKOU, NIANDE), 2, owner=XINAN, by=at(14, 30)),
            "河口旧镇、念德 14时未上报，由西南街道 14:30 前补报。",
            "Hekou, Niande did not report for 14h: Xinan Subdistrict to have it in by 14:30.",
        ),
        (
            Todo(Task.REPORT, (HEKOU,), 12, by=at(14, 30)),
            "河口旧镇等 12 个 14时未上报，由所属镇街 14:30 前补报。",
            "Hekou and others (12 in all) did not report for 14h: their towns to have it in by 14:30.",
        ),
        (
            Todo(Task.BEHIND, (XINAN,), 1, gap=-31_017, finish=at(21, 50)),
            "西南街道落后计划 31,017 人，按目前速度 21:50 完成，请增开采样台或调度力量。",
            "Xinan Subdistrict is 31,017 people behind plan and would finish at 21:50: open more lanes "
            "or move staff there.",
        ),
        (
            Todo(Task.BEHIND, (XINAN,), 1, gap=-31_017),
            "西南街道落后计划 31,017 人，请增开采样台或调度力量。",
            "Xinan Subdistrict is 31,017 people behind plan: open more lanes or move staff there.",
        ),
        (
            Todo(Task.RETURNED, (HEKOU,), 1, by=at(14, 30)),
            "河口旧镇的上报已退回，14:30 前更正重报。",
            "Reports of Hekou were sent back: to be corrected by 14:30.",
        ),
        (
            Todo(Task.CHECK, (HEKOU,), 1),
            "河口旧镇数据存疑，请所属镇街核对并更正。",
            "Doubtful figures at Hekou: their towns to check and correct them.",
        ),
        (
            Todo(Task.VERIFY, (XINAN,), 1, by=at(14, 30)),
            "西南街道尚有未核上报，请于 14:30 前核验。",
            "Reports of Xinan Subdistrict are still to be verified: by 14:30.",
        ),
    ],
)
def test_what_is_to_be_done(what, zh, en):
    assert words.todo(what, FROZEN, "zh") == zh
    assert words.todo(what, FROZEN, "en") == en


@pytest.mark.parametrize(
    ("change", "said", "effect"),
    [
        (Correction(at(14, 24), HEKOU, "correction", 398, 34, 462, 860), "更正 462 → 860", "+398 人 +34 管"),
        (Correction(at(14, 24), HEKOU, "correction", 0, 0), "更正", "—"),
        (Correction(at(14, 26), HEKOU, "late", 436, 0, hour_end=at(14)), "补报 14时", "+436 人"),
        (Correction(at(14, 26), HEKOU, "catch_up", hour_end=at(14)), "补报，至 14时", "—"),
        (Correction(at(14, 26), HEKOU, "follows", -5, 0), "由同点其他时段推出", "−5 人"),
        (Correction(at(14, 26), XINAN, "verified", after=12), "镇街核验 12 份", "—"),
        (Correction(at(14, 26), XINAN, "target", before=10, after=20), "目标 10 → 20", "—"),
    ],
)
def test_what_a_change_was_and_did(change, said, effect):
    assert words.cause(change, FROZEN, "zh") == said
    assert words.effect(change, "zh") == effect


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_a_template_can_name_is_written_and_no_other(language):
    changed = frozen(corrections=(Correction(at(14, 24), HEKOU, "late", 1, 1, hour_end=at(14)),))
    made = content(issue(changed), language)
    assert set(made.fields) == set(FIELD_NAMES)
    assert set(made.lists) == set(FIELD_LISTS)
    for name, rows in made.lists.items():
        assert all(set(row) == set(FIELD_LISTS[name]) for row in rows), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_many_places_become_one_row_and_still_add_up(language):
    lines = tuple(
        replace(LINES[n % 3], place=replace(XINAN, code=str(n), name=f"镇{n}", name_en=f"Town {n}"))
        for n in range(30)
    )
    made = content(issue(frozen(lines=lines)), language, paper=True)
    towns = made.tables[0]
    assert len(towns.rows) == 13
    persons = [row[3].value for row in towns.rows]
    assert sum(persons[:-1]) == sum(line.persons for line in lines)
    assert len(content(issue(frozen(lines=lines)), language).tables[0].rows) == 31


def test_a_city_speaks_of_its_districts():
    city = replace(TOTAL, place=replace(TOTAL.place, level=Level.CITY, name="佛山市"))
    districts = tuple(replace(line, place=replace(line.place, level=Level.DISTRICT)) for line in (*LINES, LINES[2]))
    said = lead(frozen(total=city, lines=districts), "zh")
    assert said.startswith("至 14:00，全市累计采样")
    assert "其余 2 个区合计超出 23,408 人" in said
