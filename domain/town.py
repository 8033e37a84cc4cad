"""The town's work (镇街): the reports of one hour, grouped by what is to be done with them.

Typed rows only: `data/queries/town` fills them. Counts are persons, tubes or copies, times UTC; None is unknown,
never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.decisions import Decided, Reason, is_clean
from domain.duty import State
from domain.findings import FLAG_SEVERITY
from domain.overview import Figures, Overview, PlaceRef
from domain.reports import Channel, Flag, Status
from domain.site_tubes import SiteTubes, together
from domain.status import RANK, Severity


class Group(StrEnum):
    """What is to be done, in the order of the list (design, section 6)."""

    ATTENTION = "attention"
    """Missing, doubtful, contradicted, or changed after it was verified: somebody has to look."""
    RETURNED = "returned"
    CLEAN = "clean"
    """Waiting, and nothing about it is doubtful: may be verified together."""
    VERIFIED = "verified"
    WAITING = "waiting"
    """Not yet due and not yet there."""


GROUPS = tuple(Group)

COLOURED: Mapping[Flag, tuple[str, ...]] = {
    Flag.TOTAL_FALLS: ("persons", "total"),
    Flag.TOTAL_DIFFERS: ("total",),
    Flag.PERSONS_OVER_TUBES: ("persons", "tubes"),
    Flag.THIRD_COPIES_DIFFER: ("third_copies",),
    Flag.ZERO_WHILE_OPEN: ("persons",),
    Flag.OUTLIER: ("persons",),
}
"""Which figures of a row each flag speaks of: the offending number itself is coloured."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to know about a report. `kind` names its sentence, which `params` fill; a severity of None only says
    how the report came."""

    kind: str
    severity: Severity | None
    params: Mapping[str, object] = field(default_factory=dict)
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that this version changed, against the version before it."""

    field: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class Rival:
    """A refused claim that contradicts the report: the figures in which they differ, `old` those on record."""

    key: str
    counts: Mapping[str, int]
    differences: tuple[Change, ...]
    note: str
    by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The version of a report that counts. `persons` and `tubes` are what it counts for in its period; `covers` are
    how many periods it covers, `by` is who sent it and `channel` how the figures reached them."""

    key: str
    version: int
    covers: int
    persons: int
    tubes: int | None
    third_copies: int | None
    counts: Mapping[str, int | None]
    status: Status
    flags: Flag
    note: str
    by: str
    channel: Channel | None
    recorded_at: datetime
    late_by: timedelta
    changes: tuple[Change, ...] = ()
    reopened: bool = False
    """Whether the version before it was verified."""


@dataclass(frozen=True, slots=True)
class SiteWork:
    """One site in the list of an hour. `total` are the persons of all its reports up to that hour's end, `clerk` is
    who reports for it, `decided` the town's last word on its report and `decided_by` whose it is."""

    site: PlaceRef
    group: Group
    state: State
    clerk: str
    phone: str
    total: int | None
    pool_size: int
    sent: Sent | None = None
    doubts: tuple[Doubt, ...] = ()
    rivals: tuple[Rival, ...] = ()
    reasons: tuple[Reason, ...] = ()
    decided: Decided | None = None
    decided_by: str = ""
    tubes: SiteTubes | None = None
    """Its tubes of the whole day; None where none has been scanned."""

    @property
    def severity(self) -> Severity | None:
        """The worst that is the matter; None when nothing is."""
        found = [doubt.severity for doubt in self.doubts if doubt.severity is not None]
        return min(found, key=RANK.__getitem__, default=None)

    def colour(self, name: str) -> Severity | None:
        """The worst severity of what is said of the figure `name`."""
        found = [d.severity for d in self.doubts if d.severity is not None and name in d.fields]
        return min(found, key=RANK.__getitem__, default=None)


@dataclass(frozen=True, slots=True)
class HourChoice:
    """One hour to choose: how many have reported of how many that should; `open` that there is something to list."""

    period: int
    start: datetime
    end: datetime
    reported: int
    expected: int
    open: bool


@dataclass(frozen=True, slots=True)
class PlaceWork:
    """A place below a district in one hour: how much is to be done there."""

    place: PlaceRef
    expected: int
    reported: int
    groups: Mapping[Group, int]
    figures: Figures


@dataclass(frozen=True, slots=True)
class TownPicture:
    """One place in one hour, `period`. A town has `sites`, what lies above towns has `places`; `closed` are the sites
    not open in that hour. `seen` is the overview of the same place."""

    seen: Overview
    period: int
    start: datetime
    end: datetime
    due_at: datetime
    due: bool
    hours: tuple[HourChoice, ...]
    figures: Figures
    expected: int
    reported: int
    groups: Mapping[Group, int]
    sites: tuple[SiteWork, ...]
    places: tuple[PlaceWork, ...]
    closed: int

    @property
    def tubes(self) -> SiteTubes | None:
        """Those of all its sites together."""
        return together(row.tubes for row in self.sites if row.tubes is not None)


def group_of(
    state: State, status: Status | None, flags: Flag, *, conflict: bool = False, reopened: bool = False
) -> Group:
    """What is to be done with a site in an hour; `status` is None where it has not reported."""
    if status is None:
        return Group.ATTENTION if state is State.MISSING else Group.WAITING
    if status is Status.VERIFIED:
        return Group.VERIFIED
    if status is Status.RETURNED:
        return Group.RETURNED
    return Group.CLEAN if is_clean(status, flags, conflict=conflict, reopened=reopened) else Group.ATTENTION


def flag_severity(flag: Flag) -> Severity | None:
    """How bad what a flag says is; None for what only says how the report came."""
    return FLAG_SEVERITY.get(flag)


def order(row: SiteWork) -> tuple[int, int, str]:
    """Sort key of the list: by what is to be done, the worst first, then by code so that rows stay in place."""
    return GROUPS.index(row.group), RANK[row.severity or Severity.OK], row.site.code
