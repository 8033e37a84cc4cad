"""What people corrected about tubes without changing an event: barcodes that are misreads of others, and corrections
that were taken back. Both are few; whoever makes tubes of events asks for all of a campaign's."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import TubeAlias, TubeWithdrawal


def aliases_of(session: Session, campaign_id: str) -> dict[str, str]:
    """The right barcode of every confirmed misread, by the wrong one."""
    table = TubeAlias.__table__
    query = sa.select(table.c.wrong, table.c.barcode).where(table.c.campaign_id == campaign_id)
    return dict(session.execute(query).all())


def withdrawn_of(session: Session, campaign_id: str) -> frozenset[str]:
    """The ids of the events that count for nothing any more."""
    table = TubeWithdrawal.__table__
    return frozenset(session.scalars(sa.select(table.c.event_id).where(table.c.campaign_id == campaign_id)))
