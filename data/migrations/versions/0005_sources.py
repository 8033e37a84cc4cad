"""sources

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=300), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_tried_at", Moment(), nullable=True),
        sa.Column("last_success_at", Moment(), nullable=True),
        sa.Column("newest_at", Moment(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refused_run", BigId, nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_source_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_source_campaign_id_key")),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_table(
        "source_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("refused_rows", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_source_run_campaign_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_run_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_run")),
    )
    op.create_index(op.f("ix_source_run_campaign_id_source_id_id"), "source_run", ["campaign_id", "source_id", "id"])
    op.create_table(
        "source_file",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_source_file_campaign_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_file_source_id")),
        sa.PrimaryKeyConstraint("campaign_id", "source_id", "hash", name=op.f("pk_source_file")),
    )
    op.create_table(
        "source_trial",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("source_id", BigId, nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_source_trial_campaign_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_trial_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_trial")),
    )
