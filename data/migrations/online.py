"""What a migration does beside people at work."""

import sqlalchemy as sa
from alembic import op

from data import partitions


def create_index(name: str, table: str, columns: str, where: str = "") -> None:
    """Build an index on a table that is in use; `columns` and `where` are SQL. One that stands already stays.

    On PostgreSQL nobody waits for it, and it may be built again where it was interrupted: a half-built one is taken
    away first. For a split table that means one part after the other.
    """
    rest = f"({columns})" + (f" WHERE {where}" if where else "")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} {rest}")
        return
    with op.get_context().autocommit_block():
        if table not in partitions.SPLIT:
            _build(name, table, rest)
            return
        # New campaigns get theirs with their part from here on.
        op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON ONLY {table} {rest}")
        for part in _parts(table):
            # Not the index's name with the part's: that may be longer than names are.
            own = f"{part.partition('.')[2]}_{name}"[-63:]
            if not _attached(f"{partitions.SCHEMA}.{own}"):
                _build(own, part, rest)
                op.execute(f"ALTER INDEX {name} ATTACH PARTITION {partitions.SCHEMA}.{own}")


def _build(name: str, table: str, rest: str) -> None:
    valid = op.get_bind().scalar(
        sa.text("SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = :name"),
        {"name": name},
    )
    if valid:
        return
    if valid is False:
        schema = f"{partitions.SCHEMA}." if "." in table else ""
        op.execute(f"DROP INDEX CONCURRENTLY {schema}{name}")
    op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} {rest}")


def _parts(table: str) -> list[str]:
    """The parts of a split table that do not have the index yet from being made after it."""
    found = sa.text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:table AS regclass)")
    return list(op.get_bind().scalars(found, {"table": table}))


def _attached(index: str) -> bool:
    found = sa.text("SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(:index))")
    return bool(op.get_bind().scalar(found, {"index": index}))
