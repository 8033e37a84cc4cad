"""Retention: the tubes of a campaign that ended long ago leave the database for an archive file.

Reports, sums, bulletins, findings, problems and the audit stay: every page still says what it said, but for single
tubes. From the first step on no more tubes are taken in; whatever step is interrupted, doing it again goes on there.
The file is gzipped text, one JSON object a line (docs/production-database.md): a head with the names of sites and
laboratories, then every event, then every tube, then the counts.
"""

import gzip
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import accounts, campaigns, partitions
from data.backups import checksum
from data.database import LOCK_NOT_AVAILABLE, LOCK_SECONDS, LOCK_TRIES, Database
from data.models import CampaignRow, LabRow, PlaceRow, TubeArchive, TubeEvent, TubeRow
from data.verification import tube_differences
from domain.places import Level

FORMAT = "sampling-tubes/1"
AT_ONCE = 10_000


class NotDue(Exception):
    """A campaign whose tubes must stay; `problem` names the message in `locales` (`retention.<problem>`)."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params


@dataclass(frozen=True, slots=True)
class Due:
    """A campaign whose tubes may leave: since when, how many rows there are, and whether it has been begun."""

    campaign_id: str
    since: datetime
    tubes: int
    events: int
    begun: bool


def due_at(row: CampaignRow) -> datetime | None:
    """From when on the campaign's tubes may leave the database; None for never."""
    days = campaigns.campaign_of(row).limits.keep_tubes_days
    return row.deadline + timedelta(days=days) if days and not row.demo else None


def due(session: Session, now: datetime) -> list[Due]:
    """The campaigns whose tubes may leave now and have not yet, the oldest first."""
    found = []
    for row in campaigns.every(session):
        since, archive = due_at(row), session.get(TubeArchive, row.id)
        if since is not None and since <= now and (archive is None or archive.dropped_at is None):
            tubes, events = (_count(session, model, row.id) for model in (TubeRow, TubeEvent))
            found.append(Due(row.id, since, tubes, events, archive is not None))
    return sorted(found, key=lambda one: one.since)


def _count(session: Session, model: type[TubeRow | TubeEvent], campaign_id: str) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model).filter_by(campaign_id=campaign_id)) or 0


def archive_tubes(database: Database, campaign_id: str, folder: Path, now: datetime, actor: str) -> TubeArchive:
    """Move the campaign's tubes and events into a file in `folder`. Once done, doing it again changes nothing.

    Raises `campaigns.UnknownCampaign`, and `NotDue` where they must stay.
    """
    if (done := _begin(database, campaign_id, now, actor)) is not None:
        return done
    with database.read() as session:
        row = campaigns.find(session, campaign_id)
        if differing := tube_differences(session, row, campaigns.load_tree(session, row)):
            # The events are the only proof of what is right: they stay until somebody has looked.
            raise NotDue("sums", campaign=campaign_id, differences=differing)
        file, events, tubes = _export(session, row, folder)
    if _read_back(file) != (events, tubes):
        raise NotDue("unreadable", file=file.name)
    sha256 = checksum(file)
    file.with_name(f"{file.name}.sha256").write_text(f"{sha256}  {file.name}\n", encoding="utf-8")
    return _drop(database, campaign_id, now, actor, file=file.name, sha256=sha256, events=events, tubes=tubes)


def _begin(database: Database, campaign_id: str, now: datetime, actor: str) -> TubeArchive | None:
    """From here on the campaign takes in no more tubes, and nobody comes in by it. Answers what is done already."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        since = due_at(row)
        if since is None or now < since:
            raise NotDue("not_due", campaign=campaign_id, since=since.isoformat() if since else "—")
        found = session.get(TubeArchive, campaign_id)
        if found is None:
            session.add(TubeArchive(campaign_id=campaign_id, begun_at=now, actor=actor))
            if any(accounts.reach_of_campaign(session, campaign_id, now).values()):
                accounts.end_campaign(session, campaign_id, now, actor)
            campaigns.change(session, row, actor=actor, action="tubes.archive_begun", details={}, now=now)
            return None
        return found if found.dropped_at is not None else None


def _export(session: Session, row: CampaignRow, folder: Path) -> tuple[Path, int, int]:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{row.id}-tubes.ndjson.gz"
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.touch(mode=0o600)
    counts = []
    with unfinished.open("wb") as raw:
        # Without the time of writing in its head: the same tubes make the same file.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as out:
            out.write(_line(_head(session, row)))
            for model in (TubeEvent, TubeRow):
                counts.append(0)
                for line in _rows(session, model, row.id):
                    out.write(line)
                    counts[-1] += 1
            events, tubes = counts
            out.write(_line({"kind": "end", "events": events, "tubes": tubes}))
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.rename(file)
    return file, events, tubes


def _head(session: Session, row: CampaignRow) -> dict[str, object]:
    sites = sa.select(PlaceRow.id, PlaceRow.code).where(
        PlaceRow.campaign_id == row.id, PlaceRow.level.in_((Level.SITE.value, Level.DISTRICT.value))
    )
    labs = sa.select(LabRow.id, LabRow.code).where(LabRow.campaign_id == row.id)
    return {
        "kind": "head", "format": FORMAT, "campaign": row.id, "name": row.name, "timezone": row.timezone,
        "starts_at": row.starts_at, "deadline": row.deadline,
        "places": {str(id_): code for id_, code in session.execute(sites)},
        "labs": {str(id_): code for id_, code in session.execute(labs)},
    }  # fmt: skip


def _rows(session: Session, model: type[TubeRow | TubeEvent], campaign_id: str) -> Iterator[bytes]:
    table = model.__table__
    names = [column.name for column in table.columns if column.name != "campaign_id"]
    key = "event_id" if model is TubeEvent else "barcode"
    query = sa.select(*(table.c[name] for name in names)).where(table.c.campaign_id == campaign_id)
    kind = "event" if model is TubeEvent else "tube"
    for row in session.execute(query.order_by(table.c[key]), execution_options={"yield_per": AT_ONCE}):
        yield _line({"kind": kind, **{n: v for n, v in zip(names, row, strict=True) if v is not None}})


def _line(content: dict[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


def _read_back(file: Path) -> tuple[int, int]:
    """Events and tubes in the file as its lines say; what its last line says where that is no other."""
    counts = {"event": 0, "tube": 0}
    end: dict[str, int] = {}
    with gzip.open(file, "rb") as lines:
        for line in lines:
            one = orjson.loads(line)
            if one["kind"] in counts:
                counts[one["kind"]] += 1
            elif one["kind"] == "end":
                end = one
    found = (counts["event"], counts["tube"])
    return found if found == (end.get("events"), end.get("tubes")) else (-1, -1)


def _drop(database: Database, campaign_id: str, now: datetime, actor: str, **kept: object) -> TubeArchive:
    for left in reversed(range(LOCK_TRIES)):
        try:
            with database.write() as session:
                _take_out(session, campaign_id)
                row = campaigns.lock(session, campaign_id)
                archive = session.get_one(TubeArchive, campaign_id)
                archive.dropped_at = now
                for name, value in kept.items():
                    setattr(archive, name, value)
                campaigns.change(session, row, actor=actor, action="tubes.archived", details=kept, now=now)
            break
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE or not left:
                raise
            time.sleep(1)
    if database.is_sqlite:
        # Gives the room back; beside readers and writers, who wait for it.
        connection = sqlite3.connect(str(database.engine.url.database), timeout=60)
        connection.execute("VACUUM")
        connection.close()
    return archive


def _take_out(session: Session, campaign_id: str) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        for model in (TubeRow, TubeEvent):
            session.execute(sa.delete(model).where(model.campaign_id == campaign_id))
        return
    # Taking a part off locks all of the table for a moment. Whoever is at work is let finish first: one who waits for
    # a lock makes everybody wait behind him, so not for long.
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
    connection.execute(sa.text(f"LOCK TABLE {', '.join(partitions.SPLIT)} IN ACCESS EXCLUSIVE MODE"))
    partitions.drop(connection, campaign_id)
