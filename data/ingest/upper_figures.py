"""What upper systems show into the record: one batch, one transaction, every row judged by itself.

Claims are only ever added. The interface, files, pulled sources and the form on the page all come through
`record`, so they refuse the same rows with the same words.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult, Sender
from data.ingest.reports import district_of
from data.models import CampaignRow, PlaceRow, UpperFigure
from data.stored_reports import batched_list
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.upper import UpperClaim, read_upper


def ingest_upper_figures(
    database: Database,
    campaign_id: str,
    rows: Sequence[Mapping[str, object]],
    sender: Sender,
    clock: Clock,
) -> BatchResult:
    """Take in rows of the contract's shape; what the answer calls accepted is durable.

    Raises `campaigns.UnknownCampaign`, and `KeyError` when the sender's place is not in the campaign.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        return record(session, row, campaigns.tree_of(session, row), rows, sender, now)


def record(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    rows: Sequence[Mapping[str, object]],
    sender: Sender,
    now: datetime,
    decimal: str | None = None,
) -> BatchResult:
    """The same within the caller's transaction and campaign lock; `decimal` as for `domain.values.read_count`."""
    result = BatchResult(revision=row.revision)
    scope = sender.place(tree)
    claims: list[tuple[int, UpperClaim]] = []
    for index, fields in enumerate(rows):
        try:
            if not isinstance(fields, Mapping):
                raise Refused("row", Code.BAD_VALUE, fields, detail="object")
            claim = read_upper(fields, now, decimal)
            place = tree.by_code.get(claim.place)
            if place is None:
                raise Refused("place", Code.UNKNOWN_PLACE, claim.place)
            if not permissions.within(scope, place):
                raise Refused("place", Code.OUT_OF_SCOPE, claim.place)
            claims.append((index, claim))
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
    by_key, newest = _on_record(session, row, [claim for _, claim in claims])
    written: list[tuple[UpperClaim, bool]] = []
    for index, claim in claims:
        known = by_key.get(claim.key)
        if known == claim:
            result.unchanged += 1
            continue
        if known is not None:
            result.rejected.append(Refused("key", Code.CONFLICT, claim.key, detail="upper").at(index))
            continue
        about = claim.place, claim.at, claim.source
        standing = newest.get(about)
        # Said before under another key: kept, so that this key cannot mean something else later.
        repeats = standing is not None and standing.same_figures(claim)
        by_key[claim.key] = claim
        newest[about] = claim
        written.append((claim, repeats))
        if repeats:
            result.unchanged += 1
        else:
            result.accepted += 1
    result.rejected.sort(key=lambda r: r.index)
    if result.accepted:
        details = {"accepted": result.accepted, "rejected": len(result.rejected)}
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="upper_figures", details=details, now=now
        )
    session.add_all(
        UpperFigure(
            campaign_id=row.id,
            district_id=district_of(tree, tree.by_code[claim.place]),
            place_id=tree.by_code[claim.place].id,
            key=claim.key,
            at=claim.at,
            persons=claim.persons,
            tubes=claim.tubes,
            source=claim.source,
            repeats=repeats,
            actor=sender.name,
            recorded_at=now,
            revision=result.revision,
        )
        for claim, repeats in written
    )
    session.flush()
    return result


def _on_record(
    session: Session, row: CampaignRow, claims: Sequence[UpperClaim]
) -> tuple[dict[str, UpperClaim], dict[tuple[str, datetime, str], UpperClaim]]:
    """What is on record under the keys of `claims`, and what was last said of their places, moments and sources."""
    u = UpperFigure
    columns = u.key, PlaceRow.code, u.at, u.persons, u.tubes, u.source
    stored = (
        sa.select(*columns)
        .join(PlaceRow, (PlaceRow.id == u.place_id) & (PlaceRow.campaign_id == u.campaign_id))
        .where(u.campaign_id == row.id)
    )
    by_key: dict[str, UpperClaim] = {}
    for part in batched_list(sorted({claim.key for claim in claims})):
        by_key.update((found[0], UpperClaim(*found)) for found in session.execute(stored.where(u.key.in_(part))))
    newest: dict[tuple[str, datetime, str], UpperClaim] = {}
    for part in batched_list(sorted({claim.place for claim in claims})):
        for found in session.execute(stored.where(PlaceRow.code.in_(part)).order_by(u.id)):
            claim = UpperClaim(*found)
            newest[claim.place, claim.at, claim.source] = claim
    return by_key, newest
