"""How the campaigns stand, in the few numbers a monitor asks for every few seconds. No person, no place by name."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns, sources
from data.models import CampaignRow, ScreenContact, ScreenRow
from data.queries.failing_sources import course_of
from data.queries.moment import Moment
from data.queries.overview import data_until
from domain import progress
from domain.pulling import state_of
from domain.screens import LOST
from domain.status import Severity

MOST = 20
"""Campaigns told of, the latest first: what a monitor keeps must not grow with every round there ever was."""

AFTER = timedelta(days=1)
"""A campaign over for longer is told of no more."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One campaign. `data_age` is how old its figures are while it runs, else None. `open` of `joined` screens were
    heard within a minute; `oldest_contact` is how long ago the quietest of those that joined was, None where none
    ever was. `failures` are failed pulls since each source's last success, summed."""

    campaign_id: str
    revision: int
    data_age: timedelta | None
    joined: int
    open: int
    oldest_contact: timedelta | None
    sources: int
    sources_failing: int
    failures: int


def pulses(session: Session, now: datetime) -> list[Pulse]:
    """The campaigns that run, are to come, or ended a day ago at most; `now` is the machine's time."""
    rows = [row for row in campaigns.every(session) if row.demo or row.deadline >= now - AFTER]
    return [_pulse(session, row, now) for row in rows[:MOST]]


def _pulse(session: Session, row: CampaignRow, now: datetime) -> Pulse:
    tree = campaigns.tree_of(session, row)
    there = campaigns.now_for(row, now)
    age = None
    if tree.roots and progress.is_running(tree.campaign, there):
        reached = [data_until(session, Moment(tree, root, row.revision, there)) for root in tree.roots]
        # The figures of several topmost places are as old as the oldest of them.
        age = there - min(one or tree.campaign.starts_at for one in reached)
    joined, heard, oldest = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(sa.case((ScreenContact.at >= now - LOST, 1))),
            sa.func.min(ScreenContact.at),
        )
        .select_from(ScreenRow)
        .outerjoin(ScreenContact, ScreenContact.screen_id == ScreenRow.id)
        .where(ScreenRow.campaign_id == row.id, ScreenRow.token_hash.is_not(None), ScreenRow.revoked_at.is_(None))
    ).one()
    courses = [course_of(source) for source in sources.every(session, row.id)]
    failing = sum(state_of(course, tree.campaign, there)[0] is Severity.CRIT for course in courses)
    return Pulse(
        row.id, row.revision, age, joined, heard, now - oldest if oldest is not None else None, len(courses), failing,
        sum(course.failures for course in courses),
    )  # fmt: skip
