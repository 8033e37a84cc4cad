from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duty import State
from domain.reminders import (
    AGAIN_AFTER,
    WECOM_BYTES,
    Channel,
    Result,
    Standing,
    Told,
    answer_by,
    blocked_until,
    is_variable,
    messages,
    standing,
)

NOON = datetime(2021, 6, 6, 12, tzinfo=UTC)
MISSING, RETURNED = State.MISSING, State.RETURNED


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def told(ago: float, *owed: tuple[str, State], how: Standing = Standing.SENT) -> Told:
    return Told(NOON - minutes(ago), frozenset(owed), how)


A, B = ("A", MISSING), ("B", MISSING)


@pytest.mark.parametrize(
    ("owed", "earlier", "free_in"),
    [
        ([A], [], None),
        ([A], [told(1, A)], 9),
        ([A], [told(9.5, A)], 0.5),
        ([A], [told(10, A)], None),
        ([A], [told(11, A)], None),
        # A list with somebody new on it may go at once; what is left of one that went may not.
        ([A, B], [told(1, A)], None),
        ([A], [told(1, A, B)], 9),
        ([A, B], [told(1, A), told(4, B)], 6),
        # Returned after it was reminded of missing: that is news.
        ([("A", RETURNED)], [told(1, A)], None),
        # What did not arrive told nobody, and a copy may or may not have been passed on.
        ([A], [told(1, A, how=Standing.FAILED)], None),
        ([A], [told(1, A, how=Standing.COPIED)], None),
        ([A], [told(3, A, how=Standing.UNKNOWN)], None),
        ([A], [told(1, A, how=Standing.SENDING)], 9),
        # The latest telling counts.
        ([A], [told(9, A), told(2, A)], 8),
        ([A], [told(2, A), told(9, A)], 8),
    ],
)
def test_the_same_list_goes_only_once_in_ten_minutes(owed, earlier, free_in):
    assert blocked_until(owed, earlier, NOON) == (None if free_in is None else NOON + minutes(free_in))


@given(
    st.sets(st.sampled_from("ABCDE"), min_size=1),
    st.lists(st.tuples(st.floats(0, 30), st.sets(st.sampled_from("ABCDE")))),
)
def test_who_waits_as_long_as_he_is_told_may_send(names, before):
    owed = [(name, MISSING) for name in names]
    earlier = [told(ago, *((name, MISSING) for name in on)) for ago, on in before]
    until = blocked_until(owed, earlier, NOON)
    if until is not None:
        assert NOON < until <= NOON + AGAIN_AFTER
        assert blocked_until(owed, earlier, until) is None


@pytest.mark.parametrize(
    ("channel", "ago", "result", "how"),
    [
        (Channel.COPY, 0, None, Standing.COPIED),
        (Channel.SEND, 0, None, Standing.SENDING),
        (Channel.SEND, 1.9, None, Standing.SENDING),
        (Channel.SEND, 2, None, Standing.UNKNOWN),
        (Channel.SEND, 0, Result.SENT, Standing.SENT),
        (Channel.SEND, 60, Result.FAILED, Standing.FAILED),
    ],
)
def test_a_reminder_without_a_result_is_unknown_after_a_while(channel, ago, result, how):
    assert standing(channel, NOON - minutes(ago), result, NOON) is how


@pytest.mark.parametrize(
    ("now", "asked"),
    [((12, 0, 0), (12, 10)), ((12, 20, 0), (12, 30)), ((12, 21, 0), (12, 35)), ((12, 20, 1), (12, 35)),
     ((12, 24, 59), (12, 35)), ((12, 55, 0), (13, 5))],
)  # fmt: skip
def test_the_answer_is_asked_for_by_a_round_time(now, asked):
    hour, minute, second = now
    assert answer_by(NOON.replace(hour=hour, minute=minute, second=second)) == NOON.replace(
        hour=asked[0], minute=asked[1]
    )


@pytest.mark.parametrize(
    ("name", "good"),
    [("REMINDER_HOOK", True), ("REMINDER_TOWN_1", True), ("REMINDER_", False), ("REMINDER_X_SECRET", False),
     ("PATH", False), ("reminder_hook", False), ("REMINDER_HOOK ", False), ("SECRET_KEY", False),
     ("REMINDER_" + "X" * 51, False)],
)  # fmt: skip
def test_only_a_setting_for_reminders_can_hold_their_address(name, good):
    assert is_variable(name) is good


def test_a_short_text_is_one_message():
    assert messages("请补报", WECOM_BYTES) == ["请补报"]


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=3000)


@given(WORDS, st.sampled_from([100, 500, WECOM_BYTES]))
def test_a_long_text_is_cut_into_messages_that_fit_and_lose_nothing(text, limit):
    parts = messages(text, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    said = parts if len(parts) == 1 else [part.rpartition(" (")[0] for part in parts]
    assert "".join(said) == text


def test_a_list_of_forty_sites_is_cut_between_names():
    text = "未报 40 个：" + "、".join(f"某某社区文化活动中心广场{n}（李敏）" for n in range(40))
    parts = messages(text, 1000)
    assert len(parts) > 2
    assert parts[0].endswith(f"、 (1/{len(parts)})")
