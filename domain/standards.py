"""Planning standards (domain, section 4): what a site may be planned for, and the sites that are planned for more.

The sources disagree on most of them. Each is a setting of the campaign, 0 where it is not in force; by default only
a lane's capacity of a day is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.campaign import Campaign, Limits
from domain.errors import Code, Refused
from domain.overview import PlaceRef
from domain.places import Kind

MOST = 100_000
"""The greatest limit a standard may have."""


class Key(StrEnum):
    """The standards, by the name of their setting in `Limits`."""

    LANE_DAY = "lane_day"
    """Persons on one lane in a day."""
    SITE_DAY = "site_day"
    """Persons at one site in a day."""
    SITE_PEOPLE = "site_people"
    """Persons one site is there for."""
    LANE_PEOPLE = "lane_people"
    """Persons one lane (table, sampling group) is there for."""
    SITE_METRES = "site_metres"
    """The way of who lives farthest from the site among those to whom it is the nearest, metres."""
    GREEN_CHANNELS = "green_channels"
    """Green channels of a site (绿色通道): at least as many."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one source says: a range from `low` to `high` where it gives one, of which `limit` is the end not to be
    passed."""

    limit: int
    source: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard with what its sources say; `least` says that the limit is a minimum."""

    key: Key
    choices: tuple[Choice, ...]
    least: bool = False
    metres: bool = False
    """Whether it is a distance, not a number of persons or channels."""

    def limit(self, limits: Limits) -> int:
        """What is in force; 0 for nothing."""
        found: int = getattr(limits, self.key.value)
        return found

    def source(self, limit: int) -> str:
        """Which source says `limit`; empty where it is the campaign's own."""
        return next((choice.source for choice in self.choices if choice.limit == limit), "")


STANDARDS: Mapping[Key, Standard] = {
    standard.key: standard
    for standard in (
        Standard(Key.LANE_DAY, (Choice(1200, "003"),)),
        Standard(Key.SITE_DAY, (Choice(2500, "001"),)),
        Standard(
            Key.SITE_PEOPLE,
            (Choice(1500, "001", low=1000, high=1500), Choice(2000, "001"), Choice(2500, "001", low=2000, high=2500)),
        ),
        Standard(
            Key.LANE_PEOPLE,
            (Choice(500, "003", low=300, high=500), Choice(1000, "001", low=500, high=1000), Choice(5000, "003")),
        ),
        Standard(Key.SITE_METRES, (Choice(800, "001, 003"),), metres=True),
        Standard(Key.GREEN_CHANNELS, (Choice(1, "001", low=1, high=2),), least=True),
    )
}

WITHOUT_GROUND = (Kind.MOBILE, Kind.HOME_VISIT)
"""Units that move: nobody walks to them from a fixed distance and they have no channels."""


@dataclass(frozen=True, slots=True)
class SiteLoad:
    """What a site is planned for. `target` is its own figure, `nearby` the people to whom it is the nearest site and
    `farthest` how far away the last of them lives (metres), both None without a grid of people or a position; `days`
    is on how many days it is open."""

    place: PlaceRef
    town: PlaceRef | None
    kind: str | None
    target: int | None
    nearby: int | None
    farthest: int | None
    lanes: int | None
    days: int
    green_channels: int | None = None

    @property
    def persons(self) -> int | None:
        """The people it is there for: its target, else who lives nearest to it."""
        return self.target if self.target is not None else self.nearby


def applies(standard: Standard, site: SiteLoad) -> bool:
    """Whether a standard says anything about a site of its kind."""
    return standard.key not in (Key.SITE_METRES, Key.GREEN_CHANNELS) or site.kind not in WITHOUT_GROUND


def value(standard: Standard, site: SiteLoad) -> float | None:
    """What a site has of what a standard limits; None where it is not known."""
    match standard.key:
        case Key.SITE_METRES:
            return site.farthest
        case Key.GREEN_CHANNELS:
            return site.green_channels
        case Key.SITE_PEOPLE:
            return site.persons
    parts = site.lanes if standard.key in (Key.LANE_DAY, Key.LANE_PEOPLE) else 1
    days = site.days if standard.key in (Key.LANE_DAY, Key.SITE_DAY) else 1
    if site.persons is None or not parts:
        return None
    return site.persons / parts / max(1, days)


def breaks(standard: Standard, found: float, limit: float) -> bool:
    """Whether a site with `found` breaks the standard at `limit`."""
    return found < limit if standard.least else found > limit


@dataclass(frozen=True, slots=True)
class Breach:
    """A site that breaks a standard in force."""

    site: SiteLoad
    standard: Standard
    value: float
    limit: int

    @property
    def over(self) -> float:
        """How far beyond the limit, as a share of it."""
        return abs(self.value - self.limit) / self.limit


@dataclass(frozen=True, slots=True)
class Checked:
    """A standard against every site: `limit` is what is in force (0: nothing), `measured` how many sites it says
    something about and whose value is known, `unknown` how many of the former are not, `broken` how many break it,
    and `would_break` how many at each of its choices."""

    standard: Standard
    limit: int
    measured: int
    unknown: int
    broken: int
    would_break: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StandardsPicture:
    """The standards of a campaign and the sites of a place that break one in force, the worst first."""

    campaign: Campaign
    place: PlaceRef
    sites: int
    checked: tuple[Checked, ...]
    breaches: tuple[Breach, ...]

    @property
    def in_force(self) -> int:
        return sum(one.limit > 0 for one in self.checked)


def audit(campaign: Campaign, place: PlaceRef, sites: Iterable[SiteLoad]) -> StandardsPicture:
    """Hold every site against every standard."""
    sites = tuple(sites)
    checked, breaches = [], []
    for standard in STANDARDS.values():
        limit = standard.limit(campaign.limits)
        found = [(site, value(standard, site)) for site in sites if applies(standard, site)]
        known = [(site, number) for site, number in found if number is not None]
        broken = [
            Breach(site, standard, number, limit)
            for site, number in known
            if limit and breaks(standard, number, limit)
        ]
        checked.append(
            Checked(
                standard,
                limit,
                len(known),
                len(found) - len(known),
                len(broken),
                tuple(
                    sum(breaks(standard, number, choice.limit) for _, number in known) for choice in standard.choices
                ),
            )
        )
        breaches += broken
    breaches.sort(key=lambda breach: (-breach.over, breach.site.place.code, breach.standard.key))
    return StandardsPicture(campaign, place, len(sites), tuple(checked), tuple(breaches))


@dataclass(frozen=True, slots=True)
class Change:
    """A standard that is to have another limit, 0 for none; `seen` is the limit the writer saw, where stated."""

    standard: Standard
    limit: int
    seen: int | None


def read_change(body: Any) -> Change:
    """What a request asks to change. Raises `Refused`."""
    stated = body if isinstance(body, dict) else {}
    name = stated.get("standard")
    if name not in tuple(Key):
        raise Refused("standard", Code.BAD_VALUE, name, detail="standard")
    limit = _limit("limit", stated.get("limit"))
    seen = _limit("seen", stated["seen"]) if stated.get("seen") is not None else None
    return Change(STANDARDS[Key(name)], limit, seen)


def _limit(field: str, stated: Any) -> int:
    if isinstance(stated, bool) or not isinstance(stated, int) or not 0 <= stated <= MOST:
        raise Refused(field, Code.BAD_VALUE, stated, detail="standard_limit", most=MOST)
    return stated
