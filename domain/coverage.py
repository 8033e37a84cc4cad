"""Who has a site within a walk, and where those live who have not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.campaign import Campaign
from domain.map import Point
from domain.overview import PlaceRef

LEAST_PERSONS = 100
"""Uncovered cells with fewer persons are counted in every total but neither drawn nor merged into clusters."""

SHADES = (100, 250, 500)
"""From how many persons on an uncovered cell is drawn in the next stronger shade."""

WALK_SPEED = 80
"""Metres a minute: what makes 800 m of the ten minutes of sources 001 and 003."""

Ring = tuple[Point, ...]


class Direction(StrEnum):
    """Where a cluster lies as seen from the village it is called by; HERE: in it."""

    NORTH = "north"
    EAST = "east"
    SOUTH = "south"
    WEST = "west"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class TownCoverage:
    """One town. `people` are those whose number is known, `share` None where there are none; `sites` are the town's
    open sites with a position."""

    place: PlaceRef
    people: int
    covered: int
    share: float | None
    sites: int

    @property
    def uncovered(self) -> int:
        return self.people - self.covered


@dataclass(frozen=True, slots=True)
class UncoveredCell:
    """A cell beyond the reach of every site. `at` is its centre, km; a square has `half_km`, half its edge, any other
    shape its `outline` instead."""

    at: Point
    half_km: float
    persons: int
    town_code: str
    outline: tuple[Ring, ...] | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Uncovered cells one new site would serve, standing at `at` (km; `lon`, `lat` the same in degrees). Called by
    the nearest village of the same town and where it lies from there; by the town where no village is known.
    `nearest` is the open site next to it, `metres` how far away that is; None where there is none to reach."""

    number: int
    name: str
    name_en: str
    direction: Direction
    town: PlaceRef | None
    at: Point
    lon: float
    lat: float
    persons: int
    cells: int
    nearest: PlaceRef | None
    metres: int | None


@dataclass(frozen=True, slots=True)
class HourCoverage:
    """What was covered from `start` on: until the next of these, the same sites are open at the same positions."""

    start: datetime
    sites: int
    people: int
    covered: int

    @property
    def share(self) -> float | None:
        return self.covered / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class CoveragePicture:
    """Coverage of one place at the moment looked at. `metres` is how far people walk, along roads when `by_network`,
    else as the crow flies; `overlap` are people with two sites or more within it. Sites of neighbouring towns serve
    the place's people too, `sites` are its own that are open; `unplaced` those of them without a position.
    `unknown_cells` have no number of persons and are in no sum. `reach` is the area within reach as rings, km, empty
    where it is not a shape (along roads it is not). `period_start` is that of the period whose open sites count,
    `hour` the same when the reader looks back. `hours` is the day in steps, see `HourCoverage`."""

    campaign: Campaign
    place: PlaceRef
    metres: int
    by_network: bool
    people: int
    covered: int
    share: float | None
    overlap: int
    sites: int
    unplaced: int
    unknown_cells: int
    source: str
    synthetic: bool
    approximate: bool
    hour: datetime | None
    period_start: datetime
    towns: tuple[TownCoverage, ...]
    cells: tuple[UncoveredCell, ...]
    clusters: tuple[Cluster, ...]
    reach: tuple[Ring, ...]
    hours: tuple[HourCoverage, ...]

    @property
    def uncovered(self) -> int:
        return self.people - self.covered

    @property
    def minutes(self) -> int:
        """How long the walk takes."""
        return round(self.metres / WALK_SPEED)


def direction(from_village: tuple[float, float], metres: float = 150.0) -> Direction:
    """Which way one has gone: `from_village` is east and north of the village, metres. Nearer than `metres` is
    `HERE`."""
    east, north = from_village
    if max(abs(east), abs(north)) < metres:
        return Direction.HERE
    if abs(east) > abs(north):
        return Direction.EAST if east > 0 else Direction.WEST
    return Direction.NORTH if north > 0 else Direction.SOUTH


def shade(persons: int) -> int:
    """Which of the shades a cell has, 0 the weakest; −1 for one that is not drawn."""
    return sum(persons >= least for least in SHADES) - 1


def steps(hours: Sequence[HourCoverage]) -> tuple[HourCoverage, ...]:
    """The hours at which something changes: of equal ones that follow each other, the first."""
    kept: list[HourCoverage] = []
    for hour in hours:
        if not kept or (hour.sites, hour.covered) != (kept[-1].sites, kept[-1].covered):
            kept.append(hour)
    return tuple(kept)
