"""Tubes (采样管): what one event may say, what the events of a tube add up to, and what follows for the counts.

Events come in any order and repeated; `Tube.take` gives the same tube whatever the order (a property test holds it).
Times are whole seconds since 1970, UTC: this runs for thousands of events a second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from domain.campaign import POOL_SIZES, Campaign
from domain.errors import Code, Refused
from domain.permissions import Role

T = TypeVar("T", int, str)

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


class Stage(IntEnum):
    """Where a tube is now: 采 → 送 → 检 → 报."""

    NONE = 0
    ON_SITE = 1
    IN_TRANSIT = 2
    AT_LAB = 3
    TESTING = 4
    REPORTED = 5

    @property
    def word(self) -> str:
        """Its name in the contract's `by_stage`."""
        return self.name.lower()


BACKLOG = (Stage.ON_SITE, Stage.IN_TRANSIT, Stage.AT_LAB, Stage.TESTING)
"""The stages a tube waits in."""


class Finding(IntFlag):
    """What is odd about one tube once its events are compared. The first four words of the flags are the
    contract's; `UNREGISTERED` and `COPY_ONLY` are the ledger's."""

    UNREGISTERED = 1
    DUPLICATE = 2
    WRONG_LAB = 4
    TOO_MANY_PERSONS = 8
    BEFORE_SAMPLING = 16
    RESULT_WITHOUT_RECEIPT = 32
    COPY_ONLY = 64

    def words(self) -> list[str]:
        """The names as other systems read them."""
        return [_WORDS[flag] for flag in Finding if flag in self]


_WORDS = {flag: (flag.name or "").lower() for flag in Finding} | {Finding.DUPLICATE: "duplicate_barcode"}


NOTHING_ODD = Finding(0)
_DUPLICATE, _WRONG_LAB, _TOO_MANY_PERSONS = map(int, (Finding.DUPLICATE, Finding.WRONG_LAB, Finding.TOO_MANY_PERSONS))
_BEFORE_SAMPLING, _RESULT_WITHOUT_RECEIPT, _COPY_ONLY = map(
    int, (Finding.BEFORE_SAMPLING, Finding.RESULT_WITHOUT_RECEIPT, Finding.COPY_ONLY)
)


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


@dataclass(slots=True)
class Tube:
    """What the events of one barcode add up to. Ids are those of the record, times seconds; None is not yet known.

    The earliest event of a kind counts, of results the latest (a test repeated after an invalid one replaces it).
    `site` is where it was first used; `*_low` and `*_high` are the least and the greatest of what was claimed, which
    differ when two claimed it. `persons` is the most anybody stated: an interrupted group resumes on the same
    barcode and states its size so far. `full_first` and `full_last` are when a complete group was registered: two
    different times are two groups.
    """

    site: int | None = None
    site_low: int | None = None
    site_high: int | None = None
    named_site: int | None = None
    """The site that an event other than its use names: where a tube nobody registered is said to come from."""
    used_at: int | None = None
    sampled_at: int | None = None
    third_at: int | None = None
    full_first: int | None = None
    full_last: int | None = None
    lane_low: str | None = None
    lane_high: str | None = None
    persons: int | None = None
    pool_size: int | None = None
    collected_at: int | None = None
    box: str | None = None
    manifest: str | None = None
    lab: int | None = None
    lab_low: int | None = None
    lab_high: int | None = None
    lab_at: int | None = None
    received_at: int | None = None
    received_box: str | None = None
    received_box_high: str | None = None
    received_manifest: str | None = None
    testing_at: int | None = None
    resulted_at: int | None = None
    result: int | None = None
    result_at: int | None = None
    void: int | None = None
    void_at: int | None = None

    def take(self, event: Event, site: int | None, lab: int | None, pool: int) -> None:
        """Add one event. `site` and `lab` are the ids of what it names, `pool` the site's pool size. Order does not
        matter, nor does taking the same event twice."""
        at, kind = event.at, event.type
        if kind <= Type.THIRD_COPY:
            self._use(event, site, pool)
        else:
            if site is not None:
                self.named_site = _most(self.named_site, site)
            if kind is Type.COLLECTED:
                self.collected_at = _least(self.collected_at, at)
            elif kind in AT_LAB:
                self._arrive(event, lab)
            elif event.reason is not None:
                said = (at, int(event.reason))
                if self.void_at is None or self.void is None or said < (self.void_at, self.void):
                    self.void_at, self.void = said
        if kind is not Type.RECEIVED:
            self.box = _most(self.box, event.box)
            self.manifest = _most(self.manifest, event.manifest)
        self.persons = _most(self.persons, event.persons)
        self.pool_size = _most(self.pool_size, event.pool_size)

    def _use(self, event: Event, site: int | None, pool: int) -> None:
        at = event.at
        if site is not None:
            if self.used_at is None or self.site is None or (at, site) < (self.used_at, self.site):
                self.used_at, self.site = at, site
            self.site_low, self.site_high = _least(self.site_low, site), _most(self.site_high, site)
        if event.type is Type.THIRD_COPY:
            self.third_at = _least(self.third_at, at)
            return
        self.sampled_at = _least(self.sampled_at, at)
        if event.lane is not None:
            self.lane_low, self.lane_high = _least(self.lane_low, event.lane), _most(self.lane_high, event.lane)
        if event.persons is None or event.persons >= (event.pool_size or pool):
            self.full_first, self.full_last = _least(self.full_first, at), _most(self.full_last, at)

    def _arrive(self, event: Event, lab: int | None) -> None:
        at, kind = event.at, event.type
        if lab is not None:
            if self.lab_at is None or self.lab is None or (at, lab) < (self.lab_at, self.lab):
                self.lab_at, self.lab = at, lab
            self.lab_low, self.lab_high = _least(self.lab_low, lab), _most(self.lab_high, lab)
        if kind is Type.RECEIVED:
            self.received_at = _least(self.received_at, at)
            if event.box is not None:
                self.received_box = _least(self.received_box, event.box)
                self.received_box_high = _most(self.received_box_high, event.box)
            self.received_manifest = _most(self.received_manifest, event.manifest)
        elif kind is Type.TESTING:
            self.testing_at = _least(self.testing_at, at)
        elif event.result is not None:
            self.resulted_at = _least(self.resulted_at, at)
            said = (at, int(event.result))
            if self.result_at is None or self.result is None or said > (self.result_at, self.result):
                self.result_at, self.result = said

    @property
    def used(self) -> bool:
        """Whether it counts as used: registered or its third copy kept, and not void."""
        return self.used_at is not None and self.void is None

    @property
    def stage(self) -> Stage:
        """The furthest it has come; `NONE` for a void tube, and for one of which only its collection is known."""
        if self.void is not None:
            return Stage.NONE
        if self.resulted_at is not None:
            return Stage.REPORTED
        if self.testing_at is not None:
            return Stage.TESTING
        if self.received_at is not None:
            return Stage.AT_LAB
        if self.used_at is None:
            return Stage.NONE
        return Stage.IN_TRANSIT if self.collected_at is not None else Stage.ON_SITE

    @property
    def times(self) -> tuple[int | None, int | None, int | None, int | None, int | None]:
        """When it entered each stage, as far as an event said so."""
        return self.used_at, self.collected_at, self.received_at, self.testing_at, self.resulted_at

    def entered(self, stage: Stage) -> int:
        """When it entered `stage`, the one it is in."""
        at = self.times[stage - 1]
        assert at is not None, stage
        return at

    def reached(self) -> list[int]:
        """When it had come at least to each stage up to the one it is in: a stage nobody scanned is reached with the
        next one, and no stage is reached after a later one."""
        times = self.times
        found = [0] * self.stage
        after: int | None = None
        for k in range(len(found) - 1, -1, -1):
            at = times[k]
            if after is None or (at is not None and at < after):
                after = at
            assert after is not None
            found[k] = after
        return found

    def home(self, expected: int | None) -> int | None:
        """The laboratory that has it: the one expected where that has received it, else the first; before it is
        anywhere, the one expected."""
        if self.lab is None:
            return expected
        return expected if expected is not None and expected in (self.lab, self.lab_low, self.lab_high) else self.lab

    def findings(self, expected: int | None, pool: int) -> Finding:
        """What is odd about it. `expected` is the laboratory of its town's account when it was used, `pool` its
        site's pool size."""
        # Plain numbers: arithmetic of flags costs more than all the questions together.
        found = 0
        used_at = self.used_at
        if self.void is not None:
            return NOTHING_ODD
        arrived = self.received_at is not None or self.testing_at is not None or self.resulted_at is not None
        if used_at is None:
            return Finding.UNREGISTERED if arrived else NOTHING_ODD
        if (
            self.site_low != self.site_high
            or self.lane_low != self.lane_high
            or self.full_first != self.full_last
            or (self.received_box != self.received_box_high and self.lab_low == self.lab_high)
        ):
            found += _DUPLICATE
        if expected is not None and self.lab is not None and self.home(expected) != expected:
            found += _WRONG_LAB
        if self.persons is not None and self.persons > (self.pool_size or pool):
            found += _TOO_MANY_PERSONS
        if (
            (self.collected_at is not None and self.collected_at < used_at)
            or (self.received_at is not None and self.received_at < used_at)
            or (self.testing_at is not None and self.testing_at < used_at)
            or (self.resulted_at is not None and self.resulted_at < used_at)
        ):
            found += _BEFORE_SAMPLING
        if arrived and self.received_at is None:
            found += _RESULT_WITHOUT_RECEIPT
        if self.sampled_at is None:
            found += _COPY_ONLY
        return Finding(found) if found else NOTHING_ODD


def _least(a: T | None, b: T) -> T:
    return b if a is None or b < a else a


def _most(a: T | None, b: T | None) -> T | None:
    if a is None or b is None:
        return b if a is None else a
    return a if a > b else b
