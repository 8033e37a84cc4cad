"""What upper systems show: their totals per place and moment, as they were told to us."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class UpperFigure(Base):
    """One total of an upper system. Never changed: a later one for the same place, moment and source stands in its
    place. One that `repeats` says under a further key what stood already, and is only there to keep that key."""

    __tablename__ = "upper_figure"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "place_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
    persons: Mapped[int | None]
    tubes: Mapped[int | None]
    source: Mapped[str] = mapped_column(sa.String(100), default="")
    repeats: Mapped[bool] = mapped_column(default=False)
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
