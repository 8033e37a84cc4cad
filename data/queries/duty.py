"""The duty board: every site's state in one period, now or as it was known at some time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport
from data.queries.moment import Moment
from data.stored_reports import records_as_of
from domain.duty import Covering, State, state
from domain.places import Place
from domain.reports import Flag, SiteFacts, Status


@dataclass(frozen=True, slots=True)
class SiteDuty:
    """One site in one period. `persons` and `recorded_at` are those of the report that covers it."""

    site: Place
    state: State
    persons: int | None = None
    recorded_at: datetime | None = None


def duty(session: Session, moment: Moment, period: int, as_of: datetime | None = None) -> list[SiteDuty]:
    """The state of every site below `moment.place` in `period`, by code; with `as_of`, as was known then."""
    tree = moment.tree
    due = tree.campaign.is_due(period, as_of or moment.now)
    covering = _covering_as_of(session, moment, period, as_of) if as_of else _covering_now(session, moment, period)
    rows = []
    for site in tree.sites(moment.place):
        report, persons, recorded_at = covering.get(site.id, (None, None, None))
        rows.append(SiteDuty(site, state(period in tree.open_periods(site), due, report), persons, recorded_at))
    return sorted(rows, key=lambda row: row.site.code)


Found = dict[int, tuple[Covering, int, datetime]]


def _covering_now(session: Session, moment: Moment, period: int) -> Found:
    c = CurrentReport
    query = sa.select(c.site_id, c.status, c.persons, c.flags, c.first_recorded_at).where(
        *moment.within(c), c.first_period <= period, c.last_period >= period
    )
    return {
        site_id: (Covering(status == Status.RETURNED, persons == 0, bool(flags & Flag.LATE)), persons, recorded_at)
        for site_id, status, persons, flags, recorded_at in session.execute(query)
    }


def _covering_as_of(session: Session, moment: Moment, period: int, as_of: datetime) -> Found:
    tree = moment.tree
    found: Found = {}
    sites = tree.sites(moment.place)
    for site_id, record in records_as_of(session, tree, [site.id for site in sites], as_of).items():
        site = tree.by_id[site_id]
        verdicts = record.judged(SiteFacts(tree.open_periods(site), tree.pool_size(site)), tree.campaign)
        for key, head in record.heads.items():
            if head.claim.first <= period <= head.claim.last:
                verdict = verdicts[key]
                report = Covering(
                    head.status is Status.RETURNED, verdict.persons == 0, bool(verdict.flags & Flag.LATE)
                )
                found[site_id] = (report, verdict.persons, record.first_recorded_at(head))
    return found
