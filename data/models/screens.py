"""Briefing screens: the devices, codes to join with, their last word, and pictures kept for a meeting.

Times are the machine's (`domain.screens`), but for those of pictures, which are the campaign's.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class ScreenRow(Base):
    """One screen. `place` is the code of the place whose figures it shows, `scenes` some of `domain.screens.SCENES`.

    The screen's cookie holds a secret, `token_hash` its hash: empty until it has joined and again after it was
    revoked. `drive` is what it was last told, as `write_drive` writes it. `reload_at` is when somebody last wished
    it loaded anew.
    """

    __tablename__ = "screen"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(sa.String(200))
    name: Mapped[str] = mapped_column(sa.String(60))
    location: Mapped[str] = mapped_column(sa.String(100))
    place: Mapped[str] = mapped_column(sa.String(200))
    scenes: Mapped[list[str]] = mapped_column(sa.JSON)
    seconds: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(8))
    bezel_px: Mapped[int]
    created_at: Mapped[datetime]
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    joined_at: Mapped[datetime | None]
    joined_by: Mapped[str] = mapped_column(sa.String(100), default="")
    """How pages name who let it join."""
    revoked_at: Mapped[datetime | None]
    reload_at: Mapped[datetime | None]
    drive: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changes: Mapped[int] = mapped_column(default=0, onupdate=sa.text("changes + 1"))
    """Counts every change of the row: who knows the sum for all screens knows whether to read them again."""


class ScreenPairing(Base):
    """A code that holds for some minutes, once: shown by a screen nobody knows yet, whose secret is then
    `secret_hash`, or made for `screen_id` and typed there. Deleted when used or over."""

    __tablename__ = "screen_pairing"

    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    campaign_id: Mapped[str | None] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    screen_id: Mapped[int | None] = mapped_column(sa.ForeignKey("screen.id"))
    secret_hash: Mapped[str | None] = mapped_column(sa.String(64))
    expires_at: Mapped[datetime]


class ScreenContact(Base):
    """What a screen last said of itself, as `domain.screens.Contact`; one row for each, put over the one before."""

    __tablename__ = "screen_contact"

    screen_id: Mapped[int] = mapped_column(sa.ForeignKey("screen.id"), primary_key=True, autoincrement=False)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    width: Mapped[int | None]
    height: Mapped[int | None]
    revision: Mapped[int | None]
    minute: Mapped[int | None]
    scene: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(16))
    skew: Mapped[float | None]
    software: Mapped[str] = mapped_column(sa.String(40))
    data_until: Mapped[datetime | None]
    heap_mb: Mapped[int | None]
    drawn_ms: Mapped[int | None]
    began_at: Mapped[datetime | None]
    drops: Mapped[int | None]
    turns_in: Mapped[int | None]


class ScreenFreeze(Base):
    """A version kept for a meeting. `frozen_at` and `data_until` are the campaign's times, `made_at` the machine's;
    `by_name` is how screens name who froze it."""

    __tablename__ = "screen_freeze"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    revision: Mapped[int]
    minute: Mapped[int]
    data_until: Mapped[datetime | None]
    frozen_at: Mapped[datetime]
    made_at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(sa.String(100))


class ScreenPicture(Base):
    """One scene of a kept version, gzipped JSON as screens are served it."""

    __tablename__ = "screen_picture"

    freeze_id: Mapped[int] = mapped_column(sa.ForeignKey("screen_freeze.id"), primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    scene: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    body: Mapped[bytes]
