"""Tubes: the events they are known by, and what is kept summed of them (docs/decisions/0017).

`tube_event` and `lab_report` are facts; everything else here is derived from them and can be computed anew. Times of
events are whole seconds since 1970. None of these tables has a foreign key: a check of one would lock the campaign's
row, which is what writers take turns by.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId

_CHANGES = {"postgresql_with": {"fillfactor": "50"}, "sqlite_with_rowid": False}
"""Room on a page for the next version of a row that changes; on SQLite the key is where the row is."""

_BY_CAMPAIGN = {"postgresql_partition_by": "LIST (campaign_id)"}
"""Each campaign has its part (`data.partitions`), made with it; storage is said there."""

_Code = sa.String(64)
_Long = sa.BigInteger
_Small = sa.SmallInteger


class TubeEvent(Base):
    """One event of one tube, as sent. Never changed."""

    __tablename__ = "tube_event"
    # No two indexes begin with the campaign: a planner that knows nothing of a new one yet takes either for as good.
    __table_args__ = (sa.Index(None, "barcode", "campaign_id"), _BY_CAMPAIGN)

    event_id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    digest: Mapped[int] = mapped_column(_Long)
    """`domain.tube_events.Event.digest`: whether the same key says the same."""
    barcode: Mapped[str] = mapped_column(sa.String(32))
    type: Mapped[int] = mapped_column(_Small)
    at: Mapped[int] = mapped_column(_Long)
    site_id: Mapped[int | None] = mapped_column(BigId)
    lab_id: Mapped[int | None] = mapped_column(BigId)
    lane: Mapped[str | None] = mapped_column(_Code)
    box: Mapped[str | None] = mapped_column(_Code)
    manifest: Mapped[str | None] = mapped_column(_Code)
    persons: Mapped[int | None]
    pool_size: Mapped[int | None] = mapped_column(_Small)
    result: Mapped[int | None] = mapped_column(_Small)
    reason: Mapped[int | None] = mapped_column(_Small)
    district_id: Mapped[int | None] = mapped_column(BigId)
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]


class TubeRow(Base):
    """Derived: what the events of one barcode add up to (`domain.tubes.Tube`), and where that puts it."""

    __tablename__ = "tube"
    __table_args__ = (
        sa.Index(None, "site_id", "box"),
        sa.Index("ix_tube_waiting", "campaign_id", "used_at",
                 sqlite_where=sa.text("waiting"), postgresql_where=sa.text("waiting")),
        sa.Index("ix_tube_odd", "campaign_id", "findings",
                 sqlite_where=sa.text("findings <> 0"), postgresql_where=sa.text("findings <> 0")),
        # By the last four characters, which is what people read out (`data.queries.tube_life`).
        sa.Index("ix_tube_tail", sa.text("substr(barcode, length(barcode) - 3)"), "campaign_id"),
        {**_BY_CAMPAIGN, "sqlite_with_rowid": False},
    )  # fmt: skip

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    barcode: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    site_id: Mapped[int | None] = mapped_column(BigId)
    site_low: Mapped[int | None] = mapped_column(BigId)
    site_high: Mapped[int | None] = mapped_column(BigId)
    named_site: Mapped[int | None] = mapped_column(BigId)
    used_at: Mapped[int | None] = mapped_column(_Long)
    sampled_at: Mapped[int | None] = mapped_column(_Long)
    third_at: Mapped[int | None] = mapped_column(_Long)
    full_first: Mapped[int | None] = mapped_column(_Long)
    full_last: Mapped[int | None] = mapped_column(_Long)
    lane_low: Mapped[str | None] = mapped_column(_Code)
    lane_high: Mapped[str | None] = mapped_column(_Code)
    persons: Mapped[int | None]
    pool_size: Mapped[int | None] = mapped_column(_Small)
    collected_at: Mapped[int | None] = mapped_column(_Long)
    box: Mapped[str | None] = mapped_column(_Code)
    manifest: Mapped[str | None] = mapped_column(_Code)
    lab_id: Mapped[int | None] = mapped_column(BigId)
    lab_low: Mapped[int | None] = mapped_column(BigId)
    lab_high: Mapped[int | None] = mapped_column(BigId)
    lab_at: Mapped[int | None] = mapped_column(_Long)
    received_at: Mapped[int | None] = mapped_column(_Long)
    received_box: Mapped[str | None] = mapped_column(_Code)
    received_box_high: Mapped[str | None] = mapped_column(_Code)
    received_manifest: Mapped[str | None] = mapped_column(_Code)
    testing_at: Mapped[int | None] = mapped_column(_Long)
    resulted_at: Mapped[int | None] = mapped_column(_Long)
    result: Mapped[int | None] = mapped_column(_Small)
    result_at: Mapped[int | None] = mapped_column(_Long)
    void: Mapped[int | None] = mapped_column(_Small)
    void_at: Mapped[int | None] = mapped_column(_Long)
    stage: Mapped[int] = mapped_column(_Small)
    findings: Mapped[int] = mapped_column(_Small)
    expected_lab_id: Mapped[int | None] = mapped_column(BigId)
    home_lab_id: Mapped[int | None] = mapped_column(BigId)
    """The laboratory that has it, or will: `domain.tubes.Tube.home`."""
    waiting: Mapped[bool]
    """Used and not yet at a laboratory."""
    district_id: Mapped[int | None] = mapped_column(BigId)


class TubeArchive(Base):
    """A campaign whose tubes and events leave the database (`data.retention`). From `begun_at` on nothing more is
    taken in; with `dropped_at` they are gone, and `file`, whose content has the hash `sha256`, holds them."""

    __tablename__ = "tube_archive"

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    begun_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(300))
    dropped_at: Mapped[datetime | None]
    file: Mapped[str | None] = mapped_column(sa.String(300))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    tubes: Mapped[int | None] = mapped_column(_Long)
    events: Mapped[int | None] = mapped_column(_Long)


class TubeSum(Base):
    """Derived: the tubes of one owner used in one period. `owner` is a place's id, or a laboratory's with a minus
    sign; a laboratory owns the tubes it has and those on their way to it. A tube nobody registered counts in the
    period in which it arrived."""

    __tablename__ = "tube_sum"
    __table_args__ = (_CHANGES,)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    owner: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    used: Mapped[int]
    persons: Mapped[int] = mapped_column(_Long)
    sampled: Mapped[int]
    third: Mapped[int]
    on_site: Mapped[int]
    in_transit: Mapped[int]
    at_lab: Mapped[int]
    testing: Mapped[int]
    reported: Mapped[int]
    void: Mapped[int]
    unregistered: Mapped[int]
    duplicate: Mapped[int]
    wrong_lab: Mapped[int]
    too_many_persons: Mapped[int]
    before_sampling: Mapped[int]
    no_receipt: Mapped[int]
    copy_only: Mapped[int]
    negative: Mapped[int]
    positive: Mapped[int]
    grey: Mapped[int]
    single_target: Mapped[int]
    invalid: Mapped[int]


class TubeAge(Base):
    """Derived: tubes waiting in a stage, by a minute since 1970. `kind` is the stage for minutes of entry into it,
    the stage + 10 for minutes of use. Owners are towns, what lies above them, and laboratories."""

    __tablename__ = "tube_age"
    __table_args__ = (_CHANGES,)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    owner: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(_Small, primary_key=True, autoincrement=False)
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tubes: Mapped[int]


class TubeFlow(Base):
    """Derived: tubes that had come to a stage at least, by the quarter of an hour since 1970 in which they did."""

    __tablename__ = "tube_flow"
    __table_args__ = (_CHANGES,)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    owner: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    stage: Mapped[int] = mapped_column(_Small, primary_key=True, autoincrement=False)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tubes: Mapped[int]


class TubeBox(Base):
    """Derived: one box of one site: tubes sent in it, and how many of those a laboratory has received."""

    __tablename__ = "tube_box"
    __table_args__ = (_CHANGES,)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    site_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    box: Mapped[str] = mapped_column(_Code, primary_key=True)
    manifest: Mapped[str] = mapped_column(_Code, primary_key=True)
    lab_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """Where it is bound, or was received; 0 where nobody knows."""
    sent: Mapped[int]
    received: Mapped[int]


class LabReport(Base):
    """Counts of a laboratory that has no barcodes to give, for one hour, as sent. Never changed."""

    __tablename__ = "lab_report"
    __table_args__ = (sa.Index(None, "campaign_id", "lab_id", "starts_at", unique=True),)

    campaign_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    lab_id: Mapped[int] = mapped_column(BigId)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    received: Mapped[int | None]
    tested: Mapped[int | None]
    reported: Mapped[int | None]
    actor: Mapped[str] = mapped_column(sa.String(300))
    recorded_at: Mapped[datetime]
    revision: Mapped[int]
