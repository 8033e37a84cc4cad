"""One tube's life: found by its barcode, seen by whom it concerns, told from its events; and lists of tubes."""

import base64
import io
from datetime import datetime

import openpyxl
import orjson
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, World, at, iso

from data import campaigns
from data.ingest.files import What
from data.ingest.tubes import Writer, ingest_tubes
from data.models import TubeAlias, TubeRow
from data.queries.lab_desk import lab_desk
from data.queries.moment import Moment
from data.queries.tube_life import find_tubes, tube_life
from domain.permissions import Role
from domain.status import Severity
from domain.tube_events import Result
from domain.tube_life import Keeper, TubeLife
from domain.tubes import Finding, Stage

LABS = (
    f"lab,name,name_en,towns,capacity_per_day\nLAB-1,中心实验室,Centre,{TOWN},2400\nLAB-2,二号,Second,{OTHER_TOWN},\n"
)
TUBE = "440607000001"


@pytest.fixture
def world(world: World) -> World:
    world.clock.to(at(12))
    assert not world.file(What.LABS, LABS).refused
    return world


def event(kind: str, hour: int, minute: int = 0, barcode: str = TUBE, **more: object) -> dict[str, object]:
    made = {"barcode": barcode, "type": kind, "at": iso(hour, minute), "event_id": f"{barcode}/{kind}/{hour}{minute}"}
    return made | more


WHOLE = (
    event("sampled", 8, site="S1", lane="2", persons=10, pool_size=10),
    event("third_copy", 8, 1, site="S1", lane="2"),
    event("collected", 9, site="S1", box="B1", manifest="M1"),
    event("received", 10, lab="LAB-1", box="B1", manifest="M1"),
    event("testing", 10, 30, lab="LAB-1"),
    event("result", 11, 30, lab="LAB-1", result="positive"),
)


def send(world: World, *rows: dict[str, object]) -> None:
    writer = Writer("token 1 (district 440607)")
    result = ingest_tubes(world.database, world.id, list(enumerate(rows)), writer, world.clock)
    assert not result.rejected, result.rejected


def look(
    world: World, barcode: str = TUBE, place: str | None = None, lab: str | None = None, results: bool = False
) -> TubeLife | None:
    with world.reading() as (session, tree):
        from data.tube_books import books_of

        books = books_of(session, campaigns.find(session, world.id), tree)
        return tube_life(
            session, tree, world.id, barcode, place=tree.by_code[place] if place else None,
            lab_id=books.labs[lab] if lab else None, results=results, now=world.clock(),
        )  # fmt: skip


def seen(world: World, **who: object) -> TubeLife:
    found = look(world, **who)  # type: ignore[arg-type]
    assert found is not None
    return found


def search(world: World, typed: str, place: str | None = None) -> list[str]:
    with world.reading() as (session, tree):
        home = tree.by_code[place] if place else None
        return [h.barcode for h in find_tubes(session, tree, world.id, typed, place=home, lab_id=None).tubes]


# -- the life


def test_a_life_tells_who_had_the_tube_after_each_event(world: World):
    send(world, *reversed(WHOLE))
    life = seen(world)
    assert [(e.custody.keeper, e.custody.box) for e in life.events] == [
        (Keeper.SITE, None), (Keeper.SITE, None), (Keeper.TRANSPORT, "B1"), (Keeper.LAB, None), (Keeper.LAB, None),
        (Keeper.LAB, None),
    ]  # fmt: skip
    assert life.events[0].custody.lane == "2"
    assert life.custody.lab is not None
    assert (life.stage, life.custody.lab.code, life.place and life.place.code) == (Stage.REPORTED, "LAB-1", "S1")
    assert life.period == 2
    assert life.findings == Finding(0)


def test_who_sent_an_event_is_a_role_and_a_late_record_is_marked(world: World):
    send(world, *WHOLE)
    life = seen(world)
    assert {e.sender for e in life.events} == {"district"}
    assert [e.late for e in life.events] == [True, True, True, True, True, False]


def test_the_age_in_a_stage_is_held_against_its_limit(world: World):
    send(world, *WHOLE[:2])
    world.clock.to(at(9, 20))
    assert (seen(world).age, seen(world).severity) == (at(9, 20) - at(8), Severity.OK)
    world.clock.to(at(9, 45))
    assert seen(world).severity is Severity.WARN
    world.clock.to(at(10, 1))
    assert seen(world).severity is Severity.CRIT
    assert not seen(world).missing
    world.clock.to(at(12, 5))
    assert seen(world).missing


def test_what_a_test_says_is_told_to_the_district_and_the_laboratory_that_made_it(world: World):
    send(world, *WHOLE)
    assert seen(world).result is None
    assert all(e.result is None for e in seen(world).events)
    assert seen(world, results=True).result is Result.POSITIVE
    assert seen(world, lab="LAB-1", results=True).events[-1].result is Result.POSITIVE
    send(world, event("received", 11, barcode="440607000002", lab="LAB-2"),
         event("result", 11, 40, barcode="440607000002", lab="LAB-2", result="grey"),
         event("sampled", 9, barcode="440607000002", site="S1"))  # fmt: skip
    expecting = seen(world, barcode="440607000002", lab="LAB-1", results=True)
    assert expecting.result is None
    assert all(e.result is None for e in expecting.events)


def test_a_tube_is_seen_by_its_places_and_its_laboratories_and_by_nobody_else(world: World):
    send(world, *WHOLE)
    for place in ("S1", TOWN, DISTRICT):
        assert look(world, place=place) is not None
    for place in ("S2", "S4", OTHER_TOWN):
        assert look(world, place=place) is None
    assert look(world, lab="LAB-1") is not None
    assert look(world, lab="LAB-2") is None


def test_a_tube_of_two_sites_is_seen_by_both(world: World):
    send(world, event("sampled", 8, site="S1"), event("sampled", 9, site="S4"))
    life = seen(world, place="S4")
    assert Finding.DUPLICATE in life.findings
    assert look(world, place="S1") is not None


def test_a_tube_nobody_registered_is_seen_where_its_laboratory_is_at_home(world: World):
    send(world, event("received", 9, lab="LAB-1"))
    assert look(world, place=DISTRICT) is not None
    assert look(world, place=TOWN) is None
    life = seen(world, lab="LAB-1")
    assert (life.place, life.custody.keeper) == (None, Keeper.LAB)
    assert Finding.UNREGISTERED in life.findings


def test_a_void_tube_is_in_nobodys_hands(world: World):
    send(world, *WHOLE[:3], event("void", 9, 30, site="S1", reason="broken"))
    life = seen(world)
    assert life.void is not None
    assert (life.custody.keeper, life.age) == (Keeper.NOBODY, None)


def test_a_copy_counted_after_the_tube_has_left_does_not_bring_it_back(world: World):
    send(world, *WHOLE[:1], WHOLE[2], event("third_copy", 9, 30, site="S1"))
    assert seen(world).custody.keeper is Keeper.TRANSPORT


def test_a_confirmed_misread_is_one_life_under_the_right_barcode(world: World):
    wrong = "440607000007"
    send(world, *WHOLE[:3], event("received", 10, barcode=wrong, lab="LAB-1"))
    with world.database.write() as session:
        session.add(TubeAlias(campaign_id=world.id, wrong=wrong, barcode=TUBE))
    for asked in (TUBE, wrong):
        life = seen(world, barcode=asked)
        assert (life.barcode, life.twin and life.twin.barcode) == (TUBE, wrong)
        assert [e.read_as for e in life.events] == [TUBE, TUBE, TUBE, wrong]


# -- the search


def test_a_tube_is_found_by_the_whole_of_its_barcode_or_the_end_of_it(world: World):
    send(
        world,
        *(event("sampled", 8, barcode=code, site="S1") for code in (TUBE, "550607000001", "AB-0001x", "AB-0001X")),
    )
    assert search(world, TUBE) == [TUBE]
    assert search(world, " 4406 0700 0001 ") == [TUBE]
    assert search(world, "０００１") == [TUBE, "550607000001"]
    assert search(world, "40607000001") == [TUBE]
    assert search(world, "0607000001") == [TUBE, "550607000001"]
    assert search(world, "0001x") == ["AB-0001X", "AB-0001x"]
    assert search(world, "001") == []
    assert search(world, "0001%") == []


def test_the_search_tells_only_what_the_reader_may_know(world: World):
    send(world, event("sampled", 8, site="S1"), event("sampled", 8, barcode="990607000001", site="S4"))
    assert search(world, "0001", place="S4") == ["990607000001"]
    assert search(world, TUBE, place="S4") == []


def test_the_search_reads_no_more_tubes_than_end_alike(world: World):
    send(world, *(event("sampled", 8, barcode=f"4406{n:08d}", site="S1") for n in range(500)))
    query = "SELECT barcode FROM tube WHERE substr(barcode, length(barcode) - 3) IN ('0001', '0002')"
    with world.database.write() as session:
        if world.database.is_sqlite:
            named = f"campaign_id || '' = '{world.id}'"
            assert "ix_tube_tail" in str(session.execute(sa.text(f"EXPLAIN QUERY PLAN {query} AND {named}")).all())
            return
        # In its part, by the part's own index of that kind.
        session.execute(sa.text("ANALYZE tube"))
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = str(session.execute(sa.text(f"EXPLAIN {query} AND campaign_id = '{world.id}'")).all())
    assert "substr_campaign_id_idx" in plan
    assert "Append" not in plan


# -- the page, the desk, the lists


def lab_person(api: Api, code: str = "LAB-1") -> SignedIn:
    return api.signed_in("lab", code)


def panels(browser: SignedIn, world: World, page: str, **query: str) -> str:
    answer = browser.get(f"/panels/{world.id}/{page}", query_string={"lang": "zh", **query})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_the_page_shows_results_to_those_who_may_see_them(world: World, api: Api):
    send(world, *WHOLE)
    assert "阳性" in panels(api.signed_in("district"), world, "tube", barcode=TUBE)
    assert "阳性" in panels(lab_person(api), world, "tube", barcode="0001")
    for role in ("site", "town", "leader", "auditor"):
        said = panels(api.signed_in(role), world, "tube", barcode=TUBE)
        assert "阳性" not in said
        assert "结果不对本角色显示" in said


def test_the_page_says_so_when_nothing_is_found_or_the_tube_is_not_the_readers(world: World, api: Api):
    send(world, event("sampled", 8, site="S4"))
    assert "没有找到" in panels(api.signed_in("site"), world, "tube", barcode=TUBE)
    assert "没有找到" in panels(lab_person(api), world, "tube", barcode=TUBE)
    assert "太短" in panels(api.signed_in("district"), world, "tube", barcode="001")
    assert "输入条码" in panels(api.signed_in("district"), world, "tube")


def test_a_laboratory_sees_on_its_desk_what_it_has_what_comes_and_what_a_box_lacks(world: World, api: Api):
    codes = [f"44060700010{n}" for n in range(6)]
    send(
        world,
        *(event("sampled", 8, barcode=code, site="S1", persons=10) for code in codes),
        *(event("collected", 9, barcode=code, site="S1", box="B1", manifest="M1") for code in codes[:4]),
        *(event("received", 10, barcode=code, lab="LAB-1", box="B1", manifest="M1") for code in codes[:3]),
        event("testing", 11, barcode=codes[0], lab="LAB-1"),
    )
    said = panels(lab_person(api), world, "lab")
    assert "中心实验室" in said
    assert "4406 0700 0103" in said  # the one of box B1 that did not arrive
    assert "4406 0700 0104" not in said  # still at its site
    assert "M1" in said
    assert "二号" not in said


def test_at_a_shared_laboratory_everybody_sees_what_comes_from_his_own_place(world: World):
    for code, site in ((TUBE, "S1"), ("440607000002", "S4")):
        send(
            world,
            event("sampled", 8, barcode=code, site=site, persons=10),
            event("collected", 9, barcode=code, site=site, box=f"B-{site}", manifest="M1"),
            event("sampled", 8, 5, barcode=f"{code}9", site=site, persons=10),
            event("received", 10, barcode=f"{code}9", lab="LAB-1", box=f"B-{site}", manifest="M1"),
        )
    with world.database.write() as session:
        session.execute(
            sa.update(TubeRow).values(home_lab_id=sa.select(sa.func.min(TubeRow.lab_id)).scalar_subquery())
        )
    with world.reading() as (session, tree):
        for seen, sites in ((DISTRICT, {"S1", "S4"}), (TOWN, {"S1"}), (OTHER_TOWN, {"S4"})):
            moment = Moment(tree, tree.by_code[DISTRICT], world.revision(), world.clock())
            desk = lab_desk(session, moment, "LAB-1", tree.by_code[seen])
            assert {box.site.code for box in desk.boxes} <= sites
            assert {coming.town.code for coming in desk.coming} == {
                tree.by_id[tree.by_code[s].ancestors[1]].code for s in sites
            }
            assert {finding.site.code for finding in desk.findings if finding.site} <= sites


def test_another_laboratorys_desk_is_closed_and_the_districts_people_may_open_any(world: World, api: Api):
    browser = lab_person(api)
    assert browser.get(f"/panels/{world.id}/lab?lab=LAB-2").status_code == 403
    for role in ("district", "leader"):
        person = api.signed_in(role)
        assert person.get(f"/panels/{world.id}/lab?lab=LAB-2").status_code == 200
        assert person.get(f"/panels/{world.id}/lab?lab=LAB-9").status_code == 404
    assert api.signed_in("town").get(f"/panels/{world.id}/lab?lab=LAB-1").status_code == 403


def test_a_laboratory_begins_its_work_at_its_desk(world: World, client: FlaskClient, api: Api):
    browser = lab_person(api)
    assert browser.answer.location.endswith("/lab") or browser.get("/").location == "/lab"


def as_list(content: str | bytes, **more: object) -> dict[str, object]:
    data = content.encode() if isinstance(content, str) else content
    return {"file": base64.b64encode(data).decode(), "name": "list.csv"} | more


def post(api: Api, world: World, who: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    answer = api.post(f"/api/v1/campaigns/{world.id}/tube-lists", body, who=who)
    return answer.status_code, answer.json


def test_a_site_tries_its_list_of_third_copies_and_keeps_it(world: World, api: Api):
    content = "条码,时间\n440607000001,2021-06-06 08:05\n44060,2021-06-06 08:06\n"
    wish = as_list(content, kind="third_copies", place="S1", timezone="Asia/Shanghai")
    status, tried = post(api, world, "site:S1", wish)
    assert (status, tried["kept"], tried["accepted"], tried["refused"]) == (200, False, 1, 1)
    assert tried["columns"] == {"barcode": "条码", "at": "时间"}
    assert [(r["line"], r["code"]) for r in tried["rejected"]] == [(3, "bad_barcode")]  # type: ignore[index, attr-defined]
    assert "44060" in str(tried["rejected_file"])
    assert world.count(TubeRow) == 0
    status, kept = post(api, world, "site:S1", wish | {"keep": True})
    assert (status, kept["accepted"]) == (200, 1)
    assert post(api, world, "site:S1", wish | {"keep": True})[1]["unchanged"] == 1
    life = seen(world, place="S1")
    assert [e.type.name for e in life.events] == ["THIRD_COPY"]
    assert life.events[0].sender == "site"


def test_a_laboratory_keeps_its_list_of_receipts_from_a_workbook(world: World, api: Api):
    book = openpyxl.Workbook()
    book.active.append(["条码", "收样时间", "箱码"])
    book.active.append([440607000001, datetime(2021, 6, 6, 10, 5), "B1"])  # noqa: DTZ001
    out = io.BytesIO()
    book.save(out)
    wish = as_list(out.getvalue(), kind="receipts", place="LAB-1", timezone="Asia/Shanghai", keep=True)
    status, done = post(api, world, "lab:LAB-1", wish)
    assert (status, done["accepted"]) == (200, 1)
    assert seen(world, lab="LAB-1").stage is Stage.AT_LAB


@pytest.mark.parametrize(
    ("who", "wish", "status"),
    [
        ("site:S1", {"kind": "third_copies", "place": "S2"}, 403),
        ("town", {"kind": "third_copies", "place": "S4"}, 403),
        ("town", {"kind": "third_copies", "place": TOWN}, 400),
        ("town", {"kind": "third_copies", "place": "S99"}, 404),
        ("site:S1", {"kind": "receipts", "place": "LAB-1"}, 403),
        ("lab:LAB-1", {"kind": "third_copies", "place": "S1"}, 403),
        ("reader", {"kind": "third_copies", "place": "S1"}, 403),
        ("site:S1", {"kind": "roster", "place": "S1"}, 400),
        ("site:S1", {"kind": "third_copies", "place": "S1", "timezone": "Mars/Olympus"}, 400),
        ("site:S1", {"kind": "third_copies", "place": "S1", "file": "%%%"}, 400),
        ("site:S1", {"kind": "third_copies", "place": "S1", "file": "QUJD" * 3_000_000}, 413),
        ("site:S1", {"kind": "third_copies", "place": "S1", "file": ""}, 400),
        ("site:S1", {"kind": "third_copies"}, 400),
    ],
)
def test_a_list_that_is_not_the_callers_or_makes_no_sense_is_refused_as_a_whole(
    world: World, api: Api, who: str, wish: dict[str, object], status: int
):
    assert post(api, world, who, as_list("barcode,at\n", kind="") | wish)[0] == status
    assert world.count(TubeRow) == 0


def test_a_laboratory_sends_no_list_for_another(world: World, api: Api):
    wish = as_list(f"barcode,at\n{TUBE},{iso(10)}\n", kind="receipts", place="LAB-2", keep=True)
    status, done = post(api, world, "lab:LAB-1", wish)
    assert status == 200
    assert [r["code"] for r in done["rejected"]] == ["out_of_scope"]  # type: ignore[index, attr-defined]
    assert world.count(TubeRow) == 0


def test_a_list_in_the_form_of_json_lines_is_read_too(world: World, api: Api):
    content = b"".join(orjson.dumps({"barcode": f"44060700000{n}", "at": iso(9)}) + b"\n" for n in range(3))
    status, done = post(api, world, "town", as_list(content, kind="third_copies", place="S2", keep=True))
    assert (status, done["accepted"]) == (200, 3)


def test_roles_that_may_not_write_are_refused(world: World, api: Api):
    for role in (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR):
        answer = api.signed_in(role).post(f"/api/v1/campaigns/{world.id}/tube-lists", {})
        assert answer.status_code == 403
