"""Where sites stood when. A site that never moved has no row: it is where its place says."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CampaignRow, PlaceLocation, PlaceRow

Position = tuple[float | None, float | None]
"""Longitude and latitude, degrees (WGS 84)."""


def keep_move(
    session: Session, row: CampaignRow, place: PlaceRow, before: Position, actor: str, now: datetime
) -> None:
    """Put on record that `place` stood at `before` until `now`, and since then where its row says."""
    query = sa.select(PlaceLocation).where(
        PlaceLocation.campaign_id == row.id, PlaceLocation.place_id == place.id, PlaceLocation.valid_to.is_(None)
    )
    standing = session.scalars(query).one_or_none()
    if standing is None:
        # Its first position holds from the beginning: nobody knew another.
        since = min(row.starts_at, place.recorded_at, now)
        standing = PlaceLocation(
            campaign_id=row.id, place_id=place.id, lon=before[0], lat=before[1], valid_from=since, actor=actor
        )
        session.add(standing)
    standing.valid_to = now
    session.add(
        PlaceLocation(
            campaign_id=row.id, place_id=place.id, lon=place.lon, lat=place.lat, valid_from=now, actor=actor
        )
    )
