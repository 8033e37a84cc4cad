"""problems

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "problem",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place_id", BigId, nullable=False),
        sa.Column("lab", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=True),
        sa.Column("entrance", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("start", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("arrived_at", Moment(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("passed_at", Moment(), nullable=True),
        sa.Column("passed_by", sa.String(length=100), nullable=False),
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("urged_at", Moment(), nullable=True),
        sa.Column("solved_at", Moment(), nullable=True),
        sa.Column("solved_by", sa.String(length=100), nullable=False),
        sa.Column("solution", sa.String(length=500), nullable=False),
        sa.Column("remedy", sa.String(length=32), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_problem_campaign_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_problem_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_problem_campaign_id_number")),
    )
    op.create_index(op.f("ix_problem_campaign_id_solved_at"), "problem", ["campaign_id", "solved_at"])
    op.create_table(
        "problem_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("problem_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("to", sa.String(length=16), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("remedy", sa.String(length=32), nullable=True),
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_problem_event_campaign_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_event_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_event")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_problem_event_campaign_id_key")),
    )
    op.create_index(op.f("ix_problem_event_campaign_id_problem_id"), "problem_event", ["campaign_id", "problem_id"])
    op.create_table(
        "mode_change",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("site_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("entrance", sa.Integer(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_mode_change_campaign_id")),
        sa.ForeignKeyConstraint(["site_id"], ["place.id"], name=op.f("fk_mode_change_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mode_change")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_mode_change_campaign_id_key")),
    )
    op.create_index(
        op.f("ix_mode_change_campaign_id_site_id_since"), "mode_change", ["campaign_id", "site_id", "since"]
    )
