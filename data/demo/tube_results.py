"""The few results of the demonstration day that are not plainly negative, and what follows: a failed test repeated,
the members of a suspicious pool singly sampled again within the hour.

Invented, like everything of that day. Members are sampled once more, not twice for two laboratories (source 003): the
second tube would go to a laboratory that is not its town's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from data.demo.stream import Cell, Row, Sending
from data.demo.tube_catalogue import MINUTE
from data.demo.tube_faults import Planting
from data.demo.tube_flow import HOUR, Flow
from domain.campaign import Campaign
from domain.tube_events import RESULTS, Result

POOLS_PER_ODD_RESULT = 3000
ODD_RESULTS = (Result.POSITIVE, Result.INVALID, Result.GREY, Result.POSITIVE, Result.SINGLE_TARGET)
"""One pool in about 3,000 is not plainly negative; these follow each other over the day."""

SINGLE_LANE = 99
"""The lane of an emergency team's labels."""

LATE_TASK = 1
"""Which of the pools has its members sampled too late."""

WORDS: dict[int, str] = {member: word for word, member in RESULTS.items()}


def plant_results(flow: Flow, planting: Planting, seed: int, pools_per_odd_result: int) -> None:
    """Draw the results and send what follows from them."""
    rng = Random(f"{seed}/tube results")
    count = round(planting.regular / pools_per_odd_result)
    tested = [
        i for i in range(planting.regular) if flow.at[5][i] and i not in planting.misread and i not in flow.twins
    ]
    tested.sort(key=lambda tube: (flow.at[5][tube], tube))
    pools = 0
    for k in range(count):
        # One from each part of the day, so that every hour has something to show.
        tube = tested[int((k + rng.random()) / count * len(tested))]
        result = ODD_RESULTS[k % len(ODD_RESULTS)]
        flow.result[tube] = result
        singles: Sequence[str] = ()
        detail = WORDS[result]
        if result is Result.INVALID:
            _repeat(flow, planting, tube, rng)
        else:
            late = pools == LATE_TASK
            singles = _resample(flow, planting, tube, pools, late, rng)
            pools += 1
            detail += " late" if late else ""
        planting.note("odd_result", [flow.barcode(tube), *singles], tube, flow.sent[5][tube], detail=detail)


def _repeat(flow: Flow, planting: Planting, tube: int, rng: Random) -> None:
    """A test that failed is made again, and says negative."""
    at = flow.at[5][tube] + rng.randint(2 * HOUR, 3 * HOUR)
    planting.extra(at + 60, at, {
        "event_id": f"{flow.barcode(tube)}/6b", "barcode": flow.barcode(tube), "type": "result",
        "lab": flow.labs[flow.boxes[flow.box[tube]].lab].code, "result": WORDS[Result.NEGATIVE],
    })  # fmt: skip


def _resample(flow: Flow, planting: Planting, tube: int, number: int, late: bool, rng: Random) -> list[str]:
    """The emergency team's single tubes of a pool's members; one of them is positive where the pool was."""
    site, place = flow.site[tube], flow.place(tube)
    lab = flow.labs[flow.boxes[flow.box[tube]].lab].code
    begins = flow.sent[5][tube] + (
        rng.randint(40 * MINUTE, 60 * MINUTE) if late else rng.randint(8 * MINUTE, 14 * MINUTE)
    )
    pooled = flow.result[tube]
    found = rng.randrange(flow.persons[tube]) if pooled == Result.POSITIVE else -1
    code = f"{flow.short(site)}-E{number + 1:02}"
    box: Row = {"box": code, "manifest": code}
    singles = []
    for k in range(flow.persons[tube]):
        barcode = f"{flow.prefix}{site + 1:03}{SINGLE_LANE}{12 * number + k:03}"
        singles.append(barcode)
        sampled = begins + 40 * k
        planting.singles[place, (sampled - flow.start) // HOUR] += 1
        collected = begins + 40 * flow.persons[tube] + 2 * MINUTE
        received = collected + rng.randint(9 * MINUTE, 10 * MINUTE)
        result = WORDS[Result.POSITIVE if k == found else Result.NEGATIVE]
        steps: tuple[tuple[int, Row], ...] = (
            (sampled, {"type": "sampled", "site": place, "lane": str(SINGLE_LANE), "persons": 1, "pool_size": 1}),
            (sampled + 20, {"type": "third_copy", "site": place}),
            (collected, {"type": "collected", "site": place} | box),
            (received, {"type": "received", "lab": lab} | box),
            (received + 3 * MINUTE, {"type": "testing", "lab": lab}),
            # A rapid single test: twenty minutes.
            (received + 24 * MINUTE + k, {"type": "result", "lab": lab, "result": result}),
        )
        for step, (at, row) in enumerate(steps, start=1):
            planting.extra(at + 15, at, {"event_id": f"{barcode}/{step}", "barcode": barcode} | row)
    return singles


def with_singles(sendings: Sequence[Sending], singles: Mapping[Cell, int], campaign: Campaign) -> tuple[Sending, ...]:
    """The reports with the emergency teams' tubes in the count of the sites they were used for, as a careful clerk
    reports them. Nobody is counted twice: the persons stay."""
    if not singles:
        return tuple(sendings)
    return tuple(replace(sending, row=sending.row | _more(sending.row, singles, campaign)) for sending in sendings)


def _more(row: Row, singles: Mapping[Cell, int], campaign: Campaign) -> Row:
    site, first = str(row["site"]), campaign.period_of(datetime.fromisoformat(str(row["hour"])))
    last = first + int(str(row.get("hours", 1))) - 1
    own = sum(singles.get((site, period), 0) for period in range(first, last + 1))
    so_far = sum(singles.get((site, period), 0) for period in range(last + 1))
    more = {"tubes": own, "third_copies": own, "tubes_total": so_far}
    return {name: row[name] + count for name, count in more.items() if count and isinstance(row.get(name), int)}  # type: ignore[operator]
