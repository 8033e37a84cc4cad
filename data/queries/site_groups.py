"""The towns of a city by district, in place of its sites."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy.orm import Session

from data.queries.cells import NOTHING, Cells, figures, kept_cells
from data.queries.moment import Moment, ref
from data.queries.overview import overview
from domain import progress, status
from domain.overview import Overview
from domain.places import Level, Place
from domain.site_groups import GroupRow, SiteGroups, lists_towns
from domain.status import RANK, Severity


def site_groups(session: Session, moment: Moment) -> SiteGroups:
    """The districts of `moment.place` with their towns. Asks for sums only, never for a site."""
    tree, seen = moment.tree, moment.ask(session, overview)
    if not lists_towns(moment.place, len(tree.sites(moment.place))):
        return SiteGroups(seen, ())
    below = [
        place for level in (Level.DISTRICT, Level.TOWN) for place in tree.each(level)
        if tree.contains(moment.place, place)
    ]  # fmt: skip
    cells = kept_cells(session, tree.campaign.id, [place.id for place in below])
    count, worst = _findings(moment, seen)
    rows = {place.id: _row(moment, place, cells, seen, count, worst) for place in below}

    def order(place: Place) -> tuple[float, str]:
        row = rows[place.id]
        behind = row.gap_persons / row.target if row.gap_persons is not None and row.target else 0.0
        return behind, place.code

    districts = sorted((place for place in below if place.level is Level.DISTRICT), key=order)
    return SiteGroups(
        seen,
        tuple(
            (rows[district.id], tuple(rows[town.id] for town in sorted(district.children, key=order)))
            for district in districts
        ),
    )


def _findings(moment: Moment, seen: Overview) -> tuple[Counter[int], dict[int, Severity]]:
    """Findings at each place and below it: how many, and the worst."""
    count: Counter[int] = Counter()
    worst: dict[int, Severity] = {}
    for finding in seen.findings:
        place = moment.tree.by_code.get(finding.place)
        for above in place.ancestors if place is not None else ():
            count[above] += 1
            known = worst.get(above)
            if known is None or RANK[finding.severity] < RANK[known]:
                worst[above] = finding.severity
    return count, worst


def _row(
    moment: Moment,
    place: Place,
    cells: Cells,
    seen: Overview,
    count: Mapping[int, int],
    worst: Mapping[int, Severity],
) -> GroupRow:
    tree, last = moment.tree, seen.last_period
    own = cells.get(place.id, {})
    if moment.until is not None:
        own = {k: cell for k, cell in own.items() if k <= moment.until}
    totals, target = figures(own.values()), tree.target(place)
    planned = progress.planned_until(tree.plan(place), last)
    until = sum(cell.persons for period, cell in own.items() if last is not None and period <= last)
    return GroupRow(
        place=ref(place),
        sites=len(tree.sites(place)),
        target=target,
        figures=totals,
        last_hour=figures([own.get(last, NOTHING)] if last is not None and last in own else []),
        completion=progress.completion(totals.persons, target),
        gap_persons=round(until - planned) if planned is not None else None,
        severity=status.of_site_gap(progress.gap_pp(until, planned, target), tree.campaign.limits),
        findings=count.get(place.id, 0),
        worst=worst.get(place.id),
    )
