"""Backlog and ledger of places and laboratories, from the sums kept of tubes: the cost depends on the places and the
minutes tubes have waited, never on the number of tubes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import LabReport, LabRow, TubeAge, TubeFlow, TubeRow, TubeSum
from data.queries.cells import Cells, cells_from_facts, figures, kept_cells
from data.queries.moment import Moment, ref
from data.tube_books import SINCE_USE, SUMS, Books, Changes, Settled, books_of
from domain.backlog import (
    QUARTER,
    Backlog,
    Backlogs,
    FlowPoint,
    LabBacklog,
    LabRef,
    StageBacklog,
    flow_points,
    limit_minutes,
    waiting,
)
from domain.by_count import Counted, Taken, share_out, together
from domain.ledger import Ledger, LedgerPicture, LedgerRow, missing_before
from domain.overview import Figures
from domain.places import Level, Place, PlaceTree
from domain.tubes import BACKLOG, Result, Stage

_Report = tuple[int, datetime, int | None, int | None, int | None]
"""A laboratory's counts of one hour: its id, the hour's end, received, tested, reported."""

Sum = Mapping[str, int]
NOTHING: Sum = dict.fromkeys(SUMS, 0)


@dataclass(slots=True)
class Kept:
    """What is kept of one owner: sums by period of use, waiting tubes by kind and minute, tubes that came to a stage
    by quarter."""

    sums: dict[int, Sum] = field(default_factory=dict)
    ages: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    flow: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def total(self, name: str) -> int:
        return sum(row[name] for row in self.sums.values())


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of the tubes of some places at one moment: the owners' sums, the laboratories, and what
    those of them that only count do to each place."""

    tree: PlaceTree
    now: datetime
    kept: Mapping[int, Kept]
    labs: tuple[LabRef, ...]
    counted: Mapping[int, Counted]
    """Laboratories that only count, by id."""
    taken: Mapping[int, Taken]
    """By town, for laboratories that only count."""
    counted_flow: Mapping[int, Mapping[int, dict[int, int]]]
    """By laboratory, stage and quarter."""
    towns: Mapping[int, tuple[Place, ...]]
    """By laboratory, the towns bound to it now."""

    def of(self, owner: int) -> Kept:
        return self.kept.get(owner, _EMPTY)

    def taken_of(self, place: Place) -> Taken:
        """What counts do to a place. Nothing to a site: whose tubes they are is not counted."""
        return together(part for town, part in self.taken.items() if place.id in self.tree.by_id[town].ancestors)


_EMPTY = Kept()


def known(session: Session, moment: Moment) -> Known:
    """What is known of the tubes of the moment's place and of all laboratories."""
    return load(session, moment, [moment.place])


def known_parts(session: Session, moment: Moment) -> Known:
    """What the ledger needs of the moment's place, its children and all laboratories: no curves, and no ages but of
    those on their way."""
    return load(session, moment, [moment.place, *moment.place.children], whole=False)


def load(session: Session, moment: Moment, places: Iterable[Place], *, whole: bool = True) -> Known:
    """What is known of the tubes of `places` and of all laboratories, at the moment."""
    tree = moment.tree
    row = campaigns.find(session, tree.campaign.id)
    books = books_of(session, row, tree)
    labs = _labs(session, row.id)
    owners = sorted({*(place.id for place in places), *(-lab.id for lab in labs)})
    reports = _lab_reports(session, row.id)
    received = {lab.id for lab in labs if lab.id in {report[0] for report in reports}}
    if received:
        owners = sorted({*owners, *(town.id for town in tree.each(Level.TOWN))})
    kept = _read(session, row.id, owners, whole)
    if moment.place.level is Level.SITE:
        # Of sites among many only what is late matters, and that has an index of its own.
        _read_site(session, row.id, moment.place, kept)
    return _known(books, moment.now, kept, labs, reports)


def known_as_of(session: Session, moment: Moment) -> Known:
    """The same from the events recorded by the moment's time, for any place."""
    # The way in knows how events make tubes; only this reader of the past needs it here.
    from data.ingest.tubes import folded

    row = campaigns.find(session, moment.tree.campaign.id)
    # Places that were not known then have no tubes of then; those that have, may be told of by their present names.
    tree = campaigns.tree_of(session, row)
    books = Books(session, row, tree)
    changes = Changes(books)
    for _, tube in folded(session, row.id, books, None, moment.now):
        changes.add(books.stand(tube), 1)
    kept = _spread(changes.settled())
    for (owner, kind, minute), tubes in changes.ages.items():
        if owner > 0 and tree.by_id[owner].level is Level.SITE:
            kept[owner].ages[kind][minute] = tubes
    return _known(books, moment.now, kept, _labs(session, row.id), _lab_reports(session, row.id, moment.now))


def _known(
    books: Books, now: datetime, kept: Mapping[int, Kept], labs: tuple[LabRef, ...], reports: Sequence[_Report]
) -> Known:
    tree = books.tree
    towns: dict[int, list[Place]] = defaultdict(list)
    at = int(now.timestamp())
    for town in tree.each(Level.TOWN):
        lab = books.expected(town.id, at)
        if lab is not None:
            towns[lab].append(town)
    told: dict[int, list[_Report]] = defaultdict(list)
    for report in reports:
        told[report[0]].append(report)
    counted: dict[int, Counted] = {}
    taken: dict[int, Taken] = defaultdict(Taken)
    flow: dict[int, dict[int, dict[int, int]]] = {}
    for lab_id, rows in told.items():
        own = kept.get(-lab_id, _EMPTY)
        if any(own.total(stage.word) for stage in (Stage.AT_LAB, Stage.TESTING, Stage.REPORTED)):
            # It gives barcodes: they count, not its counts.
            continue
        counted[lab_id] = Counted.of(
            sum(row[2] or 0 for row in rows), sum(row[3] or 0 for row in rows), sum(row[4] or 0 for row in rows)
        )
        steps: dict[int, dict[int, int]] = {stage: defaultdict(int) for stage in (3, 4, 5)}
        for _, ends, *counts in rows:
            quarter = int(ends.timestamp()) // 60 // QUARTER - 1
            for stage, tubes in zip((3, 4, 5), counts, strict=True):
                steps[stage][quarter] += tubes or 0
        flow[lab_id] = steps
        for place_id, part in share_out(counted[lab_id], _waiting_for(lab_id, books, kept)).items():
            taken[place_id].take(part)
    return Known(
        tree, now, kept, labs, counted, taken, flow, {lab: tuple(bound) for lab, bound in towns.items()}
    )  # fmt: skip


def _waiting_for(lab_id: int, books: Books, kept: Mapping[int, Kept]) -> dict[tuple[int, Stage, int], int]:
    return {
        (town.id, stage, minute): tubes
        for town in books.tree.each(Level.TOWN)
        for stage in (Stage.ON_SITE, Stage.IN_TRANSIT)
        for minute, tubes in kept.get(town.id, _EMPTY).ages.get(SINCE_USE + stage, {}).items()
        if books.expected(town.id, minute * 60 + 59) == lab_id
    }


# -- reading


def _labs(session: Session, campaign_id: str) -> tuple[LabRef, ...]:
    query = (
        sa.select(LabRow.id, LabRow.code, LabRow.name, LabRow.name_en, LabRow.capacity_per_day)
        .where(LabRow.campaign_id == campaign_id)
        .order_by(LabRow.code)
    )
    return tuple(LabRef(*row) for row in session.execute(query))


def _lab_reports(session: Session, campaign_id: str, until: datetime | None = None) -> list[_Report]:
    query = sa.select(
        LabReport.lab_id, LabReport.ends_at, LabReport.received, LabReport.tested, LabReport.reported
    ).where(LabReport.campaign_id == campaign_id, *([LabReport.recorded_at <= until] if until else []))
    return [(lab, ends, got, tested, done) for lab, ends, got, tested, done in session.execute(query)]


_ON_THEIR_WAY = (SINCE_USE + Stage.ON_SITE, SINCE_USE + Stage.IN_TRANSIT)


def _read(session: Session, campaign_id: str, owners: Sequence[int], whole: bool) -> dict[int, Kept]:
    found: dict[int, Kept] = defaultdict(Kept)
    table = TubeSum.__table__
    sums = sa.select(table.c.owner, table.c.period, *(table.c[name] for name in SUMS)).where(
        table.c.campaign_id == campaign_id, table.c.owner.in_(owners)
    )
    for row in session.execute(sums):
        found[row[0]].sums[row[1]] = dict(zip(SUMS, row[2:], strict=True))
    ages = sa.select(TubeAge.owner, TubeAge.kind, TubeAge.minute, TubeAge.tubes).where(
        TubeAge.campaign_id == campaign_id,
        TubeAge.owner.in_(owners),
        TubeAge.tubes != 0,
        *([] if whole else [TubeAge.kind.in_(_ON_THEIR_WAY)]),
    )
    for owner, kind, minute, tubes in session.execute(ages):
        found[owner].ages[kind][minute] = tubes
    if not whole:
        return found
    flow = sa.select(TubeFlow.owner, TubeFlow.stage, TubeFlow.quarter, TubeFlow.tubes).where(
        TubeFlow.campaign_id == campaign_id, TubeFlow.owner.in_(owners), TubeFlow.tubes != 0
    )
    for owner, stage, quarter, tubes in session.execute(flow):
        found[owner].flow[stage][quarter] = tubes
    return found


def _read_site(session: Session, campaign_id: str, site: Place, kept: dict[int, Kept]) -> None:
    """Ages and flow of one site, from its tubes: a few hundred, by their index."""
    query = sa.select(
        TubeRow.stage,
        TubeRow.used_at,
        TubeRow.collected_at,
        TubeRow.received_at,
        TubeRow.testing_at,
        TubeRow.resulted_at,
    ).where(TubeRow.campaign_id == campaign_id, TubeRow.site_id == site.id, TubeRow.stage > 0)
    own = kept[site.id]
    for stage, *times in session.execute(query):
        after: int | None = None
        for k in range(stage, 0, -1):
            at = times[k - 1]
            after = at if after is None else min(after, at) if at is not None else after
            quarters = own.flow[k]
            quarter = (after or 0) // (60 * QUARTER)
            quarters[quarter] = quarters.get(quarter, 0) + 1
        if stage < Stage.REPORTED:
            for kind, at in ((stage, times[stage - 1]), (SINCE_USE + stage, times[0])):
                minutes, minute = own.ages[kind], (at or 0) // 60
                minutes[minute] = minutes.get(minute, 0) + 1


def _spread(settled: Settled) -> dict[int, Kept]:
    found: dict[int, Kept] = defaultdict(Kept)
    for (owner, period), values in settled.sums.items():
        found[owner].sums[period] = dict(zip(SUMS, values, strict=True))
    for (owner, kind, minute), tubes in settled.ages.items():
        found[owner].ages[kind][minute] = tubes
    for (owner, stage, quarter), tubes in settled.flow.items():
        found[owner].flow[stage][quarter] = tubes
    return found


# -- the backlog


def backlogs(session: Session, moment: Moment) -> Backlogs:
    """The backlog of the moment's place, and of every laboratory."""
    found = moment.ask(session, known)
    return Backlogs(
        ref(moment.place),
        moment.revision,
        place_backlog(found, moment.place, moment.until),
        tuple(
            LabBacklog(
                lab,
                tuple(ref(town) for town in found.towns.get(lab.id, ())),
                lab_backlog(found, lab.id, moment.until),
                lab.id in found.counted,
            )
            for lab in found.labs
        ),
    )


def place_backlog(found: Known, place: Place, until: int | None = None) -> Backlog:
    """The backlog of a place; with `until`, a period, as the counts stood at its end, without ages."""
    return _backlog(found, place.id, found.taken_of(place), _flow_of(found, place), until)


def lab_backlog(found: Known, lab_id: int, until: int | None = None) -> Backlog:
    """The backlog of a laboratory."""
    counted = found.counted.get(lab_id)
    if counted is None:
        return _backlog(found, -lab_id, Taken(), {}, until)
    # What it counts is taken from the tubes on their way to it; what it received beyond these it has all the same.
    taken = together(
        part for town, part in found.taken.items() if any(town == bound.id for bound in found.towns.get(lab_id, ()))
    )
    taken.stages = {
        Stage.AT_LAB: counted.received - counted.tested,
        Stage.TESTING: counted.tested - counted.reported,
        Stage.REPORTED: counted.reported,
    }
    return _backlog(found, -lab_id, taken, found.counted_flow[lab_id], until)


def _flow_of(found: Known, place: Place) -> Mapping[int, Mapping[int, int]]:
    """The counts' share of a place's curve: as large a part of every hour as of the whole."""
    if not found.counted:
        return {}
    steps: dict[int, dict[int, int]] = {stage: defaultdict(int) for stage in (3, 4, 5)}
    own = found.taken_of(place)
    everything = together(found.taken.values())
    for stage, least in ((3, Stage.AT_LAB), (4, Stage.TESTING), (5, Stage.REPORTED)):
        whole = sum(n for at, n in everything.stages.items() if at >= least)
        part = sum(n for at, n in own.stages.items() if at >= least)
        for flow in found.counted_flow.values():
            for quarter, tubes in flow[stage].items():
                steps[stage][quarter] += round(tubes * part / whole) if whole else 0
    return steps


def _backlog(
    found: Known, owner: int, taken: Taken, counted: Mapping[int, Mapping[int, int]], until: int | None
) -> Backlog:
    campaign, limits = found.tree.campaign, found.tree.campaign.limits
    own = found.of(owner)
    now = min(found.now, campaign.end_of(until)) if until is not None else found.now
    minute = int(now.timestamp()) // 60
    flow = _curve(found, own, counted, now)
    if until is not None:
        last = flow[-1].reached
        stages = [
            StageBacklog(stage, waiting({}, limit_minutes(stage, limits), limits), last[stage - 1] - last[stage])
            for stage in BACKLOG
        ]
        return Backlog(
            campaign, now, (stages[0], stages[1], stages[2], stages[3]),
            waiting({}, limits.report_minutes, limits), last[4], 0, flow, _last_hour(flow),
        )  # fmt: skip
    since_use: dict[int, int] = defaultdict(int)
    stages = []
    for stage in BACKLOG:
        gone = sum(n for (at, _), n in taken.waiting.items() if at is stage)
        entered = _without_oldest(own.ages.get(stage, {}), gone)
        stages.append(
            StageBacklog(
                stage,
                waiting({minute - at: n for at, n in entered.items()}, limit_minutes(stage, limits), limits),
                taken.stages.get(stage, 0),
            )
        )
        for at, n in own.ages.get(SINCE_USE + stage, {}).items():
            left = n - taken.waiting.get((stage, at), 0)
            if left:
                since_use[minute - at] += left
    by_count = taken.stages.get(Stage.REPORTED, 0)
    return Backlog(
        campaign, now, (stages[0], stages[1], stages[2], stages[3]),
        waiting(since_use, limits.report_minutes, limits), own.total("reported") + by_count, by_count, flow,
        _last_hour(flow),
    )  # fmt: skip


def _without_oldest(by_minute: Mapping[int, int], tubes: int) -> dict[int, int]:
    left: dict[int, int] = {}
    for minute in sorted(by_minute):
        part = min(tubes, by_minute[minute])
        tubes -= part
        if by_minute[minute] > part:
            left[minute] = by_minute[minute] - part
    return left


def _curve(found: Known, own: Kept, counted: Mapping[int, Mapping[int, int]], now: datetime) -> tuple[FlowPoint, ...]:
    campaign = found.tree.campaign
    quarter = int(now.timestamp()) // 60 // QUARTER
    first = int(campaign.anchor.timestamp()) // 60 // QUARTER
    ends = [datetime.fromtimestamp((k + 1) * QUARTER * 60, UTC) for k in range(min(first, quarter), quarter)]
    steps: list[Mapping[int, int]] = []
    for stage in range(1, 6):
        step = own.flow.get(stage, {})
        extra = counted.get(stage)
        if extra:
            step = {k: step.get(k, 0) + extra.get(k, 0) for k in {*step, *extra}}
        steps.append(step)
    return flow_points(campaign, steps, quarter, [*ends, now])


def _last_hour(flow: Sequence[FlowPoint]) -> tuple[int, int, int, int, int]:
    """Tubes that came to each stage in the 60 minutes up to the last point."""
    last = flow[-1]
    before = next((point for point in reversed(flow) if point.at <= last.at - timedelta(hours=1)), None)
    start = before.reached if before else (0, 0, 0, 0, 0)
    a = tuple(end - begin for end, begin in zip(last.reached, start, strict=True))
    return a[0], a[1], a[2], a[3], a[4]


# -- the ledger


def ledger(session: Session, moment: Moment) -> LedgerPicture:
    """The ledger of the moment's place with its children, every laboratory, and its hours of use."""
    place = moment.place
    cells = kept_cells(session, moment.tree.campaign.id, [place.id, *(child.id for child in place.children)])
    return ledger_of(session, moment, moment.ask(session, known_parts), cells)


def ledger_as_of(session: Session, moment: Moment) -> LedgerPicture:
    """The same from what had been recorded by the moment's time."""
    cells = cells_from_facts(session, moment.tree, moment.place, moment.now)
    return ledger_of(session, moment, known_as_of(session, moment), cells, kept=False)


def ledger_of(session: Session, moment: Moment, found: Known, cells: Cells, *, kept: bool = True) -> LedgerPicture:
    """The ledger from what is known of tubes and `cells` of the hourly reports."""
    place, campaign = moment.place, moment.tree.campaign
    cut = missing_before(found.now, campaign.limits)
    each = campaign.code_per_person
    sites = [child for child in place.children if child.level is Level.SITE]
    late = _late_of_sites(session, campaign.id, sites, cut) if sites and kept else {}
    own = found.of(place.id)
    by_period = _late_by_period(own, found.taken_of(place), cut, campaign.anchor, campaign.interval_minutes)

    def whole(owner: Place) -> Ledger:
        taken = found.taken_of(owner)
        missing = late.get(owner.id) if owner.id in late else _late(found.of(owner.id), taken, cut)
        told = figures(cells.get(owner.id, {}).values()) if owner.id in cells else None
        return _ledger(found.of(owner.id).sums.values(), missing or {}, taken, told, each)

    hours = []
    for period in sorted({*own.sums, *cells.get(place.id, {})}):
        told = figures([cells[place.id][period]]) if period in cells.get(place.id, {}) else None
        taken = _of_period(found.taken_of(place), period, campaign.anchor, campaign.interval_minutes)
        rows = [own.sums[period]] if period in own.sums else []
        hours.append(
            LedgerRow(_ledger(rows, by_period.get(period, {}), taken, told, each), start=campaign.start_of(period))
        )
    return LedgerPicture(
        campaign,
        moment.revision,
        found.now,
        ref(place),
        whole(place),
        tuple(LedgerRow(whole(child), place=ref(child)) for child in place.children),
        tuple(LedgerRow(_lab_ledger(found, lab, cut), lab=lab) for lab in found.labs),
        tuple(hours),
    )


def _late(own: Kept, taken: Taken, cut: int) -> dict[Stage, int]:
    """Tubes that are missing, by the stage they were last seen in."""
    return {
        stage: sum(
            n - taken.waiting.get((stage, minute), 0)
            for minute, n in own.ages.get(SINCE_USE + stage, {}).items()
            if minute < cut
        )
        for stage in (Stage.ON_SITE, Stage.IN_TRANSIT)
    }


def _late_by_period(
    own: Kept, taken: Taken, cut: int, anchor: datetime, interval: int
) -> dict[int, dict[Stage, int]]:
    found: dict[int, dict[Stage, int]] = defaultdict(lambda: defaultdict(int))
    for stage in (Stage.ON_SITE, Stage.IN_TRANSIT):
        for minute, n in own.ages.get(SINCE_USE + stage, {}).items():
            if minute < cut:
                period = (minute - int(anchor.timestamp()) // 60) // interval
                found[period][stage] += n - taken.waiting.get((stage, minute), 0)
    return found


def _of_period(taken: Taken, period: int, anchor: datetime, interval: int) -> Taken:
    """The part of what counts take that was used in one period; where it is now does not matter to the ledger."""
    part = Taken()
    for (stage, minute), n in taken.waiting.items():
        if (minute - int(anchor.timestamp()) // 60) // interval == period:
            part.add(stage, minute, Stage.AT_LAB, n)
    return part


def _late_of_sites(
    session: Session, campaign_id: str, sites: Sequence[Place], cut: int
) -> dict[int, dict[Stage, int]]:
    """The same for sites, from the index of waiting tubes."""
    query = (
        sa.select(TubeRow.site_id, TubeRow.stage, sa.func.count())
        .where(
            TubeRow.campaign_id == campaign_id,
            TubeRow.site_id.in_([site.id for site in sites]),
            TubeRow.used_at < cut * 60,
            TubeRow.waiting,
        )
        .group_by(TubeRow.site_id, TubeRow.stage)
    )
    found: dict[int, dict[Stage, int]] = {site.id: {} for site in sites}
    for site_id, stage, tubes in session.execute(query):
        found[site_id or 0][Stage(stage)] = tubes
    return found


def _lab_ledger(found: Known, lab: LabRef, cut: int) -> Ledger:
    own = found.of(-lab.id)
    counted = found.counted.get(lab.id)
    taken = Taken()
    if counted is not None:
        bound = {town.id for town in found.towns.get(lab.id, ())}
        taken = together(part for town, part in found.taken.items() if town in bound)
    made = _ledger(own.sums.values(), _late(own, taken, cut), taken, None, False)
    unregistered = made.unregistered
    if counted is not None:
        unregistered += max(0, counted.received - taken.tubes)
    # A laboratory's stages hold what it received without anybody's having registered it.
    return replace(made, received=made.received - made.unregistered, unregistered=unregistered)


def _ledger(sums: Iterable[Sum], late: Mapping[Stage, int], taken: Taken, told: Figures | None, each: bool) -> Ledger:
    """The ledger of these sums. Where `each` person has a code, the codes compare with the persons reported."""
    total = dict(NOTHING)
    for row in sums:
        for name, value in row.items():
            total[name] += value
    gone = {
        stage: sum(n for (at, _), n in taken.waiting.items() if at is stage)
        for stage in (Stage.ON_SITE, Stage.IN_TRANSIT)
    }
    at_lab, testing, reported = (
        total[stage.word] + taken.stages.get(stage, 0) for stage in (Stage.AT_LAB, Stage.TESTING, Stage.REPORTED)
    )
    return Ledger(
        used=total["used"],
        on_site=total["on_site"] - gone[Stage.ON_SITE] - late.get(Stage.ON_SITE, 0),
        in_transit=total["in_transit"] - gone[Stage.IN_TRANSIT] - late.get(Stage.IN_TRANSIT, 0),
        received=at_lab + testing + reported,
        missing=sum(late.values()),
        unregistered=total["unregistered"],
        duplicate=total["duplicate"],
        wrong_lab=total["wrong_lab"],
        void=total["void"],
        sampled=total["sampled"],
        third_copies=total["third"],
        persons=total["persons"],
        copy_only=total["copy_only"],
        too_many_persons=total["too_many_persons"],
        before_sampling=total["before_sampling"],
        no_receipt=total["no_receipt"],
        at_lab=at_lab,
        testing=testing,
        reported=reported,
        by_count=taken.tubes,
        results={result: total[result.name.lower()] for result in Result},
        reported_tubes=None if told is None else told.persons if each else told.tubes,
        reported_copies=told.third_copies if told is not None else None,
    )
