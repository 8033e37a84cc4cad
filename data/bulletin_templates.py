"""A district's own forms: taken in after they were looked at, kept, filled in by number."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.documents.package import MAX_BYTES
from data.ingest.reports import district_of
from data.models import BulletinTemplate
from domain import bulletin as rules
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.permissions import Caller


class UnknownTemplate(LookupError):
    """The campaign has no template of that number, or no longer."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template in the list."""

    id: int
    name: str
    kind: str
    fields: tuple[str, ...]
    actor: str
    recorded_at: datetime


def read_content(sent: str, name: str) -> bytes:
    """The bytes of a file that came as base64 in JSON. Raises `Refused`."""
    # Four letters for three bytes: what is longer cannot be within the limit.
    if len(sent) > MAX_BYTES * 4 // 3 + 4:
        raise Refused("content", Code.TOO_LARGE, name, detail="template", limit=MAX_BYTES >> 20)
    try:
        return base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part="base64") from None


def add(
    database: Database,
    campaign_id: str,
    place_code: str,
    key: str,
    name: str,
    content: bytes,
    kind: str,
    fields: list[str],
    caller: Caller,
    clock: Clock,
) -> tuple[int, bool]:
    """Keep a template that has been checked: its id, and whether it is new. Raises `Refused`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        place = tree.by_code[place_code]
        rules.check_place(place.level)
        fingerprint = hashlib.sha256(content).hexdigest()
        known = session.scalars(sa.select(BulletinTemplate).filter_by(campaign_id=campaign_id, key=key)).one_or_none()
        if known is not None:
            if (known.place_id, known.name, known.hash) != (place.id, name, fingerprint):
                raise Refused("key", Code.CONFLICT, key)
            return known.id, False
        now = campaigns.now_for(row, clock())
        made = BulletinTemplate(
            campaign_id=campaign_id, district_id=district_of(tree, place), place_id=place.id, key=key, name=name,
            kind=kind, hash=fingerprint, fields={"fields": fields}, content=content, actor=caller.name,
            recorded_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        campaigns.change(
            session, row, actor=caller.name, action="bulletin_template.add", now=now,
            details={"template": made.id, "place": place_code, "name": name, "kind": kind, "hash": fingerprint,
                     "bytes": len(content)},
        )  # fmt: skip
        return made.id, True


def delete(database: Database, campaign_id: str, template_id: int, caller: Caller, clock: Clock) -> bool:
    """Take a template off the list; False when it was already. Raises `UnknownTemplate`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        found = _row(session, campaign_id, template_id)
        if found.deleted_at is not None:
            return False
        now = campaigns.now_for(row, clock())
        found.deleted_at = now
        campaigns.change(
            session, row, actor=caller.name, action="bulletin_template.delete", now=now,
            details={"template": found.id, "name": found.name},
        )  # fmt: skip
        return True


def listed(session: Session, campaign_id: str, place_id: int) -> list[Template]:
    """The templates of a place, by name."""
    t = BulletinTemplate
    query = (
        sa.select(t)
        .where(t.campaign_id == campaign_id, t.place_id == place_id, t.deleted_at.is_(None))
        .order_by(t.name, t.id)
    )
    return [
        Template(row.id, row.name, row.kind, tuple(row.fields["fields"]), row.actor, row.recorded_at)
        for row in session.scalars(query)
    ]


def find(session: Session, campaign_id: str, template_id: int) -> BulletinTemplate:
    """A template still on the list. Raises `UnknownTemplate`."""
    found = _row(session, campaign_id, template_id)
    if found.deleted_at is not None:
        raise UnknownTemplate(template_id)
    return found


def _row(session: Session, campaign_id: str, template_id: int) -> BulletinTemplate:
    query = sa.select(BulletinTemplate).filter_by(campaign_id=campaign_id, id=template_id)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise UnknownTemplate(template_id)
    return found


def place_of(session: Session, campaign_id: str, template_id: int) -> int:
    """The id of the place a template belongs to. Raises `UnknownTemplate`."""
    return _row(session, campaign_id, template_id).place_id
