"""Tasks from results on both databases: opened by results, handled by people, told to nobody who may not know."""

import itertools
from datetime import datetime
from typing import Any

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, iso
from werkzeug.test import TestResponse

from data import campaigns
from data.demo.positives import play_tasks
from data.ingest.tubes import Writer, ingest_tubes, refold
from data.models import PositiveEvent, PositiveResample, PositiveTask, TubeAlias
from data.queries.moment import Moment
from data.queries.positives import lab_board
from data.stored_positives import differences
from data.tube_books import books_of
from views import draw_all, findings, overview, positives, site, sites, town

LAB, OTHER_LAB = "LAB-1", "LAB-2"
POOL_TUBE = "POOL-00001"
SIX = ("ambulance", "hospital", "community", "police", "cdc", "command")
OPERATOR = Writer("operator")
_events = itertools.count(1)


@pytest.fixture(autouse=True)
def labs(world: World) -> None:
    assert not world.file("labs", f"lab,name\n{LAB},一号检测机构\n{OTHER_LAB},二号检测机构\n").refused


def event(kind: str, barcode: str, when: datetime, **more: object) -> dict[str, object]:
    return {"event_id": f"e{next(_events)}", "type": kind, "barcode": barcode, "at": when.isoformat(), **more}


def send(world: World, *rows: dict[str, object]) -> None:
    done = ingest_tubes(world.database, world.id, enumerate(rows), OPERATOR, world.clock)
    assert not done.rejected, done.rejected


def sampled(barcode: str, when: datetime, persons: int = 10, size: int = 10, where: str = "S1") -> dict[str, object]:
    return event("sampled", barcode, when, site=where, lane="1", persons=persons, pool_size=size)


def found(barcode: str, result: str, when: datetime, lab: str = LAB) -> dict[str, object]:
    return event("result", barcode, when, lab=lab, result=result)


def tube(
    world: World, barcode: str, result: str, minute: int = 0, persons: int = 10, size: int = 10, where: str = "S1"
) -> None:
    """A tube of nine o'clock, with its result at ten o'clock and so many minutes."""
    send(world, sampled(barcode, at(9), persons, size, where), found(barcode, result, at(10, minute)))


def board(api: Api, who: str = "district", scope: str = "") -> dict[str, Any]:
    answer = api.get(f"positives?scope={scope}" if scope else "positives", who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    seen: dict[str, Any] = answer.json
    return seen


def task(api: Api, number: int = 1, who: str = "district") -> dict[str, Any]:
    seen: dict[str, Any] = api.get(f"positives?number={number}", who).json["tasks"][0]
    return seen


def step(name: str, number: int = 1, key: str = "", **more: object) -> dict[str, object]:
    return {"key": key or f"k{next(_events)}", "number": number, "step": name} | more


def do(api: Api, body: dict[str, object], who: str = "district") -> TestResponse:
    return api.post("positives/steps", body, who)


def done(api: Api, name: str, who: str = "district", **more: Any) -> dict[str, Any]:
    answer = do(api, step(name, **more), who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    seen: dict[str, Any] = answer.json["task"]
    return seen


def refusal(answer: TestResponse, status: int) -> tuple[str, str]:
    (error,) = assert_problem(answer, status)["errors"]
    assert error["message"]
    return error["field"], error["code"]


def checks(seen: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {check["item"]: (check["done"], check["of"]) for check in seen["checks"]}


def check(world: World) -> None:
    with world.reading() as (session, _):
        assert differences(session, world.id) == []


def moment(world: World, place: str = DISTRICT) -> Moment:
    tree = world.tree()
    return Moment(tree, tree.by_code[place], world.revision(), world.clock())


# -- opened by results


@pytest.mark.parametrize("result", ["positive", "grey", "single_target"])
def test_a_pool_that_is_not_negative_opens_one_task(api: Api, world: World, result: str):
    tube(world, POOL_TUBE, result, persons=8)
    (seen,) = board(api)["tasks"]
    assert (seen["number"], seen["kind"], seen["barcode"], seen["result"]) == (1, "pool", POOL_TUBE, result)
    assert (seen["site"], seen["lab"], seen["members"], seen["persons"]) == ("S1", LAB, 8, 8)
    assert (seen["since"], seen["opened_at"], seen["due_at"]) == (iso(10), iso(10, 30), iso(11))
    assert checks(seen)["resample"] == (0, 8)
    check(world)


def test_a_single_tube_opens_the_task_of_six_parties_and_two_hours(api: Api, world: World):
    tube(world, "ONE-0001", "positive", persons=1, size=1)
    seen = task(api)
    assert (seen["kind"], seen["due_at"], [p["party"] for p in seen["parties"]]) == ("single", iso(12), list(SIX))
    assert checks(seen) == {"notify": (0, 6), "hold": (0, 1), "confirm": (0, 6), "report": (0, 1)}


def test_an_invalid_test_is_a_note_for_the_laboratory_alone(api: Api, world: World, clock: SetClock):
    tube(world, POOL_TUBE, "invalid")
    seen = board(api)
    assert (seen["open"], seen["retests"], seen["tasks"][0]["kind"]) == (0, 1, "retest")
    clock.to(at(15))
    assert [f for f in world.look().findings if f.topic == "tasks"] == []
    send(world, found(POOL_TUBE, "negative", at(14)))
    seen = board(api)
    assert (seen["retests"], seen["closed"], seen["tasks"][0]["ending"]) == (0, 1, "retested")
    check(world)


def test_negative_results_leave_no_trace(world: World):
    tube(world, POOL_TUBE, "negative")
    assert (world.count(PositiveTask), world.count(PositiveEvent)) == (0, 0)
    assert [a.action for a in world.audits() if a.action.startswith("positive.")] == []


def test_repetitions_and_copies_open_nothing_twice(api: Api, world: World):
    rows = [sampled(POOL_TUBE, at(9)), found(POOL_TUBE, "positive", at(10))]
    send(world, *rows)
    send(world, *rows)
    send(world, found(POOL_TUBE, "positive", at(10, 20)))
    assert (world.count(PositiveTask), world.count(PositiveEvent)) == (1, 1)


def test_a_correction_by_a_newer_result_ends_the_task_for_all_to_see(api: Api, world: World):
    tube(world, POOL_TUBE, "positive")
    send(world, found(POOL_TUBE, "negative", at(10, 20)))
    seen = board(api)
    assert (seen["open"], seen["closed"]) == (0, 1)
    assert (seen["tasks"][0]["ending"], seen["tasks"][0]["closed_at"]) == ("corrected", iso(10, 20))
    assert refusal(do(api, step("reopened")), 409) == ("step", "conflict")
    send(world, found(POOL_TUBE, "positive", at(10, 25)))
    assert (board(api)["open"], task(api)["since"], world.count(PositiveTask)) == (1, iso(10, 25), 1)
    check(world)


def test_an_older_result_that_comes_later_changes_nothing(api: Api, world: World):
    tube(world, POOL_TUBE, "positive", 20)
    send(world, found(POOL_TUBE, "negative", at(10, 5)))
    assert board(api)["open"] == 1
    send(world, sampled("POOL-00002", at(9)), found("POOL-00002", "negative", at(10, 20)))
    send(world, found("POOL-00002", "positive", at(10, 5)))
    assert world.count(PositiveTask) == 1


def test_a_result_may_come_before_anybody_knows_the_tube(api: Api, world: World):
    send(world, found("ONE-0001", "positive", at(10)))
    seen = task(api)
    assert (seen["site"], seen["kind"]) == (DISTRICT, "pool")
    send(world, sampled("ONE-0001", at(9), 1, 1, "S4"))
    seen = task(api)
    assert (seen["site"], seen["kind"], seen["members"]) == ("S4", "single", 1)
    assert board(api, scope=OTHER_TOWN)["open"] == 1
    assert board(api, scope=TOWN)["open"] == 0


def test_a_task_opened_under_a_misread_barcode_is_the_right_tube_s(api: Api, world: World):
    send(world, sampled("POOL-00001", at(9), 6), found("P0OL-00001", "positive", at(10)))
    assert task(api)["site"] == DISTRICT
    with world.database.write() as session:
        row = campaigns.lock(session, world.id)
        session.add(TubeAlias(campaign_id=world.id, wrong="P0OL-00001", barcode="POOL-00001"))
        session.flush()
        refold(session, row, books_of(session, row, campaigns.tree_of(session, row)), ["P0OL-00001", "POOL-00001"])
    seen = task(api)
    assert (seen["site"], seen["members"]) == ("S1", 6)
    send(world, found("POOL-00001", "negative", at(10, 20)))
    assert (task(api)["ending"], world.count(PositiveTask)) == ("corrected", 1)


# -- handled by people


def test_a_pool_from_its_result_to_its_end(api: Api, world: World, clock: SetClock):
    tube(world, POOL_TUBE, "positive", 25)
    held = done(api, "held", persons=3, minutes_ago=2)
    assert (held["members"], held["checks"][0]["at"]) == (3, iso(10, 28))
    told = done(api, "notified", note="应急队出发")
    assert [(p["party"], p["notified_at"]) for p in told["parties"]] == [
        (party, iso(10, 30)) for party in ("team", "community", "police")
    ]
    for party in ("team", "community", "police"):
        seen = done(api, "confirmed", party=party)
    assert checks(seen)["confirm"] == (3, 3)
    first = [f"R1-000{n}" for n in range(3)]
    seen = done(api, "linked", who=f"lab:{LAB}", barcodes=first)
    assert [(s["barcode"], s["known"]) for s in seen["samples"]] == [(barcode, False) for barcode in first]
    clock.to(at(11))
    send(world, *(sampled(barcode, at(10, 45), 1, 1) for barcode in first))
    send(world, *(found(b, r, at(10, 58)) for b, r in zip(first, ("negative", "negative", "positive"), strict=True)))
    seen = task(api)
    assert (checks(seen)["test"], seen["stopped_at"], seen["led_to"]) == ((3, 3), iso(10, 58), [2])
    opened = task(api, 2)
    assert (opened["kind"], opened["barcode"], opened["origin"]) == ("single", "R1-0002", 1)
    assert refusal(do(api, step("closed")), 400) == ("note", "missing_field")
    seen = done(api, "linked", barcodes=[f"R2-000{n}" for n in range(3)], second=True)
    assert checks(seen)["second"] == (3, 3)
    assert refusal(do(api, step("closed"), f"lab:{LAB}"), 403) == ("step", "out_of_scope")
    seen = done(api, "closed")
    assert (seen["ending"], board(api)["closed"]) == ("done", 1)
    assert [e["step"] for e in seen["events"]] == [
        "result", "held", "notified", "confirmed", "confirmed", "confirmed", "linked", "linked", "closed",
    ]  # fmt: skip
    check(world)


def test_a_single_positive_from_its_result_to_the_direct_report(api: Api, world: World, clock: SetClock):
    tube(world, "ONE-0001", "single_target", 25, 1, 1)
    done(api, "notified")
    clock.to(at(10, 41))
    seen = task(api)
    assert set(seen["overdue"]) == {"hold", "confirm"}
    done(api, "held", persons=1)
    for party in SIX:
        seen = done(api, "confirmed", party=party)
    assert (seen["overdue"], seen["state"]) == ([], "ok")
    clock.to(at(12, 26))
    assert task(api)["overdue"] == ["report"]
    seen = done(api, "reported", minutes_ago=6)
    assert (seen["overdue"], seen["stopped_at"]) == ([], iso(12, 20))
    assert done(api, "closed")["ending"] == "done"
    check(world)


def test_the_same_sending_again_changes_nothing(api: Api, world: World, clock: SetClock):
    tube(world, POOL_TUBE, "positive")
    body = step("notified", key="same")
    assert do(api, body).json["unchanged"] is False
    revision = world.revision()
    clock.advance(minutes=3)
    assert do(api, body | {"minutes_ago": 3}).json["unchanged"] is True
    assert (world.revision(), world.count(PositiveEvent)) == (revision, 2)
    assert refusal(do(api, step("held", key="same")), 409) == ("key", "conflict")


def test_the_second_of_two_at_once_sees_a_conflict(api: Api, world: World):
    tube(world, POOL_TUBE, "positive")
    seen = task(api)["turns"]
    done(api, "held", seen=seen, persons=9)
    assert refusal(do(api, step("held", seen=seen, persons=8)), 409) == ("seen", "conflict")
    done(api, "commented", seen=seen, note="在路上")
    assert task(api)["members"] == 9


def test_a_tube_sampled_again_is_one_person_s_and_of_one_task(api: Api, world: World):
    tube(world, POOL_TUBE, "positive")
    tube(world, "POOL-00002", "grey")
    send(world, sampled("POOL-00003", at(10, 5)))
    assert refusal(do(api, step("linked", barcodes=["POOL-00003"])), 400) == ("barcodes", "bad_value")
    done(api, "linked", barcodes=["R1-0001"])
    assert refusal(do(api, step("linked", 2, barcodes=["R1-0001"])), 409) == ("barcodes", "conflict")
    done(api, "unlinked", barcodes=["R1-0001"])
    done(api, "linked", number=2, barcodes=["R1-0001"])
    assert world.count(PositiveResample) == 1
    assert checks(task(api))["resample"][0] == 0
    check(world)


@pytest.mark.parametrize("note", ["家属 138 0013 8000", "证件 44060719900101123X", "固话0757-87731234"])
def test_words_that_hold_somebody_s_number_are_refused_and_not_kept(api: Api, world: World, note: str):
    tube(world, POOL_TUBE, "positive")
    for name, more in (("commented", {}), ("held", {}), ("closed", {})):
        answer = do(api, step(name, note=note, **more))
        assert refusal(answer, 400) == ("note", "bad_value")
        assert "138" not in answer.get_data(as_text=True)
    assert world.count(PositiveEvent) == 1


def test_every_change_is_in_the_audit_without_its_tube_and_result(api: Api, world: World):
    tube(world, POOL_TUBE, "positive")
    done(api, "held", persons=9)
    done(api, "commented", note="在路上")
    lines = [a for a in world.audits() if a.action.startswith("positive.")]
    assert [(a.action, a.actor) for a in lines] == [
        ("positive.result", "rule"), ("positive.held", lines[1].actor), ("positive.commented", lines[1].actor),
    ]  # fmt: skip
    assert "district" in lines[1].actor
    assert [a.details for a in lines] == [{"tasks": [1], "opened": 1}, {"number": 1}, {"number": 1}]


# -- who may know


@pytest.mark.parametrize("who", ["reader", "site", "town", "gateway"])
def test_only_who_may_see_results_sees_tasks(api: Api, world: World, who: str):
    tube(world, POOL_TUBE, "positive")
    for path in ("positives", "positives?number=1"):
        assert_problem(api.get(path, who), 403)
    assert_problem(do(api, step("held"), who), 403)


@pytest.mark.parametrize(
    ("who", "told"),
    [("site", False), ("town", False), ("gateway", False), ("reader", False), (f"lab:{OTHER_LAB}", False),
     (f"lab:{LAB}", True), ("district", True)],
)  # fmt: skip
def test_one_tube_s_life_tells_its_result_to_whom_it_may(api: Api, world: World, who: str, told: bool):
    tube(world, POOL_TUBE, "positive")
    answer = api.get(f"tubes/{POOL_TUBE}", who)
    assert ("positive" in answer.get_data(as_text=True)) is told
    listed = (
        api.get(path, who).get_data(as_text=True) for path in ("ledger", "ledger/findings", "backlog", "handover")
    )
    assert not any('"positive"' in said or "grey" in said for said in listed)


def test_a_laboratory_sees_and_handles_what_it_found(api: Api, world: World):
    tube(world, POOL_TUBE, "positive")
    send(world, sampled("POOL-00002", at(9)), found("POOL-00002", "grey", at(10), OTHER_LAB))
    assert [t["number"] for t in board(api, f"lab:{LAB}")["tasks"]] == [1]
    assert [t["number"] for t in board(api, f"lab:{OTHER_LAB}")["tasks"]] == [2]
    assert_problem(api.get("positives?number=1", f"lab:{OTHER_LAB}"), 403)
    assert refusal(do(api, step("held"), f"lab:{OTHER_LAB}"), 403) == ("step", "out_of_scope")
    assert done(api, "held", who=f"lab:{LAB}")["number"] == 1
    assert_problem(api.get("positives?number=7"), 404)
    assert_problem(do(api, step("held", 7)), 404)


def test_a_town_is_told_where_people_are_to_be_held_but_not_why(api: Api, world: World, clock: SetClock):
    tube(world, POOL_TUBE, "positive", 28)
    tube(world, "ONE-0001", "grey", 29, 1, 1)
    tube(world, "POOL-00009", "positive", 28, where="S4")
    answer = api.get("positives/sites", "town")
    assert answer.json["sites"] == [
        {"site": "S1", "site_name": "S1", "tasks": 2, "to_hold": 2, "since": iso(10, 28), "overdue": 0}
    ]
    (hold,) = [f for f in world.look(TOWN).findings if f.topic == "tasks"]
    assert (hold.kind, hold.severity, hold.place, dict(hold.params)) == ("positive_hold", "warn", "S1", {"count": 2})
    for number in (1, 2):
        done(api, "held", number=number)
    assert [f for f in world.look(TOWN).findings if f.topic == "tasks"] == []
    clock.to(at(10, 40))
    (late,) = [f for f in world.look(TOWN).findings if f.topic == "tasks"]
    assert (late.kind, late.severity, dict(late.params)) == ("positive_overdue", "crit", {"count": 2})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_other_page_tells_which_tube_or_which_result(api: Api, world: World, clock: SetClock, language: str):
    tube(world, POOL_TUBE, "positive", 20)
    tube(world, "ONE-0001", "single_target", 20, 1, 1)
    clock.to(at(13))
    with world.reading() as (session, _):
        for page, place in (
            (overview, DISTRICT),
            (findings, DISTRICT),
            (sites, DISTRICT),
            (town, TOWN),
            (site, "S1"),
        ):
            panels = draw_all(page.PAGE, session, moment(world, place), language)
            drawn = orjson.dumps(panels, default=lambda part: part.to_plotly_json()).decode()
            for word in (POOL_TUBE, "ONE-0001", "单靶", "single target", "灰区", "混采管", "single_target"):
                assert word not in drawn, (page.PAGE.slug, word)
            if place == "S1":
                # The clerk reads this page too.
                assert "处置任务" not in drawn
                assert "tasks over time" not in drawn


# -- what is shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_drawn_in_every_state(api: Api, world: World, clock: SetClock, language: str):
    tube(world, POOL_TUBE, "positive", 5, 8)
    tube(world, "POOL-00002", "grey", 20)
    tube(world, "ONE-0001", "single_target", 20, 1, 1)
    tube(world, "POOL-00003", "invalid", 20)
    tube(world, "POOL-00004", "positive", 20)
    send(world, found("POOL-00004", "negative", at(10, 25)), found("POOL-00005", "positive", at(10, 25)))
    done(api, "held", persons=2, note="<script>alert(1)</script>")
    done(api, "notified")
    done(api, "confirmed", party="team")
    done(api, "linked", barcodes=["R1-0001", "R1-0002"])
    done(api, "linked", barcodes=["R2-0001"], second=True)
    send(world, sampled("R1-0001", at(10, 10), 1, 1), found("R1-0001", "positive", at(10, 29)))
    done(api, "closed", number=2, note="演练")
    for now in (at(10, 31), at(10, 55), at(14)):
        clock.to(now)
        with world.reading() as (session, tree):
            panels = draw_all(positives.PAGE, session, moment(world), language)
            assert lab_board(session, tree, LAB, now).tasks
        drawn = {slug: orjson.dumps(part, default=lambda p: p.to_plotly_json()) for slug, part in panels.items()}
        assert set(drawn) == {"stamp", "positive-board"}
        assert b"data-retry" not in drawn["positive-board"]
        assert b"dangerously" not in drawn["positive-board"]


def test_a_day_later_only_what_is_open_is_shown(api: Api, world: World, clock: SetClock):
    tube(world, POOL_TUBE, "positive")
    tube(world, "POOL-00002", "grey")
    done(api, "closed", number=2, note="演练")
    clock.advance(days=1)
    assert [t["number"] for t in board(api)["tasks"]] == [1]


# -- the demonstration


def test_the_demonstration_s_staff_do_what_is_due_and_leave_a_visitor_s_work_alone(
    api: Api, world: World, clock: SetClock
):
    tube(world, POOL_TUBE, "positive", 30, 2)
    done(api, "held", persons=2, note="来访者")
    singles = {POOL_TUBE: ("R1-0001", "R1-0002")}

    def play(until: datetime) -> dict[str, Any]:
        clock.to(until)
        with world.database.write() as session:
            row = campaigns.lock(session, world.id)
            play_tasks(session, row, campaigns.tree_of(session, row), singles, until, "simulator", "王")
        return task(api)

    assert checks(play(at(10, 45))) == {
        "hold": (1, 1), "notify": (3, 3), "confirm": (3, 3), "resample": (0, 2), "test": (0, 2), "second": (0, 2),
    }  # fmt: skip
    clock.to(at(11, 10))
    send(world, *(sampled(code, at(10, 50), 1, 1) for code in singles[POOL_TUBE]))
    send(world, *(found(code, "negative", at(11, 10)) for code in singles[POOL_TUBE]))
    seen = play(at(11, 40))
    assert (seen["ending"], checks(seen)["test"]) == ("unfinished", (2, 2))
    revision = world.revision()
    done(api, "reopened")
    assert play(at(12))["closed_at"] is None
    assert world.revision() == revision + 1
    assert [e["note"] for e in seen["events"] if e["step"] == "held"] == ["来访者"]
    check(world)
