"""How good is the expected finish? A backtest of `domain/forecast.py` on simulated days.

    python -m benchmarks.forecast [--seeds 60]

For every day and every full hour the forecast sees only what was known when that hour's reports were due: late and
missing reports, outages and uncorrected figures included. It is judged by the true finish: the share of finishes
inside the 80 % interval and the width of that interval, beside a naive straight line (rate so far, interval from
±1.28 standard deviations of the hourly rates). Because a narrow interval that misses is worth nothing, both are
also compared by the width they would need: that of the symmetric interval around their p50 which holds 80 % of the
finishes.

The method's constants were fitted on seeds 1000-1059; the days here are seeds 1-60. Both come from the same
simulator, so this shows that the method works on days like these, not that real days are like these.
"""

import argparse
import datetime
import json
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.demo.simulator import CampaignDay, simulate
from domain.campaign import Campaign
from domain.forecast import FINISHED_SHARE, Z80, Outlook, Progress, forecast
from domain.reports import Claim, SiteFacts, judge, read_claim

DATE = datetime.date(2021, 6, 6)
HOURS = range(9, 20)
"""Local hours at which a forecast is made."""
RESULT = Path(__file__).parent / "results" / "forecast.json"

Band = tuple[float, float, float]
"""p10, p50, p90 in hours from the campaign's start."""


@dataclass(frozen=True, slots=True)
class Case:
    """One forecast and what came of it. `method` and `naive` are None where no finish was foreseen."""

    level: str
    hour: int
    actual: float
    method: Band | None
    naive: Band | None


def cases(seed: int) -> Iterator[Case]:
    """All forecasts of one day for what was not finished yet."""
    day = simulate(seed, DATE)
    towns = sorted({site.town for site in day.sites})
    targets = [sum(s.target for s in day.sites if s.town == town) for town in towns]
    actual = [finish_of(day, town, target) for town, target in zip(towns, targets, strict=True)]
    for hour in HOURS:
        settled = hour - day.campaign.local(day.campaign.anchor).hour
        progress = known(day, towns, targets, settled)
        result = forecast(day.campaign, progress)
        lines = [straight_line(town) for town in progress]
        for outlook, line, end in zip(result.towns, lines, actual, strict=True):
            if end > settled:
                yield Case("town", hour, end, _band(day.campaign, outlook), line)
        if max(actual) > settled:
            everywhere = None if None in lines else straight_line(_together(progress))
            yield Case("district", hour, max(actual), _band(day.campaign, result.district), everywhere)


def known(day: CampaignDay, towns: Sequence[str], targets: Sequence[int], settled: int) -> list[Progress]:
    """What the district knows of each town when the last of `settled` periods is due."""
    campaign = day.campaign
    now = campaign.end_of(settled - 1) + campaign.due
    claims: dict[str, tuple[Claim, datetime.datetime]] = {}
    for sending in day.sendings:
        if sending.at > now:
            break
        claim = read_claim(sending.row, campaign, now)
        claims.setdefault(claim.key, (claim, sending.at))
    superseded = {claim.correction_of for claim, _ in claims.values()}
    by_site = defaultdict(list)
    for key, (claim, at) in claims.items():
        if key not in superseded and claim.last < settled:
            by_site[claim.site].append((claim, at))
    counted = {town: [0.0] * settled for town in towns}
    covered = {town: [0] * settled for town in towns}
    facts = SiteFacts(frozenset(campaign.each_period()), campaign.pool_size)
    sizes = {town: sum(site.town == town for site in day.sites) for town in towns}
    for site in day.sites:
        current = sorted(by_site[site.code], key=lambda pair: pair[0].last)
        for (claim, _), judged in zip(current, judge(current, facts, campaign), strict=True):
            counted[site.town][claim.last] += judged.persons
            for period in range(claim.first, claim.last + 1):
                covered[site.town][period] += 1
    weights = [campaign.weight(period) for period in campaign.each_period()]
    return [
        Progress(
            target,
            counted[town],
            [target * weight / sum(weights) for weight in weights],
            [n / sizes[town] for n in covered[town]],
        )
        for town, target in zip(towns, targets, strict=True)
    ]


def finish_of(day: CampaignDay, town: str, target: int) -> float:
    """When the town truly reached the finished share, in hours from the start."""
    done = 0
    codes = [site.code for site in day.sites if site.town == town]
    for period, column in enumerate(zip(*(day.truth[code] for code in codes), strict=True)):
        persons = sum(column)
        if done + persons >= FINISHED_SHARE * target:
            return period + (FINISHED_SHARE * target - done) / persons
        done += persons
    return math.inf


def straight_line(town: Progress) -> Band | None:
    """The naive forecast: what is left ÷ the mean hourly rate so far, with the spread of the hourly rates."""
    rates = town.counted
    mean, spread = statistics.fmean(rates), statistics.stdev(rates)
    left = max(0.0, FINISHED_SHARE * town.target - sum(rates))
    low, high = mean - Z80 * spread, mean + Z80 * spread
    return (len(rates) + left / high, len(rates) + left / mean, len(rates) + left / low) if low > 0 else None


def _together(towns: Sequence[Progress]) -> Progress:
    counted = [sum(column) for column in zip(*(town.counted for town in towns), strict=True)]
    return Progress(sum(town.target for town in towns), counted, ())


def _band(campaign: Campaign, outlook: Outlook | None) -> Band | None:
    if outlook is None or outlook.finish is None:
        return None
    finish = outlook.finish
    hours = [(at - campaign.anchor) / datetime.timedelta(hours=1) for at in (finish.p10, finish.p50, finish.p90)]
    return hours[0], hours[1], hours[2]


def score(found: Sequence[Case], name: str) -> dict[str, float]:
    """Coverage (a forecast that foresees no finish misses), and in hours: median width, the width that would have
    held 80 %, mean absolute error."""
    bands = [(case.actual, band) for case in found if (band := getattr(case, name)) is not None]
    errors = sorted(abs(actual - band[1]) for actual, band in bands)
    inside = sum(band[0] <= actual <= band[2] for actual, band in bands)
    return {
        "coverage": round(inside / len(found), 3),
        "median_width_h": round(statistics.median(band[2] - band[0] for _, band in bands), 2),
        "needed_width_h": round(2 * errors[min(len(errors) - 1, int(0.8 * len(errors)))], 2),
        "mean_error_h": round(statistics.fmean(errors), 2),
    }


def table(found: Sequence[Case]) -> Mapping[str, list[dict[str, object]]]:
    """Scores by level and hour, the last line of each level over all hours."""
    result: dict[str, list[dict[str, object]]] = {}
    for level in ("district", "town"):
        of_level = [case for case in found if case.level == level]
        rows: list[dict[str, object]] = []
        for hour in (*HOURS, None):
            group = [case for case in of_level if hour in (None, case.hour)]
            if group:
                rows.append(
                    {
                        "hour": hour if hour is not None else "all",
                        "n": len(group),
                        "method": score(group, "method"),
                        "naive": score(group, "naive"),
                    }
                )
        result[level] = rows
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=60, help="days, from seed 1 on")
    seeds = range(1, parser.parse_args().seeds + 1)
    began = time.perf_counter()
    scores = table([case for seed in seeds for case in cases(seed)])
    seconds = time.perf_counter() - began
    for level, rows in scores.items():
        print(f"\n{level}: inside the 80 % interval; width, needed width, mean |error| in hours: method | line")
        for row in rows:
            print(f"{row['hour']!s:>4} {row['n']:>5}  ", *_columns(row["method"]), "  |", *_columns(row["naive"]))
    print(f"\n{len(seeds)} days in {seconds:.0f} s")
    RESULT.parent.mkdir(exist_ok=True)
    result = {"seeds": [seeds[0], seeds[-1]], "fitted_on": [1000, 1059], "share": FINISHED_SHARE, **scores}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _columns(scores: object) -> list[str]:
    assert isinstance(scores, dict)
    hours = [f"{scores[name]:6.2f}" for name in ("median_width_h", "needed_width_h", "mean_error_h")]
    return [f"{scores['coverage']:6.0%}", *hours]


if __name__ == "__main__":
    main()
