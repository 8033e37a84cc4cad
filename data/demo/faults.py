"""What goes wrong on the demonstration day, planted on purpose and written down, so that detection can be scored.

No site gets two kinds of fault (`late` apart), so that one fault cannot hide or cause the mark of another.
Cells are (site, period); counts of faults are chosen so that a day of 1,900 reports shows each kind and no more
than the reference campaign's own accounts suggest (source 002, 003 name the kinds, not their frequency).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from data.demo.population import PERIODS, SiteSpec, slow_town
from data.demo.stream import Cell, Cellful, Sending, Stream, total_reporters
from domain.places import Kind
from domain.reports import Flag


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One fault. `period` and `hour` (ISO, start) are those of the report concerned; an outage has one per site of
    its town. `detail` names the variant: see `CATALOGUE`."""

    kind: str
    site: str
    period: int
    hour: str
    detail: str


EXPECTED_FLAGS = {
    ("late", ""): Flag.LATE,
    ("falling_total", "corrected"): Flag.TOTAL_FALLS,
    ("falling_total", "open"): Flag.TOTAL_FALLS,
    ("wrong_tube_count", "third_copies"): Flag.THIRD_COPIES_DIFFER,
    ("wrong_tube_count", "third_copies_open"): Flag.THIRD_COPIES_DIFFER,
    ("wrong_tube_count", "persons_over_tubes"): Flag.PERSONS_OVER_TUBES,
    ("wrong_tube_count", "persons_over_tubes_corrected"): Flag.PERSONS_OVER_TUBES,
    ("zero_hour", "typed"): Flag.ZERO_WHILE_OPEN,
    ("zero_hour", "real"): Flag.ZERO_WHILE_OPEN,
    ("outlier", "total_as_hour"): Flag.OUTLIER,
    ("outlier", "slipped_digit"): Flag.OUTLIER,
    ("outage", ""): Flag.CATCH_UP | Flag.LATE,
}
"""The flags the first row of a planted fault must earn, by (kind, detail). The other kinds earn none: `missing`
shows in the duty of reporting, `correction` in the versions, `repeat_same` and `conflict` in the answer."""

ECHOES = {
    ("falling_total", "open"): Flag.OUTLIER | Flag.THIRD_COPIES_DIFFER,
    ("falling_total", "corrected"): Flag.OUTLIER | Flag.THIRD_COPIES_DIFFER,
    ("missing", "total"): Flag.OUTLIER | Flag.THIRD_COPIES_DIFFER,
}
"""Flags the site's next report may earn through the fault: where a running total fell or was skipped, the next one
makes its hour look too large, and its tubes are those of more hours than its third copies. They are the same fault
seen twice, not false alarms, and end with its correction."""


COUNTED_FOR = 120
"""Sites of the district that the counts of `CATALOGUE` are meant for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How often a variant is planted, on which sites (`totals`: running totals, hour figures or either), in which
    periods, and by which function."""

    kind: str
    detail: str
    count: int
    periods: range
    totals: bool | None
    plant: Callable[[Stream, Cell, Random], None]


def choose_cells(sites: Sequence[SiteSpec], seed: int) -> dict[tuple[str, str], list[Cell]]:
    """Where each variant of `CATALOGUE` is planted, and the outage: every site of a town for one period."""
    rng = Random(f"{seed}/faults")
    # A district several times as large has several times as many.
    times = max(1, round(len(sites) / COUNTED_FOR))
    slow = slow_town(sites)
    towns = sorted({s.town for s in sites} - {slow})
    # A town of middling size: large enough to be seen, small enough not to stop the day.
    sizes = sorted(towns, key=lambda town: (sum(s.town == town for s in sites), town))
    chosen: dict[tuple[str, str], list[Cell]] = {}
    taken: set[str] = set()
    if sizes:
        town, period = rng.choice(sizes[len(sizes) // 3 : -1] or sizes), rng.randint(4, 9)
        chosen["outage", ""] = [(s.code, period) for s in sites if s.town == town]
        taken = {s.code for s in sites if s.town == town}
    totals = total_reporters(sites, seed)
    # Mobile and home-visit teams are small: an hour of theirs says too little to be spoilt visibly.
    fixed = [s for s in sites if s.kind is Kind.FIXED]
    for wanted in CATALOGUE:
        free = [
            s.code
            for s in fixed
            if s.code not in taken and wanted.totals in (None, s.code in totals) and _may(wanted, s, slow)
        ]
        codes = rng.sample(free, min(times * wanted.count, len(free)))
        chosen[wanted.kind, wanted.detail] = [(code, rng.choice(wanted.periods)) for code in codes]
        taken.update(codes)
    return chosen


def real_stops(chosen: dict[tuple[str, str], list[Cell]]) -> frozenset[Cell]:
    """The cells in which a site truly cannot work."""
    return frozenset(chosen.get(("zero_hour", "real"), ()))


def plant(stream: Stream, chosen: dict[tuple[str, str], list[Cell]], seed: int) -> tuple[PlantedFault, ...]:
    """Spoil `stream` and say what was done, in order of period and site."""
    rng = Random(f"{seed}/planting")
    planters = {(wanted.kind, wanted.detail): wanted.plant for wanted in CATALOGUE} | {("outage", ""): _outage}
    planted = []
    for (kind, detail), cells in chosen.items():
        plant_one = planters[kind, detail]
        for code, period in cells:
            plant_one(stream, (code, period), rng)
            planted.append(PlantedFault(kind, code, period, stream.hour(period), detail))
    return tuple(sorted(planted, key=lambda f: (f.period, f.site, f.kind)))


def _may(wanted: Wanted, site: SiteSpec, slow: str) -> bool:
    """What never comes is lost to the total; only a large town can bear it and still be counted as finished."""
    return not (wanted.kind == "missing" and wanted.totals is False) or site.town == slow


def _first(stream: Stream, cell: Cell) -> tuple[Cellful, Sending]:
    cellful = stream.cells[cell]
    assert cellful.first is not None
    return cellful, cellful.first


def _spoil(stream: Stream, cell: Cell, **figures: object) -> Sending:
    """Put wrong figures into the first row and answer the right one."""
    cellful, right = _first(stream, cell)
    cellful.first = replace(right, row=right.row | figures)
    cellful.doubtful = True
    return right


def _noticed(stream: Stream, cell: Cell, rng: Random) -> datetime:
    """When the site finds its own mistake: 12 to 80 minutes after sending it."""
    return _first(stream, cell)[1].at + timedelta(seconds=rng.randint(12 * 60, 80 * 60))


def _late(stream: Stream, cell: Cell, rng: Random) -> None:
    cellful, first = _first(stream, cell)
    cellful.first = replace(first, at=stream.after(cell[1], 12 * 60, 55 * 60))


def _missing(stream: Stream, cell: Cell, rng: Random) -> None:
    stream.cells[cell].first = None


def _falling_total(stream: Stream, cell: Cell, rng: Random) -> None:
    """The clerk copies the line of the hour before last."""
    code, period = cell
    persons, tubes = stream.so_far(code, period - 2)
    _spoil(stream, cell, persons_total=persons, tubes_total=tubes, third_copies=None)


def _falling_total_corrected(stream: Stream, cell: Cell, rng: Random) -> None:
    _falling_total(stream, cell, rng)
    persons, tubes = stream.so_far(*cell)
    right: dict[str, object] = {
        "persons_total": persons,
        "tubes_total": tubes,
        "third_copies": stream.tubes[cell[0]][cell[1]],
    }
    stream.correct(cell, right, "累计数抄错行，已更正", _noticed(stream, cell, rng))


def _third_copies_open(stream: Stream, cell: Cell, rng: Random) -> None:
    """A third copy or two have been mislaid; the town sends the report back."""
    mislaid = rng.randint(1, 3)
    _spoil(stream, cell, third_copies=stream.tubes[cell[0]][cell[1]] - mislaid)
    stream.cells[cell].returned = f"第三联比用管数少{mislaid}张，请核对"


def _third_copies(stream: Stream, cell: Cell, rng: Random) -> None:
    _third_copies_open(stream, cell, rng)
    code, period = cell
    _, first = _first(stream, cell)
    town = stream.sites[code].town
    returned_at = next(at for k in range(period, PERIODS + 1) if (at := stream.batches[town, k]) >= first.at)
    at = returned_at + timedelta(seconds=rng.randint(10 * 60, 40 * 60))
    stream.correct(cell, {"third_copies": stream.tubes[code][period]}, "第三联已找齐，重新清点", at)


def _persons_over_tubes(stream: Stream, cell: Cell, rng: Random) -> None:
    """Tubes of the last tray are forgotten: too few for the persons, yet not impossible."""
    code, period = cell
    persons = stream.days[code].persons[period]
    full = -(-persons // stream.campaign.pool_size)
    too_few = max(0, full - rng.randint(1, max(1, min(2, stream.days[code].lanes_open[period] - 1))))
    _spoil(stream, cell, tubes=too_few, third_copies=too_few)


def _persons_over_tubes_corrected(stream: Stream, cell: Cell, rng: Random) -> None:
    _persons_over_tubes(stream, cell, rng)
    tubes = stream.tubes[cell[0]][cell[1]]
    right: dict[str, object] = {"tubes": tubes, "third_copies": tubes}
    stream.correct(cell, right, "漏计一盘采样管，已补", _noticed(stream, cell, rng))


def _typed_zero(stream: Stream, cell: Cell, rng: Random) -> None:
    right = _spoil(stream, cell, persons=0, tubes=0, third_copies=0, special_cases=0)
    stream.correct(cell, right.row, "误报为零，已更正", _noticed(stream, cell, rng))


def _real_zero(stream: Stream, cell: Cell, rng: Random) -> None:
    _spoil(stream, cell, note="停电，暂停采样")


def _total_as_hour(stream: Stream, cell: Cell, rng: Random) -> None:
    """The day's total stands in the column of the hour."""
    persons, tubes = stream.so_far(*cell)
    right = _spoil(stream, cell, persons=persons, tubes=tubes, third_copies=tubes)
    stream.correct(cell, right.row, "误填累计数，已改为本小时数", _noticed(stream, cell, rng))


def _slipped_digit(stream: Stream, cell: Cell, rng: Random) -> None:
    """A digit too many. Tubes are left out: beside them the figure would be impossible, and refused."""
    persons = stream.days[cell[0]].persons[cell[1]]
    right = _spoil(stream, cell, persons=persons * 10 + rng.randint(0, 9), tubes=None, third_copies=None)
    stream.correct(cell, right.row, "人数多写一位，已更正", _noticed(stream, cell, rng))


def _correction(stream: Stream, cell: Cell, rng: Random) -> None:
    """A few persons miscounted: nothing shows until the site itself corrects it."""
    cellful, right = _first(stream, cell)
    persons = stream.days[cell[0]].persons[cell[1]]
    cellful.first = replace(right, row=right.row | {"persons": persons - rng.randint(3, 3 + persons // 20)})
    stream.correct(cell, {"persons": persons}, "复核登记表后更正", _noticed(stream, cell, rng))


def _repeat_same(stream: Stream, cell: Cell, rng: Random) -> None:
    cellful, first = _first(stream, cell)
    again = first.at + timedelta(seconds=rng.randint(20, 30 * 60))
    cellful.copies = (Sending(again, dict(first.row)),)


def _conflict(stream: Stream, cell: Cell, rng: Random) -> None:
    cellful, first = _first(stream, cell)
    persons = stream.days[cell[0]].persons[cell[1]]
    other = first.row | {"persons": persons - rng.randint(1, 9)}
    cellful.copies = (Sending(first.at + timedelta(seconds=rng.randint(60, 40 * 60)), other),)


def _outage(stream: Stream, cell: Cell, rng: Random) -> None:
    """Nothing comes for a period; with the next one the site sends both as a catch-up."""
    code, period = cell
    _, second = _first(stream, (code, period + 1))
    row = second.row | {"hour": stream.hour(period), "hours": 2, "note": "网络中断，补报两小时"}
    persons, tubes = stream.days[code].persons, stream.tubes[code]
    if code not in stream.totals:
        row["persons"] = persons[period] + persons[period + 1]
        row["tubes"] = tubes[period] + tubes[period + 1]
    row["third_copies"] = tubes[period] + tubes[period + 1]
    stream.cells[cell].first = None
    stream.cells[code, period + 1].first = Sending(second.at, row | {"key": f"{second.row['key']}/2h"})


_DAY = range(3, 14)
"""Periods with three before them (outliers need three) and enough work to notice that something is wrong."""

CATALOGUE = (
    Wanted("falling_total", "corrected", 2, range(3, 13), True, _falling_total_corrected),
    Wanted("falling_total", "open", 1, range(3, 10), True, _falling_total),
    Wanted("missing", "total", 3, range(1, 14), True, _missing),
    Wanted("missing", "hour", 2, range(3, 15), False, _missing),
    Wanted("wrong_tube_count", "third_copies", 4, range(1, 14), False, _third_copies),
    Wanted("wrong_tube_count", "third_copies_open", 1, range(4, 10), False, _third_copies_open),
    Wanted("wrong_tube_count", "persons_over_tubes", 2, range(2, 12), False, _persons_over_tubes),
    Wanted("wrong_tube_count", "persons_over_tubes_corrected", 2, range(2, 12), False, _persons_over_tubes_corrected),
    Wanted("zero_hour", "typed", 2, range(2, 12), False, _typed_zero),
    Wanted("zero_hour", "real", 1, range(5, 10), False, _real_zero),
    Wanted("outlier", "total_as_hour", 2, range(4, 12), False, _total_as_hour),
    Wanted("outlier", "slipped_digit", 1, range(4, 12), False, _slipped_digit),
    Wanted("correction", "", 8, _DAY, False, _correction),
    Wanted("repeat_same", "", 4, _DAY, None, _repeat_same),
    Wanted("conflict", "", 3, _DAY, False, _conflict),
    Wanted("late", "", 16, range(0, 15), None, _late),
)

KINDS = ("outage", *dict.fromkeys(wanted.kind for wanted in CATALOGUE))
"""Every kind of fault."""
