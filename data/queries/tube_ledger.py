"""The three-way ledger of places and laboratories, from what is known of tubes and from the hourly reports."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import TubeRow
from data.queries.cells import Cells, cells_from_facts, figures, kept_cells
from data.queries.moment import Moment, ref
from data.queries.tubes import NOTHING, Kept, Known, Sum, known_as_of, known_parts
from data.tube_books import SINCE_USE
from domain.backlog import LabRef
from domain.by_count import Taken, together
from domain.ledger import Ledger, LedgerPicture, LedgerRow, missing_before
from domain.overview import Figures
from domain.places import Level, Place
from domain.tube_events import Result
from domain.tubes import Stage


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
