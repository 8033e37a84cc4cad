"""Suggestions: the best next sites for the demonstration district (118 sites, 3,583 cells) and for 5,000 sites on
200,000 cells, from nothing kept; every cell's centre is a candidate."""

import csv
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measure import Measure, at_most
from data.demo.population import DISTRICT
from data.geo.coverage import Floats, reach_matrix
from data.geo.metres import Metres
from data.geo.siting import best_sites

WALK = 800.0
EDGE = 500.0
LARGE_CELLS, LARGE_SITES = 200_000, 5_000
COUNTS = (1, 5, 10)
TIMES = 5


def measure() -> Iterator[Measure]:
    yield from _asked("118 sites, 3,583 cells", *_district(), 1000, TIMES)
    yield from _asked("5,000 sites, 200,000 cells", *_large(), 5000, 1)


def _asked(name: str, cells: Floats, persons: Floats, sites: Floats, limit: float, times: int) -> Iterator[Measure]:
    began = time.perf_counter()
    left = persons.copy()
    left[reach_matrix(sites, cells, WALK).indices] = 0.0
    reach = reach_matrix(cells, cells, WALK)
    yield Measure(f"whom each cell's centre reaches, {name}", (time.perf_counter() - began) * 1000, "ms")
    for k in COUNTS:
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            found = best_sites(reach, left, k)
            seconds.append(time.perf_counter() - began)
        note = f"{found.method}, gap {found.gap:.2%}, {found.gained:,.0f} people"
        goal = at_most(limit) if k == 5 else None
        yield Measure(f"best {k} next, {name}", float(np.median(seconds)) * 1000, "ms", goal, note=note)


def _district() -> tuple[Floats, Floats, Floats]:
    """The demonstration's own grid and sites."""
    cells, sites = _rows("population_grid.csv"), _rows("sites.csv")
    degrees = np.array([(float(row["lon"]), float(row["lat"])) for row in cells])
    plane = Metres(float(degrees[:, 0].mean()), float(degrees[:, 1].mean()))
    at = np.array([(float(row["lon"]), float(row["lat"])) for row in sites])
    persons = np.array([float(row["pop_est"]) for row in cells])
    return plane.xy(degrees[:, 0], degrees[:, 1]), persons, plane.xy(at[:, 0], at[:, 1])


def _rows(name: str) -> list[dict[str, str]]:
    with (DISTRICT / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _large() -> tuple[Floats, Floats, Floats]:
    """A square of cells, two fifths of them empty, people log-normal; sites anywhere."""
    rng = np.random.default_rng(6)
    side = round(LARGE_CELLS**0.5)
    cells = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5) * EDGE
    persons = np.round(rng.lognormal(4.8, 1.1, len(cells)) * (rng.random(len(cells)) < 0.6))
    return cells, persons, rng.uniform(0, side * EDGE, (LARGE_SITES, 2))
