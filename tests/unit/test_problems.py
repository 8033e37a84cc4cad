"""Information problems as a state machine: whatever happens in whatever order, who may do what, ages and counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.overview import PlaceRef
from domain.places import Level
from domain.problem_board import Problem, columns_of
from domain.problem_claims import read_opening, read_step
from domain.problems import (
    HOLDERS,
    REMEDIES,
    Effect,
    Event,
    Kind,
    Remedy,
    State,
    Status,
    Step,
    begin,
    check,
    due_minutes,
    escalates_at,
    escalations,
    fold,
    follow,
    standing,
)
from domain.status import Severity

START = datetime(2021, 6, 6, 6, tzinfo=UTC)
LIMITS = Limits()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def event(step: Step, level: Level, after: float = 0, **more: object) -> Event:
    words = {"note": "…", "vendor": "V" if step is Step.TO_VENDOR else ""} | more
    return Event(step, level, START + minutes(after), f"{level} person", **words)  # type: ignore[arg-type]


def opened(start: Level = Level.SITE, to: Level = Level.TOWN) -> Event:
    return Event(Step.OPENED, start, START, "opener", to=to)


def after(*events: Event) -> State:
    """The state after events each of which must be allowed."""
    state = begin(events[0])
    for next_ in events[1:]:
        check(state, next_)
        state = follow(state, next_, LIMITS)
    return state


def refused(state: State, next_: Event) -> tuple[Code, str]:
    with pytest.raises(Refused) as refusal:
        check(state, next_)
    return refusal.value.code, refusal.value.detail


# -- the state machine


OPENINGS = st.sampled_from(
    [
        opened(Level.SITE, Level.TOWN),
        opened(Level.SITE, Level.SITE),
        opened(Level.TOWN, Level.TOWN),
        opened(Level.DISTRICT, Level.DISTRICT),
    ]
)
TRIES = st.lists(
    st.tuples(
        st.sampled_from([step for step in Step if step is not Step.OPENED]),
        st.sampled_from(HOLDERS),
        st.floats(0, 200, allow_nan=False),
        st.sampled_from(["", "said"]),
        st.sampled_from(["", "vendor"]),
    ),
    max_size=25,
)


def story(first: Event, tries: list[tuple[Step, Level, float, str, str]]) -> Iterator[tuple[State, Event, bool]]:
    """What becomes of every try, in order: the state before it, the try, whether it was let through."""
    state, now = begin(first), first.at
    for step, level, wait, note, vendor in tries:
        now += minutes(wait)
        next_ = Event(step, level, now, f"{level} person", note=note, vendor=vendor)
        try:
            check(state, next_)
        except Refused:
            yield state, next_, False
            continue
        yield state, next_, True
        state = follow(state, next_, LIMITS)


def replay(first: Event, tries: list[tuple[Step, Level, float, str, str]]) -> list[Event]:
    return [first, *(tried for _, tried, allowed in story(first, tries) if allowed)]


@given(OPENINGS, TRIES)
def test_only_who_holds_it_or_stands_above_moves_it_and_it_never_goes_down(first, tries):
    for state, tried, allowed in story(first, tries):
        if not allowed:
            continue
        then = follow(state, tried, LIMITS)
        below = HOLDERS.index(tried.level) < HOLDERS.index(state.level)
        if below:
            assert tried.step in (Step.COMMENTED, Step.REOPENED)
        assert HOLDERS.index(then.level) >= HOLDERS.index(state.level)
        assert then.start is state.start
        assert then.opened_at == state.opened_at
        if tried.step in (Step.TO_VENDOR, Step.URGED, Step.VENDOR_REPLIED):
            assert tried.level is Level.DISTRICT
            assert then.status is Status.WITH_VENDOR
        if state.status is Status.SOLVED:
            assert tried.step in (Step.COMMENTED, Step.REOPENED)
        else:
            assert tried.step is not Step.REOPENED


@given(OPENINGS, TRIES)
def test_every_change_counts_a_turn_and_a_comment_none(first, tries):
    for state, tried, allowed in story(first, tries):
        if allowed:
            turned = follow(state, tried, LIMITS).turns - state.turns
            assert turned == (0 if tried.step is Step.COMMENTED else 1)


@given(OPENINGS, TRIES, st.lists(st.floats(0, 500, allow_nan=False), min_size=2, max_size=6))
def test_ages_never_fall_while_nothing_happens(first, tries, waits):
    events = replay(first, tries)
    state = fold(events, LIMITS)
    begin_at = events[-1].at
    ages = []
    for wait in sorted(waits):
        at = standing(state, Kind.OTHER, Effect.SLOWER, LIMITS, begin_at + minutes(wait))
        assert at.due_at > at.since >= state.opened_at
        assert at.age >= timedelta(0)
        assert at.overdue == (at.left < timedelta(0))
        assert HOLDERS.index(at.level) >= HOLDERS.index(state.level)
        ages.append((HOLDERS.index(at.level), at.age))
    # The age at a level begins anew when the rule hands it up; at one level it only grows.
    assert all(later[0] > earlier[0] or later[1] >= earlier[1] for earlier, later in pairwise(ages))


@given(OPENINGS, TRIES)
def test_the_state_is_a_function_of_the_events_alone(first, tries):
    events = replay(first, tries)
    state = begin(first)
    for next_ in events[1:]:
        state = follow(state, next_, LIMITS)
    assert state == fold(events, LIMITS)
    spoken = [e for e in events if e.step is not Step.COMMENTED]
    assert fold(spoken, LIMITS) == state


@given(st.lists(st.tuples(OPENINGS, TRIES), max_size=12), st.floats(0, 300, allow_nan=False))
def test_the_counts_of_every_level_add_up(stories, later):
    problems = []
    for number, (first, tries) in enumerate(stories):
        events = replay(first, tries)
        state = fold(events, LIMITS)
        now = events[-1].at + minutes(later)
        at = standing(state, Kind.OTHER, Effect.NONE, LIMITS, now)
        here = PlaceRef("S", "S", "", Level.SITE)
        problems.append(
            Problem(number, here, None, "", Kind.OTHER, Effect.NONE, "", START, None, None, None, state, at)
        )
    columns = columns_of(problems)
    for column in columns:
        assert column.total == column.solved + column.open + column.passed
        assert column.open == len(column.problems)
        assert column.by_rule <= column.passed
        assert column.overdue <= column.open
    assert columns[-1].passed == 0
    assert sum(column.solved + column.open for column in columns) == len(problems)
    assert columns[1].came <= columns[0].passed
    assert columns[2].came == columns[1].passed
    shares = [[p.standing.share for p in column.problems] for column in columns]
    assert all(own == sorted(own, reverse=True) for own in shares)


@given(OPENINGS, TRIES, st.floats(0, 500, allow_nan=False))
def test_the_rule_hands_up_only_what_nobody_accepted_in_time(first, tries, later):
    events = replay(first, tries)
    now = events[-1].at + minutes(later)
    state = fold(events, LIMITS)
    times = escalations(events, LIMITS, now)
    assert times == sorted(times)
    assert all(START + minutes(LIMITS.problem_accept_minutes) <= at <= now for at in times)
    at = standing(state, Kind.OTHER, Effect.NONE, LIMITS, now)
    if at.escalated_at is not None:
        assert state.status is Status.OPEN
        assert state.level is Level.TOWN
        assert at.level is Level.DISTRICT
        assert at.escalated_at in times


# -- the usual way, and what is not allowed


def test_a_site_sends_the_town_passes_up_the_district_calls_the_vendor_and_it_is_solved():
    steps = [
        opened(),
        event(Step.ACCEPTED, Level.TOWN, 4),
        event(Step.PASSED_UP, Level.TOWN, 20),
        event(Step.ACCEPTED, Level.DISTRICT, 22),
        event(Step.TO_VENDOR, Level.DISTRICT, 25, vendor="通信运营商", ticket="N-1"),
        event(Step.URGED, Level.DISTRICT, 60),
        event(Step.VENDOR_REPLIED, Level.DISTRICT, 70),
        event(Step.SOLVED, Level.DISTRICT, 80, note="线路修好"),
    ]
    state = after(*steps)
    assert (state.level, state.status, state.vendor, state.ticket) == (
        Level.DISTRICT, Status.SOLVED, "通信运营商", "N-1",
    )  # fmt: skip
    assert state.arrived_at == START + minutes(20)
    again = after(*steps, event(Step.REOPENED, Level.SITE, 100))
    assert (again.level, again.status, again.vendor, again.reopened) == (Level.DISTRICT, Status.OPEN, "", 1)
    assert again.arrived_at == START + minutes(100)
    assert again.opened_at == START


def test_what_a_site_keeps_is_its_own_and_can_be_handed_up():
    kept = after(opened(Level.SITE, Level.SITE))
    assert (kept.level, kept.status, kept.owner) == (Level.SITE, Status.ACCEPTED, "opener")
    handed = after(opened(Level.SITE, Level.SITE), event(Step.PASSED_UP, Level.SITE, 30))
    assert (handed.level, handed.status, handed.owner) == (Level.TOWN, Status.OPEN, "")


@pytest.mark.parametrize(
    ("before", "tried", "expected"),
    [
        ([], event(Step.SOLVED, Level.SITE), (Code.OUT_OF_SCOPE, "problem_held")),
        ([], event(Step.PASSED_UP, Level.SITE), (Code.OUT_OF_SCOPE, "problem_held")),
        ([], event(Step.ACCEPTED, Level.SITE), (Code.OUT_OF_SCOPE, "problem_held")),
        ([], event(Step.TO_VENDOR, Level.TOWN), (Code.OUT_OF_SCOPE, "problem_vendor")),
        ([], event(Step.URGED, Level.DISTRICT), (Code.CONFLICT, "problem_no_vendor")),
        ([], event(Step.REOPENED, Level.TOWN), (Code.CONFLICT, "problem_not_solved")),
        ([], event(Step.SOLVED, Level.TOWN, note=""), (Code.MISSING_FIELD, "problem")),
        ([], event(Step.COMMENTED, Level.SITE, note=""), (Code.MISSING_FIELD, "problem")),
        ([], event(Step.TO_VENDOR, Level.DISTRICT, vendor=""), (Code.MISSING_FIELD, "")),
        ([], event(Step.OPENED, Level.TOWN), (Code.BAD_VALUE, "")),
        ([event(Step.ACCEPTED, Level.TOWN)], event(Step.ACCEPTED, Level.TOWN), (Code.CONFLICT, "problem_accepted")),
        ([event(Step.SOLVED, Level.TOWN)], event(Step.SOLVED, Level.TOWN), (Code.CONFLICT, "problem_solved")),
        ([event(Step.SOLVED, Level.TOWN)], event(Step.PASSED_UP, Level.TOWN), (Code.CONFLICT, "problem_solved")),
        ([event(Step.PASSED_UP, Level.TOWN)], event(Step.SOLVED, Level.TOWN), (Code.OUT_OF_SCOPE, "problem_held")),
        (
            [event(Step.PASSED_UP, Level.TOWN)],
            event(Step.PASSED_UP, Level.DISTRICT),
            (Code.CONFLICT, "problem_at_top"),
        ),
    ],
)
def test_what_may_not_follow_is_refused(before, tried, expected):
    assert refused(after(opened(), *before), tried) == expected


def test_a_remedy_alone_says_how_it_was_solved():
    solved = after(opened(), event(Step.SOLVED, Level.TOWN, note="", remedy=Remedy.OFFLINE_APP))
    assert (solved.solution, solved.remedy) == ("", Remedy.OFFLINE_APP)


# -- due and escalation


@pytest.mark.parametrize(
    ("level", "kind", "effect", "due"),
    [
        (Level.SITE, Kind.OTHER, Effect.SLOWER, 30),
        (Level.TOWN, Kind.OTHER, Effect.SLOWER, 60),
        (Level.DISTRICT, Kind.OTHER, Effect.SLOWER, 120),
        (Level.SITE, Kind.NETWORK_DOWN, Effect.STOPPED, 15),
        (Level.TOWN, Kind.NETWORK_DOWN, Effect.STOPPED, 30),
        (Level.DISTRICT, Kind.SYSTEM_DOWN, Effect.STOPPED, 60),
        (Level.SITE, Kind.ACCOUNT, Effect.NONE, 60),
        (Level.DISTRICT, Kind.GARBLED_CODE, Effect.NONE, 240),
        (Level.TOWN, Kind.WRONG_LAB, Effect.NONE, 60),
        (Level.TOWN, Kind.DUPLICATE_CODE, Effect.NONE, 60),
    ],
)
def test_how_long_a_level_has(level, kind, effect, due):
    assert due_minutes(level, kind, effect, LIMITS) == due


def test_the_limits_are_settings_of_the_campaign():
    limits = Limits.from_settings({"problem_town_minutes": 40, "problem_stopped_share": 0.25})
    assert due_minutes(Level.TOWN, Kind.OTHER, Effect.STOPPED, limits) == 10


@pytest.mark.parametrize(
    ("age", "severity", "overdue"),
    [
        (0, Severity.OK, False),
        (44, Severity.OK, False),
        (45, Severity.WARN, False),
        (60, Severity.WARN, False),
        (61, Severity.CRIT, True),
    ],
)
def test_a_problem_is_watched_from_three_quarters_of_its_limit_and_critical_beyond_it(age, severity, overdue):
    state = after(opened(), event(Step.ACCEPTED, Level.TOWN, 0))
    at = standing(state, Kind.OTHER, Effect.SLOWER, LIMITS, START + minutes(age))
    assert (at.severity, at.overdue) == (severity, overdue)


@pytest.mark.parametrize(
    ("accepted", "now", "level", "since"),
    [
        (None, 9.9, Level.TOWN, 0),
        (None, 10, Level.DISTRICT, 10),
        (None, 50, Level.DISTRICT, 10),
        (9, 50, Level.TOWN, 0),
        (12, 50, Level.TOWN, 0),
    ],
)
def test_ten_minutes_without_anybody_make_it_the_district_s(accepted, now, level, since):
    events = [opened()] + ([event(Step.ACCEPTED, Level.TOWN, accepted)] if accepted else [])
    at = standing(after(*events), Kind.OTHER, Effect.SLOWER, LIMITS, START + minutes(now))
    assert (at.level, at.since) == (level, START + minutes(since))


def test_the_district_takes_it_from_the_moment_the_rule_gave_it():
    late = after(opened(), event(Step.ACCEPTED, Level.DISTRICT, 25))
    assert (late.level, late.arrived_at, late.passed_by) == (Level.DISTRICT, START + minutes(10), "")
    early = after(opened(), event(Step.ACCEPTED, Level.DISTRICT, 5))
    assert early.arrived_at == START + minutes(5)


def test_the_town_may_take_back_what_the_rule_gave_away_and_the_record_says_so():
    events = [opened(), event(Step.ACCEPTED, Level.TOWN, 13)]
    assert after(*events).level is Level.TOWN
    assert escalations(events, LIMITS, START + minutes(60)) == [START + minutes(10)]


def test_only_the_town_is_waited_for():
    assert escalates_at(after(opened()), LIMITS) == START + minutes(10)
    for state in (
        after(opened(Level.SITE, Level.SITE)),
        after(opened(Level.DISTRICT, Level.DISTRICT)),
        after(opened(), event(Step.ACCEPTED, Level.TOWN, 1)),
        after(opened(), event(Step.SOLVED, Level.TOWN, 1)),
    ):
        assert escalates_at(state, LIMITS) is None


def test_every_kind_says_what_to_try_first_but_the_one_nobody_knows():
    assert [kind for kind in Kind if not REMEDIES[kind]] == [Kind.OTHER]
    assert {remedy for remedies in REMEDIES.values() for remedy in remedies} == set(Remedy)


# -- what is sent


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ([], "row", Code.BAD_VALUE),
        ({"kind": "other", "effect": "none"}, "key", Code.MISSING_FIELD),
        ({"key": "k", "effect": "none"}, "kind", Code.MISSING_FIELD),
        ({"key": "k", "kind": "fire", "effect": "none"}, "kind", Code.BAD_VALUE),
        ({"key": "k", "kind": "other", "effect": "none", "keep": "yes"}, "keep", Code.BAD_VALUE),
        ({"key": "k", "kind": "other", "effect": "none", "note": "a\x07b"}, "note", Code.BAD_VALUE),
        ({"key": "k", "kind": "other", "effect": "none", "note": "x" * 501}, "note", Code.BAD_VALUE),
        ({"key": "k", "kind": "other", "effect": "none", "began_minutes": -1}, "began_minutes", Code.NEGATIVE),
        ({"key": "k", "kind": "other", "effect": "none", "latency_ms": 1.5}, "latency_ms", Code.NOT_A_NUMBER),
        ({"key": "k", "kind": "other", "effect": "none", "began_minutes": 9999}, "began_minutes", Code.TOO_LARGE),
    ],
)
def test_an_opening_that_makes_no_sense_is_refused(body, field, code):
    with pytest.raises(Refused) as refusal:
        read_opening(body)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_a_step_says_what_it_is():
    claim = read_step({"key": "k", "step": "solved", "seen": 3, "remedy": "offline_app", "note": " 好了 "})
    assert (claim.step, claim.seen, claim.remedy, claim.note) == (Step.SOLVED, 3, Remedy.OFFLINE_APP, "好了")
    with pytest.raises(Refused):
        read_step({"key": "k", "step": "solved", "remedy": "magic"})
