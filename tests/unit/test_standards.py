"""Planning standards: what each measures, what breaks it, and what is in force by default."""

from datetime import UTC, datetime

import pytest

from domain.campaign import Campaign, Limits
from domain.errors import Refused
from domain.overview import PlaceRef
from domain.places import Kind, Level
from domain.standards import STANDARDS, Key, SiteLoad, audit, read_change, value

PLACE = PlaceRef("D", "区", "", Level.DISTRICT)


def campaign(**limits: int) -> Campaign:
    day = datetime(2021, 6, 6, tzinfo=UTC)
    return Campaign("c", "轮", "", day, day.replace(hour=14), "Asia/Shanghai", limits=Limits(**limits))


def site(code: str = "S", **more: object) -> SiteLoad:
    known = {"target": 6_000, "nearby": 4_000, "farthest": 700, "lanes": 6, "days": 1, "green_channels": 1}
    return SiteLoad(PlaceRef(code, code, "", Level.SITE), None, more.pop("kind", "fixed"), **{**known, **more})


@pytest.mark.parametrize(
    ("key", "more", "found"),
    [
        (Key.LANE_DAY, {}, 1_000),
        (Key.LANE_DAY, {"days": 2}, 500),
        (Key.LANE_DAY, {"lanes": None}, None),
        (Key.LANE_DAY, {"lanes": 0}, None),
        (Key.SITE_DAY, {"days": 3}, 2_000),
        (Key.SITE_PEOPLE, {}, 6_000),
        (Key.SITE_PEOPLE, {"target": None}, 4_000),
        (Key.SITE_PEOPLE, {"target": None, "nearby": None}, None),
        (Key.LANE_PEOPLE, {"days": 2}, 1_000),
        (Key.SITE_METRES, {}, 700),
        (Key.SITE_METRES, {"farthest": None}, None),
        (Key.GREEN_CHANNELS, {"green_channels": None}, None),
    ],
)
def test_a_standard_measures(key, more, found):
    assert value(STANDARDS[key], site(**more)) == found


def test_by_default_only_the_capacity_of_a_lane_is_in_force():
    picture = audit(
        campaign(), PLACE, [site(target=7_200), site("T", target=7_201), site("U", target=90_000, lanes=99)]
    )
    assert [one.standard.key for one in picture.checked if one.limit] == [Key.LANE_DAY]
    assert [(b.site.place.code, b.standard.key, b.limit) for b in picture.breaches] == [("T", Key.LANE_DAY, 1_200)]


def test_the_worst_stands_first():
    picture = audit(
        campaign(site_people=1_500),
        PLACE,
        [site("A", target=1_600), site("B", target=3_000), site("C", target=1_500)],
    )
    assert [breach.site.place.code for breach in picture.breaches] == ["B", "A"]
    assert picture.breaches[0].over == 1.0


def test_green_channels_are_a_minimum_and_nothing_is_asked_of_a_team():
    sites = [site("A", green_channels=0), site("B"), site("C", green_channels=None), site("M", kind=Kind.MOBILE)]
    picture = audit(campaign(green_channels=1), PLACE, sites)
    [channels] = [one for one in picture.checked if one.standard.key is Key.GREEN_CHANNELS]
    assert [breach.site.place.code for breach in picture.breaches] == ["A"]
    assert (channels.measured, channels.unknown, channels.broken) == (2, 1, 1)


def test_each_choice_says_how_many_sites_would_break_it():
    picture = audit(campaign(), PLACE, [site("A", target=1_800), site("B", target=2_200), site("C", target=900)])
    [people] = [one for one in picture.checked if one.standard.key is Key.SITE_PEOPLE]
    assert people.would_break == (2, 1, 0)


def test_every_standard_is_a_setting_and_names_its_source():
    for key, standard in STANDARDS.items():
        assert standard.limit(Limits()) == getattr(Limits(), key.value)
        assert standard.choices
        for choice in standard.choices:
            assert standard.source(choice.limit) == choice.source != ""


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"standard": "lane_day"},
        {"standard": "nothing", "limit": 1},
        {"standard": ["lane_day"], "limit": 1},
        {"standard": "lane_day", "limit": -1},
        {"standard": "lane_day", "limit": True},
        {"standard": "lane_day", "limit": 12.5},
        {"standard": "lane_day", "limit": "1200"},
        {"standard": "lane_day", "limit": 10**9},
        {"standard": "lane_day", "limit": 5, "seen": "x"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(body):
    with pytest.raises(Refused):
        read_change(body)
