"""What a plan would change: nothing moved nothing changed, effects in the right direction, what is measured."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_kit import CAMPAIGN, END, NOW, hour, lab, picture

from domain.assignment import Kind, assigned, joined, next_hour, propose
from domain.flow import Change, changed
from domain.matching import MOST_ADJUSTED, adjusted, calls_support, glance, outcome, try_plan, window_of
from domain.matching_picture import due_steps, headway_of, mean_minutes, paired, rate_of, runs_of
from domain.matching_plan import Move, Overtime, Plan, Pool, Runs

CROWDED, QUIET = picture(), picture(crowded=False)


def test_nothing_moved_is_nothing_changed():
    trial = try_plan(CROWDED, Plan())
    assert trial.before is trial.after
    assert outcome(CROWDED, Plan(), window_of(CROWDED, Plan())) == trial.before


def test_moving_a_town_takes_its_tubes_along():
    trial = try_plan(CROWDED, Plan(moves=(Move("T12", "L3", hour(15)),)))
    first, third = (CROWDED.lab_of(id_).lab for id_ in (1, 3))
    assert trial.after.of(first).inflow < trial.before.of(first).inflow
    assert trial.after.of(third).inflow > trial.before.of(third).inflow
    assert trial.after.clear.p50 < trial.before.clear.p50
    assert trial.after.test_over < trial.before.test_over
    second = CROWDED.lab_of(2).lab
    untouched, same = trial.before.of(second), trial.after.of(second)
    assert replace(same, hours=()) == replace(untouched, hours=())


def test_part_of_a_town_is_less_than_all_of_it():
    half = glance(CROWDED, Plan(moves=(Move("T11", "L3", hour(15), tuple(f"T11-S{k}" for k in range(4))),)))
    whole = glance(CROWDED, Plan(moves=(Move("T11", "L3", hour(15)),)))
    assert glance(CROWDED, Plan()).over > half.over > whole.over


@given(st.floats(700, 3000))
def test_more_hours_never_clear_it_later(rate):
    assert glance(CROWDED, Plan(overtime=(Overtime("L1", rate, hour(16)),))) <= glance(CROWDED, Plan())


def test_a_larger_pool_makes_fewer_tubes():
    assert glance(CROWDED, Plan(pool=Pool(20, hour(15)))) < glance(CROWDED, Plan())
    only = glance(CROWDED, Plan(pool=Pool(20, hour(15), ("T14",))))
    assert glance(CROWDED, Plan(pool=Pool(20, hour(15)))) < only <= glance(CROWDED, Plan())


def test_more_runs_break_the_collection_limit_less():
    before = try_plan(QUIET, Plan()).before
    after = try_plan(QUIET, Plan(runs=(Runs("T14", 4, hour(15), hour(20)),))).after
    assert 0 < after.collect_over < before.collect_over


def test_what_one_cannot_clear_one_says_when_it_breaks():
    present = try_plan(CROWDED, Plan()).before
    own = present.of(CROWDED.lab_of(1).lab)
    assert own.test.tubes > 1000
    assert own.test.at > NOW
    assert own.hours[0].queue > 3000
    assert own.hours[0].idle_hours == 0
    assert present.last.code == "L1"
    assert present.clear.p10 < present.clear.p50 < present.clear.p90


def test_a_quiet_afternoon_breaks_nothing_but_collection():
    present = try_plan(QUIET, Plan()).before
    assert present.test_over == 0
    assert present.over == present.collect_over


def test_the_days_task_is_what_came_and_will_come_before_midnight():
    own = try_plan(QUIET, Plan()).before.of(QUIET.lab_of(1).lab)
    assert own.task_share == pytest.approx(own.task / own.lab.capacity_per_day)
    limits = CAMPAIGN.limits
    assert [calls_support(share, limits) for share in (None, 0.7, 0.701)] == [False, False, True]


# -- proposals


def test_the_solver_relieves_the_crowded_laboratory():
    found = propose(CROWDED, try_plan(CROWDED, Plan()).before)
    assert [row for row in found.rows if row.kind is Kind.MOVE]
    for row in found.rows:
        after = glance(CROWDED, row.plan)
        before = glance(CROWDED, Plan())
        assert (row.minutes, row.fewer) == (round(before.clear - after.clear), round(before.over - after.over))
        assert row.minutes >= 1 or row.fewer >= 1
    moves = [move for row in found.rows for move in row.plan.moves]
    assert all(move.at >= next_hour(CROWDED) for move in moves)
    assert all(CROWDED.town(move.town).lab != CROWDED.lab(move.lab).lab.id for move in moves)
    assert len({(move.town, site) for move in moves for site in move.sites or ("",)}) == sum(
        len(move.sites) or 1 for move in moves
    )
    together = glance(CROWDED, joined(row.plan for row in found.rows if not row.locked))
    assert found.fewer == round(glance(CROWDED, Plan()).over - together.over)


def test_only_a_larger_pool_is_not_ours_to_decide():
    found = propose(CROWDED, try_plan(CROWDED, Plan()).before)
    assert [row.kind for row in found.rows if row.locked] == [Kind.POOL]
    assert found.rows[-1].locked


def test_a_quiet_afternoon_binds_nobody_anew():
    assert assigned(QUIET, glance(QUIET, Plan()).clear) == ()


def test_a_laboratory_alone_has_nothing_to_share():
    alone = replace(QUIET, labs=(lab(1, 700.0),), towns=QUIET.towns[:2])
    assert assigned(alone, 600.0) == ()


def test_collection_that_breaks_its_limit_is_offered_more_runs():
    found = propose(QUIET, try_plan(QUIET, Plan()).before)
    (runs,) = [change for row in found.rows for change in row.plan.runs]
    assert runs.town == "T14"
    assert runs.per_hour > QUIET.town("T14").runs
    assert runs.until == END


def test_a_change_begins_at_a_full_hour_with_half_an_hours_notice():
    assert next_hour(QUIET) == hour(15)
    assert next_hour(replace(QUIET, now=hour(14, 30))) == hour(15)
    assert next_hour(replace(QUIET, now=hour(14, 31))) == hour(16)


# -- what is measured


def test_mean_times_are_first_in_first_out():
    # A hundred enter in every quarter and leave six quarters later, eight hundred lately.
    entered, left = [0.0] * 40 + [100.0] * 56, [0.0] * 46 + [100.0] * 50
    assert mean_minutes(entered, left, 60.0) == pytest.approx((800 * 90 + 400 * 60) / 1200)
    # A day that has just begun: a thousand wait, the first hundred left after an hour.
    entered, left = [0.0] * 92 + [250.0] * 4, [0.0] * 95 + [100.0]
    assert mean_minutes(entered, left, 45.0) == pytest.approx(45.0)
    assert mean_minutes([9.0] * 96, [0.0] * 96, 45.0) == 45.0


def test_a_rate_is_what_a_busy_laboratory_takes():
    assert rate_of(1000.0, [100.0] * 8, [500.0] * 8) == (pytest.approx((8 * 400 + 8 * 1000) / 16), True)
    assert rate_of(1000.0, [100.0] * 8, [10.0] * 8) == (1000.0, False)
    assert rate_of(300.0, [100.0] * 8, [10.0] * 8) == (400.0, True)
    # A stop of three quarters is no slowness; a quarter between two plates is part of the work.
    assert rate_of(None, [100.0] * 4 + [0.0] * 3 + [100.0], [500.0] * 8) == (400.0, True)
    assert rate_of(None, [200.0, 0.0] * 4, [500.0] * 8) == (400.0, True)
    assert rate_of(None, [100.0] * 8, [500.0] * 8) == (400.0, True)
    assert rate_of(None, [0.0] * 8, [0.0] * 8) == (math.inf, False)


def test_headways_and_runs_are_believable():
    assert headway_of(50.0) == 100.0
    assert headway_of(1.0) == 15.0
    assert headway_of(9000.0) == 480.0
    assert runs_of(120.0, 30) == 4.0  # 30 sites, each every two hours, four a run: 3.75, in halves
    assert runs_of(480.0, 1) == 0.5


def test_tubes_to_come_are_the_forecasts_persons_by_tube():
    k = CAMPAIGN.period_of(NOW)
    steps = due_steps(CAMPAIGN, NOW, [(k, 1400.0), (k + 1, 1600.0), (k + 2, 1500.0)], 1000.0, 10.0)
    assert steps == (10.0,) * 4 + (5.0,) * 4 + (0.0,) * 4
    assert due_steps(CAMPAIGN, NOW, [], 0.0, 10.0) == ()


@given(st.dictionaries(st.integers(0, 600), st.integers(1, 50), max_size=30), st.integers(0, 300))
def test_cohorts_hold_every_tube_once(ages, way):
    now = 1000
    entries = {now - age: tubes for age, tubes in ages.items()}
    uses = {now - age - way: tubes for age, tubes in ages.items()}
    found = paired(entries, uses, now)
    assert sum(cohort.tubes for cohort in found) == pytest.approx(sum(ages.values()))
    assert all(cohort.used <= cohort.entered <= 0 for cohort in found)


def test_a_change_holds_from_its_minute_to_its_end():
    made = changed((Change(0.0, 100.0),), 60.0, 50.0, 120.0)
    assert made == (Change(0.0, 100.0), Change(60.0, 50.0), Change(120.0, 100.0))
    assert changed((Change(0.0, 100.0),), -10.0, 50.0, None)[0].value == 50.0


def test_of_many_towns_those_most_pressed_and_those_changed_are_offered():
    few = picture()
    assert adjusted(few, try_plan(few, Plan())) == few.towns
    first = few.towns[0]
    many = replace(
        few,
        towns=tuple(
            replace(
                first, id=n, place=replace(first.place, code=f"T{n:02}"), waiting=first.waiting if n >= 20 else ()
            )
            for n in range(60)
        ),
    )
    plan = Plan(runs=(Runs("T03", 9.0, hour(16), None),))
    offered = adjusted(many, try_plan(many, plan))
    codes = [town.place.code for town in offered]
    assert len(codes) == MOST_ADJUSTED
    assert codes == sorted(codes)
    assert "T03" in codes
    assert all(code == "T03" or code >= "T20" for code in codes)
