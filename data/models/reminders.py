"""Who is on duty where, where reminders go, what was sent and what became of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class ContactRow(Base):
    """A person on duty at a place. Withdrawn, never deleted, while the campaign lasts."""

    __tablename__ = "contact"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    name: Mapped[str] = mapped_column(sa.String(100))
    phone: Mapped[str] = mapped_column(sa.String(40))
    post: Mapped[str] = mapped_column(sa.String(40))
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ReminderTarget(Base):
    """Where the reminders of a place and of what lies below it go. `variable` names the setting that holds the
    address; the address itself, which is a secret, is never in the database."""

    __tablename__ = "reminder_target"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    preset: Mapped[str] = mapped_column(sa.String(16))
    variable: Mapped[str] = mapped_column(sa.String(64))
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Reminder(Base):
    """One reminder for one town and one period, in the words in which it went. Never changed."""

    __tablename__ = "reminder"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    starts_at: Mapped[datetime]
    """The start of the period it is about."""
    owed: Mapped[dict[str, Any]]
    """Who was on the list: site code → state."""
    text: Mapped[str] = mapped_column(sa.Text)
    channel: Mapped[str] = mapped_column(sa.String(16))
    preset: Mapped[str] = mapped_column(sa.String(16), default="")
    variable: Mapped[str] = mapped_column(sa.String(64), default="")
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class ReminderResult(Base):
    """What became of a reminder that was to be sent. Append-only; there is one, unless the server died first."""

    __tablename__ = "reminder_result"
    __table_args__ = (sa.Index(None, "campaign_id", "reminder_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    reminder_id: Mapped[int] = mapped_column(sa.ForeignKey("reminder.id"))
    result: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(32), default="")
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    attempts: Mapped[int]
    recorded_at: Mapped[datetime]
