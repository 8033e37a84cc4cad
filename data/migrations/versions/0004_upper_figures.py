"""upper figures

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from data.models import Moment

revision = "0004"
down_revision = "0003"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "upper_figure",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BIG_ID, nullable=True),
        sa.Column("place_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("tubes", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_upper_figure_campaign_id"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_upper_figure_place_id"),
        sa.PrimaryKeyConstraint("id", name="pk_upper_figure"),
        sa.UniqueConstraint("campaign_id", "key", name="uq_upper_figure_campaign_id_key"),
    )
    op.create_index("ix_upper_figure_campaign_id_place_id_at", "upper_figure", ["campaign_id", "place_id", "at"])
