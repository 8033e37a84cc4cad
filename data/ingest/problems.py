"""Information problems: opened, and everything that is done to one until it is solved. Facts are only added."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.reports import district_of
from data.models import CampaignRow, ModeChangeRow, ProblemEvent, ProblemRow
from data.stored_problems import columns_of, event_of, events_of
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import Level, Place, PlaceTree
from domain.problem_claims import Opening, StepClaim
from domain.problems import Event, Step, begin, check, fold, follow

MAX_NAME = 100


class UnknownProblem(LookupError):
    """The campaign has no problem of that number."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to a problem: as the audit names it and how far it reaches (`sender`), at which level, how
    pages name the person. A laboratory has no level; `lab` is its code."""

    sender: Sender
    level: Level | None
    shown: str
    account_id: int | None = None
    lab: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the problem's number, whether it was on record already, the revision that holds it."""

    number: int
    unchanged: bool
    revision: int


def open_problem(database: Database, campaign_id: str, opening: Opening, actor: Actor, clock: Clock) -> Recorded:
    """Open a problem. Raises `Refused`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_opening(session, row, tree, opening, actor, campaigns.now_for(row, clock()))


def do_step(
    database: Database, campaign_id: str, number: int, claim: StepClaim, actor: Actor, clock: Clock
) -> Recorded:
    """Do something to problem `number`. Raises `Refused`, `UnknownProblem`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_step(session, row, tree, number, claim, actor, campaigns.now_for(row, clock()))


def record_opening(
    session: Session, row: CampaignRow, tree: PlaceTree, opening: Opening, actor: Actor, now: datetime
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    place = _place(tree, opening, actor)
    start = actor.level or Level.DISTRICT
    to = Level.TOWN if start is Level.SITE and not opening.keep else start
    known = _known(session, row.id, opening.key)
    if known is not None:
        sent, problem = known
        same = (problem.place_id, problem.lab, problem.kind, problem.effect, problem.note, sent.step, sent.to)
        if same == (place.id, actor.lab, opening.kind, opening.effect, opening.note, Step.OPENED, to):
            return Recorded(problem.number, True, row.revision)
        raise Refused("key", Code.CONFLICT, opening.key, detail="problem_key")
    event = Event(Step.OPENED, start, now, actor.shown[:MAX_NAME], actor.account_id, opening.note, to=to)
    number = 1 + (session.scalar(sa.select(sa.func.max(ProblemRow.number)).filter_by(campaign_id=row.id)) or 0)
    mode = _mode(session, row.id, place)
    problem = ProblemRow(
        campaign_id=row.id, district_id=district_of(tree, place), number=number, place_id=place.id, lab=actor.lab,
        kind=opening.kind.value, effect=opening.effect.value, note=opening.note,
        began_at=now - timedelta(minutes=opening.began_minutes), mode=mode.mode if mode else None,
        entrance=mode.entrance if mode else None, latency_ms=opening.latency_ms, **columns_of(begin(event)),
    )  # fmt: skip
    session.add(problem)
    session.flush()
    return _add(session, row, problem, event, opening.key, actor, {"kind": opening.kind, "place": place.code})


def record_step(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    number: int,
    claim: StepClaim,
    actor: Actor,
    now: datetime,
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    problem = session.scalar(sa.select(ProblemRow).filter_by(campaign_id=row.id, number=number))
    if problem is None:
        raise UnknownProblem(number)
    if not reaches(actor, tree, problem):
        raise Refused("step", Code.OUT_OF_SCOPE, number, detail="problem_place")
    known = _known(session, row.id, claim.key)
    if known is not None:
        sent = known[0]
        same = (sent.problem_id, sent.step, sent.note, sent.remedy, sent.vendor, sent.ticket)
        if same == (problem.id, claim.step, claim.note, claim.remedy, claim.vendor, claim.ticket):
            return Recorded(number, True, row.revision)
        raise Refused("key", Code.CONFLICT, claim.key, detail="problem_key")
    if actor.level is None and claim.step not in (Step.COMMENTED, Step.REOPENED):
        raise Refused("step", Code.OUT_OF_SCOPE, claim.step, detail="problem_held")
    events = events_of(session, row.id, [problem.id])[problem.id]
    limits = tree.campaign.limits
    state = fold(events, limits)
    event = Event(
        claim.step, actor.level or Level.DISTRICT, max(now, events[-1].at), actor.shown[:MAX_NAME], actor.account_id,
        claim.note, claim.remedy, claim.vendor, claim.ticket,
    )  # fmt: skip
    if claim.step is not Step.COMMENTED and claim.seen not in (None, state.turns):
        # Said before anything else: that somebody was first explains whatever no longer fits.
        last = next(earlier for earlier in reversed(events) if earlier.step is not Step.COMMENTED)
        at = f"{tree.campaign.local(last.at):%H:%M}"
        raise Refused("seen", Code.CONFLICT, claim.seen, detail="problem_moved", by=last.by, at=at)
    check(state, event)
    for name, value in columns_of(follow(state, event, limits)).items():
        setattr(problem, name, value)
    return _add(session, row, problem, event, claim.key, actor, {})


def reaches(actor: Actor, tree: PlaceTree, problem: ProblemRow) -> bool:
    """Whether the problem lies in what `actor` may see. A laboratory sees its own."""
    if actor.level is None:
        return problem.lab == actor.lab
    return permissions.within(actor.sender.place(tree), tree.by_id[problem.place_id])


def _place(tree: PlaceTree, opening: Opening, actor: Actor) -> Place:
    """Where the problem is: what the opening names, else the sender's own place; a laboratory's is the district's."""
    if actor.level is None:
        return next(tree.each(Level.DISTRICT), tree.roots[0])
    home = actor.sender.place(tree)
    if not opening.place:
        return home or tree.roots[0]
    place = tree.by_code.get(opening.place)
    if place is None:
        raise Refused("place", Code.UNKNOWN_PLACE, opening.place)
    if not permissions.within(home, place):
        raise Refused("place", Code.OUT_OF_SCOPE, opening.place)
    return place


def _known(session: Session, campaign_id: str, key: str) -> tuple[ProblemEvent, ProblemRow] | None:
    query = (
        sa.select(ProblemEvent, ProblemRow)
        .join(ProblemRow, (ProblemRow.id == ProblemEvent.problem_id) & (ProblemRow.campaign_id == campaign_id))
        .where(ProblemEvent.campaign_id == campaign_id, ProblemEvent.key == key)
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found is not None else None


def _mode(session: Session, campaign_id: str, place: Place) -> ModeChangeRow | None:
    """What the site works with now; it goes along unasked."""
    m = ModeChangeRow
    return session.scalar(
        sa.select(m).where(m.campaign_id == campaign_id, m.site_id == place.id, m.current).order_by(m.id.desc())
    )


def _add(
    session: Session,
    row: CampaignRow,
    problem: ProblemRow,
    event: Event,
    key: str,
    actor: Actor,
    details: dict[str, object],
) -> Recorded:
    revision = campaigns.change(
        session, row, actor=actor.sender.name, action=f"problem.{event.step}",
        details={"number": problem.number, **details}, now=event.at,
    )  # fmt: skip
    added = ProblemEvent(
        campaign_id=row.id, district_id=problem.district_id, problem_id=problem.id, key=key, step=event.step.value,
        level=event.level.value, to=event.to.value if event.to else None, note=event.note,
        remedy=event.remedy.value if event.remedy else None, vendor=event.vendor, ticket=event.ticket,
        by_name=event.by, account_id=event.account_id, actor=actor.sender.name, recorded_at=event.at,
        revision=revision,
    )  # fmt: skip
    session.add(added)
    session.flush()
    assert event_of(added) == event
    return Recorded(problem.number, False, revision)
