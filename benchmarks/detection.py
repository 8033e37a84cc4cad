"""Are the planted faults found, and what else is called a fault? Simulated days against what was planted in them.

Every day is fed row by row into the rules that judge real reports. A fault is found when its report carries its flag
between its arrival and its correction; `missing` when the duty of reporting says so at the due time. A doubtful flag
on a report in which nothing was planted, and which is no echo of a fault of the same site, is a false alarm.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from data.demo.faults import ECHOES, EXPECTED_FLAGS
from data.demo.simulator import CampaignDay, simulate
from data.site_record import SiteRecord
from domain.errors import Refused
from domain.reports import DOUBTFUL, Flag, SiteFacts, read_claim

RESULTS = Path(__file__).parent / "results" / "detection.json"

DAY = date(2021, 6, 6)


@dataclass
class Score:
    """Planted and found faults by kind, false alarms by flag, over some days."""

    days: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false_alarms: Counter[str] = field(default_factory=Counter)
    reports: int = 0

    def add_day(self, day: CampaignDay) -> None:
        """Feed one day and score it."""
        self.days += 1
        flags, covered, conflicts, repeats = _watch(day)
        self.reports += len(day.sendings)
        explained: dict[tuple[str, int], Flag] = {}
        for fault in day.faults:
            kind = f"{fault.kind} {fault.detail}".strip()
            self.planted[kind] += 1
            cell = (fault.site, fault.period)
            expected = EXPECTED_FLAGS.get((fault.kind, fault.detail))
            if expected is not None:
                seen = flags.get(cell, Flag(0))
                if fault.kind == "outage":
                    # It is caught up with the report of the next hour.
                    seen |= flags.get((fault.site, fault.period + 1), Flag(0))
                self.found[kind] += (seen & expected) == expected
                explained[cell] = explained.get(cell, Flag(0)) | expected
            elif fault.kind == "missing":
                self.found[kind] += cell not in covered
            elif fault.kind == "conflict":
                self.found[kind] += cell in conflicts
            elif fault.kind == "repeat_same":
                self.found[kind] += cell in repeats
            else:
                self.found[kind] += cell in flags
            echo = ECHOES.get((fault.kind, fault.detail), Flag(0))
            for later in range(fault.period + 1, day.campaign.periods):
                explained[fault.site, later] = explained.get((fault.site, later), Flag(0)) | echo
        for cell, seen in flags.items():
            for flag in seen & DOUBTFUL & ~explained.get(cell, Flag(0)):
                self.false_alarms[str(flag.name).lower()] += 1


Cell = tuple[str, int]


def _watch(day: CampaignDay) -> tuple[dict[Cell, Flag], set[Cell], set[Cell], set[Cell]]:
    """All flags ever raised by cell, the cells covered when they were due, those in conflict, those repeated."""
    campaign = day.campaign
    records: dict[str, SiteRecord] = {}
    facts = SiteFacts(frozenset(range(campaign.periods)), campaign.pool_size)
    flags: dict[Cell, Flag] = {}
    covered: set[Cell] = set()
    conflicts: set[Cell] = set()
    repeats: set[Cell] = set()
    for number, sending in enumerate(day.sendings):
        claim = read_claim(sending.row, campaign, sending.at)
        record = records.setdefault(claim.site, SiteRecord())
        known = len(record.by_key)
        try:
            record.take(claim, number, sending.at)
        except Refused:
            conflicts.add((claim.site, claim.last))
            continue
        if len(record.by_key) == known:
            repeats.add((claim.site, claim.last))
        for key, verdict in record.judged(facts, campaign).items():
            last = record.by_key[key].claim.last
            flags[claim.site, last] = flags.get((claim.site, last), Flag(0)) | verdict.flags
        if sending.at <= campaign.end_of(claim.last) + campaign.due:
            covered.update((claim.site, k) for k in range(claim.first, claim.last + 1))
    return flags, covered, conflicts, repeats


def score(seeds: range) -> Score:
    """The score over the days of `seeds`."""
    total = Score()
    for seed in seeds:
        total.add_day(simulate(seed, DAY))
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    result = score(range(1, parser.parse_args().days + 1))
    print(f"{result.days} simulated days, {result.reports:,} sendings")
    print(f"{'planted fault':44} {'planted':>8} {'found':>8} {'recall':>8}")
    for kind in sorted(result.planted):
        share = result.found[kind] / result.planted[kind]
        print(f"{kind:44} {result.planted[kind]:8} {result.found[kind]:8} {share:8.1%}")
    alarms = sum(result.false_alarms.values())
    print(f"false alarms: {alarms} ({alarms / result.days:.2f} a day) {dict(result.false_alarms)}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "days": result.days,
                "sendings": result.reports,
                "planted": dict(result.planted),
                "found": dict(result.found),
                "false_alarms": dict(result.false_alarms),
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
