"""Who is on duty, where reminders go and what was sent, as the database holds it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import CampaignRow, ContactRow, Reminder, ReminderResult, ReminderTarget
from domain.board import Target
from domain.contacts import Contact
from domain.duty import State
from domain.places import Place, PlaceTree
from domain.reminders import Channel, Owed, Preset, Result, Standing, Told, is_variable, standing

REMEMBERED = 200
"""Reminders looked back at: more than a district sends in a day of hourly reports."""


class BadTarget(ValueError):
    """A target that cannot be; `problem` names the message under `reminder_target.` in `locales`."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params


def contacts_below(session: Session, tree: PlaceTree, place: Place) -> Mapping[int, list[Contact]]:
    """Everybody on duty at `place` and below it, by the id of their place."""
    c = ContactRow
    query = sa.select(c.place_id, c.name, c.phone, c.post).where(
        c.campaign_id == tree.campaign.id, c.withdrawn_at.is_(None)
    )
    found: dict[int, list[Contact]] = defaultdict(list)
    for place_id, name, phone, post in session.execute(query):
        if place_id in tree.by_id and tree.contains(place, tree.by_id[place_id]):
            found[place_id].append(Contact(name, phone, post))
    return found


# -- where reminders go


def set_target(session: Session, row: CampaignRow, place: Place, target: Target, actor: str, now: datetime) -> None:
    """Let the reminders of `place` and what lies below it go to `target`, within the caller's transaction and
    campaign lock. Raises `BadTarget`."""
    if not is_variable(target.variable):
        raise BadTarget("bad_variable", variable=target.variable)
    _withdraw(session, row, place, now)
    session.add(
        ReminderTarget(campaign_id=row.id, place_id=place.id, preset=target.preset.value, variable=target.variable,
                       actor=actor, recorded_at=now)
    )  # fmt: skip
    details = {"place": place.code, "preset": target.preset.value, "variable": target.variable}
    campaigns.change(session, row, actor=actor, action="reminder_target.set", details=details, now=now)


def remove_target(session: Session, row: CampaignRow, place: Place, actor: str, now: datetime) -> bool:
    """Let the reminders of `place` go nowhere, or where those of the place above go; False when it had no target."""
    if not _withdraw(session, row, place, now):
        return False
    campaigns.change(
        session, row, actor=actor, action="reminder_target.remove", details={"place": place.code}, now=now
    )
    return True


def _withdraw(session: Session, row: CampaignRow, place: Place, now: datetime) -> bool:
    t = ReminderTarget
    standing_ = sa.update(t).where(t.campaign_id == row.id, t.place_id == place.id, t.withdrawn_at.is_(None))
    gone = session.execute(standing_.values(withdrawn_at=now).returning(t.id)).all()
    return bool(gone)


def targets(session: Session, campaign_id: str) -> Mapping[int, Target]:
    """The targets that are set, by the id of their place."""
    t = ReminderTarget
    query = sa.select(t.place_id, t.preset, t.variable).where(t.campaign_id == campaign_id, t.withdrawn_at.is_(None))
    return {place_id: Target(Preset(preset), variable) for place_id, preset, variable in session.execute(query)}


def target_of(known: Mapping[int, Target], place: Place) -> Target | None:
    """The target of `place`: its own, or that of the nearest place above that has one."""
    return next((known[id_] for id_ in place.ancestors if id_ in known), None)


# -- what was sent


@dataclass(frozen=True, slots=True)
class Stored:
    """A reminder on record with what became of it."""

    key: str
    at: datetime
    place_id: int
    starts_at: datetime
    owed: frozenset[Owed]
    text: str
    channel: Channel
    standing: Standing
    reason: str
    detail: str

    @property
    def told(self) -> Told:
        return Told(self.at, self.owed, self.standing)


def stored(
    session: Session,
    tree: PlaceTree,
    place: Place,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    reminder_id: int | None = None,
) -> list[Stored]:
    """The reminders of `place` and below, the newest first; with `starts_at` those about that period, with
    `reminder_id` that one."""
    r, done = Reminder, ReminderResult
    query = (
        sa.select(r.key, r.recorded_at, r.place_id, r.starts_at, r.owed, r.text, r.channel, done.result, done.reason,
                  done.detail)
        .outerjoin(done, (done.reminder_id == r.id) & (done.campaign_id == r.campaign_id))
        .where(r.campaign_id == tree.campaign.id)
        .order_by(r.id.desc())
        .limit(REMEMBERED)
    )  # fmt: skip
    if starts_at is not None:
        query = query.where(r.starts_at == starts_at)
    if reminder_id is not None:
        query = query.where(r.id == reminder_id)
    found = []
    for key, at, place_id, start, owed, text, channel, result, reason, detail in session.execute(query):
        if place_id not in tree.by_id or not tree.contains(place, tree.by_id[place_id]):
            continue
        way = Channel(channel)
        stands = standing(way, at, Result(result) if result else None, now)
        sites = frozenset((code, State(state)) for code, state in owed.items())
        found.append(Stored(key, at, place_id, start, sites, text, way, stands, reason or "", detail or ""))
    return found
