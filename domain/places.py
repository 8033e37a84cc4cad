"""The tree of places: an optional city, districts, towns (镇街), sites (采样点)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from domain.campaign import Campaign


class Level(StrEnum):
    """The levels of places (domain, section 1); a city is the root where there is one."""

    CITY = "city"
    DISTRICT = "district"
    TOWN = "town"
    SITE = "site"


LEVELS = tuple(Level)
"""From the root down."""


class Kind(StrEnum):
    """The kinds of what reports like a site that a rule speaks of. A place's kind may also be another word of the
    source's own (school, enterprise, …); no rule treats it apart from a fixed site."""

    FIXED = "fixed"
    MOBILE = "mobile"
    HOME_VISIT = "home_visit"


Opening = tuple[datetime, datetime]
"""From when until when a site is open, UTC, end excluded."""


@dataclass(slots=True, eq=False)
class Place:
    """One place. `target` is persons expected (底数), None where nobody has set one; `openings` empty means
    open from the campaign's start to its deadline."""

    id: int
    code: str
    name: str
    name_en: str
    level: Level
    parent_id: int | None
    kind: str | None = None
    lon: float | None = None
    lat: float | None = None
    target: int | None = None
    lanes: int | None = None
    lab: str | None = None
    pool_size: int | None = None
    openings: tuple[Opening, ...] = ()
    children: list["Place"] = field(default_factory=list, repr=False)
    ancestors: tuple[int, ...] = ()
    """Ids from this place up to the root, itself first."""

    def label(self, language: str) -> str:
        """The name in `language`; the Chinese one where no English one is known."""
        return self.name_en or self.name if language == "en" else self.name


class PlaceTree:
    """All places of one campaign and what follows from them alone: who is below whom, who is open when."""

    def __init__(self, campaign: Campaign, places: Iterable[Place]) -> None:
        self.campaign = campaign
        self.by_id = {place.id: place for place in places}
        self.by_code = {place.code: place for place in self.by_id.values()}
        self.roots: list[Place] = []
        for place in sorted(self.by_id.values(), key=lambda p: (LEVELS.index(p.level), p.code)):
            parent = self.by_id.get(place.parent_id) if place.parent_id is not None else None
            if parent is None:
                self.roots.append(place)
                place.ancestors = (place.id,)
            else:
                parent.children.append(place)
                place.ancestors = (place.id, *parent.ancestors)
        self._by_level = {level: tuple(p for p in self.by_id.values() if p.level is level) for level in LEVELS}
        self._targets: dict[int, int | None] = {}
        self._open: dict[int, frozenset[int]] = {}
        self._opened: dict[frozenset[int], frozenset[int]] = {}
        self._expected: dict[int, tuple[int, ...]] = {}
        self._sites: dict[int, tuple[Place, ...]] = {}
        self._plan: dict[int, tuple[float, ...] | None] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def each(self, level: Level | None = None) -> Iterator[Place]:
        return iter(self.by_id.values() if level is None else self._by_level[level])

    def number(self, level: Level) -> int:
        """How many places of a level there are."""
        return len(self._by_level[level])

    @cached_property
    def located(self) -> bool:
        """Whether any site has coordinates, so that there can be a map."""
        return any(site.lon is not None and site.lat is not None for site in self.each(Level.SITE))

    def contains(self, outer: Place, inner: Place) -> bool:
        """Whether `inner` is `outer` or lies below it."""
        return outer.id in inner.ancestors

    def sites(self, place: Place) -> tuple[Place, ...]:
        """The sites below `place`, itself when it is one."""
        if place.id not in self._sites:
            if place.level is Level.SITE:
                found: tuple[Place, ...] = (place,)
            else:
                found = tuple(site for child in place.children for site in self.sites(child))
            self._sites[place.id] = found
        return self._sites[place.id]

    def target(self, place: Place) -> int | None:
        """Persons expected at `place`: its own figure, else the sum of those below that have one."""
        if place.id not in self._targets:
            known = [t for t in map(self.target, place.children) if t is not None]
            self._targets[place.id] = place.target if place.target is not None else (sum(known) if known else None)
        return self._targets[place.id]

    def pool_size(self, place: Place) -> int:
        """Persons per tube at `place`: the nearest setting upwards, at last the campaign's."""
        for ancestor in place.ancestors:
            size = self.by_id[ancestor].pool_size
            if size is not None:
                return size
        return self.campaign.pool_size

    def open_periods(self, site: Place) -> frozenset[int]:
        """The campaign's periods in which `site` is open for at least part of the time."""
        if site.id not in self._open:
            c = self.campaign
            openings = site.openings or ((c.starts_at, c.deadline),)
            periods = frozenset(
                k
                for begins, ends in openings
                if ends > begins
                for k in range(max(0, c.period_of(begins)), min(c.periods, -((c.anchor - ends) // c.interval)))
            )
            # Most sites of a city are open alike: they share one set.
            self._open[site.id] = self._opened.setdefault(periods, periods)
        return self._open[site.id]

    def expected(self, place: Place) -> tuple[int, ...]:
        """Reports expected from below `place`, one number per period of the campaign."""
        if place.id not in self._expected:
            counts = [0] * self.campaign.periods
            if place.level is Level.SITE:
                for k in self.open_periods(place):
                    counts[k] = 1
            else:
                for child in place.children:
                    for k, n in enumerate(self.expected(child)):
                        counts[k] += n
            self._expected[place.id] = tuple(counts)
        return self._expected[place.id]

    def plan(self, place: Place) -> tuple[float, ...] | None:
        """Persons planned per period, or None without targets: each site's target spread over its open periods
        by the campaign's hourly weights. A target set higher up scales what its sites add up to."""
        if place.id not in self._plan:
            self._plan[place.id] = self._make_plan(place)
        return self._plan[place.id]

    def _make_plan(self, place: Place) -> tuple[float, ...] | None:
        target = self.target(place)
        if target is None:
            return None
        if place.level is Level.SITE:
            weights = [self.campaign.weight(k) if n else 0.0 for k, n in enumerate(self.expected(place))]
        else:
            plans = [p for p in map(self.plan, place.children) if p is not None]
            if plans:
                weights = [sum(column) for column in zip(*plans, strict=True)]
            else:
                weights = [self.campaign.weight(k) * n for k, n in enumerate(self.expected(place))]
        total = sum(weights)
        return tuple(target * w / total for w in weights) if total else None
