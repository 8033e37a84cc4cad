"""Which revision of a campaign was the latest at some time."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Revision


def revision_at(session: Session, campaign_id: str, as_of: datetime) -> int:
    """The latest revision recorded by `as_of`; 0 before the first."""
    query = sa.select(sa.func.max(Revision.revision)).where(
        Revision.campaign_id == campaign_id, Revision.recorded_at <= as_of
    )
    return session.scalar(query) or 0
