"""town page

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("report", sa.Column("channel", sa.String(length=16), nullable=True))
    op.add_column("decision", sa.Column("undoes", sa.Integer(), nullable=True))
