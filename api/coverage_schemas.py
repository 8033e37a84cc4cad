"""The shapes of coverage and of the planning standards as they go in and out."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas import Time

Share = Annotated[float, Meta(ge=0, le=1)]


class TownCoverageOut(Struct):
    """One town. `share` is null where nobody lives or nobody knows."""

    town: str
    people: int
    covered: int
    share: Share | None
    sites: int


class ClusterOut(Struct):
    """Uncovered cells a site at `lon`, `lat` (WGS 84) would serve; `village` is the nearest one of the same town and
    `direction` where it lies from there. `metres` is the way to the nearest open site."""

    number: int
    village: str
    direction: str
    town: str | None
    lon: float
    lat: float
    persons: int
    cells: int
    nearest: str | None
    metres: int | None


class CoverageHourOut(Struct):
    """What is covered from `since` on, until the next of these."""

    since: Time
    sites: int
    covered: int
    share: Share | None


class CoverageOut(Struct):
    """Coverage of a place by its open sites within `metres`; `overlap` are people with two sites or more."""

    place: str
    metres: int
    by_network: bool
    period_start: Time
    people: int
    covered: int
    share: Share | None
    uncovered: int
    overlap: int
    sites: int
    unplaced: int
    unknown_cells: int
    source: str
    synthetic: bool
    towns: list[TownCoverageOut]
    clusters: list[ClusterOut]
    hours: list[CoverageHourOut]


class ChoiceOut(Struct):
    """What a source says, and how many sites would break it."""

    limit: int
    source: str
    would_break: int


class StandardOut(Struct):
    """A planning standard; `limit` 0 is not in force."""

    standard: str
    limit: int
    least: bool
    measured: int
    unknown: int
    broken: int
    choices: list[ChoiceOut]


class BreachOut(Struct):
    """A site that breaks a standard in force."""

    site: str
    standard: str
    value: float
    limit: int


class StandardsOut(Struct):
    place: str
    sites: int
    standards: list[StandardOut]
    breaches: list[BreachOut]


class StandardIn(Struct):
    """`limit` 0 switches the standard off. With `seen`, the limit the writer saw, a change somebody else has made in
    between is a conflict."""

    standard: str
    limit: Annotated[int, Meta(ge=0)]
    seen: int | None = None


class StandardDoneOut(Struct):
    unchanged: bool
    revision: int
