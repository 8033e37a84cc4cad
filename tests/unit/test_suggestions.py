"""What can be asked of the page of suggestions, and what a place asks for in lanes and hours."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.campaign import Campaign, Limits
from domain.errors import Refused
from domain.suggestions import Candidates, Question, Unit, hours_for, lanes_for, read_question, sampled_by

NOON = datetime(2021, 6, 6, 12, tzinfo=UTC)


def campaign(**limits: object) -> Campaign:
    return Campaign("c", "演练", "Drill", NOON - timedelta(hours=6), NOON + timedelta(hours=4), "UTC",
                    limits=Limits.from_settings(limits))  # fmt: skip


def test_nothing_asked_is_the_first_question():
    assert read_question({}) == Question() == Question(Unit.SITE, 5, Candidates.CELLS)
    assert read_question({"kind": "", "k": "", "candidates": ""}) == Question()


def test_an_address_says_what_is_asked():
    asked = {"kind": "team", "k": "10", "candidates": "villages"}
    assert read_question(asked) == Question(Unit.TEAM, 10, Candidates.VILLAGES)


@pytest.mark.parametrize(
    ("field", "value"),
    [("k", "0"), ("k", "11"), ("k", "-1"), ("k", "٣"), ("k", "five"), ("k", "9" * 40), ("kind", "tent"),
     ("candidates", "moon")],
)  # fmt: skip
def test_what_makes_no_sense_is_named(field, value):
    with pytest.raises(Refused) as refused:
        read_question({field: value})
    assert refused.value.field == field


@pytest.mark.parametrize(("people", "lanes"), [(1, 1), (1200, 1), (1201, 2), (4488, 4)])
def test_lanes_follow_from_the_capacity_of_a_day(people, lanes):
    assert lanes_for(people, Limits()) == lanes


def test_without_a_capacity_of_a_day_an_hours_counts_for_twelve():
    assert lanes_for(2400, Limits(lane_day=0, lane_hour=100)) == 2
    assert lanes_for(2400, Limits(lane_day=0, lane_hour=0)) == 1


def test_a_team_takes_what_the_hours_until_the_deadline_allow():
    assert sampled_by(4000, campaign(), NOON) == 400
    assert sampled_by(120.4, campaign(), NOON) == 120
    assert sampled_by(4000, campaign(lane_day=250), NOON) == 250
    assert sampled_by(4000, campaign(), NOON - timedelta(hours=20)) == 1000
    assert sampled_by(4000, campaign(), NOON + timedelta(hours=5)) is None
    assert sampled_by(4000, campaign(lane_hour=0), NOON) is None
    assert hours_for(450, Limits()) == 4.5
    assert hours_for(450, Limits(lane_hour=0)) is None
