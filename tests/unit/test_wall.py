from dataclasses import replace
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wall_kit import CAMPAIGN, SITE, TOWN, finding

from domain.backlog import waiting
from domain.map import Dot, MapPicture, Shape
from domain.status import Severity
from domain.wall import AXIS, BINS, Names, bars, mark_of, severe, short_names, shortened
from figures.wall_map import MOST_PUSHED, Mark, apart, bounds, densest, label_places, plane, radius, whole

LIMITS = CAMPAIGN.limits

# -- names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("河口社区工业区员工广场", "河口员工广场"),
        ("园林社区中学", "园林中学"),
        ("北江社区综合市场广场", "北江市场广场"),
        ("董营村工业园", "董营工业园"),
        ("张边社区村民广场", "张边村民广场"),
        ("社区中心", "社区中心"),
        ("体育馆", "体育馆"),
    ],
)
def test_a_wall_calls_a_site_by_a_short_name(name: str, short: str):
    assert shortened(name) == short


def test_in_english_a_site_loses_the_kind_of_its_village():
    assert shortened("Fanhu Community Industrial Park", "en") == "Fanhu Industrial Park"


def test_sites_that_would_share_a_short_name_keep_their_full_ones():
    names = short_names([("a", "园林社区中学"), ("b", "园林村中学"), ("c", "河口社区小学")])
    assert names == {"a": "园林社区中学", "b": "园林村中学", "c": "河口小学"}


@given(st.lists(st.text("园河社区村综合工业", min_size=1, max_size=8), unique=True, max_size=12))
def test_short_names_never_name_two_sites(given_names: list[str]):
    short = short_names(enumerate(given_names))
    assert all(short.values())
    assert len({name for i, name in short.items() if name != given_names[i]}) == sum(
        name != given_names[i] for i, name in short.items()
    )


def test_a_place_that_is_no_site_keeps_its_name():
    assert Names({"zh": {"S1": "园林中学"}}).of(TOWN, "zh") == "西南街道"
    assert Names({"zh": {"S1": "园林中学"}}).of(SITE, "en") == "Yuanlin Community School"


# -- findings


def test_a_finding_is_called_the_same_while_it_lasts_and_two_differently():
    late = finding("tubes_over_on_site", tubes=62, age_minutes=156)
    later = replace(late, at=late.at.replace(minute=9), params={"tubes": 70, "age_minutes": 160})
    assert mark_of(late) == mark_of(later)
    problems = {mark_of(finding("problem_overdue", number=n)) for n in (1, 2)}
    assert len(problems) == 2
    assert mark_of(replace(late, period=3)) != mark_of(replace(late, period=4))


def test_severe_findings_are_the_critical_ones_the_newest_first():
    old = finding("total_falls")
    new = replace(finding("conflict"), at=old.at.replace(minute=30))
    assert severe([old, finding("outlier", Severity.WARN), new, old]) == (mark_of(new), mark_of(old))


# -- histograms

AGES = st.dictionaries(st.integers(-5, 2000), st.integers(1, 500), max_size=30)


@given(AGES, st.sampled_from(sorted(BINS.values())), st.sampled_from([120, 240, 360, 720]))
def test_every_tube_is_in_one_bar_and_its_bar_has_its_state(ages: dict[int, int], bins: int, limit: int):
    drawn = bars(ages, limit, bins, LIMITS)
    assert sum(bar.tubes for bar in drawn) == sum(ages.values())
    assert all(bar.tubes > 0 and bar.begin + bar.width <= AXIS + 1e-9 for bar in drawn)
    held = waiting(ages, limit, LIMITS)
    assert sum(bar.tubes for bar in drawn if bar.severity is Severity.CRIT) == held.over
    assert sum(bar.tubes for bar in drawn if bar.severity is Severity.WARN) == held.near


# -- the map

MARKS = st.lists(
    st.tuples(st.floats(0, 600), st.floats(0, 600), st.booleans(), st.sampled_from([*Severity])), max_size=25
)


def marks_of(rows: list[tuple[float, float, bool, Severity]]) -> tuple[list[Mark], dict[str, tuple[float, float]]]:
    marks, places = [], {}
    for i, (x, y, missing, worst) in enumerate(rows):
        place = replace(SITE, code=f"S{i}")
        marks.append(Mark(Dot(place, (x, y), 1000, 10, 0.5, worst, missing), i + 1 if missing else 0))
        places[place.code] = (x, y)
    return marks, places


@given(MARKS)
def test_no_mark_is_pushed_further_from_its_place_than_allowed(rows: list[tuple[float, float, bool, Severity]]):
    marks, places = marks_of(rows)
    for code, (x, y) in apart(marks, places).items():
        assert hypot(x - places[code][0], y - places[code][1]) <= MOST_PUSHED + 1e-6


def test_two_marks_on_each_other_are_moved_apart_and_the_numbered_one_least():
    marks, places = marks_of([(100, 100, True, Severity.CRIT), (110, 100, False, Severity.OK)])
    moved = apart(marks, places)
    first, second = moved["S0"], moved["S1"]
    assert abs(first[0] - 100) < abs(second[0] - 110)
    assert hypot(first[0] - second[0], first[1] - second[1]) > 10
    far, _ = marks_of([(0, 0, False, Severity.OK), (300, 0, False, Severity.OK)])
    assert apart(far, {"S0": (0, 0), "S1": (300, 0)}) == {"S0": (0, 0), "S1": (300, 0)}
    assert radius(marks[0]) > radius(marks[1])


def square(code: str, x: float, y: float, side: float = 4.0) -> Shape:
    ring = ((x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y))
    return Shape(replace(TOWN, code=code, name=code), (ring,), 0.5, 0.0, Severity.OK)


TOWNS = (square("甲镇", 0, 0), square("乙镇", 0, 4), square("丙镇", 4, 4))


def test_names_stand_off_the_land_and_off_each_other_inside_the_drawing():
    rings = tuple(shape.rings for shape in TOWNS)
    on = plane(bounds(TOWNS, ()), 560, 400, 100)
    places = label_places(rings, (84.0, 84.0, 84.0), on, 560, 400, None)
    boxes = [(x if anchor == "start" else x - 84, y) for x, y, anchor in places]
    for i, (x, y) in enumerate(boxes):
        assert 0 <= x <= 560 - 84
        assert 0 <= y <= 400 - 74
        assert all(abs(x - u) >= 84 or abs(y - v) >= 74 for u, v in boxes[:i])
        assert not any(
            west < x + 84 and x < west + side and north < y + 74 and y < north + side
            for shape in TOWNS
            for west, north in [on((shape.rings[0][0][0], shape.rings[0][2][1]))]
            for side in [4 * on.scale]
        )
    assert label_places(rings, (84.0, 84.0, 84.0), on, 560, 400, None) == places


def test_the_window_stands_where_most_sites_are():
    sites = [Dot(replace(SITE, code=str(i)), at, None, None, None, None, False)
             for i, at in enumerate([(0.0, 0.0), (10.0, 10.0), (10.5, 10.0), (10.0, 10.5)])]  # fmt: skip
    window = densest(sites, 2, 2)
    assert [window.holds(dot.at) for dot in sites] == [False, True, True, True]


def test_numbers_outside_the_window_are_drawn_once_on_the_whole_map():
    dots = tuple(
        Dot(replace(SITE, code=f"S{i}"), at, 100, None, None, Severity.CRIT, False)
        for i, at in enumerate([(1.0, 1.0), (6.0, 6.0)])
    )
    shown = MapPicture("c", None, TOWNS, dots, (), True, "")
    window = densest(dots[:1], 1, 1)
    drawn = str(
        whole(shown, {"S0": 1, "S1": 2}, window, 560, 884, lambda shape: (shape.place.name, "", "50%", ""), "地图")
    )
    assert "'2'" in drawn
    assert "'1'" not in drawn
