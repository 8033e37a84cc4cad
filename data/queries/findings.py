"""Findings read off the record: what is doubtful, what contradicts, who owes a report."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, RefusedClaim, Report
from data.queries.followed import followed
from data.queries.moment import Moment, within
from data.stored_reports import batched_list, held_reports
from domain.findings import FLAG_SEVERITY, Finding, Topic, worst_flag
from domain.places import Level, Place, PlaceTree
from domain.reports import Claim, Flag, Judged, Status, total_after
from domain.status import Severity

MANY_MISSING = 5
"""From this many missing sites on, a town's are one finding: a list of forty names hides everything else."""


def missing_sites(session: Session, tree: PlaceTree, place: Place, period: int | None) -> list[Place]:
    """The sites below `place` that owe a report for `period`, by code."""
    if period is None:
        return []
    return _owing(session, tree, tree.sites(place), period, *within(CurrentReport, tree, place))


def missing_now(session: Session, moment: Moment, period: int | None) -> list[Place]:
    """The same below the moment's place, for a period that is asked for again and again."""
    tree, c = moment.tree, CurrentReport
    if period is None:
        return []

    def derive(ids: Collection[int]) -> dict[int, bool]:
        found: dict[int, bool] = {}
        for part in batched_list(sorted(ids)):
            sites = [tree.by_id[id_] for id_ in part]
            owing = _owing(session, tree, sites, period, c.campaign_id == tree.campaign.id, c.site_id.in_(part))
            found.update((site.id, True) for site in owing)
        return found

    owe = followed(session, moment, (missing_now, period), lambda: _sites(tree), _itself, derive)
    return [site for site in tree.sites(moment.place) if site.id in owe]


def _owing(
    session: Session, tree: PlaceTree, sites: Sequence[Place], period: int, *where: sa.ColumnElement[bool]
) -> list[Place]:
    """Those of `sites`, whose reports are found by `where`, that owe one for `period`."""
    c = CurrentReport
    covered = set(
        session.scalars(sa.select(c.site_id).where(*where, c.first_period <= period, c.last_period >= period))
    )
    return [site for site in sites if site.id not in covered and period in tree.open_periods(site)]


def _sites(tree: PlaceTree) -> list[int]:
    return [site.id for site in tree.each(Level.SITE)]


def _itself(site: Place) -> int:
    return site.id


def findings_below(session: Session, moment: Moment, missing: Sequence[Place], period: int | None) -> list[Finding]:
    """Everything to look at below the moment's place; `missing` are the sites that owe a report for `period`."""
    tree, place = moment.tree, moment.place
    found = _doubtful(session, moment) + _contradictions(session, tree, place)
    if period is not None:
        found += _missing(session, tree, missing, period)
    return found


def _finding(
    place: Place, kind: str, severity: Severity, topic: Topic, at: datetime, period: int | None, **params: object
) -> Finding:
    return Finding(kind, severity, topic, place.code, place.name, place.name_en, place.level, at, period, params)


def _doubtful(session: Session, moment: Moment) -> list[Finding]:
    tree, place = moment.tree, moment.place

    def derive(ids: Collection[int]) -> dict[int, list[Finding]]:
        return _doubtful_of(session, tree, ids)

    by_site = followed(session, moment, _doubtful, lambda: _sites(tree), _itself, derive)
    return [
        finding
        for site_id, own in sorted(by_site.items())
        if place.id in tree.by_id[site_id].ancestors
        for finding in own
    ]


def _doubtful_of(session: Session, tree: PlaceTree, ids: Collection[int]) -> dict[int, list[Finding]]:
    """What is doubtful in the reports of these sites, by site."""
    c = CurrentReport
    flags: dict[int, int] = {}
    site_ids: set[int] = set()
    for part in batched_list(sorted(ids)):
        doubtful = sa.select(c.site_id, c.report_id, c.flags).where(
            c.campaign_id == tree.campaign.id, c.doubtful, c.status != Status.VERIFIED.value, c.site_id.in_(part)
        )
        for site_id, report_id, bits in session.execute(doubtful):
            flags[report_id] = bits
            site_ids.add(site_id)
    counted: dict[int, list[tuple[Claim, Judged, datetime, int]]] = defaultdict(list)
    for held, site_id in held_reports(session, tree, site_ids):
        if held.counted is not None:
            counted[site_id].append((held.claim, held.counted, held.recorded_at, held.report_id))
    found: dict[int, list[Finding]] = defaultdict(list)
    for site_id, reports in counted.items():
        reports.sort(key=lambda r: r[0].last)
        for i, (claim, judged, recorded_at, report_id) in enumerate(reports):
            flag = worst_flag(flags.get(report_id, 0))
            if flag is None:
                continue
            found[site_id].append(
                _finding(
                    tree.by_id[site_id],
                    str(flag.name).lower(),
                    FLAG_SEVERITY[flag],
                    Topic.DATA,
                    recorded_at,
                    claim.last,
                    **arithmetic(tree, flag, claim, judged, [(c, j) for c, j, _, _ in reports[:i]]),
                )
            )
    return found


def arithmetic(
    tree: PlaceTree, flag: Flag, claim: Claim, judged: Judged, before: Sequence[tuple[Claim, Judged]]
) -> dict[str, object]:
    """The numbers that make the sentence: what was compared with what."""
    so_far, tubes_so_far = 0, 0
    for earlier, verdict in before:
        so_far = total_after(so_far, verdict.persons, earlier.persons_total)
        tubes_so_far = total_after(tubes_so_far, verdict.tubes or 0, earlier.tubes_total)
    if flag is Flag.TOTAL_FALLS:
        falls = so_far - (claim.persons_total if claim.persons_total is not None else so_far)
        return {
            "by": max(falls, -judged.persons, 0),
            "total": claim.persons_total,
            "so_far": so_far,
            "tubes_total": claim.tubes_total,
            "tubes_so_far": tubes_so_far,
        }
    if flag is Flag.TOTAL_DIFFERS:
        return {"persons": so_far + judged.persons, "total": claim.persons_total}
    if flag is Flag.PERSONS_OVER_TUBES:
        site = tree.by_code[claim.site]
        size = claim.pool_size or tree.pool_size(site)
        return {"persons": judged.persons, "tubes": judged.tubes, "pool_size": size}
    if flag is Flag.THIRD_COPIES_DIFFER:
        return {"tubes": judged.tubes, "third_copies": claim.third_copies}
    if flag is Flag.OUTLIER:
        recent = before[-tree.campaign.limits.outlier_hours :]
        rates = [max(v.persons, 0) / (c.last - c.first + 1) for c, v in recent]
        return {"persons": judged.persons, "mean": sum(rates) / len(rates) if rates else 0.0}
    return {"label": _label(tree, claim.last)}


def _contradictions(session: Session, tree: PlaceTree, place: Place) -> list[Finding]:
    """Refused claims that still contradict the version that counts."""
    r, kept = RefusedClaim, Report
    query = (
        sa.select(r.site_id, r.recorded_at, r.content, kept.persons, kept.persons_total, CurrentReport.status)
        .join(kept, (kept.id == r.report_id) & (kept.campaign_id == r.campaign_id))
        .join(CurrentReport, (CurrentReport.report_id == r.report_id) & (CurrentReport.campaign_id == r.campaign_id))
        .where(
            r.campaign_id == tree.campaign.id,
            *within(kept, tree, place),
            CurrentReport.status != Status.VERIFIED.value,
        )
    )
    found = []
    for site_id, recorded_at, content, persons, persons_total, _ in session.execute(query):
        site = tree.by_id[site_id]
        if place.id not in site.ancestors:
            continue
        first = persons if persons is not None else persons_total
        second = content.get("persons", content.get("persons_total"))
        found.append(
            _finding(site, "conflict", Severity.WARN, Topic.DATA, recorded_at, content.get("last"), first=first,
                     second=second)
        )  # fmt: skip
    return found


def _missing(session: Session, tree: PlaceTree, missing: Sequence[Place], period: int) -> list[Finding]:
    campaign = tree.campaign
    last_covered: dict[int, int] = {}
    for part in batched_list(sorted(site.id for site in missing)):
        query = (
            sa.select(CurrentReport.site_id, sa.func.max(CurrentReport.last_period))
            .where(CurrentReport.campaign_id == campaign.id, CurrentReport.site_id.in_(part),
                   CurrentReport.last_period < period)
            .group_by(CurrentReport.site_id)
        )  # fmt: skip
        last_covered.update((site_id, last) for site_id, last in session.execute(query))
    by_town: dict[Place, list[Place]] = {}
    for site in missing:
        parent = tree.by_id[site.ancestors[1]] if len(site.ancestors) > 1 else site
        by_town.setdefault(parent, []).append(site)
    found = []
    at = campaign.end_of(period) + campaign.due
    label = _label(tree, period)
    for town, sites in by_town.items():
        if len(sites) >= MANY_MISSING and town.level is not Level.SITE:
            found.append(
                _finding(
                    town, "missing_many", Severity.MISS, Topic.REPORTING, at, period, count=len(sites), label=label
                )
            )
            continue
        for site in sites:
            since = last_covered.get(site.id, -1)
            hours = sum(since < k <= period for k in tree.open_periods(site))
            found.append(
                _finding(site, "missing", Severity.MISS, Topic.REPORTING, at, period, hours=hours, label=label)
            )
    return found


def _label(tree: PlaceTree, period: int) -> str:
    """A period is called by the local hour it ends at: 13:00-14:00 is "14"."""
    end = tree.campaign.local(tree.campaign.end_of(period))
    hour = end.hour or 24
    return f"{hour}" if end.minute == 0 else f"{end.hour}:{end.minute:02d}"
