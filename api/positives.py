"""Tasks from results: listed to whoever may see results, done by whoever may handle them, named to the others only as
sites where something is to be done. Pages use the same endpoints."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import positive_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, is_number, local_time, maybe_time, read_body, read_number, refused
from api.information import actor_of
from api.problems import Problem
from data.database import Database
from data.ingest.positives import Recorded, UnknownTask, do_step, reaches
from data.queries.open_positives import tasks_at_sites
from data.queries.positives import find_task, lab_board, positive_board
from domain.clock import Clock
from domain.errors import Refused
from domain.permissions import Action, Role
from domain.positive_board import Board, Task, board_of
from domain.positive_claims import read_step
from domain.positives import PARTIES, Event
from domain.tube_events import Result


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/positives` of a campaign."""
    api = Blueprint("api_positives", __name__, url_prefix="/api/v1/campaigns/<campaign_id>/positives")

    @api.get("")
    def list_tasks(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.SEE_RESULTS, clock)
            number = request.args.get("number")
            if number is not None:
                if not is_number(number):
                    raise bad_parameter("number", number, "1, 2, 3 …")
                task = _find(session, entry, int(number))
                board = board_of(entry.tree.campaign, entry.now, None, [task])
                return answer(_tasks(entry, task.place.code, board))
            return answer(_board(session, entry))

    @api.post("/steps")
    def post_step(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.HANDLE_POSITIVES, clock)
        body = read_body()
        number = read_number(body)
        try:
            done = do_step(database, campaign_id, number, read_step(body), actor_of(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        except UnknownTask:
            raise _unknown(number) from None
        return _answer(campaign_id, done)

    def _answer(campaign_id: str, done: Recorded) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.HANDLE_POSITIVES, clock)
            task = _task(entry, _find(session, entry, done.number))
            return answer(shapes.PositiveDoneOut(done.unchanged, entry.row.revision, task))

    @api.get("/sites")
    def list_sites(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            sites = [
                shapes.PositiveSiteOut(
                    s.place.code,
                    s.place.name,
                    s.tasks,
                    s.to_hold,
                    local_time(entry, s.since),
                    s.hold_overdue + s.overdue,
                )
                for s in tasks_at_sites(session, entry.tree, place, entry.now)
            ]
            return answer(
                shapes.PositiveSitesOut(place.code, entry.row.revision, local_time(entry, entry.now), sites)
            )

    return api


def _unknown(number: int) -> Problem:
    return Problem(404, "not_found", "unknown_task", number=number)


def _find(session: Session, entry: Entry, number: int) -> Task:
    """Task `number`, if the caller may see it. Raises `Problem` 403 and 404."""
    found = find_task(session, entry.tree, number, entry.now)
    if found is None:
        raise _unknown(number)
    row, task = found
    if not reaches(session, actor_of(entry), entry.tree, row):
        raise Problem(403, "forbidden", "forbidden_place", place=entry.caller.place)
    return task


def _board(session: Session, entry: Entry) -> shapes.PositivesOut:
    """The tasks of the scope; of a laboratory, those whose results it found."""
    if entry.caller.role is Role.LAB:
        scope = entry.caller.place
        board = lab_board(session, entry.tree, scope, entry.now)
    else:
        place = entry.scope(request.args.get("scope"))
        scope, board = place.code, positive_board(session, entry.moment(place))
    return _tasks(entry, scope, board)


def _tasks(entry: Entry, scope: str, board: Board) -> shapes.PositivesOut:
    everything = (*board.tasks, *board.retests, *board.closed)
    return shapes.PositivesOut(
        scope, entry.row.revision, local_time(entry, entry.now), len(board.tasks), board.running, board.overdue,
        len(board.retests), len(board.closed), [_task(entry, task) for task in everything],
    )  # fmt: skip


def _task(entry: Entry, t: Task) -> shapes.PositiveTaskOut:
    state, at, timer = t.state, t.standing, t.standing.timer
    return shapes.PositiveTaskOut(
        number=t.number, kind=t.kind.value, barcode=t.barcode, result=_word(state.result), site=t.place.code,
        site_name=t.place.name, lab=t.lab.code if t.lab else None, persons=t.persons, pool_size=t.pool_size,
        members=t.members, since=local_time(entry, state.since), opened_at=local_time(entry, state.opened_at),
        due_at=maybe_time(entry, timer.due_at if timer else None),
        stopped_at=maybe_time(entry, timer.stopped_at if timer else None), state=at.severity.value,
        overdue=sorted(at.overdue),
        checks=[
            shapes.PositiveCheckOut(
                c.item.value, c.done, c.of, maybe_time(entry, c.at), maybe_time(entry, c.due_at), c.item in at.overdue
            )
            for c in at.checks
        ],
        parties=[
            shapes.PositivePartyOut(
                party.value, maybe_time(entry, told.at if (told := state.told(party)) else None),
                maybe_time(entry, said.at if (said := state.confirmation(party)) else None),
            )
            for party in PARTIES[t.kind]
        ],
        samples=[
            shapes.PositiveSampleOut(
                s.barcode, s.second, s.known, _word(s.result) if s.result else None, maybe_time(entry, s.result_at)
            )
            for s in t.samples
        ],
        origin=t.origin, led_to=list(t.led_to),
        closed_at=maybe_time(entry, state.closed.at if state.closed else None),
        ending=state.closed.how.value if state.closed else None, turns=state.turns,
        events=[_event(entry, event) for event in t.events],
    )  # fmt: skip


def _event(entry: Entry, e: Event) -> shapes.PositiveEventOut:
    return shapes.PositiveEventOut(
        e.step.value, local_time(entry, e.at), local_time(entry, e.recorded_at), e.by,
        _word(e.result) if e.result else None, e.persons, [party.value for party in e.parties], list(e.barcodes),
        e.second, e.note,
    )  # fmt: skip


def _word(result: Result) -> str:
    """The result as the contract spells it."""
    return result.name.lower()
