"""The audit's chain: lines are sealed by who reads them, and verified against what they say now.

Every line gets a link, the hash of the link before it and of everything the line holds (`domain.audit.seal`). A line
changed or taken out behind the product's back breaks the chain at that place. Links follow the order in which lines
were found, not their numbers: a transaction that began early may end late, and no writer waits for another.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.database import Database
from data.models import Audit, AuditSeal
from domain import audit

AT_ONCE = 5_000
"""Lines of one transaction."""

BEHIND = 10_000
"""How far behind the newest sealed line one may have been written and only now be seen."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What following a chain from its first link to its last found. `broken_at` is the first line that is not what
    was sealed, by number, or 0 for a link that is missing; None when all is well. `head` is the last link."""

    lines: int
    head: str
    broken_at: int | None = None

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def seal(database: Database, campaign_id: str | None) -> None:
    """Seal what has not been sealed of a campaign's audit; None for lines of no campaign."""
    while True:
        try:
            with database.write() as session:
                if _seal_some(session, campaign_id) < AT_ONCE:
                    return
        except IntegrityError:
            # Another reader has just sealed the same lines.
            return


def _seal_some(session: Session, campaign_id: str | None) -> int:
    chain = campaign_id or ""
    last = session.execute(
        sa.select(AuditSeal.number, AuditSeal.hash, AuditSeal.audit_id)
        .where(AuditSeal.chain == chain)
        .order_by(AuditSeal.number.desc())
        .limit(1)
    ).one_or_none()
    number, head, newest = last or (0, audit.NO_SEAL, 0)
    sealed = sa.select(AuditSeal.audit_id).where(AuditSeal.audit_id == Audit.id).exists()
    fresh = (
        sa.select(Audit)
        .where(Audit.campaign_id == campaign_id, Audit.id > newest - BEHIND, ~sealed)
        .order_by(Audit.id)
        .limit(AT_ONCE)
    )
    links = []
    for row in session.scalars(fresh):
        number, head = number + 1, _link(head, row)
        links.append({"chain": chain, "number": number, "audit_id": row.id, "hash": head})
    if links:
        session.execute(sa.insert(AuditSeal), links)
    return len(links)


def _link(before: str, row: Audit) -> str:
    return audit.seal(before, row.id, row.campaign_id, row.revision, row.recorded_at, row.actor, row.action,
                      row.details, row.place, row.about)  # fmt: skip


def verify(database: Database, campaign_id: str | None) -> Verified:
    """Seal what is new and follow the whole chain."""
    seal(database, campaign_id)
    with database.read() as session:
        return _follow(session, campaign_id)


def _follow(session: Session, campaign_id: str | None) -> Verified:
    head, expected = audit.NO_SEAL, 0
    for link in _links(session, campaign_id or ""):
        number, stated, row = link.number, link.hash, link.Audit
        expected += 1
        if number != expected or row is None:
            return Verified(expected - 1, head, 0)
        head = _link(head, row)
        if head != stated or row.campaign_id != campaign_id:
            return Verified(expected - 1, head, row.id)
    # A line that was taken out together with its link, from the end, leaves fewer lines than links once were: that
    # only a head written down elsewhere shows. Lines nobody sealed show here.
    sealed = sa.select(AuditSeal.audit_id).where(AuditSeal.audit_id == Audit.id).exists()
    left = session.scalar(
        sa.select(sa.func.min(Audit.id)).where(
            Audit.campaign_id == campaign_id, ~sealed,
            Audit.id <= sa.select(sa.func.max(AuditSeal.audit_id)).scalar_subquery() - BEHIND,
        )
    )  # fmt: skip
    return Verified(expected, head, left)


def _links(session: Session, chain: str) -> sa.Result[Any]:
    """The chain's links in order, each with its line; None for a line that is gone."""
    query = (
        sa.select(AuditSeal.number, AuditSeal.hash, Audit)
        .outerjoin(Audit, Audit.id == AuditSeal.audit_id)
        .where(AuditSeal.chain == chain)
        .order_by(AuditSeal.number)
    )
    return session.execute(query.execution_options(yield_per=AT_ONCE))
