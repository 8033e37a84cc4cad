"""Tubes at a glance, for the overview: where they are, how old the oldest are, what each laboratory has. Curves and
histograms are left out; what is read does not depend on how long tubes have waited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import LabReport, LabRow, TubeAge, TubeFlow, TubeSum
from data.queries.backlog import backlogs, lab_backlog, place_backlog
from data.queries.moment import Moment, ref
from data.queries.tubes import load
from data.tube_books import SINCE_USE, books_of
from domain.backlog import (
    QUARTER,
    Backlog,
    Backlogs,
    LabBacklog,
    LabRef,
    StageBacklog,
    Waiting,
    limit_minutes,
    of_age,
)
from domain.places import Level, Place, PlaceTree
from domain.tubes import BACKLOG, Stage

STAGES = (*BACKLOG, Stage.REPORTED)
NONE: Mapping[int, int] = {}
NOTHING_CAME = (0, 0, 0, 0, 0)


def any_tubes(session: Session, campaign_id: str) -> bool:
    """Whether any tube of the campaign is known."""
    return session.scalar(sa.select(TubeSum.owner).where(TubeSum.campaign_id == campaign_id).limit(1)) is not None


def serving(found: Backlogs, tree: PlaceTree, place: Place) -> Backlogs:
    """The same with only the laboratories that the place's towns are bound to; the topmost place has all of them."""
    if not place.ancestors[1:]:
        return found
    towns = {town.code for town in tree.each(Level.TOWN) if tree.contains(place, town) or town.id in place.ancestors}
    return replace(found, labs=tuple(lab for lab in found.labs if any(town.code in towns for town in lab.towns)))


def _in_full(session: Session, moment: Moment) -> bool:
    """Whether everything has to be read: looking back, of a site, and with laboratories that only count, since what
    they do to ages is not in the sums."""
    counting = sa.select(LabReport.key).where(LabReport.campaign_id == moment.tree.campaign.id).limit(1)
    back = moment.until is not None or moment.place.level is Level.SITE
    return back or session.scalar(counting) is not None


def loaded(session: Session, moment: Moment) -> Backlogs:
    """The moment's place, and the laboratory its address names, with ages and curves; of the place's other
    laboratories what they have, and what came and went in the last hour."""
    if moment.ask(session, _in_full):
        return serving(moment.ask(session, backlogs), moment.tree, moment.place)
    seen = moment.ask(session, glance)
    chosen = [row.lab.id for row in seen.labs if row.lab.code == moment.lab]
    found = load(session, moment, [moment.place], of_labs=chosen)
    lately = _lately(session, moment, [row.lab.id for row in seen.labs])
    return replace(
        seen,
        backlog=place_backlog(found, moment.place),
        labs=tuple(
            replace(
                row,
                backlog=lab_backlog(found, row.lab.id)
                if row.lab.id in chosen
                else replace(row.backlog, last_hour=lately.get(row.lab.id, NOTHING_CAME)),
            )
            for row in seen.labs
        ),
    )


def _lately(session: Session, moment: Moment, labs: Sequence[int]) -> dict[int, tuple[int, int, int, int, int]]:
    """Tubes of each laboratory that came to each stage in the last hour, as whole quarters and the present one have
    it (`data.queries.backlog`)."""
    now = int(moment.now.timestamp()) // 60
    since = (now - 60) // QUARTER
    # A campaign that began less than an hour ago counts what came before it, too.
    begun = since > int(moment.tree.campaign.anchor.timestamp()) // 60 // QUARTER
    query = (
        sa.select(TubeFlow.owner, TubeFlow.stage, sa.func.sum(TubeFlow.tubes))
        .where(
            TubeFlow.campaign_id == moment.tree.campaign.id,
            TubeFlow.owner.in_([-lab for lab in labs]),
            TubeFlow.quarter <= now // QUARTER,
            *([TubeFlow.quarter >= since] if begun else []),
        )
        .group_by(TubeFlow.owner, TubeFlow.stage)
    )
    found: dict[int, list[int]] = {}
    for owner, stage, tubes in session.execute(query):
        found.setdefault(-owner, [0] * len(STAGES))[stage - 1] = int(tubes)
    return {lab: (a[0], a[1], a[2], a[3], a[4]) for lab, a in found.items()}


def glance(session: Session, moment: Moment) -> Backlogs:
    """Of the moment's place and its laboratories."""
    tree, place = moment.tree, moment.place
    campaign_id = tree.campaign.id
    if moment.ask(session, _in_full):
        return serving(moment.ask(session, backlogs), tree, place)
    labs = _labs(session, campaign_id)
    sums = _sums(session, campaign_id, [place.id, *(-lab.id for lab in labs)])
    ages = _oldest(session, campaign_id, place.id)
    books = books_of(session, campaigns.find(session, campaign_id), tree)
    at = int(moment.now.timestamp())
    towns: dict[int | None, list[Place]] = {}
    for town in tree.each(Level.TOWN):
        towns.setdefault(books.expected(town.id, at), []).append(town)
    found = Backlogs(
        ref(place),
        moment.revision,
        _backlog(moment, sums.get(place.id, {}), ages),
        tuple(
            LabBacklog(lab, tuple(map(ref, towns.get(lab.id, []))), _backlog(moment, sums.get(-lab.id, {})), False)
            for lab in labs
        ),
    )
    return serving(found, tree, place)


def _labs(session: Session, campaign_id: str) -> list[LabRef]:
    query = (
        sa.select(LabRow.id, LabRow.code, LabRow.name, LabRow.name_en, LabRow.capacity_per_day)
        .where(LabRow.campaign_id == campaign_id)
        .order_by(LabRow.code)
    )
    return [LabRef(*row) for row in session.execute(query)]


def _sums(session: Session, campaign_id: str, owners: Iterable[int]) -> dict[int, dict[Stage, int]]:
    """Tubes of each owner by stage, over all hours of use."""
    columns = [sa.func.sum(getattr(TubeSum, stage.word)) for stage in STAGES]
    query = (
        sa.select(TubeSum.owner, *columns)
        .where(TubeSum.campaign_id == campaign_id, TubeSum.owner.in_(list(owners)))
        .group_by(TubeSum.owner)
    )
    return {
        owner: {stage: int(n) for stage, n in zip(STAGES, counts, strict=True)}
        for owner, *counts in session.execute(query)
    }


def _oldest(session: Session, campaign_id: str, place_id: int) -> dict[int, int]:
    """The first minute of each kind of age in which a tube still waits."""
    query = (
        sa.select(TubeAge.kind, sa.func.min(TubeAge.minute))
        .where(TubeAge.campaign_id == campaign_id, TubeAge.owner == place_id, TubeAge.tubes > 0)
        .group_by(TubeAge.kind)
    )
    return dict(session.execute(query).all())


def _backlog(moment: Moment, sums: Mapping[Stage, int], oldest: Mapping[int, int] = NONE) -> Backlog:
    campaign = moment.tree.campaign
    limits = campaign.limits
    minute = int(moment.now.timestamp()) // 60

    def waiting(tubes: int, since: int | None, limit: int) -> Waiting:
        age = max(0, minute - since) if since is not None else None
        return Waiting(tubes, age, limit, 0, 0, of_age(age, limit, limits), 1, ())

    stages = [
        StageBacklog(stage, waiting(sums.get(stage, 0), oldest.get(stage), limit_minutes(stage, limits)))
        for stage in BACKLOG
    ]
    used = [oldest[SINCE_USE + stage] for stage in BACKLOG if SINCE_USE + stage in oldest]
    unreported = sum(sums.get(stage, 0) for stage in BACKLOG)
    return Backlog(
        campaign=campaign,
        now=moment.now,
        stages=(stages[0], stages[1], stages[2], stages[3]),
        since_use=waiting(unreported, min(used, default=None), limits.report_minutes),
        reported=sums.get(Stage.REPORTED, 0),
        reported_by_count=0,
        flow=(),
        last_hour=NOTHING_CAME,
    )
