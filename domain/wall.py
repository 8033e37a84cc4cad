"""What the scenes of a briefing screen show beyond what pages show: short names, countable bars, one alert in full.

A wall is read from five metres: everything here makes less of more, by rules that leave no choice to a person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.backlog import LabRef, Waiting, of_age
from domain.campaign import Campaign, Limits
from domain.findings import Finding
from domain.lab_load import Diversion, LabLoad
from domain.map import MapPicture, Point
from domain.overview import Child, Overview, PlaceRef
from domain.status import Severity

MOST = 7
"""Rows of a scene (design, section 9)."""

MOST_LABS = 5
"""Laboratories of their scene; a sixth row says what could be done."""

# -- names

DROPPED = {"zh": (("社区", "村"), ("综合", "工业区")), "en": ((" Community", " Village"),)}
"""What a site's name can do without (design-wall-phone, section A): of each group the first that occurs, once."""


def shortened(name: str, language: str = "zh") -> str:
    """The name of a site as a wall writes it: 河口社区工业区员工广场 → 河口员工广场."""
    for group in DROPPED[language]:
        at = min((where for where in map(name.find, group) if where > 0), default=-1)
        if at > 0:
            dropped = next(word for word in group if name.startswith(word, at))
            name = name[:at] + name[at + len(dropped) :]
    return name


def short_names(sites: Iterable[tuple[str, str]], language: str = "zh") -> Mapping[str, str]:
    """Short names by code; sites that would share one keep their full names."""
    known = list(sites)
    short = {code: shortened(name, language) for code, name in known}
    times = Counter(short.values())
    return {code: short[code] if times[short[code]] == 1 else name for code, name in known}


@dataclass(frozen=True, slots=True)
class Names:
    """How the wall calls sites: short names by code, by language."""

    short: Mapping[str, Mapping[str, str]]

    def of(self, place: PlaceRef, language: str) -> str:
        """The name on the wall; a place that is no site keeps its own."""
        return self.short.get(language, {}).get(place.code) or place.label(language)


# -- findings


def mark_of(finding: Finding) -> str:
    """What a finding is called while it lasts: the same from one minute to the next, another for another matter.

    Screens remember these to know a new severe finding, which they hold, from one they have shown."""
    own = [str(finding.params[name]) for name in ("number", "source", "feed", "lab") if name in finding.params]
    period = [str(finding.period)] if finding.period is not None else []
    return ":".join([finding.kind, finding.place, *period, *own])


@dataclass(frozen=True, slots=True)
class Holder:
    """Who sees to a matter. `name` is the duty holder's, empty where nobody is known; `accepted_at` is None while
    nobody has taken it on: it is then who will be told next."""

    place: PlaceRef
    name: str
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an alert is: `at` in the plane of `Alerts.picture`, None for what no map shows; `lanes` of a site."""

    place: PlaceRef
    town: PlaceRef | None
    lanes: int | None
    at: Point | None


@dataclass(frozen=True, slots=True)
class Case:
    """One alert in full. `waits_for` is the town whose word on the report is due next, `finish` when the place
    that is behind is expected to be done."""

    finding: Finding
    spot: Spot
    holder: Holder | None
    waits_for: PlaceRef | None = None
    finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """The scene of alerts: the severe ones in full, or the first where none is severe; all that are open in order."""

    overview: Overview
    cases: tuple[Case, ...]
    open: tuple[Finding, ...]
    picture: MapPicture | None
    names: Names


def severe(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The marks of all critical findings, the newest first."""
    crit = [finding for finding in findings if finding.severity is Severity.CRIT]
    return tuple(dict.fromkeys(mark_of(f) for f in sorted(crit, key=lambda f: -f.at.timestamp())))


# -- the flow of samples

AXIS = 1.4
"""How far a lane reaches, as a multiple of its limit."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Tubes of one bin of age. `begin` and `width` are shares of the limit."""

    begin: float
    width: float
    tubes: int
    severity: Severity


def bars(by_age: Mapping[int, int], limit: int, bins: int, limits: Limits) -> tuple[Bar, ...]:
    """An age histogram whose bins divide the limit evenly, up to `AXIS` times it; what is older is in the last one.

    A bar has the state of what is in it, so that it never disagrees with the sign beside the lane.
    """
    last = int(bins * AXIS) - 1
    found: Counter[int] = Counter()
    for minutes, tubes in by_age.items():
        age = max(0, minutes)
        # What has just reached the limit is not over it.
        place = (bins - 1) if age == limit else age * bins // limit
        found[min(place, last)] += tubes
    near = limits.warn_share * bins

    def state(i: int) -> Severity:
        if i >= bins:
            return Severity.CRIT
        return Severity.WARN if i >= near else Severity.OK

    return tuple(Bar(i / bins, 1 / bins, n, state(i)) for i, n in sorted(found.items()) if n)


@dataclass(frozen=True, slots=True)
class Lane:
    """One stage on the wall. `name` is its word, `grown` by how many tubes it grew in the last hour; `at` is where
    the oldest tube is, `lab` where it goes or is. `bars` are empty where only counts are known."""

    name: str
    tubes: int
    grown: int
    waiting: Waiting
    bars: tuple[Bar, ...]
    at: PlaceRef | None = None
    lab: LabRef | None = None

    @property
    def limit(self) -> int:
        return self.waiting.limit_minutes

    @property
    def age(self) -> int | None:
        return self.waiting.oldest_minutes


BINS = {"on_site": 8, "in_transit": 8, "at_lab": 12, "report": 12}
"""Bins of each lane up to its limit, in the order of the way 采 → 送 → 检 → 报."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The scene of the sample flow; without lanes no tube is known."""

    overview: Overview
    lanes: tuple[Lane, ...]
    names: Names

    @property
    def campaign(self) -> Campaign:
        return self.overview.campaign


# -- laboratories


@dataclass(frozen=True, slots=True)
class Labs:
    """The scene of the laboratories: the busiest first. `cleared_at` is when all is expected to be done."""

    overview: Overview
    loads: tuple[LabLoad, ...]
    diversion: Diversion | None
    cleared_at: datetime | None

    @property
    def limit_hours(self) -> float:
        return self.overview.campaign.limits.test_minutes / 60

    def state(self, one: LabLoad) -> Severity:
        """A laboratory that gets more than it can test is one to watch even while its queue is short."""
        if one.severity is Severity.CRIT:
            return Severity.CRIT
        return Severity.WARN if one.over or one.severity is Severity.WARN else Severity.OK


# -- the chain of reports


@dataclass(frozen=True, slots=True)
class Owes:
    """A site that owes the hour: who reports there, how often it was reminded, how many minutes it is late."""

    place: PlaceRef
    contact: str
    told: int
    minutes: int


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One place of the chain. `settled_at` is when its last report of the hour was verified, None before."""

    child: Child
    owes: tuple[Owes, ...]
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The scene of the chain of reports, places that owe first. `end` is the end of the hour that is due, `reported`
    how many of its `expected` reports are there: those of all places, also of those the scene has no room for."""

    overview: Overview
    rows: tuple[ChainRow, ...]
    end: datetime | None
    names: Names
    reported: int
    expected: int

    @property
    def owing(self) -> tuple[Owes, ...]:
        return tuple(owes for row in self.rows for owes in row.owes)


# -- the map


@dataclass(frozen=True, slots=True)
class Trouble:
    """One row beside the map, numbered like its mark: a site with a critical finding, or one that owes its report."""

    place: PlaceRef
    town: PlaceRef | None
    severity: Severity
    completion: float | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class WallMap:
    """The scene of the map. `troubles` are the numbered rows, `beyond` how many more there are."""

    overview: Overview
    picture: MapPicture
    troubles: tuple[Trouble, ...]
    beyond: int
    crit: int
    warn: int
    missing: int
    crit_towns: tuple[tuple[PlaceRef, int], ...]
    """Towns with critical sites, most first."""
    towns: Mapping[str, PlaceRef]
    """The town of each site, by the site's code."""
    names: Names


def behind_first(children: Sequence[Child]) -> list[Child]:
    """The places of a scene: those furthest behind, as many as it has rows."""
    return list(children[:MOST])


def age_state(lane: Lane, limits: Limits) -> Severity:
    """The state of a lane's oldest tube."""
    return of_age(lane.age, lane.limit, limits)
