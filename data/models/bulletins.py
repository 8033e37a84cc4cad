"""What the district has published, and the forms it fills in for others."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class Bulletin(Base):
    """One issue (期). `frozen` and `sites` are its figures (`domain.bulletin.Frozen`, `SiteLine`), written once and
    never changed; who reviewed, signed or withdrew it, its state and remark are what a draft still gets.

    `number` counts the campaign's hours, `replacement` the issues before it of the same hour. The `*_by` columns name
    people as the audit does, the `*_name` columns as readers see them.
    """

    __tablename__ = "bulletin"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index("ix_bulletin_standing", "campaign_id", "place_id", "number", "replacement", unique=True,
                 sqlite_where=sa.text("state <> 'withdrawn'"), postgresql_where=sa.text("state <> 'withdrawn'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    period: Mapped[int]
    number: Mapped[int]
    replacement: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(16))
    data_until: Mapped[datetime]
    known_at: Mapped[datetime]
    revision: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    """Why it replaces the one before; empty for the first issue of an hour."""
    remark: Mapped[str] = mapped_column(sa.String(1000), default="")
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bulletin.id"))
    frozen: Mapped[dict[str, Any]]
    sites: Mapped[dict[str, Any]] = mapped_column(sa.JSON, deferred=True)
    drafted_by: Mapped[str] = mapped_column(sa.String(300))
    drafted_name: Mapped[str] = mapped_column(sa.String(300))
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str] = mapped_column(sa.String(300), default="")
    reviewed_name: Mapped[str] = mapped_column(sa.String(300), default="")
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(sa.String(300), default="")
    signed_name: Mapped[str] = mapped_column(sa.String(300), default="")
    ended_at: Mapped[datetime | None]
    """When it was withdrawn or replaced."""
    ended_by: Mapped[str] = mapped_column(sa.String(300), default="")
    ended_reason: Mapped[str] = mapped_column(sa.String(500), default="")


class BulletinTemplate(Base):
    """A district's own XLSX or DOCX form with named fields. Deleted ones stay, since files were made from them."""

    __tablename__ = "bulletin_template"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(8))
    hash: Mapped[str] = mapped_column(sa.String(64))
    fields: Mapped[dict[str, Any]]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
