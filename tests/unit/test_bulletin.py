from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from bulletin_kit import BAINI, FROZEN, LEPING, LINES, TOTAL, XINAN, at, frozen
from hypothesis import given
from hypothesis import strategies as st

from domain import bulletin as rules
from domain.bulletin import AFTER, Frozen, Hands, State, Step, check_place, label, may_take, next_state
from domain.bulletin_rules import behind, compare, report_by, sentence_diff, words
from domain.errors import Refused
from domain.permissions import ALLOWED, Caller, Role
from domain.places import Level

WU, LIANG, CHEN = (
    Caller(Role.DISTRICT, "440607", None, "wu"),
    Caller(Role.DISTRICT, "440607", None, "liang"),
    Caller(Role.LEADER, "440607", None, "chen"),
)


@pytest.mark.parametrize("level", [Level.TOWN, Level.SITE])
def test_below_a_district_nobody_publishes(level):
    with pytest.raises(Refused):
        check_place(level)


@pytest.mark.parametrize("level", [Level.CITY, Level.DISTRICT])
def test_districts_and_cities_publish(level):
    check_place(level)


@pytest.mark.parametrize(("number", "replacement", "name"), [(8, 0, "8"), (8, 1, "8.1"), (12, 3, "12.3")])
def test_a_replacement_is_numbered_behind_the_point(number, replacement, name):
    assert label(number, replacement) == name


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("people", [2, 3])
@pytest.mark.parametrize("step", list(Step))
def test_who_may_take_which_step(role, people, step):
    caller = Caller(role, "440607", None, "x")
    prepares = role is Role.DISTRICT
    signs = role is Role.LEADER or (people == 2 and prepares)
    assert may_take(step, caller, people) is (signs if step is Step.SIGN else prepares)


def test_no_role_both_prepares_and_signs():
    for actions in ALLOWED.values():
        assert not {rules.Action.PREPARE_BULLETIN, rules.Action.SIGN_BULLETIN} <= actions


@pytest.mark.parametrize(
    ("people", "step", "state", "hands", "caller", "allowed"),
    [
        (3, Step.REVIEW, State.DRAFT, Hands("wu"), WU, False),
        (3, Step.REVIEW, State.DRAFT, Hands("wu"), LIANG, True),
        (3, Step.SIGN, State.REVIEWED, Hands("wu", "liang"), CHEN, True),
        (3, Step.SIGN, State.REVIEWED, Hands("chen", "liang"), CHEN, False),
        (3, Step.SIGN, State.REVIEWED, Hands("wu", "chen"), CHEN, False),
        (2, Step.REVIEW, State.DRAFT, Hands("wu"), WU, True),
        (2, Step.SIGN, State.REVIEWED, Hands("wu", "wu"), LIANG, True),
        (2, Step.SIGN, State.REVIEWED, Hands("wu", "liang"), LIANG, True),
        (2, Step.SIGN, State.REVIEWED, Hands("wu", "liang"), WU, False),
        (3, Step.SIGN, State.DRAFT, Hands("wu"), CHEN, False),
        (3, Step.WITHDRAW, State.DRAFT, Hands("wu"), WU, True),
        (3, Step.WITHDRAW, State.PUBLISHED, Hands("wu", "liang"), WU, False),
        (3, Step.REMARK, State.REVIEWED, Hands("wu", "liang"), WU, False),
    ],
)
def test_three_hands_or_two(people, step, state, hands, caller, allowed):
    if allowed:
        assert next_state(state, step, hands, caller, people) is AFTER[state, step]
    else:
        with pytest.raises(Refused):
            next_state(state, step, hands, caller, people)


@given(st.lists(st.tuples(st.sampled_from([s for s in Step if s is not Step.FREEZE]), st.sampled_from("abc"))),
       st.sampled_from([2, 3]))  # fmt: skip
def test_whatever_people_try_what_is_out_stays_out_and_was_in_enough_hands(tries, people):
    state, drafted, reviewed, signed = State.DRAFT, "a", "", ""
    for step, name in tries:
        caller = Caller(Role.LEADER if step is Step.SIGN else Role.DISTRICT, "440607", None, name)
        before = state
        try:
            state = next_state(state, step, Hands(drafted, reviewed), caller, people)
        except Refused:
            assert state is before
            continue
        assert before in rules.OPEN
        if step is Step.REVIEW:
            reviewed = name
        if step is Step.SIGN:
            signed = name
    if state is State.PUBLISHED:
        assert reviewed
        assert len({drafted, reviewed, signed}) >= (3 if people == 3 else 2)
        assert signed != drafted


def test_what_is_frozen_comes_back_from_json_as_it_was():
    stored = msgspec.json.encode(msgspec.to_builtins(FROZEN))
    assert msgspec.convert(msgspec.json.decode(stored), Frozen) == FROZEN


def test_what_is_unknown_stays_unknown():
    bare = replace(TOTAL, target=None, planned=None, tubes=None, persons=0)
    assert (bare.completion, bare.gap, bare.planned_share, bare.per_tube, bare.verified) == (None,) * 5


def test_the_gap_lies_with_the_two_furthest_behind():
    found = behind(FROZEN)
    assert [line.place for line in found.named] == [XINAN, LEPING]
    assert ([line.place for line in found.others], found.others_gap) == ([BAINI], 11_704)


def test_nobody_ahead_is_named_as_behind():
    ahead = frozen(lines=tuple(replace(line, planned=line.persons - 5.0) for line in LINES))
    assert behind(ahead).named == ()
    assert behind(ahead).others_gap == 15


@pytest.mark.parametrize(
    ("known", "by"), [((14, 20), (14, 30)), ((14, 21), (14, 40)), ((14, 0), (14, 10)), ((14, 59), (15, 10))]
)
def test_a_missing_report_is_asked_for_within_ten_to_twenty_minutes(known, by):
    assert report_by(at(*known)) == at(*by)


def test_nothing_differs_from_itself():
    found = compare(FROZEN, FROZEN)
    assert found.differences == ()
    assert len(found.unchanged) == 4 * 12


def test_every_figure_that_changed_is_named_and_the_whole_comes_first():
    live = frozen(
        total=replace(TOTAL, persons=555_119, reported=117),
        lines=(replace(LINES[0], persons=182_249), *LINES[1:]),
    )
    found = compare(FROZEN, live)
    assert [(d.place.code, d.figure) for d in found.differences] == [
        ("440607", "persons"), ("440607", "completion"), ("440607", "gap"), ("440607", "verified"),
        ("440607", "reported"), ("440607", "missing"),
        ("440607001", "persons"), ("440607001", "completion"), ("440607001", "gap"), ("440607001", "verified"),
    ]  # fmt: skip
    assert found.differences[0].delta == 834
    assert len(found.differences) + len(found.unchanged) == 4 * 12


def test_a_place_that_came_later_stands_beside_nothing():
    found = compare(frozen(lines=LINES[:2]), FROZEN)
    assert {d.place for d in found.differences} == {BAINI}
    assert all(d.published is None and d.delta is None for d in found.differences)


@given(st.text(max_size=60), st.text(max_size=60))
def test_sentences_side_by_side_lose_no_character(one, other):
    left, right = sentence_diff(one, other)
    assert "".join(part for _, part in left) == one
    assert "".join(part for _, part in right) == other
    assert "".join(p for changed, p in left if not changed) == "".join(p for changed, p in right if not changed)


def test_a_number_changes_as_a_whole():
    left, right = sentence_diff("完成 64.7%，少 28,475 人（−31,017）。", "完成 64.8%，少 27,641 人（−30,183）。")
    assert [part for changed, part in left if changed] == ["64.7%", "28,475", "−31,017"]
    assert [part for changed, part in right if changed] == ["64.8%", "27,641", "−30,183"]


@given(st.text(max_size=80))
def test_the_pieces_of_a_sentence_are_the_sentence(sentence):
    assert "".join(words(sentence)) == sentence


def test_a_deadline_is_never_in_the_past():
    for minute in range(60):
        assert timedelta(minutes=10) <= report_by(at(14, minute)) - at(14, minute) < timedelta(minutes=20)
