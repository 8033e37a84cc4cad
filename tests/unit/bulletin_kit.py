"""A frozen hour to change at will."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from data.queries.bulletins import Issue
from domain.bulletin import Finish, Frozen, HourLine, Line, Name, State, Task, Todo
from domain.places import Level

START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
"""06:00 in Shanghai on 21 November."""


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of 21 November by Shanghai's clocks."""
    return START + timedelta(hours=hour - 6, minutes=minute)


DISTRICT = Name("440607", "三水区", "Sanshui District", Level.DISTRICT)
XINAN = Name("440607001", "西南街道", "Xinan Subdistrict", Level.TOWN)
LEPING = Name("440607103", "乐平镇", "Leping Town", Level.TOWN)
BAINI = Name("440607102", "白坭镇", "Baini Town", Level.TOWN)
HEKOU = Name("S1", "河口旧镇", "Hekou", Level.SITE)
NIANDE = Name("S2", "念德", "Niande", Level.SITE)


def line(place: Name, persons: int, planned: float | None, **more: Any) -> Line:
    made: dict[str, Any] = {
        "place": place, "sites": 40, "persons": persons, "hour_persons": persons // 8, "verified_persons": persons,
        "catch_up_persons": 0, "expected": 40, "reported": 40, "late": 2, "returned": 0, "tubes": persons // 10,
        "hour_tubes": persons // 80, "third_copies": persons // 10, "target": 2 * persons, "planned": planned,
    }  # fmt: skip
    return Line(**(made | more))


TOTAL = line(
    DISTRICT, 554_285, 582_760.0, sites=118, target=857_000, hour_persons=74_131, tubes=57_984, third_copies=57_984,
    verified_persons=543_753, expected=118, reported=116, finish=Finish(at(20, 50), at(21, 50), at(22, 30)),
)  # fmt: skip

LINES = (
    line(XINAN, 181_415, 212_432.0, severity="crit"),
    line(LEPING, 105_282, 114_444.0, severity="crit"),
    line(BAINI, 267_588, 255_884.0),
)

FROZEN = Frozen(
    schema=1,
    campaign="第 3 轮",
    campaign_en="Round 3",
    timezone="Asia/Shanghai",
    interval_minutes=60,
    demo=False,
    period=7,
    data_until=at(14),
    known_at=at(14, 20),
    revision=4127,
    total=TOTAL,
    lines=LINES,
    hours=tuple(HourLine(at(7 + k), 69_000, 7_200, 70_000.0, 118, 110, 6, 2) for k in range(8)),
    plan=tuple((k + 1) / 16 for k in range(16)),
    forecast=((8, 600_000.0, 620_000.0, 640_000.0), (9, 660_000.0, 690_000.0, 720_000.0)),
    starts_at=START,
    ends_at=at(22),
    towns=7,
    towns_verified=7,
    missing=(HEKOU, NIANDE),
    returned=(),
    todos=(Todo(Task.REPORT, (HEKOU, NIANDE), 2, owner=XINAN, by=at(14, 30)),),
)


def frozen(**changes: Any) -> Frozen:
    return replace(FROZEN, **changes)


def total(**changes: Any) -> Frozen:
    """The same with another total line."""
    return replace(FROZEN, total=replace(TOTAL, **changes))


def issue(what: Frozen = FROZEN, **changes: Any) -> Issue:
    made = Issue(
        id=8, place_code="440607", number=8, replacement=0, state=State.PUBLISHED, data_until=what.data_until,
        known_at=what.known_at, revision=what.revision, reason="", remark="", replaces=None, frozen=what,
        drafted_by="wu", drafted_name="吴", reviewed_at=at(14, 21), reviewed_by="liang", reviewed_name="梁",
        signed_at=at(14, 22), signed_name="陈", ended_at=None,
    )  # fmt: skip
    return replace(made, **changes)
