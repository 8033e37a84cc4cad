"""Tasks from results: opened, corrected and ended by the results of tubes; everything people do about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.problems import MAX_NAME, Actor
from data.ingest.reports import district_of
from data.models import CampaignRow, LabRow, PositiveEvent, PositiveResample, PositiveTask, TubeRow
from data.queries.open_positives import Row, look_at, place_of, rows_of
from data.stored_positives import columns_of, events_of, keep
from data.stored_reports import batched_list
from data.tube_corrections import aliases_of
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.positive_claims import StepClaim
from domain.positive_standing import check
from domain.positives import FOLLOWED, PARTIES, Event, Step, fold
from domain.positives import follow as state_after
from domain.tube_events import Result
from domain.tubes import Tube

RULE = "rule"
"""Who the record says did what a tube's result did by itself."""


class UnknownTask(LookupError):
    """The campaign has no task of that number."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A tube whose result another one came to be: what a laboratory's word may set going."""

    barcode: str
    before: Result | None
    after: Result
    tube: Tube


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the task's number, whether it was on record already, the revision that holds it."""

    number: int
    unchanged: bool
    revision: int


# -- by results


def follow(session: Session, row: CampaignRow, tree: PlaceTree, changed: Sequence[Changed], now: datetime) -> None:
    """Open, correct or end the tasks of tubes whose result has changed, within the caller's transaction and campaign
    lock. One task for each tube; where no result needs one, nothing is even asked."""
    wanted = [change for change in changed if change.after in FOLLOWED or change.before in FOLLOWED]
    if not wanted:
        return
    tasks = _tasks_of(session, row.id, [change.barcode for change in wanted])
    number = session.scalar(sa.select(sa.func.max(PositiveTask.number)).filter_by(campaign_id=row.id)) or 0
    added: list[tuple[PositiveTask, Event]] = []
    opened = 0
    for change in sorted(wanted, key=lambda change: (change.tube.result_at or 0, change.barcode)):
        task, tube = tasks.get(change.barcode), change.tube
        if task is None:
            if change.after not in FOLLOWED:
                continue
            number, opened = number + 1, opened + 1
            site_id = tube.site or tube.named_site
            task = PositiveTask(
                campaign_id=row.id, district_id=district_of(tree, place_of(tree, site_id)), number=number,
                barcode=change.barcode, site_id=site_id, lab_id=tube.lab, result=int(change.after), alarmed=False,
                turns=0,
            )  # fmt: skip
            session.add(task)
        elif task.result == change.after:
            continue
        at = datetime.fromtimestamp(tube.result_at or 0, UTC)
        added.append((task, Event(Step.RESULT, at, now, result=change.after)))
    if not added:
        return
    session.flush()
    # Which tube, and what it says, is not for everybody who reads the audit.
    details = {"tasks": [task.number for task, _ in added], "opened": opened}
    revision = campaigns.change(session, row, actor=RULE, action="positive.result", details=details, now=now)
    known = events_of(session, row.id, [task.id for task, _ in added])
    for task, event in added:
        known[task.id].append(event)
        keep(task, fold(known[task.id]))
        session.add(_row_of(row, task, event, None, RULE, revision))
    session.flush()


def _tasks_of(session: Session, campaign_id: str, barcodes: Sequence[str]) -> dict[str, PositiveTask]:
    """The tasks of these tubes. One that was opened under a misread barcode is the right tube's."""
    right = {barcode: barcode for barcode in barcodes}
    right |= {wrong: code for wrong, code in aliases_of(session, campaign_id).items() if code in right}
    t = PositiveTask
    found: dict[str, PositiveTask] = {}
    for part in batched_list(right):
        query = sa.select(t).where(t.campaign_id == campaign_id, t.barcode.in_(part)).order_by(t.number)
        for task in session.scalars(query):
            found.setdefault(right[task.barcode], task)
    return found


# -- by people


def do_step(
    database: Database, campaign_id: str, number: int, claim: StepClaim, actor: Actor, clock: Clock
) -> Recorded:
    """Do something about task `number`. Raises `Refused`, `UnknownTask`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_step(session, row, tree, number, claim, actor, campaigns.now_for(row, clock()))


def record_step(
    session: Session, row: CampaignRow, tree: PlaceTree, number: int, claim: StepClaim, actor: Actor, now: datetime
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    rows = rows_of(session, tree, number=number)
    if not rows:
        raise UnknownTask(number)
    (found,) = rows
    task = found.task
    if not reaches(session, actor, tree, found):
        raise Refused("step", Code.OUT_OF_SCOPE, number, detail="positive_place")
    if _is_known(session, row.id, claim, task):
        return Recorded(number, True, row.revision)
    (looked,) = look_at(session, tree, rows, now)
    state = looked.state
    if claim.step is not Step.COMMENTED and claim.seen not in (None, state.turns):
        # Said before anything else: that somebody was first explains whatever no longer fits.
        last = next(earlier for earlier in reversed(looked.events) if earlier.step is not Step.COMMENTED)
        at = f"{tree.campaign.local(last.recorded_at):%H:%M}"
        raise Refused("seen", Code.CONFLICT, claim.seen, detail="positive_moved", at=at)
    event = Event(
        claim.step, now - timedelta(minutes=claim.minutes_ago), now, actor.shown[:MAX_NAME], actor.account_id,
        bool(actor.lab), None, claim.persons,
        PARTIES[looked.standing.kind] if claim.step is Step.NOTIFIED else (claim.party,) if claim.party else (),
        claim.barcodes, claim.second, claim.note,
    )  # fmt: skip
    check(state, looked.standing, task.barcode, event)
    _link(session, row.id, task, event)
    keep(task, state_after(state, event))
    revision = campaigns.change(
        session, row, actor=actor.sender.name, action=f"positive.{event.step}", details={"number": number}, now=now
    )
    session.add(_row_of(row, task, event, claim.key, actor.sender.name, revision))
    session.flush()
    return Recorded(number, False, revision)


def reaches(session: Session, actor: Actor, tree: PlaceTree, found: Row) -> bool:
    """Whether the task lies in what `actor` may see. A laboratory sees those whose result it found."""
    if actor.lab:
        query = sa.select(LabRow.id).where(LabRow.campaign_id == tree.campaign.id, LabRow.code == actor.lab)
        return found.lab_id is not None and found.lab_id == session.scalar(query)
    return permissions.within(actor.sender.place(tree), found.place)


def _is_known(session: Session, campaign_id: str, claim: StepClaim, task: PositiveTask) -> bool:
    """Whether the same was sent before. Raises `Refused` where the key was used for something else."""
    query = sa.select(PositiveEvent).filter_by(campaign_id=campaign_id, key=claim.key)
    sent = session.scalar(query)
    if sent is None:
        return False
    # A notification names the parties by itself, whoever sends it.
    party = claim.party.value if claim.party else "" if claim.step is not Step.NOTIFIED else sent.parties
    said = (task.id, claim.step, claim.persons, party, " ".join(claim.barcodes), claim.second, claim.note)
    if said == (sent.task_id, sent.step, sent.persons, sent.parties, sent.barcodes, sent.second, sent.note):
        return True
    raise Refused("key", Code.CONFLICT, claim.key, detail="positive_key")


def _link(session: Session, campaign_id: str, task: PositiveTask, event: Event) -> None:
    """Keep which task a tube sampled again belongs to. Raises `Refused` for one that belongs to another, or that
    holds more than one person's sample."""
    if event.step is Step.UNLINKED:
        r = PositiveResample
        session.execute(sa.delete(r).where(r.campaign_id == campaign_id, r.barcode.in_(event.barcodes)))
    if event.step is not Step.LINKED:
        return
    r, t = PositiveResample, TubeRow
    other = session.scalar(
        sa.select(r.barcode).where(r.campaign_id == campaign_id, r.barcode.in_(event.barcodes)).limit(1)
    )
    if other is not None:
        raise Refused("barcodes", Code.CONFLICT, other, detail="positive_linked_elsewhere")
    pooled = session.scalar(
        sa.select(t.barcode)
        .where(t.campaign_id == campaign_id, t.barcode.in_(event.barcodes), sa.or_(t.persons > 1, t.pool_size > 1))
        .limit(1)
    )
    if pooled is not None:
        raise Refused("barcodes", Code.BAD_VALUE, pooled, detail="positive_pooled")
    for barcode in event.barcodes:
        session.add(
            PositiveResample(campaign_id=campaign_id, barcode=barcode, task_id=task.id, district_id=task.district_id)
        )


def _row_of(
    row: CampaignRow, task: PositiveTask, event: Event, key: str | None, actor: str, revision: int
) -> PositiveEvent:
    return PositiveEvent(
        campaign_id=row.id, district_id=task.district_id, task_id=task.id, key=key, actor=actor, revision=revision,
        **columns_of(event),
    )  # fmt: skip
