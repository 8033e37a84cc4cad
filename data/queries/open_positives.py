"""Tasks from results as rows: what every other question about them begins with.

Where a tube was used, how many persons it holds and which laboratory has it may become known after its result: they
are read from the tube as it is now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import PositiveTask, TubeRow
from data.queries.moment import ref
from data.stored_positives import events_of
from data.stored_reports import batched_list
from data.tube_corrections import aliases_of
from domain.findings import Finding, Topic
from domain.places import Level, Place, PlaceTree
from domain.positive_board import SiteTasks
from domain.positive_standing import Item, Standing, members_of, standing
from domain.positives import Event, Kind, Resample, State, fold, kind_of
from domain.status import Severity
from domain.tube_events import Result


@dataclass(frozen=True, slots=True)
class _Tube:
    """What a tube says now; `result_at` in seconds since 1970."""

    site_id: int | None = None
    lab_id: int | None = None
    persons: int | None = None
    pool_size: int | None = None
    result: int | None = None
    result_at: int | None = None


UNKNOWN = _Tube()


@dataclass(frozen=True, slots=True)
class Row:
    """One task with what its tube says now."""

    task: PositiveTask
    place: Place
    lab_id: int | None
    persons: int | None
    pool_size: int


@dataclass(frozen=True, slots=True)
class Looked:
    """One task at a moment."""

    row: Row
    state: State
    standing: Standing
    members: int
    samples: tuple[Resample, ...]
    events: tuple[Event, ...]


def rows_of(
    session: Session,
    tree: PlaceTree,
    *,
    closed_since: datetime | None = None,
    number: int | None = None,
    alarmed: bool = False,
) -> list[Row]:
    """The open tasks of the campaign by number; with `closed_since`, those closed from then on too; with `number`,
    that task alone, open or not; with `alarmed`, without tests to be repeated."""
    t = PositiveTask
    wanted: sa.ColumnElement[bool] = t.closed_at.is_(None)
    if number is not None:
        wanted = t.number == number
    elif closed_since is not None:
        wanted = sa.or_(wanted, t.closed_at >= closed_since)
    if alarmed:
        wanted = sa.and_(wanted, t.alarmed)
    query = sa.select(t).where(t.campaign_id == tree.campaign.id, wanted).order_by(t.number)
    tasks = list(session.scalars(query))
    tubes = _tubes(session, tree.campaign.id, [task.barcode for task in tasks])
    found = []
    for task in tasks:
        tube = tubes.get(task.barcode, UNKNOWN)
        place = place_of(tree, tube.site_id or task.site_id)
        size = tube.pool_size or tree.pool_size(place)
        found.append(Row(task, place, task.lab_id or tube.lab_id, tube.persons, size))
    return found


def place_of(tree: PlaceTree, site_id: int | None) -> Place:
    """The site; the district while nobody knows it."""
    site = tree.by_id.get(site_id) if site_id is not None else None
    return site or next(tree.each(Level.DISTRICT), tree.roots[0])


def look_at(session: Session, tree: PlaceTree, rows: Iterable[Row], now: datetime) -> list[Looked]:
    """The tasks at `now`."""
    rows = list(rows)
    campaign = tree.campaign
    events = events_of(session, campaign.id, [row.task.id for row in rows])
    states = {row.task.id: fold(events[row.task.id]) for row in rows}
    tubes = _tubes(session, campaign.id, [barcode for state in states.values() for barcode, _ in state.linked])
    found = []
    for row in rows:
        state = states[row.task.id]
        kind = kind_of(state.alarmed, row.persons, row.pool_size)
        members = members_of(state, row.persons, row.pool_size) if kind is Kind.POOL else 1
        samples = tuple(_sample(barcode, second, tubes.get(barcode)) for barcode, second in state.linked)
        at = standing(state, kind, members, samples, campaign.limits, now)
        found.append(Looked(row, state, at, members, samples, tuple(events[row.task.id])))
    return found


def _tubes(session: Session, campaign_id: str, barcodes: Sequence[str]) -> dict[str, _Tube]:
    """What the tubes that are known say, by the barcodes asked for; a misread one says what the right one does."""
    if not barcodes:
        return {}
    aliases = aliases_of(session, campaign_id)
    right = {barcode: aliases.get(barcode, barcode) for barcode in barcodes}
    t = TubeRow
    known: dict[str, _Tube] = {}
    for part in batched_list(set(right.values())):
        query = sa.select(
            t.barcode,
            sa.func.coalesce(t.site_id, t.named_site),
            t.lab_id,
            t.persons,
            t.pool_size,
            t.result,
            t.result_at,
        ).where(t.campaign_id == campaign_id, t.barcode.in_(part))
        known.update({barcode: _Tube(*said) for barcode, *said in session.execute(query)})
    return {barcode: known[code] for barcode, code in right.items() if code in known}


def _sample(barcode: str, second: bool, tube: _Tube | None) -> Resample:
    if tube is None:
        return Resample(barcode, second)
    at = datetime.fromtimestamp(tube.result_at, UTC) if tube.result_at is not None else None
    return Resample(barcode, second, True, Result(tube.result) if tube.result else None, at, tube.lab_id)


def tasks_at_sites(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[SiteTasks]:
    """The sites of `place` and below that have open tasks, by code. Tests to be repeated hold nobody up: they are the
    laboratory's alone."""
    below = [row for row in rows_of(session, tree, alarmed=True) if place.id in row.place.ancestors]
    by_site: dict[Place, list[Looked]] = {}
    for looked in look_at(session, tree, below, now):
        by_site.setdefault(looked.row.place, []).append(looked)
    found = []
    for where, tasks in sorted(by_site.items(), key=lambda item: item[0].code):
        to_hold = [task for task in tasks if not task.standing.check(Item.HOLD).complete]
        found.append(
            SiteTasks(
                ref(where),
                len(tasks),
                len(to_hold),
                min(task.state.since for task in to_hold or tasks),
                sum(Item.HOLD in task.standing.overdue for task in to_hold),
                sum(bool(task.standing.overdue - {Item.HOLD}) for task in tasks),
            )
        )
    return found


def task_findings(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[Finding]:
    """A finding for every site of `place` and below where people are still to be held, and one where tasks are over
    their time: how many, never which tube, which result or what kind of task.

    None for a site alone: its page is the clerk's too.
    """
    if place.level is Level.SITE:
        return []
    found = []
    for site in tasks_at_sites(session, tree, place, now):
        where = (site.place.code, site.place.name, site.place.name_en, site.place.level, site.since)
        if site.to_hold:
            severity = Severity.CRIT if site.hold_overdue else Severity.WARN
            params = {"count": site.to_hold}
            found.append(Finding("positive_hold", severity, Topic.TASKS, *where, None, params))
        if site.overdue:
            found.append(
                Finding("positive_overdue", Severity.CRIT, Topic.TASKS, *where, None, {"count": site.overdue})
            )
    return found
