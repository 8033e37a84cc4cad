"""What a picture costs is counted in statements, rows and bytes: with the number of tubes, or of the sites below what
is shown, none of them grows."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import orjson
import pytest
import sqlalchemy as sa
from kit import CITY, DISTRICT, TOWN, World, at, make_world, row
from tube_kit import code, event, set_labs, tell

from app import PAGES
from data import campaigns
from data.queries import minutes
from data.queries.cells import figures, kept_cells, summed_cells
from data.queries.moment import Moment
from data.queries.tube_findings import tube_findings
from views.snapshots import Snapshots

COSTLY = ("overview", "town", "ledger", "tubes")
FEW, MANY = 6, 120


@contextmanager
def counted(world: World) -> Iterator[dict[str, int]]:
    """The statements inside and, where the driver says it, the rows they return."""
    found = {"statements": 0, "rows": 0}

    def after(_connection, cursor, *_rest) -> None:
        found["statements"] += 1
        found["rows"] += max(0, cursor.rowcount)

    sa.event.listen(world.database.engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        sa.event.remove(world.database.engine, "after_cursor_execute", after)


def draw(world: World, page: str, place: str) -> tuple[dict[str, int], bytes]:
    """What it costs to draw a page for the second time, when places and laboratories are known; and its bytes."""
    for _ in range(2):
        snapshots = Snapshots(world.database, PAGES, world.clock)
        minutes.forget()
        with counted(world) as cost:
            body = snapshots.get(world.id, page, place, "zh", snapshots.version(world.id).number)
    assert isinstance(body, bytes)
    return cost, body


def use(world: World, first: int, tubes: int) -> None:
    """So many more tubes, at the same minutes as all others."""
    done = tell(
        world,
        *(event(code(n), "sampled", 9, persons=10) for n in range(first, first + tubes)),
        *(event(code(n), "collected", 9, 40, box="B1", manifest="M1") for n in range(first, first + tubes)),
        *(event(code(n), "received", 10, 10) for n in range(first, first + tubes)),
    )
    assert done.accepted == 3 * tubes


@pytest.mark.parametrize("page", COSTLY)
def test_twenty_times_the_tubes_cost_neither_statements_nor_rows(world: World, page: str):
    set_labs(world)
    use(world, 0, FEW)
    few, _ = draw(world, page, DISTRICT)
    use(world, FEW, MANY - FEW)
    many, _ = draw(world, page, DISTRICT)
    assert many == few


def city(database, clock, sites: int) -> World:
    """A city of one district with two towns, and so many sites in each; all have reported the same."""
    rows = [
        {"site": f"{town}-{n:03}", "town": town, "target": 1000} for town in (TOWN, "440607002") for n in range(sites)
    ]
    world = make_world(database, clock, city=True, rows=rows)
    assert not world.send(*(row(str(r["site"]), 8, 100, tubes=10) for r in rows)).rejected
    return world


def test_the_overview_of_a_city_names_districts_however_many_sites_they_have(database, clock):
    small, large = (city(database, clock, sites) for sites in (4, 60))
    (few, short), (many, long) = (draw(world, "overview", CITY) for world in (small, large))
    assert many["statements"] == few["statements"]
    assert len(long) <= 1.2 * len(short)
    assert "4406070010" not in orjson.dumps(orjson.loads(gzip.decompress(long))["panels"]["progress"]).decode()


def found_odd(world: World, now: datetime) -> set[str]:
    """The barcodes of all findings that are open at a time."""
    with world.reading() as (session, _):
        # The tree that everything the application does shares.
        tree = campaigns.tree_of(session, campaigns.find(session, world.id))
        moment = Moment(tree, tree.by_code[DISTRICT], world.revision(), now)
        return {barcode for finding in tube_findings(session, moment).open for barcode in finding.barcodes}


@pytest.mark.parametrize(("large", "within"), [(True, set()), (False, {code(900)})])
def test_in_a_large_campaign_findings_are_looked_for_once_a_minute(
    world: World, monkeypatch, large: bool, within: set[str]
):
    monkeypatch.setattr(minutes, "MANY_SITES", 4 if large else 5)
    set_labs(world)
    use(world, 0, FEW)
    assert found_odd(world, at(10, 30, 5)) == set()
    # Received long ago, and nobody has registered it.
    assert not tell(world, event(code(900), "received", 7, 20)).rejected
    assert found_odd(world, at(10, 30, 50)) == within
    assert found_odd(world, at(10, 31)) == {code(900)}


@pytest.mark.parametrize("until", [None, 2])
def test_what_the_database_adds_up_of_a_site_is_what_its_periods_add_up_to(world: World, until: int | None):
    sent = [row(site, hour, 10 * hour, tubes=hour) for site in ("S1", "S3") for hour in (6, 8, 9)]
    assert not world.send(*sent).rejected
    with world.reading() as (session, tree):
        ids = [site.id for site in tree.sites(tree.by_code[DISTRICT])]
        kept, summed = kept_cells(session, world.id, ids), summed_cells(session, world.id, ids, 2, until)
    assert set(summed) == {id_ for id_, own in kept.items() if own}
    for id_, own in kept.items():
        shown = [cell for period, cell in own.items() if until is None or period <= until]
        assert figures([summed[id_].total]) == figures(shown)
        assert summed[id_].until == sum(cell.persons for period, cell in own.items() if period <= 2)
        assert summed[id_].hour == own.get(2)
