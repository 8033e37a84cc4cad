"""Whose hands a tube is in, and what a person means by what he types."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.overview import PlaceRef
from domain.places import Level
from domain.tube_events import Type
from domain.tube_life import FINDING_SEVERITY, Custody, Keeper, custody_after, typed_barcode
from domain.tubes import Finding

SITE = PlaceRef("S1", "东点", "East", Level.SITE)


def after(*kinds: Type) -> Custody:
    custody = Custody(Keeper.NOBODY)
    for kind in kinds:
        box = "B1" if kind is Type.COLLECTED else None
        custody = custody_after(kind, custody, place=SITE, lab=None, lane="2", box=box, manifest=None)
    return custody


@pytest.mark.parametrize(
    ("kinds", "keeper"),
    [
        ((Type.SAMPLED,), Keeper.SITE),
        ((Type.THIRD_COPY,), Keeper.SITE),
        ((Type.SAMPLED, Type.COLLECTED), Keeper.TRANSPORT),
        ((Type.SAMPLED, Type.COLLECTED, Type.THIRD_COPY), Keeper.TRANSPORT),
        ((Type.RECEIVED,), Keeper.LAB),
        ((Type.RECEIVED, Type.SAMPLED), Keeper.LAB),
        ((Type.SAMPLED, Type.RECEIVED, Type.TESTING, Type.RESULT), Keeper.LAB),
        ((Type.SAMPLED, Type.COLLECTED, Type.VOID), Keeper.NOBODY),
    ],
)
def test_custody_follows_the_tube(kinds: tuple[Type, ...], keeper: Keeper):
    assert after(*kinds).keeper is keeper


def test_what_an_event_does_not_say_is_as_before():
    assert after(Type.SAMPLED, Type.COLLECTED) == Custody(Keeper.TRANSPORT, SITE, "2", "B1", None)


def test_every_way_ends_in_somebodys_hands_or_void():
    for kinds in itertools.permutations((Type.SAMPLED, Type.COLLECTED, Type.RECEIVED, Type.VOID)):
        assert (after(*kinds).keeper is Keeper.NOBODY) == (kinds[-1] is Type.VOID)


@given(st.text(alphabet="0123456789ABCdef-", min_size=1, max_size=32), st.integers(min_value=0, max_value=31))
def test_blanks_and_full_width_do_not_change_what_is_typed(code: str, at: int):
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    assert typed_barcode(f" {code[:at]} \u3000{code[at:]}\t") == code
    assert typed_barcode(wide) == code


def test_every_finding_has_its_weight():
    assert set(FINDING_SEVERITY) == set(Finding)
