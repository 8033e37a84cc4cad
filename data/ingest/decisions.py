"""The town's word on a report: verified, or returned with a reason, or taken back. The latest decision counts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest import told
from data.ingest.batch import BatchResult, Sender
from data.ingest.reports import settle
from data.models import CampaignRow, Decision, Report
from data.site_record import Held
from data.stored_decisions import decisions_about, refused_claims, reopened, version_before
from data.stored_reports import batched_list, site_records
from domain import permissions
from domain.clock import Clock
from domain.decisions import UNDO_WITHIN, AlreadyUndone, Decided, before, is_clean
from domain.errors import Code, Refused
from domain.places import Place, PlaceTree
from domain.reports import Flag, Status


def decide(
    database: Database,
    campaign_id: str,
    keys: Sequence[str],
    status: Status,
    sender: Sender,
    clock: Clock,
    reason: str = "",
    note: str = "",
    clean_only: bool = False,
) -> BatchResult:
    """Verify or return the current reports with the given keys.

    A key that is already so decided is unchanged; one that is superseded, unknown or out of scope is refused, with
    `clean_only` also one that somebody has to look at.
    Raises `campaigns.UnknownCampaign`, and `KeyError` when the sender's place is not in the campaign.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        tree = campaigns.tree_of(session, row)
        return record_decisions(session, row, tree, keys, status, sender, now, reason, note, clean_only)


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
    clean_only: bool = False,
    told_at: Mapping[str, datetime] | None = None,
) -> BatchResult:
    """The same within the caller's transaction and campaign lock. `told_at` is when each key was decided, for a
    demonstration's hours that are played at once; else all are decided now."""
    batch = _Batch(session, row, tree, keys, sender)
    check = _only_clean(session, batch) if clean_only else None

    def decision(held: Held) -> Decided | None:
        if held.status is status:
            return None
        if check:
            check(held)
        at = told_at[held.claim.key] if told_at else now
        return Decided(status, sender.name, at, 0, reason, note)

    return batch.record(f"reports.{status}", now, decision, {"reason": reason, "note": note})


def undo(
    database: Database, campaign_id: str, keys: Sequence[str], revision: int, sender: Sender, clock: Clock
) -> BatchResult:
    """Take back the sender's own decision of `revision` about the reports with the given keys, within
    `domain.decisions.UNDO_WITHIN`: what stood before stands again, by a further decision.

    One that is taken back already is unchanged; one of somebody else, too old, or followed by another is refused.
    Raises as `decide`.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        tree = campaigns.tree_of(session, row)
        batch = _Batch(session, row, tree, keys, sender)
        history = decisions_about(session, row.id, [held.report_id for held in batch.named.values()])
        ticking = campaigns.demo_clock(row)
        # The reader's seconds, not those of a demonstration that runs sixty times as fast.
        within = UNDO_WITHIN * (ticking.speed if ticking else 1)

        def decision(held: Held) -> Decided | None:
            try:
                stood = before(history.get(held.report_id, ()), revision, sender.name, now, within)
            except AlreadyUndone:
                return None
            again = stood or Decided(Status.SUBMITTED, "", now, 0)
            return Decided(again.status, sender.name, now, 0, again.reason, again.note, undoes=revision)

        return batch.record("reports.undo", now, decision, {"undoes": revision})


def _only_clean(session: Session, batch: "_Batch") -> Callable[[Held], None]:
    """A check that raises `Refused` for a report that may not be verified unseen."""
    rivals = refused_claims(session, batch.row.id, [held.report_id for held in batch.named.values()])
    before_them = [version_before(batch.records[batch.sites[key]], held) for key, held in batch.named.items()]
    history = decisions_about(session, batch.row.id, [older.report_id for older in before_them if older])

    def check(held: Held) -> None:
        key = held.claim.key
        flags = held.counted.flags if held.counted else Flag(0)
        changed = reopened(batch.records[batch.sites[key]], held, history)
        if not is_clean(held.status, flags, conflict=held.report_id in rivals, reopened=changed):
            raise Refused("keys", Code.NOT_CLEAN, key)

    return check


class _Batch:
    """One action on several reports on its way into the database. `sites` are the site ids of all known keys,
    `named` the reports among them that count."""

    def __init__(
        self, session: Session, row: CampaignRow, tree: PlaceTree, keys: Sequence[str], sender: Sender
    ) -> None:
        self.session = session
        self.row = row
        self.tree = tree
        self.keys = keys
        self.sender = sender
        self.sites: dict[str, int] = {}
        # A key with a control character is nobody's, and some databases cannot even be asked about it.
        for part in batched_list(sorted({key for key in keys if key.isprintable()})):
            query = sa.select(Report.key, Report.site_id).where(Report.campaign_id == row.id, Report.key.in_(part))
            self.sites.update((key, site_id) for key, site_id in session.execute(query))
        self.records = site_records(session, tree, set(self.sites.values()))
        heads = {key: held for record in self.records.values() for key, held in record.heads.items()}
        self.named = {key: heads[key] for key in self.sites if key in heads}

    def record(
        self,
        action: str,
        now: datetime,
        decision: Callable[[Held], Decided | None],
        details: Mapping[str, object],
    ) -> BatchResult:
        """Put on record what `decision` answers for each report; None leaves it unchanged, `Refused` refuses it."""
        result = BatchResult(revision=self.row.revision)
        scope = self.sender.place(self.tree)
        decided: dict[int, Decided] = {}
        reports: list[tuple[Held, Place]] = []
        for index, key in enumerate(self.keys):
            try:
                if key not in self.sites:
                    raise Refused("keys", Code.UNKNOWN_REPORT, key)
                if not permissions.within(scope, self.tree.by_id[self.sites[key]]):
                    raise Refused("keys", Code.OUT_OF_SCOPE, key)
                if key not in self.named:
                    raise Refused("keys", Code.CONFLICT, key, detail="superseded")
                held = self.named[key]
                made = None if held.report_id in decided else decision(held)
            except Refused as refusal:
                result.rejected.append(refusal.at(index))
                continue
            if made is None:
                result.unchanged += 1
                continue
            held.status = made.status
            decided[held.report_id] = made
            reports.append((held, self.tree.by_id[self.sites[key]]))
            result.accepted += 1
        if decided:
            result.revision = campaigns.change(
                self.session, self.row, actor=self.sender.name, action=action, now=now,
                details={"reports": len(decided), **told.about(self.tree.campaign, reports), **details},
            )  # fmt: skip
            self.session.execute(
                sa.insert(Decision.__table__),  # type: ignore[arg-type]
                [
                    {"campaign_id": self.row.id, "report_id": report_id, "status": made.status.value,
                     "reason": made.reason, "note": made.note, "undoes": made.undoes, "actor": self.sender.name,
                     "recorded_at": made.at, "revision": result.revision}
                    for report_id, made in decided.items()
                ],
            )  # fmt: skip
            settle(self.session, self.row.id, self.tree, self.records)
        return result
