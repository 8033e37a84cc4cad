"""What a worker keeps of sites between two pictures is what it would find anew, and a report reads one site again
however many there are; on both databases."""

import contextlib
from collections.abc import Callable

from kit import DISTRICT, OPERATOR, TOWN, World, at, row
from test_what_must_not_grow import city, counted

from data import campaigns
from data.ingest.reports import read_rows, record
from data.queries import followed
from data.queries.moment import Moment
from data.queries.overview import overview
from domain.overview import Overview

STEPS: dict[str, Callable[[World], object]] = {
    "a report": lambda world: world.send(row("S1", 8, 100, tubes=10)),
    "one that is doubtful": lambda world: world.send(row("S2", 8, 100, tubes=10, third_copies=9)),
    "the hours before it": lambda world: world.send(row("S1", 7, 40, tubes=4), row("S2", 7, 10, tubes=1)),
    "a correction": lambda world: world.send(
        row("S2", 8, 60, tubes=6, key="S2/8b", correction_of="S2/8", note="misread")
    ),
    "another doubt": lambda world: world.send(row("S4", 8, 90, tubes=9, third_copies=2)),
    "a decision": lambda world: world.verify("S4/8"),
    "a report sent back": lambda world: world.send_back("S1/8"),
}


def seen(world: World, place: str = DISTRICT) -> Overview:
    """The overview as the server has it: by the tree everybody shares."""
    with world.database.read() as session:
        found = campaigns.find(session, world.id)
        tree = campaigns.tree_of(session, found)
        return overview(session, Moment(tree, tree.by_code[place], found.revision, world.clock()))


def test_what_is_kept_is_what_would_be_found_anew(world: World):
    world.clock.to(at(9, 30))
    seen(world)
    for name, step in STEPS.items():
        assert not step(world).rejected, name
        kept = {place: seen(world, place) for place in (DISTRICT, TOWN, "S1", "S4")}
        followed.forget()
        assert kept == {place: seen(world, place) for place in kept}, name
    world.clock.to(at(10, 30))
    kept = seen(world)
    followed.forget()
    assert kept == seen(world)
    assert [place.code for place in kept.missing] == ["S1", "S2", "S3", "S4", "S5"]


def test_an_older_moment_does_not_show_what_was_recorded_later(world: World):
    world.clock.to(at(9, 30))
    with world.database.read() as session:
        found = campaigns.find(session, world.id)
        tree = campaigns.tree_of(session, found)
        earlier = Moment(tree, tree.by_code[DISTRICT], found.revision, world.clock())
        world.send(row("S1", 8, 100, tubes=10))
        assert [place.code for place in seen(world).missing] == ["S2", "S3", "S4", "S5"]
        assert [place.code for place in overview(session, earlier).missing] == ["S1", "S2", "S3", "S4", "S5"]


class GivenUp(Exception):
    """What ends a write that shall not be committed."""


def test_what_is_read_within_a_write_that_is_given_up_is_not_kept(world: World):
    world.clock.to(at(9, 30))
    before = seen(world)
    with contextlib.suppress(GivenUp), world.database.write() as session:
        found = campaigns.lock(session, world.id)
        tree = campaigns.tree_of(session, found)
        claims, _ = read_rows([row("S1", 8, 100, tubes=10)], tree.campaign, world.clock())
        assert record(session, found, tree, claims, OPERATOR, world.clock()).accepted == 1
        within = overview(session, Moment(tree, tree.by_code[DISTRICT], found.revision, world.clock()))
        assert [place.code for place in within.missing] == ["S2", "S3", "S4", "S5"]
        raise GivenUp
    world.send(row("S2", 8, 100, tubes=10))
    after = seen(world)
    assert [place.code for place in before.missing] == ["S1", "S2", "S3", "S4", "S5"]
    assert [place.code for place in after.missing] == ["S1", "S3", "S4", "S5"]


def test_a_report_of_one_site_reads_no_other(database, clock):
    clock.to(at(9, 30))
    cost = []
    for sites in (4, 60):
        world = city(database, clock, sites)
        root = world.tree().roots[0]
        first = world.tree().sites(root)[0].code
        seen(world, root.code)
        again = row(first, 8, 90, tubes=9, key="again", correction_of=f"{first}/8", note="misread")
        assert not world.send(again).rejected
        with counted(world) as read:
            seen(world, root.code)
        cost.append(read)
    assert cost[0] == cost[1]
