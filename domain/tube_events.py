"""Tube events: what one event may say, and who may send which.

Times are whole seconds since 1970, UTC: this runs for thousands of events a second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from domain.campaign import POOL_SIZES, Campaign
from domain.errors import Code, Refused
from domain.permissions import Role

BARCODE = re.compile(r"[A-Za-z0-9-]{6,32}")
"""What a barcode may be (contract, "Tube events")."""

MAX_TEXT = 64
"""Characters of a lane, box or manifest code."""

MAX_CODE = 200
"""Characters of a key, a site's or a laboratory's code."""

MAX_PERSONS = 1000
"""More than this in one tube is a slip of the keyboard, not a tube too full."""

SKEW_SECONDS = 60
"""How far the clock of a scanner may run ahead of ours; events later than that are in the future."""

FAR_DAYS = 7
"""An event this long before the campaign's start is another campaign's."""


class Type(IntEnum):
    """Kinds of events, in the order a tube goes through them; stored as numbers, named in the contract."""

    SAMPLED = 1
    THIRD_COPY = 2
    COLLECTED = 3
    RECEIVED = 4
    TESTING = 5
    RESULT = 6
    VOID = 7


class Result(IntEnum):
    """What a test says of a tube."""

    NEGATIVE = 1
    POSITIVE = 2
    GREY = 3
    SINGLE_TARGET = 4
    INVALID = 5


class Void(IntEnum):
    """Why a tube does not count any more."""

    BROKEN = 1
    LABEL_SPOILED = 2
    REJECTED_BY_LAB = 3
    LOST = 4
    """Lost on its way; said by closing a finding of the ledger."""
    NEVER_FILLED = 5
    """Counted into a box and never filled; likewise."""


TYPES = {member.name.lower(): member for member in Type}

RESULTS = {member.name.lower(): member for member in Result}

VOIDS = {member.name.lower(): member for member in (Void.BROKEN, Void.LABEL_SPOILED, Void.REJECTED_BY_LAB)}
"""The reasons that a sender may give; the others are a person's word about a finding."""

AT_SITE = frozenset({Type.SAMPLED, Type.THIRD_COPY})
"""Events that name the site a tube was used at."""

AT_LAB = frozenset({Type.RECEIVED, Type.TESTING, Type.RESULT})
"""Events that name the laboratory a tube is at."""

_SITE_WRITES = frozenset({Type.SAMPLED, Type.THIRD_COPY, Type.VOID})

WRITERS: dict[Role, frozenset[Type]] = {
    Role.SITE: _SITE_WRITES,
    Role.TOWN: _SITE_WRITES | {Type.COLLECTED},
    Role.LAB: AT_LAB | {Type.VOID},
    Role.DISTRICT: frozenset(Type),
    Role.GATEWAY: frozenset(Type),
}
"""Which kinds of events each role may send (contract, "Tube events")."""


class Event(NamedTuple):
    """One event as read. `site` and `lab` are codes; `at` seconds since 1970."""

    event_id: str
    barcode: str
    type: Type
    at: int
    site: str | None = None
    lane: str | None = None
    box: str | None = None
    manifest: str | None = None
    lab: str | None = None
    persons: int | None = None
    pool_size: int | None = None
    result: Result | None = None
    reason: Void | None = None

    def digest(self) -> int:
        """A number that is another one for another content; fits a signed 64-bit column."""
        content = (
            f"{self.barcode}\0{self.type:d}\0{self.at}\0{self.site}\0{self.lane}\0{self.box}\0{self.manifest}\0"
            f"{self.lab}\0{self.persons}\0{self.pool_size}\0{self.result}\0{self.reason}"
        )
        return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a batch's rows are read against: the bounds of time, and what a row that is silent about its place means.

    `site` and `lab` are the sender's own, for a clerk or a laboratory.
    """

    earliest: int
    latest: int
    site: str | None = None
    lab: str | None = None

    @classmethod
    def at(cls, campaign: Campaign, now: datetime, site: str | None = None, lab: str | None = None) -> "Reading":
        earliest = int(campaign.starts_at.timestamp()) - FAR_DAYS * 86_400
        return cls(earliest, int(now.timestamp()) + SKEW_SECONDS, site, lab)


def read_event(row: Mapping[str, object], reading: Reading) -> Event:
    """The event a row of the contract's shape states. Raises `Refused`, naming field and cause.

    Refused is only what one event shows by itself.
    """
    event_id = row.get("event_id")
    if type(event_id) is not str or not 0 < len(event_id) <= MAX_CODE or not event_id.isprintable():
        event_id = _text("event_id", event_id, MAX_CODE)
        if event_id is None:
            raise Refused("event_id", Code.MISSING_FIELD)
    word = row.get("type")
    kind = TYPES.get(word) if type(word) is str else None
    if kind is None:
        raise Refused("type", Code.MISSING_FIELD if word in (None, "") else Code.UNKNOWN_TYPE, word)
    barcode = row.get("barcode")
    if type(barcode) is not str or not BARCODE.fullmatch(barcode):
        raise Refused("barcode", Code.MISSING_FIELD if barcode in (None, "") else Code.BAD_BARCODE, barcode)
    at = _seconds(row.get("at"), reading)
    site = _text("site", row.get("site"), MAX_CODE) or reading.site
    if site is None and kind in AT_SITE:
        raise Refused("site", Code.MISSING_FIELD)
    lab = _text("lab", row.get("lab"), MAX_CODE) or reading.lab
    if lab is None and kind in AT_LAB:
        raise Refused("lab", Code.MISSING_FIELD)
    result = _member("result", row.get("result"), RESULTS) if kind is Type.RESULT else None
    reason = _member("reason", row.get("reason"), VOIDS) if kind is Type.VOID else None
    pool_size = _count("pool_size", row.get("pool_size"))
    if pool_size is not None and pool_size not in POOL_SIZES:
        raise Refused("pool_size", Code.BAD_VALUE, pool_size, detail="pool_size")
    return Event(
        event_id, barcode, kind, at, site,
        _text("lane", row.get("lane"), MAX_TEXT), _text("box", row.get("box"), MAX_TEXT),
        _text("manifest", row.get("manifest"), MAX_TEXT), lab, _count("persons", row.get("persons")), pool_size,
        Result(result) if result else None, Void(reason) if reason else None,
    )  # fmt: skip


def _seconds(value: object, reading: Reading) -> int:
    if value is None or value == "":
        raise Refused("at", Code.MISSING_FIELD)
    try:
        moment = datetime.fromisoformat(value) if type(value) is str else None
    except ValueError:
        moment = None
    if moment is None:
        raise Refused("at", Code.BAD_TIME, value)
    if moment.tzinfo is None:
        raise Refused("at", Code.BAD_TIME, value, detail="no_offset")
    try:
        seconds = int(moment.timestamp())
    except (OverflowError, ValueError):
        raise Refused("at", Code.BAD_TIME, value) from None
    if seconds > reading.latest:
        raise Refused("at", Code.TIME_IN_FUTURE, value, detail="event")
    if seconds < reading.earliest:
        raise Refused("at", Code.BAD_TIME, value, detail="other_campaign")
    return seconds


def _text(name: str, value: object, most: int) -> str | None:
    if value is None or value == "":
        return None
    if type(value) is int:
        value = str(value)
    if type(value) is not str:
        raise Refused(name, Code.BAD_VALUE, value, detail="text")
    if len(value) > most:
        raise Refused(name, Code.BAD_VALUE, value, detail="too_long", limit=most)
    if not value.isprintable():
        raise Refused(name, Code.BAD_VALUE, ascii(value), detail="control")
    return value.strip() or None


def _count(name: str, value: object) -> int | None:
    if value is None or value == "":
        return None
    if type(value) is not int:
        raise Refused(name, Code.NOT_WHOLE if type(value) is float else Code.NOT_A_NUMBER, value)
    if value < 0:
        raise Refused(name, Code.NEGATIVE, value)
    if value > MAX_PERSONS:
        raise Refused(name, Code.TOO_LARGE, value, limit=MAX_PERSONS)
    return value


def _member(name: str, value: object, known: Mapping[str, int]) -> int:
    if value is None or value == "":
        raise Refused(name, Code.MISSING_FIELD)
    member = known.get(value) if type(value) is str else None
    if member is None:
        raise Refused(name, Code.BAD_VALUE, value, detail="one_of", words=", ".join(known))
    return member
