"""The rules of tubes: what an event may say, and that order and repetition change nothing."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.backlog import of_age, waiting
from domain.by_count import Counted, share_out, together
from domain.campaign import Limits
from domain.errors import Code, Refused
from domain.status import Severity
from domain.tube_events import Event, Reading, Result, Type, Void, read_event
from domain.tubes import Finding, Stage, Tube

NOW = datetime(2021, 6, 6, 6, tzinfo=UTC)
READING = Reading(int((NOW - timedelta(days=8)).timestamp()), int(NOW.timestamp()) + 60)

ROW = {
    "event_id": "e1", "barcode": "440607000001", "type": "sampled", "at": "2021-06-06T13:00:00+08:00", "site": "S1",
}  # fmt: skip


def test_an_event_is_read_as_the_contract_writes_it():
    event = read_event(ROW | {"lane": "2", "persons": 10, "pool_size": 10}, READING)
    assert (event.barcode, event.type, event.site, event.lane, event.persons) == (
        "440607000001", Type.SAMPLED, "S1", "2", 10,
    )  # fmt: skip
    assert event.at == int(datetime(2021, 6, 6, 5, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"event_id": None}, "event_id", Code.MISSING_FIELD),
        ({"type": None}, "type", Code.MISSING_FIELD),
        ({"type": "sampeld"}, "type", Code.UNKNOWN_TYPE),
        ({"barcode": ""}, "barcode", Code.MISSING_FIELD),
        ({"barcode": "44060"}, "barcode", Code.BAD_BARCODE),
        ({"barcode": "4" * 33}, "barcode", Code.BAD_BARCODE),
        ({"barcode": "4406 07000001"}, "barcode", Code.BAD_BARCODE),
        ({"barcode": "４４０６０７"}, "barcode", Code.BAD_BARCODE),
        ({"barcode": "440607\x00001"}, "barcode", Code.BAD_BARCODE),
        ({"barcode": 440607000001}, "barcode", Code.BAD_BARCODE),
        ({"at": None}, "at", Code.MISSING_FIELD),
        ({"at": "13:00"}, "at", Code.BAD_TIME),
        ({"at": "2021-06-06T13:00:00"}, "at", Code.BAD_TIME),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at", Code.BAD_TIME),
        ({"at": "2021-05-01T13:00:00+08:00"}, "at", Code.BAD_TIME),
        ({"at": "2021-06-06T14:01:01+08:00"}, "at", Code.TIME_IN_FUTURE),
        ({"site": None}, "site", Code.MISSING_FIELD),
        ({"type": "received"}, "lab", Code.MISSING_FIELD),
        ({"type": "result", "lab": "L"}, "result", Code.MISSING_FIELD),
        ({"type": "result", "lab": "L", "result": "maybe"}, "result", Code.BAD_VALUE),
        ({"type": "void"}, "reason", Code.MISSING_FIELD),
        ({"type": "void", "reason": "lost"}, "reason", Code.BAD_VALUE),
        ({"persons": -1}, "persons", Code.NEGATIVE),
        ({"persons": 9.5}, "persons", Code.NOT_WHOLE),
        ({"persons": "ten"}, "persons", Code.NOT_A_NUMBER),
        ({"persons": 1001}, "persons", Code.TOO_LARGE),
        ({"persons": True}, "persons", Code.NOT_A_NUMBER),
        ({"pool_size": 7}, "pool_size", Code.BAD_VALUE),
        ({"lane": "x" * 65}, "lane", Code.BAD_VALUE),
        ({"box": "a\x07b"}, "box", Code.BAD_VALUE),
        ({"box": ["b"]}, "box", Code.BAD_VALUE),
    ],
)
def test_what_one_event_shows_to_be_wrong_is_refused_by_name(change, field, code):
    with pytest.raises(Refused) as refusal:
        read_event(ROW | change, READING)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_a_scanner_whose_clock_is_a_minute_ahead_is_heard():
    assert read_event(ROW | {"at": "2021-06-06T14:01:00+08:00"}, READING).at == READING.latest


SITES, LABS, POOL = (11, 12), (21, 22), 10

events = st.builds(
    Event,
    event_id=st.just(""),
    barcode=st.just("440607000001"),
    type=st.sampled_from(Type),
    at=st.integers(1_000, 1_060),
    lane=st.sampled_from([None, "1", "2"]),
    box=st.sampled_from([None, "B1", "B2"]),
    manifest=st.sampled_from([None, "M1"]),
    persons=st.sampled_from([None, 3, 10, 11]),
    pool_size=st.sampled_from([None, 10]),
    result=st.sampled_from(Result),
    reason=st.sampled_from(Void),
)
told = st.lists(st.tuples(events, st.sampled_from(SITES), st.sampled_from(LABS)), max_size=12)


def _tube(history) -> Tube:
    tube = Tube()
    for event, site, lab in history:
        named = site if event.type < Type.COLLECTED else None
        tube.take(event, named, lab if event.type >= Type.RECEIVED else None, POOL)
    return tube


@given(told, st.randoms(use_true_random=False), st.data())
def test_events_in_any_order_and_repeated_make_the_same_tube(history, random: Random, data):
    again = [*history, *data.draw(st.lists(st.sampled_from(history), max_size=5) if history else st.just([]))]
    random.shuffle(again)
    assert _tube(again) == _tube(history)


@given(told)
def test_a_tube_comes_to_no_stage_after_a_later_one(history):
    tube = _tube(history)
    reached = tube.reached()
    assert len(reached) == tube.stage
    assert reached == sorted(reached)
    if tube.stage:
        assert tube.entered(tube.stage) == reached[-1]


@given(told)
def test_a_used_tube_is_in_a_stage_and_a_void_one_in_none(history):
    tube = _tube(history)
    assert not (tube.used and tube.stage is Stage.NONE)
    if tube.void is not None:
        assert (tube.stage, tube.findings(LABS[0], POOL)) == (Stage.NONE, Finding(0))


def _history(*steps: tuple[Type, int, dict[str, object]]) -> Tube:
    tube = Tube()
    for kind, minute, more in steps:
        site, lab = more.pop("site", 11), more.pop("lab", 21)
        event = Event("", "b", kind, minute * 60, **more)
        tube.take(event, site if kind < Type.COLLECTED else None, lab if kind in (4, 5, 6) else None, POOL)
    return tube


SAMPLED = (Type.SAMPLED, 10, {"persons": 10, "lane": "1"})


def sampled(**more):
    return (Type.SAMPLED, more.pop("minute", 10), {"persons": 10, "lane": "1", **more})


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([sampled()], Finding(0)),
        ([(Type.RECEIVED, 20, {})], Finding.UNREGISTERED),
        ([(Type.THIRD_COPY, 20, {})], Finding.COPY_ONLY),
        ([sampled(), sampled(site=12, minute=11)], Finding.DUPLICATE),
        ([sampled(), sampled(lane="2", minute=11)], Finding.DUPLICATE),
        ([sampled(), sampled(minute=12)], Finding.DUPLICATE),
        ([sampled(persons=4), sampled(minute=12)], Finding(0)),
        ([sampled(), (Type.RECEIVED, 20, {"box": "B1"}), (Type.RECEIVED, 25, {"box": "B2"})], Finding.DUPLICATE),
        ([sampled(), (Type.RECEIVED, 20, {"box": "B1"}), (Type.RECEIVED, 25, {"box": "B1"})], Finding(0)),
        ([sampled(), (Type.RECEIVED, 20, {"lab": 22})], Finding.WRONG_LAB),
        ([sampled(), (Type.RECEIVED, 20, {"lab": 22}), (Type.RECEIVED, 60, {})], Finding(0)),
        ([sampled(persons=11)], Finding.TOO_MANY_PERSONS),
        ([sampled(persons=11, pool_size=20)], Finding(0)),
        ([sampled(), (Type.RECEIVED, 9, {})], Finding.BEFORE_SAMPLING),
        ([sampled(), (Type.RESULT, 40, {"result": Result.NEGATIVE})], Finding.RESULT_WITHOUT_RECEIPT),
        ([sampled(), (Type.VOID, 40, {"reason": Void.BROKEN})], Finding(0)),
    ],
)  # fmt: skip
def test_what_is_odd_about_a_tube_shows_in_its_findings(steps, found):
    assert _history(*[(kind, minute, dict(more)) for kind, minute, more in steps]).findings(21, POOL) == found


def test_a_test_repeated_after_an_invalid_one_replaces_it():
    first = (Type.RESULT, 40, {"result": Result.INVALID})
    second = (Type.RESULT, 90, {"result": Result.NEGATIVE})
    for order in ([first, second], [second, first]):
        tube = _history(*[(kind, minute, dict(more)) for kind, minute, more in order])
        assert (tube.result, tube.resulted_at) == (Result.NEGATIVE, 40 * 60)


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(None, Severity.OK), (0, Severity.OK), (89, Severity.OK), (90, Severity.WARN), (120, Severity.WARN),
     (121, Severity.CRIT)],
)  # fmt: skip
def test_an_age_warns_from_three_quarters_of_its_limit(minutes, state):
    assert of_age(minutes, 120, Limits()) is state


@given(st.dictionaries(st.integers(-5, 2_000), st.integers(1, 50), max_size=40))
def test_every_waiting_tube_stands_in_one_bar_of_the_histogram(by_age):
    seen = waiting(by_age, 120, Limits())
    assert sum(seen.ages) == seen.tubes == sum(by_age.values())
    assert sum(seen.ages[12:]) == seen.over == sum(n for age, n in by_age.items() if age > 120)


@given(
    st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)),
    st.dictionaries(
        st.tuples(st.integers(1, 3), st.sampled_from([Stage.ON_SITE, Stage.IN_TRANSIT]), st.integers(0, 9)),
        st.integers(1, 9),
        max_size=12,
    ),
)
def test_counts_of_a_laboratory_take_each_waiting_tube_once_and_the_oldest_first(counts, queue):
    counted = Counted.of(*counts)
    taken = together(share_out(counted, queue).values())
    assert taken.tubes == sum(taken.waiting.values()) == min(counted.received, sum(queue.values()))
    left = {key: n - sum(t.waiting.get((key[1], key[2]), 0) for t in [share_out(counted, queue).get(key[0])] if t)
            for key, n in queue.items()}  # fmt: skip
    assert all(n >= 0 for n in left.values())
    if taken.tubes < sum(queue.values()) and taken.tubes:
        assert max(minute for _, minute in taken.waiting) <= min(key[2] for key, n in left.items() if n)
