"""The town's work in one hour: every site with its report, grouped by what is to be done."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from data.models import RefusedClaim
from data.queries.cells import NOTHING, Cell, figures, kept_cells
from data.queries.findings import arithmetic
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.queries.people import Clerk, clerks, shown_names
from data.queries.reports import CurrentVersion, current_reports
from data.queries.site_tubes import site_tubes
from data.site_record import SiteRecord
from data.stored_decisions import History, decisions_about, refused_claims, reopened, version_before
from data.stored_reports import site_records
from domain.campaign import Campaign
from domain.decisions import reasons
from domain.duty import Covering, State, state
from domain.overview import Figures, Overview
from domain.places import Level, Place, PlaceTree
from domain.reports import COUNTS, DOUBTFUL, Channel, Claim, Flag, Judged, Status
from domain.status import Severity
from domain.town import (
    COLOURED,
    Change,
    Doubt,
    Group,
    HourChoice,
    PlaceWork,
    Rival,
    Sent,
    SiteWork,
    TownPicture,
    flag_severity,
    group_of,
    order,
)

WINDOW = 16
"""Hours to choose from at a time: a whole day of the reference campaign."""


def town_picture(session: Session, moment: Moment) -> TownPicture:
    """The work of `moment.place` in the hour chosen, the last one due unless another is."""
    tree, place = moment.tree, moment.place
    campaign = tree.campaign
    seen = moment.ask(session, overview)
    period = moment.period if moment.period is not None else _present(moment)
    work = _Work.load(session, moment, period)
    by_site = {site.code: work.group(site) for site in tree.sites(place)}
    groups = Counter(group for group in by_site.values() if group is not None)
    in_range = 0 <= period < len(seen.hours)
    return TownPicture(
        seen=seen,
        period=period,
        start=campaign.start_of(period),
        end=campaign.end_of(period),
        due_at=campaign.end_of(period) + campaign.due,
        due=campaign.is_due(period, moment.now),
        hours=_choices(tree, place, seen, period),
        figures=seen.hours[period].figures if in_range else Figures(),
        expected=tree.expected(place)[period] if in_range else 0,
        reported=seen.hours[period].tally.reported if in_range else 0,
        groups=groups,
        sites=() if _above_towns(place) else _site_rows(session, work),
        places=_place_rows(session, work, by_site) if _above_towns(place) else (),
        closed=sum(group is None for group in by_site.values()),
    )


def _above_towns(place: Place) -> bool:
    """Whether what lies below is counted place by place, not site by site."""
    return any(child.level is not Level.SITE for child in place.children)


def _present(moment: Moment) -> int:
    """The last period whose reports are due; before the first of them, the one that runs."""
    campaign = moment.tree.campaign
    due = campaign.last_due(moment.now)
    return due if due is not None else min(max(campaign.period_of(moment.now), 0), max(campaign.periods - 1, 0))


@dataclass(frozen=True, slots=True)
class _Work:
    """The reports of one hour below one place, with what is held for and against them. `records` are those of sites
    that have anything to explain: a doubt or a version before."""

    moment: Moment
    period: int
    reports: Mapping[int, CurrentVersion]
    records: Mapping[int, SiteRecord]
    rivals: Mapping[int, Sequence[RefusedClaim]]
    history: History

    @classmethod
    def load(cls, session: Session, moment: Moment, period: int) -> "_Work":
        campaign = moment.tree.campaign
        reports = {v.site.id: v for v in current_reports(session, moment, period=period)}
        # Above towns only counts are shown: a doubt needs no arithmetic there.
        explained = [
            site_id
            for site_id, v in reports.items()
            if v.version > 1 or (v.flags & DOUBTFUL and not _above_towns(moment.place))
        ]
        records = site_records(session, moment.tree, explained)
        ids = [v.report_id for v in reports.values()]
        replaced = [
            older.report_id
            for site_id, record in records.items()
            if (older := version_before(record, record.by_key[reports[site_id].key]))
        ]
        return cls(
            moment,
            period,
            reports,
            records,
            refused_claims(session, campaign.id, ids),
            decisions_about(session, campaign.id, [*ids, *replaced]),
        )

    @property
    def tree(self) -> PlaceTree:
        return self.moment.tree

    def state(self, site: Place) -> State:
        due = self.tree.campaign.is_due(self.period, self.moment.now)
        report = self.reports.get(site.id)
        covering = None
        if report is not None:
            returned = report.status == Status.RETURNED
            covering = Covering(returned, report.persons == 0, bool(report.flags & Flag.LATE))
        return state(self.period in self.tree.open_periods(site), due, covering)

    def reopened(self, site: Place) -> bool:
        record, report = self.records.get(site.id), self.reports[site.id]
        return record is not None and reopened(record, record.by_key[report.key], self.history)

    def group(self, site: Place) -> Group | None:
        """What is to be done with the site; None where it is closed and silent."""
        state_, report = self.state(site), self.reports.get(site.id)
        if report is None:
            return None if state_ is State.CLOSED else group_of(state_, None, Flag(0))
        conflict = report.report_id in self.rivals
        status = Status(report.status)
        return group_of(state_, status, report.flags, conflict=conflict, reopened=self.reopened(site))

    def doubts(self, site: Place) -> Iterator[Doubt]:
        """Everything to know about the site's report, the worst first."""
        report = self.reports.get(site.id)
        campaign = self.tree.campaign
        if report is None:
            if self.state(site) is State.MISSING:
                yield Doubt("missing", Severity.MISS, {"period": self.period})
            return
        record = self.records.get(site.id)
        doubtful = [flag for flag in Flag if flag & report.flags & DOUBTFUL]
        if record is not None and doubtful:
            claim, judged, before = _with_before(record, report.key)
            for flag in sorted(doubtful, key=lambda f: flag_severity(f) is not Severity.CRIT):
                params = arithmetic(self.tree, flag, claim, judged, before)
                yield Doubt(str(flag.name).lower(), flag_severity(flag), params, COLOURED.get(flag, ()))
        if report.report_id in self.rivals:
            yield Doubt("conflict", Severity.WARN)
        if record is not None and self.reopened(site):
            yield Doubt("reopened", Severity.WARN)
        if report.flags & Flag.CATCH_UP:
            first = campaign.period_of(report.starts_at)
            yield Doubt("catch_up", None, {"first": first, "last": first + report.periods - 1})
        elif report.flags & Flag.LATE:
            yield Doubt("late", None, {"late_by": self.late_by(report)})

    def late_by(self, report: CurrentVersion) -> timedelta:
        campaign = self.tree.campaign
        last = campaign.period_of(report.starts_at) + report.periods - 1
        return max(report.first_recorded_at - campaign.end_of(last) - campaign.due, timedelta(0))

    def changes(self, site: Place) -> tuple[Change, ...]:
        record, report = self.records.get(site.id), self.reports[site.id]
        older = version_before(record, record.by_key[report.key]) if record is not None else None
        if older is None:
            return ()
        return _differences({name: getattr(older.claim, name) for name in COUNTS}, report.counts)


def _with_before(record: SiteRecord, key: str) -> tuple[Claim, Judged, list[tuple[Claim, Judged]]]:
    """The report of that key as it is counted, and those that count before it."""
    counting = sorted(
        ((held.claim, held.counted) for held in record.heads.values() if held.counted is not None),
        key=lambda pair: (pair[0].last, pair[0].key),
    )
    at = next(i for i, (claim, _) in enumerate(counting) if claim.key == key)
    return *counting[at], counting[:at]


def _differences(old: Mapping[str, int | None], new: Mapping[str, int | None]) -> tuple[Change, ...]:
    return tuple(Change(name, old.get(name), new.get(name)) for name in COUNTS if old.get(name) != new.get(name))


def _site_rows(session: Session, work: _Work) -> tuple[SiteWork, ...]:
    tree, campaign = work.tree, work.tree.campaign
    listed = [(site, group) for site in tree.sites(work.moment.place) if (group := work.group(site)) is not None]
    cells = kept_cells(session, campaign.id, [site.id for site, _ in listed])
    tubes = site_tubes(session, campaign, [site for site, _ in listed], work.moment.now)
    on_duty = clerks(session, campaign.id, [site for site, _ in listed])
    actors = {v.actor for v in work.reports.values()} | {c.actor for rivals in work.rivals.values() for c in rivals}
    actors |= {decided[-1].actor for decided in work.history.values()}
    names = shown_names(session, actors)
    rows = []
    for site, group in listed:
        clerk = on_duty.get(site.code, Clerk("", ""))
        row = _site_row(work, site, group, cells.get(site.id, {}), clerk, names)
        rows.append(replace(row, tubes=tubes.get(site.id)))
    return tuple(sorted(rows, key=order))


def _site_row(
    work: _Work,
    site: Place,
    group: Group,
    cells: Mapping[int, Cell],
    clerk: Clerk,
    names: Mapping[str, str],
) -> SiteWork:
    report = work.reports.get(site.id)
    counted = [cell for period, cell in cells.items() if period <= work.period]
    rivals = work.rivals.get(report.report_id, ()) if report is not None else ()
    decided = work.history.get(report.report_id, ()) if report is not None else ()
    return SiteWork(
        site=ref(site),
        group=group,
        state=work.state(site),
        clerk=clerk.name,
        phone=clerk.phone,
        total=sum(cell.persons for cell in counted) if any(cell.reports for cell in counted) else None,
        pool_size=work.tree.pool_size(site),
        sent=_sent(work, site, report, names) if report is not None else None,
        doubts=tuple(work.doubts(site)),
        rivals=tuple(_rival(claim, report, names) for claim in rivals if report is not None),
        reasons=reasons(report.flags, bool(rivals)) if report is not None else (),
        decided=decided[-1] if decided else None,
        decided_by=names.get(decided[-1].actor, "") if decided else "",
    )


def _sent(work: _Work, site: Place, report: CurrentVersion, names: Mapping[str, str]) -> Sent:
    return Sent(
        key=report.key,
        version=report.version,
        covers=report.periods,
        persons=report.persons,
        tubes=report.tubes,
        third_copies=report.counts["third_copies"],
        counts=report.counts,
        status=Status(report.status),
        flags=report.flags,
        note=report.note,
        by=names[report.actor],
        channel=Channel(report.channel) if report.channel else None,
        recorded_at=report.recorded_at,
        late_by=work.late_by(report) if report.flags & Flag.LATE else timedelta(0),
        changes=work.changes(site),
        reopened=work.reopened(site),
    )


def _rival(claim: RefusedClaim, report: CurrentVersion, names: Mapping[str, str]) -> Rival:
    counts = {name: int(claim.content[name]) for name in COUNTS if claim.content.get(name) is not None}
    return Rival(
        key=claim.key,
        counts=counts,
        differences=_differences(report.counts, counts),
        note=str(claim.content.get("note") or ""),
        by=names[claim.actor],
        recorded_at=claim.recorded_at,
    )


def _place_rows(session: Session, work: _Work, by_site: Mapping[str, Group | None]) -> tuple[PlaceWork, ...]:
    """The places directly below, those with the most to look at first."""
    tree = work.tree
    children = work.moment.place.children
    cells = kept_cells(session, tree.campaign.id, [child.id for child in children])
    rows = []
    for child in children:
        cell = cells.get(child.id, {}).get(work.period, NOTHING)
        found = Counter(group for site in tree.sites(child) if (group := by_site[site.code]) is not None)
        expected = tree.expected(child)
        rows.append(
            PlaceWork(
                place=ref(child),
                expected=expected[work.period] if 0 <= work.period < len(expected) else 0,
                reported=cell.on_time + cell.late,
                groups=found,
                figures=figures([cell]),
            )
        )
    return tuple(sorted(rows, key=_most_to_do))


def _most_to_do(row: PlaceWork) -> tuple[int, int, int, str]:
    return (
        -row.groups.get(Group.ATTENTION, 0),
        -row.groups.get(Group.CLEAN, 0),
        -row.groups.get(Group.RETURNED, 0),
        row.place.code,
    )


def _choices(tree: PlaceTree, place: Place, seen: Overview, chosen: int) -> tuple[HourChoice, ...]:
    """The hours to choose from: up to the one that runs, and the chosen one in any case."""
    campaign: Campaign = tree.campaign
    if not seen.hours:
        return ()
    running = min(max(campaign.period_of(seen.now), 0), len(seen.hours) - 1)
    last = max(chosen, min(running, chosen + WINDOW // 2)) if chosen < running - WINDOW + 1 else running
    expected = tree.expected(place)
    return tuple(
        HourChoice(
            period=hour.period,
            start=hour.start,
            end=hour.end,
            reported=hour.tally.reported,
            expected=expected[hour.period],
            open=hour.end <= seen.now or bool(hour.tally.reported),
        )
        for hour in seen.hours[max(0, last - WINDOW + 1) : last + 1]
    )
