"""Corrections of hourly reports: versions in any order of arrival, and what is refused."""

import itertools

import pytest
from kit import World, at, codes, comes_back, correction, make_world, row

from data.models import Report


def test_a_correction_replaces_the_report_by_a_new_version(world: World):
    world.send(row("S1", 8, 10))
    world.send(correction("c1", "S1/8", "S1", 8, 20))
    world.send(correction("c2", "c1", "S1", 8, 30))
    (version,) = world.current().values()
    assert (version.key, version.version, version.persons, version.correction_of) == ("c2", 3, 30, "c1")
    assert world.persons() == 30
    assert world.count(Report) == 3
    world.check()


def test_a_correction_may_arrive_before_its_original_which_is_kept_as_superseded(world: World):
    world.send(correction("c1", "S1/8", "S1", 8, 20))
    assert world.persons() == 20
    assert world.current()["c1"].version == 2
    assert world.send(row("S1", 8, 10)).accepted == 1
    assert world.persons() == 20
    assert world.current()["c1"].version == 2
    assert world.count(Report) == 2
    world.check()


def test_a_correction_may_move_a_report_to_another_hour(world: World):
    world.send(row("S1", 8, 10))
    world.send(correction("c1", "S1/8", "S1", 9, 10))
    assert world.by_hour() == {9: 10}
    assert world.board(8)["S1"] == "missing"
    world.check()


CHAIN = (row("S1", 8, 10, key="a"), correction("c1", "a", "S1", 8, 20), correction("c2", "c1", "S1", 8, 30))
THERE_AND_BACK = (*CHAIN[:2], correction("c2", "c1", "S1", 8, 10))
LONG = (*CHAIN, correction("c3", "c2", "S1", 8, 20))
SAME_AGAIN = (CHAIN[0], correction("c1", "a", "S1", 8, 10), correction("c2", "c1", "S1", 8, 11))
WITH_TWIN = (*CHAIN[:2], row("S1", 8, 10, key="b"))
CORRECTS_THE_TWIN = (CHAIN[0], row("S1", 8, 10, key="b"), correction("c1", "b", "S1", 8, 20))
MOVED = (CHAIN[0], correction("c1", "a", "S1", 9, 20), correction("c2", "c1", "S1", 7, 30))

CHAINS = {
    "chain": (CHAIN, 30),
    "back to the first figure": (THERE_AND_BACK, 10),
    "long": (LONG, 20),
    "same figures corrected": (SAME_AGAIN, 11),
    "with a twin": (WITH_TWIN, 20),
    "corrects the twin": (CORRECTS_THE_TWIN, 20),
    "moved": (MOVED, 30),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_gives_the_same_in_any_order_of_arrival(database, clock, name):
    rows, total = CHAINS[name]
    for order, together in itertools.product(itertools.permutations(rows), (False, True)):
        said = " ".join(str(r["key"]) for r in order) + (" together" if together else "")
        world = make_world(database, clock)
        with comes_back(3):
            for batch in [order] if together else [[r] for r in order]:
                assert codes(world.send(*batch)) == [], said
            assert world.persons() == total, said
            # Something else of the same site later, so that everything is read back and judged anew.
            world.send(row("S1", 6, 1, key="later"))
            world.verify(*(key for key in world.current() if key != "later"))
            assert world.persons() == total + 1, said
        assert world.differences() == 0, said


def test_a_second_correction_of_one_key_is_refused(world: World):
    world.send(row("S1", 8, 10), correction("c1", "S1/8", "S1", 8, 20))
    assert codes(world.send(correction("c2", "S1/8", "S1", 8, 30))) == [(0, "correction_of", "conflict")]
    assert world.persons() == 20
    assert len(world.refused_claims()) == 1


def test_a_second_correction_is_refused_before_the_original_came_too(world: World):
    world.send(correction("c1", "S1/8", "S1", 8, 20))
    assert codes(world.send(correction("c2", "S1/8", "S1", 8, 30))) == [(0, "correction_of", "conflict")]
    assert codes(world.send(correction("c3", "S1/8", "S1", 9, 30))) == [(0, "correction_of", "conflict")]
    assert world.persons() == 20


def test_a_second_correction_is_refused_when_the_first_named_the_reports_other_key(world: World):
    world.send(row("S1", 8, 10, key="a"))
    world.send(row("S1", 8, 10, key="b"))
    world.send(correction("c1", "b", "S1", 8, 20))
    assert codes(world.send(correction("c2", "a", "S1", 9, 30))) == [(0, "correction_of", "conflict")]
    assert world.persons() == 20
    world.check()


def test_a_new_figure_is_refused_after_the_reports_other_key_was_corrected(world: World):
    world.send(row("S1", 8, 10, key="a"))
    world.send(row("S1", 8, 10, key="b"))
    world.send(correction("c1", "b", "S1", 8, 20))
    assert codes(world.send(row("S1", 8, 30, key="d"))) == [(0, "hour", "needs_correction")]
    world.check()


def test_a_report_corrected_under_its_other_key_stays_on_time(world: World):
    world.clock.to(at(9, 5))
    world.send(row("S1", 8, 10, key="a"))
    world.send(row("S1", 8, 10, key="b"))
    world.clock.to(at(10, 30))
    world.send(correction("c1", "b", "S1", 8, 20))
    assert world.board(8)["S1"] == "on_time"
    world.send(row("S1", 9, 5))
    assert world.board(8)["S1"] == "on_time"
    assert world.differences() == 0


def test_a_correction_of_another_sites_report_is_refused(world: World):
    world.send(row("S1", 8, 10))
    assert codes(world.send(correction("c1", "S1/8", "S2", 8, 20))) == [(0, "correction_of", "conflict")]
    assert world.persons() == 10
    world.check()


def test_two_sites_correcting_one_key_that_has_not_arrived_do_not_hurt_the_batch(world: World):
    world.send(correction("c1", "k", "S1", 8, 20))
    result = world.send(row("S2", 9, 5), correction("c2", "k", "S2", 8, 30))
    assert result.accepted == 1
    assert codes(result) == [(1, "correction_of", "conflict")]
    world.check()


def test_two_sites_correcting_one_unknown_key_in_one_batch_do_not_hurt_it(world: World):
    result = world.send(correction("c1", "k", "S1", 8, 20), correction("c2", "k", "S2", 8, 30), row("S4", 8, 5))
    assert result.accepted == 2
    assert codes(result) == [(1, "correction_of", "conflict")]


def test_a_correction_of_a_running_total_moves_the_hours_after_it(world: World):
    world.send(row("S1", 7, persons_total=10), row("S1", 8, persons_total=30), row("S1", 9, persons_total=60))
    assert world.by_hour() == {7: 10, 8: 20, 9: 30}
    world.send(row("S1", 8, key="c1", persons_total=40, correction_of="S1/8", note="misread"))
    assert world.by_hour() == {7: 10, 8: 30, 9: 20}
    world.check()


def test_running_totals_give_the_same_in_any_order(database, clock):
    rows = [
        row("S1", 6, persons_total=10),
        row("S1", 7, 15),
        row("S1", 8, persons_total=40),
        row("S1", 9, 5, persons_total=45),
    ]
    for order in itertools.permutations(rows):
        world = make_world(database, clock)
        for one in order:
            assert codes(world.send(one)) == []
            assert world.differences() == 0
        assert world.by_hour() == {6: 10, 7: 15, 8: 15, 9: 5}
