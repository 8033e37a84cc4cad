"""Laboratories into the record, and which towns are bound to which from when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import BatchResult, Sender
from data.models import CampaignRow, LabBinding, LabRow, PlaceRow
from domain.errors import Code, Refused
from domain.places import Level
from domain.reports import read_count, read_text


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
    towns = {
        p.code: p.id
        for p in session.scalars(
            sa.select(PlaceRow).where(PlaceRow.campaign_id == row.id, PlaceRow.level == Level.TOWN.value)
        )
    }
    for index, fields in enumerate(rows):
        try:
            code = read_text("lab", fields.get("lab"), 120)
            if not code:
                raise Refused("lab", Code.MISSING_FIELD)
            said = {
                "name": read_text("name", fields.get("name"), 200) or None,
                "name_en": read_text("name_en", fields.get("name_en"), 200) or None,
                "lon": read_degrees("lon", fields.get("lon"), 180, "longitude", decimal),
                "lat": read_degrees("lat", fields.get("lat"), 90, "latitude", decimal),
                "capacity_per_day": read_count("capacity_per_day", fields.get("capacity_per_day"), decimal),
            }
            bound = [c.strip() for c in read_text("towns", fields.get("towns"), 5000).split("|") if c.strip()]
            for town in bound:
                if town not in towns:
                    raise Refused("towns", Code.UNKNOWN_PLACE, town)
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        new = session.scalar(sa.select(LabRow.id).where(LabRow.campaign_id == row.id, LabRow.code == code)) is None
        lab = find_or_make(session, row, code, known)
        changes = {name: value for name, value in said.items() if value is not None and getattr(lab, name) != value}
        for name, value in changes.items():
            setattr(lab, name, value)
        moved = [_bind(session, row, towns[town], lab, now) for town in bound]
        if new or changes or any(moved):
            result.accepted += 1
        else:
            result.unchanged += 1
    if result.accepted:
        session.flush()
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="labs", details={"labs": result.accepted}, now=now, structure=True
        )
    return result


def _bind(session: Session, row: CampaignRow, place_id: int, lab: LabRow, now: datetime) -> bool:
    standing = session.scalar(
        sa.select(LabBinding).where(
            LabBinding.campaign_id == row.id, LabBinding.place_id == place_id, LabBinding.valid_to.is_(None)
        )
    )
    if standing is not None and standing.lab_id == lab.id:
        return False
    if standing is not None:
        standing.valid_to = now
    valid_from = now if standing is not None else row.starts_at
    session.add(LabBinding(campaign_id=row.id, place_id=place_id, lab_id=lab.id, valid_from=valid_from))
    return True
