"""What the page of boundaries and people shows: versions, and what does not fit."""

from dataclasses import dataclass
from datetime import datetime

from domain.areas import Kind
from domain.campaign import Campaign
from domain.overview import PlaceRef


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One import: see `data.models.AreaVersion`. `valid_to` is None for the one in force."""

    kind: Kind
    name: str
    source: str
    crs: str
    shift: str
    approximate: bool
    synthetic: bool
    rows: int
    valid_from: datetime
    valid_to: datetime | None
    actor: str


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """A site outside its town: it lies in `found`, or in none, so many metres off its own."""

    site: PlaceRef
    town: PlaceRef
    found: PlaceRef | None
    metres: int


@dataclass(frozen=True, slots=True)
class AreaPage:
    """`bounded` says that any town has an outline, `approximate` that any outline is a sketch; `cells`, `persons` and
    `unknown` are the grid's cells, their people, and cells whose people nobody knows (None without a grid)."""

    campaign: Campaign
    versions: tuple[VersionRow, ...]
    outside: tuple[OutsideRow, ...]
    unplaced: tuple[PlaceRef, ...]
    without_outline: tuple[PlaceRef, ...]
    bounded: bool
    approximate: bool
    cells: int | None
    persons: float | None
    unknown: int
