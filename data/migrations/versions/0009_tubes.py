"""tubes

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "lab_report",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.Column("tested", sa.Integer(), nullable=True),
        sa.Column("reported", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "key", name=op.f("pk_lab_report")),
    )
    op.create_index(
        op.f("ix_lab_report_campaign_id_lab_id_starts_at"),
        "lab_report",
        ["campaign_id", "lab_id", "starts_at"],
        unique=True,
    )
    op.create_table(
        "tube",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("barcode", sa.String(length=32), nullable=False),
        sa.Column("site_id", BigId, nullable=True),
        sa.Column("site_low", BigId, nullable=True),
        sa.Column("site_high", BigId, nullable=True),
        sa.Column("named_site", BigId, nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("sampled_at", sa.BigInteger(), nullable=True),
        sa.Column("third_at", sa.BigInteger(), nullable=True),
        sa.Column("full_first", sa.BigInteger(), nullable=True),
        sa.Column("full_last", sa.BigInteger(), nullable=True),
        sa.Column("lane_low", sa.String(length=64), nullable=True),
        sa.Column("lane_high", sa.String(length=64), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("pool_size", sa.SmallInteger(), nullable=True),
        sa.Column("collected_at", sa.BigInteger(), nullable=True),
        sa.Column("box", sa.String(length=64), nullable=True),
        sa.Column("manifest", sa.String(length=64), nullable=True),
        sa.Column("lab_id", BigId, nullable=True),
        sa.Column("lab_low", BigId, nullable=True),
        sa.Column("lab_high", BigId, nullable=True),
        sa.Column("lab_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("received_box", sa.String(length=64), nullable=True),
        sa.Column("received_box_high", sa.String(length=64), nullable=True),
        sa.Column("received_manifest", sa.String(length=64), nullable=True),
        sa.Column("testing_at", sa.BigInteger(), nullable=True),
        sa.Column("resulted_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.SmallInteger(), nullable=True),
        sa.Column("result_at", sa.BigInteger(), nullable=True),
        sa.Column("void", sa.SmallInteger(), nullable=True),
        sa.Column("void_at", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("findings", sa.SmallInteger(), nullable=False),
        sa.Column("expected_lab_id", BigId, nullable=True),
        sa.Column("home_lab_id", BigId, nullable=True),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "barcode", name=op.f("pk_tube")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tube_site_id_box"), "tube", ["site_id", "box"], unique=False)
    op.create_index(
        "ix_tube_odd",
        "tube",
        ["campaign_id", "findings"],
        unique=False,
        sqlite_where=sa.text("findings <> 0"),
        postgresql_where=sa.text("findings <> 0"),
    )
    op.create_index("ix_tube_tail", "tube", [sa.text("substr(barcode, length(barcode) - 3)"), "campaign_id"])
    op.create_index(
        "ix_tube_waiting",
        "tube",
        ["campaign_id", "used_at"],
        unique=False,
        sqlite_where=sa.text("waiting"),
        postgresql_where=sa.text("waiting"),
    )
    op.create_table(
        "tube_age",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("owner", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tubes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "owner", "kind", "minute", name=op.f("pk_tube_age")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tube_box",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("site_id", BigId, autoincrement=False, nullable=False),
        sa.Column("box", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("lab_id", BigId, autoincrement=False, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "site_id", "box", "manifest", "lab_id", name=op.f("pk_tube_box")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tube_event",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("barcode", sa.String(length=32), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("site_id", BigId, nullable=True),
        sa.Column("lab_id", BigId, nullable=True),
        sa.Column("lane", sa.String(length=64), nullable=True),
        sa.Column("box", sa.String(length=64), nullable=True),
        sa.Column("manifest", sa.String(length=64), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("pool_size", sa.SmallInteger(), nullable=True),
        sa.Column("result", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.SmallInteger(), nullable=True),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "campaign_id", name=op.f("pk_tube_event")),
    )
    op.create_index(op.f("ix_tube_event_barcode_campaign_id"), "tube_event", ["barcode", "campaign_id"], unique=False)
    op.create_table(
        "tube_flow",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("owner", BigId, autoincrement=False, nullable=False),
        sa.Column("stage", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tubes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "owner", "stage", "quarter", name=op.f("pk_tube_flow")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tube_sum",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("owner", BigId, autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.Column("sampled", sa.Integer(), nullable=False),
        sa.Column("third", sa.Integer(), nullable=False),
        sa.Column("on_site", sa.Integer(), nullable=False),
        sa.Column("in_transit", sa.Integer(), nullable=False),
        sa.Column("at_lab", sa.Integer(), nullable=False),
        sa.Column("testing", sa.Integer(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("void", sa.Integer(), nullable=False),
        sa.Column("unregistered", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("wrong_lab", sa.Integer(), nullable=False),
        sa.Column("too_many_persons", sa.Integer(), nullable=False),
        sa.Column("before_sampling", sa.Integer(), nullable=False),
        sa.Column("no_receipt", sa.Integer(), nullable=False),
        sa.Column("copy_only", sa.Integer(), nullable=False),
        sa.Column("negative", sa.Integer(), nullable=False),
        sa.Column("positive", sa.Integer(), nullable=False),
        sa.Column("grey", sa.Integer(), nullable=False),
        sa.Column("single_target", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "owner", "period", name=op.f("pk_tube_sum")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.add_column("lab", sa.Column("home_id", BigId, nullable=True))
