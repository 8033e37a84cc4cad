"""What the record holds against and for a report: the town's decisions, the refused claims that contradict it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Decision, RefusedClaim
from data.site_record import Held, SiteRecord
from data.stored_reports import batched_list
from domain.decisions import Decided
from domain.reports import Status

History = Mapping[int, Sequence[Decided]]
"""Every decision about each report, by its id, in order."""


def decisions_about(session: Session, campaign_id: str, report_ids: Iterable[int]) -> History:
    """All decisions about the given reports."""
    d = Decision
    found: dict[int, list[Decided]] = defaultdict(list)
    for part in batched_list(sorted(set(report_ids))):
        query = (
            sa.select(d.report_id, d.status, d.actor, d.recorded_at, d.revision, d.reason, d.note, d.undoes)
            .where(d.campaign_id == campaign_id, d.report_id.in_(part))
            .order_by(d.id)
        )
        for report_id, status, actor, at, revision, reason, note, undoes in session.execute(query):
            found[report_id].append(Decided(Status(status), actor, at, revision, reason, note, undoes))
    return found


def refused_claims(session: Session, campaign_id: str, report_ids: Iterable[int]) -> dict[int, list[RefusedClaim]]:
    """The refused claims that contradict each of the given reports, the oldest first; by the report's id."""
    found: dict[int, list[RefusedClaim]] = defaultdict(list)
    for part in batched_list(sorted(set(report_ids))):
        query = (
            sa.select(RefusedClaim)
            .where(RefusedClaim.campaign_id == campaign_id, RefusedClaim.report_id.in_(part))
            .order_by(RefusedClaim.id)
        )
        for claim in session.scalars(query):
            found[claim.report_id].append(claim)
    return found


def version_before(record: SiteRecord, held: Held) -> Held | None:
    """The version that `held` replaces."""
    return next(iter(record.chain(held)[1:2]), None)


def reopened(record: SiteRecord, held: Held, history: History) -> bool:
    """Whether `held` replaces a version that was verified: the change is to be looked at, not waved through."""
    older = version_before(record, held)
    decided = history.get(older.report_id, ()) if older else ()
    return bool(decided) and decided[-1].status is Status.VERIFIED
