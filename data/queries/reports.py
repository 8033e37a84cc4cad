"""Current reports as a list, filtered and paged."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Report
from data.queries.moment import Moment
from data.stored_reports import IN_LIST
from domain.places import Level, Place
from domain.reports import COUNTS, Flag


@dataclass(frozen=True, slots=True)
class CurrentVersion:
    """The version of a report that counts: as sent (`counts`), and what it counts for."""

    report_id: int
    key: str
    site: Place
    starts_at: datetime
    periods: int
    counts: dict[str, int | None]
    note: str
    correction_of: str | None
    persons: int
    tubes: int | None
    version: int
    status: str
    flags: Flag
    recorded_at: datetime
    first_recorded_at: datetime
    """When the site first said anything of this period: what decides whether it was late."""
    actor: str
    channel: str | None


def current_reports(
    session: Session,
    moment: Moment,
    *,
    period: int | None = None,
    status: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[CurrentVersion]:
    """Current reports below `moment.place` by id, from the one after `after` on; `period` means covering it."""
    tree, place = moment.tree, moment.place
    r, c = Report, CurrentReport
    query = (
        sa.select(r.id, r.key, r.site_id, r.starts_at, c.first_period, c.last_period, r.note, r.correction_of,
                  c.persons, c.tubes, c.version, c.status, c.flags, r.recorded_at, c.first_recorded_at, r.actor,
                  r.channel, *(getattr(r, name) for name in COUNTS))
        .join(c, (c.report_id == r.id) & (c.campaign_id == r.campaign_id))
        .where(*moment.within(r), r.id > after)
        .order_by(r.id)
    )  # fmt: skip
    sites = {site.id for site in tree.sites(place)}
    everywhere = len(sites) == sum(1 for _ in tree.each(Level.SITE))
    if not everywhere and len(sites) <= IN_LIST:
        query = query.where(c.site_id.in_(sites))
    if period is not None:
        query = query.where(c.first_period <= period, c.last_period >= period)
    if status is not None:
        query = query.where(c.status == status)
    found: list[CurrentVersion] = []
    for row in session.execute(query):
        if row[2] not in sites:
            continue
        counts = cast(dict[str, int | None], dict(zip(COUNTS, row[17:], strict=True)))
        found.append(
            CurrentVersion(row[0], row[1], tree.by_id[row[2]], row[3], row[5] - row[4] + 1, counts, row[6], row[7],
                           row[8], row[9], row[10], row[11], Flag(row[12]), row[13], row[14], row[15],
                           row[16])
        )  # fmt: skip
        if limit is not None and len(found) >= limit:
            break
    return found
