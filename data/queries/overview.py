"""One place at one version: totals, hours, its children against plan, who is missing, what to look at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

from sqlalchemy.orm import Session

from data.queries.cells import NOTHING, Cell, Cells, cells_from_facts, figures, kept_cells, town_cells
from data.queries.duty import duty
from data.queries.failing_sources import failing_sources
from data.queries.findings import findings_below, missing_now
from data.queries.late_tubes import late_tube_findings
from data.queries.ledger_lines import ledger_lines
from data.queries.moment import Moment, ref
from data.queries.open_positives import task_findings
from data.queries.open_problems import overdue_problems
from data.queries.outlook import outlooks
from data.queries.registry import lab_findings
from data.queries.support import support_findings
from data.queries.upper import differences_below
from domain import progress, status
from domain.duty import State, Tally, tally
from domain.findings import Finding, Topic, order
from domain.forecast import Outlook
from domain.overview import Child, Hour, Overview
from domain.places import Level, Place, PlaceTree
from domain.status import Severity

STRIP = 8
"""Hours of the reporting strip."""


def overview(session: Session, moment: Moment) -> Overview:
    """The overview of `moment.place` as it is."""
    tree, place = moment.tree, moment.place
    towns = _towns(moment)
    # Of all towns, since each is foreseen with its district's others.
    of_towns = town_cells(session, moment)
    wanted = sorted(p.id for p in (place, *place.children) if p.id not in of_towns)
    cells = {**of_towns, **kept_cells(session, tree.campaign.id, wanted)}
    duty_period = _duty_period(moment)
    missing = missing_now(session, moment, duty_period)
    found = findings_below(session, moment, missing, duty_period) + differences_below(session, moment)
    if moment.until is not None:
        found = [f for f in found if f.period is None or f.period <= moment.until]
    else:
        found += overdue_problems(session, tree, place, moment.now)
        found += failing_sources(session, tree, place, moment.now)
        found += late_tube_findings(session, moment)
        found += ledger_lines(session, moment)
        found += support_findings(session, tree, place, moment.now)
        found += lab_findings(session, tree, place, moment.now)
        found += task_findings(session, tree, place, moment.now)
    return _assemble(moment, cells, towns, missing, found, moment.now)


def data_until(session: Session, moment: Moment) -> datetime | None:
    """The event time the figures of `moment.place` reach, as its overview says it, without the rest of it."""
    return _until(moment, last_settled(session, moment))


def last_settled(session: Session, moment: Moment) -> int | None:
    """The last period whose figures at the moment's place are as good as complete, without the rest of it."""
    tree, place = moment.tree, moment.place
    cells = kept_cells(session, tree.campaign.id, [place.id]).get(place.id, {})
    return _settled(moment, hours_of(tree, place, cells, moment.now, tree.campaign.each_period()))


def overview_as_of(session: Session, moment: Moment) -> Overview:
    """The overview as it was known at `moment.now`, put together from the facts recorded by then.

    Findings are left out: they say what to do now.
    """
    tree, place = moment.tree, moment.place
    cells = cells_from_facts(session, tree, place, moment.now)
    duty_period = tree.campaign.last_due(moment.now)
    missing = [
        row.site
        for row in (duty(session, moment, duty_period, moment.now) if duty_period is not None else [])
        if row.state is State.MISSING
    ]
    return _assemble(moment, cells, _towns(moment), missing, [], None)


def _duty_period(moment: Moment) -> int | None:
    """The last period whose reports are due, of those that are shown."""
    due = moment.tree.campaign.last_due(moment.now)
    return due if due is None or moment.until is None else min(due, moment.until)


def _towns(moment: Moment) -> list[Place]:
    return [town for town in moment.tree.each(Level.TOWN) if moment.tree.contains(moment.place, town)]


def _assemble(
    moment: Moment,
    cells: Cells,
    towns: Sequence[Place],
    missing: Sequence[Place],
    found: Sequence[Finding],
    foreseen_at: datetime | None,
) -> Overview:
    tree, place, now = moment.tree, moment.place, moment.now
    campaign = tree.campaign
    if moment.until is not None:
        cells = {id_: {k: cell for k, cell in own.items() if k <= moment.until} for id_, own in cells.items()}
    own = cells.get(place.id, {})
    hours = hours_of(tree, place, own, now, campaign.each_period())
    beyond = sorted(k for k in own if not 0 <= k < campaign.periods)
    last = _settled(moment, hours)
    duty_period = _duty_period(moment)
    reached = _until(moment, last)
    strip = _strip(last, duty_period)
    outlook = outlooks(tree, place, cells, last, foreseen_at)
    children = [
        replace(
            _child(tree, child, cells.get(child.id, {}), now, last, duty_period, strip),
            expected_finish=outlook[child.id].finish if child.id in outlook else None,
            gap_forecast=_gap_forecast(tree, child, outlook.get(child.id)),
        )
        for child in place.children
    ]
    children.sort(key=_furthest_behind_first)
    findings = sorted([*found, *_behind_plan(children, reached or now)], key=order)
    totals = figures(own.values())
    until = sum(cell.persons for period, cell in own.items() if last is not None and period <= last)
    target = tree.target(place)
    planned = progress.planned_until(tree.plan(place), last)
    gap = progress.gap_pp(until, planned, target)
    limits = campaign.limits
    stamped = last if last is not None else duty_period
    last_tally = hours[stamped].tally if stamped is not None else None
    sites = tree.sites(place)
    return Overview(
        campaign=campaign,
        revision=moment.revision,
        now=now,
        place=ref(place),
        parents=tuple(ref(tree.by_id[i]) for i in reversed(place.ancestors[1:])),
        data_until=reached,
        last_period=last,
        duty_period=duty_period,
        stale=moment.until is None and progress.is_stale(campaign, now, reached),
        ended=not progress.is_running(campaign, now) and now >= campaign.deadline,
        figures=totals,
        target=target,
        completion=progress.completion(totals.persons, target),
        planned=planned,
        gap_persons=round(until - planned) if planned is not None else None,
        gap_pp=gap,
        severity=status.of_site_gap(gap, limits) if place.level is Level.SITE else status.of_gap(gap, limits),
        sites=len(sites),
        sites_expected=last_tally.expected if last_tally else 0,
        sites_reported=last_tally.reported if last_tally else 0,
        towns=len(towns),
        towns_verified=sum(_all_verified(tree, town, cells.get(town.id, {}), last) for town in towns),
        hours=hours,
        outside=hours_of(tree, place, own, now, beyond),
        strip_periods=strip,
        children=tuple(children),
        missing=tuple(ref(site) for site in missing),
        findings=tuple(findings),
        hour=campaign.start_of(moment.until) if moment.until is not None else None,
        expected_finish=outlook[place.id].finish if place.id in outlook else None,
        forecast=outlook[place.id].expected if place.id in outlook else (),
        finding_counts={s: sum(f.severity is s for f in findings) for s in Severity if s is not Severity.OK},
    )


def _settled(moment: Moment, hours: Sequence[Hour]) -> int | None:
    """The last period whose figures are as good as complete."""
    reported = [hour.tally.reported or hour.figures.reports for hour in hours]
    return progress.settled_period(moment.tree.campaign, moment.now, moment.tree.expected(moment.place), reported)


def _until(moment: Moment, last: int | None) -> datetime | None:
    campaign = moment.tree.campaign
    return min(campaign.end_of(last), campaign.deadline) if last is not None else None


def hours_of(
    tree: PlaceTree, place: Place, cells: Mapping[int, Cell], now: datetime, periods: Iterable[int]
) -> tuple[Hour, ...]:
    """The given periods at `place`, from its cells by period. Outside the campaign nothing is expected or planned."""
    campaign = tree.campaign
    expected, plan = tree.expected(place), tree.plan(place)

    def hour(k: int) -> Hour:
        inside, due = 0 <= k < campaign.periods, campaign.is_due(k, now)
        return Hour(
            period=k,
            start=campaign.start_of(k),
            end=campaign.end_of(k),
            started=campaign.start_of(k) <= now,
            due=due,
            figures=figures([cells[k]] if k in cells else []),
            plan=plan[k] if plan is not None and inside else None,
            tally=_tally(expected[k] if inside else 0, due, cells.get(k, NOTHING)),
        )

    return tuple(map(hour, periods))


def _tally(expected: int, due: bool, cell: Cell) -> Tally:
    return tally(expected, due, cell.on_time, cell.late, cell.zero, cell.returned, cell.verified)


def _strip(last: int | None, duty_period: int | None) -> tuple[int, ...]:
    newest = max((k for k in (last, duty_period) if k is not None), default=-1)
    return tuple(range(max(0, newest - STRIP + 1), newest + 1))


def _child(
    tree: PlaceTree,
    child: Place,
    cells: Mapping[int, Cell],
    now: datetime,
    last: int | None,
    duty_period: int | None,
    strip: Sequence[int],
) -> Child:
    campaign = tree.campaign
    expected = tree.expected(child)
    plan = tree.plan(child)
    target = tree.target(child)
    totals = figures(cells.values())
    planned = progress.planned_until(plan, last)
    until = sum(cell.persons for period, cell in cells.items() if last is not None and period <= last)
    gap = progress.gap_pp(until, planned, target)
    limits = campaign.limits
    gaps: list[float | None] = []
    counted, plan_so_far = 0, 0.0
    for k in range((last if last is not None else -1) + 1):
        counted += cells.get(k, NOTHING).persons
        plan_so_far += plan[k] if plan is not None else 0.0
        gaps.append(progress.gap_pp(counted, plan_so_far if plan is not None else None, target))
    owed = 0
    if duty_period is not None:
        owed = _tally(expected[duty_period], True, cells.get(duty_period, NOTHING)).missing
    return Child(
        place=ref(child),
        kind=child.kind,
        sites=len(tree.sites(child)),
        figures=totals,
        last_hour=figures([cells[last]] if last is not None and last in cells else []),
        target=target,
        completion=progress.completion(totals.persons, target),
        planned=planned,
        gap_persons=round(until - planned) if planned is not None else None,
        gap_pp=gap,
        severity=status.of_site_gap(gap, limits) if child.level is Level.SITE else status.of_gap(gap, limits),
        strip=tuple(_tally(expected[k], campaign.is_due(k, now), cells.get(k, NOTHING)) for k in strip),
        gaps=tuple(gaps),
        missing=owed,
        lon=child.lon,
        lat=child.lat,
        lanes=child.lanes,
    )


def _gap_forecast(
    tree: PlaceTree, child: Place, outlook: Outlook | None
) -> tuple[tuple[int, float, float, float], ...]:
    """The child's expected persons less its plan, in points of its target, for the campaign's periods to come."""
    plan, target = tree.plan(child), tree.target(child)
    if outlook is None or plan is None or not target:
        return ()
    planned = list(accumulate(plan))

    def points(persons: float, period: int) -> float:
        return 100 * (persons - planned[period]) / target

    return tuple(
        (k, points(p10, k), points(p50, k), points(p90, k))
        for k, p10, p50, p90 in outlook.expected
        if k < len(planned)
    )


def _furthest_behind_first(child: Child) -> tuple[float, int, int, str]:
    return (
        child.gap_pp if child.gap_pp is not None else 0.0,
        -child.missing,
        -child.figures.persons,
        child.place.code,
    )


def _all_verified(tree: PlaceTree, town: Place, cells: Mapping[int, Cell], period: int | None) -> bool:
    if period is None:
        return False
    expected = tree.expected(town)[period]
    return 0 < expected <= cells.get(period, NOTHING).verified


def _behind_plan(children: Sequence[Child], at: datetime) -> list[Finding]:
    return [
        Finding(
            kind="behind_plan",
            severity=child.severity,
            topic=Topic.PROGRESS,
            place=child.place.code,
            place_name=child.place.name,
            place_name_en=child.place.name_en,
            level=child.place.level,
            at=at,
            params={"completion": child.completion, "gap_pp": child.gap_pp},
        )
        for child in children
        # A town behind plan takes most of its sites with it: of sites only the worst are worth a line.
        if child.severity is Severity.CRIT
        or (child.severity is Severity.WARN and child.place.level is not Level.SITE)
    ]
