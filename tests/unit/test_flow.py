"""The flow of tubes: none made or lost, first in first out, more capacity never later, the same day the same."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Limits
from domain.flow import STEP, Change, Cohort, Course, Route, Server, Source, run, shares_at, value_at

LIMITS = Limits()
tubes = st.floats(0, 400, allow_nan=False)


def source(due: list[float], *, waiting: float = 0.0, headway: float = 90.0, to: int = 1) -> Source:
    held = (Cohort(waiting, -30.0, -30.0),) if waiting else ()
    return Source(due, held, (Change(0.0, headway),), (Route(float("-inf"), ((to, 1.0),)),), {1: 40.0, 2: 65.0})


def server(rate: float, *, queue: float = 0.0, coming: float = 0.0, testing: float = 0.0) -> Server:
    return Server(
        (Change(0.0, rate),),
        (Cohort(coming, -20.0, -70.0),) if coming else (),
        45.0,
        (Cohort(queue, -50.0, -140.0),) if queue else (),
        (Cohort(testing, -30.0, -250.0),) if testing else (),
        120.0,
    )


def all_reported(course: Course) -> float:
    return sum(sum(lab.reported) for lab in course.labs.values())


@st.composite
def districts(draw) -> tuple[dict[int, Source], dict[int, Server], float]:
    """Two towns, two laboratories, and how many tubes there are in all."""
    towns, total = {}, 0.0
    for id_ in (11, 12):
        due = draw(st.lists(tubes, max_size=24))
        waiting = draw(tubes)
        towns[id_] = source(due, waiting=waiting, headway=draw(st.floats(15, 300)), to=draw(st.sampled_from((1, 2))))
        total += sum(due) + waiting
    labs = {}
    for id_ in (1, 2):
        stocks = {name: draw(tubes) for name in ("queue", "coming", "testing")}
        labs[id_] = server(draw(st.floats(800, 3000)), **stocks)
        total += sum(stocks.values())
    return towns, labs, total


@given(districts())
def test_tubes_are_neither_made_nor_lost(district):
    towns, labs, total = district
    course = run(towns, labs, LIMITS)
    assert abs(all_reported(course) - total) < 0.01


@given(districts())
def test_at_every_step_they_are_somewhere(district):
    towns, labs, _ = district
    course = run(towns, labs, LIMITS)
    for id_, town in towns.items():
        used = sum(c.tubes for c in town.waiting)
        for step in range(course.steps):
            used += town.due[step] if step < len(town.due) else 0.0
            gone = sum(course.towns[id_].collected[: step + 1])
            assert abs(used - gone - course.towns[id_].on_site[step]) < 0.01
    for id_, lab in labs.items():
        own = course.labs[id_]
        held = sum(c.tubes for c in lab.queue)
        for step in range(course.steps):
            held += own.arrived[step] - own.started[step]
            assert abs(held - own.queue[step]) < 0.01


@given(districts(), st.floats(1.0, 3.0))
def test_more_capacity_never_reports_later(district, factor):
    towns, labs, _ = district
    quicker = {id_: replace(lab, rates=(Change(0.0, lab.rates[0].value * factor),)) for id_, lab in labs.items()}
    slow, quick = run(towns, labs, LIMITS), run(towns, quicker, LIMITS)
    for id_ in labs:
        behind = ahead = 0.0
        for step in range(max(slow.steps, quick.steps)):
            behind += slow.labs[id_].reported[step] if step < slow.steps else 0.0
            ahead += quick.labs[id_].reported[step] if step < quick.steps else 0.0
            assert ahead >= behind - 0.01
        assert quick.labs[id_].longest <= slow.labs[id_].longest + 1e-6


@given(districts(), st.floats(1.0, 4.0))
def test_more_runs_never_collect_later(district, factor):
    towns, labs, _ = district
    oftener = {id_: replace(t, headways=(Change(0.0, t.headways[0].value / factor),)) for id_, t in towns.items()}
    seldom, often = run(towns, labs, LIMITS), run(oftener, labs, LIMITS)
    for id_ in towns:
        for step in range(min(seldom.steps, often.steps)):
            assert sum(often.towns[id_].collected[: step + 1]) >= sum(seldom.towns[id_].collected[: step + 1]) - 0.01
        assert often.towns[id_].collect.tubes <= seldom.towns[id_].collect.tubes + 0.01


@given(districts())
def test_the_same_day_flows_the_same(district):
    towns, labs, _ = district
    assert run(towns, labs, LIMITS) == run(towns, labs, LIMITS)


def test_what_came_first_is_first_on_the_machine():
    # 100 old tubes and 100 young ones, 100 an hour: the old ones wait at most an hour, whoever was used first.
    old, young = Cohort(100.0, -60.0, -90.0), Cohort(100.0, -5.0, -400.0)
    lab = replace(server(100.0), queue=(young, old))
    course = run({}, {1: lab}, replace(LIMITS, test_minutes=90))
    assert course.labs[1].started[:4] == [25.0] * 4
    # Half an hour from now the old ones pass their 90 minutes: 50 of them are left. So are 50 young ones at theirs.
    assert dict(course.labs[1].test.steps) == {2: 50.0, 5: 50.0}
    assert course.labs[1].longest == 5 + 112.5


def test_a_limit_breaks_at_the_hour_the_queue_says():
    # 900 tubes came at once and 100 an hour are put on: after six hours 300 are left and break the limit together.
    lab = replace(server(100.0), queue=(Cohort(900.0, 0.0, -60.0),))
    own = run({}, {1: lab}, LIMITS).labs[1]
    assert own.test.first == 6 * 60 // STEP
    assert round(own.test.tubes) == 300


def test_collection_waits_evenly_up_to_one_headway():
    town = run({11: source([100.0], headway=180.0)}, {1: server(1000.0)}, LIMITS).towns[11]
    # Visited once in three hours, a third of them waits more than two.
    assert 25 < town.collect.tubes < 40
    assert run({11: source([100.0], headway=115.0)}, {1: server(1000.0)}, LIMITS).towns[11].collect.tubes == 0


def test_what_passed_a_limit_before_now_is_counted_once():
    lab = replace(server(1000.0), queue=(Cohort(40.0, -500.0, -600.0),))
    own = run({}, {1: lab}, LIMITS).labs[1]
    assert (own.test.already, own.test.tubes, own.test.first) == (40.0, 40.0, 0)


def test_tubes_used_before_a_binding_changes_go_where_they_were_bound_for():
    routes = (Route(float("-inf"), ((1, 1.0),)), Route(60.0, ((2, 0.25), (1, 0.75))))
    town = replace(source([100.0] * 8), routes=routes)
    course = run({11: town}, {1: server(5000.0), 2: server(5000.0)}, LIMITS)
    assert abs(sum(course.labs[2].arrived) - 100.0) < 0.01
    assert abs(sum(course.labs[1].arrived) - 700.0) < 0.01


def test_values_and_routes_hold_from_their_minute_on():
    assert [value_at((Change(0.0, 1.0), Change(30.0, 2.0)), minute) for minute in (-5, 0, 29, 30, 99)] == [
        1,
        1,
        1,
        2,
        2,
    ]
    routes = (Route(-60.0, ((1, 1.0),)), Route(60.0, ((2, 1.0),)))
    assert [shares_at(routes, minute)[0][0] for minute in (-99, 59, 60)] == [1, 1, 2]


def test_a_laboratory_of_unknown_capacity_has_no_queue_and_nothing_idle():
    own = run({11: source([100.0] * 4)}, {1: server(float("inf"), queue=50)}, LIMITS).labs[1]
    assert max(own.queue) == 0
    assert set(own.idle) == {0.0}
