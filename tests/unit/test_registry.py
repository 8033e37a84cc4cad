"""The rules of the registry of laboratories: which items carry HR and why not, who recognises whom, rates, days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Campaign, Limits
from domain.errors import Code, Refused
from domain.laboratories import Deadlines, Matter, Quality, concerns, overdue, rates
from domain.recognition import Lack, Mark, marks, recognises
from domain.registry import (
    BlackListing,
    Control,
    Facts,
    Forms,
    Paper,
    Range,
    Round,
    Subject,
    Version,
    end_of_half,
    facts,
    half_of,
    months_before,
    years_asked,
)
from domain.registry_claims import CATALOGUE, IDENTITY, entry_of, read_change
from domain.status import Severity

TODAY = date(2024, 3, 20)
LIMITS = Limits()
NOW = datetime(2024, 3, 20, 6, tzinfo=UTC)
CAMPAIGN = Campaign("c", "轮次", "", NOW - timedelta(hours=2), NOW + timedelta(hours=12), "Asia/Shanghai")
PCR = "新冠核酸"


def round_(on: date, passed: bool | None = True, range_: Range = Range.CITY, region: str = "龙南市", **more) -> Round:
    """One round; `passed` None is not taken part in."""
    return Round("", more.pop("item", PCR), "临检中心", range_, region, on, passed is not None, passed, **more)


GOOD_YEARS = (
    round_(date(2024, 2, 1)), round_(date(2023, 9, 1)), round_(date(2022, 9, 1)), round_(date(2021, 9, 1)),
)  # fmt: skip
"""Passed in 2021–2023 and last month: the reference of the source."""


def lab(*rounds: Round, **more) -> Facts:
    held = {
        "licence": Paper("1", date(2025, 1, 1)),
        "filing": Paper("2", date(2025, 1, 1)),
        "level": 2,
        "listed": True,
    }
    newest_first = tuple(sorted(rounds, key=lambda r: -r.on.toordinal()))
    return Facts(rounds=newest_first, **(held | more))


def mark_of(known: Facts, limits: Limits = LIMITS) -> Mark:
    (found,) = marks(known, TODAY, limits)
    return found


def lacks(known: Facts, limits: Limits = LIMITS) -> list[tuple[Lack, int | None]]:
    return [(reason.lack, reason.year) for reason in mark_of(known, limits).reasons]


def without(year: int, *instead: Round) -> Facts:
    return lab(*(r for r in GOOD_YEARS if r.on.year != year), *instead)


# -- the mark


def test_an_item_passed_three_years_running_and_lately_carries_hr_with_its_range():
    found = mark_of(lab(*GOOD_YEARS))
    assert (found.given, found.range, found.region) == (True, Range.CITY, "龙南市")


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (without(2022), [(Lack.NOT_IN_YEAR, 2022)]),
        (without(2022, round_(date(2022, 5, 1), None)), [(Lack.NOT_IN_YEAR, 2022)]),
        (without(2022, round_(date(2022, 5, 1), False)), [(Lack.FAILED_IN_YEAR, 2022)]),
        (without(2022, round_(date(2022, 9, 1), False), round_(date(2022, 5, 1))), [(Lack.FAILED_IN_YEAR, 2022)]),
        # Failed, put right and passed: the last round of a year counts.
        (without(2022, round_(date(2022, 5, 1), False), round_(date(2022, 9, 1))), []),
        # The same day at two organisers: the worse one counts.
        (without(2022, round_(date(2022, 5, 1), False), round_(date(2022, 5, 1))), [(Lack.FAILED_IN_YEAR, 2022)]),
        (without(2024, round_(date(2024, 2, 1), False)), [(Lack.FAILED, None)]),
        (without(2024, round_(date(2024, 2, 1), None), round_(date(2024, 1, 1))), [(Lack.MISSED, None)]),
        (without(2024, round_(date(2023, 9, 20))), []),
        (lab(*(r for r in GOOD_YEARS if r.on.year != 2024 and r.on.year != 2023), round_(date(2023, 9, 19))),
         [(Lack.NO_RECENT, None)]),
        (lab(*GOOD_YEARS, licence=None), [(Lack.NO_LICENCE, None)]),
        (lab(*GOOD_YEARS, licence=Paper("1", TODAY - timedelta(days=1))), [(Lack.LICENCE_EXPIRED, None)]),
        (lab(*GOOD_YEARS, licence=Paper("1", TODAY)), []),
        (lab(*GOOD_YEARS, listings=(BlackListing(TODAY, "x", None),)), [(Lack.BLACK_LISTED, None)]),
        (lab(*GOOD_YEARS, listings=(BlackListing(date(2023, 1, 1), "x", TODAY),)), []),
        (lab(round_(date(2024, 2, 1))),
         [(Lack.NOT_IN_YEAR, 2021), (Lack.NOT_IN_YEAR, 2022), (Lack.NOT_IN_YEAR, 2023)]),
    ],
)  # fmt: skip
def test_without_the_mark_every_reason_is_said(known: Facts, why: list[tuple[Lack, int | None]]):
    assert lacks(known) == why


def test_the_years_and_the_half_year_are_settings():
    later = replace(LIMITS, lab_years_until=2022, lab_years=2)
    assert years_asked(TODAY, LIMITS) == (2021, 2022, 2023)
    assert years_asked(TODAY, later) == (2021, 2022)
    assert lacks(without(2023), later) == []
    assert lacks(without(2024), replace(LIMITS, lab_assessed_months=7)) == []


@pytest.mark.parametrize(
    ("rounds", "range_"),
    [
        ([round_(r.on, range_=Range.NATIONAL) for r in GOOD_YEARS], Range.NATIONAL),
        # One year only the province assessed: the mark reaches as far as the province.
        ([round_(r.on, range_=Range.PROVINCE if r.on.year == 2022 else Range.NATIONAL) for r in GOOD_YEARS],
         Range.PROVINCE),
        # The country assessed nothing lately, the county did.
        ([round_(r.on, range_=Range.COUNTY if r.on.year == 2024 else Range.NATIONAL) for r in GOOD_YEARS],
         Range.COUNTY),
        ([*GOOD_YEARS, *(round_(r.on, range_=Range.PROVINCE) for r in GOOD_YEARS)], Range.PROVINCE),
    ],
)  # fmt: skip
def test_the_mark_reaches_as_far_as_rounds_of_that_range_or_a_wider_one_carry_it(rounds: list[Round], range_: Range):
    assert mark_of(lab(*rounds)).range is range_


def test_a_failed_narrow_round_takes_the_wide_mark_too():
    national = [round_(r.on, range_=Range.NATIONAL) for r in GOOD_YEARS]
    assert not mark_of(lab(*national, round_(date(2024, 3, 1), False))).given


def test_items_are_judged_one_by_one():
    found = marks(lab(*GOOD_YEARS, round_(date(2024, 1, 5), item="血糖")), TODAY, LIMITS)
    assert [(mark.item, mark.given) for mark in found] == [(PCR, True), ("血糖", False)]


days = st.dates(date(2020, 1, 1), TODAY)
rounds_ = st.builds(
    round_, days, st.sampled_from([True, False, None]), st.sampled_from(list(Range)), item=st.sampled_from([PCR, "b"])
)


@given(st.lists(rounds_, max_size=12))
def test_a_mark_always_has_a_range_or_a_reason_and_a_pass_never_harms(some: list[Round]):
    before = {mark.item: mark for mark in marks(lab(*some), TODAY, LIMITS)}
    for mark in before.values():
        assert mark.given == (mark.range is not None) == (not mark.reasons)
    after = {mark.item: mark for mark in marks(lab(*some, round_(TODAY, range_=Range.NATIONAL)), TODAY, LIMITS)}
    if PCR in before and before[PCR].given and not any(r.on == TODAY for r in some):
        assert after[PCR].given


@given(st.lists(rounds_, max_size=12))
def test_the_order_of_the_record_changes_nothing(some: list[Round]):
    assert [m.reasons for m in marks(lab(*some), TODAY, LIMITS)] == [
        m.reasons for m in marks(lab(*reversed(some)), TODAY, LIMITS)
    ]


@pytest.mark.parametrize(
    ("receiver", "issuer", "answer"),
    [
        (2, 2, True), (1, 2, True), (1, 3, True), (2, 3, True), (1, 1, False), (2, 1, False), (3, 1, False),
        (3, 2, False), (3, 3, None),
    ],
)  # fmt: skip
def test_results_are_recognised_between_level_two_and_downward(receiver: int, issuer: int, answer: bool | None):
    assert recognises(receiver, issuer) is answer


# -- warnings


@pytest.mark.parametrize(
    ("until", "matter", "severity"),
    [
        (TODAY - timedelta(days=1), Matter.LICENCE_EXPIRED, Severity.CRIT),
        (TODAY, Matter.LICENCE_EXPIRING, Severity.WARN),
        (TODAY + timedelta(days=30), Matter.LICENCE_EXPIRING, Severity.WARN),
        (TODAY + timedelta(days=31), None, None),
    ],
)
def test_a_licence_is_warned_of_thirty_days_ahead(until: date, matter: Matter | None, severity: Severity | None):
    found = overdue(Deadlines(licence_until=until), TODAY, LIMITS)
    assert [(c.matter, c.severity) for c in found] == ([(matter, severity)] if matter else [])


def test_what_passes_its_day_at_a_laboratory_is_found_by_its_days_alone():
    days_ = Deadlines(date(2024, 3, 1), date(2024, 4, 1), date(2023, 9, 19), date(2024, 1, 1))
    assert [c.matter for c in overdue(days_, TODAY, LIMITS)] == [
        Matter.BLACK_LISTED, Matter.LICENCE_EXPIRED, Matter.FILING_EXPIRING, Matter.NO_ASSESSMENT,
    ]  # fmt: skip
    assert overdue(Deadlines(), TODAY, LIMITS) == []


def test_what_is_not_on_record_is_missing_and_not_wrong():
    found = concerns(Facts(), TODAY, LIMITS)
    assert {c.severity for c in found} == {Severity.MISS}
    assert [c.matter for c in found] == [Matter.LICENCE_UNKNOWN, Matter.FILING_UNKNOWN, Matter.NEVER_ASSESSED]


def test_the_last_control_of_an_item_counts_and_failures_wait_for_their_correction():
    known = lab(
        *GOOD_YEARS,
        round_(date(2023, 5, 1), False),
        listed=False,
        controls=(Control(PCR, TODAY, False), Control(PCR, date(2024, 3, 1), True), Control("b", TODAY, True)),
    )
    assert [c.matter for c in concerns(known, TODAY, LIMITS)] == [
        Matter.NOT_LISTED, Matter.NOT_CORRECTED, Matter.OUT_OF_CONTROL,
    ]  # fmt: skip


# -- rates


def test_the_four_rates_stand_against_their_targets():
    known = lab(
        round_(date(2024, 2, 1)), round_(date(2023, 9, 1), False, corrected_on=date(2023, 9, 9), corrective="x"),
        round_(date(2023, 8, 1), None), round_(date(2023, 5, 1), False), round_(date(2021, 5, 1), False),
        forms=(Forms("2023H2", 200, 199), Forms("2023H1", 100, 100), Forms("2022H2", 100, 0)),
    )  # fmt: skip
    found = {rate.quality: rate for rate in rates([known, Facts()], TODAY, LIMITS)}
    assert (found[Quality.FORMS].done, found[Quality.FORMS].of) == (299, 300)
    assert (found[Quality.PARTICIPATION].done, found[Quality.PARTICIPATION].of) == (3, 4)
    assert (found[Quality.PASS].done, found[Quality.PASS].of) == (1, 3)
    assert (found[Quality.CORRECTION].done, found[Quality.CORRECTION].of) == (1, 2)
    assert {rate.severity for rate in found.values()} == {Severity.WARN}
    assert [rate.target for rate in found.values()] == [1.0, 0.98, 0.9, 1.0]


def test_of_nothing_there_is_no_rate():
    assert {(rate.share, rate.severity) for rate in rates([Facts()], TODAY, LIMITS)} == {(None, None)}


@pytest.mark.parametrize(("passed", "of", "severity"), [(9, 10, Severity.OK), (89, 100, Severity.WARN)])
def test_a_target_met_exactly_is_met(passed: int, of: int, severity: Severity):
    some = [round_(date(2024, 1, 1), number < passed, item=str(number)) for number in range(of)]
    assert rates([lab(*some)], TODAY, LIMITS)[2].severity is severity


# -- days


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 40))
def test_months_before_is_that_many_months_earlier(day: date, months: int):
    earlier = months_before(day, months)
    assert (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month) == months
    assert earlier.day <= day.day


def test_half_years_end_with_june_and_december():
    assert half_of(date(2024, 6, 30)), half_of(date(2024, 7, 1)) == ("2024H1", "2024H2")
    assert (end_of_half("2024H1"), end_of_half("2024H2")) == (date(2024, 6, 30), date(2024, 12, 31))


# -- what is sent


def sent(what: str, **fields: object) -> dict[str, object]:
    return {"key": "k", "lab": "LAB-1", "what": what, **fields}


ROUND = {"item": PCR, "organiser": "临检中心", "range": "city", "region": "龙南市", "on": "2024-02-01",
         "took_part": True, "passed": True}  # fmt: skip
FAILED = ROUND | {"passed": False}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ([], "row", Code.BAD_VALUE),
        ({}, "lab", Code.MISSING_FIELD),
        (sent("nothing"), "what", Code.BAD_VALUE),
        (sent("licence", valid_until="2025-01-01"), "number", Code.MISSING_FIELD),
        (sent("licence", number="1", valid_until="2025-02-30"), "valid_until", Code.BAD_TIME),
        (sent("licence", number="1" * 65, valid_until="2025-01-01"), "number", Code.BAD_VALUE),
        (sent("filing", number="1", filed_on="2024-03-21", valid_until="2025-01-01"), "filed_on",
         Code.TIME_IN_FUTURE),
        (sent("filing", number="1", filed_on="2024-01-01", valid_until="2023-01-01"), "valid_until", Code.BAD_TIME),
        (sent("assessment", **ROUND | {"on": "2024-03-21"}), "on", Code.TIME_IN_FUTURE),
        (sent("assessment", **ROUND | {"passed": None}), "passed", Code.MISSING_FIELD),
        (sent("assessment", **ROUND | {"took_part": False}), "passed", Code.BAD_VALUE),
        (sent("assessment", **ROUND | {"range": "moon"}), "range", Code.BAD_VALUE),
        (sent("assessment", **ROUND | {"region": ""}), "region", Code.MISSING_FIELD),
        (sent("assessment", **ROUND | {"corrected_on": "2024-03-01"}), "corrected_on", Code.BAD_VALUE),
        (sent("assessment", **FAILED | {"corrected_on": "2024-03-01"}), "corrective", Code.MISSING_FIELD),
        (sent("assessment", **FAILED | {"corrective": "致电 13800138000"}), "corrective", Code.BAD_VALUE),
        (sent("assessment", **FAILED | {"corrective": "x", "corrected_on": "2024-01-01"}),
         "corrected_on", Code.BAD_TIME),
        (sent("forms", half="2024H3", checked=1, compliant=1), "half", Code.BAD_TIME),
        (sent("forms", half="2024H2", checked=1, compliant=1), "half", Code.TIME_IN_FUTURE),
        (sent("forms", half="2023H2", checked=1, compliant=2), "compliant", Code.TOO_LARGE),
        (sent("forms", half="2023H2", checked="1", compliant=1), "checked", Code.NOT_A_NUMBER),
        (sent("forms", half="2023H2", checked=-1, compliant=1), "checked", Code.NEGATIVE),
        (sent("black_list", since="2024-01-01"), "reason", Code.MISSING_FIELD),
        (sent("black_list", since="2024-01-01", reason="x", lifted_on="2023-01-01"), "lifted_on", Code.BAD_TIME),
        (sent("binding"), "town", Code.MISSING_FIELD),
        (sent("binding", town="t", valid_from="2024-04-01T08:00:00"), "valid_from", Code.BAD_TIME),
        (sent("standing", level=4), "level", Code.BAD_VALUE),
        (sent("standing", listed="perhaps"), "listed", Code.BAD_VALUE),
        (sent("licence", withdraw=True, entry="x", note="y"), "what", Code.BAD_VALUE),
        (sent("assessment", withdraw=True, note="y"), "entry", Code.MISSING_FIELD),
        (sent("assessment", withdraw=True, entry="x"), "note", Code.MISSING_FIELD),
        (sent("control", item=PCR, on="2024-01-01", in_control=True, seen="1"), "seen", Code.NOT_A_NUMBER),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(body: object, field: str, code: Code):
    with pytest.raises(Refused) as refused:
        read_change(body, CAMPAIGN, NOW)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_a_record_is_known_by_what_tells_it_apart():
    one = read_change(sent("assessment", **ROUND), CAMPAIGN, NOW)
    other = read_change(sent("assessment", **ROUND | {"passed": False}), CAMPAIGN, NOW)
    assert one.entry == other.entry == entry_of(Subject.ASSESSMENT, one.content)
    assert one.entry != read_change(sent("assessment", **ROUND | {"item": "血糖"}), CAMPAIGN, NOW).entry


def test_the_catalogue_names_every_field_that_tells_records_apart():
    for subject, identity in IDENTITY.items():
        assert set(identity) <= {field.name for field in CATALOGUE[subject]}


def test_of_the_standing_only_what_is_stated_changes():
    assert read_change(sent("standing", level=2, capacity_per_day=None), CAMPAIGN, NOW).content == {"level": 2}
    assert read_change(sent("standing", level=""), CAMPAIGN, NOW).content == {"level": None}


def test_withdrawn_and_earlier_versions_say_nothing():
    content = read_change(sent("assessment", **ROUND), CAMPAIGN, NOW).content

    def version(**more) -> Version:
        held = {"withdrawn": False, "current": True} | more
        return Version(1, Subject.ASSESSMENT, "e", content, note="", by="", at=NOW, **held)

    assert len(facts([version(), version(current=False), version(withdrawn=True)]).rounds) == 1
