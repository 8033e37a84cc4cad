"""One tube's life, and the search for it by its barcode or by the last characters of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabRow, TubeAlias, TubeEvent, TubeRow, TubeWithdrawal
from domain import actors
from domain.backlog import LabRef
from domain.ledger import missing_before
from domain.overview import PlaceRef
from domain.places import Level, Place, PlaceTree
from domain.tube_events import Result, Type, Void
from domain.tube_life import (
    MIN_TAIL,
    Custody,
    Keeper,
    LifeEvent,
    TubeHit,
    TubeLife,
    Twin,
    custody_after,
    typed_barcode,
)
from domain.tubes import Finding, Stage

MOST_EVENTS = 500
"""Events of one tube that are shown: a tube has five; one that has hundreds is a scanner gone wild."""

MOST_HITS = 50

_TAIL: sa.ColumnElement[str] = sa.literal_column("substr(barcode, length(barcode) - 3)", sa.String)
"""The last four characters, written as the index `ix_tube_tail` has them."""

_OWN_LABS = ("lab_id", "lab_low", "lab_high", "expected_lab_id", "home_lab_id")
_OWN_SITES = ("site_id", "site_low", "site_high", "named_site")


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found; `more` that it found more than it tells."""

    tubes: tuple[TubeHit, ...]
    more: bool


def tube_life(
    session: Session,
    tree: PlaceTree,
    campaign_id: str,
    barcode: str,
    *,
    place: Place | None,
    lab_id: int | None,
    results: bool,
    now: datetime,
) -> TubeLife | None:
    """The life of the tube with that barcode; None where there is none, or the reader may not know of it.

    `place` sees tubes of its sites, and those nobody registered that a laboratory at home there has; `lab_id` those
    it has received or expects; with neither, all are seen. `results` says that the reader may see what tests say; a
    laboratory sees its own tests only.
    """
    barcode, misread = _names(session, campaign_id, barcode)
    row = session.get(TubeRow, (campaign_id, barcode))
    if row is None:
        return None
    events = session.scalars(
        sa.select(TubeEvent)
        .where(TubeEvent.campaign_id == campaign_id, TubeEvent.barcode.in_([barcode, *misread]))
        .order_by(TubeEvent.at, TubeEvent.type, TubeEvent.event_id)
        .limit(MOST_EVENTS)
    ).all()
    labs = _labs(session, campaign_id, [row, *events])
    if not _visible(row, tree, place, lab_id, labs):
        return None
    gone = _withdrawn(session, campaign_id, events)
    told = _events(tree, labs, events, gone, lambda lab: results and lab_id in (None, lab))
    stage = Stage(row.stage)
    site = tree.by_id.get(row.site_id or row.named_site or 0)
    town = tree.by_id.get(site.parent_id or 0) if site else None
    at = {Stage.ON_SITE: row.used_at, Stage.IN_TRANSIT: row.collected_at, Stage.AT_LAB: row.received_at,
          Stage.TESTING: row.testing_at, Stage.REPORTED: row.resulted_at}.get(stage)  # fmt: skip
    shown = results and row.result is not None and lab_id in (None, row.lab_id)
    return TubeLife(
        campaign=tree.campaign,
        barcode=barcode,
        place=_place(site),
        town=_place(town if town and town.level is Level.TOWN else None),
        stage=stage,
        used=row.used_at is not None and row.void is None,
        used_at=_moment(row.used_at),
        entered_at=_moment(at),
        void=Void(row.void) if row.void is not None else None,
        persons=row.persons,
        pool_size=row.pool_size,
        expected_lab=_lab(labs, row.expected_lab_id),
        lab=_lab(labs, row.lab_id),
        result=Result(row.result) if shown and row.result is not None else None,
        findings=Finding(row.findings),
        missing=bool(row.waiting) and (row.used_at or 0) // 60 < missing_before(now, tree.campaign.limits),
        twin=Twin(misread[0]) if misread else None,
        custody=told[-1].custody if told else Custody(Keeper.NOBODY),
        events=told,
        now=now,
    )


def find_tubes(
    session: Session, tree: PlaceTree, campaign_id: str, typed: str, *, place: Place | None, lab_id: int | None
) -> Hits:
    """The tubes whose barcode is, or ends in, what a person has typed, as far as the reader may know of them.

    Fewer than `MIN_TAIL` characters find nothing. Capital and small letters are the same at the end of a barcode.
    """
    wanted = typed_barcode(typed)
    if len(wanted) < MIN_TAIL:
        return Hits((), False)
    whole = session.get(TubeRow, (campaign_id, wanted))
    if whole is not None and _visible(whole, tree, place, lab_id, _labs(session, campaign_id, [whole])):
        return Hits((_hit(tree, whole),), False)
    tail = wanted[-MIN_TAIL:]
    # On SQLite the campaign is named in a way that no index holds: without statistics it would read all of its tubes.
    # PostgreSQL has to be told plainly in which part to look.
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    campaign = TubeRow.campaign_id.op("||")("") if on_sqlite else TubeRow.campaign_id
    query = (
        sa.select(TubeRow)
        .where(_TAIL.in_({tail, tail.upper(), tail.lower()}), campaign == campaign_id)
        .order_by(TubeRow.barcode)
    )
    found = [row for row in session.scalars(query) if row.barcode.casefold().endswith(wanted.casefold())]
    labs = _labs(session, campaign_id, found)
    seen = [row for row in found if _visible(row, tree, place, lab_id, labs)]
    return Hits(tuple(_hit(tree, row) for row in seen[:MOST_HITS]), len(seen) > MOST_HITS)


def _visible(
    row: TubeRow, tree: PlaceTree, place: Place | None, lab_id: int | None, labs: Mapping[int, LabRow]
) -> bool:
    if lab_id is not None:
        return any(getattr(row, name) == lab_id for name in _OWN_LABS)
    if place is None or place in tree.roots:
        return True
    ids = [getattr(row, name) for name in _OWN_SITES]
    sites = [tree.by_id[id_] for id_ in ids if id_ in tree.by_id]
    if sites:
        return any(tree.contains(place, site) for site in sites)
    lab = labs.get(row.lab_id or 0)
    home = tree.by_id.get(lab.home_id or 0) if lab else None
    return home is not None and tree.contains(place, home)


def _labs(session: Session, campaign_id: str, rows: Iterable[TubeRow | TubeEvent]) -> dict[int, LabRow]:
    """The laboratories that rows name, by id."""
    ids = {getattr(row, name, None) for row in rows for name in _OWN_LABS} - {None}
    if not ids:
        return {}
    query = sa.select(LabRow).where(LabRow.campaign_id == campaign_id, LabRow.id.in_(ids))
    return {lab.id: lab for lab in session.scalars(query)}


def _names(session: Session, campaign_id: str, barcode: str) -> tuple[str, list[str]]:
    """The right barcode of a tube, be it that or a misread one that is asked for, and what it was misread as."""
    a = TubeAlias
    right = session.scalar(sa.select(a.barcode).where(a.campaign_id == campaign_id, a.wrong == barcode)) or barcode
    wrong = sa.select(a.wrong).where(a.campaign_id == campaign_id, a.barcode == right).order_by(a.wrong)
    return right, list(session.scalars(wrong))


def _withdrawn(session: Session, campaign_id: str, events: Sequence[TubeEvent]) -> frozenset[str]:
    """The ids of those that were taken back."""
    w = TubeWithdrawal
    ids = [event.event_id for event in events]
    return frozenset(session.scalars(sa.select(w.event_id).where(w.campaign_id == campaign_id, w.event_id.in_(ids))))


def _events(
    tree: PlaceTree,
    labs: Mapping[int, LabRow],
    rows: Sequence[TubeEvent],
    gone: frozenset[str],
    sees: Callable[[int | None], bool],
) -> tuple[LifeEvent, ...]:
    told = []
    custody = Custody(Keeper.NOBODY)
    for row in rows:
        kind = Type(row.type)
        place, lab = _place(tree.by_id.get(row.site_id or 0)), _lab(labs, row.lab_id)
        withdrawn = row.event_id in gone
        if not withdrawn:
            custody = custody_after(
                kind, custody, place=place, lab=lab, lane=row.lane, box=row.box, manifest=row.manifest
            )
        event = LifeEvent(
            event_id=row.event_id, type=kind, at=datetime.fromtimestamp(row.at, UTC), recorded_at=row.recorded_at,
            place=place, lab=lab, lane=row.lane, box=row.box, manifest=row.manifest, persons=row.persons,
            pool_size=row.pool_size,
            result=Result(row.result) if row.result is not None and sees(row.lab_id) else None,
            reason=Void(row.reason) if row.reason is not None else None, sender=_sender(row.actor), custody=custody,
            read_as=row.barcode, withdrawn=withdrawn,
        )  # fmt: skip
        told.append(event)
    return tuple(told)


def _sender(actor: str) -> str:
    """The role an event came from, or the kind of program; never a login."""
    read = actors.read(actor)
    return read.role or str(read.kind)


def _hit(tree: PlaceTree, row: TubeRow) -> TubeHit:
    site = tree.by_id.get(row.site_id or row.named_site or 0)
    return TubeHit(row.barcode, _place(site), Stage(row.stage), _moment(row.used_at), Finding(row.findings))


def _place(place: Place | None) -> PlaceRef | None:
    return PlaceRef(place.code, place.name, place.name_en, place.level) if place else None


def _lab(labs: Mapping[int, LabRow], id_: int | None) -> LabRef | None:
    lab = labs.get(id_ or 0)
    return LabRef(lab.id, lab.code, lab.name, lab.name_en, lab.capacity_per_day) if lab else None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
