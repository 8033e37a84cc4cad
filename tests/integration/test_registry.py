"""The registry of laboratories on both databases: versions, exactly once, rights, files, findings, forms."""

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from kit import (
    DISTRICT,
    OPERATOR,
    OTHER_TOWN,
    TOWN,
    Api,
    SetClock,
    World,
    assert_problem,
    at,
    iso,
    make_world,
)

from data import campaigns
from data.database import Database
from data.demo.registry import record_registry
from data.ingest.batch import BatchResult, Sender
from data.ingest.registry import Writer, change_labs, forget
from data.models import Audit, LabBinding, LabRecord, LabRow
from data.queries.moment import Moment
from data.queries.registry import laboratories, registry
from domain.laboratories import Laboratory, Matter
from domain.recognition import Lack
from domain.registry import Range, Subject
from views import draw_all, labs

HOSTILE = '"><script>alert(1)</script>'
LABS = "lab_code,name_zh,capacity_tubes_per_day,bound_town_codes,host_town_code"
DAY = date(2021, 6, 6)


@pytest.fixture
def kept(world: World) -> World:
    """The small campaign with two laboratories: LAB-1 stands in the one town and serves both."""
    world.file("labs", f"{LABS}\nLAB-1,甲,5000,{TOWN}|{OTHER_TOWN},{TOWN}\nLAB-2,乙,,,{OTHER_TOWN}\n")
    return world


def change(what: str, key: str = "", lab: str = "LAB-1", **fields: object) -> dict[str, object]:
    return {"key": key or f"{lab}/{what}/{sorted(fields.items())}"[:200], "lab": lab, "what": what, **fields}


def licence(days: int = 400, **more: object) -> dict[str, object]:
    return change("licence", number="证 1", valid_until=(DAY + timedelta(days=days)).isoformat(), **more)


def round_(on: str, passed: bool | None = True, **more: object) -> dict[str, object]:
    said: dict[str, object] = {"item": "新冠核酸", "organiser": "市临检中心", "range": "city", "region": "龙南市"}
    return change("assessment", on=on, took_part=passed is not None, passed=passed, **(said | more))


GOOD_YEARS = ("2018-10-01", "2019-10-01", "2020-10-01", "2021-04-01")


def put(world: World, *changes: object, scope: str | None = None) -> BatchResult:
    return change_labs(world.database, world.id, changes, Writer(Sender("tester", scope), "陈某"), world.clock)


def lab(world: World, code: str = "LAB-1") -> Laboratory:
    with world.reading() as (session, tree):
        (found,) = laboratories(session, tree, world.clock(), code)
    return found


def codes(result: BatchResult) -> list[tuple[int, str, str]]:
    return [(r.index, r.field, r.code.value) for r in result.rejected]


def sent(api: Api, *changes: object, who: str = "district") -> dict[str, Any]:
    answer = api.post("labs", {"changes": list(changes)}, who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json
    return found


# -- versions


def test_a_change_is_a_new_version_and_nothing_is_overwritten(kept: World):
    assert put(kept, licence(10)).accepted == 1
    kept.clock.advance(minutes=5)
    assert put(kept, licence(400, note="换证")).accepted == 1
    versions = [v for v in lab(kept).versions if v.subject is Subject.LICENCE]
    assert [(v.content["valid_until"], v.current, v.note, v.by) for v in versions] == [
        ("2022-07-11", True, "换证", "陈某"),
        ("2021-06-16", False, "", "陈某"),
    ]
    assert versions[0].at - versions[1].at == timedelta(minutes=5)


def test_the_same_sending_again_changes_nothing(kept: World):
    changes = [
        licence(),
        round_("2021-04-01"),
        change("standing", level=2),
        change("binding", "b", "LAB-2", town=TOWN),
    ]
    assert put(kept, *changes).accepted == 4
    revision = kept.revision()
    kept.clock.advance(hours=1)
    again = put(kept, *changes)
    assert (again.accepted, again.unchanged, codes(again)) == (0, 4, [])
    # Also with another key, as long as it says the same.
    assert put(kept, licence(key="other")).unchanged == 1
    assert kept.revision() == revision


def test_a_key_that_was_used_for_something_else_is_a_conflict(kept: World):
    put(kept, licence(10, key="k"))
    assert codes(put(kept, licence(11, key="k"), licence(12, key="k2"))) == [(0, "key", "conflict")]
    assert lab(kept).facts.licence.until == DAY + timedelta(days=12)


def test_who_changes_an_old_version_is_told_that_somebody_was_first(kept: World):
    put(kept, licence(10))
    seen = next(v.id for v in lab(kept).versions if v.subject is Subject.LICENCE)
    assert put(kept, licence(20, seen=seen)).accepted == 1
    assert codes(put(kept, licence(30, seen=seen))) == [(0, "seen", "conflict")]


def test_a_failed_round_gets_its_correction_and_a_wrong_one_is_withdrawn(kept: World):
    put(kept, round_("2021-04-01", False), round_("2021-05-01"))
    entry = next(r.entry for r in lab(kept).facts.rounds if r.failed)
    done = round_("2021-04-01", False, key="c", entry=entry, corrective="重做校准", corrected_on="2021-05-02")
    assert put(kept, done).accepted == 1
    assert lab(kept).facts.rounds[-1].corrected_on == date(2021, 5, 2)
    gone = change("assessment", key="w", entry=entry, withdraw=True, note="登错机构")
    assert put(kept, gone).accepted == 1
    assert [r.on for r in lab(kept).facts.rounds] == [date(2021, 5, 1)]
    assert put(kept, gone).unchanged == 1
    assert len([v for v in lab(kept).versions if v.entry == entry]) == 3
    assert codes(put(kept, change("assessment", entry="nothing", withdraw=True, note="x"))) == [
        (0, "entry", "bad_value")
    ]


def test_good_rows_go_in_and_bad_ones_come_back(kept: World):
    done = put(kept, licence(), licence(lab="LAB-9"), 7, change("forms", half="2021H1", checked=3, compliant=4))
    assert done.accepted == 1
    assert codes(done) == [(1, "lab", "unknown_lab"), (2, "row", "bad_value"), (3, "compliant", "too_large")]


def test_capacity_and_host_place_are_what_the_rest_of_the_product_reads(kept: World):
    put(kept, change("standing", level=2, listed=True, capacity_per_day=8000, home=OTHER_TOWN))
    with kept.reading() as (session, tree):
        row = session.scalars(sa.select(LabRow).where(LabRow.code == "LAB-1")).one()
        assert (row.capacity_per_day, row.home_id) == (8000, tree.by_code[OTHER_TOWN].id)
    put(kept, change("standing", level=3))
    found = lab(kept)
    assert (found.capacity_per_day, found.facts.level, found.facts.listed) == (8000, 3, True)
    assert codes(put(kept, change("standing", home="S1"), change("standing", home="nowhere"))) == [
        (0, "home", "unknown_place"), (1, "home", "unknown_place"),
    ]  # fmt: skip


# -- towns bound


def bound(world: World, code: str, moment: Any) -> list[str]:
    return sorted(b.town.code for b in lab(world, code).bound_at(moment))


def test_a_town_goes_to_another_laboratory_from_a_moment_to_come(kept: World):
    assert bound(kept, "LAB-1", at(7)) == [TOWN, OTHER_TOWN]
    assert put(kept, change("binding", lab="LAB-2", town=TOWN, valid_from=iso(12))).accepted == 1
    assert (bound(kept, "LAB-1", at(11, 59)), bound(kept, "LAB-1", at(12))) == ([TOWN, OTHER_TOWN], [OTHER_TOWN])
    assert bound(kept, "LAB-2", at(12)) == [TOWN]
    # Called off before it begins: the first laboratory keeps it, and the history says both.
    assert put(kept, change("binding", lab="LAB-1", town=TOWN, valid_from=iso(12))).accepted == 1
    assert bound(kept, "LAB-1", at(13)) == [TOWN, OTHER_TOWN]
    assert lab(kept, "LAB-2").bound == ()
    assert [v.content["town"] for v in lab(kept, "LAB-2").versions if v.subject is Subject.BINDING] == [TOWN]


def test_a_binding_never_begins_in_the_past_and_overlaps_never(kept: World):
    assert codes(put(kept, change("binding", lab="LAB-2", town=TOWN, valid_from=iso(9)))) == [
        (0, "valid_from", "bad_time")
    ]
    put(kept, change("binding", lab="LAB-2", town=TOWN, valid_from=iso(14)))
    put(kept, change("binding", lab="LAB-2", town=TOWN, valid_from=iso(12)))
    put(kept, change("binding", lab="LAB-1", town=TOWN, valid_from=iso(13)))
    with kept.reading() as (session, tree):
        query = sa.select(LabBinding).where(LabBinding.place_id == tree.by_code[TOWN].id)
        times = sorted(
            (b.valid_from, b.valid_to) for b in session.scalars(query.where(LabBinding.valid_to.is_not(None)))
        )
        (last,) = session.scalars(query.where(LabBinding.valid_to.is_(None)))
    assert [end for _, end in times[:-1]] == [begin for begin, _ in times[1:]]
    assert times[-1][1] == last.valid_from


# -- what follows


def test_the_mark_its_reasons_and_the_rates_are_answered_in_words(kept: World, api: Api):
    sent(api, licence(), change("standing", level=2), *(round_(on) for on in GOOD_YEARS),
         *(round_(on, item="血糖") for on in GOOD_YEARS if on[:4] != "2019"))  # fmt: skip
    answer = api.get("labs").json
    assert answer["years"] == [2018, 2019, 2020]
    first = next(each for each in answer["labs"] if each["code"] == "LAB-1")
    marks = {mark["item"]: mark for mark in first["marks"]}
    assert (marks["新冠核酸"]["mark"], marks["新冠核酸"]["range"]) == ("龙南市HR", "city")
    assert (marks["血糖"]["mark"], marks["血糖"]["reasons"]) == (None, ["not_in_year"])
    assert marks["血糖"]["messages"] == ["2019 年未参加室间质评"]
    assert first["recognised_by"] == [1, 2]
    assert [(rate["done"], rate["of"]) for rate in first["rates"]] == [(0, 0), (4, 4), (4, 4), (0, 0)]
    english = api.get("labs", language="en").json["labs"]
    assert "no external assessment in 2019" in str(english)


def test_marks_follow_the_day_without_any_write(kept: World, clock: SetClock):
    put(kept, licence(40), *(round_(on) for on in GOOD_YEARS))
    assert [mark.range for mark in lab(kept).marks] == [Range.CITY]
    clock.advance(days=100)
    assert [[why.lack for why in mark.reasons] for mark in lab(kept).marks] == [[Lack.LICENCE_EXPIRED]]
    clock.advance(days=30)
    assert [why.lack for why in lab(kept).marks[0].reasons] == [Lack.LICENCE_EXPIRED, Lack.NO_RECENT]


def findings(world: World, place: str = DISTRICT) -> list[tuple[str, str]]:
    return [(f.kind, f.place) for f in world.look(place).findings if f.kind.startswith("lab_")]


def test_what_expires_is_a_finding_of_the_place_where_the_laboratory_stands(kept: World):
    assert findings(kept) == []
    put(
        kept,
        licence(18),
        round_("2020-10-01"),
        round_("2021-05-01", None),
        change("filing", number="1", valid_until="2021-06-05"),
    )
    kinds = ["lab_filing_expired", "lab_licence_expiring", "lab_no_assessment"]
    assert sorted(findings(kept)) == [(kind, TOWN) for kind in kinds]
    assert len(findings(kept, TOWN)) == 3
    assert findings(kept, OTHER_TOWN) == []
    put(kept, licence(400), round_("2021-06-01"), change("filing", number="2", valid_until="2022-06-05"))
    assert findings(kept) == []
    put(kept, change("black_list", key="on", since="2021-06-01", reason="超期"))
    assert findings(kept) == [("lab_black_listed", TOWN)]
    entry = next(v.entry for v in lab(kept).versions if v.subject is Subject.BLACK_LIST)
    put(kept, change("black_list", key="off", entry=entry, since="2021-06-01", reason="超期", lifted_on="2021-06-06"))
    assert findings(kept) == []


def test_the_findings_and_the_page_agree(kept: World):
    put(kept, licence(-1), round_("2020-10-01"), change("black_list", since="2021-06-01", reason="x"))
    found = {f"lab_{c.matter}" for c in lab(kept).concerns if c.matter not in (Matter.FILING_UNKNOWN,)}
    assert {kind for kind, _ in findings(kept)} == found


# -- who may, and how far


def test_only_district_and_administrator_write_and_only_below_their_place(kept: World, api: Api):
    for who in ("town", "site", "reader", "lab:LAB-1"):
        assert_problem(api.post("labs", {"changes": []}, who), 403)
    assert_problem(api.post("labs", {"changes": []}, None), 401)
    assert_problem(api.post("labs", [], "district"), 400)
    assert codes(put(kept, licence(lab="LAB-2"), licence(), scope=TOWN)) == [(0, "lab", "out_of_scope")]
    assert codes(put(kept, change("binding", town=OTHER_TOWN), scope=TOWN)) == [(0, "town", "out_of_scope")]


def test_a_place_reads_the_laboratories_that_stand_there_or_serve_it(kept: World, api: Api):
    def seen(who: str, scope: str = "") -> list[str]:
        return sorted(each["code"] for each in api.get(f"labs{scope}", who).json["labs"])

    assert seen("district") == ["LAB-1", "LAB-2"]
    assert (seen("town"), seen("site")) == (["LAB-1"], [])
    assert seen("district", f"?scope={OTHER_TOWN}") == ["LAB-1", "LAB-2"]
    assert seen("lab:LAB-2") == ["LAB-2"]
    assert_problem(api.get(f"labs?scope={OTHER_TOWN}", "town"), 403)


def test_a_change_stands_on_the_audit_with_who_made_it(kept: World, api: Api):
    sent(api, licence())
    with kept.database.read() as session:
        line = session.scalars(sa.select(Audit).where(Audit.action == "labs.registry")).one()
    assert (line.details["records"], line.details["place"]) == (["licence"], "LAB-1")
    assert "district" in line.actor


# -- pages, forms, files


def test_the_page_is_drawn_in_both_languages(kept: World):
    put(kept, licence(10), *(round_(on) for on in GOOD_YEARS), round_("2021-05-01", False, item=HOSTILE),
        change("control", item="a", on="2021-06-01", in_control=False),
        change("black_list", since="2021-06-01", reason="x"),
        change("forms", half="2020H2", checked=10, compliant=9), change("standing", level=3))  # fmt: skip
    tree = kept.tree()
    for language in ("zh", "en"):
        with kept.database.read() as session:
            moment = Moment(tree, tree.by_code[DISTRICT], kept.revision(), kept.clock())
            drawn = draw_all(labs.PAGE, session, moment, language)
        assert all("panel_error" not in str(part) and "state-icon" not in str(part) for part in drawn.values())
        assert "2021-06-16" in str(drawn["labs-list"])


def test_the_record_of_one_laboratory_comes_drawn_to_who_may_see_it(kept: World, api: Api):
    put(kept, licence(10), *(round_(on) for on in GOOD_YEARS))
    town = api.signed_in("town")
    for language, mark in (("zh", "龙南市HR"), ("en", "龙南市 HR")):
        found = town.get(f"/panels/{kept.id}/laboratory?lab=LAB-1&lang={language}")
        assert (found.status_code, mark in found.get_data(as_text=True)) == (200, True)
    # The other one neither stands in this town nor serves it.
    assert town.get(f"/panels/{kept.id}/laboratory?lab=LAB-2").status_code == 404
    assert town.get(f"/panels/{kept.id}/laboratory?lab=LAB-1&place={OTHER_TOWN}").status_code == 403


def test_forms_come_filled_and_hold_nothing_but_text(kept: World, api: Api):
    put(kept, round_("2021-05-01", False, item=HOSTILE, corrective=HOSTILE))
    entry = lab(kept).facts.rounds[0].entry
    person = api.signed_in("district")
    for subject in Subject:
        found = person.get(f"/labs/{kept.id}/form?lab=LAB-1&what={subject}&lang=en")
        assert found.status_code == 200
        assert "lab-note" in found.get_data(as_text=True)
    filled = person.get(f"/labs/{kept.id}/form?lab=LAB-1&what=assessment&entry={entry}").get_data(as_text=True)
    assert 'value="2021-05-01"' in filled
    assert "data-lab-withdraw" in filled
    assert "<script" not in filled
    for query in ("lab=LAB-9&what=licence", "lab=LAB-1&what=nothing", ""):
        assert person.get(f"/labs/{kept.id}/form?{query}").status_code == 404


def test_the_registry_is_taken_away_as_a_workbook(kept: World, api: Api):
    put(kept, licence(10), *(round_(on) for on in GOOD_YEARS), round_("2021-04-02", item="=1+1"))
    answer = api.signed_in("district").get(f"/export/{kept.id}/{DISTRICT}/labs.xlsx?lang=zh")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["机构", "互认标识", "室间质评", "变更记录"]
    assert [cell.value for cell in book["机构"]["A"]] == ["机构编码", "LAB-1", "LAB-2"]
    assert "龙南市HR" in [cell.value for cell in book["互认标识"]["D"]]
    assert "'=1+1" in [cell.value for cell in book["室间质评"]["C"]]
    with kept.database.read() as session:
        assert (
            session.scalars(sa.select(Audit).where(Audit.action == "labs.export")).one().details["place"] == DISTRICT
        )


def test_a_list_of_laboratories_brings_licences_and_filings(world: World):
    head = "检测机构编码,检测机构名称,机构级别,已公布,许可证号,许可证有效期至,备案号,备案日期,备案有效期至"
    lines = "LAB-1,甲,三级,是,证1,2022/6/30,备1,2020-01-02,2025-01-01\nLAB-2,乙,五级,是,,,,,\nLAB-3,丙,,,证3,,,,\n"
    done = world.file("labs", f"{head}\n{lines}")
    assert [(line, r.field, r.code.value) for line, r in done.refused] == [
        (3, "level", "bad_value"), (4, "valid_until", "missing_field"),
    ]  # fmt: skip
    found = lab(world)
    assert (found.facts.level, found.facts.listed, found.facts.licence.until) == (3, True, date(2022, 6, 30))
    assert found.facts.filing.filed_on == date(2020, 1, 2)
    again = world.file("labs", f"{head}\nLAB-1,甲,三级,是,证1,2022/6/30,备1,2020-01-02,2025-01-01\n")
    assert (again.batch.accepted, again.batch.unchanged) == (0, 1)


EQA = "检测机构编码,项目,组织单位,互认范围,地区,日期,参加,合格,整改措施,整改日期"


def test_rounds_come_by_file_and_a_changed_line_is_a_new_version(kept: World):
    lines = [f"LAB-1,新冠核酸,市中心,市,龙南市,{on},是,合格,," for on in GOOD_YEARS]
    bad = [
        "LAB-9,a,b,市,c,2021-01-01,是,合格,,",
        "LAB-1,a,b,市,c,2021-13-01,是,合格,,",
        "LAB-1,a,b,市,c,2021-01-01,否,合格,,",
    ]
    done = kept.file("eqa", "\n".join([EQA, *lines, *bad, "LAB-1,b,市中心,市,龙南市,2021-03-01,是,不合格,,"]))
    assert done.batch.accepted == 5
    assert [(line, r.field, r.code.value) for line, r in done.refused] == [
        (6, "lab", "unknown_lab"), (7, "on", "bad_time"), (8, "passed", "bad_value"),
    ]  # fmt: skip
    put(kept, licence())
    assert [mark.given for mark in lab(kept).marks] == [True, False]
    again = kept.file(
        "eqa", "\n".join([EQA, *lines, "LAB-1,b,市中心,市,龙南市,2021-03-01,是,不合格,重做,2021-03-20"])
    )
    assert (again.batch.accepted, again.batch.unchanged) == (1, 4)
    assert kept.file("eqa", "\n".join([EQA, lines[0]]), dry_run=True).batch.unchanged == 1


def test_a_new_campaign_takes_over_what_the_last_one_knew_of_the_same_laboratory(kept: World, database: Database):
    put(kept, licence(), round_("2021-04-01"), change("standing", level=3))
    later = make_world(database, kept.clock, id="later")
    later.file("labs", f"{LABS}\nLAB-1,甲,,,\nLAB-2,别名,,,\n")
    found = lab(later)
    assert (found.facts.licence.number, len(found.facts.rounds), found.facts.level) == ("证 1", 1, None)
    assert {v.copied_from for v in found.versions if v.subject is Subject.LICENCE} == {kept.id}
    # Another name is another laboratory.
    assert lab(later, "LAB-2").facts.licence is None
    put(later, licence(5))
    assert lab(kept).facts.licence.until == DAY + timedelta(days=400)


# -- the demonstration


def test_the_demonstration_shows_marks_an_item_without_one_and_a_warning(world: World):
    world.set_places(*({"site": f"D{n}", "town": f"44060710{n}", "target": 10} for n in (5, 6)))
    world.file("labs", f"{LABS}\nLAB-A,A,,,\nLAB-B,B,,,\nLAB-C,C,,440607106,\n")
    for _ in range(2):
        with world.database.write() as session:
            row = campaigns.lock(session, world.id)
            forget(session, row)
            record_registry(session, row, OPERATOR, world.clock())
    with world.reading() as (session, tree):
        seen = registry(session, Moment(tree, tree.by_code[DISTRICT], 0, world.clock()))
    assert [each.severity.value for each in seen.labs] == ["warn", "ok", "ok"]
    marks = {(each.code, mark.item): mark for each in seen.labs for mark in each.marks}
    assert marks["LAB-A", "新冠核酸"].range is Range.NATIONAL
    assert [why.year for why in marks["LAB-A", "促甲状腺素"].reasons] == [2019]
    assert [why.lack for why in marks["LAB-B", "血常规"].reasons] == [Lack.FAILED]
    assert sum(mark.given for mark in marks.values()) == 6
    assert [c.matter for c in seen.labs[0].concerns] == [Matter.LICENCE_EXPIRING]


def test_the_current_versions_are_what_the_history_makes_of_them(kept: World):
    put(kept, licence(1), licence(2), round_("2021-04-01"), round_("2021-04-01", False))
    with kept.database.read() as session:
        records = session.scalars(sa.select(LabRecord).order_by(LabRecord.id)).all()
    latest = {(r.lab_id, r.subject, r.entry): r.id for r in records}
    assert [r.current for r in records] == [latest[r.lab_id, r.subject, r.entry] == r.id for r in records]
    assert {r.revision <= kept.revision() for r in records} == {True}
