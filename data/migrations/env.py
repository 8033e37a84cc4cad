"""Alembic's entry: runs on the connection `data.database.Database.upgrade` hands over.

A migration that takes something away, or changes what it means, says why in `CONTRACTS`. It raises the schema's floor
to itself: older code refuses to work on what it would misread. One that only adds says nothing, and code older than
it goes on (docs/production-database.md).
"""

from typing import Any

import sqlalchemy as sa
from alembic import context

from data.models import Base

connection = context.config.attributes["connection"]


def raise_floor(ctx: Any, step: Any, heads: object, run_args: object) -> None:
    """Called after each migration, by these names."""
    if step.is_upgrade and hasattr(step.up_revision.module, "CONTRACTS"):
        ctx.connection.execute(sa.text("DELETE FROM schema_floor"))
        ctx.connection.execute(
            sa.text("INSERT INTO schema_floor (revision) VALUES (:revision)"), {"revision": step.up_revision_id}
        )


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    # Each is done or not at all, by itself: one may then build an index beside writers, outside any transaction.
    transaction_per_migration=connection.dialect.name != "sqlite",
    on_version_apply=raise_floor,
)
with context.begin_transaction():
    context.run_migrations()
