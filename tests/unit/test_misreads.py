"""Suspected misreads: which pairs are proposed, and which are not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.misreads import Found, Lost, Slip, pairs, slip_between

NINE = 9 * 3600
LOST = Lost("440607128346", site="S1", lab="A", left_at=NINE, box="B12", box_first=NINE + 3600, box_last=NINE + 4000)
FOUND = Found("440607128846", lab="A", at=NINE + 3700)


@pytest.mark.parametrize(
    ("right", "wrong", "slip", "parts"),
    [
        ("440607128346", "440607128846", Slip.LOOK_ALIKE, ((9, 10), (9, 10))),
        ("440611047701", "440611047702", Slip.OTHER_CHARACTER, ((11, 12), (11, 12))),
        ("440607191052", "440607190152", Slip.SWAPPED, ((8, 10), (8, 10))),
        ("440607191052", "44060719052", Slip.DROPPED, ((8, 9), (8, 8))),
        ("440607191052", "4406071910522", Slip.DOUBLED, ((12, 12), (12, 13))),
        ("440607191052", "440607191052", None, None),
        ("440607191052", "440607181042", None, None),
        ("440607191052", "4406071910527", None, None),
        ("440607191052", "44060719", None, None),
    ],
)
def test_one_slip_is_told_from_another_and_from_two(
    right: str, wrong: str, slip: Slip | None, parts: tuple[tuple[int, int], tuple[int, int]] | None
) -> None:
    said = slip_between(right, wrong)
    assert said == ((slip, *parts) if slip and parts else None)


def test_a_likely_slip_at_the_right_laboratory_in_time_is_proposed() -> None:
    (pair,) = pairs([LOST], [FOUND])
    assert (pair.lost.barcode, pair.found.barcode, pair.slip) == (LOST.barcode, FOUND.barcode, Slip.LOOK_ALIKE)


@pytest.mark.parametrize(
    "change",
    [
        {"lab": "B"},
        {"lab": None},
        {"site": "S2"},
        {"box": "B13"},
        {"at": NINE - 3600},
        {"at": NINE + 9 * 3600},
        {"at": NINE + 3 * 3600},
        {"barcode": "440607125946"},
    ],
)
def test_likeness_alone_is_not_enough(change: dict[str, Any]) -> None:
    assert pairs([LOST], [replace(FOUND, **change)]) == []


def test_an_unlikely_slip_needs_the_box_or_the_site_and_its_hour() -> None:
    found = replace(FOUND, barcode="440607128046")
    lost = replace(LOST, box_first=None, box_last=None, barcode="440607128246")
    assert pairs([lost], [found]) == []
    assert pairs([lost], [replace(found, site="S1")]) == []
    assert len(pairs([replace(LOST, barcode=lost.barcode)], [replace(found, site="S1")])) == 1
    assert len(pairs([lost], [replace(found, box="B12")])) == 1


def test_two_candidates_as_likely_are_neither_of_them_proposed() -> None:
    other = replace(LOST, barcode="440607128896")
    assert pairs([LOST, other], [FOUND]) == []
    named = replace(LOST, barcode="440607128841")
    assert [p.lost.barcode for p in pairs([LOST, named], [FOUND])] == [LOST.barcode]


def test_what_one_pair_takes_is_no_rival_of_the_next() -> None:
    second = replace(LOST, barcode="440607128806", box="B13")
    third = Found("440607128006", lab="A", at=NINE + 3700, box="B13")
    found = replace(FOUND, box="B12")
    assert {(p.lost.barcode, p.found.barcode) for p in pairs([LOST, second], [found, third])} == {
        (LOST.barcode, FOUND.barcode),
        (second.barcode, third.barcode),
    }


def test_a_pair_somebody_said_no_to_does_not_come_back() -> None:
    assert pairs([LOST], [FOUND], {(LOST.barcode, FOUND.barcode)}) == []


CODES = st.text("01378", min_size=6, max_size=8)


@given(st.lists(CODES, unique=True, max_size=12), st.lists(CODES, unique=True, max_size=12))
def test_every_barcode_is_in_one_pair_at_most_and_every_pair_is_one_slip(lost: list[str], found: list[str]) -> None:
    proposed = pairs([replace(LOST, barcode=code) for code in lost], [replace(FOUND, barcode=code) for code in found])
    assert len({p.lost.barcode for p in proposed}) == len({p.found.barcode for p in proposed}) == len(proposed)
    for pair in proposed:
        assert slip_between(pair.lost.barcode, pair.found.barcode) is not None


@given(CODES, CODES)
def test_the_short_way_finds_what_comparing_everything_finds(lost: str, found: str) -> None:
    said = slip_between(lost, found)
    proposed = pairs([replace(LOST, barcode=lost)], [replace(FOUND, barcode=found, box="B12")])
    assert bool(proposed) == (said is not None)
