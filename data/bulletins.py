"""Publishing: freezing an hour, and the steps that lead from a draft to a signed issue. Each is one transaction
under the campaign's lock, with its audit row."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.reports import district_of
from data.models import Bulletin, CampaignRow
from data.queries.bulletin_changes import changes_since
from data.queries.bulletins import Issue, issue_of, picture, sites_of, stored, stored_sites, was_published
from data.queries.moment import Moment
from domain import bulletin as rules
from domain.bulletin import State, Step
from domain.bulletin_rules import compare
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.permissions import Caller
from domain.places import Place, PlaceTree


class UnknownBulletin(LookupError):
    """The campaign has no issue of that number."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a step, and the revision that holds it."""

    issue: Issue
    changed: bool
    revision: int


def freeze(
    database: Database,
    campaign_id: str,
    place_code: str,
    period: int,
    key: str,
    caller: Caller,
    clock: Clock,
    reason: str = "",
    remark: str = "",
) -> Written:
    """Freeze an hour of a place as a draft. The same key with the same content changes nothing.

    Raises `Refused`: not a place that publishes, an hour not due yet, one with a draft already, one that is published
    and has not changed since, a replacement without a reason, a key used for something else.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        return freeze_in(session, row, place_code, period, key, caller, now, reason=reason, remark=remark)


def freeze_in(
    session: Session,
    row: CampaignRow,
    place_code: str,
    period: int,
    key: str,
    caller: Caller,
    now: datetime,
    *,
    reason: str = "",
    remark: str = "",
) -> Written:
    """The same within the caller's transaction and campaign lock."""
    tree = campaigns.tree_of(session, row)
    place = tree.by_code[place_code]
    rules.check_place(place.level)
    known = session.scalars(sa.select(Bulletin).filter_by(campaign_id=row.id, key=key)).one_or_none()
    if known is not None:
        before = (known.place_id, known.period, known.reason, known.drafted_by)
        if before != (place.id, period, reason, caller.name):
            raise Refused("key", Code.CONFLICT, key)
        return Written(issue_of(known), False, row.revision)
    made = _frozen(session, row, tree, place, period, now, reason)
    made.key, made.remark = key, remark
    made.drafted_by, made.drafted_name = caller.name, caller.shown or caller.name
    session.add(made)
    session.flush()
    revision = _audit(session, row, made, Step.FREEZE, caller, now, reason=reason)
    return Written(issue_of(made), True, revision)


def _frozen(
    session: Session, row: CampaignRow, tree: PlaceTree, place: Place, period: int, now: datetime, reason: str
) -> Bulletin:
    """The issue with its figures, not yet anybody's."""
    moment = Moment(tree, place, row.revision, now)
    found = picture(session, moment, period) if 0 <= period < tree.campaign.periods else None
    if found is None:
        raise Refused("bulletin", Code.CONFLICT, period + 1, detail="hour_not_due")
    frozen, sites = found
    standing = session.scalars(
        sa.select(Bulletin)
        .where(Bulletin.campaign_id == row.id, Bulletin.place_id == place.id, Bulletin.period == period,
               Bulletin.state.in_((State.DRAFT, State.REVIEWED, State.PUBLISHED)))
    ).all()  # fmt: skip
    if any(State(issue.state) in rules.OPEN for issue in standing):
        raise Refused("bulletin", Code.CONFLICT, period + 1, detail="draft_stands")
    replaced = standing[0] if standing else None
    if replaced is not None:
        if not reason.strip():
            raise Refused("reason", Code.MISSING_FIELD, detail="replacement")
        published = issue_of(replaced).frozen
        changes = changes_since(session, moment, published, sites_of(replaced), sites)
        if not changes and not compare(published, frozen).differences:
            raise Refused("bulletin", Code.CONFLICT, period + 1, detail="nothing_changed")
        frozen = replace(frozen, corrections=changes)
    number = period + 1
    return Bulletin(
        campaign_id=row.id,
        district_id=district_of(tree, place),
        place_id=place.id,
        period=period,
        number=number,
        replacement=was_published(session, row.id, place.id, number),
        state=State.DRAFT.value,
        data_until=frozen.data_until,
        known_at=frozen.known_at,
        revision=frozen.revision,
        reason=reason,
        replaces_id=replaced.id if replaced is not None else None,
        frozen=stored(frozen),
        sites=stored_sites(sites),
    )


def set_remark(
    database: Database, campaign_id: str, bulletin_id: int, remark: str, caller: Caller, clock: Clock
) -> Written:
    """Write the additional remark of a draft; its figures and sentences stay as they are. Raises `Refused`."""
    return _take(database, campaign_id, bulletin_id, Step.REMARK, caller, clock, remark)


def review(database: Database, campaign_id: str, bulletin_id: int, caller: Caller, clock: Clock) -> Written:
    """A second person has compared the draft with the record. Raises `Refused`."""
    return _take(database, campaign_id, bulletin_id, Step.REVIEW, caller, clock)


def sign(database: Database, campaign_id: str, bulletin_id: int, caller: Caller, clock: Clock) -> Written:
    """Publish a reviewed issue; the one it replaces stays, marked superseded. Raises `Refused`."""
    return _take(database, campaign_id, bulletin_id, Step.SIGN, caller, clock)


def withdraw(
    database: Database, campaign_id: str, bulletin_id: int, reason: str, caller: Caller, clock: Clock
) -> Written:
    """Take back an issue that has not been signed; its number is free again. Raises `Refused`."""
    return _take(database, campaign_id, bulletin_id, Step.WITHDRAW, caller, clock, reason)


def _take(
    database: Database, campaign_id: str, bulletin_id: int, step: Step, caller: Caller, clock: Clock, said: str = ""
) -> Written:
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        return take_in(session, row, bulletin_id, step, caller, campaigns.now_for(row, clock()), said)


DONE = {
    Step.REVIEW: (State.REVIEWED, "reviewed_by"),
    Step.SIGN: (State.PUBLISHED, "signed_by"),
    Step.WITHDRAW: (State.WITHDRAWN, "ended_by"),
}
"""What an issue looks like after a step, and whose step it was: taking it again changes nothing."""


def take_in(
    session: Session, row: CampaignRow, bulletin_id: int, step: Step, caller: Caller, now: datetime, said: str = ""
) -> Written:
    """One step within the caller's transaction and campaign lock; `said` is the remark, or why it is withdrawn."""
    bulletin = find(session, row.id, bulletin_id)
    if step in DONE and (State(bulletin.state), getattr(bulletin, DONE[step][1])) == (DONE[step][0], caller.name):
        return Written(issue_of(bulletin), False, row.revision)
    people = campaigns.campaign_of(row).limits.bulletin_people
    hands = rules.Hands(bulletin.drafted_by, bulletin.reviewed_by)
    after = rules.next_state(State(bulletin.state), step, hands, caller, people)
    details: dict[str, object] = {}
    name = caller.shown or caller.name
    if step is Step.REMARK:
        if bulletin.remark == said:
            return Written(issue_of(bulletin), False, row.revision)
        details, bulletin.remark = {"before": bulletin.remark, "after": said}, said
    elif step is Step.REVIEW:
        bulletin.reviewed_at, bulletin.reviewed_by, bulletin.reviewed_name = now, caller.name, name
    elif step is Step.SIGN:
        bulletin.signed_at, bulletin.signed_by, bulletin.signed_name = now, caller.name, name
        if bulletin.replaces_id is not None:
            replaced = find(session, row.id, bulletin.replaces_id)
            replaced.state, replaced.ended_at, replaced.ended_by = State.SUPERSEDED.value, now, caller.name
            details = {"replaces": rules.label(replaced.number, replaced.replacement)}
    else:
        bulletin.ended_at, bulletin.ended_by, bulletin.ended_reason = now, caller.name, said
        details = {"reason": said}
    bulletin.state = after.value
    session.flush()
    return Written(issue_of(bulletin), True, _audit(session, row, bulletin, step, caller, now, **details))


def find(session: Session, campaign_id: str, bulletin_id: int) -> Bulletin:
    """The issue's row. Raises `UnknownBulletin`."""
    query = sa.select(Bulletin).where(Bulletin.campaign_id == campaign_id, Bulletin.id == bulletin_id)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise UnknownBulletin(bulletin_id)
    return found


def _audit(
    session: Session, row: CampaignRow, bulletin: Bulletin, step: Step, caller: Caller, now: datetime,
    **details: object,
) -> int:  # fmt: skip
    return campaigns.change(
        session,
        row,
        actor=caller.name,
        action=f"bulletin.{step}",
        now=now,
        details={
            "bulletin": bulletin.id,
            "place": campaigns.tree_of(session, row).by_id[bulletin.place_id].code,
            "issue": rules.label(bulletin.number, bulletin.replacement),
            "state": bulletin.state,
            "frozen_revision": bulletin.revision,
            **{name: value for name, value in details.items() if value},
        },
    )
