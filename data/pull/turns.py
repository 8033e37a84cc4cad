"""Whose turn it is: sources and trials are taken by one process at a time, by a lease that ends by itself.

A lease is a random name on the source's row. Whoever holds it writes rows only while it stands there, so that a
process that was thought dead and comes back cannot land what it fetched long ago.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.models import CampaignRow, Source, SourceTrial
from data.sources import definition_of
from domain.clock import Clock
from domain.pulling import rests
from domain.sources import Definition

LEASE = timedelta(seconds=30)
"""How long a process that no longer breathes keeps a source from the others."""

TRIAL_WAITS = timedelta(seconds=60)
"""A trial nobody took by then has lost its reader."""


class LostLease(Exception):
    """Another process has the source, or it was changed or removed meanwhile."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One source in this process's hands. `began_at` and `last_success_at` are the campaign's times."""

    source_id: int
    campaign_id: str
    lease: str
    definition: Definition
    began_at: datetime
    asked: bool
    last_success_at: datetime | None
    campaign_began_at: datetime

    def hold(self, session: Session) -> None:
        """Raise `LostLease` unless the source is still this turn's."""
        query = sa.select(Source.lease).where(Source.id == self.source_id)
        if session.scalar(query) != self.lease:
            raise LostLease(self.source_id)


def take(database: Database, clock: Clock, source_id: int | None = None) -> Turn | None:
    """Take the source that has been due longest, or none; with `source_id`, that one, due or not."""
    with database.read() as session:
        due = _due(session, clock(), source_id)
    # Another process may be quicker; then there is the next one.
    for candidate in due:
        with database.write() as session:
            turn = _lease(session, candidate, clock)
        if turn is not None:
            return turn
    return None


def _due(session: Session, real_now: datetime, source_id: int | None) -> list[int]:
    free = sa.or_(Source.leased_until.is_(None), Source.leased_until < real_now)
    query = sa.select(Source).where(Source.removed_at.is_(None), free).order_by(Source.next_at, Source.id)
    if source_id is not None:
        query = query.where(Source.id == source_id)
    due = []
    rows: dict[str, CampaignRow] = {}
    for source in session.scalars(query):
        row = rows.setdefault(source.campaign_id, campaigns.find(session, source.campaign_id))
        if source_id is not None or is_due(source, row, real_now):
            due.append(source.id)
    return due


def is_due(source: Source, row: CampaignRow, real_now: datetime) -> bool:
    """Whether it is the source's turn, or somebody asked for it."""
    if source.asked_at is not None:
        return True
    now = campaigns.now_for(row, real_now)
    return source.paused_at is None and source.next_at <= now and not rests(campaigns.campaign_of(row), now)


def _lease(session: Session, source_id: int, clock: Clock) -> Turn | None:
    real_now = clock()
    lease = secrets.token_hex(16)
    s = Source
    taken = session.execute(
        sa.update(s)
        .where(s.id == source_id, s.removed_at.is_(None), sa.or_(s.leased_until.is_(None), s.leased_until < real_now))
        .values(lease=lease, leased_until=real_now + LEASE)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    source = session.get_one(Source, source_id, populate_existing=True)
    row = campaigns.find(session, source.campaign_id)
    return Turn(
        source_id,
        source.campaign_id,
        lease,
        definition_of(source),
        campaigns.now_for(row, real_now),
        source.asked_at is not None,
        source.last_success_at,
        row.starts_at,
    )


def renew(database: Database, turn: Turn, clock: Clock) -> bool:
    """Keep a source for another while; False when it is no longer this turn's."""
    with database.write() as session:
        kept = session.execute(
            sa.update(Source)
            .where(Source.id == turn.source_id, Source.lease == turn.lease)
            .values(leased_until=clock() + LEASE)
        )
        return bool(kept.rowcount)  # type: ignore[attr-defined]


def take_trial(database: Database, clock: Clock) -> int | None:
    """Take the trial that waits longest: its number."""
    now = clock()
    t = SourceTrial
    waiting = sa.select(t.id).where(t.taken_at.is_(None), t.asked_at > now - TRIAL_WAITS).order_by(t.asked_at)
    with database.read() as session:
        found = list(session.scalars(waiting))
    for trial_id in found:
        with database.write() as session:
            mine = sa.update(t).where(t.id == trial_id, t.taken_at.is_(None)).values(taken_at=now)
            if session.execute(mine).rowcount == 1:  # type: ignore[attr-defined]
                return trial_id
    return None
