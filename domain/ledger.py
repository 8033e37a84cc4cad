"""The three-way ledger (三方对账): what sites used, what was sent, what laboratories received; and what is open.

Every used tube is in exactly one of: at its site, on its way, received or beyond, missing. A tube is missing when it
is not received `missing_after_minutes` after its use (contract, "ledger"; source 003: four hours).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.backlog import LabRef
from domain.campaign import Campaign, Limits
from domain.overview import PlaceRef
from domain.tube_events import Result


def missing_before(now: datetime, limits: Limits) -> int:
    """The minute since 1970 before which a tube that is not received was used too long ago: it is missing."""
    return int(now.timestamp()) // 60 - limits.missing_after_minutes


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one owner, or of one hour of use of it.

    `used` counts distinct barcodes registered or kept as third copy, not void; `received` those at a laboratory or
    further, `by_count` of them taken from its counts (按数量). `unregistered` were received and never used,
    outside the sum; `duplicate`, `wrong_lab` and the odd ones below it are inside. `reported_tubes` and
    `reported_copies` are what the hourly reports say of the same; None where they say nothing.
    """

    used: int
    on_site: int
    in_transit: int
    received: int
    missing: int
    unregistered: int
    duplicate: int
    wrong_lab: int
    void: int
    sampled: int
    third_copies: int
    persons: int
    copy_only: int
    too_many_persons: int
    before_sampling: int
    no_receipt: int
    at_lab: int
    testing: int
    reported: int
    by_count: int
    results: Mapping[Result, int]
    reported_tubes: int | None
    reported_copies: int | None

    @property
    def balance(self) -> int:
        """Used tubes less those accounted for: 0, or something is lost in our own books."""
        return self.used - self.on_site - self.in_transit - self.received - self.missing

    @property
    def reported_difference(self) -> int | None:
        """Tubes of the hourly reports less barcodes."""
        return None if self.reported_tubes is None else self.reported_tubes - self.used


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The ledger of one place, one laboratory or one hour (`start`) within a larger one."""

    ledger: Ledger
    place: PlaceRef | None = None
    lab: LabRef | None = None
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerPicture:
    """The ledger of a place with its parts: by child, by laboratory, by hour of use. `suspected` pairs of a missing
    and an unregistered barcode await a person's word; they change no figure."""

    campaign: Campaign
    revision: int
    now: datetime
    place: PlaceRef
    ledger: Ledger
    children: tuple[LedgerRow, ...]
    labs: tuple[LedgerRow, ...]
    hours: tuple[LedgerRow, ...]
