"""The planning list on both databases: the way of a site, rights, overrides, what a campaign may be given, files."""

import io
from typing import Any

import openpyxl
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, World, assert_problem, at, codes, iso, make_world
from werkzeug.test import TestResponse

from data import campaigns, stored_planning
from data.demo.planning import forget, record_planning
from data.demo.population import load_sites
from data.ingest.batch import Sender
from data.models import PlannedSite, PlanningEvent
from data.queries.moment import Moment
from data.queries.planning import find_planned, planning_list
from domain.planning import State, Step
from domain.planning_list import Planned
from domain.planning_needs import GROUP_KIT, PASSAGES, SITE_CREW, ZONES
from views import draw_all, planning

HOSTILE = '"><script>alert(1)</script>'

FULL: dict[str, Any] = {
    "zones": list(ZONES), "passages": list(PASSAGES), "lanes": 2, "green_channels": 1,
    "crew": {"lane_medics": 15, "lane_ushers": 5, **SITE_CREW}, "kit": {n: 3 * each for n, each in GROUP_KIT.items()},
}  # fmt: skip


def wish(key: str = "a", **more: object) -> dict[str, object]:
    return {"key": key, "town": TOWN, "name": "新点", "code": "N1", "lon": 112.9, "lat": 23.1, "lanes": 2, **more}


def step(what: str, number: int = 1, key: str = "", **more: object) -> dict[str, object]:
    return {"key": key or f"{number}/{what}", "number": number, "step": what, **more}


def send(api: Api, body: dict[str, object], who: str = "district") -> dict[str, Any]:
    answer = api.post("planning/steps" if "step" in body else "planning", body, who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json
    return found


def refused(api: Api, body: dict[str, object], who: str = "district") -> tuple[int, str, str]:
    answer = api.post("planning/steps" if "step" in body else "planning", body, who)
    (error,) = answer.json["errors"]
    assert error["message"]
    return answer.status_code, error["field"], error["code"]


def browse(api: Api, path: str, who: str) -> TestResponse:
    """What a signed-in person's browser gets."""
    return api.signed_in(who).get(path)


def bring(api: Api, *steps: str, **found: object) -> None:
    """Take the site N1 as far as that: the town inspects, the district decides."""
    send(api, wish(), "town")
    for what in steps:
        more = {**FULL, **found} if what == "inspected" else {"note": "原因"}
        send(api, step(what, **more), "town" if what == "inspected" else "district")


def planned(world: World, number: int = 1) -> Planned:
    with world.reading() as (session, tree):
        whole = find_planned(session, tree, number)
        assert stored_planning.differences(session, world.id) == []
    assert whole is not None
    return whole.planned


# -- the way of a site


def test_a_site_is_applied_for_inspected_approved_published_and_opens_as_a_place(world: World, api: Api):
    world.clock.to(at(9))
    bring(api, "inspected", "approved", "published")
    assert "N1" not in world.tree().by_code
    world.clock.to(at(10))
    done = send(api, step("opened"))
    assert done["planned"]["site"] | {"given": True, "state": "opened", "missing": 0} == done["planned"]["site"]
    place = world.tree().by_code["N1"]
    assert (place.name, place.lanes, place.lon, place.kind) == ("新点", 2, 112.9, "fixed")
    assert place.openings == ((at(10), at(22)),)
    assert [e["step"] for e in done["planned"]["events"]] == [
        "applied",
        "inspected",
        "approved",
        "published",
        "opened",
    ]
    actions = [line.action for line in world.audits() if line.action.startswith("planning")]
    assert actions == [f"planning.{name}" for name in ("applied", "inspected", "approved", "published", "opened")]


def test_a_site_that_is_closed_and_opened_again_owes_no_report_in_between(world: World, api: Api):
    world.clock.to(at(9))
    bring(api, "inspected", "approved", "published", "opened")
    world.clock.to(at(12))
    send(api, step("closed", note="暴雨"))
    world.clock.to(at(15))
    send(api, step("opened", key="again"))
    assert world.tree().by_code["N1"].openings == ((at(9), at(12)), (at(15), at(22)))
    assert planned(world).state is State.OPENED
    world.check()


def test_a_site_opened_and_closed_before_the_campaign_is_open_for_no_hour(world: World, api: Api):
    world.clock.to(at(4))
    bring(api, "inspected", "approved", "published", "opened")
    assert world.tree().by_code["N1"].openings == ()
    world.clock.to(at(5))
    send(api, step("closed", note="改期"))
    tree = world.tree()
    assert tree.open_periods(tree.by_code["N1"]) == frozenset()


def test_a_site_does_not_open_after_the_end(world: World, api: Api):
    world.clock.to(at(23))
    bring(api, "inspected", "approved", "published")
    assert refused(api, step("opened")) == (400, "at", "too_late")
    assert "N1" not in world.tree().by_code


def test_a_step_written_down_later_keeps_both_times(world: World, api: Api):
    world.clock.to(at(9))
    send(api, wish(at=iso(7)), "town")
    (event,) = send(api, step("inspected", at=iso(8), **FULL), "town")["planned"]["events"][1:]
    assert (event["at"], event["recorded_at"]) == (iso(8), iso(9))
    assert refused(api, step("approved", at=iso(7))) == (400, "at", "bad_time")
    assert refused(api, step("approved", at=iso(10))) == (400, "at", "time_in_future")


def test_a_refused_site_is_applied_for_anew_and_its_history_stays(world: World, api: Api):
    bring(api, "inspected", "refused")
    assert refused(api, step("approved")) == (409, "step", "conflict")
    done = send(api, wish("b", name="新点二", lanes=3), "town")
    assert done["planned"]["site"]["number"] == 1
    assert (planned(world).state, planned(world).wish.name, planned(world).lanes) == (State.APPLIED, "新点二", 3)
    assert len(done["planned"]["events"]) == 4


# -- exactly once


def test_the_same_sending_again_changes_nothing_and_another_content_is_a_conflict(world: World, api: Api):
    bring(api, "inspected")
    revision = world.revision()
    world.clock.advance(minutes=5)
    assert send(api, wish(), "town")["unchanged"]
    assert send(api, step("inspected", **FULL), "town")["unchanged"]
    assert world.revision() == revision
    assert refused(api, wish(lanes=9), "town") == (409, "key", "conflict")
    assert refused(api, wish(code="N2"), "town") == (409, "key", "conflict")
    assert refused(api, step("inspected", **{**FULL, "lanes": 9}), "town") == (409, "key", "conflict")
    assert (world.count(PlannedSite), world.count(PlanningEvent)) == (1, 2)


def test_a_code_stands_on_the_list_once_and_a_name_in_a_town_too(world: World, api: Api):
    send(api, wish(), "town")
    assert refused(api, wish("b"), "town") == (409, "code", "conflict")
    send(api, wish("c", code=""), "town")
    assert refused(api, wish("d", code=""), "town") == (409, "code", "conflict")
    assert refused(api, wish("e", code=TOWN), "town") == (400, "code", "bad_value")
    assert refused(api, wish("f", code="S4"), "town") == (400, "code", "wrong_parent")


def test_who_decides_on_what_has_changed_is_told_that_somebody_was_first(world: World, api: Api):
    bring(api, "inspected")
    assert refused(api, step("approved", seen=1)) == (409, "seen", "conflict")
    send(api, step("approved", seen=2))


# -- who may


def test_a_town_applies_and_inspects_in_its_own_area_and_decides_nothing(world: World, api: Api):
    assert refused(api, wish(town=OTHER_TOWN), "town") == (403, "town", "out_of_scope")
    send(api, wish("b", town=OTHER_TOWN))
    assert refused(api, step("inspected", **FULL), "town") == (403, "number", "out_of_scope")
    send(api, wish("c", code="N2"), "town")
    for what in ("approved", "published", "released", "opened", "closed", "refused"):
        assert_problem(api.post("planning/steps", step(what, 2), "town"), 403)
    assert_problem(api.get("planning/1", "town"), 403)
    assert [site["number"] for site in api.get("planning", "town").json["sites"]] == [2]


def test_nobody_approves_what_he_alone_inspected(world: World, api: Api):
    send(api, wish())
    send(api, step("inspected", **FULL), "district")
    assert refused(api, step("approved")) == (400, "step", "not_yours")
    send(api, step("inspected", key="second", **FULL), "town")
    send(api, step("approved"))


def test_a_missing_passage_stops_an_approval_until_it_is_made_over_it_with_a_reason(world: World, api: Api):
    bring(api, "inspected", passages=["people", "staff"])
    assert refused(api, step("approved")) == (400, "override", "needs_reason")
    assert refused(api, step("approved", override=True)) == (400, "note", "needs_reason")
    done = send(api, step("approved", override=True, note="当日补设"))
    assert done["planned"]["site"]["approved_over"] == 1
    assert done["planned"]["events"][-1]["missing"] == ["passage.soiled"]
    line = world.audits()[-1]
    assert (line.action, line.details["missing"], line.details["reason"]) == (
        "planning.approved", ["passage.soiled"], "当日补设",
    )  # fmt: skip


# -- what a campaign may be given

FILE = f"site,town,lanes,override\nX1,{TOWN},3,"


def test_a_campaign_without_a_list_takes_every_site(world: World):
    assert not world.file("places", FILE).refused
    assert "X1" in world.tree().by_code


def test_once_there_is_a_list_a_site_that_is_not_approved_is_not_given(world: World, api: Api):
    bring(api, "inspected")
    result = world.file("places", f"{FILE}\nN1,{TOWN},2,\nS1,{TOWN},5,\n")
    assert [(line, r.field, r.code.value) for line, r in result.refused] == [
        (2, "site", "not_yours"), (3, "site", "not_yours"),
    ]  # fmt: skip
    # What the campaign has already is brought up to date as before.
    assert world.tree().by_code["S1"].lanes == 5
    send(api, step("approved"))
    assert not world.file("places", f"site,town,lanes\nN1,{TOWN},2\n").refused
    assert planned(world).given


def test_a_file_gives_a_site_in_spite_of_the_list_with_who_when_and_why(world: World, api: Api):
    bring(api, "inspected")
    world.clock.to(at(11))
    assert not world.file("places", f"{FILE}轮次提前\nN1,{TOWN},2,先开后补\n").refused
    first, second = planned(world), planned(world, 2)
    assert (first.state, first.released.by, first.released.at, first.why) == (
        State.INSPECTED, "operator", at(11), "先开后补",
    )  # fmt: skip
    assert (second.code, second.state, second.wish.source.value, second.why) == (
        "X1", State.APPLIED, "import", "轮次提前",
    )  # fmt: skip
    assert first.given
    assert second.given
    lines = [line for line in world.audits() if line.action == "planning.released"]
    assert [(line.actor, line.details["site"], line.details["reason"]) for line in lines] == [
        ("operator", "X1", "轮次提前"), ("operator", "N1", "先开后补"),
    ]  # fmt: skip


def test_a_refused_site_given_by_a_file_is_applied_for_anew(world: World, api: Api):
    bring(api, "refused")
    assert not world.file("places", f"site,town,override\nN1,{TOWN},上级要求\n").refused
    assert (planned(world).state, planned(world).why, planned(world).given) == (State.APPLIED, "上级要求", True)


def test_a_dry_run_keeps_no_override(world: World, api: Api):
    bring(api)
    world.file("places", f"{FILE}试一试\n", dry_run=True)
    assert world.count(PlannedSite) == 1


def test_reports_that_make_their_sites_are_held_to_the_list_too(world: World, api: Api):
    bring(api, "inspected")
    rows = f"site,town,hour,persons\nX9,{TOWN},{iso(8)},5\nS1,{TOWN},{iso(8)},7\n"
    world.clock.to(at(10))
    result = world.file("reports", rows, mapping_toml="[options]\ncreate_places = true")
    assert [(line, r.field, r.code.value) for line, r in result.refused] == [(2, "site", "not_yours")]
    assert world.persons() == 7
    world.check()


def test_a_released_site_opens_without_approval_and_a_campaign_may_do_without_the_check(world: World, api: Api):
    send(api, wish(), "town")
    assert refused(api, step("opened")) == (409, "step", "conflict")
    send(api, step("released", note="应急"))
    assert send(api, step("opened"))["planned"]["site"]["released_why"] == "应急"
    free = make_world(world.database, world.clock, settings={"planning_check": 0})
    with world.database.write() as session:
        row = campaigns.lock(session, free.id)
        record_planning(session, row, [], 1, Sender("simulator"), world.clock())
    assert not free.file("places", FILE).refused


# -- suggestions, lists, files


def test_a_suggestion_goes_onto_the_list_as_it_is(world: World, api: Api):
    body: dict[str, object] = {
        "key": "s", "town": TOWN, "name": "建议 1", "name_en": "Suggestion 1", "lon": 112.9, "lat": 23.2,
        "kind": "mobile", "lanes": 2, "green_channels": None, "source": "suggestion", "note": "多覆盖 900 人",
    }  # fmt: skip
    site = send(api, body)["planned"]["site"]
    assert (site["source"], site["kind"], site["capacity_per_day"]) == ("suggestion", "mobile", 2400)
    assert len({site["code"], "S1", "N1"}) == 3


def test_the_list_counts_by_state_and_can_be_asked_for_one(world: World, api: Api):
    bring(api, "inspected")
    send(api, wish("b", town=OTHER_TOWN, code="N2"))
    found = api.get("planning").json
    assert (found["counts"]["applied"], found["counts"]["inspected"], found["unlisted"]) == (1, 1, 5)
    assert [site["code"] for site in found["sites"]] == ["N1", "N2"]
    assert [site["code"] for site in api.get("planning?state=applied").json["sites"]] == ["N2"]
    assert_problem(api.get("planning?state=lost"), 400)
    assert_problem(api.get("planning/99"), 404)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_list_is_a_file_in_which_nothing_is_a_formula(world: World, api: Api, suffix: str):
    send(api, wish(name="=cmd|' /C calc'!A0"), "town")
    answer = browse(api, f"/export/{world.id}/{DISTRICT}/planning.{suffix}?lang=zh", "district")
    assert answer.status_code == 200
    if suffix == "csv":
        cells = answer.data.decode("utf-8-sig").splitlines()[1].split(",")
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        assert all(cell.data_type != "f" for row in sheet for cell in row)
        cells = [str(cell.value) for cell in sheet[2]]
    assert cells[:3] == ["1", "N1", "'=cmd|' /C calc'!A0"]
    assert world.audits()[-1].action == "planning.export"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_names_stay_text_in_panels_and_forms(world: World, api: Api, language: str):
    send(api, wish(name=HOSTILE, note=HOSTILE), "town")
    send(api, step("inspected", note=HOSTILE, zones=["waiting"]), "town")
    with world.reading() as (session, tree):
        drawn = draw_all(planning.PAGE, session, Moment(tree, tree.by_code[DISTRICT], 1, world.clock()), language)
    assert len(drawn) == 3
    assert (
        HOSTILE
        in browse(api, f"/panels/{world.id}/planned?number=1&lang={language}", "town").json["props"]["children"][
            "props"
        ]["children"][0]["props"]["children"][0]["props"]["children"]
    )
    for what in Step:
        form = browse(api, f"/planning/{world.id}/form?what={what}&number=1&lang={language}", "district")
        assert form.status_code == 200
        assert "<script" not in form.get_data(as_text=True)
        assert 'id="plan-note"' in form.get_data(as_text=True)
    assert_problem(browse(api, f"/planning/{world.id}/form?what=jumped&number=1", "district"), 404)


def test_the_demonstrations_list_is_kept_as_its_steps_say_and_can_be_told_anew(world: World):
    sites = [site for site in load_sites() if site.town == TOWN]
    with world.database.write() as session:
        row = campaigns.lock(session, world.id)
        for _ in range(2):
            forget(session, row)
            record_planning(session, row, sites, 1, Sender("simulator"), at(6))
        assert stored_planning.differences(session, world.id) == []
    with world.reading() as (session, tree):
        rows = planning_list(session, Moment(tree, tree.by_code[TOWN], 1, at(9)))
    assert rows.counts[State.OPENED] == len(sites)
    assert rows.counts[State.PUBLISHED] == 1
    assert sum(site.released is not None for site in rows.sites) == 1
    assert sum(bool(site.approved_over) for site in rows.sites) == 1
    assert not codes(world.set_places({"site": "S1", "town": TOWN, "lanes": 4}))
