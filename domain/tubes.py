"""Tubes (采样管): what the events of one add up to, and what follows for the counts.

Events come in any order and repeated; `Tube.take` gives the same tube whatever the order (a property test holds it).
Times are whole seconds since 1970, UTC: this runs for thousands of events a second.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TypeVar

from domain.tube_events import AT_LAB, Event, Type

T = TypeVar("T", int, str)


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
