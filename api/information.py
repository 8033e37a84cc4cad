"""Information problems and registration modes: opened, handled, set, listed. Pages use the same endpoints."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import information_schemas as shapes
from api.access import Entry, enter
from api.exchange import (
    answer,
    answer_batch,
    bad_parameter,
    is_number,
    local_time,
    maybe_time,
    read_body,
    read_number,
    refused,
)
from api.problems import Problem
from data.database import Database
from data.ingest.modes import set_modes
from data.ingest.problems import Actor, Recorded, UnknownProblem, do_step, open_problem, reaches
from data.queries.modes import mode_history, modes
from data.queries.problems import find_problem, problem_board
from domain.clock import Clock
from domain.errors import Refused
from domain.modes import ModeChange
from domain.permissions import Action, Role
from domain.places import Level
from domain.problem_board import Column
from domain.problem_board import Problem as InformationProblem
from domain.problem_claims import read_opening, read_step
from domain.problems import LEVEL_OF, Event, Step


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/problems`, `…/problems/steps` and `…/modes` of a campaign."""
    api = Blueprint("api_information", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/problems")
    def list_problems(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            number = request.args.get("number")
            if number is None:
                return answer(_board(session, entry))
            if not is_number(number):
                raise bad_parameter("number", number, "1, 2, 3 …")
            problem = _find(session, entry, int(number))
            return answer(_problems(entry, problem.place.code, (), [problem]))

    @api.post("/problems")
    def post_problem(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.OPEN_PROBLEMS, clock)
        try:
            opening = read_opening(read_body())
            done = open_problem(database, campaign_id, opening, actor_of(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        return _done(campaign_id, done)

    @api.post("/problems/steps")
    def post_step(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.OPEN_PROBLEMS, clock)
        body = read_body()
        number = read_number(body)
        try:
            claim = read_step(body)
            if claim.step not in (Step.COMMENTED, Step.REOPENED) and entry.caller.role is not Role.SITE:
                enter_to_handle(entry)
            done = do_step(database, campaign_id, number, claim, actor_of(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        except UnknownProblem:
            raise _unknown(number) from None
        return _done(campaign_id, done)

    def _done(campaign_id: str, done: Recorded) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.OPEN_PROBLEMS, clock)
            problem = _find(session, entry, done.number)
            return answer(shapes.ProblemDoneOut(done.unchanged, done.revision, _problem(entry, problem)))

    @api.get("/modes")
    def list_modes(campaign_id: str) -> Response:
        with database.read() as session:
            return answer(_modes(session, enter(session, campaign_id, Action.READ, clock)))

    @api.post("/modes")
    def post_modes(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.SET_MODES, clock)
        body = read_body()
        rows = body.get("modes") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise Problem(400, "bad_request", "not_list", expected='{"modes": [...]}')
        return answer_batch(entry, set_modes(database, campaign_id, rows, actor_of(entry), clock))

    return api


def actor_of(entry: Entry) -> Actor:
    """The caller as who handles problems and modes."""
    caller = entry.caller
    lab = caller.place if caller.role is Role.LAB else ""
    return Actor(entry.sender(), LEVEL_OF.get(caller.role), caller.shown or caller.name, caller.account_id, lab)


def enter_to_handle(entry: Entry) -> None:
    """Raise `Problem` 403 unless the caller may do more to a problem than open it and speak of it."""
    if not entry.caller.may(Action.HANDLE_PROBLEMS):
        raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)


def _unknown(number: int) -> Problem:
    return Problem(404, "not_found", "unknown_problem", number=number)


def _find(session: Session, entry: Entry, number: int) -> InformationProblem:
    """Problem `number`, if the caller may see it. Raises `Problem` 403 and 404."""
    root = entry.tree.roots[0] if entry.tree.roots else None
    found = find_problem(session, entry.moment(root), number) if root else None
    if found is None:
        raise _unknown(number)
    row, problem = found
    if not reaches(actor_of(entry) if entry.caller.role is Role.LAB else _reader(entry), entry.tree, row):
        raise Problem(403, "forbidden", "forbidden_place", place=problem.place.code)
    return problem


def _reader(entry: Entry) -> Actor:
    """The caller as who looks: how far that reaches does not depend on the level."""
    return Actor(entry.sender(), Level.SITE, entry.caller.shown)


def _board(session: Session, entry: Entry) -> shapes.InformationProblemsOut:
    """The board of the scope; of a laboratory, the problems it has opened itself."""
    if entry.caller.role is Role.LAB:
        board = problem_board(session, entry.moment(entry.tree.roots[0]))
        own = [p for column in board.columns for p in column.problems if p.lab == entry.caller.place]
        own += [p for p in board.solved if p.lab == entry.caller.place]
        return _problems(entry, entry.caller.place, (), own)
    place = entry.scope(request.args.get("scope"))
    board = problem_board(session, entry.moment(place))
    problems = [p for column in board.columns for p in column.problems] + list(board.solved)
    return _problems(entry, place.code, board.columns, problems)


def _problems(
    entry: Entry, scope: str, columns: tuple[Column, ...], problems: list[InformationProblem]
) -> shapes.InformationProblemsOut:
    return shapes.InformationProblemsOut(
        scope=scope,
        revision=entry.row.revision,
        as_of=local_time(entry, entry.now),
        columns=[
            shapes.ProblemColumnOut(
                c.level.value, c.total, c.solved, c.open, c.passed, c.came, c.by_rule, c.overdue,
                round(c.mean.total_seconds() / 60) if c.mean is not None else None,
            )
            for c in columns
        ],
        problems=[_problem(entry, problem) for problem in problems],
    )  # fmt: skip


def _problem(entry: Entry, p: InformationProblem) -> shapes.InformationProblemOut:
    return shapes.InformationProblemOut(
        number=p.number, place=p.place.code, place_name=p.place.name, lab=p.lab, kind=p.kind.value,
        effect=p.effect.value, note=p.note, status=p.state.status.value, start=p.state.start.value,
        level=p.standing.level.value, began_at=local_time(entry, p.began_at),
        opened_at=local_time(entry, p.state.opened_at),
        since=local_time(entry, p.standing.since), due_at=local_time(entry, p.standing.due_at),
        age_minutes=int(p.standing.age.total_seconds() // 60), overdue=p.standing.overdue,
        escalated_at=maybe_time(entry, p.standing.escalated_at), owner=p.state.owner, vendor=p.state.vendor,
        ticket=p.state.ticket, solved_at=maybe_time(entry, p.state.solved_at), solution=p.state.solution,
        remedy=p.state.remedy.value if p.state.remedy else None, reopened=p.state.reopened, turns=p.state.turns,
        mode=p.mode.value if p.mode else None, entrance=p.entrance, latency_ms=p.latency_ms,
        events=[_event(entry, event) for event in p.events],
    )  # fmt: skip


def _event(entry: Entry, e: Event) -> shapes.ProblemEventOut:
    return shapes.ProblemEventOut(
        e.step.value, e.level.value, local_time(entry, e.at), e.by, e.note, e.remedy.value if e.remedy else None,
        e.vendor, e.ticket,
    )  # fmt: skip


def _modes(session: Session, entry: Entry) -> shapes.ModesOut:
    place = entry.scope(request.args.get("scope"))
    seen = modes(session, entry.moment(place))
    history = mode_history(session, entry.tree, place) if place.level is Level.SITE else ()
    return shapes.ModesOut(
        scope=place.code,
        revision=entry.row.revision,
        as_of=local_time(entry, entry.now),
        cells=[
            shapes.ModeCellOut(
                cell.mode.value if cell.mode else None, len(cell.sites), maybe_time(entry, cell.since), cell.target,
                cell.last_hour,
            )
            for cell in seen.cells
        ],
        entrances=[shapes.EntranceOut(e.number, e.sites, maybe_time(entry, e.since)) for e in seen.entrances],
        capacity=seen.capacity,
        current=[_change(entry, s.change) for cell in seen.cells for s in cell.sites if s.change is not None],
        history=[_change(entry, change) for change in history],
    )  # fmt: skip


def _change(entry: Entry, c: ModeChange) -> shapes.ModeChangeOut:
    return shapes.ModeChangeOut(
        c.number, c.site.code, c.mode.value, c.entrance, local_time(entry, c.since), c.note, c.by,
        local_time(entry, c.recorded_at),
    )  # fmt: skip
