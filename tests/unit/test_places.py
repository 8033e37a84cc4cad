from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.campaign import Campaign
from domain.places import Level, Place, PlaceTree

ZONE = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0) -> datetime:
    return (datetime(2021, 6, 6, tzinfo=ZONE) + timedelta(hours=hour, minutes=minute)).astimezone(UTC)


def campaign(**changes) -> Campaign:
    settings = {"starts_at": at(6), "deadline": at(22), "timezone": "Asia/Shanghai"} | changes
    return Campaign("c", "演练", "", **settings)


def place(id_: int, level: Level, parent: int | None = None, **more) -> Place:
    return Place(id_, f"p{id_}", f"地{id_}", f"Place {id_}", level, parent, **more)


def tree(*sites: Place, campaign_: Campaign | None = None, **above) -> PlaceTree:
    """A district (1) with two towns (2, 3) over the given sites."""
    return PlaceTree(
        campaign_ or campaign(),
        [
            place(1, Level.DISTRICT, **above),
            place(2, Level.TOWN, 1),
            place(3, Level.TOWN, 1),
            *sites,
        ],
    )


def site(id_: int, town: int = 2, *openings, **more) -> Place:
    return place(id_, Level.SITE, town, openings=tuple(openings), **more)


def open_hours(t: PlaceTree, id_: int = 10) -> list[int]:
    return sorted(6 + k for k in t.open_periods(t.by_id[id_]))


def test_a_site_without_intervals_is_open_from_start_to_deadline():
    assert open_hours(tree(site(10))) == list(range(6, 22))


@pytest.mark.parametrize(
    ("openings", "hours"),
    [
        ([(at(7), at(9))], [7, 8]),
        ([(at(7, 59), at(9))], [7, 8]),
        ([(at(7), at(9, 1))], [7, 8, 9]),
        ([(at(8, 30), at(8, 40))], [8]),
        ([(at(7), at(8)), (at(10), at(11))], [7, 10]),
        ([(at(7), at(9)), (at(8), at(10))], [7, 8, 9]),
        ([(at(2), at(7))], [6]),
        ([(at(21), at(30))], [21]),
        ([(at(1), at(5))], []),
        ([(at(23), at(25))], []),
        ([(at(9), at(9))], []),
        ([(at(9), at(8))], []),
    ],
)
def test_a_period_is_open_when_the_site_is_for_part_of_it(openings, hours):
    assert open_hours(tree(site(10, 2, *openings))) == hours


def test_a_half_hour_grid_opens_by_the_half_hour():
    t = tree(site(10, 2, (at(7, 30), at(8, 30))), campaign_=campaign(interval_minutes=30))
    assert sorted(t.open_periods(t.by_id[10])) == [3, 4]


def test_expected_reports_are_those_of_the_open_sites_below():
    t = tree(site(10, 2, (at(7), at(9))), site(11, 2, (at(8), at(10))), site(12, 3, (at(8), at(9))))
    assert t.expected(t.by_id[1])[:5] == (0, 1, 3, 1, 0)
    assert t.expected(t.by_id[2])[:5] == (0, 1, 2, 1, 0)
    assert t.expected(t.by_id[3])[:5] == (0, 0, 1, 0, 0)


def test_a_place_without_sites_expects_nothing():
    t = tree(site(10))
    assert set(t.expected(t.by_id[3])) == {0}


def test_a_target_is_the_places_own_else_the_sum_below():
    t = tree(site(10, target=100), site(11, target=None), site(12, 3, target=50))
    assert [t.target(t.by_id[i]) for i in (1, 2, 3, 11)] == [150, 100, 50, None]
    assert tree(site(10, target=100), target=900).target(t.by_id[1]) == 150
    own = tree(site(10, target=100), target=900)
    assert own.target(own.by_id[1]) == 900


def test_a_target_of_zero_is_a_target_and_no_target_is_none():
    t = tree(site(10, target=0), site(12, 3))
    assert t.target(t.by_id[2]) == 0
    assert t.target(t.by_id[3]) is None


@pytest.mark.parametrize("weights", [(), tuple(float(1 + h % 5) for h in range(24))])
def test_the_plan_of_every_place_sums_to_its_target(weights):
    t = tree(
        site(10, 2, (at(7), at(12)), target=1000), site(11, 2, target=333), site(12, 3, target=77), target=2000,
        campaign_=campaign(plan_weights=weights),
    )  # fmt: skip
    for id_ in (1, 2, 3, 10, 11, 12):
        plan = t.plan(t.by_id[id_])
        assert plan is not None
        assert sum(plan) == pytest.approx(t.target(t.by_id[id_]))
        assert len(plan) == t.campaign.periods


def test_nothing_is_planned_while_a_site_is_closed():
    t = tree(site(10, 2, (at(7), at(9)), target=100))
    plan = t.plan(t.by_id[10])
    assert plan is not None
    assert [k for k, persons in enumerate(plan) if persons] == [1, 2]


def test_a_place_without_target_has_no_plan():
    t = tree(site(10))
    assert t.plan(t.by_id[10]) is t.plan(t.by_id[1]) is None


def test_a_target_higher_up_alone_is_planned_over_the_open_sites():
    t = tree(site(10, 2, (at(7), at(8))), site(11, 2, (at(7), at(9))), target=300)
    plan = t.plan(t.by_id[1])
    assert plan is not None
    assert plan[1:3] == (pytest.approx(200), pytest.approx(100))


def test_the_pool_size_is_the_nearest_one_upwards():
    t = tree(site(10, pool_size=1), site(11), pool_size=5)
    t.by_id[3].pool_size = 20
    assert [t.pool_size(t.by_id[i]) for i in (10, 11, 3)] == [1, 5, 20]
    plain = tree(site(10))
    assert plain.pool_size(plain.by_id[10]) == 10


def test_a_day_on_which_the_clocks_go_back_has_one_report_more():
    zone = ZoneInfo("Europe/Bratislava")
    begins, ends = datetime(2020, 10, 25, tzinfo=zone), datetime(2020, 10, 26, tzinfo=zone)
    c = campaign(timezone="Europe/Bratislava", starts_at=begins.astimezone(UTC), deadline=ends.astimezone(UTC))
    t = tree(site(10, target=250), campaign_=c)
    assert sum(t.expected(t.by_id[10])) == 25
    plan = t.plan(t.by_id[10])
    assert plan is not None
    assert sum(plan) == pytest.approx(250)


def test_everything_below_a_place_is_inside_it_and_nothing_else():
    t = tree(site(10), site(12, 3))
    assert t.contains(t.by_id[1], t.by_id[10])
    assert t.contains(t.by_id[10], t.by_id[10])
    assert not t.contains(t.by_id[2], t.by_id[12])
    assert not t.contains(t.by_id[10], t.by_id[2])
    assert [p.id for p in t.sites(t.by_id[1])] == [10, 12]


def test_a_site_may_stand_directly_below_a_district():
    t = PlaceTree(campaign(), [place(1, Level.DISTRICT), place(10, Level.SITE, 1, target=5)])
    assert t.expected(t.by_id[1]) == (1,) * 16
    assert t.target(t.by_id[1]) == 5


def test_names_fall_back_to_the_chinese_one():
    assert place(1, Level.SITE).label("en") == "Place 1"
    assert Place(1, "p", "地", "", Level.SITE, None).label("en") == "地"
    assert place(1, Level.SITE).label("zh") == "地1"
