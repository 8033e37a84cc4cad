"""Many rows at once, the quickest way each database has: arrays on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Base

Row = Sequence[Any]
"""Values in the order of the named columns, as the driver takes them."""


def insert_missing(
    session: Session, model: type[Base], columns: Sequence[str], rows: Sequence[Row], key: str
) -> set[Any]:
    """Insert the rows whose primary key is not there yet, and return their values of the column `key`.

    Two writers may do so at once: one waits for the other. `rows` must be sorted by key, so that they cannot wait for
    each other, and have each key once.
    """
    if not rows:
        return set()
    table = _table(model)
    into = f"INSERT INTO {table.name} ({', '.join(columns)})"
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        given, values = _given(connection, table, columns, [*zip(*rows, strict=True)])
        found = connection.exec_driver_sql(
            f"{into} {given} ON CONFLICT ({_key(table)}) DO NOTHING RETURNING {key}", values
        )
        return set(found.scalars())
    # Here the writer has the database to itself.
    at = columns.index(key)
    fixed = {name: rows[0][columns.index(name)] for name in _keys(table) if name != key}
    known = {row[0] for row in rows_of(session, model, (key,), fixed, key, [row[at] for row in rows])}
    fresh = [tuple(row) for row in rows if row[at] not in known] if known else [tuple(row) for row in rows]
    if fresh:
        connection.exec_driver_sql(f"{into} VALUES ({', '.join('?' * len(columns))})", fresh)
    return {row[at] for row in fresh}


def upsert(
    session: Session, model: type[Base], columns: Sequence[str], rows: Sequence[Row], *, add: Sequence[str] = ()
) -> None:
    """Insert the rows, or where their key stands already set the other columns: those in `add` by addition."""
    if not rows:
        return
    table = _table(model)
    keys = _keys(table)
    listed = [*zip(*rows, strict=True)]
    # A batch adds to few of a sum's columns: the others stay as they are.
    same = {name for name, column in zip(columns, listed, strict=True) if name in add and not any(column)}
    settings = ", ".join(
        f"{name} = {table.name}.{name} + excluded.{name}" if name in add else f"{name} = excluded.{name}"
        for name in columns
        if name not in keys and name not in same
    )
    into = f"INSERT INTO {table.name} ({', '.join(columns)})"
    instead = f"ON CONFLICT ({_key(table)}) DO " + (f"UPDATE SET {settings}" if settings else "NOTHING")
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        given, values = _given(connection, table, columns, listed)
        connection.exec_driver_sql(f"{into} {given} {instead}", values)
    else:
        connection.exec_driver_sql(
            f"{into} VALUES ({', '.join('?' * len(columns))}) {instead}", [tuple(row) for row in rows]
        )


def delete_empty(session: Session, model: type[Base], keys: Sequence[Row], column: str) -> None:
    """Delete the rows of these primary keys whose `column` is 0, each found by its key however many rows there are.
    All keys begin with the same campaign."""
    if not keys:
        return
    table = _table(model)
    names = _keys(table)
    fixed, *own = names
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        same = " AND ".join(f"{name} = wanted.{name}" for name in own)
        types = (table.c[name].type.compile(dialect=connection.dialect) for name in own)
        arrays = ", ".join(f"{_ARRAY}::{type_}[]" for type_ in types)
        # Row by row, like `rows_of`; nobody else changes them under the campaign's lock.
        connection.exec_driver_sql(
            f"DELETE FROM {table.name} WHERE {fixed} = %s AND ctid = ANY(ARRAY("
            f"SELECT found.ctid FROM unnest({arrays}) AS wanted({', '.join(own)}) CROSS JOIN LATERAL "
            f"(SELECT ctid FROM {table.name} WHERE {fixed} = %s AND {same} AND {column} = 0 OFFSET 0) AS found))",
            (keys[0][0], *map(_pack, [*zip(*keys, strict=True)][1:]), keys[0][0]),
        )
        return
    where = " AND ".join(f"{name} = ?" for name in names)
    connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {where} AND {column} = 0", [tuple(k) for k in keys])


def rows_of(
    session: Session,
    model: type[Base],
    columns: Sequence[str],
    fixed: Mapping[str, Any],
    key: str,
    values: Sequence[str],
) -> list[tuple[Any, ...]]:
    """The named columns of the rows that have the `fixed` values and one of `values` in `key`, by the index on both.

    On PostgreSQL each value is looked up by itself: a planner that has not been told how large a table has become
    would read all of it.
    """
    if not values:
        return []
    table = _table(model)
    connection = session.connection()
    listed = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        type_ = table.c[key].type.compile(dialect=connection.dialect)
        where = " AND ".join(f"{name} = %s" for name in fixed)
        found = connection.exec_driver_sql(
            f"SELECT found.* FROM unnest({_ARRAY}::{type_}[]) AS wanted(one) CROSS JOIN LATERAL "
            f"(SELECT {listed} FROM {table.name} WHERE {where} AND {key} = wanted.one OFFSET 0) AS found",
            (_pack(values), *fixed.values()),
        )
        return [tuple(row) for row in found]
    where = " AND ".join(f"{name} = ?" for name in fixed)
    found = connection.exec_driver_sql(
        f"SELECT {listed} FROM {table.name} WHERE {where} AND {key} IN (SELECT value FROM json_each(?))",
        (*fixed.values(), orjson.dumps(list(values)).decode()),
    )
    return [tuple(row) for row in found]


def _table(model: type[Base]) -> sa.Table:
    return cast(sa.Table, model.__table__)


def _keys(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _key(table: sa.Table) -> str:
    return ", ".join(_keys(table))


def _given(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str], listed: Sequence[Sequence[Any]]
) -> tuple[str, tuple[Any, ...]]:
    """The rows, `listed` column by column, as a SELECT and its values: columns as arrays, but one that says the same
    in every row as that value."""
    shown, constant, names, arrays, packed = [], [], [], [], []
    for name, column in zip(columns, listed, strict=True):
        type_ = table.c[name].type.compile(dialect=connection.dialect)
        if column.count(column[0]) == len(column):
            shown.append(f"%s::{type_}")
            constant.append(column[0])
        else:
            shown.append(f"given.{name}")
            names.append(name)
            arrays.append(f"{_ARRAY}::{type_}[]")
            packed.append(_pack(column))
    source = f" FROM unnest({', '.join(arrays)}) AS given({', '.join(names)})" if names else ""
    return f"SELECT {', '.join(shown)}{source}", (*constant, *packed)


_APART, _NONE, _EMPTY = "\x1f", "\x1e", "\x1d"
_ARRAY = f"array_replace(string_to_array(%s, E'{_APART}', E'{_NONE}'), E'{_EMPTY}', '')"
"""A column of values as one text: the driver makes arrays value by value, which took a third of all the time."""


def _pack(values: Sequence[Any]) -> str:
    """The values as `_ARRAY` reads them. Raises `ValueError` for one that holds a mark of its own."""
    written = [_NONE if value is None else str(value) or _EMPTY for value in values]
    packed = _APART.join(written)
    if packed.count(_APART) != len(written) - 1:
        raise ValueError("a control character in a value")
    return packed
