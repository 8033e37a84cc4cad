"""Hourly counts of laboratories into the record."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult
from data.ingest.tubes import Writer
from data.models import CampaignRow, LabReport
from data.tube_books import Books, books_of
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.lab_reports import LabCounts, read_lab_counts
from domain.permissions import Role
from domain.places import PlaceTree


def ingest_lab_reports(
    database: Database, campaign_id: str, rows: Sequence[Mapping[str, object]], writer: Writer, clock: Clock
) -> BatchResult:
    """Take in rows of the contract's shape; what the answer calls accepted is durable.

    Raises `campaigns.UnknownCampaign`.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        tree = campaigns.tree_of(session, row)
        books = books_of(session, row, tree)
        result = BatchResult(revision=row.revision)
        own = writer.place if writer.role is Role.LAB else None
        for index, fields in enumerate(rows):
            try:
                if not isinstance(fields, Mapping):
                    raise Refused("row", Code.BAD_VALUE, fields, detail="object")
                counts = read_lab_counts(fields, tree.campaign, now, own)
                lab_id = _lab(counts, books, tree, writer)
                if _known(session, row, counts, lab_id, tree):
                    result.unchanged += 1
                    continue
            except Refused as refusal:
                result.rejected.append(refusal.at(index))
                continue
            report = LabReport(
                campaign_id=row.id, key=counts.key, lab_id=lab_id, starts_at=counts.hour,
                ends_at=counts.hour + tree.campaign.interval, received=counts.received, tested=counts.tested,
                reported=counts.reported, actor=writer.name, recorded_at=now, revision=row.revision + 1,
            )  # fmt: skip
            session.add(report)
            result.accepted += 1
        if result.accepted:
            result.revision = campaigns.change(
                session, row, actor=writer.name, action="lab_reports",
                details={"accepted": result.accepted, "rejected": len(result.rejected)}, now=now,
            )  # fmt: skip
        return result


def _lab(counts: LabCounts, books: Books, tree: PlaceTree, writer: Writer) -> int:
    lab_id = books.labs.get(counts.lab)
    if lab_id is None:
        raise Refused("lab", Code.UNKNOWN_LAB, counts.lab)
    if writer.role is Role.LAB:
        allowed = counts.lab == writer.place
    else:
        place = tree.by_code.get(writer.place)
        allowed = place is None or place.id in tree.by_id[books.home_place(lab_id) or 0].ancestors
    if not allowed:
        raise Refused("lab", Code.OUT_OF_SCOPE, counts.lab)
    return lab_id


def _known(session: Session, row: CampaignRow, counts: LabCounts, lab_id: int, tree: PlaceTree) -> bool:
    """Whether the same is on record already. Raises `Refused` where something else is."""
    said = (lab_id, counts.hour, counts.received, counts.tested, counts.reported)
    session.flush()
    query = sa.select(LabReport).where(
        LabReport.campaign_id == row.id,
        sa.or_(
            LabReport.key == counts.key,
            sa.and_(LabReport.lab_id == lab_id, LabReport.starts_at == counts.hour),
        ),
    )
    for found in session.scalars(query):
        stands = (found.lab_id, found.starts_at, found.received, found.tested, found.reported)
        if stands != said:
            if found.key == counts.key:
                raise Refused("key", Code.CONFLICT, counts.key, detail="lab_report")
            hour = tree.campaign.local(counts.hour).isoformat(timespec="minutes")
            raise Refused("hour", Code.OVERLAPS, hour, detail="lab_hour")
        return True
    return False
