"""Tube events on both databases: what goes in, what the ledger and the backlog say, that nothing counts twice."""

import gzip
import json
import os
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import OPERATOR, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, codes, iso, make_world, row

from components.tubes import tubes_stamp
from data import campaigns, verification
from data.database import Database
from data.ingest import labs
from data.ingest.tubes import Writer, ingest_tubes
from data.models import TubeEvent, TubeRow
from data.queries.backlog import backlogs
from data.queries.moment import Moment
from data.queries.tube_ledger import ledger
from data.queries.tube_page import seen_with_tubes
from domain.permissions import Role

GATEWAY = Writer("gateway")


def set_labs(world: World) -> None:
    with world.database.write() as session:
        campaign = campaigns.lock(session, world.id)
        rows = [{"lab": "LAB-A", "towns": TOWN, "capacity_per_day": 1000}, {"lab": "LAB-B", "towns": OTHER_TOWN}]
        assert not labs.record(session, campaign, rows, ".", OPERATOR, at(6)).rejected


@pytest.fixture
def tubes(world: World) -> World:
    set_labs(world)
    return world


def event(barcode: str, kind: str, hour: int, minute: int = 0, **more: object) -> dict[str, object]:
    made = {"event_id": f"{barcode}/{kind}", "barcode": barcode, "type": kind, "at": iso(hour, minute)}
    if kind in ("sampled", "third_copy"):
        made["site"] = "S1"
    if kind in ("received", "testing", "result"):
        made["lab"] = "LAB-A"
    return made | ({"result": "negative"} if kind == "result" else {}) | more


def code(number: int) -> str:
    return f"44060700{number:04}"


def tell(world: World, *rows: dict[str, object], writer: Writer = GATEWAY):
    return ingest_tubes(world.database, world.id, list(enumerate(rows)), writer, world.clock)


def look(world: World, place: str = "440607"):
    with world.reading() as (session, tree):
        return ledger(session, Moment(tree, tree.by_code[place], world.revision(), world.clock()))


def look_back(world: World, place: str = "440607"):
    with world.reading() as (session, tree):
        return backlogs(session, Moment(tree, tree.by_code[place], world.revision(), world.clock()))


def differences(world: World) -> int:
    with world.reading() as (session, tree):
        return verification.tube_differences(session, campaigns.find(session, world.id), tree)


def test_a_tube_moves_through_its_stages_and_the_books_follow(tubes: World):
    tubes.clock.to(at(12))
    stages = []
    for kind, hour in (("sampled", 8), ("collected", 9), ("received", 10), ("testing", 11), ("result", 12)):
        tell(tubes, event(code(1), kind, hour))
        seen = look_back(tubes).backlog
        stages.append([*(stage.tubes for stage in seen.stages), seen.reported])
        assert look(tubes).ledger.balance == 0
    assert stages == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]
    assert differences(tubes) == 0


def test_the_same_events_again_and_in_another_order_change_nothing(tubes: World):
    tubes.clock.to(at(14))
    rows = [
        event(code(n), kind, hour)
        for n in range(20)
        for kind, hour in (("sampled", 8), ("third_copy", 8), ("collected", 9), ("received", 10))
    ]
    Random(1).shuffle(rows)
    first = tell(tubes, *rows)
    again = tell(tubes, *reversed(rows))
    assert (first.accepted, again.accepted, again.unchanged) == (80, 0, 80)
    assert again.revision == first.revision
    assert look(tubes).ledger.received == 20
    assert differences(tubes) == 0


def test_a_key_with_other_content_is_a_conflict_and_the_first_stands(tubes: World):
    tubes.clock.to(at(12))
    tell(tubes, event(code(1), "sampled", 8))
    result = tell(tubes, event(code(1), "sampled", 9), event(code(2), "sampled", 9))
    assert codes(result) == [(0, "event_id", "conflict")]
    assert result.accepted == 1
    both = tell(tubes, event(code(3), "sampled", 9), event(code(3), "sampled", 10), event(code(3), "sampled", 9))
    assert (both.accepted, both.unchanged, codes(both)) == (1, 1, [(1, "event_id", "conflict")])


def test_a_tube_not_received_four_hours_after_its_use_is_missing_until_it_arrives(tubes: World):
    tubes.clock.to(at(12))
    tell(tubes, event(code(1), "sampled", 8), event(code(2), "sampled", 8), event(code(2), "collected", 9))
    assert (look(tubes).ledger.missing, look(tubes).ledger.in_transit) == (0, 1)
    tubes.clock.to(at(12, 1))
    seen = look(tubes)
    for part in (seen.ledger, seen.children[0].ledger, look(tubes, TOWN).ledger, look(tubes, "S1").ledger):
        assert (part.used, part.missing, part.on_site, part.in_transit, part.balance) == (2, 2, 0, 0, 0)
    assert next(r.ledger.missing for r in look(tubes, TOWN).children if r.place and r.place.code == "S1") == 2
    tell(tubes, event(code(1), "received", 12))
    assert (look(tubes).ledger.missing, look(tubes).ledger.received) == (1, 1)


def test_findings_of_the_ledger_stand_where_they_belong(tubes: World):
    tubes.clock.to(at(12))
    tell(
        tubes,
        event(code(1), "received", 9),
        event(code(2), "sampled", 8),
        event(code(2), "sampled", 8, event_id="again", site="S4"),
        event(code(3), "sampled", 8),
        event(code(3), "received", 9, lab="LAB-B"),
        event(code(4), "third_copy", 8),
        event(code(5), "sampled", 8),
        event(code(5), "void", 9, reason="broken"),
    )
    found = look(tubes).ledger
    assert (found.unregistered, found.duplicate, found.wrong_lab, found.copy_only, found.void) == (1, 1, 1, 1, 1)
    assert (found.used, found.balance) == (3, 0)
    rows = {r.lab.code: r.ledger for r in look(tubes).labs if r.lab}
    assert (rows["LAB-A"].unregistered, rows["LAB-B"].wrong_lab, rows["LAB-B"].received) == (1, 1, 1)
    assert all(r.balance == 0 for r in rows.values())
    assert differences(tubes) == 0


def test_ages_count_from_the_entry_into_a_stage(tubes: World):
    tubes.clock.to(at(11, 30))
    tell(
        tubes,
        event(code(1), "sampled", 8),
        event(code(2), "sampled", 11),
        event(code(3), "sampled", 8),
        event(code(3), "collected", 11),
    )
    on_site, in_transit, *_ = look_back(tubes).backlog.stages
    assert (on_site.tubes, on_site.waiting.oldest_minutes, on_site.waiting.over) == (2, 210, 1)
    assert (in_transit.tubes, in_transit.waiting.oldest_minutes) == (1, 30)
    assert look_back(tubes).backlog.since_use.oldest_minutes == 210
    site = look_back(tubes, "S1").backlog
    assert [s.waiting for s in site.stages] == [s.waiting for s in look_back(tubes).backlog.stages]
    assert site.flow == look_back(tubes).backlog.flow


def test_a_laboratory_that_only_counts_takes_the_oldest_and_the_balance_stays(api: Api):
    world = api.world
    set_labs(world)
    world.clock.to(at(14, 30))
    tell(world, *(event(code(n), "sampled", 8, n) for n in range(30)))
    assert look(world).ledger.missing == 30
    answer = api.post("lab-reports", [{"key": "k", "lab": "LAB-A", "hour": iso(12), "received": 12, "tested": 5}])
    assert answer.json["accepted"] == 1
    for place in ("440607", TOWN):
        found = look(world, place).ledger
        assert (found.received, found.missing, found.by_count, found.balance) == (12, 18, 12, 0)
    lab = next(one for one in look_back(world).labs if one.lab.code == "LAB-A")
    assert lab.by_count
    assert [stage.tubes for stage in lab.backlog.stages] == [18, 0, 7, 5]
    assert (
        api.post("lab-reports", [{"key": "k", "lab": "LAB-A", "hour": iso(12), "received": 12, "tested": 5}]).json[
            "unchanged"
        ]
        == 1
    )
    again = api.post("lab-reports", [{"key": "k", "lab": "LAB-A", "hour": iso(12), "received": 13}])
    other = api.post("lab-reports", [{"key": "o", "lab": "LAB-A", "hour": iso(12), "received": 13}])
    assert [a.json["rejected"][0]["code"] for a in (again, other)] == ["conflict", "overlaps"]


def test_batches_come_as_an_array_or_by_lines_gzipped_or_not(api: Api):
    set_labs(api.world)
    api.world.clock.to(at(12))
    rows = [event(code(n), "sampled", 8) for n in range(3)]
    lines = "\n".join(json.dumps(r) for r in rows).encode()
    ndjson = {"Content-Type": "application/x-ndjson"}
    assert api.post("tube-events", rows).json["accepted"] == 3
    assert api.post("tube-events", lines + b"\n\n", headers=ndjson).json["unchanged"] == 3
    packed = api.post("tube-events", gzip.compress(lines), headers=ndjson | {"Content-Encoding": "gzip"})
    assert packed.json["unchanged"] == 3
    half = api.post("tube-events", lines + b"\n" + json.dumps(event(code(9), "sampled", 8)).encode()[:40],
                    headers=ndjson, language="en")  # fmt: skip
    assert half.json["unchanged"] == 3
    assert half.json["rejected"][0] | {"message": ""} == {
        "index": 3, "field": "row", "code": "bad_value", "message": "",
    }  # fmt: skip


def test_a_body_that_is_no_gzip_or_a_bomb_is_refused_whole(api: Api):
    packed = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    assert_problem(api.post("tube-events", b"no gzip", headers=packed), 400)
    assert_problem(api.post("tube-events", gzip.compress(b"{}" * 9000)[:-9], headers=packed), 400)
    bomb = gzip.compress(b" " * (60 * 1024 * 1024))
    assert len(bomb) < 100_000
    assert_problem(api.post("tube-events", bomb, headers=packed), 413)
    assert_problem(api.post("tube-events", b"{}", headers={"Content-Type": "application/json"}), 400)


@pytest.mark.parametrize(
    ("who", "kind", "more", "refused"),
    [
        ("site", "sampled", {}, None),
        ("site", "sampled", {"site": None}, None),
        ("site", "sampled", {"site": "S2"}, "out_of_scope"),
        ("site", "collected", {"site": "S1"}, "out_of_scope"),
        ("site", "received", {}, "out_of_scope"),
        ("town", "collected", {"site": "S1"}, None),
        ("town", "collected", {"site": "S4"}, "out_of_scope"),
        ("town", "collected", {}, "missing_field"),
        ("town", "result", {}, "out_of_scope"),
        ("lab:LAB-A", "received", {}, None),
        ("lab:LAB-A", "received", {"lab": None}, None),
        ("lab:LAB-A", "received", {"lab": "LAB-B"}, "out_of_scope"),
        ("lab:LAB-A", "sampled", {}, "out_of_scope"),
        ("district", "received", {"lab": "LAB-Z"}, "unknown_lab"),
        ("district", "sampled", {"site": "S9"}, "unknown_site"),
        ("district", "sampled", {"site": TOWN}, "unknown_site"),
        ("gateway", "result", {}, None),
    ],
)
def test_each_role_sends_its_own_kinds_about_its_own_place(api: Api, who, kind, more, refused):
    set_labs(api.world)
    api.world.clock.to(at(12))
    body = api.post("tube-events", [event(code(1), kind, 8, **more)], who=who).json
    assert [r["code"] for r in body["rejected"]] == ([refused] if refused else [])
    assert body["accepted"] == (0 if refused else 1)


def test_a_reader_sends_no_events(api: Api):
    assert_problem(api.post("tube-events", [], who="reader"), 403)
    assert_problem(api.post("lab-reports", [], who="site"), 403)


def test_backlog_ledger_summary_and_life_answer_as_published(api: Api):
    world = api.world
    set_labs(world)
    world.clock.to(at(12, 30))
    world.send(row("S1", 8, 30, tubes=4, third_copies=4))
    assert api.get("summary").json["by_stage"]["on_site"] is None
    tell(
        world,
        event(code(1), "sampled", 8, lane="1", persons=10),
        event(code(1), "third_copy", 8),
        event(code(1), "received", 10, box="B1"),
        event(code(1), "result", 12, result="positive"),
        event(code(2), "sampled", 8),
        event(code(3), "sampled", 12, site="S4"),
        event(code(9), "received", 10),
    )
    found = api.get("ledger").json
    assert (found["used"], found["received"], found["missing"], found["on_site"], found["balance"]) == (3, 1, 1, 1, 0)
    assert (found["unregistered"], found["third_copies"], found["reported_tubes"]) == (1, 1, 4)
    assert [t["barcode"] for t in found["tubes"]["missing"]] == [code(2)]
    assert [t["barcode"] for t in found["tubes"]["unregistered"]] == [code(9)]
    assert api.get("summary").json["by_stage"] == {
        "on_site": 2, "in_transit": 0, "at_lab": 0, "testing": 0, "reported": 1,
    }  # fmt: skip
    stages = api.get("backlog").json["stages"]
    assert {s["stage"] for s in stages} == {"on_site", "in_transit", "at_lab", "testing"}
    assert [(s["lab"], s["tubes"], s["oldest_minutes"], s["state"]) for s in stages if s["stage"] == "on_site"] == [
        ("LAB-A", 1, 270, "crit"), ("LAB-B", 1, 30, "ok"),
    ]  # fmt: skip
    life = api.get(f"tubes/{code(1)}").json
    assert (life["state"], life["result"], life["custodian"]) == ("reported", "positive", "lab:LAB-A")
    assert [e["type"] for e in life["events"]] == ["sampled", "third_copy", "received", "result"]
    assert api.get(f"tubes/{code(1)}", who="site").json["result"] is None
    assert_problem(api.get(f"tubes/{code(3)}", who="town"), 404)
    assert_problem(api.get(f"tubes/{code(3)}", who="lab:LAB-A"), 404)
    assert api.get("backlog", who="lab:LAB-A").json["scope"] == "LAB-A"


def test_the_ledger_as_of_a_time_says_what_was_known_then(api: Api):
    world = api.world
    set_labs(world)
    world.clock.to(at(9))
    tell(world, event(code(1), "sampled", 8))
    world.clock.to(at(11))
    tell(world, event(code(1), "received", 10), event(code(2), "sampled", 8))
    then = api.get(f"ledger?as_of={iso(10)}").json
    assert (then["used"], then["on_site"], then["received"], then["balance"]) == (1, 1, 0, 0)
    assert api.get(f"summary?as_of={iso(10)}").json["by_stage"]["on_site"] == 1
    assert api.get("ledger").json["received"] == 1


def test_tubes_told_before_their_laboratory_is_known_count_for_it_afterwards(world: World):
    world.clock.to(at(12))
    tell(world, event(code(1), "sampled", 8), event(code(2), "sampled", 8, persons=15))
    assert [r.ledger.used for r in look(world).labs] == []
    set_labs(world)
    assert {r.lab.code: r.ledger.used for r in look(world).labs if r.lab} == {"LAB-A": 2, "LAB-B": 0}
    assert look(world).ledger.too_many_persons == 1
    world.set_places({"site": "S1", "town": TOWN, "pool_size": 20})
    assert look(world).ledger.too_many_persons == 0
    assert differences(world) == 0


def test_where_every_person_has_a_code_the_codes_compare_with_persons(database: Database):
    world = make_world(database, SetClock(at(12)), settings={"business_mode": 1})
    set_labs(world)
    world.send(row("S1", 8, 20, tubes=2))
    tell(world, *(event(code(n), "sampled", 8, n, persons=1) for n in range(20)))
    tell(world, event(code(1), "sampled", 8, 30, event_id="again", persons=1), event(code(2), "sampled", 8, 2,
         event_id="two", persons=2))  # fmt: skip
    found = look(world).ledger
    assert (found.used, found.reported_tubes, found.reported_difference) == (20, 20, 0)
    assert found.duplicate == 1
    assert differences(world) == 0
    for language, words in (("zh", "按条码 · 一人一码"), ("en", "codes, one a person")):
        assert words in said_of(world, language)


def test_where_a_tube_has_one_code_no_page_speaks_of_codes(tubes: World):
    assert "一人一码" not in said_of(tubes, "zh")


def said_of(world: World, language: str) -> str:
    """The as-of bar of the district's page of tubes."""
    with world.reading() as (session, tree):
        moment = Moment(tree, tree.by_code["440607"], world.revision(), world.clock())
        return str(tubes_stamp(seen_with_tubes(session, moment), language))


def test_a_town_sees_its_own_tubes_only(api: Api):
    set_labs(api.world)
    api.world.clock.to(at(9))
    tell(api.world, event(code(1), "sampled", 8), event(code(2), "sampled", 8, site="S4"))
    assert api.get("ledger", who="town").json["used"] == 1
    assert_problem(api.get(f"ledger?scope={OTHER_TOWN}", who="town"), 403)
    assert_problem(api.get("backlog?scope=S4", who="site"), 403)


def test_writers_at_once_leave_the_books_right(tubes: World):
    tubes.clock.to(at(15))
    rows = [
        event(code(n), kind, hour)
        for n in range(60)
        for kind, hour in (("sampled", 8), ("collected", 9), ("received", 10), ("testing", 11), ("result", 12))
    ]
    parts = [[row for i, row in enumerate(rows) if i % 4 in (k, (k + 1) % 4)] for k in range(4)]
    for k, part in enumerate(parts):
        Random(k).shuffle(part)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda part: tell(tubes, *part), parts))
    assert sum(r.accepted for r in done) == len(rows)
    assert sum(r.unchanged for r in done) == len(rows)
    assert tubes.count(TubeEvent) == len(rows)
    assert tubes.count(TubeRow) == 60
    assert differences(tubes) == 0
    assert look(tubes).ledger.reported == 60


KINDS = st.sampled_from(["sampled", "third_copy", "collected", "received", "testing", "result", "void"])
HISTORY = st.lists(
    st.tuples(st.integers(1, 5), KINDS, st.integers(6, 14), st.integers(0, 59), st.sampled_from(["S1", "S2", "S4"]),
              st.sampled_from(["LAB-A", "LAB-B"]), st.sampled_from(["B1", "B2"])),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(
    max_examples=8 if not os.environ.get("SOAK") else 200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=HISTORY, hours=st.lists(st.integers(14, 22), min_size=1, max_size=3))
def test_the_balance_is_zero_at_every_moment_whatever_happens(database: Database, history, hours):
    world = make_world(database, SetClock(at(15)))
    set_labs(world)
    rows = []
    for i, (number, kind, hour, minute, site, lab, box) in enumerate(history):
        more = {"reason": "broken"} if kind == "void" else {}
        more |= {"site": site} if kind in ("sampled", "third_copy") else {}
        more |= {"lab": lab} if kind in ("received", "testing", "result") else {}
        rows.append(event(code(number), kind, hour, minute, event_id=f"e{i}", box=box, **more))
    half = len(rows) // 2
    for part in (rows[:half], rows[half:]):
        tell(world, *part)
        for hour in hours:
            world.clock.to(at(hour, 7))
            for place in ("440607", TOWN, OTHER_TOWN, "S1", "S4"):
                seen = look(world, place)
                for one in (seen, *seen.children, *seen.labs, *seen.hours):
                    assert one.ledger.balance == 0
                    assert min(one.ledger.on_site, one.ledger.in_transit, one.ledger.missing) >= 0
        world.clock.to(at(15))
    assert differences(world) == 0


def test_a_lab_token_is_heard_only_about_its_own_counts(api: Api):
    set_labs(api.world)
    api.world.clock.to(at(12))
    ok = api.post("lab-reports", [{"key": "a", "hour": iso(10), "received": 1}], who="lab:LAB-A").json
    no = api.post("lab-reports", [{"key": "b", "lab": "LAB-B", "hour": iso(10), "received": 1}], who="lab:LAB-A").json
    assert (ok["accepted"], no["rejected"][0]["code"]) == (1, "out_of_scope")
    for bad, said in (
        ({"key": "c", "hour": iso(10)}, "missing_field"),
        ({"key": "c", "hour": iso(13), "received": 1}, "hour_in_future"),
        ({"key": "c", "hour": iso(10, 7), "received": 1}, "bad_time"),
        ({"key": "c", "hour": iso(9), "received": -1}, "negative"),
        ({"hour": iso(9), "received": 1}, "missing_field"),
    ):
        assert api.post("lab-reports", [bad], who="lab:LAB-A").json["rejected"][0]["code"] == said


def test_an_operator_without_a_role_may_send_every_kind(tubes: World):
    tubes.clock.to(at(12))
    assert tell(tubes, event(code(1), "received", 9), writer=Writer("operator")).accepted == 1
    assert tell(tubes, event(code(1), "sampled", 9), writer=Writer("l", Role.LAB, "LAB-A")).accepted == 0
