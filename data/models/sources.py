"""Sources: what they are, how it goes with them, each pull, each file taken, each trial of a definition.

Times are the campaign's, as everywhere; only leases and trials run on the machine's clock, since they say how long a
process may hold something.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column

from data.models.base import Base, BigId


class Source(Base):
    """One source. `definition` holds what `domain.sources.Definition` says; secrets are in it by name only.

    `version` rises with every edit. `place` is where its rows may land, with all below. A removed one stays, since
    reports and the audit name it. `lease` is drawn by whoever is pulling it and valid until `leased_until`.
    """

    __tablename__ = "source"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        {"postgresql_with": {"fillfactor": "60"}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(sa.String(200))
    place: Mapped[str] = mapped_column(sa.String(200))
    definition: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(sa.String(300))
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    next_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When somebody wanted it pulled at once; empty again when that has happened."""
    lease: Mapped[str | None] = mapped_column(sa.String(32))
    leased_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_tried_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    newest_at: Mapped[datetime | None]
    """How far its data reach: the end of the latest period it has reported, the latest time of its figures."""
    refused: Mapped[int] = mapped_column(default=0)
    """Rows refused when it last delivered any, in the pull `refused_run`."""
    refused_run: Mapped[int | None] = mapped_column(BigId)
    rows: Mapped[int | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    """Why the last pull failed: `code`, `params`; empty after a success."""


class SourceRun(Base):
    """One pull. `refused_rows` are the rows refused: `headers` and `rows`, each with its cells and why."""

    __tablename__ = "source_run"
    __table_args__ = (sa.Index(None, "campaign_id", "source_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    succeeded: Mapped[bool]
    asked: Mapped[bool]
    parts: Mapped[int]
    """Files taken; 1 where there are none."""
    rows: Mapped[int]
    accepted: Mapped[int]
    corrected: Mapped[int]
    unchanged: Mapped[int]
    skipped: Mapped[int]
    refused: Mapped[int]
    problem: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    refused_rows: Mapped[dict[str, Any] | None] = deferred(mapped_column(sa.JSON))


class SourceFile(Base):
    """A file of a watched folder that was taken, by the hash of its content: the same is never taken again."""

    __tablename__ = "source_file"

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    district_id: Mapped[int | None] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(sa.String(300))
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    taken_at: Mapped[datetime]


class SourceTrial(Base):
    """A definition tried without keeping anything. The process that fetches does it, since it alone knows the
    secrets; `result` is what the form shows."""

    __tablename__ = "source_trial"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    source_id: Mapped[int | None] = mapped_column(sa.ForeignKey("source.id"))
    """The source it would change; empty for a new one."""
    place: Mapped[str] = mapped_column(sa.String(200))
    definition: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(sa.String(300))
    asked_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
