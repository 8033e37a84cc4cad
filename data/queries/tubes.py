"""What is known of the tubes of places and laboratories, from the sums kept of them: reading it costs what the places
and the minutes cost that tubes have waited, never the number of tubes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import LabReport, LabRow, TubeAge, TubeFlow, TubeRow, TubeSum
from data.queries.moment import Moment
from data.tube_books import SINCE_USE, SUMS, Books, Changes, Settled, books_of
from domain.backlog import (
    QUARTER,
    LabRef,
)
from domain.by_count import Counted, Taken, share_out, together
from domain.ledger import missing_before
from domain.places import Level, Place, PlaceTree
from domain.tubes import Stage

LabCounts = tuple[int, datetime, int | None, int | None, int | None]
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
        return self.kept.get(owner, EMPTY)

    def taken_of(self, place: Place) -> Taken:
        """What counts do to a place. Nothing to a site: whose tubes they are is not counted."""
        return together(part for town, part in self.taken.items() if place.id in self.tree.by_id[town].ancestors)


EMPTY = Kept()


def known(session: Session, moment: Moment) -> Known:
    """What is known of the tubes of the moment's place and of all laboratories."""
    return load(session, moment, [moment.place])


def known_place(session: Session, moment: Moment) -> Known:
    """What is known of the tubes of the moment's place alone, not of laboratories."""
    return load(session, moment, [moment.place], of_labs=())


def known_parts(session: Session, moment: Moment) -> Known:
    """What the ledger needs of the moment's place, its children and all laboratories: no curves, and no ages but of
    what is missing."""
    return load(session, moment, [moment.place, *moment.place.children], whole=False)


def load(
    session: Session,
    moment: Moment,
    places: Iterable[Place],
    *,
    whole: bool = True,
    of_labs: Collection[int] | None = None,
) -> Known:
    """What is known of the tubes of `places` and of laboratories, at the moment: of all of them, or those of the ids
    `of_labs`. Unless `whole`, no curves, and ages only of what is missing."""
    tree = moment.tree
    row = campaigns.find(session, tree.campaign.id)
    books = books_of(session, row, tree)
    labs = _labs(session, row.id)
    wanted = {*(place.id for place in places), *(-lab.id for lab in labs if of_labs is None or lab.id in of_labs)}
    reports = _lab_reports(session, row.id)
    counting = {report[0] for report in reports}
    received = {lab.id for lab in labs if lab.id in counting}
    if received:
        # Whose barcodes they take off the towns' books depends on what each of them has.
        wanted |= {*(town.id for town in tree.each(Level.TOWN)), *(-lab_id for lab_id in received)}
    # What counts take off is the oldest that waits: to know it, all that waits is read.
    missing = missing_before(moment.now, tree.campaign.limits) if not whole and not received else None
    kept = _read(session, row.id, sorted(wanted), whole, missing)
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
    books: Books, now: datetime, kept: Mapping[int, Kept], labs: tuple[LabRef, ...], reports: Sequence[LabCounts]
) -> Known:
    tree = books.tree
    towns: dict[int, list[Place]] = defaultdict(list)
    at = int(now.timestamp())
    for town in tree.each(Level.TOWN):
        lab = books.expected(town.id, at)
        if lab is not None:
            towns[lab].append(town)
    told: dict[int, list[LabCounts]] = defaultdict(list)
    for report in reports:
        told[report[0]].append(report)
    counted: dict[int, Counted] = {}
    taken: dict[int, Taken] = defaultdict(Taken)
    flow: dict[int, dict[int, dict[int, int]]] = {}
    for lab_id, rows in told.items():
        own = kept.get(-lab_id, EMPTY)
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
        for minute, tubes in kept.get(town.id, EMPTY).ages.get(SINCE_USE + stage, {}).items()
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


def _lab_reports(session: Session, campaign_id: str, until: datetime | None = None) -> list[LabCounts]:
    query = sa.select(
        LabReport.lab_id, LabReport.ends_at, LabReport.received, LabReport.tested, LabReport.reported
    ).where(LabReport.campaign_id == campaign_id, *([LabReport.recorded_at <= until] if until else []))
    return [(lab, ends, got, tested, done) for lab, ends, got, tested, done in session.execute(query)]


_ON_THEIR_WAY = (SINCE_USE + Stage.ON_SITE, SINCE_USE + Stage.IN_TRANSIT)


def _read(
    session: Session, campaign_id: str, owners: Sequence[int], whole: bool, before: int | None
) -> dict[int, Kept]:
    """The sums, ages and curves of `owners`; unless `whole`, no curves, and ages only of what is on its way, since
    `before` a minute if it is given."""
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
        *([] if before is None else [TubeAge.minute < before]),
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
