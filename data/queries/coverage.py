"""Who has a site within a walk at the moment looked at, and where those live who have not."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.geo.coverage import Flags, Floats, Group, Groups, Ints, dissolved, merged_squares
from data.models import PlaceLocation
from data.queries.areas import Village, positions, roads, villages
from data.queries.ground import Ground, about, base_of, ground, of_all, placed
from data.queries.kept import Kept
from data.queries.map import projection_of
from data.queries.moment import Moment, ref
from domain.coverage import (
    LEAST_PERSONS,
    Cluster,
    CoveragePicture,
    Direction,
    HourCoverage,
    Ring,
    TownCoverage,
    UncoveredCell,
    direction,
    steps,
)
from domain.map import Projection, rings_of
from domain.places import Level, Place

MOST_CELLS = 6_000
"""Uncovered cells that are drawn, those with most persons first."""

MOST_CLUSTERS = 300
"""Clusters that are listed, those with most persons first."""

MOST_CIRCLES = 2_000
"""Open sites up to which the area within their reach is drawn."""


_groups: Kept[list[Groups]] = Kept(8)


def coverage(session: Session, moment: Moment) -> CoveragePicture | None:
    """Coverage of the place at the moment looked at; None without a grid of people. Of a site, that of its town."""
    place = about(moment)
    on = moment.ask(session, ground)
    if on is None:
        return None
    project = moment.ask(session, projection_of)
    persons, covered = on.persons, on.covered
    clusters = _clusters(session, moment, on, project)
    campaign = moment.tree.campaign
    start = campaign.start_of(on.period)
    own = moment.tree.sites(place)
    placed = {site.id for site in on.sites}
    open_here = [site for site in own if on.period in moment.tree.open_periods(site)]
    people, reached = _sum(persons, on.mine), _sum(persons, on.mine & covered)
    return CoveragePicture(
        campaign=campaign,
        place=ref(place),
        metres=on.metres,
        by_network=on.network is not None,
        people=people,
        covered=reached,
        share=reached / people if people else None,
        overlap=_sum(persons, on.mine & (on.counts > 1)),
        sites=sum(site.id in placed for site in open_here),
        unplaced=sum(site.id not in placed for site in open_here),
        unknown_cells=int((on.mine & ~on.grid.known).sum()),
        source=on.cells.source,
        synthetic=on.cells.synthetic,
        approximate=on.cells.approximate,
        hour=start if moment.until is not None else None,
        period_start=start,
        towns=tuple(_town_rows(moment, place, on)),
        cells=tuple(_cells(moment, on, project)),
        clusters=clusters,
        reach=_reach(on, project),
        hours=_hours(session, moment, on),
    )


def _children(place: Place) -> list[Place]:
    return (
        [place] if place.level is Level.TOWN else [child for child in place.children if child.level is not Level.SITE]
    )


def _sum(persons: Floats, which: Flags) -> int:
    return round(float(persons[which].sum()))


def _town_rows(moment: Moment, place: Place, on: Ground) -> Iterator[TownCoverage]:
    """A row for each of the place's children, or for the town it is."""
    tree, children = moment.tree, _children(place)
    ids = {child.id for child in children}
    of_town = {town.id: next(iter(ids.intersection(town.ancestors)), 0) for town in tree.each(Level.TOWN)}
    towns, index = np.unique(on.cells.town, return_inverse=True)
    child_of = np.array([of_town.get(town, 0) for town in towns.tolist()], np.int64)[index]
    sites = Counter(
        ancestor
        for site, is_open in zip(on.sites, on.open.tolist(), strict=True)
        if is_open
        for ancestor in ids.intersection(site.ancestors)
    )
    everybody, served = _by_id(child_of, on.persons), _by_id(child_of, on.persons * on.covered)
    for child in children:
        people, covered = everybody.get(child.id, 0), served.get(child.id, 0)
        yield TownCoverage(ref(child), people, covered, covered / people if people else None, sites[child.id])


def _by_id(ids: Ints, persons: Floats) -> dict[int, int]:
    """Persons by the id beside them, whole."""
    known, index = np.unique(ids, return_inverse=True)
    return {
        int(one): round(float(total))
        for one, total in zip(known, np.bincount(index, persons, len(known)), strict=True)
    }


def _clusters(session: Session, moment: Moment, on: Ground, project: Projection) -> tuple[Cluster, ...]:
    """What is not covered, merged; found for the whole campaign, so that a town's page says what its district's does,
    and numbered among those whose middle lies in the place."""
    found = [group for group in _merged(session, moment, on) if on.mine[group.seed]][:MOST_CLUSTERS]
    seeds = np.array([group.seed for group in found], np.int64)
    at, away = on.nearest(on.xy[seeds], on.open)
    names = VillageNames(moment.ask(session, villages), on)
    clusters = []
    for number, (group, site, metres) in enumerate(zip(found, at, away, strict=True), start=1):
        lon, lat = float(on.cells.lon[group.seed]), float(on.cells.lat[group.seed])
        town = moment.tree.by_id.get(int(on.cells.town[group.seed]))
        name, name_en, way = names.of(group.seed, town)
        clusters.append(
            Cluster(
                number=number,
                name=name,
                name_en=name_en,
                direction=way,
                town=ref(town) if town is not None else None,
                at=project(lon, lat),
                lon=lon,
                lat=lat,
                persons=round(group.persons),
                cells=len(group.members),
                nearest=ref(on.sites[site]) if site >= 0 else None,
                metres=round(float(metres)) if site >= 0 else None,
            )
        )
    return tuple(clusters)


def _merged(session: Session, moment: Moment, on: Ground) -> list[Group]:
    candidates = ~on.covered & (on.persons >= LEAST_PERSONS)
    key = (*base_of(session, moment, on.cells, moment.ask(session, roads)), on.metres)
    last = _groups.get(key, lambda: [Groups(on.grid, candidates, on.metres)])
    now = last[0]
    if not np.array_equal(now.candidates, candidates):
        now = last[0] = now.changed(candidates)
    return now.found


class VillageNames:
    """By which village a place in the field is called: the nearest one of the same town."""

    def __init__(self, known: tuple[Village, ...], on: Ground) -> None:
        self._on = on
        self._by_town: dict[int | None, list[Village]] = {}
        for village in known:
            self._by_town.setdefault(village.town_id, []).append(village)
        self._xy = {
            town: on.plane.xy(np.array([v.lon for v in of_town]), np.array([v.lat for v in of_town]))
            for town, of_town in self._by_town.items()
        }

    def of(self, cell: int, town: Place | None) -> tuple[str, str, Direction]:
        """The name in both languages and where the cell lies from the village; the town's where none is known."""
        town_id = town.id if town is not None else None
        if town_id not in self._xy:
            return (town.name, town.name_en, Direction.HERE) if town is not None else ("", "", Direction.HERE)
        away = self._on.xy[cell] - self._xy[town_id]
        nearest_ = int(np.hypot(away[:, 0], away[:, 1]).argmin())
        village = self._by_town[town_id][nearest_]
        return village.name, village.name_en, direction((float(away[nearest_, 0]), float(away[nearest_, 1])))


def _cells(moment: Moment, on: Ground, project: Projection) -> Iterator[UncoveredCell]:
    which = np.flatnonzero(on.mine & ~on.covered & (on.persons >= LEAST_PERSONS))
    which = which[np.argsort(-on.persons[which], kind="stable")][:MOST_CELLS]
    half = on.half
    codes = {town.id: town.code for town in moment.tree.each(Level.TOWN)}
    for cell in which.tolist():
        outline = on.cells.outlines.get(cell)
        yield UncoveredCell(
            at=project(float(on.cells.lon[cell]), float(on.cells.lat[cell])),
            half_km=float(half[cell]) / 1000,
            persons=round(float(on.persons[cell])),
            town_code=codes.get(int(on.cells.town[cell]), ""),
            outline=tuple(tuple(project(p[0], p[1]) for p in ring) for ring in rings_of(outline))
            if outline
            else None,
        )


def _reach(on: Ground, project: Projection) -> tuple[Ring, ...]:
    """The area within reach of the open sites: dissolved circles, along roads the cells that are reached."""
    if on.open.sum() > MOST_CIRCLES:
        return ()
    if on.network is None:
        rings = dissolved(on.site_xy[on.open], on.metres)
    else:
        rings = merged_squares(on.xy[on.covered], on.half[on.covered])
    return tuple(
        tuple(project(lon, lat) for lon, lat in zip(*map(np.ndarray.tolist, on.plane.degrees(ring)), strict=True))
        for ring in rings
    )


def _hours(session: Session, moment: Moment, on: Ground) -> tuple[HourCoverage, ...]:
    """The campaign's periods in steps: as sites opened, closed and moved; those to come as they are planned."""
    tree, campaign = moment.tree, moment.tree.campaign
    past = campaign.period_of(moment.at)
    moves = _moves(session, moment)
    reached = on.reached
    people = _sum(on.persons, on.mine)
    counted: dict[frozenset[int], int] = {}
    found = []
    for period in campaign.each_period():
        start, end = campaign.start_of(period), campaign.end_of(period)
        if moves and period <= past and (period == 0 or any(start < moved <= end for moved in moves)):
            reached = reached.moved(placed(on.plane, positions(session, of_all(moment, period))))
            counted = {}
        elif period == past + 1 and reached is not on.reached:
            reached, counted = on.reached, {}
        is_open = frozenset(site for site in reached.at if period in tree.open_periods(tree.by_id[site]))
        if is_open not in counted:
            counted[is_open] = _sum(on.persons, on.mine & (reached.counts(is_open) > 0))
        mine = sum(on.place.id in tree.by_id[site].ancestors for site in is_open)
        found.append(HourCoverage(start, mine, people, counted[is_open]))
    return steps(found)


def _moves(session: Session, moment: Moment) -> list[datetime]:
    """When sites have moved."""
    query = sa.select(PlaceLocation.valid_from).where(PlaceLocation.campaign_id == moment.tree.campaign.id)
    return list(session.scalars(query.distinct()))
