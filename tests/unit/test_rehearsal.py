"""Which campaigns bear a rehearsal, and when one went well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rehearsal import P95_SECONDS, Kind, Outcome, may_be_rehearsed, went_well


@pytest.mark.parametrize("id_", ["rehearsal", "rehearsal-1", "rehearsal-2026-06-06"])
def test_a_campaign_that_says_so_may_be_played_on(id_: str):
    assert may_be_rehearsed(id_, False)


@pytest.mark.parametrize(
    "id_", ["", "sk", "2021-06", "my-rehearsal-1", "rehearsals", "Rehearsal-1", " rehearsal-1", "演练"]
)
def test_any_other_only_as_a_demonstration(id_: str):
    assert not may_be_rehearsed(id_, False)
    assert may_be_rehearsed(id_, True)


def outcome(wanted: int = 10, seconds: tuple[float, ...] = (0.1,) * 10, **wrong: int) -> Outcome:
    return Outcome(Kind.REPORT, wanted, seconds, wrong)


def test_it_went_well_when_all_was_asked_answered_and_quick():
    assert outcome().faults == ()
    assert went_well([outcome()])
    assert not went_well([])
    assert not went_well([outcome(0, ())])


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (outcome(10, (0.1,) * 9, http=1), ("errors",)),
        (outcome(10, (9.0,) * 10), ("slow",)),
        (outcome(20, (0.1,) * 10), ("not_played",)),
        (outcome(100, (9.0,) * 10, http=1), ("errors", "slow", "not_played")),
        (outcome(10, (), http=10), ("errors",)),
        # One in twenty may be slow.
        (outcome(100, (*(0.1,) * 96, *(9.0,) * 4)), ()),
        (outcome(100, (*(0.1,) * 94, *(9.0,) * 6)), ("slow",)),
    ],
)
def test_why_it_did_not_go_well(one: Outcome, faults: tuple[str, ...]):
    assert one.faults == faults
    assert went_well([outcome(), one]) is (not faults)


@given(st.lists(st.floats(0, 60), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_times_and_holds_its_share(seconds: list[float], share: float):
    found = outcome(len(seconds), tuple(seconds)).percentile(share)
    assert found in seconds
    assert sum(one <= found for one in seconds) >= share * len(seconds) - 1e-9


def test_every_kind_has_its_limit():
    assert set(P95_SECONDS) == set(Kind)
