"""The map page: every form has its own shape, the lists rank what is worst, nothing unknown becomes a zero."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duty import State
from domain.map import Projection, step
from domain.map_layers import SiteLayers
from domain.map_page import OF_STATE, Form, Layer, mark, town_figures
from domain.overview import PlaceRef
from domain.places import Level
from domain.status import Severity

SITE = SiteLayers(
    place=PlaceRef("S1", "甲", "A", Level.SITE), town=PlaceRef("T1", "镇", "Town", Level.TOWN), at=(1.0, 2.0),
    lon=112.9, lat=23.1, target=900, persons=450, completion=0.5, gap_pp=-1.0, gap_severity=Severity.OK,
    state=State.ON_TIME, state_severity=Severity.OK, missing=False, hour_persons=80,
    queue_minutes=10, queue_severity=Severity.OK, waiting=3, oldest_minutes=40, waiting_severity=Severity.OK,
    load=40.0, lanes=2, load_severity=Severity.OK, problems=0, overdue=0, problem_severity=None, worst=None,
)  # fmt: skip
NOTHING = replace(
    SITE, completion=None, persons=None, queue_minutes=None, queue_severity=None, waiting=None, oldest_minutes=None,
    waiting_severity=None, load=None, lanes=None, load_severity=None, state=State.NOT_DUE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "changes", "form"),
    [
        (Layer.COVERAGE, {}, Form.DOT),
        (Layer.COVERAGE, {"load_severity": Severity.WARN}, Form.DOT),
        (Layer.COVERAGE, {"load_severity": Severity.CRIT}, Form.CRIT),
        (Layer.LOAD, {"load_severity": Severity.WARN}, Form.WARN),
        (Layer.LOAD, {"load": None, "load_severity": None}, Form.UNKNOWN),
        (Layer.COMPLETION, {}, Form.FILL),
        (Layer.COMPLETION, {"gap_severity": Severity.WARN}, Form.FILL_WARN),
        (Layer.COMPLETION, {"gap_severity": Severity.CRIT}, Form.FILL_CRIT),
        (Layer.COMPLETION, {"missing": True}, Form.MISSING),
        (Layer.COMPLETION, {"completion": None}, Form.UNKNOWN),
        (Layer.QUEUE, {"queue_severity": Severity.CRIT}, Form.CRIT),
        (Layer.QUEUE, {"queue_minutes": None, "queue_severity": None}, Form.UNKNOWN),
        (Layer.TUBES, {"waiting_severity": Severity.WARN}, Form.WARN),
        (Layer.PROBLEMS, {}, Form.DOT),
        (Layer.PROBLEMS, {"problems": 2, "problem_severity": Severity.CRIT}, Form.CRIT),
    ],
)
def test_a_sites_form_follows_its_state_in_the_layer(layer, changes, form):
    assert mark(replace(SITE, **changes), layer).form is form


def test_every_reporting_state_has_a_shape_and_no_bad_one_looks_like_a_good_one():
    assert set(OF_STATE) == set(State)
    for state in State:
        drawn = mark(replace(SITE, state=state), Layer.REPORTS)
        assert (drawn.form is Form.DOT) == (state is State.ON_TIME)


@pytest.mark.parametrize("layer", list(Layer))
def test_a_site_that_nothing_is_known_of_is_on_no_list(layer):
    drawn = mark(NOTHING, layer)
    assert drawn.rank is None or layer is Layer.PROBLEMS
    assert drawn.form in (Form.UNKNOWN, Form.DOT)


def test_the_list_of_tubes_goes_by_the_oldest_not_by_how_many():
    few_old = replace(SITE, waiting=1, oldest_minutes=200)
    many_new = replace(SITE, waiting=90, oldest_minutes=5)
    ranks = [mark(site, Layer.TUBES).rank for site in (few_old, many_new)]
    assert ranks[0] > ranks[1]
    assert mark(replace(SITE, waiting=0, oldest_minutes=None), Layer.TUBES).rank is None


@given(st.floats(0, 2), st.floats(0, 2))
def test_more_done_is_never_a_lower_step_and_never_worse_on_the_list(one, two):
    low, high = sorted((one, two))
    marks = [mark(replace(SITE, completion=share), Layer.COMPLETION) for share in (low, high)]
    assert 1 <= marks[0].step <= marks[1].step <= 5
    assert marks[0].rank >= marks[1].rank
    assert step(None) == 1


def test_a_towns_label_adds_what_can_be_added_and_takes_the_largest_of_the_rest():
    other = replace(SITE, load=120.0, queue_minutes=None, waiting=7, problems=2, missing=True)
    figures = town_figures([SITE, other, NOTHING])
    assert (figures.load, figures.queue, figures.waiting, figures.problems, figures.missing) == (120.0, 10, 10, 2, 1)
    unknown = town_figures([NOTHING])
    assert (unknown.load, unknown.queue, unknown.waiting) == (None, None, None)


@given(st.floats(-170, 170), st.floats(-60, 60))
def test_the_plane_begins_at_its_origin(lon, lat):
    project = Projection([(lon, lat)])
    assert project.origin == (lon, lat)
    assert project(lon, lat) == (0.0, 0.0)
