"""The demonstration's briefing screen: there from the start, waiting for a device to become it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.demo.people import ACTOR, DISTRICT
from data.ingest import screens
from data.models import ScreenRow
from domain.screens import SCENES, Settings

KEY = "demonstration"
SETTINGS = Settings("指挥室大屏", "演示", "440607", SCENES, 15, "zh", 0)


def invite(session: Session, now: datetime, campaign_id: str = DISTRICT.campaign) -> str | None:
    """Make the screen unless it is there. Answers a code that lets a device be it; None while one is, or where
    somebody ended it."""
    campaign = campaigns.lock(session, campaign_id)
    keeper = screens.Keeper(ACTOR, ACTOR)
    query = sa.select(ScreenRow).where(ScreenRow.campaign_id == campaign.id, ScreenRow.key == KEY)
    # Found by its key alone: whoever tries the product may have given it other settings.
    row = session.scalar(query)
    if row is None:
        tree = campaigns.tree_of(session, campaign)
        row, _ = screens.create(session, campaign, tree, KEY, SETTINGS, keeper, now)
    if row.token_hash is not None or row.revoked_at is not None:
        return None
    return screens.join(session, campaign, row, None, keeper, now)
