"""Information problems and registration modes.

`problem_event` and `mode_change` are facts and only added to. Of `problem`, what it was opened with never changes;
the rest is derived: what its events add up to (`domain.problems.fold`), kept in the same transaction.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class ProblemRow(Base):
    """One information problem (信息问题). `number` is what people call it by within its campaign.

    `place_id` is where it is; a laboratory's has the district there, and the laboratory's code in `lab`. `mode` and
    `entrance` are what the site worked with when it was opened.
    """

    __tablename__ = "problem"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "number"),
        sa.Index(None, "campaign_id", "solved_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    number: Mapped[int]
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    lab: Mapped[str] = mapped_column(sa.String(200), default="")
    kind: Mapped[str] = mapped_column(sa.String(32))
    effect: Mapped[str] = mapped_column(sa.String(16))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    began_at: Mapped[datetime]
    mode: Mapped[str | None] = mapped_column(sa.String(16))
    entrance: Mapped[int | None]
    latency_ms: Mapped[int | None]

    start: Mapped[str] = mapped_column(sa.String(16))
    level: Mapped[str] = mapped_column(sa.String(16))
    opened_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(sa.String(100), default="")
    owner_id: Mapped[int | None]
    passed_at: Mapped[datetime | None]
    passed_by: Mapped[str] = mapped_column(sa.String(100), default="")
    vendor: Mapped[str] = mapped_column(sa.String(100), default="")
    ticket: Mapped[str] = mapped_column(sa.String(64), default="")
    urged_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[str] = mapped_column(sa.String(100), default="")
    solution: Mapped[str] = mapped_column(sa.String(500), default="")
    remedy: Mapped[str | None] = mapped_column(sa.String(32))
    reopened: Mapped[int] = mapped_column(default=0)
    turns: Mapped[int] = mapped_column(default=1)


class ProblemEvent(Base):
    """One thing that happened to a problem, as `domain.problems.Event`. `by_name` is how pages name who did it,
    `actor` how the audit does. Never changed."""

    __tablename__ = "problem_event"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "problem_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    problem_id: Mapped[int] = mapped_column(sa.ForeignKey("problem.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    step: Mapped[str] = mapped_column(sa.String(16))
    level: Mapped[str] = mapped_column(sa.String(16))
    to: Mapped[str | None] = mapped_column(sa.String(16))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    remedy: Mapped[str | None] = mapped_column(sa.String(32))
    vendor: Mapped[str] = mapped_column(sa.String(100), default="")
    ticket: Mapped[str] = mapped_column(sa.String(64), default="")
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    account_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class ModeChangeRow(Base):
    """A site changed its registration mode (登记方式): to which, since when, set by whom. Never changed, but for
    `current`, which is derived: whether it is the site's latest by `since`."""

    __tablename__ = "mode_change"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index(None, "campaign_id", "site_id", "since"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    mode: Mapped[str] = mapped_column(sa.String(16))
    entrance: Mapped[int | None]
    since: Mapped[datetime]
    stated: Mapped[bool] = mapped_column(default=False)
    """Whether the sender said since when; else it is when the change was recorded."""
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
    current: Mapped[bool]
