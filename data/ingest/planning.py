"""The planning list: a site applied for, and every step until it is opened and closed. Facts are only added.

Opening a site makes it a place of the campaign, closing it ends the place's opening: figures and coverage follow from
that, not from this list.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest import places
from data.ingest.batch import Sender
from data.ingest.place_writer import derived_code
from data.ingest.planning_book import Hand, Line, add, begin, find, known, standing_of
from data.models import CampaignRow, PlannedSite
from data.stored_planning import event_of
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import Level, Opening, Place, PlaceTree
from domain.planning import Event, Standing, Step, Wish, check, follow
from domain.planning import State as S
from domain.planning_claims import Application, StepClaim
from domain.planning_needs import items, missing


class UnknownPlannedSite(LookupError):
    """The campaign's list has no site of that number."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the planned site's number, whether it was on record already, the revision that holds it."""

    number: int
    unchanged: bool
    revision: int


def apply(database: Database, campaign_id: str, wanted: Application, hand: Hand, clock: Clock) -> Recorded:
    """Put a site on the list. Raises `Refused`, and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_application(session, row, tree, wanted, hand, campaigns.now_for(row, clock()))


def do_step(database: Database, campaign_id: str, claim: StepClaim, hand: Hand, clock: Clock) -> Recorded:
    """Do something about a planned site. Raises `Refused`, `UnknownPlannedSite`, `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_step(session, row, tree, claim, hand, campaigns.now_for(row, clock()))


def record_application(
    session: Session, row: CampaignRow, tree: PlaceTree, wanted: Application, hand: Hand, now: datetime
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    town = _town(tree, wanted.town, hand)
    code = wanted.code or _code(town, wanted.wish)
    event = Event(Step.APPLIED, wanted.at or now, now, hand.by, hand.who, wanted.note, wish=wanted.wish)
    earlier = known(session, row.id, wanted.key)
    planned = find(session, row.id, code=code)
    if earlier is not None:
        if planned is not None and planned.id == earlier.planned_id and _same(event_of(earlier), event, wanted.at):
            return Recorded(planned.number, True, row.revision)
        raise Refused("key", Code.CONFLICT, wanted.key, detail="planning_key")
    _not_ahead(event, now)
    _fits(tree, town, code)
    line = Line(event, wanted.key, wanted.at is not None)
    if planned is None:
        revision = _told(session, row, hand, event, code, town)
        planned = begin(session, tree, town, code, line, hand, revision)
        return Recorded(planned.number, False, revision)
    _, standing = standing_of(session, planned)
    if planned.town_id != town.id or standing.state not in (S.REFUSED, S.WITHDRAWN):
        raise Refused("code", Code.CONFLICT, code, detail="planning_code", number=planned.number)
    check(standing, event)
    revision = _told(session, row, hand, event, code, town)
    add(session, planned, follow(standing, event), line, hand, revision)
    return Recorded(planned.number, False, revision)


def record_step(
    session: Session, row: CampaignRow, tree: PlaceTree, claim: StepClaim, hand: Hand, now: datetime
) -> Recorded:
    """The same within the caller's transaction and campaign lock."""
    planned = find(session, row.id, number=claim.number)
    if planned is None:
        raise UnknownPlannedSite(claim.number)
    town = tree.by_id[planned.town_id]
    if not permissions.within(hand.sender.place(tree), town):
        raise Refused("number", Code.OUT_OF_SCOPE, claim.number, detail="planning_place")
    events, standing = standing_of(session, planned)
    event = Event(
        claim.step, claim.at or now, now, hand.by, hand.who, claim.note,
        inspection=claim.inspection,
    )  # fmt: skip
    earlier = known(session, row.id, claim.key)
    if earlier is not None:
        if earlier.planned_id == planned.id and _same(event_of(earlier), event, claim.at):
            return Recorded(planned.number, True, row.revision)
        raise Refused("key", Code.CONFLICT, claim.key, detail="planning_key")
    if claim.seen not in (None, standing.steps):
        # Said before anything else: that somebody was first explains whatever no longer fits.
        last = events[-1]
        at = f"{tree.campaign.local(last.recorded_at):%m-%d %H:%M}"
        raise Refused("seen", Code.CONFLICT, claim.seen, detail="planning_moved", by=last.by, at=at)
    _not_ahead(event, now)
    if claim.step is Step.APPROVED:
        limits = tree.campaign.limits
        event = replace(
            event, missing=missing(items(standing.wish.kind, standing.lanes, standing.inspection, limits))
        )
    check(standing, event, override=claim.override)
    revision = _told(session, row, hand, event, planned.code, town)
    after = follow(standing, event)
    add(session, planned, after, Line(event, claim.key, claim.at is not None), hand, revision)
    if claim.step in (Step.OPENED, Step.CLOSED):
        _give(session, row, tree, planned, after, event, hand, now)
    return Recorded(planned.number, False, row.revision)


# -- the place behind it


def _give(
    session: Session, row: CampaignRow, tree: PlaceTree, planned: PlannedSite, after: Standing, event: Event,
    hand: Hand, now: datetime,
) -> None:  # fmt: skip
    """Make, open or close the place a planned site is, in the campaign."""
    site, town = tree.by_code.get(planned.code), tree.by_id[planned.town_id]
    wish = after.wish
    spec = places.PlaceSpec(
        path=(
            (Level.TOWN, town.code, "", ""),
            (Level.SITE, planned.code, "" if site else wish.name, "" if site else wish.name_en),
        ),
        kind=None if site else wish.kind,
        lon=None if site else wish.lon,
        lat=None if site else wish.lat,
        target=None,
        lanes=None if site else after.lanes,
        lab="",
        pool_size=None,
        openings=_openings(tree, site, event),
        reason="",
    )
    # The list's own rights were asked already, by its town.
    done = places.record(session, row, [spec], Sender(hand.sender.name), now)
    for refused in done.rejected:
        code = refused.code
        raise Refused(refused.field, code, refused.value, refused.detail, **refused.params)


def _openings(tree: PlaceTree, site: Place | None, event: Event) -> tuple[Opening, ...] | None:
    """When the site is open after `event`; None where that stays as it is."""
    campaign = tree.campaign
    whole = ((campaign.starts_at, campaign.deadline),)
    if event.step is Step.CLOSED:
        standing = (site.openings if site is not None else ()) or whole
        kept = tuple((begins, min(ends, event.at)) for begins, ends in standing if begins < event.at)
        # One that closes before it was ever open is open for no period of the campaign.
        return kept or ((event.at - timedelta(seconds=1), event.at),)
    if event.at >= campaign.deadline:
        raise Refused("at", Code.TOO_LATE, event.at.isoformat(timespec="minutes"), detail="planning_over")
    rest = (max(event.at, campaign.starts_at), campaign.deadline)
    if site is None:
        return (rest,) if event.at > campaign.starts_at else None
    open_on = any(ends >= campaign.deadline for _, ends in site.openings or whole)
    return None if open_on else tuple(sorted((*site.openings, rest)))


# -- what is checked


def _town(tree: PlaceTree, code: str, hand: Hand) -> Place:
    town = tree.by_code.get(code)
    if town is None or town.level is not Level.TOWN:
        raise Refused("town", Code.UNKNOWN_PLACE, code)
    if not permissions.within(hand.sender.place(tree), town):
        raise Refused("town", Code.OUT_OF_SCOPE, code)
    return town


def _code(town: Place, wish: Wish) -> str:
    """The code of a site known by name only: that of the town's site of this name, else one made of the name."""
    same = [site.code for site in town.children if site.level is Level.SITE and site.name == wish.name]
    return same[0] if len(same) == 1 else derived_code(town.code, Level.SITE, wish.name)


def _fits(tree: PlaceTree, town: Place, code: str) -> None:
    """Raise `Refused` where the code is that of something else."""
    place = tree.by_code.get(code)
    if place is not None and place.level is not Level.SITE:
        raise Refused("code", Code.BAD_VALUE, code, detail="level")
    if place is not None and place.parent_id != town.id:
        above = tree.by_id[place.parent_id].name if place.parent_id is not None else "—"
        raise Refused("code", Code.WRONG_PARENT, code, parent=above)


def _not_ahead(event: Event, now: datetime) -> None:
    if event.at > now:
        raise Refused("at", Code.TIME_IN_FUTURE, event.at.isoformat(timespec="minutes"), now=now)


def _same(earlier: Event, event: Event, stated: datetime | None) -> bool:
    """Whether what comes again is what came. The time counts only where it is stated."""
    at = event.at if stated is not None else earlier.at
    return replace(earlier, missing=(), recorded_at=event.recorded_at, by=event.by) == replace(event, at=at)


def _told(session: Session, row: CampaignRow, hand: Hand, event: Event, code: str, town: Place) -> int:
    """The revision of a step, with its line of the audit."""
    details: dict[str, object] = {"site": code, "town": town.code}
    if event.wish is not None:
        details["name"] = event.wish.name
    if event.note:
        details["reason"] = event.note
    if event.missing:
        details["missing"] = list(event.missing)
    return campaigns.change(
        session, row, actor=hand.sender.name, action=f"planning.{event.step}", details=details, now=event.recorded_at
    )
