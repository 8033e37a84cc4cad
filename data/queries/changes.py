"""Who changed what: every version that replaced another, and by how much it changed a figure.

A report's figure may rest on its neighbours (running totals), so a version's effect is found by counting the site
anew with and without it, in the order the versions came. What they add up to is then, by construction, the present
figure less the first one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Decision, Report
from data.queries.overview import ref
from data.site_record import Held, SiteRecord
from data.stored_reports import batched_list, site_records
from domain.passport import Change, amount, stated
from domain.places import Place, PlaceTree
from domain.reports import Claim, SiteFacts, Status, judge


def changes_below(
    session: Session, tree: PlaceTree, place: Place, counted: str, inside: Callable[[Claim], bool]
) -> tuple[Change, ...]:
    """Every change of the figure `counted` below `place`, the newest first; only claims that are `inside` count."""
    corrected = sa.select(Report.site_id).where(
        Report.campaign_id == tree.campaign.id, Report.correction_of.is_not(None)
    )
    site_ids = {id_ for id_ in session.scalars(corrected.distinct()) if place.id in tree.by_id[id_].ancestors}
    steps: list[_Step] = []
    for site_id, record in site_records(session, tree, site_ids).items():
        steps += _steps(tree, tree.by_id[site_id], record, counted, inside)
    by, verified_by = _hands(session, tree.campaign.id, [step.held.report_id for step in steps])
    steps.sort(key=lambda step: (step.held.recorded_at, step.held.report_id), reverse=True)
    return tuple(
        Change(
            at=step.held.recorded_at,
            site=ref(step.site),
            period=step.held.claim.last,
            version=step.version,
            old=stated(counted, step.before.claim),
            new=stated(counted, step.held.claim),
            delta=step.delta,
            reason=step.held.claim.note,
            by=by.get(step.held.report_id, ""),
            verified_by=verified_by.get(step.held.report_id, ""),
        )
        for step in steps
    )


@dataclass(slots=True)
class _Step:
    site: Place
    before: Held
    held: Held
    version: int
    delta: int


def _steps(
    tree: PlaceTree, site: Place, record: SiteRecord, counted: str, inside: Callable[[Claim], bool]
) -> list[_Step]:
    """The versions of one site's reports that changed what the figure says or is."""
    chains = [list(reversed(record.chain(head))) for head in record.heads.values()]
    standing = [0] * len(chains)
    facts = SiteFacts(tree.open_periods(site), tree.pool_size(site))

    def total() -> int:
        versions = [chain[at] for chain, at in zip(chains, standing, strict=True)]
        versions.sort(key=lambda held: (held.claim.last, held.claim.key))
        verdicts = judge([(held.claim, held.recorded_at) for held in versions], facts, tree.campaign)
        return sum(
            amount(counted, held.claim, verdict) or 0
            for held, verdict in zip(versions, verdicts, strict=True)
            if inside(held.claim)
        )

    order = sorted(
        ((chain[at], number, at) for number, chain in enumerate(chains) for at in range(1, len(chain))),
        key=lambda step: (step[0].recorded_at, step[0].report_id),
    )
    before = total() if order else 0
    found = []
    for held, number, at in order:
        older = chains[number][at - 1]
        # A correction may have come before its original: whichever came later, the newer version stands now.
        standing[number] = max(standing[number], at)
        after = total()
        said = stated(counted, older.claim) != stated(counted, held.claim) and inside(held.claim)
        if after != before or said:
            found.append(_Step(site, older, held, record.version(held), after - before))
        before = after
    return found


def _hands(session: Session, campaign_id: str, report_ids: Sequence[int]) -> tuple[dict[int, str], dict[int, str]]:
    """Who recorded each of the reports, and who verified it last."""
    by: dict[int, str] = {}
    verified: dict[int, str] = {}
    for part in batched_list(sorted(report_ids)):
        by.update(session.execute(sa.select(Report.id, Report.actor).where(Report.id.in_(part))).all())
        decided = (
            sa.select(Decision.report_id, Decision.status, Decision.actor)
            .where(Decision.campaign_id == campaign_id, Decision.report_id.in_(part))
            .order_by(Decision.id)
        )
        for report_id, status, actor in session.execute(decided):
            if status == Status.VERIFIED.value:
                verified[report_id] = actor
            else:
                verified.pop(report_id, None)
    return by, verified
