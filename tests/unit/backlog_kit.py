"""An invented afternoon of tubes: 14:00 of a day like that of the design's pictures, five laboratories."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from matching_kit import CAMPAIGN, DISTRICT, NOW

from domain.backlog import Backlog, Backlogs, FlowPoint, LabBacklog, LabRef, StageBacklog, waiting
from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.places import Level
from domain.tubes import BACKLOG, Stage

LIMITS = CAMPAIGN.limits
LABS = (
    ("RMYY", "三水区人民医院", "People's Hospital", 28_800),
    ("ZYY", "三水区中医院", "TCM Hospital", 16_800),
    ("CDC", "区疾控中心", "District CDC", 21_600),
    ("JIA", "第三方甲", "Third Party A", 52_800),
    ("FC", "方舱实验室", "Mobile Lab", 38_400),
)
TOWN = PlaceRef("440607001", "西南街道", "Xinan", Level.TOWN)


def ages(tubes: int, oldest: int) -> dict[int, int]:
    """So many tubes by whole minutes of age, the oldest one of `oldest` minutes."""
    return {minutes: tubes // (oldest + 1) + (tubes % (oldest + 1) if not minutes else 0)
            for minutes in range(oldest + 1)}  # fmt: skip


def flow(
    campaign: Campaign, now: datetime, reached: tuple[int, int, int, int, int], hours: int = 8
) -> tuple[FlowPoint, ...]:
    """A curve that comes to `reached` now, evenly, each stage an hour after the one before."""
    steps = hours * 4

    def share(step: int, late: int) -> float:
        return max(0.0, (step - 4 * late) / (steps - 4 * late))

    return tuple(
        FlowPoint(
            now - timedelta(minutes=15 * (steps - step)),
            tuple(int(n * share(step, late)) for late, n in enumerate(reached)),  # type: ignore[arg-type]
        )
        for step in range(steps + 1)
    )


def backlog(
    on_site: Mapping[int, int] | None = None,
    in_transit: Mapping[int, int] | None = None,
    at_lab: Mapping[int, int] | None = None,
    testing: Mapping[int, int] | None = None,
    *,
    reported: int = 0,
    by_count: int = 0,
    last_hour: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0),
) -> Backlog:
    """A backlog with tubes of these ages. `by_count` tubes are at the laboratory, known by number only."""
    held = [dict(ages or {}) for ages in (on_site, in_transit, at_lab, testing)]
    limits = (LIMITS.collect_minutes, LIMITS.transit_minutes, LIMITS.test_minutes, LIMITS.report_minutes)
    stages = [
        StageBacklog(stage, waiting(by_age, limit, LIMITS), by_count if stage is Stage.AT_LAB else 0)
        for stage, by_age, limit in zip(BACKLOG, held, limits, strict=True)
    ]
    since: dict[int, int] = {}
    for late, by_age in enumerate(held):
        for minutes, tubes in by_age.items():
            since[minutes + 40 * late] = since.get(minutes + 40 * late, 0) + tubes
    counts = [sum(by_age.values()) for by_age in held]
    reached = [reported + sum(counts[k:]) for k in range(5)]
    return Backlog(
        campaign=CAMPAIGN,
        now=NOW,
        stages=(stages[0], stages[1], stages[2], stages[3]),
        since_use=waiting(since, LIMITS.report_minutes, LIMITS),
        reported=reported,
        reported_by_count=0,
        flow=flow(CAMPAIGN, NOW, (reached[0], reached[1], reached[2], reached[3], reached[4])),
        last_hour=last_hour,
    )


def lab_backlog(number: int, waits: int, received: int, out: int, *, by_count: bool = False) -> LabBacklog:
    """Laboratory `number` of `LABS` with so many tubes waiting, and its last hour."""
    code, name, name_en, capacity = LABS[number]
    held = (
        backlog(by_count=waits, last_hour=(0, 0, received, out, out), reported=out)
        if by_count
        else backlog(None, ages(400, 100), ages(waits, 200), reported=3000, last_hour=(0, 0, received, out, out))
    )
    return LabBacklog(LabRef(number + 1, code, name, name_en, capacity), (TOWN,), held, by_count)


def afternoon() -> Backlogs:
    """The picture 06: one laboratory gets more than it can, one has room, one gives counts only."""
    whole = backlog(
        {**ages(6_606, 120), 130: 120, 145: 70, 156: 24},
        ages(5_140, 190),
        {**ages(14_174, 269), 290: 100, 320: 86},
        reported=31_664,
        last_hour=(6_100, 5_700, 5_534, 5_300, 5_222),
    )
    labs = (
        lab_backlog(0, 5_440, 1_344, 1_180),
        lab_backlog(1, 2_030, 690, 690),
        lab_backlog(2, 1_980, 870, 850),
        lab_backlog(3, 3_960, 2_010, 1_900),
        lab_backlog(4, 950, 620, 610, by_count=True),
    )
    return Backlogs(DISTRICT, 1, whole, labs)


def nothing() -> Backlogs:
    """A place nothing is known of."""
    return Backlogs(DISTRICT, 1, backlog(), ())
