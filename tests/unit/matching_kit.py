"""A small district for the tests of capacity matching: four towns, three laboratories, two in the afternoon."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.flow import STEP, Change, Cohort, Route
from domain.matching_picture import Due, LabState, MatchingPicture, SiteShare, TownState
from domain.overview import PlaceRef
from domain.places import Level

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2021, 6, 6, 14, tzinfo=ZONE).astimezone(UTC)
END = datetime(2021, 6, 6, 22, tzinfo=ZONE).astimezone(UTC)
CAMPAIGN = Campaign("drill", "演练", "Drill", NOW - timedelta(hours=8), END, "Asia/Shanghai")
DISTRICT = PlaceRef("440607", "三水区", "Sanshui District", Level.DISTRICT)


def hour(clock: int, minute: int = 0) -> datetime:
    """A moment of the afternoon, by its people's clocks."""
    return NOW + timedelta(hours=clock - 14, minutes=minute)


def lab(id_: int, rate: float, *, waiting: float = 0.0, coming: float = 0.0, reported: float = 1000.0) -> LabState:
    code = f"L{id_}"
    return LabState(
        lab=LabRef(id_, code, f"实验室{id_}", f"Laboratory {id_}", int(rate * 24)),
        rates=(Change(0.0, rate),),
        measured=False,
        coming=(Cohort(coming, -20.0, -80.0),) if coming else (),
        transit=45.0,
        queue=tuple(Cohort(waiting / 4, -60.0 + 15 * k, -180.0 + 15 * k) for k in range(4)) if waiting else (),
        testing=(Cohort(rate / 2, -30.0, -300.0),),
        process=120.0,
        reported=reported,
        received=reported + waiting,
    )


def town(
    id_: int, to: int, hourly: float, *, labs: tuple[int, ...], sites: int = 8, headway: float = 100.0
) -> TownState:
    """A town that goes on at `hourly` tubes an hour until eight in the evening."""
    steps = 6 * 60 // STEP
    middle = (hourly * STEP / 60,) * steps
    code = f"T{id_}"
    return TownState(
        id=id_,
        place=PlaceRef(code, f"镇{id_}", f"Town {id_}", Level.TOWN),
        sites=tuple(SiteShare(f"{code}-S{k}", f"点{k}", f"Site {k}", 1 / sites, to) for k in range(sites)),
        lab=to,
        pool_size=10,
        due=Due((*middle, *((hourly / 8,) * 8)), middle, middle[:-4]),
        waiting=tuple(Cohort(hourly / 4, -15.0 * k, -15.0 * k) for k in range(1, 5)),
        headways=(Change(0.0, headway),),
        routes=(Route(float("-inf"), ((to, 1.0),)),),
        transit={one: 40.0 if one == to else 60.0 for one in labs},
        kilometres={one: 5.0 if one == to else 12.0 for one in labs},
    )


def picture(*, crowded: bool = True) -> MatchingPicture:
    """`L1` gets more than it can take, where `crowded`; `L3` has room."""
    ids = (1, 2, 3)
    more = 900.0 if crowded else 200.0
    return MatchingPicture(
        campaign=CAMPAIGN,
        place=DISTRICT,
        revision=1,
        now=NOW,
        towns=(
            town(11, 1, more, labs=ids), town(12, 1, more / 2, labs=ids), town(13, 2, 300.0, labs=ids),
            town(14, 3, 200.0, labs=ids, headway=200.0),
        ),
        labs=(lab(1, 700.0, waiting=3000.0 if crowded else 100.0, coming=500.0), lab(2, 500.0, waiting=300.0),
              lab(3, 1000.0)),
    )  # fmt: skip
