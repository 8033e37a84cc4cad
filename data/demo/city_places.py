"""The places of the simulated city: 11 districts, 170 towns, 5,000 sites and 32 laboratories for 18.7 million people.

Everything here is invented: names, codes (no province's begins with 99), outlines, positions and numbers of people.
That a name also exists somewhere is chance. Only the proportions are those of a large city: dense districts in the
middle, wide ones around, 20 to 40 sites to a town. The same at every call.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from data.demo.population import SiteSpec, scaled
from domain.places import Kind

if TYPE_CHECKING:
    import shapely

CITY, CITY_NAME, CITY_NAME_EN = "990100", "澜川市（虚构）", "Lanchuan City (invented)"

PERSONS, SITES = 18_700_000, 5_000

SEED = "places of the city"

MIDDLE = (115.2, 24.1)
"""Degrees about which the invented ground lies."""

_EAST, _NORTH = 111.32 * math.cos(math.radians(MIDDLE[1])), 110.57
"""Kilometres of a degree there."""

PERSONS_A_LANE = 900
"""Persons of one lane in the day, about as in the demonstration's district."""

MOBILE = 0.06
"""Share of the sites that are mobile teams."""

OUTLINE_SOURCE = "虚构边界 invented outlines"


@dataclass(frozen=True, slots=True)
class _Plan:
    """A district as it is meant to be: ten thousands of people, towns, laboratories, and where its middle lies, in
    kilometres from the city's."""

    name: str
    name_en: str
    persons: int
    towns: int
    labs: int
    middle: tuple[float, float]


_PLANS = (
    _Plan("澜岸区", "Lan'an District", 214, 20, 4, (-2.0, 2.5)),
    _Plan("青汀区", "Qingting District", 186, 18, 3, (7.5, 4.0)),
    _Plan("玉澄区", "Yucheng District", 232, 21, 4, (1.5, -8.0)),
    _Plan("鹤湾区", "Hewan District", 158, 16, 3, (-11.5, -3.0)),
    _Plan("望澜区", "Wanglan District", 241, 19, 4, (-6.0, 15.0)),
    _Plan("松屿区", "Songyu District", 197, 17, 3, (17.0, -6.0)),
    _Plan("棠溪区", "Tangxi District", 168, 14, 3, (-20.0, 10.0)),
    _Plan("明渚区", "Mingzhu District", 149, 13, 2, (-15.0, -20.0)),
    _Plan("云麓区", "Yunlu District", 121, 12, 2, (10.0, 24.0)),
    _Plan("稻川区", "Daochuan District", 106, 11, 2, (29.0, 10.0)),
    _Plan("霞屿区", "Xiayu District", 98, 9, 2, (13.0, -24.0)),
)
"""1,870 ten thousands, 170 towns, 32 laboratories."""

_FIRST = {
    "青": "Qing", "澜": "Lan", "云": "Yun", "玉": "Yu", "松": "Song", "鹤": "He", "棠": "Tang", "桂": "Gui",
    "竹": "Zhu", "荷": "He", "霞": "Xia", "锦": "Jin", "瑞": "Rui", "和": "He", "明": "Ming", "星": "Xing",
    "枫": "Feng", "兰": "Lan",
}  # fmt: skip
_SECOND = {
    "渡": "du", "坪": "ping", "湾": "wan", "岭": "ling", "洲": "zhou", "塘": "tang", "桥": "qiao", "圩": "xu",
    "岗": "gang", "浦": "pu", "埔": "bu", "涌": "chong",
}  # fmt: skip
_COMMUNITY = {
    "东": "Dong",
    "南": "Nan",
    "西": "Xi",
    "北": "Bei",
    "新": "Xin",
    "旧": "Jiu",
    "上": "Shang",
    "下": "Xia",
}
_HALL = (
    ("体育馆", "Gymnasium"), ("文化广场", "Culture Square"), ("小学操场", "Primary School Ground"),
    ("公园停车场", "Park Car Park"), ("党群服务中心", "Service Centre"), ("灯光球场", "Floodlit Court"),
    ("农贸市场旁", "By the Market"), ("中学礼堂", "School Hall"), ("工业园食堂", "Works Canteen"),
)  # fmt: skip
_TEAM = ("流动采样车", "Mobile Sampling Vehicle")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """A place above the sites with its outline as GeoJSON in degrees."""

    code: str
    name: str
    name_en: str
    outline: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CityDistrict:
    """One district with all in it. `labs` are rows with the headers of `district/labs.csv`; a site's `row` has the
    fields of a places file."""

    place: Ground
    towns: tuple[Ground, ...]
    sites: tuple[SiteSpec, ...]
    labs: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class City:
    place: Ground
    districts: tuple[CityDistrict, ...]


def the_city(share: float = 1.0) -> City:
    """The city; with a `share` below 1 a smaller one of the same districts, for tests: fewer towns, sites, people."""
    import shapely

    rng = Random(SEED)
    outline = shapely.Polygon(_edge())
    cells = _cells([plan.middle for plan in _PLANS], outline)
    persons = scaled([plan.persons for plan in _PLANS], round(PERSONS * share))
    towns = [max(2, round(plan.towns * share)) for plan in _PLANS]
    sites = scaled(persons, max(2 * sum(towns), round(SITES * share)))
    names = [first + second for first in _FIRST for second in _SECOND]
    rng.shuffle(names)
    districts = []
    for number, plan in enumerate(_PLANS):
        code = f"{CITY[:4]}{number + 1:02}"
        own = [names.pop() for _ in range(towns[number])]
        place = Ground(code, plan.name, plan.name_en, _geojson(cells[number]))
        labs = max(1, min(plan.labs, towns[number] // 2))
        districts.append(_district(place, cells[number], own, persons[number], sites[number], labs, rng))
    return City(Ground(CITY, CITY_NAME, CITY_NAME_EN, _geojson(outline)), tuple(districts))


def _edge() -> list[Point]:
    points = []
    for k in range(144):
        angle = math.tau * k / 144
        reach = 38 * (
            1 + 0.16 * math.sin(2 * angle + 0.5) + 0.09 * math.sin(3 * angle + 2) + 0.03 * math.sin(9 * angle)
        )
        points.append((reach * math.cos(angle), reach * math.sin(angle)))
    return points


def _cells(middles: Sequence[Point], within: "shapely.Polygon") -> list["shapely.Polygon"]:
    """What of `within` is nearer to each of the points than to the others."""
    import shapely

    if len(middles) == 1:
        return [within]
    parts = shapely.voronoi_polygons(shapely.MultiPoint(list(middles)), extend_to=within).geoms
    found = []
    for middle in middles:
        point = shapely.Point(middle)
        part = next(part for part in parts if part.covers(point)).intersection(within)
        # A bay may cut a corner off; the piece about the middle is the place.
        found.append(max(getattr(part, "geoms", (part,)), key=lambda piece: piece.area))
    return found


def _scatter(count: int, within: "shapely.Polygon", rng: Random) -> list[Point]:
    """So many points, evenly spread after two rounds of moving each to the middle of what is nearest to it."""
    import shapely

    shapely.prepare(within)
    west, south, east, north = within.bounds
    points: list[Point] = []
    while len(points) < count:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if within.contains_properly(shapely.Point(x, y)):
            points.append((x, y))
    for _ in range(2):
        points = [(p.x, p.y) for p in (cell.representative_point() for cell in _cells(points, within))]
    return points


def _district(
    place: Ground, outline: "shapely.Polygon", names: Sequence[str], persons: int, sites: int, labs: int, rng: Random
) -> CityDistrict:
    seats = _scatter(len(names), outline, rng)
    cells = _cells(seats, outline)
    codes = [f"{place.code}{number + 1:03}" for number in range(len(names))]
    urban = [rng.random() < 0.6 for _ in names]
    towns = tuple(
        Ground(
            code,
            name + ("街道" if street else "镇"),
            f"{_FIRST[name[0]]}{_SECOND[name[1]]} {'Subdistrict' if street else 'Town'}",
            _geojson(cell),
        )
        for code, name, street, cell in zip(codes, names, urban, cells, strict=True)
    )
    weights = [round(1000 * rng.lognormvariate(0, 0.35) * (1.5 if street else 1)) for street in urban]
    people = scaled(weights, persons)
    each = [1 + extra for extra in scaled(people, sites - len(names))]
    # Each laboratory takes a stretch of towns from west to east.
    order = sorted(range(len(names)), key=lambda k: seats[k])
    lab_of = {k: at * labs // len(order) for at, k in enumerate(order)}
    lab_codes = [f"LAB-{place.code[4:]}{chr(65 + number)}" for number in range(labs)]
    made: list[SiteSpec] = []
    for k, town in enumerate(towns):
        above = {
            "city": CITY, "city_name": CITY_NAME, "district": place.code, "district_name": place.name,
            "district_name_en": place.name_en, "town": town.code, "town_name": town.name,
            "town_name_en": town.name_en, "lab": lab_codes[lab_of[k]],
        }  # fmt: skip
        made += _sites(above, cells[k], seats[k], people[k], each[k], rng)
    rows = []
    for number, code in enumerate(lab_codes):
        bound = [k for k in order if lab_of[k] == number]
        host = max(bound, key=lambda k: people[k])
        taken = sum(people[k] for k in bound)
        lon, lat = _degrees(*seats[host])
        rows.append({
            "lab_code": code, "name_zh": f"{place.name[:-1]}检测{chr(65 + number)}",
            "name_en": f"{place.name_en.removesuffix(' District')} Lab {chr(65 + number)}",
            "lon": str(lon), "lat": str(lat), "host_town_code": codes[host],
            "capacity_tubes_per_day": str(max(200, 100 * round(taken / 1000 * rng.uniform(0.98, 1.15)))),
            "bound_town_codes": "|".join(sorted(codes[k] for k in bound)),
        })  # fmt: skip
    return CityDistrict(place, towns, tuple(made), tuple(rows))


def _sites(
    above: dict[str, str], cell: "shapely.Polygon", seat: Point, people: int, count: int, rng: Random
) -> list[SiteSpec]:
    import shapely

    shapely.prepare(cell)
    reach = math.sqrt(cell.area) / 3
    mobile = [count > 4 and rng.random() < MOBILE for _ in range(count)]
    targets = scaled([round(1000 * rng.lognormvariate(0, 0.4) * (0.15 if team else 1)) for team in mobile], people)
    made = []
    for number, (team, target) in enumerate(zip(mobile, targets, strict=True), start=1):
        x, y = seat
        for _ in range(40):
            x, y = rng.gauss(seat[0], reach), rng.gauss(seat[1], reach)
            if cell.contains_properly(shapely.Point(x, y)):
                break
        else:
            x, y = seat
        lon, lat = _degrees(x, y)
        first, second = rng.choice(tuple(_COMMUNITY)), rng.choice(tuple(_FIRST))
        hall, hall_en = _TEAM if team else rng.choice(_HALL)
        lanes = max(2, round(target / PERSONS_A_LANE)) if team else max(2, math.ceil(target / PERSONS_A_LANE))
        code = f"{above['town']}-S{number:02}"
        row = above | {
            "site": code, "site_name": f"{first}{second}社区{hall}{number:02}",
            "site_name_en": f"{_COMMUNITY[first]}{_FIRST[second].lower()} Community {hall_en} {number:02}",
            "lon": str(lon), "lat": str(lat), "target": str(target), "lanes": str(lanes),
        }  # fmt: skip
        kind = Kind.MOBILE if team else Kind.FIXED
        made.append(SiteSpec(code, above["town"], kind, target, lanes, row))
    return made


def _degrees(x: float, y: float) -> Point:
    return round(MIDDLE[0] + x / _EAST, 5), round(MIDDLE[1] + y / _NORTH, 5)


def _geojson(shape: "shapely.Polygon") -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(_degrees(x, y)) for x, y in shape.exterior.coords]]}
