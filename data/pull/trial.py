"""A definition tried: asked like a pull, taken in without being kept, its first rows shown."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.files import What, read_mapping
from data.ingest.mapping import apply
from data.ingest.pulled import Word
from data.ingest.tables import Cell, Table
from data.models import SourceTrial
from data.pull.asking import Failed, Surroundings, unexpected
from data.pull.folder import Folder, Looks, unreadable
from data.pull.pulling import fetch, take_table
from data.pull.refused import RefusedRows
from data.sources import actor_of, definition_of
from domain.clock import Clock
from domain.errors import Unreadable
from domain.variables import MissingSecret

FIRST = 10
"""Rows that are shown."""

TRIED = 500
"""Rows that are taken in, without being kept: a trial holds up everybody else's writes as long as it lasts."""


def run(database: Database, trial_id: int, around: Surroundings, clock: Clock) -> None:
    """Try the definition of that trial and keep what the form is to show."""
    with database.read() as session:
        trial = session.get_one(SourceTrial, trial_id)
    result = _attempt(database, trial, around, clock)
    with database.write() as session:
        session.get_one(SourceTrial, trial_id).result = result


def _attempt(database: Database, trial: SourceTrial, around: Surroundings, clock: Clock) -> dict[str, Any]:
    try:
        return _looked_at(database, trial, around, clock)
    except Failed as failure:
        return _failed(failure)
    except MissingSecret as missing:
        return _failed(Failed("missing_secret", name=missing.name))
    except Unreadable as problem:
        return _failed(unreadable(problem))
    except SQLAlchemyError:
        raise
    except Exception as error:
        return _failed(unexpected(error, f"trial {trial.id}"))


def _failed(failure: Failed) -> dict[str, Any]:
    return {"problem": {"code": failure.code, "params": failure.params}}


def _looked_at(database: Database, trial: SourceTrial, around: Surroundings, clock: Clock) -> dict[str, Any]:
    source = definition_of(trial)
    with database.read() as session:
        row = campaigns.find(session, trial.campaign_id)
        zone = ZoneInfo(row.timezone)
        now = campaigns.now_for(row, clock())
    times = {"since": row.starts_at.astimezone(zone), "now": now.astimezone(zone)}
    stated = read_mapping(What(source.what), source.mapping)
    watched = Folder(source, around, Looks(), lambda digest: False, keep=True)
    part = next(fetch(source, around, stated, times, watched), None)
    found: dict[str, Any] = {"waiting": watched.waiting, "name": part.name if part and part.hash else ""}
    if part is not None and part.failure is not None:
        raise part.failure
    table = part.table if part is not None else None
    if table is None or not table.headers:
        return {**found, "rows": 0, "headers": [], "fields": [], "first": []}
    tried = replace(table, lines=table.lines[:TRIED])
    actor = actor_of(trial.source_id) if trial.source_id is not None else f"trial {trial.id}"
    word = Word(actor, source.name, _anybody)
    result = take_table(database, trial.campaign_id, source, tried, stated, word, clock, dry_run=True)
    refused = RefusedRows()
    refused.add(result, zone, "")
    return {
        **found,
        "rows": len(table.lines),
        "tried": result.rows,
        "accepted": result.batch.accepted,
        "corrected": word.corrected,
        "unchanged": result.batch.unchanged,
        "skipped": result.batch.skipped,
        "refused": refused.count,
        "refused_rows": refused.rows[:FIRST],
        "headers": list(table.headers),
        **_first(tried, result.mapping.columns, result),
    }


def _first(table: Table, columns: Mapping[str, str], result: Any) -> dict[str, Any]:
    """The first rows as our fields: what else the other system delivers is not shown."""
    fields = [*columns, *result.mapping.constants]
    rows = []
    for line, row in apply(replace(table, lines=table.lines[:FIRST]), result.mapping):
        rows.append([line.number, *(_written(row[name]) for name in fields)])  # type: ignore[arg-type]
    return {"fields": fields, "first": rows}


def _written(cell: Cell) -> str | int | float | None:
    return cell if isinstance(cell, str | int | float) or cell is None else cell.isoformat()


def _anybody(_session: Session) -> None:
    """A trial keeps nothing, so nobody can be in its way."""
