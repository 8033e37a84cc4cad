"""Where a site or a mobile team more would reach most people who have none within their walk: what can be asked, and
what is answered. How it is found stands in `data.geo.siting`. Nothing here is applied by itself."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.campaign import Campaign, Limits
from domain.coverage import CoveragePicture, Direction
from domain.errors import Code, Refused
from domain.map import Point, Shape
from domain.overview import PlaceRef
from domain.team_moves import TeamMove

COUNTS = range(1, 11)
"""How many places may be asked for at once."""

DAY_HOURS = 12
"""Hours a lane works on a day (source 003), for campaigns that state no capacity of a day."""


class Unit(StrEnum):
    """What is to be placed: a site that stays, or a mobile team, which is a lane that drives there."""

    SITE = "site"
    TEAM = "team"


class Candidates(StrEnum):
    """Where it may stand: in villages, which have a name and a hall, or in the middle of any cell."""

    VILLAGES = "villages"
    CELLS = "cells"


class Method(StrEnum):
    """How a choice was found: proven the best; the solver's best when its time was up; greedy with exchanges."""

    EXACT = "exact"
    STOPPED = "stopped"
    GREEDY = "greedy"


@dataclass(frozen=True)
class Question:
    """What the reader asks for."""

    unit: Unit = Unit.SITE
    count: int = 5
    candidates: Candidates = Candidates.CELLS


def read_question(asked: Mapping[str, str]) -> Question:
    """The question of an address. Raises `Refused`."""
    unit, candidates = asked.get("kind") or Unit.SITE, asked.get("candidates") or Candidates.CELLS
    count = asked.get("k") or str(Question.count)
    if unit not in list(Unit):
        raise Refused("kind", Code.BAD_VALUE, unit)
    if candidates not in list(Candidates):
        raise Refused("candidates", Code.BAD_VALUE, candidates)
    if not count.isascii() or not count.isdigit() or len(count) > 2 or int(count) not in COUNTS:
        raise Refused("k", Code.BAD_VALUE, count)
    return Question(Unit(unit), int(count), Candidates(candidates))


@dataclass(frozen=True, slots=True)
class Square:
    """A cell as the map draws it: its middle and half its edge, km."""

    at: Point
    half_km: float


@dataclass(frozen=True, slots=True)
class Pick:
    """One place suggested. `gained` people are newly within reach of it and of none before it, `within` all that live
    within its reach. `village` is its own name, or that of the village of the town nearest to it, from which it lies
    in `direction`; `rough` says that its position is not exact. `nearest` is the open site nearest to it, `metres`
    away; None where there is none. `lanes` is how many the people gained ask for. One lane needs `hours` for them and
    takes `sampled` of them by the deadline (None where its capacity or the deadline says nothing). `planned` is the
    number of the planned site that stands there already, not opened yet."""

    number: int
    at: Point
    lon: float
    lat: float
    village: str
    village_en: str
    direction: Direction
    rough: bool
    town: PlaceRef | None
    gained: int
    within: int
    nearest: PlaceRef | None
    metres: int | None
    lanes: int
    hours: float | None
    sampled: int | None
    cells: tuple[Square, ...]
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class TownGain:
    """What the picks together do for one town."""

    place: PlaceRef
    people: int
    covered: int
    gained: int


@dataclass(frozen=True, slots=True)
class Sites:
    """The answer to a question. `gap` is how much more the best choice could gain at most, as a share;
    `candidates` is where was looked, `looked_at` at how many places that reach anybody."""

    question: Question
    candidates: Candidates
    looked_at: int
    picks: tuple[Pick, ...]
    method: Method
    gap: float
    gained: int
    towns: tuple[TownGain, ...]


@dataclass(frozen=True, slots=True)
class SuggestionPicture:
    """Everything the page of suggestions shows of a place. `coverage` and `sites` are None where nobody knows where
    people live; `offered` are the kinds of candidates there are. `queues_known` says that some site told its queue,
    so that no moves means that there is nothing to do; `until` is the end of the hour told of. `marks` says where
    the sites are that are drawn, by code, km."""

    campaign: Campaign
    place: PlaceRef
    now: datetime
    hour: datetime | None
    """Start of the last period shown, when the reader looks back; None for now."""
    coverage: CoveragePicture | None
    offered: tuple[Candidates, ...]
    sites: Sites | None
    moves: tuple[TeamMove, ...]
    queues_known: bool
    until: datetime | None
    shapes: tuple[Shape, ...]
    approximate: bool
    marks: Mapping[str, tuple[PlaceRef, Point]]


def lanes_for(people: float, limits: Limits) -> int:
    """Lanes so many people ask for on one day."""
    capacity = limits.lane_day or limits.lane_hour * DAY_HOURS
    return max(1, math.ceil(people / capacity)) if capacity else 1


def hours_for(people: float, limits: Limits) -> float | None:
    """Hours one lane needs for them."""
    return people / limits.lane_hour if limits.lane_hour else None


def sampled_by(people: float, campaign: Campaign, now: datetime) -> int | None:
    """How many of them one lane takes until the deadline; None where nobody knows how fast it is, or it is over."""
    left = campaign.deadline - max(now, campaign.starts_at)
    if not campaign.limits.lane_hour or left <= timedelta(0):
        return None
    most = left / timedelta(hours=1) * campaign.limits.lane_hour
    if campaign.limits.lane_day:
        most = min(most, campaign.limits.lane_day)
    return round(min(people, most))
