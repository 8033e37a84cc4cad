from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Campaign, Limits
from domain.errors import Code, Refused
from domain.upper import Own, Reading, derived_key, difference, lasting, read_upper, trailing_difference

NOON = datetime(2021, 6, 6, 12, tzinfo=UTC)
CAMPAIGN = Campaign("c", "轮次", "Round", NOON - timedelta(hours=6), NOON + timedelta(hours=10), "UTC")
ROW = {"key": "u1", "place": "440607", "at": "2021-06-06T14:00:00+08:00", "persons": 5, "tubes": 1}


def minutes(n: int) -> datetime:
    return NOON + timedelta(minutes=n)


def reading(at: int, theirs: int, low: int | None, high: int | None = None, source: str = "") -> Reading:
    return Reading("P", minutes(at), source, theirs, Own(low, low if high is None else high))


@pytest.mark.parametrize(
    ("theirs", "low", "high", "expected"),
    [
        (100, 100, 100, 0), (103, 100, 100, 3), (97, 100, 100, -3),
        (100, 90, 110, 0), (90, 90, 110, 0), (110, 90, 110, 0), (89, 90, 110, -1), (111, 90, 110, 1),
        (None, 90, 110, None), (100, None, None, None), (0, 0, 0, 0), (0, 5, 5, -5),
        # The hour that was running is not due: more than ours may still come true, less never.
        (500, 90, None, None), (89, 90, None, -1),
    ],
)  # fmt: skip
def test_a_difference_is_theirs_less_ours_and_nothing_inside_our_span(theirs, low, high, expected):
    assert difference(theirs, Own(low, high)) == expected


def test_a_difference_counts_only_after_the_window():
    differs = [reading(0, 103, 100)]
    assert lasting(differs, CAMPAIGN, minutes(30)) == []
    (found,) = lasting(differs, CAMPAIGN, minutes(31))
    assert (found.since, found.last.difference) == (NOON, 3)


def test_the_window_is_a_limit_of_the_campaign():
    strict = Campaign(
        "c", "轮次", "", CAMPAIGN.starts_at, CAMPAIGN.deadline, "UTC", limits=Limits(upper_sync_minutes=0)
    )
    assert len(lasting([reading(0, 103, 100)], strict, minutes(1))) == 1


def test_it_lasts_from_the_first_reading_that_differs_not_from_the_newest():
    (found,) = lasting([reading(0, 103, 100), reading(20, 205, 200)], CAMPAIGN, minutes(31))
    assert (found.since, found.last.theirs) == (NOON, 205)


def test_a_later_matching_figure_closes_it():
    assert lasting([reading(0, 103, 100), reading(60, 200, 200)], CAMPAIGN, minutes(120)) == []


def test_one_that_cannot_be_compared_yet_neither_begins_nor_ends_a_difference():
    unknown = Reading("P", minutes(60), "", 500, Own(200, None))
    (found,) = lasting([reading(0, 103, 100), unknown], CAMPAIGN, minutes(70))
    assert found.last.theirs == 103


def test_of_one_moment_the_newest_word_counts():
    assert trailing_difference([reading(0, 103, 100), reading(0, 100, 100)]) == []
    assert len(trailing_difference([reading(0, 100, 100), reading(0, 103, 100)])) == 1


def test_two_upper_systems_are_compared_apart():
    given_ = [reading(0, 103, 100, source="province"), reading(10, 100, 100, source="city")]
    (found,) = lasting(given_, CAMPAIGN, minutes(60))
    assert found.last.source == "province"


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(-3, 3)), max_size=12), st.integers(0, 700))
def test_a_finding_stands_exactly_while_the_newest_comparison_differs_beyond_the_window(given_, now):
    readings = [reading(at, 100 + by, 100) for at, by in sorted(given_, key=lambda pair: pair[0])]
    found = lasting(readings, CAMPAIGN, minutes(now))
    run = trailing_difference(readings)
    newest = {r.at: r for r in readings}
    last = newest[max(newest)] if newest else None
    assert bool(run) == (last is not None and last.difference != 0)
    assert bool(found) == (bool(run) and minutes(now) - run[0].at > timedelta(minutes=30))
    if found:
        assert found[0].last is last


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"key": ""}, "key", Code.MISSING_FIELD), ({"place": None}, "place", Code.MISSING_FIELD),
        ({"at": None}, "at", Code.MISSING_FIELD), ({"at": "14:00"}, "at", Code.BAD_TIME),
        ({"at": "2021-06-06T14:00:00"}, "at", Code.BAD_TIME),
        ({"at": "2021-06-06T21:00:00+08:00"}, "at", Code.TIME_IN_FUTURE),
        ({"persons": None, "tubes": None}, "persons", Code.MISSING_FIELD),
        ({"persons": -1}, "persons", Code.NEGATIVE), ({"tubes": 1.5}, "tubes", Code.NOT_WHOLE),
        ({"persons": "many"}, "persons", Code.NOT_A_NUMBER), ({"persons": True}, "persons", Code.NOT_A_NUMBER),
        ({"source": "x" * 101}, "source", Code.BAD_VALUE), ({"persons": 10**9}, "persons", Code.TOO_LARGE),
    ],
)  # fmt: skip
def test_what_a_row_shows_by_itself_is_refused_at_once(change, field, code):
    with pytest.raises(Refused) as refused:
        read_upper({**ROW, **change}, NOON)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_missing_is_not_zero():
    claim = read_upper({**ROW, "persons": 0, "tubes": None}, NOON)
    assert (claim.persons, claim.tubes) == (0, None)


def test_a_derived_key_is_the_same_for_the_same_words_in_another_zone():
    other = {**ROW, "at": "2021-06-06T06:00:00+00:00"}
    assert derived_key(ROW) == derived_key(other) != derived_key({**ROW, "persons": 6})
