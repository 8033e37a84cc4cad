"""How good is the prediction of capacity matching? A backtest of `domain/matching.py` on simulated days.

    python -m benchmarks.matching [--seeds 10]

On every day, at 10, 12, 14 and 16 o'clock, the prediction sees what tube events and reports had told by then. It is
judged by what the day became: when 99.5 % of all tubes were reported (and whether that lay in the 80 % interval), the
greatest backlog still to come, and the hour at which a tube at a laboratory first waited over the limit. Every second
day the laboratories have six tenths of their capacity, since ordinary days break no limit there. Beside it stands a
straight line: reports go on at the rate of the last two hours until all expected tubes are reported; the backlog goes
on as in the last two hours until the deadline; the queue grows as in them, and its wait is queue ÷ rate.

The days come from the demonstration's simulator, whose flow (runs on routes, plates of 94, two shifts) knows nothing
of the model's; still they are invented, so this says that the method works on days like these, not how real days are.
"""

import argparse
import datetime
import json
import statistics
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.forecast import DATE, known
from data.demo.simulator import CampaignDay, simulate
from data.demo.tube_flow import WORKDAY_HOURS, Flow, Laboratory
from domain.backlog import LabRef
from domain.flow import STEP, Change, Route
from domain.forecast import FINISHED_SHARE, forecast
from domain.matching import outcome, window_of
from domain.matching_picture import (
    HISTORY_STEPS,
    PROCESS_MINUTES,
    RATE_STEPS,
    TRANSIT_MINUTES,
    Due,
    LabState,
    MatchingPicture,
    SiteShare,
    TownState,
    due_steps,
    headway_of,
    mean_minutes,
    paired,
    rate_of,
)
from domain.matching_plan import Plan
from domain.overview import PlaceRef
from domain.places import Level

HOURS = (10, 12, 14, 16)
FIRST = 11
"""The first seed: how things are measured was settled on days 1-4."""
CROWDED = 0.6
"""Share of their capacity that the laboratories have on every second day."""
RESULT = Path(__file__).parent / "results" / "matching.json"
QUARTER = STEP * 60

USED, COLLECTED, RECEIVED, TESTING, RESULTED = 0, 2, 3, 4, 5
"""Columns of the simulator's tubes that the stages begin with."""
CHAIN = (USED, COLLECTED, RECEIVED, TESTING, RESULTED)


@dataclass(frozen=True, slots=True)
class Case:
    """One prediction and what came of it: hours of the clear time, tubes of the peak, hours of the first break (None:
    none). `held` says whether the clear time lay in the interval."""

    hour: int
    crowded: bool
    clear: tuple[float, float, float]
    held: bool
    width: float
    peak: tuple[float, float, float]
    broke: tuple[float | None, float | None, float | None]


class Day:
    """A simulated day with all its tubes, in columns of seconds since 1970 by town and by laboratory."""

    def __init__(self, seed: int, crowded: bool) -> None:
        self.day: CampaignDay = simulate(seed, DATE)
        share = CROWDED if crowded else 1.0
        self.labs = [
            Laboratory(row["lab_code"], round(int(row["capacity_tubes_per_day"]) * share), float(row["lon"]),
                       float(row["lat"]))
            for row in self.day.labs
        ]  # fmt: skip
        bound = {town: k for k, row in enumerate(self.day.labs) for town in row["bound_town_codes"].split("|")}
        self.lab_of_town = bound
        self.lab_of_site = [bound[site.town] for site in self.day.sites]
        flow = Flow(self.day.campaign, self.day.sites, self.labs, self.lab_of_site, Random(f"{seed}/bench"))
        flow.fill_all(self.day.truth, self.day.tubes, self.day.lanes_open)
        flow.collect()
        flow.receive()
        flow.test({})
        self.tubes = list(zip(flow.site, *(flow.at[column] for column in CHAIN), strict=True))
        self.towns = sorted({site.town for site in self.day.sites})
        self._of: dict[tuple[str, int], list[tuple[int, ...]]] = {}
        for tube in self.tubes:
            site = self.day.sites[tube[0]]
            for owner in (("town", self.towns.index(site.town)), ("lab", self.lab_of_site[tube[0]])):
                self._of.setdefault(owner, []).append(tube[1:])

    def of(self, kind: str, number: int) -> list[tuple[int, ...]]:
        return self._of.get((kind, number), [])


def reached(tubes: Sequence[tuple[int, ...]], stage: int, now: int, steps: int) -> list[float]:
    """Tubes that came to a stage in each of the last quarters."""
    counts = [0.0] * steps
    for tube in tubes:
        k = (tube[stage] - now) // QUARTER + steps
        if 0 <= k < steps:
            counts[k] += 1
    return counts


def stock(tubes: Sequence[tuple[int, ...]], stage: int, now: int, steps: int) -> list[float]:
    """Tubes in a stage at the end of each of them."""
    ends = [now - (steps - 1 - k) * QUARTER for k in range(steps)]
    entered, left = sorted(t[stage] for t in tubes), sorted(t[stage + 1] for t in tubes)
    return [float(bisect_right(entered, end) - bisect_right(left, end)) for end in ends]


def minutes(tubes: Sequence[tuple[int, ...]], stage: int, now: int, expected: float) -> float:
    steps = HISTORY_STEPS
    return mean_minutes(reached(tubes, stage, now, steps), reached(tubes, stage + 1, now, steps), expected)


def cohorts(tubes: Sequence[tuple[int, ...]], stage: int, now: int):
    entries: dict[int, int] = {}
    uses: dict[int, int] = {}
    for tube in tubes:
        if tube[stage] <= now < tube[stage + 1]:
            entries[tube[stage] // 60] = entries.get(tube[stage] // 60, 0) + 1
            uses[tube[0] // 60] = uses.get(tube[0] // 60, 0) + 1
    return paired(entries, uses, now // 60)


def picture(day: Day, hour: int) -> MatchingPicture:
    """What the product would know at that hour; the campaign states how many hours a day laboratories work."""
    limits = replace(day.day.campaign.limits, lab_day_hours=WORKDAY_HOURS)
    campaign = replace(day.day.campaign, limits=limits)
    at = campaign.local(campaign.anchor).replace(hour=hour, minute=0).astimezone(datetime.UTC)
    now = int(at.timestamp())
    settled = hour - campaign.local(campaign.anchor).hour - 1
    targets = [sum(s.target for s in day.day.sites if s.town == town) for town in day.towns]
    progress = known(day.day, day.towns, targets, settled)
    foreseen = forecast(campaign, progress).towns
    ids = [k + 1 for k in range(len(day.labs))]
    towns = []
    for number, (code, one, outlook) in enumerate(zip(day.towns, progress, foreseen, strict=True)):
        tubes = day.of("town", number)
        lab = day.lab_of_town[code] + 1
        sites = [site for site in day.day.sites if site.town == code]
        transit = minutes(tubes, 1, now, TRANSIT_MINUTES)
        counted = float(sum(one.counted))
        used = sum(tube[0] < int(campaign.end_of(settled - 1).timestamp()) for tube in tubes)
        per_tube = counted / used if counted and used else float(campaign.pool_size)
        bands = outlook.expected if outlook is not None else ()
        paths = [due_steps(campaign, at, [(b[0], b[path]) for b in bands], counted, per_tube) for path in (1, 2, 3)]
        towns.append(
            TownState(
                number + 100, PlaceRef(code, code, code, Level.TOWN),
                tuple(SiteShare(s.code, s.code, s.code, 1 / len(sites), lab) for s in sites), lab, campaign.pool_size,
                Due(*paths), cohorts(tubes, 0, now),
                (Change(0.0, headway_of(minutes(tubes, 0, now, campaign.limits.collect_minutes / 2))),),
                (Route(float("-inf"), ((lab, 1.0),)),), dict.fromkeys(ids, transit), {},
            )
        )  # fmt: skip
    labs = []
    for number, lab in enumerate(day.labs):
        tubes = day.of("lab", number)
        steps = RATE_STEPS
        rate, measured = rate_of(
            lab.capacity / campaign.limits.lab_day_hours, reached(tubes, 3, now, steps), stock(tubes, 2, now, steps)
        )
        labs.append(
            LabState(
                LabRef(number + 1, lab.code, lab.code, lab.code, lab.capacity), (Change(0.0, rate),), measured,
                cohorts(tubes, 1, now), minutes(tubes, 1, now, TRANSIT_MINUTES), cohorts(tubes, 2, now),
                cohorts(tubes, 3, now), minutes(tubes, 3, now, PROCESS_MINUTES),
                float(sum(tube[4] <= now for tube in tubes)), float(sum(tube[2] <= now for tube in tubes)),
            )
        )  # fmt: skip
    place = PlaceRef("440607", "", "", Level.DISTRICT)
    return MatchingPicture(campaign, place, 1, at, tuple(towns), tuple(labs))


def truth(day: Day, now: int) -> tuple[float, float, float | None]:
    """Seconds since 1970 of the true clear time, the peak to come, the first break at a laboratory from now on."""
    clears = []
    for number in range(len(day.labs)):
        ends = sorted(tube[4] for tube in day.of("lab", number))
        clears.append(ends[min(len(ends) - 1, int(FINISHED_SHARE * len(ends)))])
    begins, ends = sorted(t[1] for t in day.tubes), sorted(t[5] for t in day.tubes)
    peak = max(bisect_right(begins, at) - bisect_right(ends, at) for at in range(now, now + 12 * 3600, QUARTER))
    limit = day.day.campaign.limits.test_minutes * 60
    broke = [t[3] + limit for t in day.tubes if t[4] - t[3] > limit and t[3] + limit > now and t[3] <= t[4]]
    return float(max(clears)), float(peak), float(min(broke)) if broke else None


def line(day: Day, now: int, expected: float) -> tuple[float, float, float | None]:
    """The straight line's answers to the same three questions."""
    campaign = day.day.campaign
    known_tubes = [tube for tube in day.tubes if tube[1] <= now]
    reported = sum(tube[5] <= now for tube in known_tubes)
    rate = sum(now - 7200 < tube[5] <= now for tube in known_tubes) / 7200
    clear = now + (FINISHED_SHARE * expected - reported) / rate if rate > 0 else float(now + 48 * 3600)
    backlog = len(known_tubes) - reported
    before = sum(tube[1] <= now - 7200 for tube in known_tubes) - sum(tube[5] <= now - 7200 for tube in known_tubes)
    slope = (backlog - before) / 7200
    peak = max(backlog, backlog + slope * (campaign.deadline.timestamp() - now))
    breaks = []
    limit = campaign.limits.test_minutes * 60
    for number in range(len(day.labs)):
        tubes = day.of("lab", number)
        ended, began = (stock(tubes, 2, at, 1)[0] for at in (now, now - 7200))
        taken = sum(reached(tubes, 3, now, 8)) / 7200
        growth = (ended - began) / 7200
        if taken > 0 and growth > 0:
            at = now + max(0.0, (limit * taken - ended) / growth)
            if at < campaign.deadline.timestamp() + 6 * 3600:
                breaks.append(at)
    return clear, peak, min(breaks) if breaks else None


def cases(seed: int) -> Iterator[Case]:
    crowded = seed % 2 == 0
    day = Day(seed, crowded)
    for hour in HOURS:
        seen = picture(day, hour)
        now = int(seen.now.timestamp())
        found = outcome(seen, Plan(), window_of(seen, Plan()))
        clear, peak, broke = truth(day, now)
        targets = sum(site.target for site in day.day.sites)
        used = sum(tube[1] <= now for tube in day.tubes)
        coming = sum(sum(town.due.middle) for town in seen.towns)
        naive = line(day, now, min(used + coming, targets))
        assert found.clear is not None
        first = min((lab.test.at for lab in found.labs if lab.test.at is not None and lab.test.tubes), default=None)

        def hours(at: float | None, now: int = now) -> float | None:
            return (at - now) / 3600 if at is not None else None

        predicted = found.clear.p50.timestamp()
        yield Case(
            hour, crowded, (hours(clear) or 0.0, hours(predicted) or 0.0, hours(naive[0]) or 0.0),
            found.clear.p10.timestamp() <= clear <= found.clear.p90.timestamp(),
            (found.clear.p90 - found.clear.p10) / datetime.timedelta(hours=1),
            (peak, found.peak, naive[1]),
            (hours(broke), hours(first.timestamp() if first else None), hours(naive[2])),
        )  # fmt: skip


def score(found: Sequence[Case], index: int) -> dict[str, object]:
    """Of the prediction (1) or the line (2): mean absolute errors; breaks foreseen of those that came, and false."""
    clear = [abs(case.clear[index] - case.clear[0]) for case in found]
    peak = [abs(case.peak[index] - case.peak[0]) / case.peak[0] for case in found]
    came = [case for case in found if case.broke[0] is not None]
    both = [case for case in came if case.broke[index] is not None]
    errors = [abs((case.broke[index] or 0.0) - (case.broke[0] or 0.0)) for case in both]
    return {
        "clear_error_h": round(statistics.fmean(clear), 2),
        "peak_error": round(statistics.fmean(peak), 3),
        "breaks": len(came),
        "foreseen": len(both),
        "false": sum(case.broke[0] is None and case.broke[index] is not None for case in found),
        "break_error_h": round(statistics.fmean(errors), 2) if errors else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="days, from seed 11 on")
    seeds = range(FIRST, FIRST + parser.parse_args().seeds)
    began = time.perf_counter()
    found = [case for seed in seeds for case in cases(seed)]
    rows = []
    print(
        "hour  n | clear: in 80 %, width h, error h | peak error | breaks: came, foreseen, false, error h || line: …"
    )
    for hour in (*HOURS, None):
        group = [case for case in found if hour in (None, case.hour)]
        row = {
            "hour": hour or "all", "n": len(group), "held": round(sum(case.held for case in group) / len(group), 3),
            "width_h": round(statistics.median(case.width for case in group), 2),
            "method": score(group, 1), "line": score(group, 2),
        }  # fmt: skip
        rows.append(row)
        print(f"{row['hour']!s:>4} {row['n']:>2} | {row['held']:5.0%} {row['width_h']:5.2f}", _said(row["method"]),
              "||", _said(row["line"]))  # fmt: skip
    print(f"\n{len(seeds)} days in {time.perf_counter() - began:.0f} s")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"seeds": [seeds[0], seeds[-1]], "rows": rows}, indent=1) + "\n", encoding="utf-8")


def _said(scores: object) -> str:
    assert isinstance(scores, dict)
    error = scores["break_error_h"]
    return (f"{scores['clear_error_h']:5.2f} {scores['peak_error']:6.1%} {scores['breaks']:3} {scores['foreseen']:3} "
            f"{scores['false']:3} {'—' if error is None else f'{error:.2f}'}")  # fmt: skip


if __name__ == "__main__":
    main()
