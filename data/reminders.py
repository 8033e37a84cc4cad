"""Reminders sent: checked against what is owed now, written down, posted, and what became of them written down too.

What is posted leaves between two transactions: no receiver, however slow, holds the database. A server that dies in
between leaves a reminder without a result, which the page says.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult, Sender
from data.ingest.reports import district_of
from data.models import CampaignRow, Reminder, ReminderResult
from data.queries.duty import duty
from data.queries.moment import Moment
from data.reminder_record import Stored, stored, target_of, targets
from data.webhooks import Delivery, Message, deliver
from domain import permissions
from domain.board import Target
from domain.clock import Clock
from domain.duty import State
from domain.errors import Code, Refused
from domain.places import Level, Place, PlaceTree
from domain.reminders import MAX_TEXT, OWING, Channel, Owed, Result, Standing, blocked_until
from domain.values import MAX_KEY, read_text, read_time

AT_ONCE = 8
"""Towns whose reminders leave at the same time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One reminder as asked for; `owed` is the list its sender saw."""

    key: str
    town: Place
    period: int
    owed: frozenset[Owed]
    text: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one reminder of a batch stands: its place in the batch, its town, and why it failed, if it did."""

    index: int
    key: str
    town: str
    standing: Standing
    reason: str = ""
    detail: str = ""


@dataclass(slots=True)
class RemindResult(BatchResult):
    """What became of a batch of reminders."""

    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A reminder on record that is to be posted now."""

    index: int
    row_id: int
    town: str
    target: Target
    message: Message


def remind(
    database: Database,
    campaign_id: str,
    rows: Sequence[Mapping[str, object]],
    sender: Sender,
    clock: Clock,
    variables: Mapping[str, str],
) -> RemindResult:
    """Take reminders as asked for and post them. Good rows go, bad rows come back.

    `variables` are the settings that hold the targets' addresses. Raises `campaigns.UnknownCampaign`, and `KeyError`
    when the sender's place is not in the campaign.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        result, leaving = _take(session, row, rows, sender, campaigns.now_for(row, clock()))
    if not leaving:
        return result
    with ThreadPoolExecutor(min(AT_ONCE, len(leaving))) as pool:
        done = list(pool.map(lambda one: deliver(one.target, one.message, variables), leaving))
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        result.revision = _settle(session, row, leaving, done, sender, campaigns.now_for(row, clock()))
    for one, delivery in zip(leaving, done, strict=True):
        standing = Standing.SENT if delivery.result is Result.SENT else Standing.FAILED
        result.outcomes.append(
            Outcome(one.index, one.message.key, one.town, standing, delivery.reason, delivery.detail)
        )
    result.outcomes.sort(key=lambda outcome: outcome.index)
    return result


def _take(
    session: Session, row: CampaignRow, rows: Sequence[Mapping[str, object]], sender: Sender, now: datetime
) -> tuple[RemindResult, list[_Leaving]]:
    """Put what may go on record; what is to be posted comes back with it."""
    tree = campaigns.tree_of(session, row)
    scope = sender.place(tree)
    known = targets(session, row.id)
    result = RemindResult(revision=row.revision)
    leaving: list[_Leaving] = []
    made: list[Wanted] = []
    for index, fields in enumerate(rows):
        try:
            wanted = _read(fields, tree)
            if not permissions.within(scope, wanted.town):
                raise Refused("town", Code.OUT_OF_SCOPE, wanted.town.code)
            before = _on_record(session, tree, wanted, now)
            if before is not None:
                result.unchanged += 1
                result.outcomes.append(
                    Outcome(index, before.key, wanted.town.code, before.standing, before.reason, before.detail)
                )
                continue
            _check_list(session, tree, wanted, row.revision, now)
            target = None
            if wanted.channel is Channel.SEND:
                target = target_of(known, wanted.town)
                if target is None:
                    raise Refused("town", Code.NO_TARGET, wanted.town.name)
                _check_not_told(session, tree, wanted, now)
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        row_id = _write(session, row, tree, wanted, target, sender, now)
        made.append(wanted)
        result.accepted += 1
        if target is None:
            result.outcomes.append(Outcome(index, wanted.key, wanted.town.code, Standing.COPIED))
        else:
            message = _message(row, tree, wanted, now)
            leaving.append(_Leaving(index, row_id, wanted.town.code, target, message))
    if made:
        details = {
            "towns": [wanted.town.code for wanted in made],
            "sites": sum(len(wanted.owed) for wanted in made),
            "hours": sorted({tree.campaign.start_of(wanted.period).isoformat() for wanted in made}),
            "channels": sorted({wanted.channel.value for wanted in made}),
        }
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="reminder", details=details, now=now
        )
    return result, leaving


def _read(fields: Mapping[str, object], tree: PlaceTree) -> Wanted:
    """What one row asks for. Raises `Refused`."""
    if not isinstance(fields, Mapping):
        raise Refused("row", Code.BAD_VALUE, fields, detail="object")
    key = read_text("key", fields.get("key"), MAX_KEY)
    code = read_text("town", fields.get("town"), MAX_KEY)
    text = read_text("text", fields.get("text"), MAX_TEXT)
    for name, value in (("key", key), ("town", code), ("text", text)):
        if not value:
            raise Refused(name, Code.MISSING_FIELD)
    town = tree.by_code.get(code)
    if town is None:
        raise Refused("town", Code.UNKNOWN_PLACE, code)
    if any(child.level is not Level.SITE for child in town.children):
        raise Refused("town", Code.BAD_VALUE, code, detail="not_a_town")
    period = tree.campaign.period_starting(read_time("hour", fields.get("hour")))
    if period is None:
        raise Refused(
            "hour", Code.BAD_TIME, fields.get("hour"), detail="not_aligned", interval=tree.campaign.interval_minutes
        )
    channel = read_text("channel", fields.get("channel"), 16) or Channel.SEND.value
    if channel not in tuple(Channel):
        raise Refused("channel", Code.BAD_VALUE, channel, detail="reminder_channel")
    return Wanted(key, town, period, _read_owed(fields.get("sites")), text, Channel(channel))


def _read_owed(value: object) -> frozenset[Owed]:
    """The list the sender saw: site code → state. Raises `Refused`."""
    if not isinstance(value, Mapping) or not value:
        raise Refused("sites", Code.MISSING_FIELD)
    for state in value.values():
        if state not in OWING:
            raise Refused("sites", Code.BAD_VALUE, state, detail="owed")
    return frozenset((str(code), State(state)) for code, state in value.items())


def _on_record(session: Session, tree: PlaceTree, wanted: Wanted, now: datetime) -> Stored | None:
    """The same reminder, taken before under the same key. Raises `Refused` when that one says something else."""
    query = sa.select(Reminder.id, Reminder.place_id).where(
        Reminder.campaign_id == tree.campaign.id, Reminder.key == wanted.key
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    place = tree.by_id[found.place_id]
    before = next(one for one in stored(session, tree, place, now, reminder_id=found.id))
    same = (before.place_id, before.starts_at, before.owed, before.text, before.channel) == (
        wanted.town.id, tree.campaign.start_of(wanted.period), wanted.owed, wanted.text, wanted.channel,
    )  # fmt: skip
    if not same:
        raise Refused("key", Code.CONFLICT, wanted.key, other=wanted.key)
    return before


def _check_list(session: Session, tree: PlaceTree, wanted: Wanted, revision: int, now: datetime) -> None:
    """Refuse a list that is not what is owed now: nobody who has just reported is reminded of it."""
    states = duty(session, Moment(tree, wanted.town, revision, now), wanted.period)
    owed = frozenset((one.site.code, one.state) for one in states if one.state in OWING)
    if not owed:
        raise Refused("town", Code.CONFLICT, wanted.town.name, detail="nobody_owes")
    if owed != wanted.owed:
        raise Refused("sites", Code.CONFLICT, wanted.town.name, detail="list_changed")


def _check_not_told(session: Session, tree: PlaceTree, wanted: Wanted, now: datetime) -> None:
    starts_at = tree.campaign.start_of(wanted.period)
    told = [one.told for one in stored(session, tree, wanted.town, now, starts_at=starts_at)]
    until = blocked_until(wanted.owed, told, now)
    if until is not None:
        raise Refused("town", Code.TOO_SOON, wanted.town.name, until=f"{tree.campaign.local(until):%H:%M}")


def _write(
    session: Session, row: CampaignRow, tree: PlaceTree, wanted: Wanted, target: Target | None, sender: Sender,
    now: datetime,
) -> int:  # fmt: skip
    made = Reminder(
        campaign_id=row.id,
        district_id=district_of(tree, wanted.town),
        place_id=wanted.town.id,
        key=wanted.key,
        starts_at=tree.campaign.start_of(wanted.period),
        owed={code: state.value for code, state in sorted(wanted.owed)},
        text=wanted.text,
        channel=wanted.channel.value,
        preset=target.preset.value if target else "",
        variable=target.variable if target else "",
        actor=sender.name,
        recorded_at=now,
        revision=row.revision + 1,
    )
    session.add(made)
    session.flush()
    return made.id


def _message(row: CampaignRow, tree: PlaceTree, wanted: Wanted, now: datetime) -> Message:
    """The documented body (operator's guide, "Reminders")."""
    campaign = tree.campaign
    sites = [(tree.by_code[code], state) for code, state in sorted(wanted.owed)]
    body = {
        "type": "reminder",
        "version": 1,
        "key": wanted.key,
        "at": campaign.local(now).isoformat(),
        "campaign": {"id": row.id, "name": row.name, "demo": row.demo},
        "place": {"code": wanted.town.code, "name": wanted.town.name, "name_en": wanted.town.name_en},
        "hour": campaign.local(campaign.start_of(wanted.period)).isoformat(),
        "sites": [
            {"code": site.code, "name": site.name, "name_en": site.name_en, "state": state.value}
            for site, state in sites
        ],
        "text": wanted.text,
    }
    return Message(wanted.key, wanted.text, body)


def _settle(
    session: Session, row: CampaignRow, leaving: Sequence[_Leaving], done: Sequence[Delivery], sender: Sender,
    now: datetime,
) -> int:  # fmt: skip
    """Write down what became of them. Returns the revision."""
    session.add_all(
        ReminderResult(campaign_id=row.id, reminder_id=one.row_id, result=delivery.result.value,
                       reason=delivery.reason, detail=delivery.detail, attempts=delivery.attempts, recorded_at=now)
        for one, delivery in zip(leaving, done, strict=True)
    )  # fmt: skip
    sent = [one.town for one, delivery in zip(leaving, done, strict=True) if delivery.result is Result.SENT]
    failed = {one.town: d.reason for one, d in zip(leaving, done, strict=True) if d.result is Result.FAILED}
    details = {"sent": sent, "failed": failed}
    return campaigns.change(session, row, actor=sender.name, action="reminder.result", details=details, now=now)
