"""Capacity matching: plans tried, proposed, saved, confirmed and applied. The page uses the same endpoints.

A trial changes nothing. What it starts from is the present of the place at the version shown, kept for a few places:
a slider that is dragged asks many times a minute.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import matching_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, local_time, maybe_time, read_number, read_object, refused
from api.problems import Problem, language
from components.matching import Board, board
from data.database import Database
from data.ingest.matching import Planner, Recorded, UnknownPlan, do_step, save_plan
from data.matching_record import SavedPlan, saved_plans
from data.queries.matching import MatchingDesk, matching_desk
from data.queries.moment import Moment
from domain.assignment import Proposals, propose
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.matching import Break, LabOutcome, Outcome, Trial, glance, outcome, try_plan, window_of
from domain.matching_picture import MatchingPicture
from domain.matching_plan import Known, Plan, Step, needs, read_plan, read_step, write_plan
from domain.overview import Interval
from domain.permissions import Action
from domain.places import Place
from domain.values import read_text
from views.drawings import to_json

KEPT = 8
"""Presents a worker keeps."""

SECOND = (Step.REVIEWED, Step.APPLIED)
"""What a second person does, who may be one that signs and does not plan."""


@dataclass(slots=True)
class _Present:
    """The present of a place at one version, and what could be done about it once somebody has asked."""

    desk: MatchingDesk
    picture: MatchingPicture
    trial: Trial
    proposals: Proposals | None = None


class _Presents:
    """The presents of one worker, by campaign, place and version."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], _Present] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, entry: Entry, place: Place) -> _Present:
        """Raises `Problem` 404 where there is nothing to match."""
        minute = datetime.fromtimestamp(int(entry.now.timestamp()) // 60 * 60, UTC)
        key = (entry.row.id, entry.row.epoch, entry.row.revision, minute, place.code)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        desk = matching_desk(session, Moment(entry.tree, place, entry.row.revision, minute))
        if desk.picture is None or desk.trial is None:
            raise Problem(404, "not_found", "nothing_to_match")
        present = _Present(desk, desk.picture, desk.trial)
        with self._lock:
            self._kept[key] = present
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return present

    def proposals(self, present: _Present) -> Proposals:
        """What could be done about it, computed when first asked for."""
        if present.proposals is None:
            present.proposals = propose(present.picture, present.trial.before)
        return present.proposals


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/matching` of a campaign."""
    api = Blueprint("api_matching", __name__, url_prefix="/api/v1/campaigns/<campaign_id>/matching")
    presents = _Presents()

    @api.get("/plans")
    def list_plans(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            plans = saved_plans(session, campaign_id, [place.id])
            return answer(
                shapes.PlansOut(place.code, entry.row.revision, local_time(entry, entry.now),
                                [_saved(entry, saved) for saved in plans])
            )  # fmt: skip

    @api.post("/trial")
    def post_trial(campaign_id: str) -> Response:
        body = read_object('{"plan": {...}}')
        with database.read() as session:
            entry = _enter_to_try(session, campaign_id, clock)
            place = entry.scope(_scope(body))
            present = presents.of(session, entry, place)
        try:
            plan = read_plan(body.get("plan") or {}, _known(entry, present.picture))
        except Refused as refusal:
            raise refused(entry, refusal) from None
        against, opened = (_numbered(present.desk, body, name) for name in ("against", "opened"))
        trial = _try(present, plan, against)
        proposals = presents.proposals(present)
        drawn = None
        # Where no town sends tubes there is nothing to adjust, and no panel for it.
        if body.get("draw") and present.picture.towns:
            tree = board(Board(present.desk, present.picture, trial, proposals, opened, against), language())
            drawn = msgspec.Raw(to_json(tree))
        return answer(_trial(entry, place, trial, proposals, drawn))

    @api.post("/plans")
    def post_plan(campaign_id: str) -> Response:
        body = read_object('{"plan": {...}}')
        with database.read() as session:
            entry = enter(session, campaign_id, Action.PLAN_CAPACITY, clock)
            place = entry.scope(_scope(body))
            present = presents.of(session, entry, place)
        try:
            key = read_text("key", body.get("key"), 180)
            if not key:
                raise Refused("key", Code.MISSING_FIELD)
            plan = read_plan(body.get("plan") or {}, _known(entry, present.picture))
            if not plan:
                raise Refused("plan", Code.MISSING_FIELD, detail="empty_plan")
            gains = _gains(present.picture, plan)
            done = save_plan(database, campaign_id, place, key, plan, gains, _planner(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        return _done(campaign_id, done)

    @api.post("/plans/steps")
    def post_step(campaign_id: str) -> Response:
        body = read_object('{"plan": {...}}')
        number = read_number(body)
        with database.read() as session:
            entry = _enter_to_try(session, campaign_id, clock)
        try:
            claim = read_step(body)
            if claim.step not in SECOND and not entry.caller.may(Action.PLAN_CAPACITY):
                raise Problem(403, "forbidden", "may_not_plan")
            done = do_step(database, campaign_id, number, claim, _planner(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        except UnknownPlan:
            raise Problem(404, "not_found", "unknown_plan", number=number) from None
        return _done(campaign_id, done)

    def _done(campaign_id: str, done: Recorded) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            saved = next(plan for plan in saved_plans(session, campaign_id) if plan.number == done.number)
            return answer(shapes.PlanDoneOut(done.unchanged, done.revision, _saved(entry, saved)))

    return api


def _enter_to_try(session: Session, campaign_id: str, clock: Clock) -> Entry:
    """Whoever plans, and whoever may be the second person, may try. Raises `Problem`."""
    entry = enter(session, campaign_id, Action.DESK, clock)
    if not entry.caller.may(Action.PLAN_CAPACITY) and not entry.caller.may(Action.SIGN_BULLETIN):
        raise Problem(403, "forbidden", "may_not_plan")
    return entry


def _planner(entry: Entry) -> Planner:
    caller = entry.caller
    return Planner(entry.sender(), caller.shown or caller.name, caller.account_id)


def _scope(body: dict[str, Any]) -> str | None:
    scope = body.get("scope")
    if scope is not None and not isinstance(scope, str):
        raise bad_parameter("scope", str(scope), "440607")
    return scope


def _known(entry: Entry, picture: MatchingPicture) -> Known:
    towns = {town.place.code: frozenset(site.code for site in town.sites) for town in picture.towns}
    labs = frozenset(lab.lab.code for lab in picture.labs)
    return Known(towns, labs, entry.now, max(entry.tree.campaign.deadline, entry.now))


def _numbered(desk: MatchingDesk, body: dict[str, Any], name: str) -> SavedPlan | None:
    """The saved plan a body names. Raises `Problem` 404."""
    number = body.get(name)
    if number is None:
        return None
    found = next((saved for saved in desk.plans if saved.number == number and not isinstance(number, bool)), None)
    if found is None:
        raise Problem(404, "not_found", "unknown_plan", number=number)
    return found


def _try(present: _Present, plan: Plan, against: SavedPlan | None) -> Trial:
    if against is None:
        return try_plan(present.picture, plan) if plan else present.trial
    window = window_of(present.picture, plan or against.plan)
    return Trial(plan, window, outcome(present.picture, against.plan, window), outcome(present.picture, plan, window))


def _gains(picture: MatchingPicture, plan: Plan) -> dict[str, int]:
    before, after = glance(picture, Plan()), glance(picture, plan)
    return {"minutes": round(before.clear - after.clear), "fewer": round(before.over - after.over)}


# -- out


def _trial(
    entry: Entry, place: Place, trial: Trial, proposals: Proposals, drawn: msgspec.Raw | None
) -> shapes.TrialOut:
    return shapes.TrialOut(
        scope=place.code,
        revision=entry.row.revision,
        as_of=local_time(entry, entry.now),
        window=[local_time(entry, at) for at in trial.window],
        before=_outcome(entry, trial.before),
        after=_outcome(entry, trial.after),
        proposals=[
            shapes.ProposalOut(row.kind.value, write_plan(row.plan), row.minutes, row.fewer, row.accounts,
                               round(row.kilometres, 1) if row.kilometres is not None else None, row.locked)
            for row in proposals.rows
        ],
        drawn=drawn,
    )  # fmt: skip


def _outcome(entry: Entry, seen: Outcome) -> shapes.OutcomeOut:
    return shapes.OutcomeOut(
        clear=_interval(entry, seen.clear),
        last_lab=seen.last.code if seen.last else None,
        over=seen.over,
        peak=round(seen.peak),
        peak_at=local_time(entry, seen.peak_at),
        labs=[_lab(entry, lab) for lab in seen.labs],
        towns=[shapes.TownOutcomeOut(town.place.code, _break(entry, town.collect)) for town in seen.towns],
    )


def _lab(entry: Entry, lab: LabOutcome) -> shapes.LabOutcomeOut:
    return shapes.LabOutcomeOut(
        lab=lab.lab.code,
        rate=round(lab.rate) if math.isfinite(lab.rate) else None,
        inflow=round(lab.inflow),
        idle=round(lab.idle),
        clear=_interval(entry, lab.clear),
        longest_minutes=round(lab.longest),
        transit=_break(entry, lab.transit),
        test=_break(entry, lab.test),
        report=_break(entry, lab.report),
        task_share=round(lab.task_share, 3) if lab.task_share is not None else None,
        hours=[
            shapes.LabHourOut(local_time(entry, hour.start), round(hour.arrived), round(hour.queue),
                              round(hour.idle_hours, 2))
            for hour in lab.hours
        ],
    )  # fmt: skip


def _interval(entry: Entry, interval: Interval | None) -> shapes.IntervalOut | None:
    if interval is None:
        return None
    return shapes.IntervalOut(*(local_time(entry, at) for at in (interval.p10, interval.p50, interval.p90)))


def _break(entry: Entry, broken: Break) -> shapes.BreakOut:
    return shapes.BreakOut(broken.tubes, maybe_time(entry, broken.at))


def _saved(entry: Entry, saved: SavedPlan) -> shapes.SavedPlanOut:
    standing, place = saved.standing, entry.tree.by_id[saved.place_id]
    found = []
    for need, subject in needs(saved.plan):
        event = standing.confirmed.get((need, subject))
        found.append(
            shapes.NeedOut(need.value, subject, event.by if event else None, event.note if event else None,
                           maybe_time(entry, event.at if event else None))
        )  # fmt: skip
    return shapes.SavedPlanOut(
        saved.number, place.code, write_plan(saved.plan), local_time(entry, saved.saved_at),
        saved.by, standing.state.value, found, standing.lacks, standing.turns,
    )  # fmt: skip
