"""registry

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "lab_record",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("copied_from", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_lab_record_campaign_id")),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_record_lab_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_record")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_lab_record_campaign_id_key")),
    )
    op.create_index(op.f("ix_lab_record_campaign_id_lab_id"), "lab_record", ["campaign_id", "lab_id"])
    op.create_index(
        "ix_lab_record_current",
        "lab_record",
        ["campaign_id", "subject"],
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
