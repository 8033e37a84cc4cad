"""Every site below a place, one row each."""

from collections import Counter

from sqlalchemy.orm import Session

from data.queries.cells import UNREPORTED, figures, summed_cells
from data.queries.duty import duty
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from domain import progress, status
from domain.findings import Finding
from domain.site import SiteRow
from domain.status import RANK, Severity


def site_rows(session: Session, moment: Moment) -> tuple[SiteRow, ...]:
    """The sites below `moment.place`, furthest behind first."""
    tree, place = moment.tree, moment.place
    campaign = tree.campaign
    sites = tree.sites(place)
    seen = moment.ask(session, overview)
    duty_period, last = seen.duty_period, seen.last_period
    cells = summed_cells(session, campaign.id, [site.id for site in sites], last, moment.until)
    states = {}
    if duty_period is not None:
        states = {row.site.id: row.state for row in duty(session, moment, duty_period)}
    count: Counter[str] = Counter()
    worst: dict[str, Finding] = {}
    for finding in seen.findings:
        count[finding.place] += 1
        if finding.place not in worst or RANK[finding.severity] < RANK[worst[finding.place].severity]:
            worst[finding.place] = finding
    rows = []
    for site in sites:
        own = cells.get(site.id, UNREPORTED)
        totals = figures([own.total])
        target = tree.target(site)
        planned = progress.planned_until(tree.plan(site), last)
        gap = progress.gap_pp(own.until, planned, target)
        severity: Severity | None = worst[site.code].severity if site.code in worst else None
        rows.append(
            SiteRow(
                place=ref(site),
                parent=ref(tree.by_id[site.parent_id]) if site.parent_id is not None else None,
                kind=site.kind,
                target=target,
                figures=totals,
                last_hour=figures([own.hour] if own.hour is not None else []),
                completion=progress.completion(totals.persons, target),
                gap_persons=round(own.until - planned) if planned is not None else None,
                gap_pp=gap,
                severity=status.of_site_gap(gap, campaign.limits),
                state=states.get(site.id),
                findings=count[site.code],
                worst=severity,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.gap_pp if row.gap_pp is not None else 0.0, row.place.code)))
