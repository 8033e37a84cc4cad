"""The registry of laboratories: every version of every record, never changed but for `current`."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class LabRecord(Base):
    """One version of one record of a laboratory (`domain.registry.Version`).

    `content` has the fields of its subject (`domain.registry_claims.CATALOGUE`). `day` is the one by which the record
    comes to somebody's notice: until when a licence or filing is good, when an assessment was taken part in, since
    when the laboratory is black-listed; None for everything else. `current` is derived: whether this is the latest
    version of its record.
    """

    __tablename__ = "lab_record"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "lab_id"),
        sa.Index("ix_lab_record_current", "campaign_id", "subject", sqlite_where=sa.text("current"),
                 postgresql_where=sa.text("current")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    lab_id: Mapped[int] = mapped_column(sa.ForeignKey("lab.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    subject: Mapped[str] = mapped_column(sa.String(16))
    entry: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[dict[str, Any]]
    day: Mapped[date | None] = mapped_column(sa.Date)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    copied_from: Mapped[str] = mapped_column(sa.String(64), default="")
    """The campaign it was taken over from."""
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
    current: Mapped[bool]
