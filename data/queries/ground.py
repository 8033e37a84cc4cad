"""What coverage is computed from: people, roads, sites and which of them are open, at the moment looked at.

Each is kept by what it follows from (the version of the grid and of the roads, positions, the walk), never by a
revision: a report asks for nothing anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from data.geo.coverage import Flags, Floats, Grid, Ints, Reach, Reached, nearest
from data.geo.metres import Metres
from data.geo.network import Network
from data.queries.areas import Cells, Roads, cells, positions, roads
from data.queries.kept import Kept
from data.queries.moment import Moment
from domain.places import Level, Place


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What coverage is computed from, for a whole campaign: people serve themselves across the borders of towns.

    Arrays of cells have the order of `cells`; `mine` are those of the place asked about. `sites` are the campaign's
    sites with a position, `site_xy` says where (metres of `plane`), `open` which of them are open in `period`;
    every kind counts, mobile teams and home visits by where they stand. `counts` is how many open sites reach each
    cell.
    """

    place: Place
    cells: Cells
    plane: Metres
    grid: Grid
    network: Network | None
    metres: int
    mine: Flags
    town_ids: frozenset[int]
    period: int
    sites: tuple[Place, ...]
    site_xy: Floats
    open: Flags
    reached: Reached
    counts: Ints

    @property
    def xy(self) -> Floats:
        """Centres of the cells, metres of `plane`."""
        return self.grid.xy

    @property
    def persons(self) -> Floats:
        """People of each cell, 0 where nobody knows."""
        return self.grid.persons

    @property
    def covered(self) -> Flags:
        """Whether an open site is within reach of each cell."""
        return self.counts > 0

    @property
    def half(self) -> Floats:
        """Half the edge of each cell's square, metres; where no edge is stated, half the way to the next centre."""
        stated = self.cells.size_m
        unstated = np.isnan(stated)
        return np.where(unstated, self.grid.spacing, stated) / 2 if unstated.any() else stated / 2

    def reach(self, points_xy: Floats) -> Reach:
        """The cells a site at each of the points would reach."""
        return self.grid.reach(points_xy, self.metres)

    def nearest(self, points_xy: Floats, which: Flags | None = None) -> tuple[Ints, Floats]:
        """The nearest of `which` sites (all of them) to each point, as indices of `sites`, and how far the way to it
        is, metres; −1 and infinity where there is none."""
        there = np.flatnonzero(which) if which is not None else np.arange(len(self.sites))
        if not len(there) or not len(points_xy):
            return np.full(len(points_xy), -1, np.int64), np.full(len(points_xy), np.inf)
        find = self.network.nearest if self.network is not None else nearest
        found, metres = find(points_xy, self.site_xy[there])
        return np.where(found >= 0, there[found], -1), metres


_grids: Kept[tuple[Metres, Grid, Network | None]] = Kept(8)
_latest: Kept[list[Reached]] = Kept(8)


def ground(session: Session, moment: Moment) -> Ground | None:
    """What coverage at the moment looked at is computed from; None without a grid of people."""
    found = moment.ask(session, cells)
    if found is None or not len(found.lon):
        return None
    tree, place = moment.tree, about(moment)
    network = moment.ask(session, roads)
    metres = tree.campaign.limits.walk_metres
    base = base_of(session, moment, found, network)
    plane, grid, walk = _grids.get((*base, metres), lambda: _grid(found, network, metres))
    at = placed(plane, positions(session, of_all(moment)))
    reached = _reached((*base, metres), grid, metres, at)
    sites = tuple(tree.by_id[site] for site in at)
    period = period_of(moment)
    is_open = np.array([period in tree.open_periods(site) for site in sites], np.bool_)
    towns = _towns(moment)
    mine = np.ones(len(grid), np.bool_) if place in tree.roots else np.isin(found.town, list(towns))
    counts = reached.counts(frozenset(site.id for site, on in zip(sites, is_open, strict=True) if on))
    site_xy = np.array(list(at.values()), np.float64).reshape(-1, 2)
    return Ground(
        place, found, plane, grid, walk, metres, mine, towns, period, sites, site_xy, is_open, reached, counts
    )


def period_of(moment: Moment) -> int:
    """The period whose open sites count: the one looked at; before the campaign its first, after it its last."""
    campaign = moment.tree.campaign
    period = moment.until if moment.until is not None else campaign.period_of(moment.now)
    return min(max(period, 0), campaign.periods - 1)


def about(moment: Moment) -> Place:
    """The place coverage is told of: a site stands for its town."""
    place = moment.place
    if place.level is Level.SITE and place.parent_id is not None:
        return moment.tree.by_id[place.parent_id]
    return place


def of_all(moment: Moment, until: int | None = None) -> Moment:
    """The same moment of the whole campaign."""
    tree = moment.tree
    until = moment.until if until is None else until
    return Moment(tree, tree.by_id[moment.place.ancestors[-1]], moment.revision, moment.now, until)


def _towns(moment: Moment) -> frozenset[int]:
    place = about(moment)
    return frozenset(town.id for town in moment.tree.each(Level.TOWN) if place.id in town.ancestors)


def base_of(session: Session, moment: Moment, found: Cells, network: Roads | None) -> tuple[str, str, int, int]:
    """What the ground of a campaign is known by among everything a worker keeps."""
    # Workers of a test have several databases, one after the other at the same address.
    url, campaign = str(session.get_bind().engine.url), moment.tree.campaign.id
    return url, campaign, found.version_id, network.version_id if network is not None else 0


def _grid(found: Cells, network: Roads | None, metres: int) -> tuple[Metres, Grid, Network | None]:
    plane = Metres(float(found.lon.mean()), float(found.lat.mean()))
    xy = plane.xy(found.lon, found.lat)
    if network is None or not len(network.edges):
        return plane, Grid(xy, found.persons), None
    edges = network.edges
    walk = Network(np.hstack([plane.xy(edges[:, 0], edges[:, 1]), plane.xy(edges[:, 2], edges[:, 3])]))
    return plane, Grid(xy, found.persons, walk.reach), walk


def placed(plane: Metres, where: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """Where sites stand, metres, by id in rising order."""
    ids = sorted(where)
    degrees = np.array([where[site] for site in ids], np.float64).reshape(-1, 2)
    xy = plane.xy(degrees[:, 0], degrees[:, 1])
    return {site: (float(x), float(y)) for site, (x, y) in zip(ids, xy, strict=True)}


def _reached(key: tuple[object, ...], grid: Grid, metres: int, at: dict[int, tuple[float, float]]) -> Reached:
    """What the sites reach: from what they reached when last asked, as far as they have not moved."""
    last = _latest.get(key, lambda: [Reached(grid, metres, at)])
    if last[0].at != at:
        last[0] = last[0].moved(at)
    return last[0]
