"""Sources on record: defined, changed, paused, asked for at once, removed. Who may do so is decided above."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import Sender
from data.ingest.files import PULLED, What, read_mapping
from data.ingest.reports import district_of
from data.models import CampaignRow, Source, SourceTrial
from domain import permissions
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.pulling import slot_after
from domain.sources import Definition, read_definition
from domain.values import MAX_KEY, read_text

OFFERED = tuple(what.value for what in PULLED)
"""What a source may deliver, as written in definitions."""

TRIAL_KEPT = timedelta(hours=1)
"""What a trial found is another system's rows: it is not kept longer than somebody may read it."""


class UnknownSource(LookupError):
    """There is no source of that number in the campaign, or it was removed."""


class Outdated(Exception):
    """Somebody else changed the source since it was read."""


def check(fields: Mapping[str, object], tree: PlaceTree, sender: Sender) -> Definition:
    """The definition that `fields` state, which `sender` may make. Raises `Refused` and `Unreadable`."""
    definition = read_definition(fields, OFFERED)
    place = tree.by_code.get(definition.place)
    if place is None:
        raise Refused("place", Code.UNKNOWN_PLACE, definition.place)
    if not permissions.within(sender.place(tree), place):
        raise Refused("place", Code.OUT_OF_SCOPE, definition.place)
    if read_mapping(What(definition.what), definition.mapping).create_places:
        # A slip in another system's name for a site would make a site of its own.
        raise Refused("mapping", Code.BAD_VALUE, "create_places", detail="create_places")
    return definition


def definition_of(row: Source | SourceTrial) -> Definition:
    """The definition a row holds, as it was checked when it was made."""
    return read_definition(row.definition, OFFERED)


def actor_of(source_id: int) -> str:
    """How the record names a source, whatever it is called: reports know by it whose word they are."""
    return f"source {source_id}"


def find(session: Session, campaign_id: str, source_id: int) -> Source:
    """The source of that number. Raises `UnknownSource`."""
    row = session.get(Source, source_id)
    if row is None or row.campaign_id != campaign_id or row.removed_at is not None:
        raise UnknownSource(source_id)
    return row


def every(session: Session, campaign_id: str) -> list[Source]:
    """The campaign's sources, in the order they were made."""
    query = sa.select(Source).where(Source.campaign_id == campaign_id, Source.removed_at.is_(None))
    return list(session.scalars(query.order_by(Source.id)))


def create(
    session: Session, row: CampaignRow, tree: PlaceTree, key: object, definition: Definition, sender: Sender,
    now: datetime,
) -> tuple[Source, bool]:  # fmt: skip
    """Make a source in a locked campaign, and say whether it is new: the same key with the same definition makes
    none. Raises `Refused`."""
    key = read_text("key", key, MAX_KEY) or secrets.token_hex(8)
    known = session.scalar(sa.select(Source).where(Source.campaign_id == row.id, Source.key == key))
    if known is not None:
        if known.removed_at is None and definition_of(known) == definition:
            return known, False
        raise Refused("key", Code.CONFLICT, key, detail="source")
    made = Source(
        campaign_id=row.id,
        district_id=district_of(tree, tree.by_code[definition.place]),
        key=key,
        place=definition.place,
        definition=definition.to_json(),
        created_by=sender.name,
        created_at=now,
        # The first time at once: whoever defines a source wants to see that it works.
        next_at=now,
    )
    session.add(made)
    session.flush()
    _write_down(session, row, made, sender, "source.create", now, definition=definition.to_json())
    return made, True


def change(
    session: Session, row: CampaignRow, tree: PlaceTree, source: Source, version: int, definition: Definition,
    sender: Sender, now: datetime,
) -> bool:  # fmt: skip
    """Give a source another definition, and say whether it was another. Raises `Outdated`."""
    if definition_of(source) == definition:
        return False
    if source.version != version:
        raise Outdated
    before = definition_of(source).to_json()
    after = definition.to_json()
    source.definition = after
    source.place = definition.place
    source.district_id = district_of(tree, tree.by_code[definition.place])
    source.version += 1
    source.failures, source.problem = 0, None
    source.next_at = now
    # Whoever is pulling it pulls what it was before: that may not land any more.
    source.lease, source.leased_until = None, None
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    _write_down(session, row, source, sender, "source.change", now, changed=changed)
    return True


def ask(session: Session, row: CampaignRow, source: Source, sender: Sender, now: datetime) -> bool:
    """Have a source pulled at once; False when somebody asked already."""
    if source.asked_at is not None:
        return False
    source.asked_at = now
    _write_down(session, row, source, sender, "source.run", now)
    return True


def pause(session: Session, row: CampaignRow, source: Source, sender: Sender, now: datetime) -> bool:
    """Leave a source alone until somebody lets it go on; False when it is paused already."""
    if source.paused_at is not None:
        return False
    source.paused_at = now
    _write_down(session, row, source, sender, "source.pause", now)
    return True


def resume(session: Session, row: CampaignRow, source: Source, sender: Sender, now: datetime) -> bool:
    """Let a paused source go on at its next turn; False when it is not paused."""
    if source.paused_at is None:
        return False
    definition = definition_of(source)
    source.paused_at = None
    source.next_at = slot_after(
        now, campaigns.campaign_of(row), definition.every_minutes, definition.offset_minutes
    )  # fmt: skip
    _write_down(session, row, source, sender, "source.resume", now)
    return True


def remove(session: Session, row: CampaignRow, source: Source, sender: Sender, now: datetime) -> None:
    """End a source. What it delivered stays, and so does its row, which names it."""
    source.removed_at = now
    source.lease, source.leased_until = None, None
    _write_down(session, row, source, sender, "source.remove", now)


def begin_anew(session: Session, campaign_id: str, now: datetime) -> None:
    """Let every source begin as if it had just been made: a demonstration's day starts again. What was pulled and
    remembered of the day before has to be gone already."""
    session.execute(
        sa.update(Source)
        .where(Source.campaign_id == campaign_id)
        .values(created_at=now, next_at=now, asked_at=None, lease=None, leased_until=None, failures=0, problem=None,
                last_tried_at=None, last_success_at=None, newest_at=None, rows=None, refused=0, refused_run=None)
    )  # fmt: skip


def ask_trial(
    session: Session, tree: PlaceTree, definition: Definition, source_id: int | None, sender: Sender,
    real_now: datetime,
) -> SourceTrial:  # fmt: skip
    """Have a definition tried by the process that fetches; `source_id` is the source it would change."""
    trial = SourceTrial(
        # Drawn: a number that follows from the last one would be given again once that is forgotten.
        id=secrets.randbelow(2**52) + 1,
        campaign_id=tree.campaign.id,
        district_id=district_of(tree, tree.by_code[definition.place]),
        source_id=source_id,
        place=definition.place,
        definition=definition.to_json(),
        actor=sender.name,
        asked_at=real_now,
    )
    session.add(trial)
    session.flush()
    return trial


def forget_trials(session: Session, campaign_id: str, real_now: datetime) -> None:
    """Drop the trials nobody can be waiting for any more."""
    old = SourceTrial.asked_at < real_now - TRIAL_KEPT
    session.execute(sa.delete(SourceTrial).where(SourceTrial.campaign_id == campaign_id, old))


def _write_down(
    session: Session, row: CampaignRow, source: Source, sender: Sender, action: str, now: datetime, **more: Any
) -> None:
    said = {"source": source.id, "name": source.definition["name"], "place": source.place, **more}
    campaigns.change(session, row, actor=sender.name, action=action, details=said, now=now)
