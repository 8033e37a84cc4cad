"""bulletins

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from data.models import Moment

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", NUMBER, nullable=True),
        sa.Column("place_id", NUMBER, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("replacement", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("data_until", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("remark", sa.String(length=1000), nullable=False),
        sa.Column("replaces_id", NUMBER, nullable=True),
        sa.Column("frozen", sa.JSON(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("drafted_by", sa.String(length=300), nullable=False),
        sa.Column("drafted_name", sa.String(length=300), nullable=False),
        sa.Column("reviewed_at", Moment(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=300), nullable=False),
        sa.Column("reviewed_name", sa.String(length=300), nullable=False),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("signed_by", sa.String(length=300), nullable=False),
        sa.Column("signed_name", sa.String(length=300), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(length=300), nullable=False),
        sa.Column("ended_reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_bulletin_campaign_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_bulletin_place_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["bulletin.id"], name=op.f("fk_bulletin_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_bulletin_campaign_id_key")),
    )
    op.create_index(
        "ix_bulletin_standing",
        "bulletin",
        ["campaign_id", "place_id", "number", "replacement"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "bulletin_template",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", NUMBER, nullable=True),
        sa.Column("place_id", NUMBER, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_bulletin_template_campaign_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_bulletin_template_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_template")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_bulletin_template_campaign_id_key")),
    )
