"""Tasks from results (docs/decisions/0020).

`positive_event` holds facts and is only added to. Of `positive_task`, which tube it is about never changes; the rest
is derived: what its events add up to (`domain.positives.fold`), kept in the same transaction. `positive_resample` is
derived too. Like the tables of tubes, none has a foreign key to the campaign.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class PositiveTask(Base):
    """One task: one tube of one campaign. `number` is what people call it by.

    `site_id`, `lab_id` are as they were known when it was opened; the tube itself may know better by now.
    """

    __tablename__ = "positive_task"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "number"),
        sa.UniqueConstraint("campaign_id", "barcode"),
        sa.Index(None, "campaign_id", "closed_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    district_id: Mapped[int | None] = mapped_column(BigId)
    number: Mapped[int]
    barcode: Mapped[str] = mapped_column(sa.String(32))
    site_id: Mapped[int | None] = mapped_column(BigId)
    lab_id: Mapped[int | None] = mapped_column(BigId)
    result: Mapped[int] = mapped_column(sa.SmallInteger)
    alarmed: Mapped[bool]
    """Whether there was ever more than an invalid test."""
    closed_at: Mapped[datetime | None]
    turns: Mapped[int]
    # A change of a row says of which campaign it is.
    __mapper_args__ = {"primary_key": ("campaign_id", "id")}  # noqa: RUF012


class PositiveEvent(Base):
    """One thing that happened to a task, as `domain.positives.Event`. `key` is the sender's, none where a tube's
    result made it; `by_name` is how pages name who recorded it, `actor` how the audit does. Never changed."""

    __tablename__ = "positive_event"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    district_id: Mapped[int | None] = mapped_column(BigId)
    task_id: Mapped[int] = mapped_column(sa.ForeignKey("positive_task.id"))
    key: Mapped[str | None] = mapped_column(sa.String(200))
    step: Mapped[str] = mapped_column(sa.String(16))
    at: Mapped[datetime]
    by_lab: Mapped[bool]
    result: Mapped[int | None] = mapped_column(sa.SmallInteger)
    persons: Mapped[int | None]
    parties: Mapped[str] = mapped_column(sa.String(200), default="")
    """Words of `domain.positives.Party`, with spaces between them."""
    barcodes: Mapped[str] = mapped_column(sa.Text, default="")
    """With spaces between them, which no barcode has."""
    second: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    account_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class PositiveResample(Base):
    """Derived: a tube in which a member of a task's pool was sampled again. One tube belongs to one task."""

    __tablename__ = "positive_resample"
    __table_args__ = (sa.Index(None, "campaign_id", "task_id"),)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    barcode: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    task_id: Mapped[int] = mapped_column(sa.ForeignKey("positive_task.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
