"""The town's word on a report: verified, or returned with a reason. The latest decision counts."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult, Sender
from data.ingest.reports import settle
from data.models import CampaignRow, Decision, Report
from data.stored_reports import batched_list, site_records
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.reports import Status


def decide(
    database: Database,
    campaign_id: str,
    keys: Sequence[str],
    status: Status,
    sender: Sender,
    clock: Clock,
    reason: str = "",
    note: str = "",
) -> BatchResult:
    """Verify or return the current reports with the given keys.

    A key that is already so decided is unchanged; one that is superseded, unknown or out of scope is refused.
    Raises `campaigns.UnknownCampaign`, and `KeyError` when the sender's place is not in the campaign.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        tree = campaigns.tree_of(session, row)
        return record_decisions(session, row, tree, keys, status, sender, now, reason, note)


def record_decisions(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    keys: Sequence[str],
    status: Status,
    sender: Sender,
    now: datetime,
    reason: str = "",
    note: str = "",
) -> BatchResult:
    """The same within the caller's transaction and campaign lock."""
    scope = sender.place(tree)
    result = BatchResult(revision=row.revision)
    sites: dict[str, int] = {}
    # A key with a control character is nobody's, and some databases cannot even be asked about it.
    for part in batched_list(sorted({key for key in keys if key.isprintable()})):
        query = sa.select(Report.key, Report.site_id).where(Report.campaign_id == row.id, Report.key.in_(part))
        sites.update((key, site_id) for key, site_id in session.execute(query))
    records = site_records(session, tree, set(sites.values()))
    heads = {key: held for record in records.values() for key, held in record.heads.items()}
    decided: list[int] = []
    for index, key in enumerate(keys):
        try:
            if key not in sites:
                raise Refused("keys", Code.UNKNOWN_REPORT, key)
            if not permissions.within(scope, tree.by_id[sites[key]]):
                raise Refused("keys", Code.OUT_OF_SCOPE, key)
            if key not in heads:
                raise Refused("keys", Code.CONFLICT, key, detail="superseded")
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        held = heads[key]
        if held.status is status:
            result.unchanged += 1
            continue
        held.status = status
        decided.append(held.report_id)
        result.accepted += 1
    if decided:
        result.revision = campaigns.change(
            session, row, actor=sender.name, action=f"reports.{status}", now=now,
            details={"reports": len(decided), "reason": reason},
        )  # fmt: skip
        common = {"campaign_id": row.id, "status": status.value, "reason": reason, "note": note,
                  "actor": sender.name, "recorded_at": now, "revision": result.revision}  # fmt: skip
        session.execute(
            sa.insert(Decision.__table__),  # type: ignore[arg-type]
            [{**common, "report_id": report_id} for report_id in decided],
        )
        settle(session, row.id, tree, records)
    return result
