"""Capacity matching: plans as they were saved, what happened to them, and for which laboratory support was called.

`matching_plan` and `matching_event` are facts and only added to; what a plan stands at is what its events add up to
(`domain.matching_plan.fold`).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class MatchingPlan(Base):
    """One saved plan. `number` is what people call it by, as a letter; `content` as `write_plan` writes it, `gains`
    what was foreseen for it when it was saved. Never changed."""

    __tablename__ = "matching_plan"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "number"), sa.UniqueConstraint("campaign_id", "key"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    number: Mapped[int]
    key: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[dict[str, Any]]
    gains: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]


class MatchingEvent(Base):
    """One thing that happened to a plan, as `domain.matching_plan.Event`; the first one saved it. `by_name` is how
    pages name who did it, `actor` how the audit does. Never changed."""

    __tablename__ = "matching_event"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "plan_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("matching_plan.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    step: Mapped[str] = mapped_column(sa.String(16))
    need: Mapped[str | None] = mapped_column(sa.String(32))
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    account_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class SupportCall(Base):
    """A laboratory's day takes more than its share of capacity: said once per laboratory and day. `share` is the
    day's task ÷ the day's capacity as it was then."""

    __tablename__ = "support_call"

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    lab_id: Mapped[int] = mapped_column(sa.ForeignKey("lab.id"), primary_key=True)
    day: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    district_id: Mapped[int | None] = mapped_column(BigId)
    task: Mapped[int]
    capacity: Mapped[int]
    share: Mapped[float]
    said_at: Mapped[datetime]
    revision: Mapped[int]
