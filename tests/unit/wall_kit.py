"""Typed rows of a small place, as the scenes of a briefing screen get them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.backlog import LabRef, waiting
from domain.campaign import Campaign
from domain.duty import Tally
from domain.findings import Finding, Topic
from domain.lab_load import LabLoad
from domain.map import MapPicture
from domain.overview import Child, Figures, Hour, Overview, PlaceRef
from domain.places import Level
from domain.status import Severity
from domain.wall import Alerts, Case, Chain, ChainRow, Flow, Labs, Lane, Names, Owes, Spot, WallMap

BEGIN = datetime(2021, 6, 6, 0, 0, tzinfo=UTC)
"""08:00 in the campaign's zone."""

CAMPAIGN = Campaign("c", "三水核酸", "Sanshui", BEGIN, BEGIN + timedelta(hours=10), "Asia/Shanghai")
DISTRICT = PlaceRef("D", "三水区", "Sanshui District", Level.DISTRICT)
TOWN = PlaceRef("T1", "西南街道", "Xinan Subdistrict", Level.TOWN)
OTHER = PlaceRef("T2", "乐平镇", "Leping Town", Level.TOWN)
THIRD = PlaceRef("T3", "大塘镇", "Datang Town", Level.TOWN)
SITE = PlaceRef("S1", "园林社区中学", "Yuanlin Community School", Level.SITE)
SITE_2 = PlaceRef("S2", "河口社区工业区员工广场", "Hekou Workers' Square", Level.SITE)
SITE_3 = PlaceRef("S3", "念德灯光球场", "Niande Court", Level.SITE)
NAMES = Names({"zh": {"S1": "园林中学", "S2": "河口员工广场"}, "en": {"S1": "Yuanlin School"}})
LAB = LabRef(1, "L1", "人民医院", "People's Hospital", 28800)


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of the day, in the campaign's zone."""
    return BEGIN + timedelta(hours=hour - 8, minutes=minute)


def child(place: PlaceRef, gap_persons: int | None = 0, missing: int = 0, **more: Any) -> Child:
    made = Child(
        place=place, kind=None, sites=10, figures=Figures(reports=10, persons=500), last_hour=Figures(), target=1000,
        completion=0.5, planned=500.0, gap_persons=gap_persons,
        gap_pp=gap_persons / 10 if gap_persons is not None else None, severity=Severity.OK,
        strip=(Tally(10, 10 - missing, 0, missing),), gaps=(), missing=missing, lon=None, lat=None, lanes=None,
    )  # fmt: skip
    return replace(made, **more)


def hour(k: int) -> Hour:
    start = CAMPAIGN.start_of(k)
    return Hour(k, start, CAMPAIGN.end_of(k), k <= 6, k <= 5, Figures(1, 100), 100.0, Tally(30, 30, 0, 0))


def overview(*children: Child, **more: Any) -> Overview:
    made = Overview(
        campaign=CAMPAIGN, revision=1, now=at(14, 20), place=DISTRICT, parents=(), data_until=at(14), last_period=5,
        duty_period=5, stale=False, ended=False, figures=Figures(reports=30, persons=554_285), target=857_000,
        completion=0.647, planned=582_000.0, gap_persons=0, gap_pp=0.0, severity=Severity.OK, sites=30,
        sites_expected=30, sites_reported=30, towns=len(children), towns_verified=len(children),
        hours=tuple(hour(k) for k in range(10)), outside=(), strip_periods=(5,), children=children, missing=(),
        findings=(), finding_counts={},
    )  # fmt: skip
    return replace(made, **more)


def finding(kind: str, severity: Severity = Severity.CRIT, place: PlaceRef = SITE, **params: object) -> Finding:
    return Finding(
        kind, severity, Topic.TUBES, place.code, place.name, place.name_en, place.level, at(14), None, params
    )


def lane(
    name: str, ages: dict[int, int], limit: int, where: PlaceRef | None = None, lab: LabRef | None = None
) -> Lane:
    held = waiting(ages, limit, CAMPAIGN.limits)
    return Lane(name, held.tubes, 0, held, (), where, lab)


def flow(*lanes: Lane) -> Flow:
    return Flow(overview(), lanes, NAMES)


def load(lab: LabRef, hours: float | None, over: bool = False, severity: Severity = Severity.OK) -> LabLoad:
    return LabLoad(lab, 100, 0, 1300 if over else 900, 0, 1200.0, hours, at(18), severity, False)


def labs(*loads: LabLoad) -> Labs:
    return Labs(overview(), loads, None, None)


def chain(*rows: tuple[Child, tuple[PlaceRef, ...]], **seen: Any) -> Chain:
    view = overview(*(row[0] for row in rows), **seen)
    return Chain(
        view,
        tuple(ChainRow(row, tuple(Owes(place, "李敏", 1, 10) for place in owing), None) for row, owing in rows),
        at(14),
        NAMES,
        view.sites_reported,
        view.sites_expected,
    )


def wall_map(crit: int = 0, warn: int = 0, missing: int = 0, towns: tuple[tuple[PlaceRef, int], ...] = ()) -> WallMap:
    picture = MapPicture("c", None, (), (), (), False, "")
    return WallMap(overview(), picture, (), 0, crit, warn, missing, towns, {}, NAMES)


def alerts(case: Case | None) -> Alerts:
    cases = (case,) if case is not None else ()
    return Alerts(overview(), cases, tuple(one.finding for one in cases), None, NAMES)


def case(one: Finding, **more: Any) -> Case:
    return replace(Case(one, Spot(SITE, TOWN, 8, None), None), **more)
