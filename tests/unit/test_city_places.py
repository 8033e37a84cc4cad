"""The invented city: as large as it is said to be, everything somewhere, the same at every call."""

from collections import Counter

import pytest

from data.demo.city_places import PERSONS, SITES, City, the_city


@pytest.fixture(scope="module")
def city() -> City:
    return the_city()


def test_it_is_as_large_as_it_is_said_to_be(city: City):
    sites = [site for district in city.districts for site in district.sites]
    assert len(city.districts) == 11
    assert sum(len(district.towns) for district in city.districts) == 170
    assert (len(sites), sum(site.target for site in sites)) == (SITES, PERSONS)
    # Three digits on a label tell the sites of a district apart.
    assert max(len(district.sites) for district in city.districts) < 1000
    assert min(site.target for site in sites) > 0


def test_no_two_places_share_a_code_or_a_town_its_name(city: City):
    grounds = [city.place, *(ground for d in city.districts for ground in (d.place, *d.towns))]
    codes = [ground.code for ground in grounds] + [site.code for d in city.districts for site in d.sites]
    assert len(codes) == len(set(codes))
    names = Counter(ground.name for ground in grounds)
    assert max(names.values()) == 1
    assert all("虚构" in said for said in (city.place.name, city.districts[0].sites[0].row["city_name"]))


def test_every_town_is_bound_to_one_laboratory_of_its_district_that_can_take_its_tubes(city: City):
    labs = 0
    for district in city.districts:
        bound = [town for lab in district.labs for town in lab["bound_town_codes"].split("|")]
        assert sorted(bound) == sorted(town.code for town in district.towns)
        capacity = sum(int(lab["capacity_tubes_per_day"]) for lab in district.labs)
        assert capacity > 0.9 * sum(site.target for site in district.sites) / 10
        labs += len(district.labs)
    assert 25 <= labs <= 40


def test_every_site_stands_in_its_town_and_the_towns_fill_the_city(city: City):
    import orjson
    import shapely

    shapes = {
        ground.code: shapely.from_geojson(orjson.dumps(ground.outline))
        for ground in (city.place, *(g for d in city.districts for g in (d.place, *d.towns)))
    }
    whole = shapes.pop(city.place.code).area
    for length in (6, 9):
        parts = sum(shape.area for code, shape in shapes.items() if len(code) == length)
        assert parts == pytest.approx(whole, rel=1e-3)
    outside = [
        site.code for district in city.districts for site in district.sites
        if not shapes[site.town].buffer(1e-4).covers(shapely.Point(float(site.row["lon"]), float(site.row["lat"])))
    ]  # fmt: skip
    assert outside == []


def test_it_is_the_same_at_every_call_and_a_small_one_has_the_same_districts(city: City):
    small, again = the_city(0.02), the_city(0.02)
    assert small == again
    assert [d.place for d in small.districts] == [d.place for d in city.districts]
    assert 50 < sum(len(d.sites) for d in small.districts) < 150
