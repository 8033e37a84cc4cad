from concurrent.futures import ThreadPoolExecutor
from random import Random

from kit import SITES, World, at, iso, row

from data.models import Report, Revision


def test_overlapping_and_repeated_batches_at_once_lose_and_double_nothing(world: World):
    world.clock.to(at(14))
    rows = [row(site, hour, 10 * hour + i, tubes=hour + i) for i, site in enumerate(SITES) for hour in range(6, 13)]
    rows += [
        row(site, 8, 500 + i, key=f"{site}/c", correction_of=f"{site}/8", note="counted again", tubes=60)
        for i, site in enumerate(SITES)
    ]
    random = Random(7)
    batches = [random.sample(rows, random.randint(1, 12)) for _ in range(40)] + [[r] for r in rows]
    random.shuffle(batches)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda batch: world.send(*batch), batches))
    assert [r.rejected for r in results if r.rejected] == []
    assert sum(r.accepted for r in results) == len(rows) == world.count(Report)
    assert sum(r.accepted + r.unchanged for r in results) == sum(map(len, batches))
    corrected = {f"{site}/8" for site in SITES}
    assert world.persons() == sum(int(str(r["persons"])) for r in rows if r["key"] not in corrected)
    changing = [r.revision for r in results if r.accepted]
    assert len(set(changing)) == len(changing)
    assert world.count(Revision) == world.revision()
    world.check()


def test_of_two_figures_sent_at_once_exactly_one_counts(world: World):
    def send(persons: int) -> int:
        return world.send(row("S1", 8, persons, key=f"k{persons}")).accepted

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(1, 13))) == 1
    assert len(world.current()) == 1
    assert len(world.refused_claims()) == 11
    world.check()


def test_of_two_corrections_sent_at_once_exactly_one_counts(world: World):
    world.send(row("S1", 8, 5))

    def send(persons: int) -> int:
        return world.send(
            row("S1", 8, persons, key=f"c{persons}", correction_of="S1/8", note="counted again")
        ).accepted

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(10, 22))) == 1
    world.check()


def test_readers_see_whole_batches_only(world: World):
    """Every batch moves 10 persons from nowhere to two sites: the district's sum is a multiple of 20 at any time."""
    batches = [[row("S1", hour, 10, key=f"a{hour}"), row("S4", hour, 10, key=f"b{hour}")] for hour in range(6, 10)]

    def write() -> None:
        for batch in batches:
            world.send(*batch)

    def read() -> list[tuple[int, int]]:
        seen = [world.look() for _ in range(15)]
        return [(s.figures.persons, sum(c.figures.persons for c in s.children)) for s in seen]

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(write)
        readings = [pool.submit(read) for _ in range(3)]
        writing.result()
        found = [pair for reading in readings for pair in reading.result()]
    assert all(total % 20 == 0 and total == below for total, below in found)
    assert world.persons() == 80


def test_places_and_reports_written_at_once_leave_the_sums_right(world: World):
    def open_until(hour: int) -> None:
        world.set_places({"site": "S1", "town": "440607001", "opening": f"{iso(6)}/{iso(hour)}"})

    def send(hour: int) -> None:
        world.send(row("S1", hour, 5), row("S4", hour, 5))

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(open_until, h) for h in (7, 8, 9, 12)] + [pool.submit(send, h) for h in range(6, 10)]
        for task in tasks:
            task.result()
    assert world.persons() == 40
    world.check()
