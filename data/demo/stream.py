"""What the sites send and the towns decide: the day's true figures as report rows in the contract's shape.

Here everybody does it right; `data/demo/faults.py` then spoils some of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from data.demo.population import PERIODS, SiteDay, SiteSpec
from domain.campaign import Campaign
from domain.places import Kind

Row = dict[str, object]
Cell = tuple[str, int]
"""One site's duty for one period: (site code, period)."""

TOTAL_REPORTERS = 15
"""Sites that report running totals."""

FILL = 9.62
"""Persons in a full-sized tube, on average. The last tube of an hour is begun, so that the day's mean comes out
at the 9.56 of the design's reference day."""

HOME_VISIT_FILL = 6.0
"""A household makes a tube, or a few do."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One report row and the campaign time at which it is sent."""

    at: datetime
    row: Row


@dataclass(frozen=True, slots=True)
class TownDecision:
    """A town verifies or returns reports, by key. `reason` is empty for verified ones."""

    at: datetime
    keys: tuple[str, ...]
    status: Literal["verified", "returned"]
    reason: str = ""
    note: str = ""


@dataclass(slots=True)
class Cellful:
    """What becomes of one cell: its first row (None: never sent), the correction, copies sent besides.

    `doubtful` keeps the town from verifying the first row; `returned` is the note with which it goes back.
    """

    first: Sending | None
    correction: Sending | None = None
    copies: tuple[Sending, ...] = ()
    doubtful: bool = False
    returned: str = ""


class Stream:
    """The day's rows by cell, as they would be without faults, with what is needed to spoil and mend them."""

    def __init__(self, campaign: Campaign, sites: Sequence[SiteSpec], days: Mapping[str, SiteDay], seed: int) -> None:
        self.campaign = campaign
        self.sites = {site.code: site for site in sites}
        self.days = days
        self.rng = Random(f"{seed}/stream")
        self.totals = total_reporters(sites, seed)
        self.tubes = {code: self._tubes(code) for code in self.sites}
        self.cells = {
            (code, period): Cellful(self._first(code, period)) for code in self.sites for period in range(PERIODS)
        }
        towns = sorted({site.town for site in sites})
        self.batches: dict[tuple[str, int], datetime] = {
            (town, period): self.after(period, 8 * 60, 20 * 60)
            for town in towns
            for period in (*range(PERIODS), PERIODS)
        }
        """When each town works through its reports: after every period, and once more when the day is over."""

    def after(self, period: int, least: int, most: int) -> datetime:
        """A moment `least` to `most` seconds after the end of `period`."""
        return self.campaign.end_of(period) + timedelta(seconds=self.rng.randint(least, most))

    def key(self, code: str, period: int) -> str:
        return f"{code}/{self.campaign.local(self.campaign.start_of(period)):%Y-%m-%dT%H}"

    def hour(self, period: int) -> str:
        """The start of the period as the contract writes it: ISO with the local offset."""
        return self.campaign.local(self.campaign.start_of(period)).isoformat()

    def so_far(self, code: str, period: int) -> tuple[int, int]:
        """Persons and tubes of a site up to the end of `period`."""
        end = period + 1
        return sum(self.days[code].persons[:end]), sum(self.tubes[code][:end])

    def true_row(self, code: str, period: int) -> Row:
        """The row a careful clerk would send."""
        site, day, tubes = self.sites[code], self.days[code], self.tubes[code][period]
        row: Row = {"key": self.key(code, period), "site": code, "hour": self.hour(period)}
        if code in self.totals:
            row["persons_total"], row["tubes_total"] = self.so_far(code, period)
        else:
            row["persons"], row["tubes"] = day.persons[period], tubes
        row["third_copies"] = tubes
        share = 0.15 if site.kind is Kind.HOME_VISIT else 0.004
        row["special_cases"] = round(day.persons[period] * share * self.rng.uniform(0.4, 1.6))
        row["lanes_open"] = day.lanes_open[period]
        if site.kind is not Kind.HOME_VISIT:
            row["queue_minutes"] = day.queue_minutes[period]
        return row

    def correct(self, cell: Cell, figures: Row, note: str, at: datetime) -> None:
        """Send a correction of the cell's first row, with `figures` put right."""
        first = self.cells[cell].first
        assert first is not None
        key = first.row["key"]
        row = first.row | figures | {"key": f"{key}/c1", "note": note, "correction_of": key}
        self.cells[cell].correction = Sending(at, row)

    def sendings(self) -> tuple[Sending, ...]:
        """Everything that is sent, in order of time."""
        sent = [
            s for cell in self.cells.values() for s in (cell.first, cell.correction, *cell.copies) if s is not None
        ]
        return tuple(sorted(sent, key=lambda s: (s.at, str(s.row["key"]))))

    def decisions(self) -> tuple[TownDecision, ...]:
        """What the towns decide, in order of time: each batch takes what has come and is not yet decided."""
        decided: set[str] = set()
        made: list[TownDecision] = []
        by_town: dict[str, list[Cellful]] = {}
        for (code, _), cell in self.cells.items():
            by_town.setdefault(self.sites[code].town, []).append(cell)
        for (town, _), at in sorted(self.batches.items(), key=lambda item: (item[1], item[0])):
            good: list[str] = []
            for cell in by_town[town]:
                sent = cell.correction if cell.correction and cell.correction.at <= at else cell.first
                if sent is None or sent.at > at or sent.row["key"] in decided:
                    continue
                key = str(sent.row["key"])
                if sent is cell.first and cell.returned:
                    made.append(TownDecision(at, (key,), "returned", "third_copies_differ", cell.returned))
                elif sent is cell.first and cell.doubtful:
                    continue
                else:
                    good.append(key)
                decided.add(key)
            if good:
                made.append(TownDecision(at, tuple(good), "verified"))
        return tuple(made)

    def _first(self, code: str, period: int) -> Sending:
        return Sending(self.after(period, 60, 9 * 60), self.true_row(code, period))

    def _tubes(self, code: str) -> list[int]:
        """Tubes by period: mostly full, never more than `pool_size` persons in one."""
        fill = HOME_VISIT_FILL if self.sites[code].kind is Kind.HOME_VISIT else FILL
        tubes = []
        for persons in self.days[code].persons:
            wanted = persons / min(self.campaign.pool_size, fill * self.rng.uniform(0.98, 1.02))
            tubes.append(max(-(-persons // self.campaign.pool_size), round(wanted)))
        return tubes


def total_reporters(sites: Sequence[SiteSpec], seed: int) -> frozenset[str]:
    """The sites that report running totals."""
    fixed = sorted(site.code for site in sites if site.kind is Kind.FIXED)
    return frozenset(Random(f"{seed}/totals").sample(fixed, min(TOTAL_REPORTERS, len(fixed) // 2)))
