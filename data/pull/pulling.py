"""One pull from beginning to end: ask, take the rows in, write down how it went.

Every step may be the last one before the power goes. Rows are taken in by keys that come out the same again, so that
what was done is found done; only then is a file remembered, and last the pull itself written down.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import random
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.file_import import FileResult
from data.ingest.files import INTAKES, What, import_table, read_mapping
from data.ingest.mapping import FileMapping
from data.ingest.pulled import Word
from data.ingest.tables import Table
from data.models import CampaignRow, Source, SourceFile, SourceRun
from data.pull import folder, http, sql
from data.pull.asking import Failed, Part, Surroundings, unexpected
from data.pull.folder import Folder, Looks, unreadable
from data.pull.refused import RefusedRows
from data.pull.times import in_zone
from data.pull.turns import LostLease, Turn
from data.sources import actor_of
from domain.clock import Clock
from domain.errors import Unreadable
from domain.pulling import retry_pause, slot_after
from domain.sources import Definition, Kind
from domain.variables import MissingSecret
from locales import DEFAULT, text

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=1)
"""How far before the last success `:since` reaches back: what was changed late is seen again."""

KEPT_RUNS = 200
"""Pulls of one source that are kept."""


@dataclass(slots=True)
class Tally:
    """What became of one pull so far."""

    parts: int = 0
    rows: int = 0
    accepted: int = 0
    corrected: int = 0
    unchanged: int = 0
    skipped: int = 0
    newest: datetime | None = None
    waiting: int = 0
    failure: Failed | None = None
    refused: RefusedRows = field(default_factory=RefusedRows)

    def add(self, result: FileResult, word: Word) -> None:
        self.rows += result.rows
        self.accepted += result.batch.accepted
        self.unchanged += result.batch.unchanged
        self.skipped += result.batch.skipped
        self.corrected += word.corrected
        if word.newest is not None and (self.newest is None or word.newest > self.newest):
            self.newest = word.newest


def pull(database: Database, turn: Turn, around: Surroundings, clock: Clock, looks: Looks) -> Tally | None:
    """Pull the source of this turn and write down how it went; None when the turn was lost meanwhile."""
    tally = Tally()
    try:
        try:
            _fetch_all(database, turn, around, clock, looks, tally)
        except Failed as failure:
            tally.failure = failure
        except MissingSecret as missing:
            tally.failure = Failed("missing_secret", name=missing.name)
        except Unreadable as problem:
            tally.failure = unreadable(problem)
        except (LostLease, SQLAlchemyError):
            raise
        except Exception as error:
            tally.failure = unexpected(error, actor_of(turn.source_id))
        write_down(database, turn, clock, tally)
    except LostLease:
        log.warning("source %s: another process has it, what was fetched is dropped", turn.source_id)
        return None
    return tally


def _fetch_all(
    database: Database, turn: Turn, around: Surroundings, clock: Clock, looks: Looks, tally: Tally
) -> None:
    source = turn.definition
    with database.read() as session:
        row = campaigns.find(session, turn.campaign_id)
        if source.place not in campaigns.tree_of(session, row).by_code:
            raise Failed("unknown_place", place=source.place)
        zone = ZoneInfo(row.timezone)
    stated = read_mapping(What(source.what), source.mapping)
    since = max(turn.campaign_began_at, (turn.last_success_at or turn.campaign_began_at) - OVERLAP)
    watched = Folder(source, around, looks, lambda digest: _is_taken(database, turn, digest))
    times = {"since": since.astimezone(zone), "now": turn.began_at.astimezone(zone)}
    for part in fetch(source, around, stated, times, watched):
        tally.parts += 1
        failure = part.failure
        if part.table is not None and part.table.headers:
            try:
                _take_in(database, turn, clock, part, part.table, stated, zone, tally)
            except Unreadable as problem:
                if not part.hash:
                    raise
                failure = unreadable(problem)
        if failure is not None:
            # One file that cannot be read does not hold up the others, and is told until another one comes.
            tally.failure = tally.failure or Failed("file_failed", name=part.name, failure=_plain(failure))
            tally.refused.add_file(part.name)
        if part.hash:
            _remember(database, turn, clock, part)
        part.done()
    tally.waiting = watched.waiting


def fetch(
    source: Definition, around: Surroundings, stated: FileMapping, times: dict[str, datetime], watched: Folder
) -> Iterator[Part]:
    """What the source has now. Raises `Failed`, `MissingSecret`, `Unreadable`."""
    if source.kind is Kind.FOLDER:
        watched.encoding, watched.delimiter, watched.sheet = stated.encoding, stated.delimiter, stated.sheet
        yield from watched.parts()
    elif source.kind is Kind.SQL:
        yield Part(source.name, sql.fetch(source, around, times))
    else:
        yield Part(source.name, http.fetch(source, around, times, stated.encoding, stated.delimiter))


def _take_in(
    database: Database,
    turn: Turn,
    clock: Clock,
    part: Part,
    table: Table,
    stated: FileMapping,
    zone: ZoneInfo,
    tally: Tally,
) -> None:
    word = Word(actor_of(turn.source_id), _note(turn, zone), turn.hold)
    result = take_table(database, turn.campaign_id, turn.definition, table, stated, word, clock)
    tally.add(result, word)
    tally.refused.add(result, zone, part.name if part.hash else "")


def take_table(
    database: Database,
    campaign_id: str,
    source: Definition,
    table: Table,
    stated: FileMapping,
    word: Word,
    clock: Clock,
    *,
    dry_run: bool = False,
) -> FileResult:
    """Take in what a source delivered, where it may land. Raises `Unreadable` for what the mapping does not fit."""
    intake = INTAKES[What(source.what)]
    mapping = stated.or_default(table.headers, intake.aliases)
    if source.zone:
        table = in_zone(
            table, [mapping.columns[name] for name in intake.times if name in mapping.columns], source.zone
        )
    sender = Sender(word.actor, source.place)
    return import_table(
        database, campaign_id, What(source.what), table, mapping, sender, clock, dry_run=dry_run, word=word
    )  # fmt: skip


def _note(turn: Turn, zone: ZoneInfo) -> str:
    at = turn.began_at.astimezone(zone)
    return text(DEFAULT, "source.note", name=turn.definition.name, at=f"{at:%H:%M}")


def _is_taken(database: Database, turn: Turn, digest: str) -> bool:
    with database.read() as session:
        return session.get(SourceFile, (turn.campaign_id, turn.source_id, digest)) is not None


def _remember(database: Database, turn: Turn, clock: Clock, part: Part) -> None:
    """Write down that a file was taken. Not before its rows are on record: whoever is stopped between the two takes
    it again, and finds every row there."""
    with database.write() as session:
        row = campaigns.lock(session, turn.campaign_id)
        turn.hold(session)
        source = session.get_one(Source, turn.source_id)
        if session.get(SourceFile, (row.id, source.id, part.hash)) is None:
            session.add(
                SourceFile(
                    campaign_id=row.id,
                    source_id=source.id,
                    hash=part.hash,
                    district_id=source.district_id,
                    name=part.name[:300],
                    bytes=part.bytes,
                    taken_at=campaigns.now_for(row, clock()),
                )
            )


def write_down(database: Database, turn: Turn, clock: Clock, tally: Tally) -> None:
    """Write down how a pull went, when the next one is, and give the source back. Raises `LostLease`."""
    with database.write() as session:
        row = campaigns.lock(session, turn.campaign_id)
        turn.hold(session)
        now = campaigns.now_for(row, clock())
        source = session.get_one(Source, turn.source_id)
        source.lease, source.leased_until = None, None
        if source.asked_at is not None and source.asked_at <= turn.began_at:
            source.asked_at = None
        run = _run(row, source, turn, now, tally)
        session.add(run)
        session.flush()
        source.last_tried_at = now
        if tally.parts:
            source.rows, source.refused, source.refused_run = tally.rows, tally.refused.count, run.id
        if tally.newest is not None:
            source.newest_at = max(source.newest_at or tally.newest, tally.newest)
        if run.succeeded:
            source.last_success_at, source.failures, source.problem = now, 0, None
        else:
            source.failures, source.problem = source.failures + 1, run.problem
        source.next_at = _next(row, source, turn, now, tally)
        _forget_old(session, source)
        details = {"source": source.id, "name": turn.definition.name, "rows": tally.rows,
                   "accepted": tally.accepted, "corrected": tally.corrected, "refused": tally.refused.count,
                   "problem": run.problem}  # fmt: skip
        campaigns.change(session, row, actor=actor_of(source.id), action="source.pull", details=details, now=now)


def _run(row: CampaignRow, source: Source, turn: Turn, now: datetime, tally: Tally) -> SourceRun:
    return SourceRun(
        campaign_id=row.id,
        district_id=source.district_id,
        source_id=source.id,
        began_at=turn.began_at,
        ended_at=now,
        succeeded=tally.failure is None,
        asked=turn.asked,
        parts=tally.parts,
        rows=tally.rows,
        accepted=tally.accepted,
        corrected=tally.corrected,
        unchanged=tally.unchanged,
        skipped=tally.skipped,
        refused=tally.refused.count,
        problem=_plain(tally.failure) if tally.failure is not None else None,
        refused_rows=tally.refused.stored(),
    )


def _plain(failure: Failed) -> dict[str, Any]:
    """A failure as it is kept: its code and what its sentence needs."""
    return {"code": failure.code, "params": failure.params}


def _next(row: CampaignRow, source: Source, turn: Turn, now: datetime, tally: Tally) -> datetime:
    campaign, every = campaigns.campaign_of(row), turn.definition.every_minutes
    slot = slot_after(now, campaign, every, turn.definition.offset_minutes)
    if tally.waiting:
        ticking = campaigns.demo_clock(row)
        return min(slot, now + timedelta(seconds=folder.SETTLED_SECONDS) * (ticking.speed if ticking else 1))
    if tally.failure is not None and tally.failure.passing:
        return min(slot, now + retry_pause(source.failures, every, random(), tally.failure.wait))
    return slot


def _forget_old(session: Session, source: Source) -> None:
    """Keep the latest pulls only, and the one whose refused rows the page offers."""
    r = SourceRun
    own = sa.select(r.id).where(r.campaign_id == source.campaign_id, r.source_id == source.id)
    last_kept = session.scalar(own.order_by(r.id.desc()).offset(KEPT_RUNS).limit(1))
    if last_kept is not None:
        session.execute(
            sa.delete(r).where(r.campaign_id == source.campaign_id, r.source_id == source.id, r.id <= last_kept,
                               r.id != (source.refused_run or 0))
        )  # fmt: skip
