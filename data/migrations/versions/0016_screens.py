"""screens

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "screen",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("location", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("scenes", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("bezel_px", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("joined_at", Moment(), nullable=True),
        sa.Column("joined_by", sa.String(length=100), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("reload_at", Moment(), nullable=True),
        sa.Column("drive", sa.JSON(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screen_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_screen_campaign_id_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_screen_token_hash")),
    )
    op.create_table(
        "screen_pairing",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=True),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("screen_id", BigId, nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screen_pairing_campaign_id")),
        sa.ForeignKeyConstraint(["screen_id"], ["screen.id"], name=op.f("fk_screen_pairing_screen_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_screen_pairing")),
    )
    op.create_table(
        "screen_contact",
        sa.Column("screen_id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("minute", sa.Integer(), nullable=True),
        sa.Column("scene", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("skew", sa.Double(), nullable=True),
        sa.Column("software", sa.String(length=40), nullable=False),
        sa.Column("data_until", Moment(), nullable=True),
        sa.Column("heap_mb", sa.Integer(), nullable=True),
        sa.Column("drawn_ms", sa.Integer(), nullable=True),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column("drops", sa.Integer(), nullable=True),
        sa.Column("turns_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screen_contact_campaign_id")),
        sa.ForeignKeyConstraint(["screen_id"], ["screen.id"], name=op.f("fk_screen_contact_screen_id")),
        sa.PrimaryKeyConstraint("screen_id", name=op.f("pk_screen_contact")),
    )
    op.create_table(
        "screen_freeze",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("data_until", Moment(), nullable=True),
        sa.Column("frozen_at", Moment(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screen_freeze_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_freeze")),
    )
    op.create_table(
        "screen_picture",
        sa.Column("freeze_id", BigId, nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("scene", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screen_picture_campaign_id")),
        sa.ForeignKeyConstraint(["freeze_id"], ["screen_freeze.id"], name=op.f("fk_screen_picture_freeze_id")),
        sa.PrimaryKeyConstraint("freeze_id", "place", "language", "scene", name=op.f("pk_screen_picture")),
    )
