"""What people may do to a finding of the ledger, and what it makes of its state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Code, Refused
from domain.tube_findings import (
    CAUSES,
    CORRECTIONS,
    FIRST_OWNER,
    RESAMPLED,
    Cause,
    Event,
    Kind,
    Party,
    State,
    Status,
    Step,
    check,
    covered,
    finding_id,
    fold,
)

NOON = datetime(2021, 6, 6, 4, tzinfo=UTC)
TUBES = frozenset({"440612345601", "440612345602"})


def event(step: Step, minutes: int = 0, **more: object) -> Event:
    return replace(Event(step, NOON + timedelta(minutes=minutes), "何伟"), **more)


CLOSED = event(Step.CLOSED, 5, cause=Cause.OVERPACKED, note="多数两支", covers=TUBES, tubes=2, persons=20)


def refusal(kind: Kind, state: State, said: Event) -> tuple[str, Code]:
    with pytest.raises(Refused) as refused:
        check(kind, state, said)
    return refused.value.field, refused.value.code


def test_every_kind_has_causes_and_an_owner():
    assert set(CAUSES) == set(Kind) == set(FIRST_OWNER)
    assert set(CORRECTIONS) <= set(CAUSES[Kind.MISSING])
    assert set(CORRECTIONS) >= RESAMPLED


def test_a_finding_is_open_then_somebodys_then_closed():
    assigned = event(Step.ASSIGNED, owner=Party.LAB, note="请补扫")
    assert fold([]).status is Status.OPEN
    assert fold([assigned]).status is Status.ASSIGNED
    closed = fold([assigned, CLOSED])
    assert (closed.status, closed.cause, closed.owner, closed.by) == (
        Status.CLOSED, Cause.OVERPACKED, Party.LAB, "何伟",
    )  # fmt: skip
    again = fold([assigned, CLOSED, event(Step.REOPENED, 9, note="又找到一支")])
    assert (again.status, again.cause, again.turns) == (Status.ASSIGNED, Cause.OVERPACKED, 3)


@pytest.mark.parametrize(
    ("kind", "said", "field", "code"),
    [
        (Kind.MISSING, event(Step.CAUSE), "cause", Code.MISSING_FIELD),
        (Kind.MISSING, event(Step.CAUSE, cause=Cause.PRINTED_TWICE), "cause", Code.BAD_VALUE),
        (Kind.MISSING, event(Step.ASSIGNED), "owner", Code.MISSING_FIELD),
        (Kind.MISSING, event(Step.CLOSED, note="x"), "cause", Code.MISSING_FIELD),
        (Kind.MISSING, event(Step.CLOSED, cause=Cause.LOST), "note", Code.MISSING_FIELD),
        (Kind.MISSING, event(Step.CONFIRMED, cause=Cause.LOST), "step", Code.BAD_VALUE),
        (Kind.MISREAD, event(Step.CLOSED, cause=Cause.TYPED, note="x"), "step", Code.BAD_VALUE),
        (Kind.MISREAD, event(Step.CONFIRMED), "cause", Code.MISSING_FIELD),
        (Kind.MISSING, event(Step.REOPENED, note="x"), "step", Code.CONFLICT),
        (Kind.MISSING, event(Step.COMMENTED), "note", Code.MISSING_FIELD),
    ],
)
def test_a_step_that_says_too_little_or_does_not_fit_is_refused(kind: Kind, said: Event, field: str, code: Code):
    assert refusal(kind, State(), said) == (field, code)


@pytest.mark.parametrize("step", [Step.CAUSE, Step.ASSIGNED, Step.CLOSED])
def test_what_is_closed_is_left_alone_until_it_is_reopened(step: Step):
    said = event(step, 9, cause=Cause.LOST, owner=Party.TOWN, note="x")
    assert refusal(Kind.MISSING, fold([CLOSED]), said) == ("step", Code.CONFLICT)
    check(Kind.MISSING, fold([CLOSED]), event(Step.COMMENTED, 9, note="已通知"))
    check(Kind.MISSING, fold([CLOSED, event(Step.REOPENED, 8, note="x")]), said)


def test_a_cause_chosen_before_is_enough_to_close():
    chosen = fold([event(Step.CAUSE, cause=Cause.NOT_SCANNED)])
    check(Kind.MISSING, chosen, event(Step.CLOSED, 1, note="实验室补扫"))


def test_a_closing_holds_for_what_it_was_about_and_nothing_more():
    closed = fold([CLOSED])
    assert covered(Kind.MISSING, closed, TUBES, 2)
    assert covered(Kind.MISSING, closed, ["440612345601"], 1)
    assert not covered(Kind.MISSING, closed, [*TUBES, "440612345603"], 3)
    assert not covered(Kind.MISSING, State(), [], 0)
    counted = fold([event(Step.CLOSED, cause=Cause.COPY_LOST, note="x", tubes=-7)])
    assert covered(Kind.NO_COPY, counted, [], -7)
    assert not covered(Kind.NO_COPY, counted, [], -8)


def test_a_finding_keeps_its_name_and_shares_it_with_no_other():
    assert finding_id(Kind.MISSING, 7, 3, "B1") == finding_id(Kind.MISSING, 7, 3, "B1")
    others = {finding_id(Kind.MISSING, 7, 3, None), finding_id(Kind.WRONG_LAB, 7, 3, "B1"),
              finding_id(Kind.MISSING, 73, "", "B1"), finding_id(Kind.MISSING, 7, 3, "B1")}  # fmt: skip
    assert len(others) == 4


STEPS = st.sampled_from(
    [
        event(Step.CAUSE, cause=Cause.LOST),
        event(Step.ASSIGNED, owner=Party.SITE),
        event(Step.COMMENTED, note="在查"),
        CLOSED,
        event(Step.REOPENED, note="x"),
    ]
)


@given(st.lists(STEPS, max_size=12))
def test_whatever_check_lets_pass_leaves_a_state_that_makes_sense(said: list[Event]):
    state, turns = State(), 0
    taken = []
    for one in said:
        try:
            check(Kind.MISSING, state, one)
        except Refused:
            continue
        taken.append(one)
        state = fold(taken)
        turns += one.step is not Step.COMMENTED
        assert state.turns == turns
        assert (state.ended is None) == (not state.covers)
        assert state.status is not Status.CLOSED or (state.cause and state.note)
