"""Places into the record: made when new, brought up to date when known. A target changes only with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import BatchResult, Sender
from data.ingest.labs import find_or_make, read_degrees
from data.ingest.locations import keep_move
from data.ingest.place_writer import PlaceWriter, Resolver, Step, levels_in, read_path
from data.ingest.planning_book import Hand
from data.ingest.planning_gate import Override
from data.ingest.reports import resettle
from data.ingest.tubes import keep_up
from data.models import CampaignRow, LabRow, Opening, PlaceRow, TargetChange
from data.tube_books import Books
from domain import permissions
from domain.campaign import POOL_SIZES
from domain.errors import Code, Refused
from domain.places import Level
from domain.places import Opening as OpenInterval
from domain.values import read_count, read_text, read_time


@dataclass(frozen=True, slots=True)
class PlaceSpec:
    """What a row says of the last place of its path. None says nothing."""

    path: tuple[Step, ...]
    kind: str | None
    lon: float | None
    lat: float | None
    target: int | None
    lanes: int | None
    lab: str
    pool_size: int | None
    openings: tuple[OpenInterval, ...] | None
    reason: str
    override: str = ""
    """Why the place is given to the campaign though its planning list does not let it in."""


def read_place(row: Mapping[str, object], decimal: str) -> PlaceSpec:
    """What a row of a places file says. Raises `Refused`."""
    fields = dict(row)
    town = str(fields.get("town") or "")
    # The first six digits of a nine-digit statistical code of a town are its district's.
    if not fields.get("district") and len(town) == 9 and town.isdecimal():
        fields["district"] = town[:6]
    levels = levels_in(fields)
    if not levels:
        raise Refused("site", Code.MISSING_FIELD, detail="place")
    kind = read_text("kind", read_text("kind", fields.get("kind"), 16).lower(), 16)
    pool_size = read_count("pool_size", fields.get("pool_size"), decimal)
    if pool_size is not None and pool_size not in POOL_SIZES:
        raise Refused("pool_size", Code.BAD_VALUE, pool_size, detail="pool_size")
    return PlaceSpec(
        path=tuple(read_path(fields, levels)),
        kind=kind or None,
        lon=read_degrees("lon", fields.get("lon"), 180, "longitude", decimal),
        lat=read_degrees("lat", fields.get("lat"), 90, "latitude", decimal),
        target=read_count("target", fields.get("target"), decimal),
        lanes=read_count("lanes", fields.get("lanes"), decimal),
        lab=read_text("lab", fields.get("lab"), 120),
        pool_size=pool_size,
        openings=read_openings(fields.get("opening")),
        reason=read_text("reason", fields.get("reason"), 500),
        override=read_text("override", fields.get("override"), 500),
    )


def read_openings(value: object) -> tuple[OpenInterval, ...] | None:
    """Intervals `start/end`, several separated by semicolons; None for an empty value. Raises `Refused`."""
    text = read_text("opening", value, 2000)
    if not text:
        return None
    openings = []
    for part in text.split(";"):
        begins, slash, ends = part.strip().partition("/")
        if not slash:
            raise Refused("opening", Code.BAD_VALUE, part, detail="opening")
        interval = read_time("opening", begins), read_time("opening", ends)
        if interval[1] <= interval[0]:
            raise Refused("opening", Code.BAD_VALUE, part, detail="opening")
        openings.append(interval)
    return tuple(sorted(openings))


def record(
    session: Session, row: CampaignRow, specs: Sequence[PlaceSpec], sender: Sender, now: datetime
) -> BatchResult:
    """Put places on record, within the caller's transaction and campaign lock."""
    before = campaigns.load_tree(session, row)
    books = Books(session, row, before)
    scope = sender.place(before)
    result = BatchResult(revision=row.revision)
    writer = PlaceWriter(session, row, before, now)
    labs: dict[str, LabRow] = {}
    stored = {p.code: p for p in session.scalars(sa.select(PlaceRow).where(PlaceRow.campaign_id == row.id))}
    resolver = Resolver(before, create=True)
    changed: list[str] = []
    for index, spec in enumerate(specs):
        try:
            resolved = resolver.resolve(spec.path, by_code=True)
            known = before.by_code.get(resolved.code)
            if scope is not None and (known is None or not permissions.within(scope, known)):
                raise Refused(spec.path[-1][0].value, Code.OUT_OF_SCOPE, resolved.code)
            place = stored.get(resolved.code)
            target = place.target if place is not None else None
            if target is not None and spec.target is not None and spec.target != target and not spec.reason:
                raise Refused("target", Code.NEEDS_REASON, spec.target, before=target)
            hand = Hand(sender)
            override = Override(hand, spec.override, spec.kind or "", spec.lon, spec.lat, spec.lanes)
            writer.make(resolved, override if spec.override else None)
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        stored.update(writer.rows)
        place = stored[resolved.code]
        differs = bool(resolved.missing)
        before_at = place.lon, place.lat
        differs |= _describe(place, spec)
        # A position that becomes known is no move: the site stood there all the time.
        if place.level == Level.SITE and before_at != (None, None) and (place.lon, place.lat) != before_at:
            keep_move(session, row, place, before_at, sender.name, now)
        differs |= _rename(stored, spec, resolved.code, before.by_code)
        if spec.lab:
            lab = find_or_make(session, row, spec.lab, labs)
            differs |= place.lab_id != lab.id
            place.lab_id = lab.id
        if spec.target is not None and spec.target != target:
            place.target = spec.target
            session.add(
                TargetChange(campaign_id=row.id, place_id=place.id, target=spec.target, reason=spec.reason,
                             actor=sender.name, recorded_at=now)
            )  # fmt: skip
            differs = True
        if spec.openings is not None and (known is None or known.openings != spec.openings):
            _open(session, row, place, spec.openings, now)
            differs = True
        if differs:
            changed.append(resolved.code)
            result.accepted += 1
        else:
            result.unchanged += 1
    if changed:
        session.flush()
        details = {"places": len(changed), "rejected": len(result.rejected)}
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="places", details=details, now=now, structure=True
        )
        after = campaigns.load_tree(session, row)
        # What a report counts for depends on its site's opening and pool size.
        resettle(session, row.id, before, after)
        keep_up(session, row, books, now)
    return result


def _describe(place: PlaceRow, spec: PlaceSpec) -> bool:
    """Take over what the row says of the place itself; whether anything changed."""
    said = {
        "kind": spec.kind if place.level == Level.SITE else None,
        "lon": spec.lon,
        "lat": spec.lat,
        "lanes": spec.lanes,
        "pool_size": spec.pool_size,
    }
    changes = {name: value for name, value in said.items() if value is not None and getattr(place, name) != value}
    for name, value in changes.items():
        setattr(place, name, value)
    return bool(changes)


def _rename(stored: Mapping[str, PlaceRow], spec: PlaceSpec, code: str, known: Mapping[str, object]) -> bool:
    """Take over new names of known places along the path; whether anything changed."""
    renamed = False
    for _, wanted, name, name_en in spec.path:
        place = stored.get(code if wanted == spec.path[-1][1] else wanted)
        if place is None or place.code not in known:
            continue
        if name and wanted != name and place.name != name:
            place.name = name
            renamed = True
        if name_en and place.name_en != name_en:
            place.name_en = name_en
            renamed = True
    return renamed


def _open(
    session: Session, row: CampaignRow, place: PlaceRow, openings: Sequence[OpenInterval], now: datetime
) -> None:
    standing = sa.select(Opening).where(
        Opening.campaign_id == row.id, Opening.place_id == place.id, Opening.withdrawn_at.is_(None)
    )
    for opening in session.scalars(standing):
        opening.withdrawn_at = now
    session.add_all(
        Opening(campaign_id=row.id, place_id=place.id, opens_at=opens_at, closes_at=closes_at, recorded_at=now)
        for opens_at, closes_at in openings
    )
