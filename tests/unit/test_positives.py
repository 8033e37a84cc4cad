"""Tasks from results: which kind, which checklist, which clock; what may follow what."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.positive_claims import read_step
from domain.positive_standing import CHECKLIST, Item, Standing, check, members_of, standing
from domain.positives import ALARMING, PARTIES, Ending, Event, Kind, Party, Resample, State, Step, fold, kind_of
from domain.status import Severity
from domain.tube_events import Result

T0 = datetime(2021, 6, 6, 2, 0, tzinfo=UTC)
LIMITS = Limits()
POOL, SINGLE, RETEST = Kind.POOL, Kind.SINGLE, Kind.RETEST


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def result(found: Result, minutes: float = 0) -> Event:
    return Event(Step.RESULT, at(minutes), at(minutes + 1), result=found)


def did(step: Step, minutes: float, **more) -> Event:
    return Event(step, at(minutes), at(minutes), "王", **more)


def notified(kind: Kind, minutes: float) -> Event:
    return did(Step.NOTIFIED, minutes, parties=PARTIES[kind])


def confirmed(party: Party, minutes: float) -> Event:
    return did(Step.CONFIRMED, minutes, parties=(party,))


def look(events, kind: Kind, now: float, members: int = 10, samples=()) -> Standing:
    return standing(fold(events), kind, members, tuple(samples), LIMITS, at(now))


def samples(count: int, tested: int = 0, second: bool = False, minute: float = 40) -> list[Resample]:
    made = [Resample(f"R{second:d}-{n:05}", second, True) for n in range(count)]
    done = [Resample(s.barcode, second, True, Result.NEGATIVE, at(minute + n)) for n, s in enumerate(made[:tested])]
    return done + made[tested:]


# -- which kind


@pytest.mark.parametrize(
    ("alarmed", "persons", "pool_size", "kind"),
    [
        (True, 10, 10, POOL), (True, 7, 10, POOL), (True, 2, 1, POOL), (True, 1, 10, POOL), (True, None, 20, POOL),
        (True, 1, 1, SINGLE), (True, None, 1, SINGLE), (False, 10, 10, RETEST), (False, 1, 1, RETEST),
    ],
)  # fmt: skip
def test_the_tube_says_which_kind_of_task_it_is(alarmed, persons, pool_size, kind):
    assert kind_of(alarmed, persons, pool_size) is kind


def test_of_a_single_positive_six_parties_hear_at_the_same_moment():
    assert [party.value for party in PARTIES[SINGLE]] == [
        "ambulance", "hospital", "community", "police", "cdc", "command",
    ]  # fmt: skip
    assert set(PARTIES[POOL]) == {Party.TEAM, Party.COMMUNITY, Party.POLICE}
    assert PARTIES[RETEST] == CHECKLIST[RETEST] == ()


def test_members_are_those_held_else_those_registered_else_as_many_as_fit():
    state = fold([result(Result.POSITIVE)])
    assert members_of(state, None, 10) == 10
    assert members_of(state, 7, 10) == 7
    assert members_of(fold([result(Result.POSITIVE), did(Step.HELD, 5, persons=9)]), 7, 10) == 9


# -- clocks


def test_what_has_to_be_done_at_once_is_over_after_ten_minutes():
    events = [result(Result.POSITIVE)]
    assert look(events, POOL, 10).overdue == frozenset()
    after = look(events, POOL, 11)
    assert (after.overdue, after.severity) == ({Item.HOLD, Item.NOTIFY}, Severity.CRIT)
    assert look([*events, did(Step.HELD, 4), notified(POOL, 5)], POOL, 11).overdue == frozenset()


def test_the_hour_of_a_pool_stops_with_the_last_result_of_all_members():
    events = [result(Result.GREY), did(Step.HELD, 1, persons=3), notified(POOL, 2)]
    events += [confirmed(party, 5) for party in PARTIES[POOL]]
    running = look(events, POOL, 44, 3, samples(3, 2))
    assert (running.severity, running.timer.running) == (Severity.OK, True)
    assert look(events, POOL, 45, 3, samples(3, 2)).severity is Severity.WARN
    assert look(events, POOL, 61, 3, samples(3, 2)).overdue == {Item.TEST}
    assert look(events, POOL, 61, 3, samples(2, 2)).overdue == {Item.RESAMPLE, Item.TEST}
    stopped = look(events, POOL, 200, 3, samples(3, 3))
    assert (stopped.timer.stopped_at, stopped.timer.age) == (at(42), timedelta(minutes=42))
    assert (stopped.overdue, stopped.severity, stopped.next) == (frozenset(), Severity.OK, Item.SECOND)


def test_an_invalid_result_of_a_resample_does_not_stop_the_hour():
    events = [result(Result.POSITIVE), did(Step.HELD, 1, persons=1)]
    one = [Resample("R1-000", False, True, Result.INVALID, at(30))]
    assert not look(events, POOL, 40, 1, one).check(Item.TEST).complete


def test_the_second_samples_count_apart():
    events = [result(Result.POSITIVE)]
    looked = look(events, POOL, 30, 4, samples(4, 4) + samples(3, 1, second=True))
    done = {c.item: (c.done, c.of) for c in looked.checks}
    assert (done[Item.RESAMPLE], done[Item.TEST], done[Item.SECOND]) == ((4, 4), (4, 4), (3, 4))
    assert looked.check(Item.SECOND).due_at is None


def test_more_tubes_than_members_all_need_a_result():
    looked = look([result(Result.POSITIVE)], POOL, 30, 2, samples(3, 2))
    check_ = looked.check(Item.TEST)
    assert (check_.done, check_.of, check_.complete) == (2, 3, False)


def test_the_direct_report_of_a_single_positive_has_two_hours():
    events = [result(Result.POSITIVE), notified(SINGLE, 1), did(Step.HELD, 1)]
    events += [confirmed(party, 3) for party in PARTIES[SINGLE]]
    assert look(events, SINGLE, 89, 1).severity is Severity.OK
    assert look(events, SINGLE, 90, 1).severity is Severity.WARN
    assert look(events, SINGLE, 121, 1).overdue == {Item.REPORT}
    reported = look([*events, did(Step.REPORTED, 130)], SINGLE, 140, 1)
    assert (reported.overdue, reported.check(Item.REPORT).late, reported.unfinished) == (frozenset(), True, 0)
    assert reported.timer.left == timedelta(minutes=-10)


def test_each_party_has_to_confirm_within_ten_minutes_of_being_told():
    events = [result(Result.POSITIVE), did(Step.HELD, 1), notified(SINGLE, 6)]
    confirmed_five = [confirmed(party, 8) for party in PARTIES[SINGLE][:5]]
    assert look([*events, *confirmed_five], SINGLE, 16, 1).overdue == frozenset()
    late = look([*events, *confirmed_five], SINGLE, 17, 1)
    assert (late.overdue, late.check(Item.CONFIRM).done) == ({Item.CONFIRM}, 5)
    assert look(events[:2], SINGLE, 9, 1).check(Item.CONFIRM).due_at is None


def test_a_test_to_be_repeated_has_neither_clock_nor_checklist():
    looked = look([result(Result.INVALID)], RETEST, 600)
    assert (looked.timer, looked.checks, looked.severity, looked.next) == (None, (), Severity.OK, None)


def test_the_next_step_goes_down_the_list():
    events = [result(Result.POSITIVE)]
    seen = [look(events, POOL, 1).next]
    for event in (did(Step.HELD, 1, persons=2), notified(POOL, 2), *(confirmed(p, 3) for p in PARTIES[POOL])):
        events.append(event)
        seen.append(look(events, POOL, 4, 2).next)
    assert seen == [Item.HOLD, Item.NOTIFY, Item.CONFIRM, Item.CONFIRM, Item.CONFIRM, Item.RESAMPLE]


# -- newer results


def test_a_newer_negative_result_ends_the_task_and_says_so():
    state = fold([result(Result.POSITIVE), did(Step.HELD, 3), result(Result.NEGATIVE, 30)])
    assert (state.closed.how, state.closed.at, state.closed.by) == (Ending.CORRECTED, at(30), "")
    assert look([result(Result.POSITIVE), result(Result.NEGATIVE, 30)], POOL, 300).overdue == frozenset()
    retested = fold([result(Result.INVALID), result(Result.NEGATIVE, 30)])
    assert retested.closed.how is Ending.RETESTED


def test_another_alarming_result_keeps_task_and_clock():
    state = fold([result(Result.GREY), did(Step.HELD, 3), result(Result.POSITIVE, 20)])
    assert (state.result, state.since, state.held is not None, state.closed) == (Result.POSITIVE, T0, True, None)


def test_an_invalid_repetition_does_not_end_a_task():
    state = fold([result(Result.POSITIVE), result(Result.INVALID, 20)])
    assert (state.result, state.alarmed, state.closed) == (Result.INVALID, True, None)


def test_a_repeated_test_that_is_positive_begins_a_task_with_its_own_clock():
    state = fold([result(Result.INVALID), result(Result.POSITIVE, 50)])
    assert (state.alarmed, state.since) == (True, at(50))


def test_positive_again_after_a_correction_begins_anew():
    events = [result(Result.POSITIVE), did(Step.HELD, 3), result(Result.NEGATIVE, 30), result(Result.POSITIVE, 60)]
    state = fold(events)
    assert (state.closed, state.held, state.since, state.turns) == (None, None, at(60), 4)


# -- what may follow what


def refused(events, kind: Kind, event: Event, now: float = 30, members: int = 10, tubes=()) -> tuple[Code, str]:
    with pytest.raises(Refused) as refusal:
        check(fold(events), look(events, kind, now, members, tubes), "POOL-0001", event)
    return refusal.value.code, refusal.value.detail


def allowed(events, kind: Kind, event: Event, tubes=()) -> None:
    check(fold(events), look(events, kind, 30, 10, tubes), "POOL-0001", event)


def test_every_refusal_has_its_reason():
    opened = [result(Result.POSITIVE)]
    told = [*opened, notified(SINGLE, 1)]
    linked = [*opened, did(Step.LINKED, 2, barcodes=("R1-0001",))]
    closed = [*opened, did(Step.CLOSED, 5, note="演练")]
    corrected = [*opened, result(Result.NEGATIVE, 20)]
    conflict = Code.CONFLICT
    cases = [
        (opened, POOL, result(Result.POSITIVE), (Code.BAD_VALUE, "")),
        (opened, POOL, did(Step.COMMENTED, 2), (Code.MISSING_FIELD, "positive")),
        (opened, POOL, did(Step.REPORTED, 2), (conflict, "positive_kind")),
        (opened, SINGLE, did(Step.LINKED, 2, barcodes=("R1-0001",)), (conflict, "positive_kind")),
        ([result(Result.INVALID)], RETEST, did(Step.HELD, 2), (conflict, "positive_kind")),
        ([result(Result.INVALID)], RETEST, did(Step.CLOSED, 2), (Code.MISSING_FIELD, "positive")),
        (told, SINGLE, notified(SINGLE, 2), (conflict, "positive_notified")),
        (opened, SINGLE, confirmed(Party.CDC, 2), (conflict, "positive_not_told")),
        (told, SINGLE, confirmed(Party.TEAM, 2), (Code.BAD_VALUE, "")),
        (told, SINGLE, did(Step.CONFIRMED, 2), (Code.MISSING_FIELD, "")),
        ([*told, confirmed(Party.CDC, 2)], SINGLE, confirmed(Party.CDC, 3), (conflict, "positive_confirmed")),
        ([*told, did(Step.REPORTED, 2)], SINGLE, did(Step.REPORTED, 3), (conflict, "positive_reported")),
        (opened, POOL, did(Step.LINKED, 2), (Code.MISSING_FIELD, "")),
        (opened, POOL, did(Step.LINKED, 2, barcodes=("x",)), (Code.BAD_BARCODE, "")),
        (opened, POOL, did(Step.LINKED, 2, barcodes=("POOL-0001",)), (conflict, "positive_itself")),
        (linked, POOL, did(Step.LINKED, 2, barcodes=("R1-0001",)), (conflict, "positive_linked")),
        (opened, POOL, did(Step.LINKED, 2, barcodes=("R1-0001",) * 2), (Code.BAD_VALUE, "positive_twice")),
        (opened, POOL, did(Step.UNLINKED, 2, barcodes=("R1-0001",)), (conflict, "positive_not_linked")),
        (opened, POOL, did(Step.CLOSED, 2), (Code.MISSING_FIELD, "positive")),
        (opened, POOL, did(Step.CLOSED, 2, note="好", lab=True), (Code.OUT_OF_SCOPE, "positive_district")),
        (opened, POOL, did(Step.REOPENED, 2), (conflict, "positive_not_closed")),
        (closed, POOL, did(Step.HELD, 9), (conflict, "positive_closed")),
        (closed, POOL, did(Step.REOPENED, 9, lab=True), (Code.OUT_OF_SCOPE, "positive_district")),
        (corrected, POOL, did(Step.REOPENED, 30), (conflict, "positive_corrected")),
    ]
    for events, kind, event, reason in cases:
        assert refused(events, kind, event) == reason, event.step


def test_what_may_be_done_may_be_done():
    opened = [result(Result.POSITIVE)]
    closed = [*opened, did(Step.CLOSED, 5, note="演练")]
    allowed(opened, POOL, did(Step.CLOSED, 2, note="演练"))
    allowed(closed, POOL, did(Step.REOPENED, 9))
    allowed(closed, POOL, did(Step.COMMENTED, 9, note="补记"))
    allowed([result(Result.INVALID)], RETEST, did(Step.CLOSED, 9, note="重做", lab=True))
    allowed(opened, POOL, did(Step.LINKED, 9, barcodes=("R1-0001", "R1-0002"), lab=True))


def test_a_task_with_everything_done_is_closed_without_a_word():
    events = [result(Result.POSITIVE), notified(SINGLE, 1), did(Step.HELD, 1), did(Step.REPORTED, 9)]
    events += [confirmed(party, 3) for party in PARTIES[SINGLE]]
    allowed(events, SINGLE, did(Step.CLOSED, 20))
    assert fold([*events, did(Step.CLOSED, 20)]).closed.how is Ending.DONE
    assert fold([*events, did(Step.CLOSED, 20, note="缺一方")]).closed.how is Ending.UNFINISHED


STEPS = st.builds(
    lambda step, minute, found, party, code: (
        result(found, minute) if step is Step.RESULT
        else did(step, minute, parties=(party,) if step is Step.CONFIRMED else PARTIES[POOL], barcodes=(code,))
    ),
    st.sampled_from(Step), st.integers(0, 300), st.sampled_from(Result), st.sampled_from(Party),
    st.sampled_from(["R1-0001", "R1-0002", "R1-0003"]),
)  # fmt: skip


@given(st.lists(STEPS, max_size=12), st.sampled_from([POOL, SINGLE]), st.integers(0, 600))
def test_whatever_is_let_pass_leaves_a_task_in_order(steps, kind, now):
    events = [result(Result.POSITIVE)]
    for event in steps:
        if event.step is not Step.RESULT:
            try:
                check(fold(events), look(events, kind, now), "POOL-0001", event)
            except Refused:
                continue
        events.append(event)
    state: State = fold(events)
    looked = look(events, kind, now)
    barcodes = [barcode for barcode, _ in state.linked]
    assert len(barcodes) == len(set(barcodes))
    assert len(state.notified) == len({party for party, _ in state.notified})
    assert state.turns == sum(event.step is not Step.COMMENTED for event in events)
    assert state.closed is None or looked.overdue == frozenset()
    if state.result is Result.NEGATIVE:
        assert state.closed is not None or any(event.step is Step.REOPENED for event in events)
    if state.closed is None:
        assert state.result in ALARMING or state.result in (Result.INVALID, Result.NEGATIVE)


# -- what is sent


def test_a_step_is_read_as_it_was_sent():
    claim = read_step(
        {
            "key": "k",
            "step": "linked",
            "barcodes": [" R1-0001", "R1-0002"],
            "second": True,
            "seen": 3,
            "minutes_ago": 5,
        }
    )
    assert (claim.barcodes, claim.second, claim.seen, claim.minutes_ago) == (("R1-0001", "R1-0002"), True, 3, 5)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"key": ""}, "key"),
        ({"step": ""}, "step"),
        ({"step": "paid"}, "step"),
        ({"persons": 0}, "persons"),
        ({"persons": "9"}, "persons"),
        ({"persons": 5000}, "persons"),
        ({"minutes_ago": -1}, "minutes_ago"),
        ({"minutes_ago": 99999}, "minutes_ago"),
        ({"party": "press"}, "party"),
        ({"barcodes": "R1"}, "barcodes"),
        ({"barcodes": [7]}, "barcodes"),
        ({"barcodes": ["R1-0001"] * 101}, "barcodes"),
        ({"second": 1}, "second"),
        ({"seen": "1"}, "seen"),
        ({"note": "家属电话 13800138000"}, "note"),
        ({"note": "x" * 501}, "note"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_its_field(more, field):
    with pytest.raises(Refused) as refusal:
        read_step({"key": "k", "step": "held"} | more)
    assert refusal.value.field == field
