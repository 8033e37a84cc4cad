"""matching

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "matching_plan",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("place_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("gains", sa.JSON(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_matching_plan_campaign_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_matching_plan_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_plan")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_matching_plan_campaign_id_number")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_matching_plan_campaign_id_key")),
    )
    op.create_table(
        "matching_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("plan_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("need", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_matching_event_campaign_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["matching_plan.id"], name=op.f("fk_matching_event_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_event")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_matching_event_campaign_id_key")),
    )
    op.create_index(op.f("ix_matching_event_campaign_id_plan_id"), "matching_event", ["campaign_id", "plan_id"])
    op.create_table(
        "support_call",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("task", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_support_call_campaign_id")),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_support_call_lab_id")),
        sa.PrimaryKeyConstraint("campaign_id", "lab_id", "day", name=op.f("pk_support_call")),
    )
