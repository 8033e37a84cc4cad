from itertools import product

import pytest

from domain.duty import Covering, State, state, tally

REPORTS = [None, *(Covering(*bits) for bits in product([False, True], repeat=3))]


@pytest.mark.parametrize(
    ("open_", "due", "report", "expected"),
    [
        (False, True, None, State.CLOSED),
        (False, False, None, State.CLOSED),
        (False, True, Covering(True, True, True), State.CLOSED),
        (False, True, Covering(False, False, False), State.CLOSED),
        (True, False, None, State.NOT_DUE),
        (True, False, Covering(True, True, True), State.NOT_DUE),
        (True, False, Covering(False, False, False), State.NOT_DUE),
        (True, True, None, State.MISSING),
        (True, True, Covering(returned=True, zero=True, late=True), State.RETURNED),
        (True, True, Covering(returned=True, zero=False, late=True), State.RETURNED),
        (True, True, Covering(returned=True, zero=False, late=False), State.RETURNED),
        (True, True, Covering(returned=False, zero=True, late=True), State.ZERO),
        (True, True, Covering(returned=False, zero=True, late=False), State.ZERO),
        (True, True, Covering(returned=False, zero=False, late=True), State.LATE),
        (True, True, Covering(returned=False, zero=False, late=False), State.ON_TIME),
    ],
)
def test_the_first_state_that_applies_is_taken(open_, due, report, expected):
    assert state(open_, due, report) is expected


def test_the_states_are_those_of_the_contract_in_its_order():
    assert [s.value for s in State] == ["closed", "not_due", "missing", "returned", "zero", "late", "on_time"]


@pytest.mark.parametrize(("open_", "due", "report"), list(product([False, True], [False, True], REPORTS)))
def test_every_combination_has_a_state(open_, due, report):
    assert state(open_, due, report) in State


@pytest.mark.parametrize("due", [False, True])
@pytest.mark.parametrize(("expected", "on_time", "late"), [(5, 0, 0), (5, 2, 1), (5, 5, 0), (5, 0, 5), (0, 0, 0)])
def test_on_time_late_and_missing_add_up_to_expected(due, expected, on_time, late):
    t = tally(expected, due, on_time, late)
    assert t.on_time + t.late + t.missing == t.expected
    assert t.missing >= 0
    assert t.reported == on_time + late


def test_nothing_is_missing_before_it_is_due():
    assert tally(5, False, 2, 0).missing == 0
    assert tally(5, False, 2, 0).expected == 2
    assert tally(5, True, 2, 0).missing == 3
