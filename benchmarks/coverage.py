"""What coverage and its clusters cost: the demonstration's district, and forty times as much land.

A picture is the whole answer of `data.queries.coverage`: totals, towns, clusters with names and nearest sites, the
cells and the area to draw, the day in steps. "Anew" is with nothing kept but the cells themselves as they were read.
"""

import csv
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from sqlalchemy.orm import Session

from benchmarks import rig
from benchmarks.measure import Measure, Target, at_most
from data import campaigns
from data.database import Database
from data.demo.areas import DISTRICT, keep_land
from data.demo.population import load_sites
from data.geo.coverage import Groups
from data.ingest.areas import NewCell, Origin, keep_cells
from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.models import CampaignRow
from data.queries.areas import cells
from data.queries.coverage import coverage
from data.queries.ground import ground
from data.queries.moment import Moment
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.coverage import LEAST_PERSONS
from domain.places import Level, PlaceTree

SITES, CELLS = 5_000, 200_000
TILES = 56
"""How often the district is laid out, 40 km and 80 km apart, to have so many cells."""

TIMES = 15
OPERATOR = Sender("benchmark")


def measure() -> Iterator[Measure]:
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        campaign = _campaign(database, "118", _district_sites())
        with database.write() as session:
            keep_land(session, campaigns.lock(session, campaign.id), OPERATOR.name, system_clock())
        yield from _pictures(database, campaign, "118 sites × 3,583 cells", at_most(150), at_most(150))
    with rig.fresh_database(rig.SQLITE) as url, rig.opened(url) as database:
        campaign = _campaign(database, "5000", _many_sites())
        with database.write() as session:
            _keep_many_cells(session, campaigns.lock(session, campaign.id))
        yield from _pictures(database, campaign, "5,000 sites × 200,000 cells", at_most(5_000), at_most(200))


def _pictures(database: Database, campaign: Campaign, name: str, anew: Target, moved: Target) -> Iterator[Measure]:
    with database.read() as session:
        row = campaigns.find(session, campaign.id)

        def look(tree: PlaceTree) -> Moment:
            return Moment(tree, tree.roots[0], row.revision, system_clock())

        def load(metres: int) -> PlaceTree:
            # Another distance is one of which nothing is kept.
            tree = campaigns.load_tree(session, row)
            tree.campaign = replace(tree.campaign, limits=replace(tree.campaign.limits, walk_metres=metres))
            return tree

        tree = load(800)
        began = time.perf_counter()
        cells(session, look(tree))
        yield Measure(f"cells read, once a version, {name}", _ms(began), "ms")
        took = []
        for turn in range(TIMES):
            other = look(load(799 - turn))
            began = time.perf_counter()
            coverage(session, other)
            took.append(_ms(began))
        picture = coverage(session, look(tree))
        assert picture is not None
        note = (
            f"p50 of {TIMES}; greatest {max(took):.0f}; {picture.share:.1%} covered, {len(picture.clusters)} clusters"
        )
        yield Measure(f"picture anew, {name}", statistics.median(took), "ms", anew, note=note)
        sites = [site for site in tree.each(Level.SITE) if site.lon is not None]
        took, parts = [], []
        for turn in range(TIMES):
            site = sites[turn * 7 % len(sites)]
            assert site.lon is not None
            site.lon += 0.006
            began = time.perf_counter()
            coverage(session, look(tree))
            took.append(_ms(began))
            parts.append(_moved(session, look(tree), site.id))
        note = f"p50 of {TIMES}; greatest {max(parts):.0f}"
        yield Measure(
            f"one site moved, coverage and clusters, {name}", statistics.median(parts), "ms", moved, note=note
        )
        note = f"p50 of {TIMES}; greatest {max(took):.0f}"
        yield Measure(f"one site moved, whole picture, {name}", statistics.median(took), "ms", note=note)


def _moved(session: Session, moment: Moment, site: int) -> float:
    """Milliseconds for coverage and clusters after `site` has moved once more."""
    on = ground(session, moment)
    assert on is not None
    grid, metres = on.grid, on.metres
    everywhere = frozenset(on.reached.at)
    groups = Groups(grid, (on.counts == 0) & (on.persons >= LEAST_PERSONS), metres)
    x, y = on.reached.at[site]
    began = time.perf_counter()
    counts = on.reached.moved({**on.reached.at, site: (x + 600.0, y)}).counts(everywhere)
    float(on.persons[counts > 0].sum())
    groups.changed((counts == 0) & (on.persons >= LEAST_PERSONS))
    return _ms(began)


def _campaign(database: Database, name: str, sites: Iterator[str]) -> Campaign:
    """A campaign of the present day with these sites; lines are `town,site,lon,lat,target`."""
    begin = system_clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    campaign = Campaign(name, "覆盖", "Coverage", begin, begin + timedelta(hours=14), "Asia/Shanghai")
    with database.write() as session:
        campaigns.create(session, campaign, actor=OPERATOR.name, now=begin)
    lines = ["district,town,site,lon,lat,target,lanes", *(f"440607,{line},8" for line in sites)]
    content = "\n".join(lines).encode()
    done = import_file(database, campaign.id, What.PLACES, content, "places.csv", OPERATOR, system_clock)
    if done.refused:
        raise RuntimeError(f"places refused: {done.refused[:3]}")
    return campaign


def _district_sites() -> Iterator[str]:
    for site in load_sites():
        yield f"{site.town},{site.code},{site.row['lon']},{site.row['lat']},{site.target}"


def _tiles() -> Iterator[tuple[int, float, float]]:
    """The number of each tile and by how many degrees it lies to the east and north."""
    for tile in range(TILES):
        yield tile, 0.4 * (tile % 8), 0.75 * (tile // 8)


def _many_sites() -> Iterator[str]:
    kept = -(-SITES // TILES)
    lines = (
        f"{tile:02}{site.town},{tile:02}{site.code},{float(site.row['lon']) + east:.6f},"
        f"{float(site.row['lat']) + north:.6f},{site.target}"
        for tile, east, north in _tiles()
        for site in load_sites()[:kept]
    )
    return islice(lines, SITES)


def _keep_many_cells(session: Session, row: CampaignRow) -> None:
    towns = {place.code: place.id for place in campaigns.tree_of(session, row).each(Level.TOWN)}
    with (DISTRICT / "population_grid.csv").open(encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file))
    many = (
        NewCell(
            f"{tile:02}{cell['cell_id']}",
            towns.get(f"{tile:02}{cell['town_code']}"),
            float(cell["lon"]) + east,
            float(cell["lat"]) + north,
            float(cell["pop_est"]),
            500.0,
        )
        for tile, east, north in _tiles()
        for cell in known
    )
    keep_cells(
        session, row, islice(many, CELLS), Origin("tiles", "the district, many times"), OPERATOR.name, row.starts_at
    )


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000
