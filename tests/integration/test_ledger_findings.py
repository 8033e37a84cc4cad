"""Findings of the ledger, handover and sign-offs on both databases: derived, worked on, corrected, taken back."""

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, make_world, row
from openpyxl import load_workbook
from tube_kit import code, differences, event, set_labs, sums, tell

from data.database import Database
from data.ingest.batch import Sender
from data.ingest.tube_findings import Actor, do_step
from data.models import FindingEvent, SiteSignOff, TubeEvent
from data.queries.handover import handover
from data.queries.moment import Moment
from data.queries.site_tubes import site_panel
from data.queries.tube_findings import tube_findings
from domain.errors import Refused
from domain.finding_claims import StepClaim
from domain.handover import Standing
from domain.permissions import Role
from domain.tube_findings import Cause, Kind, Step
from views import draw_all
from views import ledger as ledger_page

WRONG = "440607000804"
"""`code(4)` with a 0 taken for an 8."""


@pytest.fixture
def tubes(world: World) -> World:
    set_labs(world)
    world.clock.to(at(13))
    return world


def box(world: World, numbers: range, received: tuple[int, ...], **more: object) -> None:
    """Tubes of one box of S1, sampled at 8, collected at 9; those `received` come to LAB-A at 10."""
    rows = [
        event(code(n), kind, hour, n % 60, box="B1", manifest="M1", persons=10, lane="1")
        for n in numbers
        for kind, hour in (("sampled", 8), ("third_copy", 8), ("collected", 9))
    ]
    rows += [event(code(n), "received", 10, n % 60, box="B1") for n in received]
    assert not tell(world, *rows).rejected
    assert more == {}


def picture(world: World, place: str = DISTRICT):
    with world.reading() as (session, tree):
        return tube_findings(session, Moment(tree, tree.by_code[place], world.revision(), world.clock()))


def kinds(world: World, place: str = DISTRICT) -> list[tuple[Kind, int]]:
    return [(f.kind, f.tubes) for f in picture(world, place).open]


def only(world: World, kind: Kind):
    (found,) = picture(world).of(kind)
    return found


def step(finding: str, name: str, key: str = "", **more: object) -> dict[str, object]:
    return {"key": key or f"{finding}/{name}", "finding": finding, "step": name} | more


def done(api: Api, body: dict[str, object], who: str = "district") -> dict[str, Any]:
    answer = api.post("ledger/findings/steps", body, who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json)


def refused(api: Api, body: dict[str, object], status: int, who: str = "district") -> tuple[str, str]:
    (error,) = assert_problem(api.post("ledger/findings/steps", body, who), status)["errors"]
    assert error["message"]
    return error["field"], error["code"]


# -- what is found


def test_a_box_that_arrives_short_is_a_finding_before_four_hours_are_over(tubes: World, clock: SetClock):
    clock.to(at(10, 50))
    box(tubes, range(6), (0, 1, 2, 3))
    clock.to(at(10, 20))
    assert kinds(tubes) == []
    clock.to(at(11))
    missing = only(tubes, Kind.MISSING)
    assert (missing.barcodes, missing.persons, missing.box, missing.arrived) == ((code(4), code(5)), 20, "B1", True)
    assert [(hand.act, hand.tubes) for hand in missing.hands] == [("packed", 6), ("collected", 6), ("received", 4)]
    assert sums(tubes).missing == 0
    clock.to(at(13))
    assert sums(tubes).missing == 2
    assert only(tubes, Kind.MISSING).id == missing.id


def test_every_kind_of_finding_shows_with_its_tubes(tubes: World):
    box(tubes, range(4), (0, 1))
    tell(
        tubes,
        event("990000000001", "received", 10),
        event(code(20), "sampled", 8, 40, box="B2", persons=10, lane="1"),
        event(code(20), "third_copy", 8, 40),
        event(code(20), "received", 10, lab="LAB-B"),
        event(code(21), "sampled", 8, 41, lane="1", persons=10),
        event(code(21), "third_copy", 8, 41),
        event(code(21), "sampled", 8, 42, event_id="again", lane="2", persons=10),
        event(code(21), "received", 10),
        event(code(22), "third_copy", 8, 43),
        event(code(22), "received", 10),
        event(code(23), "sampled", 8, 44, persons=10),
        event(code(23), "received", 10),
    )
    assert tubes.send(row("S1", 8, 300, tubes=30, third_copies=30)).accepted == 1
    found = {f.kind: f for f in picture(tubes).open}
    assert set(found) == set(Kind) - {Kind.MISREAD}
    assert found[Kind.UNREGISTERED].barcodes == ("990000000001",)
    assert (found[Kind.WRONG_LAB].lab.code, found[Kind.WRONG_LAB].at_lab.code) == ("LAB-A", "LAB-B")
    assert found[Kind.DUPLICATE].barcodes == (code(21),)
    assert (found[Kind.COPY_ONLY].tubes, found[Kind.NO_COPY].tubes, found[Kind.REPORTED].tubes) == (1, -1, 30 - 8)
    assert kinds(tubes, OTHER_TOWN) == []


def test_late_scans_and_late_registrations_end_their_findings(tubes: World, api: Api):
    box(tubes, range(3), (0, 1))
    tell(tubes, event("990000000001", "received", 10))
    missing, unregistered = only(tubes, Kind.MISSING), only(tubes, Kind.UNREGISTERED)
    done(api, step(missing.id, "assigned", owner="lab"))
    tell(tubes, event(code(2), "received", 12), event("990000000001", "sampled", 8, persons=10),
         event("990000000001", "third_copy", 8))  # fmt: skip
    assert kinds(tubes) == []
    (gone,) = picture(tubes).settled
    assert (gone.id, gone.by_itself) == (missing.id, True)
    assert refused(api, step(missing.id, "closed", cause="lost", note="x"), 409) == ("step", "conflict")
    assert_problem(api.post("ledger/findings/steps", step(unregistered.id, "commented", note="x"), "district"), 404)


def test_a_laboratory_that_gives_counts_makes_no_tube_missing(tubes: World, api: Api):
    box(tubes, range(3), ())
    body = [{"key": "r1", "lab": "LAB-A", "hour": at(11).isoformat(), "received": 3, "tested": 0, "reported": 0}]
    assert api.post("lab-reports", body, "district").json["accepted"] == 1
    assert kinds(tubes) == []


# -- what people do


def test_a_cause_a_note_and_a_correction_close_a_finding_and_reopening_takes_it_back(tubes: World, api: Api):
    box(tubes, range(6), (0, 1, 2, 3))
    missing = only(tubes, Kind.MISSING)
    assert refused(api, step(missing.id, "closed", note="多数两支"), 400) == ("cause", "missing_field")
    turns = done(api, step(missing.id, "cause", cause="overpacked", seen=0))["turns"]
    assert refused(api, step(missing.id, "closed"), 400) == ("note", "missing_field")
    closed = done(api, step(missing.id, "closed", note="多数两支", seen=turns))
    assert closed["corrected"] == 2
    assert done(api, step(missing.id, "closed", note="多数两支", seen=turns))["unchanged"] is True
    ledger = sums(tubes)
    assert (ledger.used, ledger.missing, ledger.void, ledger.balance) == (4, 0, 2, 0)
    seen = picture(tubes)
    assert [(s.id, s.state.cause, s.tubes) for s in seen.settled] == [(missing.id, Cause.OVERPACKED, 2)]
    assert kinds(tubes) == []
    assert differences(tubes) == 0
    events = tubes.count(TubeEvent)
    back = done(api, step(missing.id, "reopened", note="又找到了"))
    assert back["corrected"] == 2
    ledger = sums(tubes)
    assert (ledger.used, ledger.missing, ledger.void, ledger.balance) == (6, 2, 0, 0)
    assert tubes.count(TubeEvent) == events
    assert differences(tubes) == 0
    again = done(api, step(missing.id, "closed", "second", cause="lost", note="真丢了"))
    assert (again["corrected"], sums(tubes).void) == (2, 2)
    assert differences(tubes) == 0
    actions = [a.action for a in tubes.audits() if a.action.startswith("finding.")]
    assert actions == ["finding.cause", "finding.closed", "finding.reopened", "finding.closed"]


def test_what_is_closed_is_nothing_to_settle_at_its_site(tubes: World, api: Api):
    box(tubes, range(6), (0, 1, 2, 3))
    tell(tubes, event(code(7), "sampled", 8, site="S1"), event(code(7), "received", 10, lab="LAB-B"))
    panel = panel_of(tubes, "S1")
    assert (panel.odd, panel.missing) == (3, 2)
    done(api, step(only(tubes, Kind.MISSING).id, "closed", cause="not_scanned", note="请实验室补扫"))
    panel = panel_of(tubes, "S1")
    assert (panel.odd, panel.missing) == (1, 0)
    assert panel_of(tubes, "S4").odd == 0


def panel_of(world: World, site: str):
    with world.reading() as (session, tree):
        return site_panel(session, Moment(tree, tree.by_code[site], world.revision(), world.clock()))


def test_a_closing_without_correction_holds_until_more_comes_to_it(tubes: World, api: Api):
    box(tubes, range(6), (0, 1, 2, 3, 4))
    missing = only(tubes, Kind.MISSING)
    done(api, step(missing.id, "closed", cause="not_scanned", note="请实验室补扫"))
    assert kinds(tubes) == []
    assert sums(tubes).missing == 1
    box(tubes, range(6, 8), ())
    assert only(tubes, Kind.MISSING).tubes == 3
    assert done(api, step(missing.id, "closed", "more", cause="not_scanned", note="又两支"))["corrected"] == 0


def test_a_pair_once_confirmed_is_one_tube_and_can_be_parted_again(tubes: World, api: Api):
    box(tubes, range(6), (0, 1, 2, 3, 5))
    tell(tubes, event(WRONG, "received", 10, 4, box="B1"), event(WRONG, "testing", 11))
    pair = only(tubes, Kind.MISREAD)
    assert pair.barcodes == (code(4), WRONG)
    assert kinds(tubes) == [(Kind.MISREAD, 1)]
    assert sums(tubes).unregistered == 1
    assert done(api, step(pair.id, "confirmed", cause="label_smeared"))["corrected"] == 1
    ledger = sums(tubes)
    assert (ledger.missing, ledger.unregistered, ledger.testing, ledger.balance) == (0, 0, 1, 0)
    assert differences(tubes) == 0
    # What comes under the wrong barcode from now on counts for the right one.
    tell(tubes, event(WRONG, "result", 12))
    assert sums(tubes).reported == 1
    assert differences(tubes) == 0
    done(api, step(pair.id, "reopened", note="不是同一支"))
    ledger = sums(tubes)
    assert (ledger.missing, ledger.unregistered, ledger.reported) == (1, 1, 0)
    assert differences(tubes) == 0
    done(api, step(pair.id, "denied"))
    assert sorted(kinds(tubes)) == [(Kind.MISSING, 1), (Kind.UNREGISTERED, 1)]


def test_the_second_of_two_at_once_sees_a_conflict(tubes: World, api: Api):
    box(tubes, range(3), (0, 1))
    missing = only(tubes, Kind.MISSING)
    done(api, step(missing.id, "cause", cause="lost", seen=0))
    late = step(missing.id, "cause", "late", cause="broken", seen=0)
    assert refused(api, late, 409, "town") == ("seen", "conflict")
    other = step(missing.id, "cause", cause="broken")
    assert refused(api, other, 409) == ("key", "conflict")
    assert tubes.count(FindingEvent) == 1


def test_everybody_reaches_the_findings_of_his_place_or_laboratory_alone(tubes: World, api: Api):
    box(tubes, range(3), (0, 1))
    missing = only(tubes, Kind.MISSING)
    for who in ("town", "lab:LAB-A", "district"):
        done(api, step(missing.id, "commented", f"by {who}", note="在查"), who)
        assert [f["id"] for f in api.get("ledger/findings", who).json["open"]] == [missing.id]
    for who in (f"town:{OTHER_TOWN}", "lab:LAB-B"):
        assert refused(api, step(missing.id, "commented", who, note="x"), 403, who) == ("finding", "out_of_scope")
        assert api.get("ledger/findings", who).json["open"] == []
    for who in ("site", "reader", "gateway"):
        assert_problem(api.post("ledger/findings/steps", step(missing.id, "commented", note="x"), who), 403)


def test_the_list_as_a_file_has_every_barcode_and_is_in_the_audit(tubes: World, api: Api):
    box(tubes, range(4), (0, 1))
    answer = api.signed_in(Role.DISTRICT).get(f"/export/{tubes.id}/{DISTRICT}/ledger.xlsx?lang=zh")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = [[cell.value for cell in line] for line in sheet]
    assert rows[1][:2] == ["去向不明", f"{code(2)} {code(3)}"]
    assert "finding.export" in [a.action for a in tubes.audits()]


# -- handover and sign-off


def sign(side: str, site: int, lab: int, key: str = "", **more: object) -> dict[str, object]:
    made = {"key": key or side, "site": "S1", "side": side, "site_count": site, "lab_count": lab}
    return made | {"name": "李敏", "role": "数据员"} | more


def sign_off(world: World):
    with world.reading() as (session, tree):
        over = handover(session, Moment(tree, tree.by_code[TOWN], world.revision(), world.clock()))
    return over, next(one for one in over.sign_offs if one.site.code == "S1")


def test_boxes_and_runs_say_what_was_sent_and_what_was_signed_for(tubes: World, api: Api):
    box(tubes, range(6), (0, 1, 2, 3))
    said = api.get("handover").json
    assert [(b["box"], b["manifest"], b["lab"], b["sent"], b["received"]) for b in said["short"]] == [
        ("B1", "M1", "LAB-A", 6, 4)
    ]
    assert [(r["manifest"], r["boxes"], r["sent"], r["received"]) for r in said["runs"]] == [("M1", 1, 6, 4)]


def test_both_sides_sign_the_same_counts_and_a_later_change_reopens_it(tubes: World, api: Api, clock: SetClock):
    box(tubes, range(6), (0, 1, 2, 3))
    early = api.post("sign-offs", sign("site", 6, 4), "site")
    assert assert_problem(early, 400)["errors"][0]["code"] == "too_soon"
    clock.to(at(22))
    assert sign_off(tubes)[1].standing is Standing.UNSIGNED
    answer = api.post("sign-offs", sign("site", 6, 4), "site")
    assert assert_problem(answer, 400)["errors"][0]["field"] == "note"
    assert api.post("sign-offs", sign("site", 6, 4, note="两支待查"), "site").status_code == 200
    assert api.post("sign-offs", sign("site", 6, 4, note="两支待查"), "site").json["unchanged"] is True
    moved = api.post("sign-offs", sign("lab", 6, 5, note="x"), "lab:LAB-A")
    assert assert_problem(moved, 409)["errors"][0]["code"] == "conflict"
    assert api.post("sign-offs", sign("lab", 6, 4, note="已核"), "lab:LAB-A").json["sign_off"]["standing"] == "signed"
    assert sign_off(tubes)[0].count(Standing.SIGNED) == 1
    tell(tubes, event(code(4), "received", 21))
    over, one = sign_off(tubes)
    assert (one.standing, one.lab_count, over.count(Standing.SIGNED)) == (Standing.REOPENED, 5, 0)
    assert tubes.count(SiteSignOff) == 2


def test_nobody_signs_for_another_side(tubes: World, api: Api, clock: SetClock):
    box(tubes, range(2), (0, 1))
    clock.to(at(22))
    for who, side in (
        ("site", "lab"),
        ("town", "lab"),
        ("lab:LAB-A", "site"),
        ("lab:LAB-B", "lab"),
        ("site:S2", "site"),
    ):
        answer = api.post("sign-offs", sign(side, 2, 2), who)
        assert assert_problem(answer, 403)["errors"][0]["code"] == "out_of_scope"
    assert_problem(api.post("sign-offs", sign("site", 2, 2), "gateway"), 403)
    assert tubes.count(SiteSignOff) == 0


# -- what must hold whatever people do


def test_the_page_draws_what_there_is_and_survives_hostile_words(tubes: World, api: Api):
    box(tubes, range(4), (0, 1))
    missing = only(tubes, Kind.MISSING)
    done(api, step(missing.id, "cause", cause="lost"))
    hostile = '<script>alert(1)</script>"><img src=x>'
    done(api, step(missing.id, "closed", note=hostile))
    with tubes.reading() as (session, tree):
        for place in (DISTRICT, TOWN, OTHER_TOWN, "S1"):
            moment = Moment(tree, tree.by_code[place], tubes.revision(), tubes.clock())
            for language in ("zh", "en"):
                drawn = draw_all(ledger_page.PAGE, session, moment, language)
                assert "panel-error" not in str(drawn)
                assert set(drawn) == {view.slug for view in ledger_page.PAGE.views}


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["confirmed", "denied", "closed", "reopened"]), st.sampled_from(["lost", "late"])),
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_books_and_balance_hold_whatever_is_done_to_findings(database: Database, clock: SetClock, actions):
    clock.to(at(13))
    world = make_world(database, clock)
    set_labs(world)
    box(world, range(6), (0, 1, 2, 3))
    tell(world, event(WRONG, "received", 10, 4, box="B1"), event("990000000001", "received", 10))
    actor = Actor(Sender("operator"), "操作员")
    for i, (name, cause) in enumerate(actions):
        seen = picture(world)
        ids = [f.id for f in seen.open] + [s.id for s in seen.settled]
        claim_cause = Cause.LABEL_SMEARED if name == "confirmed" else Cause(cause)
        for id_ in ids:
            try:
                claim = StepClaim(
                    f"{i}/{id_}", id_, Step(name), None, claim_cause if name != "reopened" else None, "说明"
                )
                do_step(world.database, world.id, claim, actor, clock)
            except Refused:
                continue
        assert sums(world).balance == 0
        assert differences(world) == 0
