"""What one look at a single site shows, and one line of the table of all sites."""

from dataclasses import dataclass
from datetime import datetime

from domain.duty import State
from domain.overview import Figures, Overview, PlaceRef
from domain.reports import Channel, Status
from domain.status import Severity


@dataclass(frozen=True, slots=True)
class ReportVersion:
    """One version of one report, as it was sent. `first` and `last` are the periods it covers, `starts_at` and
    `ends_at` their bounds; `current` says that no later version has replaced it. `flags` are the words of
    `domain.reports.Flag`, `actor` is who recorded it. None is unknown, never zero."""

    key: str
    first: int
    last: int
    starts_at: datetime
    ends_at: datetime
    version: int
    current: bool
    recorded_at: datetime
    persons: int | None
    tubes: int | None
    third_copies: int | None
    special_cases: int | None
    queue_minutes: int | None
    lanes_open: int | None
    persons_total: int | None
    tubes_total: int | None
    status: Status
    flags: tuple[str, ...] = ()
    note: str = ""
    actor: str = ""
    channel: Channel | None = None
    """How the figures reached `actor`, where the site did not enter them itself."""


@dataclass(frozen=True, slots=True)
class SitePicture:
    """One site: its overview, and every version of every report it has sent, newest period and version first."""

    overview: Overview
    kind: str | None
    lanes: int | None
    lab: str | None
    versions: tuple[ReportVersion, ...]


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site in the table of all sites below a place. `last_hour` are the figures of the period that ends at
    the stamp, `state` the site's duty in the last period due, `findings` how many it has and `worst` of them."""

    place: PlaceRef
    parent: PlaceRef | None
    kind: str | None
    target: int | None
    figures: Figures
    last_hour: Figures
    completion: float | None
    gap_persons: int | None
    gap_pp: float | None
    severity: Severity | None
    state: State | None
    findings: int = 0
    worst: Severity | None = None
