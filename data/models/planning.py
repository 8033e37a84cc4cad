"""The planning list (采样点规划).

`planning_event` holds facts and is only added to. Of `planned_site`, number, town and code never change; the rest is
derived: what its events add up to (`domain.planning.fold`), kept in the same transaction.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class PlannedSite(Base):
    """One planned site. `number` is what people call it by, `code` the code it has, or will have, as a place of the
    campaign: by it the two belong together. `wish` and `inspection` are those in force, as their events have them."""

    __tablename__ = "planned_site"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "number"),
        sa.UniqueConstraint("campaign_id", "code"),
        sa.Index(None, "campaign_id", "town_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    number: Mapped[int]
    town_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    code: Mapped[str] = mapped_column(sa.String(120))

    state: Mapped[str] = mapped_column(sa.String(16))
    since: Mapped[datetime]
    steps: Mapped[int]
    wish: Mapped[dict[str, Any]]
    inspection: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    inspected_at: Mapped[datetime | None]
    inspected_by: Mapped[str] = mapped_column(sa.String(100), default="")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(sa.String(100), default="")
    approved_over: Mapped[int] = mapped_column(default=0)
    """Required items that were missing when it was approved all the same."""
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(sa.String(100), default="")
    released_why: Mapped[str] = mapped_column(sa.String(500), default="")


class PlanningEvent(Base):
    """One step of a planned site, as `domain.planning.Event`. `content` is what was applied for, found, or missing;
    `by_name` is how pages name who did it, `actor` how the audit does. Never changed."""

    __tablename__ = "planning_event"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "planned_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    planned_id: Mapped[int] = mapped_column(sa.ForeignKey("planned_site.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    step: Mapped[str] = mapped_column(sa.String(16))
    at: Mapped[datetime]
    stated: Mapped[bool] = mapped_column(default=False)
    """Whether the sender said when; else it is when the step was recorded."""
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    content: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    who: Mapped[str] = mapped_column(sa.String(300))
    """What tells persons apart: the account, else the actor."""
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
