"""ledger

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "finding_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("place_id", BigId, nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=True),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("tubes", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_event")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_finding_event_campaign_id_key")),
    )
    op.create_index(
        op.f("ix_finding_event_campaign_id_finding"), "finding_event", ["campaign_id", "finding"], unique=False
    )
    op.create_table(
        "site_sign_off",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("site_id", BigId, nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("site_count", sa.Integer(), nullable=False),
        sa.Column("lab_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=100), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_sign_off")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_site_sign_off_campaign_id_key")),
    )
    op.create_index(
        op.f("ix_site_sign_off_campaign_id_site_id"), "site_sign_off", ["campaign_id", "site_id"], unique=False
    )
    op.create_table(
        "tube_alias",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.String(length=32), nullable=False),
        sa.Column("barcode", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "wrong", name=op.f("pk_tube_alias")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tube_alias_campaign_id_barcode"), "tube_alias", ["campaign_id", "barcode"], unique=False)
    op.create_table(
        "tube_withdrawal",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "event_id", name=op.f("pk_tube_withdrawal")),
        sqlite_with_rowid=False,
    )
