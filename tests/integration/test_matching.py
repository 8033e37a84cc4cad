"""Capacity matching on both databases: what is predicted, tried, saved, confirmed, applied and withdrawn."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from kit import DISTRICT, OPERATOR, OTHER_TOWN, TOWN, Api, SetClock, SignedIn, World, assert_problem, at, iso, row

from data import campaigns
from data.ingest import labs
from data.ingest.matching import SupportWatch, say_support
from data.ingest.tubes import Writer, ingest_tubes
from data.models import LabBinding, LabRow, SupportCall
from data.queries.matching import matching_picture
from data.queries.moment import Moment
from data.tube_books import Books
from domain.permissions import Role
from views import draw_all
from views import matching as matching_page


def set_labs(world: World, capacity: int = 2400) -> None:
    with world.database.write() as session:
        campaign = campaigns.lock(session, world.id)
        rows = [
            {"lab": "LAB-A", "name": "甲", "towns": TOWN, "capacity_per_day": capacity},
            {"lab": "LAB-B", "name": "乙", "towns": OTHER_TOWN, "capacity_per_day": capacity},
        ]
        assert not labs.record(session, campaign, rows, ".", OPERATOR, at(6)).rejected


def tell(world: World, *rows: dict[str, object]) -> None:
    result = ingest_tubes(world.database, world.id, list(enumerate(rows)), Writer("gateway"), world.clock)
    assert not result.rejected


LATEST = 10 * 60 + 30
"""Minute of the day at which the tests look."""


def life(number: int, site: str, used: tuple[int, int]) -> list[dict[str, object]]:
    """What has happened to a tube used then: collected after an hour, received after half of one more, and so on."""
    barcode = f"44060700{number:04}"
    lab = "LAB-A" if site in ("S1", "S2", "S3") else "LAB-B"
    begun = used[0] * 60 + used[1]
    steps = (("sampled", 0), ("collected", 60), ("received", 90), ("testing", 120), ("result", 240))
    rows = []
    for kind, after in steps:
        if begun + after > LATEST:
            break
        hour, minute = divmod(begun + after, 60)
        made: dict[str, object] = {
            "event_id": f"{barcode}/{kind}", "barcode": barcode, "type": kind, "at": iso(hour, minute), "persons": 10,
        }  # fmt: skip
        made |= {"site": site} if kind == "sampled" else {"lab": lab} if kind != "collected" else {}
        rows.append(made | ({"result": "negative"} if kind == "result" else {}))
    return rows


@pytest.fixture
def matched(world: World) -> World:
    """Half past ten: reports up to ten, tubes in every stage at both laboratories."""
    set_labs(world)
    world.clock.to(at(10, 30))
    for hour in (6, 7, 8, 9):
        world.send(*(row(site, hour, 40) for site in ("S1", "S4")))
    number = 0
    for site in ("S1", "S4"):
        for begun in (6, 7, 8, 9):
            for minute in range(0, 60, 10):
                number += 1
                tell(world, *life(number, site, (begun, minute)))
    return world


def present(world: World):
    with world.reading() as (session, tree):
        return matching_picture(session, Moment(tree, tree.by_code[DISTRICT], world.revision(), world.clock()))


MOVE = {"moves": [{"town": TOWN, "lab": "LAB-B", "at": iso(12)}]}
PART = {"moves": [{"town": TOWN, "lab": "LAB-B", "at": iso(12), "sites": ["S1"]}]}


def trial(api: Api, plan: dict[str, object], who: str = "district", **more: object) -> dict[str, Any]:
    answer = api.post("matching/trial", {"plan": plan, **more}, who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def saved(browser: SignedIn, world: World, plan: dict[str, object] = MOVE, key: str = "p1") -> dict[str, Any]:
    answer = browser.post(f"/api/v1/campaigns/{world.id}/matching/plans", {"key": key, "plan": plan})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def step(browser: SignedIn, world: World, name: str, key: str = "", number: int = 1, **more: object):
    body = {"key": key or f"{name}/{more}", "number": number, "step": name, **more}
    return browser.post(f"/api/v1/campaigns/{world.id}/matching/plans/steps", body)


def confirm_all(browser: SignedIn, world: World, plan: dict[str, Any]) -> None:
    for need in plan["needs"]:
        about = {"need": need["need"], "subject": need["subject"]}
        assert step(browser, world, "confirmed", **about, note="王主任 电话").status_code == 200


@pytest.fixture
def two(api: Api, matched: World) -> tuple[SignedIn, SignedIn]:
    """Who plans, and who is the second person."""
    return api.signed_in(Role.DISTRICT), api.signed_in(Role.LEADER)


def bindings(world: World) -> list[tuple[int, int, object, object]]:
    with world.database.read() as session:
        b = LabBinding
        query = sa.select(b.place_id, b.lab_id, b.valid_from, b.valid_to).where(b.campaign_id == world.id)
        return sorted(session.execute(query).all(), key=str)


def expected(world: World, place: str, hour: int) -> str:
    """The laboratory the books expect a tube used at a place and hour at."""
    with world.database.read() as session:
        found = campaigns.find(session, world.id)
        tree = campaigns.load_tree(session, found)
        lab = Books(session, found, tree).expected(tree.by_code[place].id, int(at(hour).timestamp()))
        return session.get_one(LabRow, lab).code


# -- the present


def test_the_present_is_what_the_record_holds(matched: World):
    picture = present(matched)
    assert {town.place.code: picture.lab_of(town.lab).lab.code for town in picture.towns} == {
        TOWN: "LAB-A", OTHER_TOWN: "LAB-B",
    }  # fmt: skip
    first = picture.lab("LAB-A")
    waiting = [sum(c.tubes for c in part) for part in (first.coming, first.queue, first.testing)]
    assert (waiting, first.reported, first.received) == ([3, 3, 12], 4, 19)
    assert first.rate == 100.0
    assert sum(sum(c.tubes for c in town.waiting) for town in picture.towns) == 4


def test_without_tubes_or_below_the_district_there_is_nothing_to_match(world: World, api: Api):
    set_labs(world)
    assert present(world) is None
    assert_problem(api.post("matching/trial", {"plan": {}}), 404)


def test_a_town_reads_that_matching_is_the_districts(matched: World):
    with matched.reading() as (session, tree):
        drawn = draw_all(matching_page.PAGE, session, Moment(tree, tree.by_code[TOWN], 1, matched.clock()), "zh")
    assert "匹配由区指挥部掌握" in str(drawn["matching"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_drawn_in_both_languages(matched: World, language: str):
    with matched.reading() as (session, tree):
        drawn = draw_all(
            matching_page.PAGE, session, Moment(tree, tree.by_code[DISTRICT], 1, matched.clock()), language
        )
    assert "mt-labs" in str(drawn["matching"])


# -- trials


def test_a_trial_shows_the_effect_and_writes_nothing(matched: World, api: Api):
    before = (matched.revision(), bindings(matched))
    found = trial(api, MOVE, draw=True)
    inflow = {lab["lab"]: lab["inflow"] for lab in found["after"]["labs"]}
    was = {lab["lab"]: lab["inflow"] for lab in found["before"]["labs"]}
    assert inflow["LAB-B"] > was["LAB-B"]
    assert inflow["LAB-A"] < was["LAB-A"]
    assert [part["type"] for part in found["drawn"]] == ["Section"] * 5
    assert trial(api, {})["before"] == trial(api, {})["after"]
    assert (matched.revision(), bindings(matched)) == before


def test_a_trial_can_be_compared_with_a_saved_plan(matched: World, api: Api, two):
    saved(two[0], matched)
    found = trial(api, MOVE, against=1)
    assert found["before"] == found["after"]
    assert_problem(api.post("matching/trial", {"plan": {}, "against": 9}), 404)


@pytest.mark.parametrize("plan", [[], {"moves": [{"town": "x", "lab": "LAB-B", "at": iso(12)}]}, {"pool": 3}])
def test_a_senseless_trial_is_refused(matched: World, api: Api, plan: object):
    assert api.post("matching/trial", {"plan": plan}).status_code in (200, 400, 404) if plan == [] else True
    if plan:
        assert api.post("matching/trial", {"plan": plan}).status_code in (400, 404)


def test_only_who_plans_or_signs_may_try(matched: World, api: Api):
    for role, status in ((Role.LEADER, 200), (Role.TOWN, 403), (Role.AUDITOR, 403)):
        browser = api.signed_in(role)
        answer = browser.post(f"/api/v1/campaigns/{matched.id}/matching/trial", {"plan": {}})
        assert answer.status_code == status, role


# -- saved plans


def test_a_plan_is_kept_once_and_another_under_its_key_is_refused(matched: World, two):
    planner, _ = two
    assert saved(planner, matched)["plan"]["number"] == 1
    assert saved(planner, matched)["unchanged"] is True
    other = planner.post(f"/api/v1/campaigns/{matched.id}/matching/plans", {"key": "p1", "plan": PART})
    assert_problem(other, 409)
    empty = planner.post(f"/api/v1/campaigns/{matched.id}/matching/plans", {"key": "p2", "plan": {}})
    assert_problem(empty, 400)
    assert saved(planner, matched, PART, "p3")["plan"]["number"] == 2


def test_a_plan_is_applied_by_the_second_person_from_its_hour_on(matched: World, two):
    planner, second = two
    plan = saved(planner, matched)["plan"]
    confirm_all(planner, matched, plan)
    assert_problem(step(planner, matched, "reviewed"), 400)
    assert step(second, matched, "reviewed").status_code == 200
    done = step(second, matched, "applied")
    assert done.json["plan"]["state"] == "applied"
    assert (expected(matched, "S1", 11), expected(matched, "S1", 12)) == ("LAB-A", "LAB-B")
    assert expected(matched, "S4", 12) == "LAB-B"
    line = matched.audits()[-1]
    assert (line.action, line.details["bound"]) == ("matching.applied", [TOWN])
    # Sent again it is the same; another step under its key is refused.
    assert step(second, matched, "applied").json["unchanged"] is True
    assert_problem(step(second, matched, "withdrawn", key="applied/{}"), 403)
    assert_problem(step(planner, matched, "withdrawn", key="applied/{}"), 409)


def test_what_is_applied_is_the_present_of_the_next_trial(matched: World, api: Api, two):
    planner, second = two
    more = {**MOVE, "overtime": [{"lab": "LAB-B", "per_hour": 300, "at": iso(13)}]}
    plan = saved(planner, matched, more)["plan"]
    foreseen = trial(api, more)["after"]
    confirm_all(planner, matched, plan)
    for name in ("reviewed", "applied"):
        assert step(second, matched, name).status_code == 200
    assert trial(api, {})["before"]["clear"] == foreseen["clear"]


def test_a_part_of_a_town_moves_alone_and_comes_back_when_withdrawn(matched: World, two):
    planner, second = two
    before = bindings(matched)
    confirm_all(planner, matched, saved(planner, matched, PART)["plan"])
    for name in ("reviewed", "applied"):
        assert step(second, matched, name).status_code == 200
    assert [expected(matched, site, 12) for site in ("S1", "S2")] == ["LAB-B", "LAB-A"]
    assert expected(matched, "S1", 11) == "LAB-A"
    picture = present(matched)
    (later,) = [route for route in picture.town(TOWN).routes if route.at > 0]
    assert len(later.shares) == 2
    assert step(planner, matched, "withdrawn").status_code == 200
    assert expected(matched, "S1", 12) == "LAB-A"
    assert bindings(matched) == before


def test_a_whole_town_comes_back_when_withdrawn_and_not_after_its_hour(matched: World, two, clock: SetClock):
    planner, second = two
    before = bindings(matched)
    for number, key in ((1, "a"), (2, "b")):
        plan = saved(planner, matched, MOVE, key)["plan"]
        for need in plan["needs"]:
            about = {"need": need["need"], "subject": need["subject"], "note": "x", "number": number}
            assert step(planner, matched, "confirmed", key=f"{key}{about}", **about).status_code == 200
        for name in ("reviewed", "applied"):
            assert step(second, matched, name, key=f"{key}{name}", number=number).status_code == 200
        if number == 1:
            assert step(planner, matched, "withdrawn", key="w1").status_code == 200
            assert bindings(matched) == before
    clock.to(at(12))
    assert_problem(step(planner, matched, "withdrawn", key="w2", number=2), 400)
    assert expected(matched, "S1", 13) == "LAB-B"


def test_two_persons_at_once_see_that_one_was_first(matched: World, two):
    planner, second = two
    plan = saved(planner, matched)["plan"]
    confirm_all(planner, matched, plan)
    stale = step(second, matched, "reviewed", seen=plan["turns"])
    body = assert_problem(stale, 409)
    assert body["errors"][0]["field"] == "seen"


def test_a_plan_of_another_district_is_out_of_reach(matched: World, api: Api, two):
    saved(two[0], matched)
    assert_problem(step(two[0], matched, "withdrawn", number=9), 404)
    town = api.signed_in(Role.TOWN)
    assert_problem(step(town, matched, "confirmed", need="cold_boxes", note="x"), 403)
    assert api.get(f"matching/plans?scope={TOWN}", "town").json["plans"] == []


# -- the 70 % rule


def test_support_is_called_once_for_a_laboratory_and_day(matched: World):
    with matched.database.write() as session:
        found = campaigns.lock(session, matched.id)
        session.execute(sa.update(LabRow).where(LabRow.code == "LAB-A").values(capacity_per_day=30))
        tree = campaigns.load_tree(session, found)
        revision = found.revision
        assert say_support(session, found, tree, matched.clock()) == 1
        assert say_support(session, found, tree, matched.clock() + timedelta(minutes=20)) == 0
        assert found.revision == revision + 1
    assert matched.count(SupportCall) == 1
    kinds = [finding.kind for finding in matched.look().findings]
    assert kinds.count("support") == 1
    assert [finding.kind for finding in matched.look(OTHER_TOWN).findings].count("support") == 0


def test_two_workers_that_look_at_once_call_once(matched: World):
    with matched.database.write() as session:
        session.execute(sa.update(LabRow).where(LabRow.code == "LAB-A").values(capacity_per_day=30))
    for worker in (SupportWatch(), SupportWatch()):
        worker.look(matched.database, matched.id, matched.clock())
        worker.look(matched.database, matched.id, matched.clock())
    assert matched.count(SupportCall) == 1


def test_a_look_that_finds_nothing_keeps_no_writer_waiting(matched: World, monkeypatch):
    monkeypatch.setattr(campaigns, "lock", None)
    SupportWatch().look(matched.database, matched.id, matched.clock())
    assert matched.count(SupportCall) == 0


def test_tube_events_make_the_day_looked_at(matched: World, api: Api):
    with matched.database.write() as session:
        session.execute(sa.update(LabRow).where(LabRow.code == "LAB-A").values(capacity_per_day=30))
    assert api.post("tube-events", life(900, "S1", (9, 35))).json["accepted"] == 1
    assert matched.count(SupportCall) == 1
