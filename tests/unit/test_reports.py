from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Campaign
from domain.errors import Code, Refused
from domain.reports import (
    COUNTS,
    Claim,
    Flag,
    Judged,
    SiteFacts,
    check_possible,
    derived_key,
    is_late,
    judge,
    read_claim,
    read_hours,
)
from domain.values import MAX_COUNT, read_count, read_text, read_time

ZONE = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return (datetime(2021, 6, 6, tzinfo=ZONE) + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)


CAMPAIGN = Campaign("c", "演练", "", at(6), at(22), "Asia/Shanghai")
HALF_HOURLY = Campaign("c", "演练", "", at(6), at(22), "Asia/Shanghai", interval_minutes=30)
TWO_HOURLY = Campaign("c", "演练", "", at(6), at(22), "Asia/Shanghai", interval_minutes=120)
NOW = at(12, 30)


def refusal(function, *arguments) -> tuple[str, str, str]:
    with pytest.raises(Refused) as caught:
        function(*arguments)
    return caught.value.field, caught.value.code.value, caught.value.detail


# -- single values


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, None), ("", None), (0, 0), (12, 12), (12.0, 12), (-0.0, 0), (MAX_COUNT, MAX_COUNT)],
)
def test_a_whole_number_is_a_count_and_nothing_is_unknown(value, number):
    assert read_count("tubes", value) == number


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "negative"), (-1.0, "negative"), (0.5, "not_whole"), (-0.5, "not_whole"), ("12", "not_a_number"),
        (" ", "not_a_number"), (True, "not_a_number"), (False, "not_a_number"), ([], "not_a_number"),
        ([1], "not_a_number"), ({}, "not_a_number"), (float("nan"), "not_a_number"), (float("inf"), "not_a_number"),
        (float("-inf"), "not_a_number"), (MAX_COUNT + 1, "too_large"), (10**30, "too_large"), (1e300, "too_large"),
        (-(10**30), "negative"), (b"1", "not_a_number"),
    ],
)  # fmt: skip
def test_anything_else_is_no_count(value, code):
    assert refusal(read_count, "tubes", value)[:2] == ("tubes", code)


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12", ".", 12), (" 12 ", ".", 12), ("+12", ".", 12), ("12.0", ".", 12), ("12,0", ",", 12),
        ("1,234", ".", 1234),
        ("1.234", ",", 1234), ("1 234", ".", 1234), ("1\u00a0234", ",", 1234), ("1\u202f234", ",", 1234),
        ("1'234", ".", 1234), ("1,234,567.0", ".", 1234567), ("1.234.567,0", ",", 1234567), ("1e3", ".", 1000),
        ("0", ".", 0), ("-0", ".", 0),
    ],
)  # fmt: skip
def test_a_file_may_write_numbers_as_people_do(text, decimal, number):
    assert read_count("tubes", text, decimal) == number


@pytest.mark.parametrize(
    ("text", "decimal", "code", "detail"),
    [
        ("twelve", ".", "not_a_number", ""), ("=1+1", ".", "not_a_number", "formula"),
        ("@SUM(A1)", ".", "not_a_number", "formula"), ("+A1", ".", "not_a_number", "formula"),
        ("-A1", ".", "not_a_number", "formula"), ("-3", ".", "negative", ""), ("\u22123", ".", "negative", ""),
        ("12.5", ".", "not_whole", ""), ("12,5", ",", "not_whole", ""), ("1,23", ".", "not_a_number", ""),
        ("12,3456", ".", "not_a_number", ""), ("1.2.3", ".", "not_a_number", ""), ("9" * 18, ".", "too_large", ""),
        ("9" * 400, ".", "too_large", ""), ("1e400", ".", "too_large", ""), ("-", ".", "not_a_number", "formula"),
        ("nan", ".", "not_a_number", ""), ("inf", ".", "not_a_number", ""), ("0x10", ".", "not_a_number", ""),
        ("1_000", ".", "not_a_number", ""), ("十二", ".", "not_a_number", ""), ("１２", ".", "not_a_number", ""),
    ],
)  # fmt: skip
def test_a_file_may_not_write_anything_else(text, decimal, code, detail):
    assert refusal(read_count, "tubes", text, decimal) == ("tubes", code, detail)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.integers()), st.binary()))
def test_every_value_is_a_count_or_a_refusal(value):
    for decimal in (None, ".", ","):
        try:
            number = read_count("tubes", value, decimal)
        except Refused:
            continue
        assert number is None or 0 <= number <= MAX_COUNT


@pytest.mark.parametrize(
    "value", ["2021-06-06T14:00:00+08:00", "2021-06-06T06:00:00Z", " 2021-06-06T06:00+00:00 ", "20210606T140000+0800"]
)
def test_a_time_with_an_offset_is_that_moment(value):
    assert read_time("hour", value) == at(14)


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("2021-06-06T14:00:00", "no_offset"), ("2021-06-06", "no_offset"), ("2021-13-06T14:00:00+08:00", ""),
        ("yesterday", ""), ("", ""), (" ", ""), (None, ""), (14, ""), (True, ""), ([], ""),
        (datetime(2021, 6, 6, 14), "no_offset"),  # noqa: DTZ001
        ("0001-01-01T00:00:00+14:00", ""), ("9999-12-31T23:59:59-12:00", ""), ("2021-06-06T25:00:00+08:00", ""),
    ],
)  # fmt: skip
def test_a_time_without_an_offset_or_sense_is_refused(value, detail):
    assert refusal(read_time, "hour", value) == ("hour", "bad_time", detail)


@given(st.one_of(st.text(), st.datetimes(), st.integers(), st.none()))
def test_every_value_is_a_moment_in_utc_or_a_refusal(value):
    try:
        moment = read_time("hour", value)
    except Refused:
        return
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "campaign", "periods"),
    [
        (None, CAMPAIGN, 1), ("", CAMPAIGN, 1), (1, CAMPAIGN, 1), (3, CAMPAIGN, 3), (3.0, CAMPAIGN, 3),
        (None, HALF_HOURLY, 1), (0.5, HALF_HOURLY, 1), (1, HALF_HOURLY, 2), (None, TWO_HOURLY, 1), (4, TWO_HOURLY, 2),
        (39, CAMPAIGN, 39), (744, CAMPAIGN, 744),
    ],
)  # fmt: skip
def test_hours_say_how_many_periods_a_report_covers(value, campaign, periods):
    assert read_hours(value, campaign) == periods


@pytest.mark.parametrize(
    ("value", "campaign", "code"),
    [
        (0, CAMPAIGN, "bad_value"), (-1, CAMPAIGN, "negative"), (0.5, CAMPAIGN, "bad_value"),
        (1.5, CAMPAIGN, "bad_value"), (1, TWO_HOURLY, "bad_value"), (3, TWO_HOURLY, "bad_value"),
        (745, CAMPAIGN, "too_large"), (float("nan"), CAMPAIGN, "not_a_number"), (float("inf"), CAMPAIGN, "too_large"),
        (True, CAMPAIGN, "not_a_number"), ([], CAMPAIGN, "not_a_number"), ({}, CAMPAIGN, "not_a_number"),
        ("two", CAMPAIGN, "not_a_number"), (10**400, CAMPAIGN, "too_large"),
    ],
)  # fmt: skip
def test_other_hours_are_refused(value, campaign, code):
    assert refusal(read_hours, value, campaign)[:2] == ("hours", code)


def test_text_is_trimmed_and_held_to_its_length():
    assert read_text("note", "  a ", 5) == "a"
    assert read_text("note", None, 5) == ""
    assert read_text("key", 17, 5) == "17"
    assert refusal(read_text, "note", "x" * 6, 5) == ("note", "bad_value", "too_long")
    assert refusal(read_text, "note", "a\x00b", 5) == ("note", "bad_value", "control")
    for value in (True, 1.5, [], {}):
        assert refusal(read_text, "note", value, 5) == ("note", "bad_value", "text")


# -- a row


def good(**changes) -> dict[str, object]:
    row = {"key": "k1", "site": "S1", "hour": "2021-06-06T09:00:00+08:00", "persons": 10} | changes
    return {name: value for name, value in row.items() if value != "absent"}


def test_a_plain_row_claims_one_period():
    assert read_claim(good(), CAMPAIGN, NOW) == Claim("k1", "S1", 3, 3, persons=10)


def test_every_field_of_the_contract_is_taken():
    row = good(
        hours=2, tubes=1, third_copies=2, special_cases=3, queue_minutes=4, lanes_open=5, positives=6, note="x",
        correction_of="k0", persons_total=7, tubes_total=8, pool_size=5,
    )  # fmt: skip
    assert read_claim(row, CAMPAIGN, NOW) == Claim(
        "k1", "S1", 3, 4, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5, note="x", correction_of="k0"
    )


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"key": "absent"}, ("key", "missing_field", "")),
        ({"key": None}, ("key", "missing_field", "")),
        ({"key": " "}, ("key", "missing_field", "")),
        ({"key": "k" * 201}, ("key", "bad_value", "too_long")),
        ({"key": ["k"]}, ("key", "bad_value", "text")),
        ({"site": "absent"}, ("site", "missing_field", "")),
        ({"site": {}}, ("site", "bad_value", "text")),
        ({"hour": "absent"}, ("hour", "missing_field", "")),
        ({"hour": ""}, ("hour", "missing_field", "")),
        ({"hour": "2021-06-06T09:00:00"}, ("hour", "bad_time", "no_offset")),
        ({"hour": "2021-06-06T09:30:00+08:00"}, ("hour", "bad_time", "not_aligned")),
        ({"hour": "2021-06-06T09:00:01+08:00"}, ("hour", "bad_time", "not_aligned")),
        ({"hour": 9}, ("hour", "bad_time", "")),
        ({"hour": "2021-06-06T13:00:00+08:00"}, ("hour", "hour_in_future", "")),
        ({"hour": "2021-06-06T12:00:00+08:00", "hours": 2}, ("hour", "hour_in_future", "")),
        ({"hour": "9999-12-31T23:00:00+00:00"}, ("hour", "bad_time", "")),
        ({"hour": "0001-01-01T00:00:00+00:00"}, ("hour", "bad_time", "")),
        ({"persons": "absent"}, ("persons", "missing_field", "")),
        ({"persons": None}, ("persons", "missing_field", "")),
        ({"persons": None, "tubes": 1, "tubes_total": 2}, ("persons", "missing_field", "")),
        ({"persons": -1}, ("persons", "negative", "")),
        ({"persons": 1.5}, ("persons", "not_whole", "")),
        ({"persons": "10"}, ("persons", "not_a_number", "")),
        ({"hours": 1.5}, ("hours", "bad_value", "hours")),
        ({"pool_size": 7}, ("pool_size", "bad_value", "pool_size")),
        ({"pool_size": 0}, ("pool_size", "bad_value", "pool_size")),
        ({"correction_of": "k0"}, ("note", "missing_field", "correction")),
        ({"correction_of": "k0", "note": " "}, ("note", "missing_field", "correction")),
        ({"correction_of": "k1", "note": "x"}, ("correction_of", "bad_value", "itself")),
        ({"note": "n" * 501}, ("note", "bad_value", "too_long")),
        ({"note": 1.5}, ("note", "bad_value", "text")),
    ],
)
def test_a_row_is_refused_for_what_it_shows_by_itself(changes, refused):
    assert refusal(read_claim, good(**changes), CAMPAIGN, NOW) == refused


@pytest.mark.parametrize("name", [n for n in COUNTS if n != "pool_size"])
@pytest.mark.parametrize(("value", "code"), [(-1, "negative"), (0.5, "not_whole"), ("x", "not_a_number")])
def test_every_count_is_held_to_be_a_whole_number(name, value, code):
    assert refusal(read_claim, good(**{name: value}), CAMPAIGN, NOW)[:2] == (name, code)


def test_a_period_that_has_begun_may_be_reported_and_one_that_has_not_may_not():
    row = good(hour="2021-06-06T12:00:00+08:00")
    assert read_claim(row, CAMPAIGN, at(12)).last == 6
    assert refusal(read_claim, row, CAMPAIGN, at(12) - timedelta(seconds=1))[1] == "hour_in_future"


def test_zero_persons_is_a_report():
    assert read_claim(good(persons=0), CAMPAIGN, NOW).persons == 0


def test_a_running_total_alone_is_enough():
    claim = read_claim(good(persons="absent", persons_total=100), CAMPAIGN, NOW)
    assert (claim.persons, claim.persons_total) == (None, 100)


def test_the_same_moment_in_another_offset_is_the_same_claim():
    assert read_claim(good(hour="2021-06-06T01:00:00Z"), CAMPAIGN, NOW) == read_claim(good(), CAMPAIGN, NOW)


def test_half_hours_are_periods_of_a_half_hourly_campaign():
    claim = read_claim(good(hour="2021-06-06T09:30:00+08:00", hours=1), HALF_HOURLY, NOW)
    assert (claim.first, claim.last, claim.catch_up) == (7, 8, True)


# -- what is impossible


@pytest.mark.parametrize("pool", [1, 5, 10, 20])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("tubes", [0, 7])
def test_persons_are_impossible_only_beyond_tubes_and_one_carried_over_by_each_lane(pool, lanes, tubes):
    most = (tubes + lanes) * pool
    check_possible(Claim("k", "S1", 0, 0, persons=most, tubes=tubes), lanes, pool)
    with pytest.raises(Refused) as caught:
        check_possible(Claim("k", "S1", 0, 0, persons=most + 1, tubes=tubes), lanes, pool)
    assert (caught.value.code, caught.value.field) == (Code.PERSONS_EXCEED_TUBES, "persons")
    assert caught.value.params["most"] == most
    assert caught.value.params["least_tubes"] == tubes + 1


def test_a_reports_own_pool_size_goes_before_the_sites():
    check_possible(Claim("k", "S1", 0, 0, persons=40, tubes=1, pool_size=20), 1, 10)
    with pytest.raises(Refused):
        check_possible(Claim("k", "S1", 0, 0, persons=11, tubes=1, pool_size=5), 1, 10)


def test_more_lanes_open_than_known_are_believed():
    check_possible(Claim("k", "S1", 0, 0, persons=40, tubes=1, lanes_open=3), 1, 10)


def test_unknown_tubes_or_lanes_make_nothing_impossible():
    check_possible(Claim("k", "S1", 0, 0, persons=10**6), 1, 10)
    check_possible(Claim("k", "S1", 0, 0, persons=10**6, tubes=1), None, 10)
    check_possible(Claim("k", "S1", 0, 0, persons_total=10**6, tubes=1), 1, 10)


def test_running_totals_are_held_to_the_same():
    check_possible(Claim("k", "S1", 0, 0, persons_total=20, tubes_total=1), 1, 10)
    with pytest.raises(Refused):
        check_possible(Claim("k", "S1", 0, 0, persons_total=21, tubes_total=1), 1, 10)


# -- what counts, and what is doubtful


def claims(*given: Claim, recorded: datetime | None = None) -> list[tuple[Claim, datetime]]:
    """Each with the time it came: on time unless said otherwise."""
    return [(c, recorded or CAMPAIGN.end_of(c.last)) for c in sorted(given, key=lambda c: c.last)]


def hour(k: int, persons: int | None = None, **more) -> Claim:
    return Claim(f"k{k}", "S1", more.pop("first", k), k, persons=persons, **more)


OPEN = SiteFacts(frozenset(range(16)), 10)


def judged(*given: Claim, site: SiteFacts = OPEN, recorded: datetime | None = None) -> list[Judged]:
    return judge(claims(*given, recorded=recorded), site, CAMPAIGN)


def persons(*given: Claim) -> list[int]:
    return [j.persons for j in judged(*given)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([hour(0, 10), hour(1, 20)], [10, 20]),
        ([hour(0, persons_total=10), hour(1, persons_total=30)], [10, 20]),
        ([hour(0, 10), hour(1, persons_total=30), hour(2, 5), hour(3, persons_total=40)], [10, 20, 5, 5]),
        ([hour(3, persons_total=100)], [100]),
        ([hour(0, persons_total=10), hour(4, persons_total=50)], [10, 40]),
        ([hour(0, persons_total=50), hour(1, persons_total=40), hour(2, persons_total=60)], [50, -10, 20]),
        ([hour(0, 10, persons_total=10), hour(1, 20, persons_total=30)], [10, 20]),
        ([hour(0, 10, persons_total=15), hour(1, persons_total=30)], [10, 15]),
        ([hour(0, persons_total=30), hour(1, 20), hour(2, persons_total=30)], [30, 20, -20]),
        ([hour(2, 60, first=0), hour(3, persons_total=100)], [60, 40]),
        ([hour(2, persons_total=60, first=0), hour(3, persons_total=100)], [60, 40]),
        ([hour(0, persons_total=0), hour(1, persons_total=0)], [0, 0]),
    ],
)
def test_a_periods_figure_follows_from_the_nearest_earlier_total(given, expected):
    assert persons(*given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([hour(0, 10, tubes=1), hour(1, 20, tubes=2)], [1, 2]),
        ([hour(0, 10, tubes_total=1), hour(1, 20, tubes_total=4)], [1, 3]),
        ([hour(0, 10, tubes=1), hour(1, 20, tubes_total=4)], [1, 3]),
        ([hour(0, 10), hour(1, 20, tubes=2)], [None, 2]),
        ([hour(0, 10, tubes_total=9), hour(1, 20, tubes_total=4)], [9, -5]),
        ([hour(0, 10, tubes_total=9), hour(2, 20, tubes_total=14)], [9, 5]),
    ],
)
def test_tubes_follow_from_their_running_total_in_the_same_way(given, expected):
    assert [j.tubes for j in judged(*given)] == expected


def test_tubes_of_an_hour_that_did_not_state_them_come_with_the_next_running_total():
    """What the running total says at the end of hour 2 is what had been used by then: 130."""
    given = [hour(0, 10, tubes_total=100), hour(1, 10), hour(2, 10, tubes_total=130)]
    assert sum(j.tubes or 0 for j in judged(*given)) == 130


def flagged(*given: Claim, site: SiteFacts = OPEN, recorded: datetime | None = None) -> Flag:
    """The flags of the last report."""
    return judged(*given, site=site, recorded=recorded)[-1].flags


FLAGS: Sequence[tuple[Flag, list[Claim], list[Claim]]] = [
    (Flag.PERSONS_OVER_TUBES, [hour(0, 101, tubes=10)], [hour(0, 100, tubes=10)]),
    (Flag.PERSONS_OVER_TUBES, [hour(0, 1, tubes=0)], [hour(0, 0, tubes=0)]),
    (Flag.PERSONS_OVER_TUBES, [hour(0, 51, tubes=10, pool_size=5)], [hour(0, 51, tubes=10)]),
    (Flag.PERSONS_OVER_TUBES, [hour(0, 11, tubes=1)], [hour(0, 11)]),
    (Flag.TOTAL_FALLS, [hour(0, persons_total=50), hour(1, persons_total=49)],
     [hour(0, persons_total=50), hour(1, persons_total=50)]),
    (Flag.TOTAL_FALLS, [hour(0, 50), hour(1, persons_total=49)], [hour(0, 50), hour(1, persons_total=51)]),
    (Flag.TOTAL_FALLS, [hour(0, persons_total=50), hour(1, 5, persons_total=49)],
     [hour(0, persons_total=50), hour(1, 5, persons_total=55)]),
    (Flag.TOTAL_FALLS, [hour(0, 9, tubes_total=5), hour(1, 9, tubes_total=4)],
     [hour(0, 9, tubes_total=5), hour(1, 9, tubes_total=5)]),
    (Flag.THIRD_COPIES_DIFFER, [hour(0, 9, tubes=5, third_copies=4)], [hour(0, 9, tubes=5, third_copies=5)]),
    (Flag.THIRD_COPIES_DIFFER, [hour(0, 9, tubes=5, third_copies=0)], [hour(0, 9, tubes=5)]),
    (Flag.THIRD_COPIES_DIFFER, [hour(0, 9, tubes_total=5), hour(1, 9, tubes_total=9, third_copies=5)],
     [hour(0, 9, tubes_total=5), hour(1, 9, tubes_total=9, third_copies=4)]),
    (Flag.THIRD_COPIES_DIFFER, [hour(0, 9, tubes=5, third_copies=4)], [hour(0, 9, third_copies=4)]),
    (Flag.ZERO_WHILE_OPEN, [hour(0, 0)], [hour(0, 1)]),
    (Flag.ZERO_WHILE_OPEN, [hour(0, persons_total=5), hour(1, persons_total=5)], [hour(0, persons_total=5)]),
    (Flag.OUTLIER, [hour(0, 10), hour(1, 10), hour(2, 10), hour(3, 31)],
     [hour(0, 10), hour(1, 10), hour(2, 10), hour(3, 30)]),
    (Flag.OUTLIER, [hour(0, 10), hour(1, 20), hour(2, 30), hour(3, 61)], [hour(0, 10), hour(1, 20), hour(2, 100)]),
    (Flag.OUTLIER, [hour(0, 0), hour(1, 0), hour(2, 0), hour(3, 1)], [hour(1, 0), hour(2, 0), hour(3, 1)]),
    (Flag.CATCH_UP, [hour(2, 30, first=0)], [hour(2, 30)]),
    (Flag.LATE, [hour(2, 30, first=1)], [hour(2, 30)]),
    (Flag.TOTAL_DIFFERS, [hour(0, 10), hour(1, 10, persons_total=25)], [hour(0, 10), hour(1, 10, persons_total=20)]),
]  # fmt: skip


@pytest.mark.parametrize(("flag", "with_it", "without"), FLAGS)
def test_every_flag_goes_on_and_off_at_its_bound(flag, with_it, without):
    assert flag in flagged(*with_it)
    assert flag not in flagged(*without)


def test_a_report_outside_opening_is_flagged_and_one_that_touches_it_is_not():
    site = SiteFacts(frozenset({3, 4}), 10)
    assert Flag.OUTSIDE_OPENING in flagged(hour(2, 5), site=site)
    assert Flag.OUTSIDE_OPENING not in flagged(hour(3, 5), site=site)
    assert Flag.OUTSIDE_OPENING not in flagged(hour(3, 5, first=1), site=site)
    assert Flag.OUTSIDE_OPENING in flagged(hour(2, 5, first=0), site=site)


def test_zero_while_closed_is_no_wonder():
    assert Flag.ZERO_WHILE_OPEN not in flagged(hour(2, 0), site=SiteFacts(frozenset({3}), 10))


def test_a_report_is_late_from_ten_minutes_and_a_moment_after_its_period():
    due = CAMPAIGN.end_of(2) + timedelta(minutes=10)
    assert not is_late(hour(2, 1), due, CAMPAIGN)
    assert is_late(hour(2, 1), due + timedelta(microseconds=1), CAMPAIGN)
    assert Flag.LATE not in flagged(hour(2, 1), recorded=due)
    assert Flag.LATE in flagged(hour(2, 1), recorded=due + timedelta(seconds=1))
    assert is_late(hour(2, 1, first=1), at(6), CAMPAIGN)


def test_the_outlier_of_a_catch_up_is_its_hourly_mean():
    steady = [hour(0, 10), hour(1, 10), hour(2, 10)]
    assert Flag.OUTLIER not in flagged(*steady, hour(5, 90, first=3))
    assert Flag.OUTLIER in flagged(*steady, hour(5, 91, first=3))


def test_a_plain_report_has_no_flag():
    assert flagged(hour(0, 100, tubes=10, third_copies=10, special_cases=1)) == Flag(0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 500)), min_size=1, max_size=12))
def test_after_a_total_the_sum_of_all_figures_is_that_total(said):
    given_ = [hour(k, None, persons_total=n) if total else hour(k, n) for k, (total, n) in enumerate(said)]
    figures = persons(*given_)
    for k, claim in enumerate(given_):
        if claim.persons_total is not None:
            assert sum(figures[: k + 1]) == claim.persons_total


# -- keys of file rows


def test_a_derived_key_is_the_same_for_the_same_site_hour_and_hours():
    plain = derived_key({"site": "S1", "hour": "2021-06-06T09:00:00+08:00"}, CAMPAIGN)
    assert plain == derived_key({"site": "S1", "hour": "2021-06-06T01:00:00Z", "persons": 5}, CAMPAIGN)
    assert plain == derived_key({"site": "S1", "hour": at(9)}, CAMPAIGN)
    for one in (1, "1", 1.0):
        assert plain == derived_key({"site": "S1", "hour": at(9), "hours": one}, CAMPAIGN)
    others = [
        {"site": "S2", "hour": "2021-06-06T09:00:00+08:00"},
        {"site": "S1", "hour": "2021-06-06T10:00:00+08:00"},
        {"site": "S1", "hour": "2021-06-06T09:00:00+08:00", "hours": "2"},
        {"site": "S1", "hour": "2021-06-06T09:00:00+08:00", "correction_of": "k"},
    ]
    assert plain not in {derived_key(o, CAMPAIGN) for o in others}
    assert len({derived_key(o, CAMPAIGN) for o in others}) == len(others)
