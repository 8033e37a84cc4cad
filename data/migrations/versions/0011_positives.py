"""positives

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "positive_task",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("barcode", sa.String(length=32), nullable=False),
        sa.Column("site_id", BigId, nullable=True),
        sa.Column("lab_id", BigId, nullable=True),
        sa.Column("result", sa.SmallInteger(), nullable=False),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positive_task")),
        sa.UniqueConstraint("campaign_id", "barcode", name=op.f("uq_positive_task_campaign_id_barcode")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_positive_task_campaign_id_number")),
    )
    op.create_index(op.f("ix_positive_task_campaign_id_closed_at"), "positive_task", ["campaign_id", "closed_at"])
    op.create_table(
        "positive_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_lab", sa.Boolean(), nullable=False),
        sa.Column("result", sa.SmallInteger(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("parties", sa.String(length=200), nullable=False),
        sa.Column("barcodes", sa.Text(), nullable=False),
        sa.Column("second", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["positive_task.id"], name=op.f("fk_positive_event_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positive_event")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_positive_event_campaign_id_key")),
    )
    op.create_index(op.f("ix_positive_event_campaign_id_task_id"), "positive_event", ["campaign_id", "task_id"])
    op.create_table(
        "positive_resample",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("barcode", sa.String(length=32), nullable=False),
        sa.Column("task_id", BigId, nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["positive_task.id"], name=op.f("fk_positive_resample_task_id")),
        sa.PrimaryKeyConstraint("campaign_id", "barcode", name=op.f("pk_positive_resample")),
    )
    op.create_index(op.f("ix_positive_resample_campaign_id_task_id"), "positive_resample", ["campaign_id", "task_id"])
