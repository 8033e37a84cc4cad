"""Capacity matching read off the record: where tubes are, how fast they move, what is still to come."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.matching_record import SavedPlan, in_force, saved_plans
from data.models import CampaignRow, LabBinding, LabRow, TubeAge, TubeFlow, TubeSum
from data.queries.cells import Cells, town_cells
from data.queries.moment import Moment
from data.queries.outlook import outlooks
from data.queries.overview import last_settled, overview, ref
from data.queries.support import Call, calls_today, lab_ref
from data.tube_books import Books
from domain.campaign import Campaign, Limits
from domain.flow import STEP, Change, Route, changed
from domain.forecast import Outlook
from domain.map import Projection
from domain.matching import Trial, try_plan
from domain.matching_picture import (
    HISTORY_STEPS,
    MINUTES_PER_KM,
    PROCESS_MINUTES,
    RATE_STEPS,
    TRANSIT_MINUTES,
    Due,
    LabState,
    MatchingPicture,
    SiteShare,
    TownState,
    due_steps,
    headway_of,
    mean_minutes,
    paired,
    rate_of,
    runs_of,
)
from domain.matching_plan import Plan
from domain.overview import Overview
from domain.places import Level, Place, PlaceTree
from domain.tubes import Stage

LEAST_TRANSIT = 10.0
"""Minutes that no transport takes less than."""

ROUTES_SINCE = timedelta(hours=12)
"""How long ago a binding may have changed and still say where tubes go that wait now."""


@dataclass(frozen=True, slots=True)
class MatchingDesk:
    """What the page of matching shows of a place. `picture` is None where there is nothing to match: below the
    district, without laboratories, before the first tube."""

    overview: Overview
    picture: MatchingPicture | None
    trial: Trial | None
    plans: tuple[SavedPlan, ...]
    calls: tuple[Call, ...]


def matching_desk(session: Session, moment: Moment) -> MatchingDesk:
    """The page's rows."""
    picture = moment.ask(session, matching_picture)
    return MatchingDesk(
        overview=moment.ask(session, overview),
        picture=picture,
        trial=try_plan(picture, Plan()) if picture is not None else None,
        plans=saved_plans(session, moment.tree.campaign.id, [moment.place.id]),
        calls=tuple(calls_today(session, moment.tree, moment.now)),
    )


def matching_picture(session: Session, moment: Moment) -> MatchingPicture | None:
    """The present of a district or a city, as the prediction needs it; None where there is nothing to predict."""
    tree, place, now = moment.tree, moment.place, moment.now
    if place.level in (Level.SITE, Level.TOWN) or moment.until is not None:
        return None
    row = session.get(CampaignRow, tree.campaign.id)
    labs = _labs(session, tree.campaign.id)
    towns = [town for town in tree.each(Level.TOWN) if tree.contains(place, town)]
    if row is None or not labs or not towns:
        return None
    counts = _Counts(session, tree.campaign, [town.id for town in towns], labs, now)
    if not counts.any:
        return None
    books = Books(session, row, tree)
    moments = _binding_moments(session, tree.campaign.id, now)
    last = moment.ask(session, last_settled)
    cells = town_cells(session, moment)
    foreseen = outlooks(tree, place, cells, last, now)
    plans = in_force(saved_plans(session, tree.campaign.id))
    states = [
        _town(tree, town, counts, books, labs, moments, now, foreseen.get(town.id), cells, last, plans)
        for town in towns
    ]
    bound = [state for state in states if state is not None]
    wanted = {lab for state in bound for route in state.routes for lab, _ in route.shares}
    serving = [
        lab for lab in labs.values()
        if lab.id in wanted or counts.waits(lab.id) or lab.capacity_per_day is not None
    ]  # fmt: skip
    return MatchingPicture(
        campaign=tree.campaign, place=ref(place), revision=moment.revision, now=now,
        towns=tuple(bound), labs=tuple(_lab(lab, counts, now, plans, tree.campaign.limits) for lab in serving),
    )  # fmt: skip


def _labs(session: Session, campaign_id: str) -> dict[int, LabRow]:
    query = sa.select(LabRow).where(LabRow.campaign_id == campaign_id).order_by(LabRow.code)
    return {lab.id: lab for lab in session.scalars(query)}


def _binding_moments(session: Session, campaign_id: str, now: datetime) -> list[datetime]:
    """When bindings changed lately, or will change."""
    b = LabBinding
    query = sa.select(b.valid_from).where(b.campaign_id == campaign_id, b.valid_from > now - ROUTES_SINCE).distinct()
    return sorted(session.scalars(query))


class _Counts:
    """The kept counts of towns and laboratories around now."""

    def __init__(
        self, session: Session, campaign: Campaign, towns: Sequence[int], labs: Iterable[int], now: datetime
    ) -> None:
        self.now_minute = int(now.timestamp()) // 60
        self._quarter = self.now_minute // STEP
        owners = [*towns, *(-lab for lab in labs)]
        midnight = campaign.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
        self._today = int(midnight.timestamp()) // (60 * STEP)
        self._ages: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        a, f, s = TubeAge, TubeFlow, TubeSum
        for owner, kind, minute, tubes in session.execute(
            sa.select(a.owner, a.kind, a.minute, a.tubes).where(
                a.campaign_id == campaign.id, a.owner.in_(owners), a.tubes > 0
            )
        ):
            self._ages[owner, kind][minute] = tubes
        self._flow: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for owner, stage, quarter, tubes in session.execute(
            sa.select(f.owner, f.stage, f.quarter, f.tubes).where(f.campaign_id == campaign.id, f.owner.in_(owners))
        ):
            self._flow[owner, stage][quarter] = tubes
        self._persons = {
            owner: (int(persons), int(used))
            for owner, persons, used in session.execute(
                sa.select(s.owner, sa.func.sum(s.persons), sa.func.sum(s.used))
                .where(s.campaign_id == campaign.id, s.owner.in_(towns))
                .group_by(s.owner)
            )
        }
        self.any = bool(self._flow)

    def ages(self, owner: int, stage: Stage) -> tuple[dict[int, int], dict[int, int]]:
        """Tubes of a stage by minute of entry, and by minute of use."""
        return self._ages.get((owner, int(stage)), {}), self._ages.get((owner, int(stage) + 10), {})

    def waits(self, lab: int) -> bool:
        return any(self._ages.get((-lab, int(stage))) for stage in (Stage.IN_TRANSIT, Stage.AT_LAB, Stage.TESTING))

    def reached(self, owner: int, stage: Stage, steps: int) -> list[float]:
        """Tubes that came to a stage in each of the last whole quarters."""
        flow = self._flow.get((owner, int(stage)), {})
        return [float(flow.get(self._quarter - steps + k, 0)) for k in range(steps)]

    def stock(self, owner: int, stage: Stage, steps: int) -> list[float]:
        """Tubes in a stage at the end of each of the last whole quarters."""
        entered, left = (self._flow.get((owner, int(k)), {}) for k in (stage, stage + 1))
        first = self._quarter - steps
        held = sum(n for q, n in entered.items() if q < first) - sum(n for q, n in left.items() if q < first)
        found = []
        for k in range(steps):
            held += entered.get(first + k, 0) - left.get(first + k, 0)
            found.append(float(max(0, held)))
        return found

    def today(self, owner: int, stage: Stage) -> float:
        """Tubes that came to a stage since local midnight."""
        return float(sum(n for q, n in self._flow.get((owner, int(stage)), {}).items() if q >= self._today))

    def minutes(self, owner: int, stage: Stage, expected: float) -> float:
        """Mean time in a stage lately."""
        steps = HISTORY_STEPS
        return mean_minutes(self.reached(owner, stage, steps), self.reached(owner, Stage(stage + 1), steps), expected)

    def persons_per_tube(self, owner: int, pool_size: int) -> float:
        persons, used = self._persons.get(owner, (0, 0))
        return persons / used if persons and used else float(pool_size)


def _town(
    tree: PlaceTree,
    town: Place,
    counts: _Counts,
    books: Books,
    labs: Mapping[int, LabRow],
    moments: Sequence[datetime],
    now: datetime,
    outlook: Outlook | None,
    cells: Cells,
    last: int | None,
    plans: Sequence[Plan],
) -> TownState | None:
    """A town at present; None where nobody says which laboratory its tubes go to."""
    sites = _neighbours([site for site in tree.sites(town) if site.level is Level.SITE])
    weights = [float(site.target or 0) for site in sites]
    total = sum(weights)
    shares = [weight / total for weight in weights] if total else [1 / len(sites)] * len(sites)
    routes: list[Route] = []
    for at in (None, *moments):
        second = int((at or now - ROUTES_SINCE).timestamp())
        going: dict[int, float] = defaultdict(float)
        for site, share in zip(sites, shares, strict=True):
            if (lab := books.expected(site.id, second)) is not None:
                going[lab] += share
        whole = sum(going.values())
        if whole:
            minute = float("-inf") if at is None else (at - now) / timedelta(minutes=1)
            shared = tuple(sorted((lab, part / whole) for lab, part in going.items()))
            if not routes or routes[-1].shares != shared:
                routes.append(Route(minute, shared))
    if not routes:
        return None
    present = routes[max(0, bisect_right([route.at for route in routes], 0.0) - 1)]
    lab = max(present.shares, key=lambda pair: pair[1])[0]
    here = int(now.timestamp())
    headway = headway_of(counts.minutes(town.id, Stage.ON_SITE, tree.campaign.limits.collect_minutes / 2))
    headways: tuple[Change, ...] = (Change(0.0, headway),)
    for plan in plans:
        for more in plan.runs:
            if more.town == town.code:
                value = headway * runs_of(headway, len(sites)) / more.per_hour
                until = (more.until - now) / timedelta(minutes=1) if more.until is not None else None
                if until is None or until > 0:
                    headways = changed(headways, (more.at - now) / timedelta(minutes=1), value, until)
    kilometres = _kilometres(sites, labs)
    transit = counts.minutes(town.id, Stage.IN_TRANSIT, TRANSIT_MINUTES)
    return TownState(
        id=town.id,
        place=ref(town),
        sites=tuple(
            SiteShare(site.code, site.name, site.name_en, share, books.expected(site.id, here) or lab)
            for site, share in zip(sites, shares, strict=True)
        ),
        lab=lab,
        pool_size=tree.pool_size(town),
        due=_due(tree.campaign, town, counts, now, outlook, cells, last, tree.pool_size(town)),
        waiting=paired(*counts.ages(town.id, Stage.ON_SITE), counts.now_minute),
        headways=headways,
        routes=tuple(routes),
        transit={
            id_: max(LEAST_TRANSIT, transit + MINUTES_PER_KM * (kilometres[id_] - kilometres[lab]))
            if id_ in kilometres and lab in kilometres
            else transit
            for id_ in labs
        },
        kilometres=kilometres,
    )


def _due(
    campaign: Campaign,
    town: Place,
    counts: _Counts,
    now: datetime,
    outlook: Outlook | None,
    cells: Cells,
    last: int | None,
    pool_size: int,
) -> Due:
    """Tubes to come: what the forecast expects, or without one, what the last hour used, until the deadline."""
    if outlook is not None and outlook.expected:
        own = cells.get(town.id, {})
        done = float(sum(cell.persons for k, cell in own.items() if last is not None and k <= last))
        per_tube = counts.persons_per_tube(town.id, pool_size)
        slow, middle, fast = (
            due_steps(campaign, now, [(band[0], band[path]) for band in outlook.expected], done, per_tube)
            for path in (1, 2, 3)
        )
        return Due(slow, middle, fast)
    hourly = sum(counts.reached(town.id, Stage.ON_SITE, 4))
    steps = max(0, int((campaign.deadline - now) / timedelta(minutes=STEP)))
    level = max(1e-9, campaign.weight(min(campaign.periods - 1, max(0, campaign.period_of(now)))))
    even = tuple(
        hourly * STEP / 60 * campaign.weight(campaign.period_of(now + (k + 0.5) * timedelta(minutes=STEP))) / level
        for k in range(steps)
    )
    return Due(even, even, even)


def _lab(lab: LabRow, counts: _Counts, now: datetime, plans: Sequence[Plan], limits: Limits) -> LabState:
    owner, steps = -lab.id, RATE_STEPS
    stated = lab.capacity_per_day / limits.lab_day_hours if lab.capacity_per_day is not None else None
    rate, measured = rate_of(
        stated, counts.reached(owner, Stage.TESTING, steps), counts.stock(owner, Stage.AT_LAB, steps)
    )
    rates: tuple[Change, ...] = (Change(0.0, rate),)
    for plan in plans:
        for more in plan.overtime:
            if more.lab == lab.code:
                rates = changed(rates, (more.at - now) / timedelta(minutes=1), more.per_hour, None)
    return LabState(
        lab=lab_ref(lab),
        rates=rates,
        measured=measured,
        coming=paired(*counts.ages(owner, Stage.IN_TRANSIT), counts.now_minute),
        transit=counts.minutes(owner, Stage.IN_TRANSIT, TRANSIT_MINUTES),
        queue=paired(*counts.ages(owner, Stage.AT_LAB), counts.now_minute),
        testing=paired(*counts.ages(owner, Stage.TESTING), counts.now_minute),
        process=counts.minutes(owner, Stage.TESTING, PROCESS_MINUTES),
        reported=counts.today(owner, Stage.REPORTED),
        received=counts.today(owner, Stage.AT_LAB),
    )


def _neighbours(sites: Sequence[Place]) -> list[Place]:
    """Sites so that neighbours stand together: along the line in which their town is longest."""
    known = [(site.lon, site.lat) for site in sites if site.lon is not None and site.lat is not None]
    if len(known) < len(sites) or not known:
        return sorted(sites, key=lambda site: site.code)
    project = Projection(known)
    at = {site.code: project(site.lon or 0.0, site.lat or 0.0) for site in sites}
    spans = [max(p[k] for p in at.values()) - min(p[k] for p in at.values()) for k in (0, 1)]
    axis = 0 if spans[0] >= spans[1] else 1
    return sorted(sites, key=lambda site: (at[site.code][axis], site.code))


def _kilometres(sites: Sequence[Place], labs: Mapping[int, LabRow]) -> dict[int, float]:
    """From the middle of a town's sites to each laboratory, as the crow flies."""
    known = [(site.lon, site.lat) for site in sites if site.lon is not None and site.lat is not None]
    if not known:
        return {}
    project = Projection(known)
    found = {}
    for lab in labs.values():
        if lab.lon is not None and lab.lat is not None:
            east, north = project(lab.lon, lab.lat)
            found[lab.id] = (east * east + north * north) ** 0.5
    return found
