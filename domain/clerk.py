"""What the form of a site's clerk needs to know: which hours are owed, what stands for the others, what came back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.campaign import Campaign
from domain.duty import Covering, State, state
from domain.places import Place
from domain.reports import Claim, Flag, Judged, Status, total_after

LOOK_BACK = timedelta(hours=36)
LOOK_AHEAD = timedelta(hours=24)
"""Hours beyond these stay out of the form, which travels over slow networks, unless something is to be done there."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """A town sent a report back: the preset reason, the person's own words, who and when."""

    reason: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The version of a report that counts. `judged` is what it counts for, `earlier` are the versions before it,
    the newest first, each with the time it was recorded."""

    claim: Claim
    judged: Judged
    status: Status
    version: int
    recorded_at: datetime
    by: str
    sent_back: SentBack | None
    earlier: tuple[tuple[Claim, datetime], ...]

    @property
    def late(self) -> bool:
        return bool(self.judged.flags & Flag.LATE)


@dataclass(frozen=True, slots=True)
class Contested:
    """A claim that was refused because it contradicts a report that still counts, `against` by its key."""

    claim: Claim
    by: str
    recorded_at: datetime
    against: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Counted so far. Tubes and third copies are None as soon as one report does not state them: unknown is not
    zero."""

    persons: int = 0
    tubes: int | None = 0
    third_copies: int | None = 0

    def after(self, claim: Claim, judged: Judged) -> "Totals":
        """The totals when `claim`, which counts for `judged`, has been added."""
        tubes = self.tubes
        if claim.tubes_total is not None:
            tubes = claim.tubes_total
        elif tubes is not None:
            tubes = None if judged.tubes is None else tubes + judged.tubes
        copies = self.third_copies
        if copies is not None:
            copies = None if claim.third_copies is None else copies + claim.third_copies
        return Totals(total_after(self.persons, judged.persons, claim.persons_total), tubes, copies)


@dataclass(frozen=True, slots=True)
class Hour:
    """One period of the site. `before` are the totals when it began; `owed` says that it is over and nothing
    covers it; `key` names the report that does."""

    period: int
    state: State
    owed: bool
    key: str | None
    before: Totals


@dataclass(frozen=True, slots=True)
class ClerkPicture:
    """Everything the form of one site is made from, at the campaign's time `now`."""

    site: Place
    parent: Place | None
    pool_size: int
    target: int | None
    now: datetime
    hours: tuple[Hour, ...]
    reports: tuple[Standing, ...]
    conflicts: tuple[Contested, ...]
    totals: Totals


def hours_of(
    open_periods: Iterable[int], reports: Sequence[Standing], campaign: Campaign, now: datetime
) -> tuple[Hour, ...]:
    """The periods the form shows, in order: those of the day around `now`, and all that are owed or sent back.

    `reports` are all that count, in order of their last period.
    """
    opened = frozenset(open_periods)
    covering = {k: r for r in reports for k in range(r.claim.first, r.claim.last + 1)}
    shown: list[Hour] = []
    totals, waiting = Totals(), list(reports)
    for period in sorted(opened | covering.keys()):
        while waiting and waiting[0].claim.last < period:
            totals = totals.after(waiting[0].claim, waiting[0].judged)
            waiting.pop(0)
        report = covering.get(period)
        owed = period in opened and report is None and campaign.end_of(period) <= now
        returned = report is not None and report.status is Status.RETURNED
        near = now - LOOK_BACK < campaign.end_of(period) and campaign.start_of(period) < now + LOOK_AHEAD
        if not (near or owed or returned):
            continue
        said = Covering(returned, report.judged.persons == 0, report.late) if report else None
        duty = state(period in opened, campaign.is_due(period, now), said)
        # A catch-up counts in its last hour: what stood before it is what stood before its first.
        shown.append(Hour(period, duty, owed, report.claim.key if report else None, totals))
    return tuple(shown)


def totals_of(reports: Iterable[Standing]) -> Totals:
    """The totals after all of `reports`, which are in order of their last period."""
    totals = Totals()
    for report in reports:
        totals = totals.after(report.claim, report.judged)
    return totals
