from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import (
    NEEDS_NOTE,
    UNDO_SHOWN,
    UNDO_WITHIN,
    USUAL,
    AlreadyUndone,
    Decided,
    Reason,
    before,
    is_clean,
    reasons,
)
from domain.duty import State
from domain.errors import Code, Refused
from domain.reports import DOUBTFUL, Flag, Status
from domain.town import Group, group_of

NOON = datetime(2021, 6, 6, 4, tzinfo=UTC)
VERIFIED = Decided(Status.VERIFIED, "town", NOON, 7)
RETURNED = Decided(Status.RETURNED, "town", NOON - timedelta(minutes=5), 5, "total_falls", "看一下")

flags = st.integers(0, int(Flag(sum(Flag)))).map(Flag)


def code_of(history: list[Decided], revision: int = 7, actor: str = "town", after: float = 1) -> Code:
    with pytest.raises(Refused) as refused:
        before(history, revision, actor, NOON + timedelta(seconds=after), UNDO_WITHIN)
    return refused.value.code


def test_what_stood_before_the_first_decision_is_none():
    assert before([VERIFIED], 7, "town", NOON, UNDO_WITHIN) is None


def test_what_stood_before_a_second_decision_is_the_first_with_its_reason():
    assert before([RETURNED, VERIFIED], 7, "town", NOON, UNDO_WITHIN) == RETURNED


def test_an_undo_sent_twice_changes_nothing():
    with pytest.raises(AlreadyUndone):
        before([VERIFIED, Decided(Status.SUBMITTED, "town", NOON, 8, undoes=7)], 7, "town", NOON, UNDO_WITHIN)


@pytest.mark.parametrize(
    ("history", "asked", "code"),
    [
        ([], {}, Code.CONFLICT),
        ([VERIFIED], {"revision": 6}, Code.CONFLICT),
        ([VERIFIED, replace(RETURNED, revision=9)], {}, Code.CONFLICT),
        ([VERIFIED, replace(RETURNED, revision=9, actor="district")], {}, Code.CONFLICT),
        ([VERIFIED], {"actor": "district"}, Code.NOT_YOURS),
        ([VERIFIED], {"after": UNDO_WITHIN.total_seconds() + 1}, Code.TOO_LATE),
        ([VERIFIED, Decided(Status.SUBMITTED, "town", NOON, 8, undoes=7)], {"revision": 8}, Code.CONFLICT),
        ([VERIFIED, Decided(Status.SUBMITTED, "town", NOON, 8, undoes=7)], {"actor": "x"}, Code.CONFLICT),
    ],
    ids=["nothing decided", "another revision", "decided since by oneself", "decided since by another",
         "somebody else's", "too late", "an undo is not undone", "undone by another"],
)  # fmt: skip
def test_what_cannot_be_taken_back(history, asked, code):
    assert code_of(history, **asked) is code


def test_the_record_allows_a_little_longer_than_the_page_offers():
    assert timedelta(seconds=10) == UNDO_SHOWN
    assert before([VERIFIED], 7, "town", NOON + UNDO_WITHIN, UNDO_WITHIN) is None
    assert UNDO_SHOWN < UNDO_WITHIN


@given(flags)
def test_late_and_catch_up_are_no_doubt_about_the_figures(found: Flag):
    assert is_clean(Status.SUBMITTED, found) == (not found & DOUBTFUL)
    assert is_clean(Status.SUBMITTED, Flag.LATE | Flag.CATCH_UP)


@given(flags, st.sampled_from(list(Status)), st.booleans(), st.booleans())
def test_only_what_is_waiting_and_undoubted_is_clean(found: Flag, status: Status, conflict: bool, changed: bool):
    clean = is_clean(status, found, conflict=conflict, reopened=changed)
    assert clean <= (status is Status.SUBMITTED and not conflict and not changed)
    group = group_of(State.ON_TIME, status, found, conflict=conflict, reopened=changed)
    assert (group is Group.CLEAN) == clean
    assert (group is Group.VERIFIED) == (status is Status.VERIFIED)
    assert (group is Group.RETURNED) == (status is Status.RETURNED)


@pytest.mark.parametrize(
    ("state", "group"),
    [(State.MISSING, Group.ATTENTION), (State.NOT_DUE, Group.WAITING), (State.CLOSED, Group.WAITING)],
)
def test_a_site_without_a_report_is_looked_after_when_it_owes_one(state, group):
    assert group_of(state, None, Flag(0)) is group


def test_every_doubt_is_a_reason_and_the_worst_comes_first():
    for flag in DOUBTFUL:
        assert reasons(flag)[0] == str(flag.name).lower()
    both = reasons(Flag.THIRD_COPIES_DIFFER | Flag.TOTAL_FALLS)
    assert both[:2] == (Reason.TOTAL_FALLS, Reason.THIRD_COPIES_DIFFER)


@given(flags, st.booleans())
def test_reasons_are_offered_once_and_the_usual_ones_always(found: Flag, conflict: bool):
    offered = reasons(found, conflict)
    assert len(set(offered)) == len(offered)
    assert set(USUAL) <= set(offered)
    assert (Reason.CONFLICT in offered) == conflict


def test_another_reason_says_nothing_without_a_note():
    assert {Reason.OTHER} == NEEDS_NOTE
