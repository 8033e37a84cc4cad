"""planning

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "planned_site",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("town_id", BigId, nullable=False),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("inspection", sa.JSON(), nullable=True),
        sa.Column("inspected_at", Moment(), nullable=True),
        sa.Column("inspected_by", sa.String(length=100), nullable=False),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.Column("approved_by", sa.String(length=100), nullable=False),
        sa.Column("approved_over", sa.Integer(), nullable=False),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("released_by", sa.String(length=100), nullable=False),
        sa.Column("released_why", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_planned_site_campaign_id")),
        sa.ForeignKeyConstraint(["town_id"], ["place.id"], name=op.f("fk_planned_site_town_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_site")),
        sa.UniqueConstraint("campaign_id", "code", name=op.f("uq_planned_site_campaign_id_code")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_planned_site_campaign_id_number")),
    )
    op.create_index(op.f("ix_planned_site_campaign_id_town_id"), "planned_site", ["campaign_id", "town_id"])
    op.create_table(
        "planning_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("planned_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("who", sa.String(length=300), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_planning_event_campaign_id")),
        sa.ForeignKeyConstraint(["planned_id"], ["planned_site.id"], name=op.f("fk_planning_event_planned_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_event")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_planning_event_campaign_id_key")),
    )
    op.create_index(op.f("ix_planning_event_campaign_id_planned_id"), "planning_event", ["campaign_id", "planned_id"])
