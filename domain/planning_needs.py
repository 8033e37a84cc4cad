"""What a sampling site needs, computed from its lanes, and what an inspector has found of it.

Sources (domain, section 4): six zones and three passages, one or two green channels, the site crew "1+8" (001); a
lane's crew of two teams, the daily kit of a sampling group, 20 % in reserve (003). Assumed, since the sources leave
it open: which passage is which (people, staff, waste), and that a lane is a sampling group.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.campaign import Limits
from domain.places import Kind


class Group(StrEnum):
    """The parts of the checklist."""

    ZONE = "zone"
    PASSAGE = "passage"
    PLACE = "place"
    """Lanes and green channels."""
    LANE_CREW = "lane_crew"
    SITE_CREW = "site_crew"
    KIT = "kit"


ZONES = ("waiting", "registration", "sampling", "buffer", "isolation", "waste")
"""六区: waiting, registration, sampling, buffer, temporary isolation, waste (001)."""

PASSAGES = ("people", "staff", "soiled")
"""三通道: people to be sampled, staff, waste."""

GREEN_CHANNELS = (1, 2)
"""Fewest and most green channels of a site (001)."""

SITE_CREW: Mapping[str, int] = {
    "lead": 1, "contact": 1, "medic": 1, "registrar": 1, "network": 1, "usher": 2, "police": 1, "villager": 1,
}  # fmt: skip
"""The crew "1+8": one lead and eight more (001)."""

GROUP_KIT: Mapping[str, int] = {"tubes": 1000, "swabs": 1000, "labels": 1000, "racks": 4, "disinfectant": 1}
"""A sampling group's supplies of one day (003); of disinfectant the source names no amount: one set."""

TEAMS = (Kind.MOBILE.value, Kind.HOME_VISIT.value)
"""Units without a layout of their own: they need a lane's crew and kit, no zones, channels or site crew."""

FOUND = {
    "zones": ZONES,
    "passages": PASSAGES,
    "crew": ("lane_medics", "lane_ushers", *SITE_CREW),
    "kit": tuple(GROUP_KIT),
}
"""What an inspection may state, by its part of the contract."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. A zone or passage that is not listed is not there; a number that is not stated is unknown."""

    zones: frozenset[str] = frozenset()
    passages: frozenset[str] = frozenset()
    lanes: int | None = None
    green_channels: int | None = None
    crew: Mapping[str, int] = field(default_factory=dict)
    kit: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One required item: `need` of it, `reserve` with what is to be kept in reserve, at `most` so many (None: any),
    and what is `there` (None: nobody has said)."""

    group: Group
    name: str
    need: int
    reserve: int
    there: int | None
    source: str
    most: int | None = None

    @property
    def missing(self) -> bool:
        """Whether it stops an approval. What nobody has counted is missing too."""
        return self.there is None or self.there < self.need

    @property
    def noted(self) -> bool:
        """Whether it is enough, but not as the standard has it: no reserve, or more than the standard's most."""
        if self.missing or self.there is None:
            return False
        return self.there < self.reserve or (self.most is not None and self.there > self.most)

    @property
    def key(self) -> str:
        """The item's name among all items."""
        return f"{self.group}.{self.name}"


def items(kind: str, lanes: int | None, found: Inspection | None, limits: Limits) -> tuple[Item, ...]:
    """The checklist of a site of that kind with so many lanes (those found count before those planned). Before the
    inspection nothing is there; without lanes the crews and kits are those of one lane."""
    return tuple(_items(kind, lanes, found or Inspection(), limits))


def missing(found: tuple[Item, ...]) -> tuple[str, ...]:
    """The names of the items that stop an approval."""
    return tuple(item.key for item in found if item.missing)


def _items(kind: str, lanes: int | None, found: Inspection, limits: Limits) -> Iterator[Item]:
    lanes = found.lanes if found.lanes is not None else lanes
    team = kind in TEAMS
    if not team:
        for name in ZONES:
            yield Item(Group.ZONE, name, 1, 1, int(name in found.zones), "001")
        for name in PASSAGES:
            yield Item(Group.PASSAGE, name, 1, 1, int(name in found.passages), "001")
        fewest, most = GREEN_CHANNELS
        yield Item(Group.PLACE, "green_channels", fewest, fewest, found.green_channels, "001", most)
    yield Item(Group.PLACE, "lanes", 1, 1, found.lanes, "003")
    crews = max(1, lanes or 0)
    for name, each in (("lane_medics", limits.lane_medics), ("lane_ushers", limits.lane_ushers)):
        if each:
            yield _counted(Group.LANE_CREW, name, each * crews, found.crew, limits, "003")
    if not team and limits.site_crew:
        for name, need in SITE_CREW.items():
            # One person is on the post or not: the reserve is of the many.
            yield Item(Group.SITE_CREW, name, need, need, found.crew.get(name), "001")
    for name, each in GROUP_KIT.items():
        yield _counted(Group.KIT, name, each * crews, found.kit, limits, "003")


def _counted(group: Group, name: str, need: int, there: Mapping[str, int], limits: Limits, source: str) -> Item:
    reserve = math.ceil(round(need * (1 + limits.reserve_share), 6))
    return Item(group, name, need, reserve, there.get(name), source)


def capacity(lanes: int | None, limits: Limits) -> int | None:
    """Persons a day; None where the lanes are unknown, or no standard says what a lane does."""
    return lanes * limits.lane_day if lanes is not None and limits.lane_day else None
