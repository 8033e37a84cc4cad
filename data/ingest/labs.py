"""Laboratories into the record, and which towns are bound to which from when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import BatchResult, Sender
from data.ingest.registry import Book, Writer
from data.ingest.tubes import keep_up
from data.models import CampaignRow, LabRow
from data.tube_books import Books
from domain.errors import Code, Refused
from domain.places import Level, Place, PlaceTree
from domain.registry import Subject
from domain.registry_claims import read_content
from domain.values import read_count, read_text

PAPERS = {
    Subject.LICENCE: {"number": "licence", "valid_until": "licence_until"},
    Subject.FILING: {"number": "filing", "filed_on": "filed_on", "valid_until": "filing_until"},
}
"""Which columns of a list make a licence and a filing."""


def read_degrees(name: str, value: object, limit: float, detail: str, decimal: str) -> float | None:
    """A coordinate in degrees; None for an empty one. Raises `Refused`."""
    if value is None or value == "":
        return None
    try:
        degrees = float(str(value).strip().replace(decimal, "."))
    except ValueError:
        raise Refused(name, Code.NOT_A_NUMBER, value) from None
    if not -limit <= degrees <= limit:
        raise Refused(name, Code.BAD_VALUE, value, detail=detail)
    return degrees


def find_or_make(session: Session, row: CampaignRow, code: str, known: dict[str, LabRow]) -> LabRow:
    """The campaign's laboratory of that code, made when there is none; `known` keeps those seen before."""
    if code not in known:
        lab = session.scalar(sa.select(LabRow).where(LabRow.campaign_id == row.id, LabRow.code == code))
        if lab is None:
            lab = LabRow(campaign_id=row.id, code=code, name=code, name_en="")
            session.add(lab)
            session.flush()
        known[code] = lab
    return known[code]


def record(
    session: Session,
    row: CampaignRow,
    rows: Sequence[Mapping[str, object]],
    decimal: str,
    sender: Sender,
    now: datetime,
) -> BatchResult:
    """Put laboratories on record, within the caller's transaction and campaign lock.

    A town's first binding holds from the campaign's start; a later one from now on, and ends the one before.
    """
    result = BatchResult(revision=row.revision)
    known: dict[str, LabRow] = {}
    tree = campaigns.tree_of(session, row)
    before = Books(session, row, tree)
    book = Book(session, row, Writer(sender), now)
    for index, fields in enumerate(rows):
        try:
            code = read_text("lab", fields.get("lab"), 120)
            if not code:
                raise Refused("lab", Code.MISSING_FIELD)
            host = read_text("host_town", fields.get("host_town"), 200)
            said = {
                "name": read_text("name", fields.get("name"), 200) or None,
                "name_en": read_text("name_en", fields.get("name_en"), 200) or None,
                "lon": read_degrees("lon", fields.get("lon"), 180, "longitude", decimal),
                "lat": read_degrees("lat", fields.get("lat"), 90, "latitude", decimal),
                "capacity_per_day": read_count("capacity_per_day", fields.get("capacity_per_day"), decimal),
                "home_id": _place("host_town", host, tree).id if host else None,
            }
            standing = read_content(
                Subject.STANDING,
                {name: fields.get(name) for name in ("level", "listed")},
                tree.campaign,
                now,
                decimal,
            )
            papers = {
                subject: read_content(
                    subject,
                    {ours: fields.get(theirs) for ours, theirs in columns.items()},
                    tree.campaign,
                    now,
                    decimal,
                )
                for subject, columns in PAPERS.items()
                if any(fields.get(theirs) is not None for theirs in columns.values())
            }
            bound = [c.strip() for c in read_text("towns", fields.get("towns"), 5000).split("|") if c.strip()]
            towns = [_place("towns", town, tree, Level.TOWN) for town in bound]
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        new = session.scalar(sa.select(LabRow.id).where(LabRow.campaign_id == row.id, LabRow.code == code)) is None
        lab = find_or_make(session, row, code, known)
        changes = {name: value for name, value in said.items() if value is not None and getattr(lab, name) != value}
        for name, value in changes.items():
            setattr(lab, name, value)
        kept = [
            book.stand(lab, standing.get("level"), standing.get("listed")),
            *(book.hold(lab, subject, content) for subject, content in papers.items()),
            *(book.bind(lab, town.id, row.starts_at) for town in towns),
        ]
        if new or changes or any(kept):
            result.accepted += 1
        else:
            result.unchanged += 1
    if result.accepted:
        session.flush()
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="labs", details={"labs": result.accepted}, now=now, structure=True
        )
        book.seal(result.revision)
        keep_up(session, row, before, now)
    return result


def _place(field: str, code: str, tree: PlaceTree, level: Level | None = None) -> Place:
    """The place of that code, of `level` where one is asked for, never a site."""
    place = tree.by_code.get(code)
    if place is None or place.level is Level.SITE or level not in (None, place.level):
        raise Refused(field, Code.UNKNOWN_PLACE, code)
    return place
