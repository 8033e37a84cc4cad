"""Plans of capacity matching: saved, confirmed, reviewed, applied, withdrawn; and calls for support."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.registry import bind
from data.ingest.reports import district_of
from data.matching_record import event_of, events_of
from data.models import CampaignRow, LabBinding, LabRow, MatchingEvent, MatchingPlan, SupportCall
from data.queries.matching import matching_picture
from data.queries.moment import Moment
from data.tube_books import Books
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.matching import LabOutcome, calls_support, outcome, window_of
from domain.matching_plan import Claim, Event, Plan, State, Step, check, fold, stored_plan, write_plan
from domain.places import Level, Place, PlaceTree

MAX_NAME = 100

QUARTER = 15 * 60
"""Seconds between two looks at the day's task."""


class UnknownPlan(LookupError):
    """The campaign has no plan of that number."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Who plans: as the audit names it and how far it reaches, how pages name the person, and whose account it is."""

    sender: Sender
    shown: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the plan's number, whether it was on record already, the revision that holds it."""

    number: int
    unchanged: bool
    revision: int


def save_plan(
    database: Database,
    campaign_id: str,
    place: Place,
    key: str,
    plan: Plan,
    gains: Mapping[str, Any],
    planner: Planner,
    clock: Clock,
) -> Recorded:
    """Keep a plan as it is. Raises `Refused`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now, tree = campaigns.now_for(row, clock()), campaigns.tree_of(session, row)
        content = write_plan(plan)
        p = MatchingPlan
        known = session.scalar(sa.select(p).where(p.campaign_id == row.id, p.key == key))
        if known is not None:
            if known.place_id == place.id and dict(known.content) == content:
                return Recorded(known.number, True, row.revision)
            raise Refused("key", Code.CONFLICT, key, detail="plan_key")
        number = 1 + (session.scalar(sa.select(sa.func.max(p.number)).where(p.campaign_id == row.id)) or 0)
        saved = MatchingPlan(
            campaign_id=row.id, district_id=district_of(tree, place), place_id=place.id, number=number, key=key,
            content=content, gains=dict(gains), recorded_at=now,
        )  # fmt: skip
        session.add(saved)
        session.flush()
        event = Event(Step.SAVED, now, planner.shown[:MAX_NAME], planner.account_id)
        return _add(session, row, saved, event, f"saved:{key}"[:200], planner, {"place": place.code})


def do_step(
    database: Database, campaign_id: str, number: int, claim: Claim, planner: Planner, clock: Clock
) -> Recorded:
    """Let something happen to plan `number`. Raises `Refused`, `UnknownPlan`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now, tree = campaigns.now_for(row, clock()), campaigns.tree_of(session, row)
        p, e = MatchingPlan, MatchingEvent
        saved = session.scalar(sa.select(p).where(p.campaign_id == row.id, p.number == number))
        if saved is None:
            raise UnknownPlan(number)
        if not permissions.within(planner.sender.place(tree), tree.by_id[saved.place_id]):
            raise Refused("step", Code.OUT_OF_SCOPE, number, detail="plan_place")
        known = session.scalar(sa.select(e).where(e.campaign_id == row.id, e.key == claim.key))
        if known is not None:
            held = event_of(known)
            said = (known.plan_id, held.step, held.need, held.subject, held.note)
            if said == (saved.id, claim.step, claim.need, claim.subject, claim.note):
                return Recorded(number, True, row.revision)
            raise Refused("key", Code.CONFLICT, claim.key, detail="plan_key")
        events = events_of(session, saved)
        plan = stored_plan(saved.content)
        standing = fold(plan, events)
        if claim.seen not in (None, standing.turns):
            last = events[-1]
            at = f"{tree.campaign.local(last.at):%H:%M}"
            raise Refused("seen", Code.CONFLICT, claim.seen, detail="plan_moved", by=last.by, at=at)
        event = Event(claim.step, max(now, events[-1].at), planner.shown[:MAX_NAME], planner.account_id, claim.need,
                      claim.subject, claim.note)  # fmt: skip
        check(plan, standing, event)
        details: dict[str, object] = {}
        if claim.step is Step.APPLIED:
            details["bound"] = _bind_anew(session, row, tree, plan)
        elif claim.step is Step.WITHDRAWN and standing.state is State.APPLIED:
            details["unbound"] = _bind_back(session, row, tree, plan)
        return _add(session, row, saved, event, claim.key, planner, details)


def _add(
    session: Session,
    row: CampaignRow,
    saved: MatchingPlan,
    event: Event,
    key: str,
    planner: Planner,
    details: Mapping[str, object],
) -> Recorded:
    about = {"subject": event.subject} if event.subject else {}
    revision = campaigns.change(
        session, row, actor=planner.sender.name, action=f"matching.{event.step}",
        details={"number": saved.number, **about, **details}, now=event.at, structure="bound" in details,
    )  # fmt: skip
    session.add(
        MatchingEvent(
            campaign_id=row.id, district_id=saved.district_id, plan_id=saved.id, key=key, step=event.step.value,
            need=event.need.value if event.need else None, subject=event.subject, note=event.note, by_name=event.by,
            account_id=event.account_id, actor=planner.sender.name, recorded_at=event.at, revision=revision,
        )
    )  # fmt: skip
    session.flush()
    return Recorded(saved.number, False, revision)


def _bind_anew(session: Session, row: CampaignRow, tree: PlaceTree, plan: Plan) -> list[str]:
    """Bind the accounts of the moved places from the stated hours on; answers their codes.

    A site that had no binding of its own gets its town's up to then first: a first binding says of all time before it
    where tubes were bound for.
    """
    labs = dict(session.execute(sa.select(LabRow.code, LabRow.id).where(LabRow.campaign_id == row.id)).all())
    books = Books(session, row, tree)
    own = _bound_places(session, row)
    bound = []
    for move in plan.moves:
        town = tree.by_code[move.town]
        moved = [tree.by_code[code] for code in move.sites]
        if not moved:
            moved = [town, *(site for site in tree.sites(town) if site.id in own)]
        for place in moved:
            if place.id not in own:
                expected = books.expected(place.id, int(move.at.timestamp()))
                if expected is not None:
                    bind(session, row, place.id, expected, row.starts_at)
            if bind(session, row, place.id, labs[move.lab], move.at):
                bound.append(place.code)
    return bound


def _bind_back(session: Session, row: CampaignRow, tree: PlaceTree, plan: Plan) -> list[str]:
    """Undo the same before its hour: bindings that never came into force are taken away, those they ended go on."""
    b = LabBinding
    unbound = []
    for move in plan.moves:
        town = tree.by_code[move.town]
        places = [tree.by_code[code] for code in move.sites] or [town, *tree.sites(town)]
        for place in places:
            query = sa.select(b).where(b.campaign_id == row.id, b.place_id == place.id).order_by(b.valid_from, b.id)
            bindings = list(session.scalars(query))
            made = next((one for one in bindings if one.valid_from == move.at), None)
            if made is None:
                continue
            before = next((one for one in bindings if one.valid_to == move.at), None)
            if before is not None:
                before.valid_to = made.valid_to
            session.delete(made)
            left = [one for one in bindings if one is not made]
            if place.level is Level.SITE and len(left) == 1 and left[0].valid_from == row.starts_at:
                session.delete(left[0])
            unbound.append(place.code)
    session.flush()
    return unbound


def _bound_places(session: Session, row: CampaignRow) -> set[int]:
    return set(session.scalars(sa.select(LabBinding.place_id).where(LabBinding.campaign_id == row.id).distinct()))


class SupportWatch:
    """Looks at the day's task of the laboratories when something has come in, once a quarter of an hour for each
    campaign and process: nothing has to tick for it, and no flood of events waits for it."""

    def __init__(self) -> None:
        self._looked: dict[str, int] = {}

    def look(self, database: Database, campaign_id: str, now: datetime) -> None:
        """Look unless somebody has in this quarter of the campaign's time `now`. Raises
        `campaigns.UnknownCampaign`."""
        quarter = int(now.timestamp()) // QUARTER
        if self._looked.get(campaign_id) == quarter:
            return
        self._looked[campaign_id] = quarter
        # Of a city that takes a good part of a second: nobody who writes waits for it.
        with database.read() as session:
            row = campaigns.find(session, campaign_id)
            tree = campaigns.tree_of(session, row)
            calls = _calls(session, row, tree, now)
        if calls:
            with database.write() as session:
                _say(session, campaigns.lock(session, campaign_id), tree, calls, now)


def say_support(session: Session, row: CampaignRow, tree: PlaceTree, now: datetime) -> int:
    """Call for the next level of support for every laboratory whose day takes more than its share of capacity, each
    once a day, within the caller's transaction and campaign lock; answers how many calls are new."""
    return _say(session, row, tree, _calls(session, row, tree, now), now)


def _called(session: Session, row: CampaignRow, tree: PlaceTree, now: datetime) -> set[int]:
    """The laboratories for which support was called today."""
    c = SupportCall
    query = sa.select(c.lab_id).where(c.campaign_id == row.id, c.day == _day(tree, now))
    return set(session.scalars(query))


def _day(tree: PlaceTree, now: datetime) -> str:
    return tree.campaign.local(now).date().isoformat()


def _calls(session: Session, row: CampaignRow, tree: PlaceTree, now: datetime) -> list[LabOutcome]:
    """The laboratories whose day takes more than its share of capacity, and nobody has said so today."""
    if not tree.roots:
        return []
    said = _called(session, row, tree, now)
    able = session.scalars(
        sa.select(LabRow.id).where(LabRow.campaign_id == row.id, LabRow.capacity_per_day.is_not(None))
    )
    if said.issuperset(able):
        return []
    picture = matching_picture(session, Moment(tree, tree.roots[0], row.revision, now))
    if picture is None:
        return []
    found = outcome(picture, Plan(), window_of(picture, Plan()))
    return [
        lab for lab in found.labs
        if lab.lab.id not in said and calls_support(lab.task_share, tree.campaign.limits)
    ]  # fmt: skip


def _say(session: Session, row: CampaignRow, tree: PlaceTree, found: Sequence[LabOutcome], now: datetime) -> int:
    """Write down the calls, but for those that somebody else was quicker with."""
    said = _called(session, row, tree, now) if found else set()
    calls = [lab for lab in found if lab.lab.id not in said]
    if not calls:
        return 0
    revision = campaigns.change(
        session, row, actor="prediction", action="matching.support", now=now,
        details={"labs": [lab.lab.code for lab in calls]},
    )  # fmt: skip
    homes = dict(session.execute(sa.select(LabRow.id, LabRow.home_id).where(LabRow.campaign_id == row.id)).all())
    for lab in calls:
        home = tree.by_id.get(homes.get(lab.lab.id) or 0, tree.roots[0])
        session.add(
            SupportCall(
                campaign_id=row.id, lab_id=lab.lab.id, day=_day(tree, now), district_id=district_of(tree, home),
                task=round(lab.task), capacity=lab.lab.capacity_per_day or 0, share=lab.task_share or 0.0,
                said_at=now, revision=revision,
            )
        )  # fmt: skip
    session.flush()
    return len(calls)
