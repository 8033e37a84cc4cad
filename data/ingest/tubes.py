"""Tube events into the record: any order, any repetition, each row judged by itself.

What a batch changes is worked out tube by tube (`domain.tubes.Tube.take`) and written in bulk: the events, the tubes
they touch, the sums those tubes count for. Reading and checking happens before the campaign's lock is taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import bulk, campaigns
from data.database import Database
from data.ingest.batch import BatchResult
from data.ingest.positives import Changed, follow
from data.models import CampaignRow, Moment, TubeArchive, TubeEvent, TubeRow
from data.stored_reports import batched_list
from data.tube_books import TUBE_FIELDS, Books, Changes, Standing, apply, books_of
from data.tube_corrections import aliases_of, withdrawn_of
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused, Rejection
from domain.permissions import Role
from domain.places import Level, Place, PlaceTree
from domain.tube_events import WRITERS, Event, Reading, Result, Type, Void, read_event
from domain.tubes import Tube

PART = 10_000
"""Events of one transaction: large enough to be quick, small enough to let others in between."""

COLUMNS = {"site": "site_id", "lab": "lab_id"}
"""Columns of `tube` that are not named like what they hold."""

_TUBE_COLUMNS = tuple(COLUMNS.get(name, name) for name in TUBE_FIELDS)
_values = attrgetter(*TUBE_FIELDS)
_DERIVED = ("stage", "findings", "expected_lab_id", "home_lab_id", "waiting", "district_id")
_EVENT_COLUMNS = (
    "campaign_id", "event_id", "digest", "barcode", "type", "at", "site_id", "lab_id", "lane", "box", "manifest",
    "persons", "pool_size", "result", "reason", "district_id", "actor", "recorded_at",
)  # fmt: skip

_FOLDED = (
    "barcode", "type", "at", "site_id", "lab_id", "lane", "box", "manifest", "persons", "pool_size", "result",
    "reason", "event_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writer:
    """Who sends events: with a role only the kinds it may, about its place and what lies below it. `place` is a place
    code, for a laboratory its code; empty is everywhere. Without a role it is the operator, who may all."""

    name: str
    role: Role | None = None
    place: str = ""


class Placed(NamedTuple):
    """An event whose site and laboratory are found; `digest` tells its content from another's."""

    number: int
    event: Event
    site_id: int | None
    lab_id: int | None
    digest: int


def place(number: int, event: Event, site_id: int | None, lab_id: int | None) -> Placed:
    """The event with what it names."""
    return Placed(number, event, site_id, lab_id, event.digest())


Indexed = tuple[int, Mapping[str, object]]


def ingest_tubes(
    database: Database,
    campaign_id: str,
    rows: Iterable[Indexed],
    writer: Writer,
    clock: Clock,
    refused: Sequence[Rejection] = (),
) -> BatchResult:
    """Take in rows of the contract's shape, each with its index; what the answer calls accepted is durable. `refused`
    are rows that were none, to be named with the others.

    Raises `campaigns.UnknownCampaign`.
    """
    with database.read() as session:
        row = campaigns.find(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        now = campaigns.now_for(row, clock())
        books = books_of(session, row, tree)
        revision = row.revision
    placed, bad = place_events(rows, tree, books, writer, now)
    result = BatchResult(rejected=[*refused, *bad], revision=revision)
    for start in range(0, len(placed), PART):
        with database.write() as session:
            row = campaigns.find(session, campaign_id)
            result.add(record(session, row, placed[start : start + PART], writer, now))
    result.rejected.sort(key=lambda rejection: rejection.index)
    return result


def place_events(
    rows: Iterable[Indexed], tree: PlaceTree, books: Books, writer: Writer, now: datetime
) -> tuple[list[Placed], list[Rejection]]:
    """What the rows state, with the sites and laboratories they name, and the refusals of those that cannot be."""
    own = tree.by_code.get(writer.place) if writer.role is not Role.LAB else None
    reading = Reading.at(
        tree.campaign,
        now,
        site=writer.place if own is not None and own.level is Level.SITE else None,
        lab=writer.place if writer.role is Role.LAB else None,
    )
    allowed = WRITERS.get(writer.role, frozenset()) if writer.role is not None else frozenset(Type)
    placed: list[Placed] = []
    refused: list[Rejection] = []
    for index, row in rows:
        try:
            if not isinstance(row, Mapping):
                raise Refused("row", Code.BAD_VALUE, row, detail="object")
            event = read_event(row, reading)
            if event.type not in allowed:
                raise Refused("type", Code.OUT_OF_SCOPE, event.type.name.lower(), detail="event_type")
            placed.append(place(index, event, _site(event, tree, writer, own), _lab(event, books, writer)))
        except Refused as refusal:
            refused.append(refusal.at(index))
    return placed, refused


def _site(event: Event, tree: PlaceTree, writer: Writer, own: Place | None) -> int | None:
    if event.site is None:
        if own is not None and own not in tree.roots:
            # Whose event it is cannot be told otherwise.
            raise Refused("site", Code.MISSING_FIELD)
        return None
    site = tree.by_code.get(event.site)
    if site is None or site.level is not Level.SITE:
        raise Refused("site", Code.UNKNOWN_SITE, event.site)
    if own is not None and not permissions.within(own, site):
        raise Refused("site", Code.OUT_OF_SCOPE, event.site)
    return site.id


def _lab(event: Event, books: Books, writer: Writer) -> int | None:
    if event.lab is None:
        return None
    lab_id = books.labs.get(event.lab)
    if lab_id is None:
        raise Refused("lab", Code.UNKNOWN_LAB, event.lab)
    if writer.role is Role.LAB and event.lab != writer.place:
        raise Refused("lab", Code.OUT_OF_SCOPE, event.lab)
    return lab_id


def record(
    session: Session,
    row: CampaignRow,
    placed: Sequence[Placed],
    writer: Writer,
    now: datetime,
    told_at: Sequence[datetime] | None = None,
) -> BatchResult:
    """Put events on record, within the caller's transaction. Takes the campaign's lock once the events are in, so
    that writers wait for each other as short as can be. `told_at` is when each row was told, by its index, for the
    hours of a demonstration that are played at once; else all are told now."""
    result = BatchResult(revision=row.revision)
    if _is_archived(session, row.id):
        result.rejected += [Refused("row", Code.TOO_LATE, detail="archived").at(one.number) for one in placed]
        return result
    batch: dict[str, Placed] = {}
    for one in placed:
        first = batch.setdefault(one.event.event_id, one)
        if first is one:
            continue
        if first.digest == one.digest:
            result.unchanged += 1
        else:
            result.rejected.append(_conflict(one))
    books = books_of(session, row, campaigns.tree_of(session, row))
    dialect = session.get_bind().dialect
    moments = [_MOMENT.process_bind_param(at, dialect) for at in told_at or (now,)]
    rows = [
        (
            *_event_row(row.id, books, one := batch[event_id]),
            writer.name,
            moments[one.number if told_at else 0],
        )
        for event_id in sorted(batch)
    ]
    fresh = bulk.insert_missing(session, TubeEvent, _EVENT_COLUMNS, rows, "event_id")
    if len(fresh) < len(batch):
        known = _digests(session, row.id, [event_id for event_id in batch if event_id not in fresh])
        for event_id, digest in known.items():
            if digest == batch[event_id].digest:
                result.unchanged += 1
            else:
                result.rejected.append(_conflict(batch[event_id]))
    if fresh:
        row = campaigns.lock(session, row.id)
        if _is_archived(session, row.id):
            raise RuntimeError(f"{row.id} began to be archived in between")
        books = books_of(session, row, campaigns.tree_of(session, row))
        changed = _fold(session, row.id, books, [one for event_id, one in batch.items() if event_id in fresh])
        follow(session, row, campaigns.tree_of(session, row), changed, now)
        result.accepted = len(fresh)
        result.revision = campaigns.change(
            session,
            row,
            actor=writer.name,
            action="tubes",
            details={
                "accepted": result.accepted,
                "unchanged": result.unchanged,
                "rejected": len(result.rejected),
            },
            now=now,
        )
    return result


def _is_archived(session: Session, campaign_id: str) -> bool:
    query = sa.select(TubeArchive.campaign_id).where(TubeArchive.campaign_id == campaign_id)
    return session.scalar(query) is not None


def _conflict(one: Placed) -> Rejection:
    return Refused("event_id", Code.CONFLICT, one.event.event_id, detail="event").at(one.number)


def _event_row(campaign_id: str, books: Books, one: Placed) -> tuple[object, ...]:
    event = one.event
    return (
        campaign_id, event.event_id, one.digest, event.barcode, int(event.type), event.at, one.site_id, one.lab_id,
        event.lane, event.box, event.manifest, event.persons, event.pool_size,
        int(event.result) if event.result else None, int(event.reason) if event.reason else None,
        books.district(one.site_id),
    )  # fmt: skip


_MOMENT = Moment()


def _digests(session: Session, campaign_id: str, event_ids: Sequence[str]) -> dict[str, int]:
    found = bulk.rows_of(
        session, TubeEvent, ("event_id", "digest"), {"campaign_id": campaign_id}, "event_id", event_ids
    )
    return {row[0]: row[1] for row in found}


def _fold(session: Session, campaign_id: str, books: Books, events: Sequence[Placed]) -> list[Changed]:
    """Add the events to their tubes, and bring tubes and sums to what they now say."""
    aliases = aliases_of(session, campaign_id)
    codes = [aliases.get(one.event.barcode, one.event.barcode) for one in events]
    before = tubes_of(session, campaign_id, sorted(set(codes)))
    standing = {barcode: books.stand(tube) for barcode, tube in before.items()}
    results = {barcode: tube.result for barcode, tube in before.items()}
    for code, one in zip(codes, events, strict=True):
        tube = before.get(code)
        if tube is None:
            tube = before[code] = Tube()
        tube.take(one.event, one.site_id, one.lab_id, books.pool(one.site_id))
    settle(session, campaign_id, books, standing, before)
    return [
        Changed(barcode, Result(was) if (was := results.get(barcode)) else None, Result(tube.result), tube)
        for barcode, tube in before.items()
        if tube.result is not None and tube.result != results.get(barcode)
    ]


def settle(
    session: Session, campaign_id: str, books: Books, before: Mapping[str, Standing], tubes: Mapping[str, Tube]
) -> None:
    """Write the tubes, and move in the sums what they stood for `before` to what they stand for now."""
    changes = Changes(books)
    rows = []
    for barcode in sorted(tubes):
        tube = tubes[barcode]
        standing = books.stand(tube)
        was = before.get(barcode)
        if was != standing:
            if was is not None:
                changes.add(was, -1)
            changes.add(standing, 1)
        rows.append(
            (
                campaign_id, barcode, *_values(tube),
                int(standing.stage), int(standing.findings), standing.expected, standing.home, standing.waiting,
                books.district(standing.place),
            )
        )  # fmt: skip
    bulk.upsert(
        session,
        TubeRow,
        ("campaign_id", "barcode", *_TUBE_COLUMNS, *_DERIVED),
        rows,
    )
    apply(session, campaign_id, changes.settled())


def tubes_of(session: Session, campaign_id: str, barcodes: Sequence[str]) -> dict[str, Tube]:
    """The tubes on record of these barcodes."""
    found = bulk.rows_of(
        session, TubeRow, ("barcode", *_TUBE_COLUMNS), {"campaign_id": campaign_id}, "barcode", barcodes
    )
    return {row[0]: Tube(*row[1:]) for row in found}


def refold(session: Session, row: CampaignRow, books: Books, barcodes: Sequence[str]) -> None:
    """Work the tubes out anew from their events, within the caller's transaction and campaign lock: what their
    laboratories or bindings mean has changed, not what was sent."""
    before = tubes_of(session, row.id, barcodes)
    tubes = {barcode: Tube() for barcode in before}
    for barcode, tube in folded(session, row.id, books, barcodes):
        tubes[barcode] = tube
    settle(session, row.id, books, {code: books.stand(tube) for code, tube in before.items()}, tubes)
    gone = [barcode for barcode, tube in tubes.items() if tube == Tube()]
    session.execute(sa.delete(TubeRow).where(TubeRow.campaign_id == row.id, TubeRow.barcode.in_(gone)))


def keep_up(session: Session, row: CampaignRow, before: Books, now: datetime) -> None:
    """Count tubes anew where places or laboratories have come to mean something else than in the books `before`,
    within the caller's transaction and campaign lock."""
    # Not the ones kept in memory: a structure that is not committed yet must not be remembered.
    books = Books(session, row, campaigns.load_tree(session, row))
    until = int(now.timestamp())
    sites = [
        site.id
        for site in before.tree.each(Level.SITE)
        if site.id in books.tree.by_id and books.differs(before, site.id, until)
    ]
    labs = [lab for lab in before.labs.values() if books.home_place(lab) != before.home_place(lab)]
    found: set[str] = set()
    for column, ids in ((TubeRow.site_id, sites), (TubeRow.home_lab_id, labs)):
        for part in batched_list(ids):
            wanted = sa.select(TubeRow.barcode).where(TubeRow.campaign_id == row.id, column.in_(part))
            found.update(session.scalars(wanted))
    for codes in batched_list(sorted(found)):
        tubes = tubes_of(session, row.id, codes)
        settle(session, row.id, books, {code: before.stand(tube) for code, tube in tubes.items()}, tubes)


def folded(
    session: Session, campaign_id: str, books: Books, barcodes: Sequence[str] | None, until: datetime | None = None
) -> Iterator[tuple[str, Tube]]:
    """The tubes of `barcodes` (None: all), each as its events make it; of all, those recorded `until` then.

    What was read under a wrong barcode counts for the right one, what was withdrawn for nothing: as known now.
    """
    aliases, withdrawn = aliases_of(session, campaign_id), withdrawn_of(session, campaign_id)
    wrongs = [wrong for wrong, right in aliases.items() if barcodes is None or right in barcodes]
    misread: dict[str, list[Sequence[Any]]] = {}
    for found_row in bulk.rows_of(session, TubeEvent, _FOLDED, {"campaign_id": campaign_id}, "barcode", wrongs):
        misread.setdefault(aliases[found_row[0]], []).append(found_row)
    rows: Iterable[Any]
    if barcodes is not None:
        found = bulk.rows_of(session, TubeEvent, _FOLDED, {"campaign_id": campaign_id}, "barcode", barcodes)
        rows = sorted(found, key=lambda row: row[0])
    else:
        query = (
            sa.select(*(TubeEvent.__table__.c[name] for name in _FOLDED))
            .where(TubeEvent.campaign_id == campaign_id, *([TubeEvent.recorded_at <= until] if until else []))
            .order_by(TubeEvent.barcode)
        )
        rows = session.execute(query, execution_options={"yield_per": 10_000})
    for code, events in groupby(rows, key=itemgetter(0)):
        if code not in aliases:
            yield code, _made_of(chain(events, misread.pop(code, ())), books, withdrawn)
    for code, left in misread.items():
        yield code, _made_of(left, books, withdrawn)


def _made_of(rows: Iterable[Any], books: Books, withdrawn: frozenset[str]) -> Tube:
    """The tube that events make, given as `_FOLDED` has them."""
    tube = Tube()
    for code, kind, at, site_id, lab_id, lane, box, manifest, persons, pool, result, reason, event_id in rows:
        if event_id in withdrawn:
            continue
        event = Event(
            event_id, code, Type(kind), at, None, lane, box, manifest, None, persons, pool,
            Result(result) if result else None, Void(reason) if reason else None,
        )  # fmt: skip
        tube.take(event, site_id, lab_id, books.pool(site_id))
    return tube
