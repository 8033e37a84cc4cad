from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Campaign
from domain.clerk import Standing, Totals, hours_of, totals_of
from domain.duty import State
from domain.reports import Claim, Flag, Judged, SiteFacts, Status, judge, total_after

BEGIN = datetime(2021, 6, 6, 6, tzinfo=UTC)
CAMPAIGN = Campaign("c", "c", "", BEGIN, BEGIN + timedelta(hours=16), "UTC")
OPEN = range(16)


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def standing(
    first: int, persons: int, last: int | None = None, status: Status = Status.SUBMITTED, **more
) -> Standing:
    claim = Claim(f"k{first}", "S", first, first if last is None else last, persons=persons, **more)
    judged = Judged(persons, claim.tubes, Flag(0))
    return Standing(claim, judged, status, 1, at(first + 1), "clerk", None, ())


def states(*reports: Standing, now: float, opened=OPEN) -> dict[int, tuple[State, bool]]:
    return {h.period: (h.state, h.owed) for h in hours_of(opened, reports, CAMPAIGN, at(now))}


@pytest.mark.parametrize(
    ("now", "period", "state", "owed"),
    [
        (0.5, 0, State.NOT_DUE, False),
        (1.0, 0, State.NOT_DUE, True),
        (1.16, 0, State.NOT_DUE, True),
        (1.17, 0, State.MISSING, True),
        (1.17, 1, State.NOT_DUE, False),
    ],
)
def test_an_hour_is_owed_from_its_end_on_and_missing_when_it_was_due(now, period, state, owed):
    assert states(now=now)[period] == (state, owed)


def test_an_hour_that_is_covered_is_not_owed_whatever_the_town_says_of_it():
    for status in Status:
        assert states(standing(0, 5, status=status), now=2)[0][1] is False


def test_a_catch_up_covers_all_its_hours_and_each_knows_what_stood_before_it():
    hours = hours_of(OPEN, [standing(0, 100), standing(1, 50, last=2), standing(3, 30)], CAMPAIGN, at(5))
    assert [h.key for h in hours[:5]] == ["k0", "k1", "k1", "k3", None]
    assert [h.before.persons for h in hours[:5]] == [0, 100, 100, 150, 180]
    assert [h.owed for h in hours[:5]] == [False, False, False, False, True]


def test_a_closed_hour_is_shown_only_when_something_was_reported_in_it():
    assert set(states(standing(9, 5), now=12, opened=(7, 8))) == {7, 8, 9}
    assert states(standing(9, 5), now=12, opened=(7, 8))[9][0] is State.CLOSED


def test_far_hours_stay_out_unless_they_are_owed_or_sent_back():
    long = Campaign("c", "c", "", BEGIN, BEGIN + timedelta(days=10), "UTC")
    reports = [standing(k, 1, status=Status.RETURNED if k == 3 else Status.VERIFIED) for k in range(100) if k != 5]
    shown = [h.period for h in hours_of(range(240), reports, long, at(100))]
    assert shown[:2] == [3, 5]
    assert shown[2:] == list(range(64, 124))


def test_unknown_tubes_make_their_total_unknown_until_a_total_is_stated():
    totals = totals_of([standing(0, 10, tubes=1), standing(1, 10)])
    assert (totals.persons, totals.tubes) == (20, None)
    totals = totals_of([standing(0, 10, tubes=1), standing(1, 10), standing(2, 10, tubes_total=4)])
    assert totals.tubes == 4


def test_third_copies_nobody_stated_make_their_total_unknown():
    assert totals_of([standing(0, 10, third_copies=1), standing(1, 10, third_copies=2)]).third_copies == 3
    assert totals_of([standing(0, 10, third_copies=1), standing(1, 10)]).third_copies is None


amounts = st.integers(0, 5000)
claims = st.lists(st.tuples(st.none() | amounts, st.none() | amounts).filter(any), max_size=8)


@given(claims, amounts)
def test_the_totals_the_form_shows_are_those_the_rules_count_with(said, total):
    """Whatever came before: a running total of `total` counts for exactly what it adds to the form's total."""
    made = [
        Claim(f"k{i}", "S", i, i, persons=p, persons_total=t)
        for i, (p, t) in enumerate(said)
        if (p, t) != (None, None)
    ]
    made = [c for c in made if c.persons is not None or c.persons_total is not None]
    last = Claim("last", "S", 15, 15, persons_total=total)
    verdicts = judge([(c, at(20)) for c in (*made, last)], SiteFacts(frozenset(), 10), CAMPAIGN)
    so_far = Totals()
    for claim, verdict in zip(made, verdicts, strict=False):
        so_far = so_far.after(claim, verdict)
    assert verdicts[-1].persons == total - so_far.persons


@given(amounts, amounts, st.none() | amounts)
def test_a_stated_total_is_the_total(before, counted, stated):
    assert total_after(before, counted, stated) == (before + counted if stated is None else stated)
