"""The zero-sum board: whatever the sites do, their states add up, and no rate exceeds 100 %."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duty import EXCEPTIONS, EXPECTED, Counts, Covering, State, state

REPORTS = st.one_of(st.none(), st.builds(Covering, st.booleans(), st.booleans(), st.booleans()))
STATES = st.builds(state, st.booleans(), st.booleans(), REPORTS)


@given(st.lists(STATES, max_size=200))
def test_the_seven_states_add_up_to_the_sites_and_five_of_them_to_what_was_expected(states):
    counts = Counts.of(states)
    assert sum(counts.number(one) for one in State) == counts.sites == len(states)
    assert sum(counts.number(one) for one in EXPECTED) == counts.expected
    assert counts.expected + counts.closed + counts.not_due == counts.sites


@given(st.lists(STATES, max_size=200))
def test_the_share_on_time_is_between_nothing_and_everything(states):
    counts = Counts.of(states)
    if counts.on_time_share is None:
        assert counts.expected == 0
    else:
        assert 0 <= counts.on_time_share <= 1
        assert counts.on_time + counts.zero + counts.late + counts.unsettled == counts.expected


@given(st.lists(st.tuples(st.booleans(), REPORTS), min_size=1, max_size=60))
def test_what_is_expected_follows_from_the_openings_alone(sites):
    counts = Counts.of(state(open_, True, report) for open_, report in sites)
    assert counts.expected == sum(open_ for open_, _ in sites)


@given(st.lists(st.lists(STATES, max_size=30), max_size=10))
def test_towns_add_up_to_their_district(towns):
    whole = Counts.of(one for town in towns for one in town)
    assert Counts.total(map(Counts.of, towns)) == whole


def test_nothing_adds_up_to_nothing():
    assert Counts.total([]) == Counts()
    assert Counts().on_time_share is None
    assert Counts().exceptions == ()


@pytest.mark.parametrize(
    ("states", "named"),
    [
        ([State.ON_TIME], ()),
        ([State.NOT_DUE, State.ON_TIME], ()),
        ([State.CLOSED, State.ZERO, State.LATE], (State.LATE, State.ZERO, State.CLOSED)),
        ([State.RETURNED, State.MISSING, State.LATE], (State.MISSING, State.RETURNED, State.LATE)),
        (list(State), EXCEPTIONS),
    ],
)
def test_a_cell_names_the_worst_state_first(states, named):
    assert Counts.of(states).exceptions == named


def test_a_late_zero_is_a_confirmed_zero():
    assert state(True, True, Covering(returned=False, zero=True, late=True)) is State.ZERO
    assert Counts(zero=1).on_time_share == 1
