"""Registration modes (登记方式): what a site registers people with, since when, and how many people that touches.

The order to fall back in: provincial system → its offline app → the city's system, with stations set up beforehand;
four server entrances, and when one is overloaded the registrar goes to the next (source 002, 003).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Code, Refused
from domain.overview import PlaceRef
from domain.reports import MAX_NOTE
from domain.values import read_text, read_time


class Mode(StrEnum):
    """In the order to fall back in."""

    PROVINCE = "province"
    OFFLINE_APP = "offline_app"
    CITY = "city"


ENTRANCES = (1, 2, 3, 4)
"""Server entrances, each with a QR code of its own (002)."""

WITH_ENTRANCES = (Mode.PROVINCE, Mode.CITY)

AHEAD = timedelta(minutes=2)
"""How far clocks may differ before a time counts as one still to come."""

Setting = tuple[Mode, int | None]
"""A mode with its entrance."""


@dataclass(frozen=True, slots=True)
class ModeClaim:
    """One site's change as it was sent. `since` is when it changed, None for now; `seen` is the number of the change
    the sender looked at, None where he did not say."""

    key: str
    site: str
    mode: Mode
    entrance: int | None
    since: datetime | None
    note: str
    seen: int | None = None

    @property
    def setting(self) -> Setting:
        return self.mode, self.entrance


def read_mode(row: object, starts_at: datetime, now: datetime) -> ModeClaim:
    """The change a row states. Raises `Refused`."""
    if not isinstance(row, Mapping):
        raise Refused("row", Code.BAD_VALUE, detail="object")
    key = read_text("key", row.get("key"), 200)
    site = read_text("site", row.get("site"), 200)
    for name, value in (("key", key), ("site", site)):
        if not value:
            raise Refused(name, Code.MISSING_FIELD)
    stated = read_text("mode", row.get("mode"), 20)
    if stated not in tuple(Mode):
        raise Refused("mode", Code.BAD_VALUE, stated)
    mode, entrance = Mode(stated), row.get("entrance")
    if entrance is not None and (
        isinstance(entrance, bool) or entrance not in ENTRANCES or mode not in WITH_ENTRANCES
    ):
        raise Refused("entrance", Code.BAD_VALUE, entrance)
    since = read_time("since", row["since"]) if row.get("since") is not None else None
    if since is not None and not starts_at - timedelta(days=1) <= since <= now + AHEAD:
        raise Refused("since", Code.BAD_TIME, row["since"], detail="mode_since")
    seen = row.get("seen")
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Refused("seen", Code.NOT_A_NUMBER, seen)
    return ModeClaim(key, site, mode, entrance, since, read_text("note", row.get("note"), MAX_NOTE), seen)


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One change on record. `number` names it, `by` is how pages name who set it."""

    number: int
    site: PlaceRef
    mode: Mode
    entrance: int | None
    since: datetime
    note: str
    by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SiteMode:
    """What one site works in now: its latest change, None where nobody has set one. `target` and `last_hour` are its
    people expected and those of the hour that ends at the stamp; None is unknown."""

    site: PlaceRef
    town: PlaceRef | None
    change: ModeChange | None
    target: int | None
    last_hour: int | None


@dataclass(frozen=True, slots=True)
class ModeCell:
    """All sites of one mode (None: nobody has set one), those that changed last first. `target` is the sum of their
    targets, `last_hour` the persons they reported for the last hour; None where no site states it."""

    mode: Mode | None
    sites: tuple[SiteMode, ...]
    since: datetime | None
    target: int | None
    last_hour: int | None


@dataclass(frozen=True, slots=True)
class ModeLine:
    """The sites of one mode (None: nobody has set one) as numbers: how many, since when the first, the rest as
    in `ModeCell`."""

    mode: Mode | None
    sites: int
    since: datetime | None
    target: int | None
    last_hour: int | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """One entrance: how many sites use it, since when the first of them."""

    number: int
    sites: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Modes:
    """The registration modes below a place. `cells` hold every site exactly once; `capacity` is sites per entrance,
    None where the campaign states none; `switches` counts today's changes after the first of a site."""

    total: int
    cells: tuple[ModeCell, ...]
    entrances: tuple[Entrance, ...]
    capacity: int | None
    switches: int

    def cell(self, mode: Mode) -> ModeCell:
        return next(cell for cell in self.cells if cell.mode is mode)

    def emptiest(self, but: int | None) -> int | None:
        """The entrance with the fewest sites, another than `but`; None where no site uses any."""
        if not any(entrance.sites for entrance in self.entrances):
            return None
        others = [entrance for entrance in self.entrances if entrance.number != but]
        return min(others, key=lambda entrance: (entrance.sites, entrance.number)).number


def summarise(sites: Sequence[SiteMode], capacity: int | None, switches: int) -> Modes:
    """Cells in fallback order, then those nobody has set; entrances are the provincial system's."""
    cells = []
    for mode in (*Mode, None):
        own = sorted(
            (s for s in sites if (s.change.mode if s.change else None) is mode),
            key=lambda s: (-(s.change.since.timestamp() if s.change else 0), s.site.code),
        )
        if own or mode is not None:
            since = min((s.change.since for s in own if s.change), default=None)
            cells.append(
                ModeCell(mode, tuple(own), since, _sum(s.target for s in own), _sum(s.last_hour for s in own))
            )
    province = [s.change for s in sites if s.change and s.change.mode is Mode.PROVINCE]
    entrances = []
    for number in ENTRANCES:
        changes = [change.since for change in province if change.entrance == number]
        entrances.append(Entrance(number, len(changes), min(changes, default=None)))
    return Modes(len(sites), tuple(cells), tuple(entrances), capacity, switches)


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
