"""What a page lists of a place too large to list its sites: its towns by district, each with the way down."""

from dataclasses import dataclass

from domain.overview import Figures, Overview, PlaceRef
from domain.places import Level, Place
from domain.status import Severity

MOST_LISTED = 40
"""Sites of a city that are listed one by one."""


def lists_towns(place: Place | PlaceRef, sites: int) -> bool:
    """Whether a list of the `sites` below `place` would be one that nobody reads: a city may have thousands."""
    return place.level is Level.CITY and sites > MOST_LISTED


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A district or town and what its sites add up to, as a line of the table of sites has it for one."""

    place: PlaceRef
    sites: int
    target: int | None
    figures: Figures
    last_hour: Figures
    completion: float | None
    gap_persons: int | None
    severity: Severity | None
    findings: int
    worst: Severity | None


@dataclass(frozen=True, slots=True)
class SiteGroups:
    """Districts with their towns, furthest behind first; empty where the sites themselves are listed."""

    overview: Overview
    groups: tuple[tuple[GroupRow, tuple[GroupRow, ...]], ...]
