from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.figure import Of, figure
from components.format import UNKNOWN
from domain.overview import PlaceRef
from domain.passport import (
    Apart,
    Figure,
    Published,
    Reason,
    amount,
    claimed,
    estimate,
    parts,
    published,
    stated,
    upper,
    verified,
    where,
)
from domain.places import Level
from domain.reports import FIGURES, Claim, Flag, Judged, Status
from locales import LANGUAGES, has

NOON = datetime(2021, 6, 6, 12, tzinfo=UTC)
SITE = PlaceRef("S1", "一号点", "Site 1", Level.SITE)

numbers = st.integers(-10_000, 1_000_000)
groups = st.dictionaries(st.sampled_from(list(Status)), st.tuples(numbers, st.integers(1, 500)))


@given(groups)
def test_the_parts_add_up_to_what_the_reports_say(given_):
    made = parts(given_)
    assert [part.status for part in made] == [Status.VERIFIED, Status.SUBMITTED, Status.RETURNED]
    assert sum(part.amount for part in made) == sum(amount_ for amount_, _ in given_.values())
    assert sum(part.reports for part in made) == sum(reports for _, reports in given_.values())


def explains(source, value):
    """The reasons of a source add up to its difference, and with it to what the page shows."""
    assert source.value - source.difference == value
    assert sum(reason.amount for reason in source.reasons) == source.difference


@given(groups)
def test_what_the_towns_verified_is_explained_by_what_waits_and_what_was_returned(given_):
    made = parts(given_)
    explains(verified(made), sum(part.amount for part in made))


@given(numbers, st.lists(numbers, max_size=5))
def test_what_the_sites_claim_is_explained_by_what_was_refused(value, differences):
    explains(claimed(value, [Reason("conflict", by, 1, SITE, 3) for by in differences], 9), value)


@given(numbers, numbers, numbers)
def test_what_was_published_is_explained_by_changes_since_and_later_hours(value, said, then):
    explains(published(value, Published(said, "8", NOON, 7), then), value)


@given(numbers, numbers, numbers)
def test_what_the_upper_system_shows_is_explained_by_then_and_since(value, theirs, apart):
    explains(upper(value, theirs, apart, NOON, "province"), value)


@given(numbers, st.lists(numbers, max_size=20), st.integers(0, 9))
def test_where_the_difference_lies_adds_up_to_the_difference(whole, differences, unknown):
    below = [Apart(PlaceRef(f"T{n}", "", "", Level.TOWN), 100, by) for n, by in enumerate(differences)]
    found = where(whole, below, unknown)
    assert sum(each.difference for each in found.apart) + found.unexplained == whole
    assert len(found.apart) + found.agree == len(below)
    sizes = [abs(each.difference) for each in found.apart]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("rates", "expected"), [([], None), ([90.0], 90.0), ([0.0, 100.0, 200.0, 300.0], 200.0), ([0.0, 0.0, 0.0], 0.0)]
)
def test_an_hour_is_estimated_by_the_last_three(rates, expected):
    assert estimate(rates, 3) == expected


def test_a_figure_is_counted_as_judged_and_told_as_sent():
    claim = Claim("k", "S1", 3, 3, persons_total=500, tubes_total=51, third_copies=7)
    judged = Judged(40, None, Flag(0))
    assert amount("persons", claim, judged) == 40
    assert amount("tubes", claim, judged) is None
    assert amount("third_copies", claim, judged) == 7
    assert amount("positives", claim, judged) is None
    assert (stated("persons", claim), stated("tubes", claim), stated("positives", claim)) == (500, 51, None)


def test_every_figure_rests_on_a_count_of_reports_or_counts_them():
    assert {figure_.counted for figure_ in Figure} == {*FIGURES, ""}
    for figure_ in Figure:
        for section in ("figure", "unit", "meaning"):
            assert has(f"passport.{section}.{figure_}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_is_its_number_and_what_is_unknown_cannot_be_asked(language):
    made = figure("554,285", Of(Figure.PERSONS, "440607", NOON), language).to_plotly_json()["props"]
    assert made["children"] == "554,285"
    assert (made["data-figure"], made["data-of"], made["data-in"]) == ("persons", "440607", NOON.isoformat())
    assert figure(UNKNOWN, Of(Figure.PERSONS, "440607"), language).to_plotly_json()["type"] == "Span"
