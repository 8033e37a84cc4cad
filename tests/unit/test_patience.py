"""Nobody waits for the database for ever, and not everybody at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from data.patience import STUCK_SECONDS, Busy, Room, Watch


class Ticks:
    """Seconds that pass by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_more_are_inside_than_there_are_places_and_all_get_in():
    room, most, inside, lock = Room(3, 64), [0], [0], threading.Lock()
    all_in = threading.Barrier(3)

    def work(_: int) -> None:
        with room.place():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            all_in.wait(30)
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(60)))
    assert most[0] == 3


def test_who_is_inside_may_ask_again():
    room = Room(1, 0)
    with room.place(), room.place(), room.place():
        pass
    with room.place():
        pass


def test_a_line_that_is_full_and_a_room_nobody_leaves_send_away():
    ticks = Ticks()
    room, leave, entered = Room(1, 1, ticks), threading.Event(), threading.Event()

    def stay() -> None:
        with room.place():
            entered.set()
            leave.wait(30)

    holder = threading.Thread(target=stay)
    holder.start()
    assert entered.wait(30)
    with pytest.raises(Busy), room.place(0):
        raise AssertionError("there was no place")
    ticks.now = STUCK_SECONDS
    with pytest.raises(Busy), room.place():
        raise AssertionError("nobody has left for long")
    leave.set()
    holder.join()
    with room.place():
        pass


def test_an_error_inside_gives_the_place_back():
    room = Room(1, 0)
    for _ in range(3):
        with pytest.raises(KeyError), room.place():
            raise KeyError


def lost(sqlstate: str | None = None) -> sa.exc.OperationalError:
    error = psycopg.OperationalError("gone")
    error.sqlstate = sqlstate
    return sa.exc.OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize("sqlstate", [None, "57P01", "57P03"])
def test_after_a_database_let_one_down_the_others_are_told_at_once_until_it_answers(sqlstate: str | None):
    asked, back = threading.Event(), threading.Event()

    def answers() -> bool:
        asked.set()
        return back.wait(30)

    watch = Watch(answers)
    with pytest.raises(sa.exc.OperationalError), watch.over():
        raise lost(sqlstate)
    assert asked.wait(30)
    for _ in range(5):
        with pytest.raises(Busy), watch.over():
            raise AssertionError("it is away")
    (thread,) = (one for one in threading.enumerate() if one.name == "database watch")
    back.set()
    thread.join(30)
    with watch.over():
        pass


@pytest.mark.parametrize("sqlstate", ["57014", "55P03", "53100", "40001"])
def test_a_statement_that_fails_says_nothing_about_the_database(sqlstate: str):
    watch = Watch(lambda: False)
    with pytest.raises(sa.exc.OperationalError), watch.over():
        raise lost(sqlstate)
    with watch.over():
        pass
