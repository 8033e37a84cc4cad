"""What people say about the three-way ledger: causes, owners, closings, confirmed pairs, sign-offs.

`finding_event` and `site_sign_off` are facts and only added to. `tube_alias` and `tube_withdrawal` are derived from
the former: what is in force now of the pairs confirmed and of the corrections taken back. As with tubes, there are no
foreign keys.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId

_ROW_IS_KEY = {"sqlite_with_rowid": False}


class FindingEvent(Base):
    """One thing somebody did to a finding, as `domain.tube_findings.Event`. `finding` is the finding's id, `subject`
    what it was about then (place, laboratory, box, counts), so that it can be named when its cause is gone; `covers`
    the barcodes of an ending. Never changed."""

    __tablename__ = "finding_event"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"), sa.Index(None, "campaign_id", "finding"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    district_id: Mapped[int | None] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(sa.String(200))
    finding: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[str] = mapped_column(sa.String(16))
    step: Mapped[str] = mapped_column(sa.String(16))
    place_id: Mapped[int | None] = mapped_column(BigId)
    cause: Mapped[str | None] = mapped_column(sa.String(32))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    owner: Mapped[str | None] = mapped_column(sa.String(16))
    subject: Mapped[dict[str, Any]]
    covers: Mapped[list[str]] = mapped_column(sa.JSON)
    tubes: Mapped[int]
    persons: Mapped[int]
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    account_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class TubeAlias(Base):
    """Derived: a barcode that is a misread of another, while that is confirmed. Its events count for that one."""

    __tablename__ = "tube_alias"
    __table_args__ = (sa.Index(None, "campaign_id", "barcode"), _ROW_IS_KEY)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    wrong: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    barcode: Mapped[str] = mapped_column(sa.String(32))
    """The right one."""


class TubeWithdrawal(Base):
    """Derived: an event of a correction that was taken back. It stays on record and counts for nothing."""

    __tablename__ = "tube_withdrawal"
    __table_args__ = (_ROW_IS_KEY,)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)


class SiteSignOff(Base):
    """One side's word on the tube count of a site: the counts it saw, and who gave it. Never changed."""

    __tablename__ = "site_sign_off"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"), sa.Index(None, "campaign_id", "site_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    district_id: Mapped[int | None] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(sa.String(200))
    site_id: Mapped[int] = mapped_column(BigId)
    side: Mapped[str] = mapped_column(sa.String(8))
    site_count: Mapped[int]
    lab_count: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(100))
    role: Mapped[str] = mapped_column(sa.String(100))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
