"""Where a campaign's tubes and their events lie on PostgreSQL: in partitions of its own (docs/decisions/0033).

`tube` and `tube_event` are split by `campaign_id`; the parts stand in a schema of their own, so that what an operator
or a migration lists as the product's tables stays what the models say. There is no part for campaigns nobody made:
a row of such a one is refused by the database, never put where nobody looks for it. On SQLite nothing is split.
"""

import re
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

SCHEMA = "partitions"

SPLIT = {
    # Room on a page for the next version of a row that changes; hot rows are cleaned up early.
    "tube": "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05",
    "tube_event": "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05",
}
"""The split tables, with what their parts are told about storage."""


def name_of(table: str, campaign_id: str) -> str:
    """The part of `table` that holds the campaign, schema included: readable, and short enough for any id."""
    readable = re.sub(r"[^a-z0-9]+", "_", campaign_id.lower()).strip("_")[:30]
    return f"{SCHEMA}.{table}_{readable}_{sha256(campaign_id.encode()).hexdigest()[:8]}"


def make(connection: sa.Connection, campaign_id: str) -> None:
    """Make the campaign's parts unless they stand, within the caller's transaction.

    Made apart and attached then: to make one in place would lock every campaign's tubes until the transaction ends.
    """
    if connection.dialect.name != "postgresql":
        return
    for table in SPLIT:
        if stands(connection, table, campaign_id):
            continue
        make_apart(connection, table, campaign_id)
        attach(connection, table, campaign_id)


def make_apart(connection: sa.Connection, table: str, campaign_id: str) -> None:
    """An empty table like `table`, without its indexes, that is no part of it yet."""
    connection.exec_driver_sql(
        f"CREATE TABLE {name_of(table, campaign_id)} (LIKE {table} INCLUDING DEFAULTS) WITH ({SPLIT[table]})"
    )


def attach(connection: sa.Connection, table: str, campaign_id: str) -> None:
    """Make it a part of `table`; the indexes `table` has are built on it."""
    connection.exec_driver_sql(
        f"ALTER TABLE {table} ATTACH PARTITION {name_of(table, campaign_id)} FOR VALUES IN ({_quoted(campaign_id)})"
    )


def drop(connection: sa.Connection, campaign_id: str) -> None:
    """Take the campaign's parts off and drop them, with every row in them, within the caller's transaction.

    Everybody else waits for that transaction's end: it should do nothing more.
    """
    standing = [table for table in SPLIT if stands(connection, table, campaign_id)]
    for table in standing:
        connection.exec_driver_sql(f"ALTER TABLE {table} DETACH PARTITION {name_of(table, campaign_id)}")
    for table in standing:
        connection.exec_driver_sql(f"DROP TABLE {name_of(table, campaign_id)}")


def stands(connection: sa.Connection, table: str, campaign_id: str) -> bool:
    """Whether the campaign has its part of `table`."""
    found = connection.execute(sa.text("SELECT to_regclass(:name)"), {"name": name_of(table, campaign_id)})
    return found.scalar() is not None


def _quoted(value: str) -> str:
    """The value as a literal: a statement that defines tables takes no parameters."""
    return str(sa.literal(value).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
