"""The backlog of places and laboratories: what waits in each stage, how old it is, how it came about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from data.queries.moment import Moment, ref
from data.queries.tubes import Kept, Known, known
from data.tube_books import SINCE_USE
from domain.backlog import (
    QUARTER,
    Backlog,
    Backlogs,
    FlowPoint,
    LabBacklog,
    StageBacklog,
    flow_points,
    limit_minutes,
    waiting,
)
from domain.by_count import Taken, together
from domain.late_tubes import without_oldest
from domain.places import Place
from domain.tubes import BACKLOG, Stage


def backlogs(session: Session, moment: Moment) -> Backlogs:
    """The backlog of the moment's place, and of every laboratory."""
    found = moment.ask(session, known)
    return Backlogs(
        ref(moment.place),
        moment.revision,
        place_backlog(found, moment.place, moment.until),
        tuple(
            LabBacklog(
                lab,
                tuple(ref(town) for town in found.towns.get(lab.id, ())),
                lab_backlog(found, lab.id, moment.until),
                lab.id in found.counted,
            )
            for lab in found.labs
        ),
    )


def place_backlog(found: Known, place: Place, until: int | None = None) -> Backlog:
    """The backlog of a place; with `until`, a period, as the counts stood at its end, without ages."""
    return _backlog(found, place.id, found.taken_of(place), _flow_of(found, place), until)


def lab_backlog(found: Known, lab_id: int, until: int | None = None) -> Backlog:
    """The backlog of a laboratory."""
    counted = found.counted.get(lab_id)
    if counted is None:
        return _backlog(found, -lab_id, Taken(), {}, until)
    # What it counts is taken from the tubes on their way to it; what it received beyond these it has all the same.
    taken = together(
        part for town, part in found.taken.items() if any(town == bound.id for bound in found.towns.get(lab_id, ()))
    )
    taken.stages = {
        Stage.AT_LAB: counted.received - counted.tested,
        Stage.TESTING: counted.tested - counted.reported,
        Stage.REPORTED: counted.reported,
    }
    return _backlog(found, -lab_id, taken, found.counted_flow[lab_id], until)


def _flow_of(found: Known, place: Place) -> Mapping[int, Mapping[int, int]]:
    """The counts' share of a place's curve: as large a part of every hour as of the whole."""
    if not found.counted:
        return {}
    steps: dict[int, dict[int, int]] = {stage: defaultdict(int) for stage in (3, 4, 5)}
    own = found.taken_of(place)
    everything = together(found.taken.values())
    for stage, least in ((3, Stage.AT_LAB), (4, Stage.TESTING), (5, Stage.REPORTED)):
        whole = sum(n for at, n in everything.stages.items() if at >= least)
        part = sum(n for at, n in own.stages.items() if at >= least)
        for flow in found.counted_flow.values():
            for quarter, tubes in flow[stage].items():
                steps[stage][quarter] += round(tubes * part / whole) if whole else 0
    return steps


def _backlog(
    found: Known, owner: int, taken: Taken, counted: Mapping[int, Mapping[int, int]], until: int | None
) -> Backlog:
    campaign, limits = found.tree.campaign, found.tree.campaign.limits
    own = found.of(owner)
    now = min(found.now, campaign.end_of(until)) if until is not None else found.now
    minute = int(now.timestamp()) // 60
    flow = _curve(found, own, counted, now)
    if until is not None:
        last = flow[-1].reached
        stages = [
            StageBacklog(stage, waiting({}, limit_minutes(stage, limits), limits), last[stage - 1] - last[stage])
            for stage in BACKLOG
        ]
        return Backlog(
            campaign, now, (stages[0], stages[1], stages[2], stages[3]),
            waiting({}, limits.report_minutes, limits), last[4], 0, flow, _last_hour(flow),
        )  # fmt: skip
    entered, since_use = ages_of(own, taken, minute)
    stages = [
        StageBacklog(stage, waiting(entered[stage], limit_minutes(stage, limits), limits), taken.stages.get(stage, 0))
        for stage in BACKLOG
    ]
    by_count = taken.stages.get(Stage.REPORTED, 0)
    return Backlog(
        campaign, now, (stages[0], stages[1], stages[2], stages[3]),
        waiting(since_use, limits.report_minutes, limits), own.total("reported") + by_count, by_count, flow,
        _last_hour(flow),
    )  # fmt: skip


def ages_of(own: Kept, taken: Taken, minute: int) -> tuple[Mapping[Stage, Mapping[int, int]], Mapping[int, int]]:
    """Tubes by whole minutes of age at `minute`: in each stage since they entered it, and of all since their use."""
    entered: dict[Stage, dict[int, int]] = {}
    since_use: dict[int, int] = defaultdict(int)
    for stage in BACKLOG:
        gone = sum(n for (at, _), n in taken.waiting.items() if at is stage)
        left_in = without_oldest(own.ages.get(stage, {}), gone)
        entered[stage] = {minute - at: n for at, n in left_in.items()}
        for at, n in own.ages.get(SINCE_USE + stage, {}).items():
            left = n - taken.waiting.get((stage, at), 0)
            if left:
                since_use[minute - at] += left
    return entered, since_use


def _curve(found: Known, own: Kept, counted: Mapping[int, Mapping[int, int]], now: datetime) -> tuple[FlowPoint, ...]:
    campaign = found.tree.campaign
    quarter = int(now.timestamp()) // 60 // QUARTER
    first = int(campaign.anchor.timestamp()) // 60 // QUARTER
    ends = [datetime.fromtimestamp((k + 1) * QUARTER * 60, UTC) for k in range(min(first, quarter), quarter)]
    steps: list[Mapping[int, int]] = []
    for stage in range(1, 6):
        step = own.flow.get(stage, {})
        extra = counted.get(stage)
        if extra:
            step = {k: step.get(k, 0) + extra.get(k, 0) for k in {*step, *extra}}
        steps.append(step)
    return flow_points(campaign, steps, quarter, [*ends, now])


def _last_hour(flow: Sequence[FlowPoint]) -> tuple[int, int, int, int, int]:
    """Tubes that came to each stage in the 60 minutes up to the last point."""
    last = flow[-1]
    before = next((point for point in reversed(flow) if point.at <= last.at - timedelta(hours=1)), None)
    start = before.reached if before else (0, 0, 0, 0, 0)
    a = tuple(end - begin for end, begin in zip(last.reached, start, strict=True))
    return a[0], a[1], a[2], a[3], a[4]
