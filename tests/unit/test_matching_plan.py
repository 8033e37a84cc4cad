"""Plans: read, stored, confirmed, reviewed by a second person, applied before their hour, withdrawn until then."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_kit import END, NOW, hour

from domain.errors import Refused
from domain.matching_plan import (
    Event,
    Known,
    Move,
    Need,
    Overtime,
    Plan,
    Pool,
    Runs,
    State,
    Step,
    check,
    fold,
    needs,
    read_plan,
    read_step,
    stored_plan,
    write_plan,
)

KNOWN = Known({"T1": frozenset({"A", "B"}), "T2": frozenset({"C"})}, frozenset({"L1", "L2"}), NOW, END)
PLAN = Plan(
    (Move("T1", "L2", hour(15), ("A",)),),
    (Runs("T2", 4.5, hour(15), hour(19)),),
    (Overtime("L1", 900.0, hour(20)),),
    Pool(20, hour(16), ("T2",)),
)
AUTHOR, SECOND = 7, 8


def event(step: Step, account: int | None = AUTHOR, at=NOW, **more: object) -> Event:
    return Event(step, at, f"account {account}", account, **more)


def saved() -> list[Event]:
    return [event(Step.SAVED)]


def confirmed(plan: Plan = PLAN) -> list[Event]:
    return [*saved(), *(event(Step.CONFIRMED, need=n, subject=s, note="王主任 电话") for n, s in needs(plan))]


def refused(plan: Plan, events: list[Event], one: Event) -> str:
    with pytest.raises(Refused) as caught:
        check(plan, fold(plan, events), one)
    return caught.value.detail


def test_a_plan_survives_being_written_and_read():
    assert read_plan(write_plan(PLAN), KNOWN) == PLAN
    assert stored_plan(write_plan(PLAN)) == PLAN
    assert read_plan({}, KNOWN) == Plan()
    assert not Plan()
    assert PLAN.first == hour(15)


def test_naming_all_sites_is_naming_the_town():
    (move,) = read_plan({"moves": [{"town": "T1", "lab": "L2", "at": hour(15).isoformat(),
                                    "sites": ["B", "A"]}]}, KNOWN).moves  # fmt: skip
    assert move.sites == ()


AT = hour(15).isoformat()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ([], "plan", "bad_value"),
        ({"moves": {}}, "plan", "bad_value"),
        ({"moves": [{"town": "T9", "lab": "L1", "at": AT}]}, "town", "unknown_place"),
        ({"moves": [{"town": "T1", "lab": "L9", "at": AT}]}, "lab", "unknown_lab"),
        ({"moves": [{"town": "T1", "lab": "L1", "at": AT, "sites": ["C"]}]}, "sites", "unknown_site"),
        ({"moves": [{"town": "T1", "lab": "L1", "at": AT, "sites": "A"}]}, "sites", "bad_value"),
        ({"moves": [{"town": "T1", "lab": "L1", "at": "15:00"}]}, "at", "bad_time"),
        ({"moves": [{"town": "T1", "lab": "L1", "at": (NOW - timedelta(hours=3)).isoformat()}]}, "at", "bad_time"),
        ({"moves": [{"town": "T1", "lab": "L1", "at": AT}] * 2}, "sites", "conflict"),
        ({"runs": [{"town": "T1", "per_hour": 0, "at": AT}]}, "per_hour", "bad_value"),
        ({"runs": [{"town": "T1", "per_hour": True, "at": AT}]}, "per_hour", "bad_value"),
        ({"runs": [{"town": "T1", "per_hour": 4, "at": AT, "until": NOW.isoformat()}]}, "until", "bad_time"),
        ({"overtime": [{"lab": "L1", "per_hour": 9, "at": AT}] * 2}, "lab", "conflict"),
        ({"pool": {"size": 7, "at": AT}}, "pool", "bad_value"),
        ({"pool": {"size": 20, "at": AT, "towns": ["T9"]}}, "town", "unknown_place"),
        ({"pool": 20}, "pool", "bad_value"),
    ],
)  # fmt: skip
def test_a_senseless_plan_is_refused_by_name(body, field, code):
    with pytest.raises(Refused) as caught:
        read_plan(body, KNOWN)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_needed_is_who_gets_more_to_do_and_who_must_know():
    assert needs(PLAN) == (
        (Need.LAB_AGREES, "L2"), (Need.LAB_AGREES, "L1"), (Need.COLD_BOXES, ""),
        (Need.TOWN_TOLD, "T1"), (Need.TOWN_TOLD, "T2"), (Need.PROVINCE_APPROVES, ""),
    )  # fmt: skip
    assert needs(Plan(pool=Pool(5, hour(15)))) == ()
    assert needs(Plan(overtime=(Overtime("L1", 9.0, hour(15)),))) == ((Need.LAB_AGREES, "L1"),)


def test_a_plan_goes_from_saved_to_applied():
    events = saved()
    assert fold(PLAN, events).lacks == len(needs(PLAN)) + 1
    events = confirmed()
    assert fold(PLAN, events).missing == ()
    for step in (Step.REVIEWED, Step.APPLIED):
        one = event(step, SECOND)
        check(PLAN, fold(PLAN, events), one)
        events.append(one)
    standing = fold(PLAN, events)
    assert (standing.state, standing.lacks) == (State.APPLIED, 0)


def test_the_author_is_never_the_second_person():
    for step in (Step.REVIEWED, Step.APPLIED):
        assert refused(PLAN, confirmed(), event(step)) == "second_person"
        assert refused(PLAN, confirmed(), event(step, None)) == "second_person"


def test_nothing_is_applied_unconfirmed_or_unreviewed():
    assert refused(PLAN, saved(), event(Step.REVIEWED, SECOND)) == "unconfirmed"
    assert refused(PLAN, confirmed(), event(Step.APPLIED, SECOND)) == "unreviewed"


def test_nothing_is_applied_after_its_hour():
    late = event(Step.REVIEWED, SECOND, hour(15))
    assert refused(PLAN, confirmed(), late) == "plan_begun"


def test_a_confirmation_taken_back_takes_the_review_along():
    need, subject = needs(PLAN)[0]
    events = [*confirmed(), event(Step.REVIEWED, SECOND), event(Step.TAKEN_BACK, need=need, subject=subject)]
    standing = fold(PLAN, events)
    assert (standing.state, standing.missing) == (State.OPEN, ((need, subject),))


def test_a_confirmation_says_who_and_is_needed():
    assert refused(PLAN, saved(), event(Step.CONFIRMED, need=Need.COLD_BOXES)) == "who_confirmed"
    one = event(Step.CONFIRMED, need=Need.LAB_AGREES, subject="L9", note="x")
    assert refused(PLAN, saved(), one) == "not_needed"


def test_an_applied_plan_is_withdrawn_until_its_hour_and_not_after():
    events = [*confirmed(), event(Step.REVIEWED, SECOND), event(Step.APPLIED, SECOND)]
    assert refused(PLAN, events, event(Step.WITHDRAWN, at=hour(15))) == "plan_in_force"
    check(PLAN, fold(PLAN, events), event(Step.WITHDRAWN, at=hour(14, 59)))
    assert refused(PLAN, events, event(Step.CONFIRMED, need=Need.COLD_BOXES, note="x")) == "plan_applied"
    events.append(event(Step.WITHDRAWN))
    assert fold(PLAN, events).state is State.WITHDRAWN
    assert refused(PLAN, events, event(Step.APPLIED, SECOND)) == "plan_withdrawn"


@given(st.lists(st.sampled_from((Step.CONFIRMED, Step.TAKEN_BACK, Step.REVIEWED, Step.APPLIED, Step.WITHDRAWN)),
                max_size=12), st.lists(st.sampled_from((AUTHOR, SECOND)), min_size=12, max_size=12))  # fmt: skip
def test_whatever_is_tried_an_applied_plan_had_everything(steps, accounts):
    plan = replace(PLAN, moves=(), runs=(), pool=None)
    ((need, subject),) = needs(plan)
    events = saved()
    for step, account in zip(steps, accounts, strict=False):
        about = {"need": need, "subject": subject, "note": "x"} if step in (Step.CONFIRMED, Step.TAKEN_BACK) else {}
        one = event(step, account, **about)
        try:
            check(plan, fold(plan, events), one)
        except Refused:
            continue
        if step is Step.APPLIED:
            standing = fold(plan, events)
            assert standing.missing == ()
            assert standing.reviewed is not None
            assert AUTHOR not in (account, standing.reviewed.account_id)
        events.append(one)


def test_a_step_is_read_by_name():
    claim = read_step({"key": "k", "step": "confirmed", "need": "cold_boxes", "note": " 够 ", "seen": 3})
    assert (claim.step, claim.need, claim.note, claim.seen) == (Step.CONFIRMED, Need.COLD_BOXES, "够", 3)
    senseless = (
        [],
        {"step": "confirmed"},
        {"key": "k", "step": "saved"},
        {"key": "k", "step": "applied", "seen": True},
        {"key": "k", "step": "confirmed", "need": "x"},
    )
    for body in senseless:
        with pytest.raises(Refused):
            read_step(body)
