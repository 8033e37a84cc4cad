"""Alerts about tubes: what is over the limit of its stage, what soon will be, what is missing.

What is missing is that and nothing else. What is over its limit is a finding of its town, for each stage; what only
comes near is one of the place looked at, since at a busy hour every town has some.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.backlog import Waiting, limit_minutes
from domain.campaign import Limits
from domain.findings import Finding, Topic
from domain.overview import PlaceRef
from domain.status import Severity
from domain.tubes import Stage

WATCHED = (Stage.ON_SITE, Stage.IN_TRANSIT, Stage.AT_LAB)
"""Stages with a limit of their own; the way to the report is watched as a whole."""


REPORT = "report"
"""The way from sampling to report, which has a limit of its own."""


@dataclass(frozen=True, slots=True)
class Late:
    """What may be late in one town: its waiting tubes by the word of their stage, and `REPORT`. Those too young to be
    near a limit may be left out. `missing_since` is the use of the oldest missing one, in minutes since 1970."""

    place: PlaceRef
    ways: Mapping[str, Waiting]
    missing: int = 0
    missing_since: int = 0


def limits_of(limits: Limits) -> dict[str, int]:
    """The limit of each way, in minutes."""
    return {stage.word: limit_minutes(stage, limits) for stage in WATCHED} | {REPORT: limits.report_minutes}


def without_oldest(by_minute: Mapping[int, int], tubes: int) -> dict[int, int]:
    """What is left of tubes by minute when the oldest `tubes` of them are taken out."""
    left: dict[int, int] = {}
    for minute in sorted(by_minute):
        part = min(tubes, by_minute[minute])
        tubes -= part
        if by_minute[minute] > part:
            left[minute] = by_minute[minute] - part
    return left


def late_findings(whole: PlaceRef, towns: Sequence[Late], now_minute: int, limits: Limits) -> list[Finding]:
    """The findings of `whole` from what is late in its towns."""
    found: list[Finding] = []
    for name, limit in limits_of(limits).items():
        near = oldest = 0
        for town in towns:
            held = town.ways.get(name)
            if held is None or held.oldest_minutes is None:
                continue
            if held.over:
                found.append(
                    _aged(
                        f"tubes_over_{name}",
                        Severity.CRIT,
                        town.place,
                        held.over,
                        limit,
                        held.oldest_minutes,
                        now_minute - held.oldest_minutes + limit,
                    )
                )
            elif held.near:
                near, oldest = near + held.near, max(oldest, held.oldest_minutes)
        if near:
            since = now_minute - oldest + int(limits.warn_share * limit)
            found.append(_aged(f"tubes_near_{name}", Severity.WARN, whole, near, limit, oldest, since))
    after = limits.missing_after_minutes
    for town in towns:
        if town.missing:
            params = {"tubes": town.missing, "limit_minutes": after}
            found.append(_finding("tubes_missing", Severity.CRIT, town.place, town.missing_since + after, params))
    return found


def _aged(kind: str, severity: Severity, place: PlaceRef, tubes: int, limit: int, oldest: int, since: int) -> Finding:
    return _finding(kind, severity, place, since, {"tubes": tubes, "limit_minutes": limit, "age_minutes": oldest})


def _finding(kind: str, severity: Severity, place: PlaceRef, since: int, params: Mapping[str, object]) -> Finding:
    at = datetime.fromtimestamp(since * 60, UTC)
    return Finding(kind, severity, Topic.TUBES, place.code, place.name, place.name_en, place.level, at, None, params)
