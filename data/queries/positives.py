"""The tasks from results of a place or of a laboratory, as they are shown to whoever may see results."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabRow, PositiveResample, PositiveTask
from data.queries.moment import Moment, ref
from data.queries.open_positives import Looked, Row, look_at, rows_of
from domain.places import Level, Place, PlaceTree
from domain.positive_board import Board, LabRef, Task, board_of


def positive_board(session: Session, moment: Moment) -> Board:
    """The tasks of `moment.place` and below that are open or were closed today."""
    place = moment.place
    found = _board(session, moment.tree, moment.now, lambda row: place.id in row.place.ancestors)
    return board_of(moment.tree.campaign, moment.now, ref(place), found)


def lab_board(session: Session, tree: PlaceTree, lab_code: str, now: datetime, seen: Place | None = None) -> Board:
    """The tasks whose results the laboratory found: of tubes from `seen` and below, else wherever they come from."""
    query = sa.select(LabRow.id).where(LabRow.campaign_id == tree.campaign.id, LabRow.code == lab_code)
    lab_id = session.scalar(query)

    def wanted(row: Row) -> bool:
        return lab_id is not None and row.lab_id == lab_id and (seen is None or seen.id in row.place.ancestors)

    found = _board(session, tree, now, wanted)
    return board_of(tree.campaign, now, None, found)


def find_task(session: Session, tree: PlaceTree, number: int, now: datetime) -> tuple[Row, Task] | None:
    """Task `number` with its whole history; None where there is none."""
    rows = rows_of(session, tree, number=number)
    if not rows:
        return None
    (looked,) = look_at(session, tree, rows, now)
    return looked.row, _task(looked, tree, _beside(session, tree.campaign.id, rows))


def _board(session: Session, tree: PlaceTree, now: datetime, wanted: Callable[[Row], bool]) -> list[Task]:
    local = tree.campaign.local(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [row for row in rows_of(session, tree, closed_since=midnight) if wanted(row)]
    if not rows:
        return []
    beside = _beside(session, tree.campaign.id, rows)
    return [_task(looked, tree, beside) for looked in look_at(session, tree, rows, now)]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What tasks are shown with: laboratories by id, and which task's tube sampled again opened which task."""

    labs: dict[int, LabRef]
    origin: dict[int, int]
    """Of a task, by its id, the number of the one it came from."""
    led_to: dict[int, list[int]]


def _beside(session: Session, campaign_id: str, rows: Iterable[Row]) -> _Beside:
    query = sa.select(LabRow.id, LabRow.code, LabRow.name, LabRow.name_en).where(LabRow.campaign_id == campaign_id)
    labs = {id_: LabRef(code, name, name_en) for id_, code, name, name_en in session.execute(query)}
    later, earlier, r = sa.orm.aliased(PositiveTask), sa.orm.aliased(PositiveTask), PositiveResample
    shown = [row.task.id for row in rows]
    pairs = (
        sa.select(later.id, later.number, earlier.id, earlier.number)
        .select_from(r)
        .join(later, sa.and_(later.campaign_id == r.campaign_id, later.barcode == r.barcode))
        .join(earlier, (earlier.id == r.task_id) & (earlier.campaign_id == r.campaign_id))
        .where(r.campaign_id == campaign_id, sa.or_(later.id.in_(shown), earlier.id.in_(shown)))
        .order_by(later.number)
    )
    origin: dict[int, int] = {}
    led_to: dict[int, list[int]] = defaultdict(list)
    for later_id, later_number, earlier_id, earlier_number in session.execute(pairs):
        origin[later_id] = earlier_number
        led_to[earlier_id].append(later_number)
    return _Beside(labs, origin, led_to)


def _task(looked: Looked, tree: PlaceTree, beside: _Beside) -> Task:
    row = looked.row
    above = (tree.by_id[id_] for id_ in row.place.ancestors)
    town = next((place for place in above if place.level is Level.TOWN), None)
    return Task(
        number=row.task.number,
        barcode=row.task.barcode,
        place=ref(row.place),
        town=ref(town) if town is not None else None,
        lab=beside.labs.get(row.lab_id) if row.lab_id is not None else None,
        persons=row.persons,
        pool_size=row.pool_size,
        members=looked.members,
        state=looked.state,
        standing=looked.standing,
        samples=looked.samples,
        events=looked.events,
        origin=beside.origin.get(row.task.id),
        led_to=tuple(beside.led_to.get(row.task.id, ())),
    )
