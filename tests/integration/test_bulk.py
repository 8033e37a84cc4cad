"""Many rows at once: what says the same in every row, what adds nothing, what is empty; on both databases."""

import sqlalchemy as sa
from kit import World

from data import bulk
from data.models import TubeAge

KEY = ("campaign_id", "owner", "kind", "minute", "tubes")


def kept(world: World) -> dict[tuple[int, int], int]:
    """What waits by owner and minute."""
    a = TubeAge
    with world.database.read() as session:
        query = sa.select(a.owner, a.minute, a.tubes).where(a.campaign_id == world.id)
        return {(owner, minute): tubes for owner, minute, tubes in session.execute(query)}


def add(world: World, *cells: tuple[int, int, int]) -> None:
    with world.database.write() as session:
        rows = [(world.id, owner, 1, minute, tubes) for owner, minute, tubes in cells]
        bulk.upsert(session, TubeAge, KEY, rows, add=("tubes",))


def test_what_says_the_same_in_every_row_is_written_like_all_else(world: World):
    add(world, (1, 5, 3))
    add(world, (1, 5, 2), (1, 6, 2), (1, 7, 2))
    add(world, (1, 6, 1), (2, 6, 4))
    assert kept(world) == {(1, 5): 5, (1, 6): 3, (1, 7): 2, (2, 6): 4}


def test_rows_that_add_nothing_change_nothing_and_are_there_all_the_same(world: World):
    add(world, (1, 5, 3))
    add(world, (1, 5, 0), (1, 6, 0))
    assert kept(world) == {(1, 5): 3, (1, 6): 0}


def test_of_the_named_rows_only_empty_ones_go(world: World):
    add(world, (1, 5, 3), (1, 6, 0), (1, 7, 0), (2, 6, 0))
    named = [(world.id, 1, 1, 5), (world.id, 1, 1, 6), (world.id, 2, 1, 6), (world.id, 3, 1, 6)]
    with world.database.write() as session:
        bulk.delete_empty(session, TubeAge, named, "tubes")
        bulk.delete_empty(session, TubeAge, [], "tubes")
    assert kept(world) == {(1, 5): 3, (1, 7): 0}
