"""The planning list as a state machine, and what a site needs: whatever comes in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.planning import (
    ENDED,
    FROM,
    GIVEN,
    NEEDS,
    Event,
    Standing,
    State,
    Step,
    Wish,
    allowed,
    begin,
    check,
    fold,
    follow,
    may_be_given,
)
from domain.planning_claims import read_application, read_step
from domain.planning_needs import (
    GROUP_KIT,
    PASSAGES,
    SITE_CREW,
    ZONES,
    Group,
    Inspection,
    capacity,
    items,
    missing,
)

START = datetime(2021, 6, 1, 8, tzinfo=UTC)
LIMITS = Limits()
FULL = Inspection(
    frozenset(ZONES), frozenset(PASSAGES), 3, 1,
    {"lane_medics": 22, "lane_ushers": 8, **SITE_CREW}, {name: 4 * each for name, each in GROUP_KIT.items()},
)  # fmt: skip


def event(step: Step, hours: float = 0, who: str = "甲", note: str = "", **more: object) -> Event:
    at = START + timedelta(hours=hours)
    made = Event(step, at, at, who, who, note, Wish("点") if step is Step.APPLIED else None)
    return replace(made, **{"inspection": FULL if step is Step.INSPECTED else None, **more})


def after(*steps: Step) -> Standing:
    return fold([event(step, hours, note="原因") for hours, step in enumerate(steps)])


WAY = (Step.APPLIED, Step.INSPECTED, Step.APPROVED, Step.PUBLISHED, Step.OPENED, Step.CLOSED)


def refusal(standing: Standing, wanted: Event, **more: bool) -> tuple[str, Code, str]:
    with pytest.raises(Refused) as caught:
        check(standing, wanted, **more)
    return caught.value.field, caught.value.code, caught.value.detail


# -- the way of a site


def test_a_site_goes_its_way_step_by_step():
    standing = begin(event(Step.APPLIED))
    for hours, step in enumerate(WAY[1:], start=1):
        done = event(step, hours, "乙" if step is Step.APPROVED else "甲", "收点")
        check(standing, done)
        standing = follow(standing, done)
        assert standing.state == State(step.value)
    assert standing.steps == len(WAY)
    assert standing.approved.by == "乙"


@pytest.mark.parametrize("skipped", [Step.INSPECTED, Step.APPROVED, Step.PUBLISHED])
def test_no_step_on_the_way_to_the_opening_is_skipped(skipped):
    before = after(*WAY[: WAY.index(skipped)])
    over = event(WAY[WAY.index(skipped) + 1], 20)
    assert refusal(before, over) == ("step", Code.CONFLICT, "planning_step")


def test_nobody_approves_what_he_alone_inspected():
    standing = fold([event(Step.APPLIED), event(Step.INSPECTED, 1, "甲")])
    assert refusal(standing, event(Step.APPROVED, 2, "甲")) == ("step", Code.NOT_YOURS, "planning_alone")
    check(standing, event(Step.APPROVED, 2, "乙"))
    again = follow(standing, event(Step.INSPECTED, 3, "乙"))
    check(again, event(Step.APPROVED, 4, "甲"))


def test_what_was_inspected_before_a_new_application_no_longer_counts():
    standing = after(Step.APPLIED, Step.INSPECTED, Step.REFUSED, Step.APPLIED)
    assert standing.inspection is None
    assert not standing.inspectors
    assert Step.APPROVED not in allowed(standing)


def test_missing_items_stop_an_approval_unless_it_is_made_over_them_with_a_reason():
    standing = after(Step.APPLIED, Step.INSPECTED)
    short = event(Step.APPROVED, 5, "乙", missing=("zone.waste",))
    assert refusal(standing, short) == ("override", Code.NEEDS_REASON, "planning_missing")
    assert refusal(standing, short, override=True) == ("note", Code.NEEDS_REASON, "planning_note")
    check(standing, replace(short, note="当日补设"), override=True)


@pytest.mark.parametrize("step", [Step.REFUSED, Step.WITHDRAWN, Step.RELEASED])
def test_an_end_and_an_override_need_a_reason(step):
    standing = after(Step.APPLIED)
    assert refusal(standing, event(step, 5)) == ("note", Code.NEEDS_REASON, "planning_note")
    check(standing, event(step, 5, note="原因"))


def test_a_released_site_opens_without_approval_and_shows_it():
    standing = after(Step.APPLIED, Step.RELEASED)
    assert standing.state is State.APPLIED
    assert standing.may_be_given
    check(standing, event(Step.OPENED, 5))
    opened = follow(standing, event(Step.OPENED, 5))
    assert opened.state is State.OPENED
    assert opened.released is not None
    assert opened.approved is None


def test_a_released_site_that_is_refused_may_not_be_given():
    assert not after(Step.APPLIED, Step.RELEASED, Step.REFUSED).may_be_given


def test_a_step_does_not_come_before_the_last_one():
    assert refusal(after(Step.APPLIED), event(Step.INSPECTED, -1)) == ("at", Code.BAD_TIME, "planning_before")


@given(st.lists(st.tuples(st.sampled_from(list(Step)), st.sampled_from("甲乙")), max_size=30))
def test_whatever_is_tried_only_approved_and_released_sites_are_given(tried):
    events = [event(Step.APPLIED)]
    for hours, (step, who) in enumerate(tried, start=1):
        standing = fold(events)
        wanted = event(step, hours, who, "原因")
        try:
            check(standing, wanted)
        except Refused:
            continue
        events.append(wanted)
    standing = fold(events)
    # What came before a new application is history.
    last = max(i for i, one in enumerate(events) if one.step is Step.APPLIED)
    steps = [one.step for one in events[last:]]
    if standing.may_be_given:
        assert Step.APPROVED in steps or Step.RELEASED in steps
    if Step.APPROVED in steps:
        approved = next(one for one in events[last:] if one.step is Step.APPROVED)
        assert {one.who for one in events[last:] if one.step is Step.INSPECTED} - {approved.who}
    if standing.state in (State.PUBLISHED, State.OPENED, State.CLOSED) and Step.RELEASED not in steps:
        assert steps.index(Step.APPROVED) < steps.index(Step.PUBLISHED)
    assert standing.steps == len(events)


def test_every_step_has_its_states_and_its_right():
    assert set(FROM) == set(Step) == set(NEEDS)
    assert not GIVEN & ENDED
    assert [state for state in State if may_be_given(state, False)] == [s for s in State if s in GIVEN]


# -- what a site needs


def test_crews_and_kits_follow_from_the_lanes():
    found = {item.name: item for item in items("fixed", 3, None, LIMITS)}
    assert (found["lane_medics"].need, found["lane_medics"].reserve) == (18, 22)
    assert (found["lane_ushers"].need, found["lane_ushers"].reserve) == (6, 8)
    assert (found["tubes"].need, found["tubes"].reserve) == (3000, 3600)
    assert (found["racks"].need, found["racks"].reserve) == (12, 15)
    assert sum(SITE_CREW.values()) == 1 + 8
    assert sum(item.group is Group.ZONE for item in found.values()) == 6
    assert sum(item.group is Group.PASSAGE for item in found.values()) == 3


def test_lanes_that_were_found_count_before_those_planned():
    found = items("fixed", 3, replace(FULL, lanes=4), LIMITS)
    assert next(item.need for item in found if item.name == "lane_medics") == 24


def test_a_full_inspection_misses_nothing_and_what_nobody_counted_is_missing():
    assert missing(items("fixed", 3, FULL, LIMITS)) == ()
    without = replace(FULL, zones=FULL.zones - {"waste"}, crew={**FULL.crew, "police": 0}, kit={"tubes": 2999})
    assert missing(items("fixed", 3, without, LIMITS)) == (
        "zone.waste", "site_crew.police", "kit.tubes", "kit.swabs", "kit.labels", "kit.racks", "kit.disinfectant",
    )  # fmt: skip


def test_no_reserve_and_a_third_green_channel_are_noted_but_stop_nothing():
    found = items("fixed", 3, replace(FULL, green_channels=3, crew={**FULL.crew, "lane_medics": 18}), LIMITS)
    assert missing(found) == ()
    assert [item.name for item in found if item.noted] == ["green_channels", "lane_medics"]


@pytest.mark.parametrize("kind", ["mobile", "home_visit"])
def test_a_team_has_no_layout(kind):
    groups = {item.group for item in items(kind, 2, None, LIMITS)}
    assert groups == {Group.PLACE, Group.LANE_CREW, Group.KIT}


def test_a_standard_that_is_off_asks_for_nothing():
    off = Limits(lane_medics=0, lane_ushers=0, site_crew=0)
    assert not {item.group for item in items("fixed", 3, FULL, off)} & {Group.LANE_CREW, Group.SITE_CREW}
    assert capacity(3, LIMITS) == 3600
    assert capacity(None, LIMITS) is None
    assert capacity(3, Limits(lane_day=0)) is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_lanes_never_need_less(few, more):
    few, more = sorted((few, more))
    need = {item.key: item.need for item in items("fixed", few, None, LIMITS)}
    assert all(need[item.key] <= item.need <= item.reserve for item in items("fixed", more, None, LIMITS))


# -- what is sent


APPLICATION = {"key": "k", "town": "T", "name": "点"}


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"name": " "}, "name", Code.MISSING_FIELD), ({"town": ""}, "town", Code.MISSING_FIELD),
        ({"key": None}, "key", Code.MISSING_FIELD), ({"code": "a/b"}, "code", Code.BAD_VALUE),
        ({"lon": 112.9}, "lat", Code.MISSING_FIELD), ({"lon": 23.1, "lat": 112.9}, "lat", Code.BAD_VALUE),
        ({"lon": "112", "lat": 23}, "lon", Code.NOT_A_NUMBER), ({"lon": True, "lat": 1}, "lon", Code.NOT_A_NUMBER),
        ({"lon": float("nan"), "lat": 1}, "lon", Code.NOT_A_NUMBER), ({"lanes": -1}, "lanes", Code.NEGATIVE),
        ({"lanes": 1.5}, "lanes", Code.NOT_A_NUMBER), ({"lanes": 10_000}, "lanes", Code.TOO_LARGE),
        ({"source": "rumour"}, "source", Code.BAD_VALUE), ({"at": "2021-06-01T08:00"}, "at", Code.BAD_TIME),
        ({"name": "点" * 201}, "name", Code.BAD_VALUE),
    ],
)  # fmt: skip
def test_an_application_that_makes_no_sense_is_refused(more, field, code):
    with pytest.raises(Refused) as caught:
        read_application({**APPLICATION, **more})
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"number": 0}, "number", Code.MISSING_FIELD), ({"step": "jumped"}, "step", Code.BAD_VALUE),
        ({"step": "applied"}, "step", Code.BAD_VALUE), ({"override": "yes"}, "override", Code.BAD_VALUE),
        ({"zones": ["kitchen"]}, "zones", Code.BAD_VALUE), ({"zones": "waiting"}, "zones", Code.BAD_VALUE),
        ({"zones": [[]]}, "zones", Code.BAD_VALUE), ({"passages": [1]}, "passages", Code.BAD_VALUE),
        ({"crew": {"cook": 1}}, "crew", Code.BAD_VALUE), ({"crew": [1]}, "crew", Code.BAD_VALUE),
        ({"kit": {"tubes": -1}}, "kit", Code.NEGATIVE),
        ({"green_channels": "1"}, "green_channels", Code.NOT_A_NUMBER),
    ],
)  # fmt: skip
def test_a_step_that_makes_no_sense_is_refused(more, field, code):
    with pytest.raises(Refused) as caught:
        read_step({"key": "k", "number": 1, "step": "inspected", **more})
    assert (caught.value.field, caught.value.code) == (field, code)


def test_what_an_inspector_leaves_out_is_unknown_and_not_zero():
    claim = read_step({"key": "k", "number": 1, "step": "inspected", "crew": {"police": None, "lead": 0}})
    assert claim.inspection == Inspection(crew={"lead": 0})
