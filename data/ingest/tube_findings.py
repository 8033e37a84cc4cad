"""What people do to findings of the ledger: cause, owner, closing, a pair confirmed or denied. Facts are only added;
what follows for the tubes is done in the same transaction, by events and barcodes that stand for others."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.reports import district_of
from data.ingest.tubes import Writer, place, record, refold
from data.models import CampaignRow, FindingEvent, TubeAlias, TubeEvent, TubeWithdrawal
from data.queries.moment import Moment
from data.queries.tube_findings import find_finding
from data.stored_findings import Spoken, event_of, spoken_findings
from data.stored_reports import batched_list
from data.tube_books import books_of
from data.tube_corrections import withdrawn_of
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.finding_claims import StepClaim
from domain.places import PlaceTree
from domain.tube_events import Event as TubeFact
from domain.tube_events import Type
from domain.tube_findings import CORRECTIONS, ENDING, Event, Kind, State, Step, TubeFinding, check, same_content

MAX_NAME = 100


class UnknownFinding(LookupError):
    """There is no finding of that id and nobody has ever said anything about one."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to a finding: as the audit names it and how far it reaches (`sender`), how pages name the
    person. `lab` is a laboratory's code, which has no place."""

    sender: Sender
    shown: str
    account_id: int | None = None
    lab: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it. `corrected` tubes were voided or count again; `turns` is what to send as `seen` next."""

    finding: str
    unchanged: bool
    corrected: int
    turns: int
    revision: int


def do_step(database: Database, campaign_id: str, claim: StepClaim, actor: Actor, clock: Clock) -> Recorded:
    """Do something to a finding. Raises `Refused`, `UnknownFinding`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_step(session, row, tree, claim, actor, campaigns.now_for(row, clock()))


def record_step(
    session: Session, row: CampaignRow, tree: PlaceTree, claim: StepClaim, actor: Actor, now: datetime
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    if not tree.roots:
        raise UnknownFinding(claim.finding)
    event = Event(claim.step, now, actor.shown[:MAX_NAME], claim.cause, claim.note, claim.owner)
    known = session.scalar(sa.select(FindingEvent).filter_by(campaign_id=row.id, key=claim.key))
    said = spoken_findings(session, row.id, claim.finding).get(claim.finding)
    if known is not None:
        if known.finding == claim.finding and same_content(event_of(known), event) and said is not None:
            return Recorded(claim.finding, True, 0, said.state.turns, row.revision)
        raise Refused("key", Code.CONFLICT, claim.key, detail="finding_key")
    finding = find_finding(session, Moment(tree, tree.roots[0], row.revision, now), claim.finding)
    if finding is None and said is None:
        raise UnknownFinding(claim.finding)
    _check_reach(session, row, tree, actor, finding, said)
    state = _state(finding, said)
    if claim.step is not Step.COMMENTED and claim.seen not in (None, state.turns):
        raise Refused("seen", Code.CONFLICT, claim.seen, detail="finding_moved", by=state.by)
    if finding is None and claim.step not in (Step.COMMENTED, Step.REOPENED):
        raise Refused("step", Code.CONFLICT, claim.step, detail="finding_gone")
    kind = finding.kind if finding is not None else said.kind  # type: ignore[union-attr]
    check(kind, state, event)
    if finding is not None and claim.step in ENDING:
        event = replace(event, covers=frozenset(finding.barcodes), tubes=finding.tubes, persons=finding.persons or 0)
    corrected = _correct(session, row, tree, finding, said, state, event, actor, now)
    return _add(session, row, tree, claim, kind, finding, said, event, actor, corrected)


def _state(finding: TubeFinding | None, said: Spoken | None) -> State:
    """The state a new step meets: of a closing that more has come to since, an open one."""
    state = said.state if said is not None else State()
    return replace(state, ended=None, ended_at=None) if finding is not None and finding.open else state


def _check_reach(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    actor: Actor,
    finding: TubeFinding | None,
    said: Spoken | None,
) -> None:
    """Raise `Refused` unless the finding is of the actor's place, or about tubes of its laboratory."""
    if actor.lab:
        if finding is not None:
            labs = {lab.code for lab in (finding.lab, finding.at_lab) if lab is not None}
        else:
            labs = set(said.subject.get("labs", ())) if said is not None else set()
        reaches = actor.lab in labs
    else:
        code = finding.site or finding.town if finding is not None else None
        place = tree.by_code[code.code] if code is not None else tree.by_id.get((said.place_id if said else 0) or 0)
        reaches = place is not None and permissions.within(actor.sender.place(tree), place)
    if not reaches:
        raise Refused("finding", Code.OUT_OF_SCOPE, detail="finding")


# -- what follows for the tubes


def _correct(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    finding: TubeFinding | None,
    said: Spoken | None,
    state: State,
    event: Event,
    actor: Actor,
    now: datetime,
) -> int:
    """Let the tubes follow: how many were voided, joined or counted again."""
    if event.step is Step.CONFIRMED and finding is not None:
        right, wrong = finding.barcodes
        session.add(TubeAlias(campaign_id=row.id, wrong=wrong, barcode=right))
        session.flush()
        refold(session, row, books_of(session, row, tree), [right, wrong])
        return 1
    if event.step is Step.CLOSED and finding is not None and finding.kind is Kind.MISSING:
        cause = event.cause or state.cause
        reason = CORRECTIONS.get(cause) if cause is not None else None
        if reason is None:
            return 0
        site = tree.by_code[finding.site.code] if finding.site is not None else None
        at = int(now.timestamp())
        facts = [
            place(
                index,
                TubeFact(
                    f"{finding.id}/{state.turns + 1}/{code}", code, Type.VOID, at, site.code if site else None,
                    reason=reason,
                ),
                site.id if site else None,
                None,
            )
            for index, code in enumerate(finding.barcodes)
        ]  # fmt: skip
        return record(session, row, facts, Writer(actor.sender.name), now).accepted
    if event.step is Step.REOPENED and said is not None:
        return _take_back(session, row, tree, said)
    return 0


def _take_back(session: Session, row: CampaignRow, tree: PlaceTree, said: Spoken) -> int:
    """Undo what the closing did to the tubes: its events count for nothing, its barcodes for themselves."""
    covers = sorted(said.state.covers)
    books = books_of(session, row, tree)
    if said.state.ended is Step.CONFIRMED:
        right, wrong = said.subject["pair"]
        session.execute(sa.delete(TubeAlias).filter_by(campaign_id=row.id, wrong=wrong, barcode=right))
        refold(session, row, books, [right, wrong])
        return 1
    withdrawn = withdrawn_of(session, row.id)
    touched = []
    for part in batched_list(covers):
        e = TubeEvent
        query = sa.select(e.event_id, e.barcode).where(
            e.campaign_id == row.id, e.barcode.in_(part), e.type == int(Type.VOID),
            e.event_id.startswith(f"{said.id}/", autoescape=True),
        )  # fmt: skip
        touched += [(event_id, code) for event_id, code in session.execute(query) if event_id not in withdrawn]
    session.add_all(TubeWithdrawal(campaign_id=row.id, event_id=event_id) for event_id, _ in touched)
    session.flush()
    refold(session, row, books, sorted({code for _, code in touched}))
    return len(touched)


# -- on record


def _add(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    claim: StepClaim,
    kind: Kind,
    finding: TubeFinding | None,
    said: Spoken | None,
    event: Event,
    actor: Actor,
    corrected: int,
) -> Recorded:
    if finding is not None:
        place = finding.site or finding.town
        place_id = tree.by_code[place.code].id if place is not None else None
        subject = _subject(finding)
    else:
        assert said is not None
        place_id, subject = said.place_id, dict(said.subject)
    details = {
        "finding": claim.finding,
        "kind": kind.value,
        "place": tree.by_id[place_id].code if place_id is not None else "",
        "tubes": event.tubes or (finding.tubes if finding is not None else 0),
        "corrected": corrected,
        **({"cause": event.cause.value} if event.cause is not None else {}),
        **({"owner": event.owner.value} if event.owner is not None else {}),
        **({"note": event.note} if event.note else {}),
    }
    revision = campaigns.change(
        session, row, actor=actor.sender.name, action=f"finding.{event.step}", details=details, now=event.at
    )
    added = FindingEvent(
        campaign_id=row.id,
        district_id=district_of(tree, tree.by_id[place_id]) if place_id is not None else None,
        key=claim.key, finding=claim.finding, kind=kind.value, step=event.step.value, place_id=place_id,
        cause=event.cause.value if event.cause else None, note=event.note,
        owner=event.owner.value if event.owner else None, subject=subject, covers=sorted(event.covers),
        tubes=event.tubes, persons=event.persons, by_name=event.by, account_id=actor.account_id,
        actor=actor.sender.name, recorded_at=event.at, revision=revision,
    )  # fmt: skip
    session.add(added)
    session.flush()
    turns = spoken_findings(session, row.id, claim.finding)[claim.finding].state.turns
    return Recorded(claim.finding, False, corrected, turns, revision)


def _subject(finding: TubeFinding) -> dict[str, object]:
    """What the finding is about, to name it by when its cause is gone."""
    return {
        "box": finding.box,
        "labs": [lab.code for lab in (finding.lab, finding.at_lab) if lab is not None],
        "barcode": finding.barcodes[0] if finding.barcodes else "",
        "tubes": finding.tubes,
        "since": finding.since.isoformat(),
        **({"pair": list(finding.barcodes)} if finding.kind is Kind.MISREAD else {}),
    }
