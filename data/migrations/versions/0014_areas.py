"""areas

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from data.models import BigId, Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "area_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("district_id", BigId, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("stated_crs", sa.String(length=200), nullable=False),
        sa.Column("shift", sa.String(length=8), nullable=False),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Moment(), nullable=False),
        sa.Column("valid_to", Moment(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_area_version_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_version")),
    )
    op.create_index(op.f("ix_area_version_campaign_id_kind"), "area_version", ["campaign_id", "kind"])
    op.create_table(
        "cell",
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("place_id", BigId, nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("persons", sa.Double(), nullable=True),
        sa.Column("size_m", sa.Double(), nullable=True),
        sa.Column("outline", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["area_version.id"], name=op.f("fk_cell_version_id")),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_cell")),
    )
    op.create_table(
        "village",
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("place_id", BigId, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("rough", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["area_version.id"], name=op.f("fk_village_version_id")),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_village")),
    )
    op.create_table(
        "road_network",
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["area_version.id"], name=op.f("fk_road_network_version_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_road_network")),
    )
    op.create_table(
        "place_location",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("place_id", BigId, nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("valid_from", Moment(), nullable=False),
        sa.Column("valid_to", Moment(), nullable=True),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_place_location_campaign_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_location_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_location")),
    )
    op.create_index(op.f("ix_place_location_campaign_id_place_id"), "place_location", ["campaign_id", "place_id"])
    op.add_column("boundary", sa.Column("version_id", BigId, nullable=True))
