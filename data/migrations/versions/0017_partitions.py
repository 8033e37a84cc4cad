"""partitions: a campaign's tubes in parts of their own on PostgreSQL, what became of them later, and the schema's floor

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from data import partitions
from data.models import Moment

revision = "0017"
down_revision = "0016"

CONTRACTS = (
    "tube and tube_event become other tables: a campaign that older code makes would have no part for its tubes"
)

INDEXES = {
    "tube": (
        "ALTER TABLE tube ADD CONSTRAINT pk_tube PRIMARY KEY (campaign_id, barcode)",
        "CREATE INDEX ix_tube_site_id_box ON tube (site_id, box)",
        "CREATE INDEX ix_tube_odd ON tube (campaign_id, findings) WHERE findings <> 0",
        "CREATE INDEX ix_tube_tail ON tube (substr(barcode, length(barcode) - 3), campaign_id)",
        "CREATE INDEX ix_tube_waiting ON tube (campaign_id, used_at) WHERE waiting",
    ),
    "tube_event": (
        "ALTER TABLE tube_event ADD CONSTRAINT pk_tube_event PRIMARY KEY (event_id, campaign_id)",
        "CREATE INDEX ix_tube_event_barcode_campaign_id ON tube_event (barcode, campaign_id)",
    ),
}

HOT = ("rollup", "current_report", "tube_sum", "tube_age", "tube_flow", "tube_box", "campaign", "screen_contact")
"""Rows that change with every batch: a fifth of the table dead before it is cleaned, the server's default, is late."""


def upgrade() -> None:
    op.create_table(
        "tube_archive",
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("dropped_at", Moment(), nullable=True),
        sa.Column("file", sa.String(length=300), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("tubes", sa.BigInteger(), nullable=True),
        sa.Column("events", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_tube_archive_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_tube_archive")),
    )
    op.create_table(
        "schema_floor",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_floor")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _split()


def _split() -> None:
    connection = op.get_bind()
    op.execute(f"CREATE SCHEMA {partitions.SCHEMA}")
    for table, indexes in INDEXES.items():
        # The old table is out of the way, and its indexes' names are free, before the new one gets its own.
        op.execute(f"ALTER TABLE {table} RENAME TO {table}_whole")
        op.execute(f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING DEFAULTS) PARTITION BY LIST (campaign_id)")
        known = f"SELECT id FROM campaign UNION SELECT DISTINCT campaign_id FROM {table}_whole ORDER BY 1"
        for campaign_id in connection.execute(sa.text(known)).scalars().all():
            partitions.make_apart(connection, table, campaign_id)
            # No quicker way in: no index yet, and a table made in the same transaction needs no log until its end.
            connection.execute(
                sa.text(
                    f"INSERT INTO {partitions.name_of(table, campaign_id)} "
                    f"SELECT * FROM {table}_whole WHERE campaign_id = :campaign"
                ),
                {"campaign": campaign_id},
            )
            partitions.attach(connection, table, campaign_id)
        op.execute(f"DROP TABLE {table}_whole")
        for statement in indexes:
            op.execute(statement)
    for table in HOT:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)"
        )
