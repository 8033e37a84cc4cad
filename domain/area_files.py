"""What is said about a file of areas beside its refused rows: notes on what was mended or looks wrong, how its
coordinates were read, and what a person still has to confirm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Topic(StrEnum):
    """What a file of areas holds."""

    BOUNDARIES = "boundaries"
    CELLS = "cells"
    POPULATION = "population"
    """People for the cells on record: by cell, or a town's total."""
    VILLAGES = "villages"
    ROADS = "roads"
    SITES = "sites"


class Serious(StrEnum):
    """How much a note matters."""

    INFO = "info"
    WARNING = "warning"


TABLE = "table"
"""The form of a file that is no map file."""

SHIFT_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}
"""The shifted systems as people write them."""

AUTO = "auto"
"""Recognise whether coordinates are shifted."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about a file that is not a refused row. The sentence is `area_note.<code>`, filled with
    `params`: a place, or a tuple of places, stands there by its name in the reader's language. `feature` is the
    number of the feature or the line it is about, 0 for the whole file."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    feature: int = 0
    serious: Serious = Serious.INFO


@dataclass(frozen=True, slots=True)
class Handling:
    """How a person wants a file's coordinates read. `crs` goes before what the file states; `shift` is `auto`, empty
    for none, `gcj02` or `bd09`; `swapped` that latitude stands before longitude."""

    crs: str = ""
    shift: str = AUTO
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class Offset:
    """How a file lies against what is known: `before` as it stands, `after` when `shift` is turned back and, with
    `swapped`, the axes are exchanged. Both are metres (median), or points outside their place when `counted`."""

    shift: str
    swapped: bool
    before: float
    after: float
    counted: bool


def needs_word(offset: Offset | None, handling: Handling) -> bool:
    """Whether a file that lies like `offset` waits for a person: a shift nobody has decided on, or exchanged axes
    nobody has asked for. Whoever says that there is no shift is believed; nobody is about exchanged axes, since
    such a file lies in another part of the world."""
    if offset is None:
        return False
    undecided = bool(offset.shift) and handling.shift == AUTO
    return undecided or (offset.swapped and not handling.swapped)
