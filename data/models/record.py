"""The tables. Facts (`report`, `decision`, `target_change`, `audit`, …) are only ever added to; what is derived
from them (`current_report`, `rollup`) can be computed anew at any time and is kept in the same transaction.

Every table that grows with the campaign carries `campaign_id` and, where it has a place, `district_id`: the keys
by which a distributed PostgreSQL would spread it (docs/decisions/0006).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class CampaignRow(Base):
    """A campaign round. `revision` rises by one with every change of its record, `structure_revision` is the
    revision of the last change to its places or settings; the row is the lock its writers take."""

    __tablename__ = "campaign"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str] = mapped_column(sa.String(200), default="")
    starts_at: Mapped[datetime]
    deadline: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(sa.String(64))
    pool_size: Mapped[int]
    interval_minutes: Mapped[int]
    due_minutes: Mapped[int]
    demo: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[int] = mapped_column(default=0)
    structure_revision: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[str] = mapped_column(sa.String(32))
    """Drawn at creation: tells a campaign begun anew from the one of the same name before it."""
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Revision(Base):
    """When each revision of a campaign was recorded: what "as of" finds its revision by."""

    __tablename__ = "revision"

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]


class PlaceRow(Base):
    """A place of one campaign; `target` and `lab_id` are the values now in force."""

    __tablename__ = "place"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    code: Mapped[str] = mapped_column(sa.String(200))
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str] = mapped_column(sa.String(200), default="")
    level: Mapped[str] = mapped_column(sa.String(16))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    kind: Mapped[str | None] = mapped_column(sa.String(16))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    target: Mapped[int | None]
    lanes: Mapped[int | None]
    pool_size: Mapped[int | None]
    lab_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lab.id"))
    recorded_at: Mapped[datetime]


class LabRow(Base):
    """A laboratory (检测机构) as one campaign knows it."""

    __tablename__ = "lab"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    code: Mapped[str] = mapped_column(sa.String(200))
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str] = mapped_column(sa.String(200), default="")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    capacity_per_day: Mapped[int | None]
    home_id: Mapped[int | None] = mapped_column(BigId)
    """The place it stands in, a town or above: what it receives and nobody registered is looked for there. None is
    the topmost place."""


class LabBinding(Base):
    """Which laboratory a town's account is bound to, and from when until when."""

    __tablename__ = "lab_binding"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    lab_id: Mapped[int] = mapped_column(sa.ForeignKey("lab.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Opening(Base):
    """An interval in which a site is open. Withdrawn, never deleted."""

    __tablename__ = "opening"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Boundary(Base):
    """The outline of a place: GeoJSON geometry in degrees (WGS 84), with where it comes from."""

    __tablename__ = "boundary"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    geometry: Mapped[dict[str, Any]]
    approximate: Mapped[bool]
    source: Mapped[str] = mapped_column(sa.String(500))
    version_id: Mapped[int | None] = mapped_column(BigId)
    """The import it came with, `area_version`."""
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class TargetChange(Base):
    """Every target (底数) ever set; all but the first of a place have a reason."""

    __tablename__ = "target_change"
    __table_args__ = (sa.Index(None, "campaign_id", "place_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    target: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]


class Report(Base):
    """One version of an hourly report, exactly as sent. Never changed."""

    __tablename__ = "report"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "key"),
        sa.Index("ix_report_correction_of", "campaign_id", "correction_of", unique=True,
                 sqlite_where=sa.text("correction_of IS NOT NULL"),
                 postgresql_where=sa.text("correction_of IS NOT NULL")),
        sa.Index(None, "campaign_id", "site_id", "starts_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    district_id: Mapped[int | None] = mapped_column(BigId)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    persons: Mapped[int | None]
    tubes: Mapped[int | None]
    third_copies: Mapped[int | None]
    special_cases: Mapped[int | None]
    queue_minutes: Mapped[int | None]
    lanes_open: Mapped[int | None]
    positives: Mapped[int | None]
    persons_total: Mapped[int | None]
    tubes_total: Mapped[int | None]
    pool_size: Mapped[int | None]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    correction_of: Mapped[str | None] = mapped_column(sa.String(200))
    channel: Mapped[str | None] = mapped_column(sa.String(16))
    """How the figures reached `actor`, where the site did not enter them itself: `domain.reports.Channel`."""
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class ReportAlias(Base):
    """Another key under which the same figures for the same site and period were sent."""

    __tablename__ = "report_alias"

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))


class RefusedClaim(Base):
    """A claim that contradicts one on record, kept so that the town sees both."""

    __tablename__ = "refused_claim"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))
    """The report it contradicts."""
    key: Mapped[str] = mapped_column(sa.String(200))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    code: Mapped[str] = mapped_column(sa.String(32))
    content: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]


class Decision(Base):
    """A town verified a report or sent it back. Append-only; the latest one counts. One that takes another back
    restores what stood before and names in `undoes` the revision of what it takes back."""

    __tablename__ = "decision"
    __table_args__ = (sa.Index(None, "campaign_id", "report_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"))
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))
    status: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(64), default="")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    undoes: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]


class CurrentReport(Base):
    """Derived: the version that counts, one row per site and span, with what it counts for."""

    __tablename__ = "current_report"
    __table_args__ = (
        sa.Index(None, "campaign_id", "site_id", "last_period"),
        sa.Index("ix_current_report_doubtful", "campaign_id", "site_id",
                 sqlite_where=sa.text("doubtful"), postgresql_where=sa.text("doubtful")),
        {"postgresql_with": {"fillfactor": "60"}},
    )  # fmt: skip

    report_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    campaign_id: Mapped[str] = mapped_column(sa.String(64))
    district_id: Mapped[int | None] = mapped_column(BigId)
    site_id: Mapped[int] = mapped_column(BigId)
    first_period: Mapped[int]
    last_period: Mapped[int]
    version: Mapped[int]
    first_recorded_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(sa.String(16))
    persons: Mapped[int]
    tubes: Mapped[int | None]
    flags: Mapped[int]
    doubtful: Mapped[bool]


class Rollup(Base):
    """Derived: what the current reports below one place add up to in one period.

    Figures count in the last period a report covers; `on_time … verified` count in every open period it covers.
    `*_known` is the number of reports that state the figure, since unknown is not zero.
    """

    __tablename__ = "rollup"
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    place_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reports: Mapped[int]
    persons: Mapped[int] = mapped_column(sa.BigInteger)
    catch_up_persons: Mapped[int] = mapped_column(sa.BigInteger)
    verified_persons: Mapped[int] = mapped_column(sa.BigInteger)
    tubes: Mapped[int] = mapped_column(sa.BigInteger)
    tubes_known: Mapped[int]
    third_copies: Mapped[int] = mapped_column(sa.BigInteger)
    third_copies_known: Mapped[int]
    special_cases: Mapped[int] = mapped_column(sa.BigInteger)
    special_cases_known: Mapped[int]
    positives: Mapped[int] = mapped_column(sa.BigInteger)
    positives_known: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    zero: Mapped[int]
    returned: Mapped[int]
    verified: Mapped[int]
