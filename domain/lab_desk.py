"""A laboratory's own desk: what it has in hand, what is on its way to it, boxes of which something is missing, what
others ask of it. Typed rows only; `data/queries/lab_desk.py` fills them."""

from dataclasses import dataclass
from datetime import datetime

from domain.backlog import LabBacklog
from domain.campaign import Campaign
from domain.lab_load import LabLoad
from domain.overview import PlaceRef
from domain.tube_findings import TubeFinding

MOST_MISSING = 12
"""Barcodes of one box that are spelled out; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Tubes of one town that have been collected and are not received; `oldest_minutes` since their collection."""

    town: PlaceRef
    tubes: int
    boxes: int
    oldest_minutes: int


@dataclass(frozen=True, slots=True)
class OpenBox:
    """A box of which the laboratory has signed for some tubes and not for others, or for none yet. `missing` are
    barcodes that were sent in it and not received, `unnamed` how many more there are."""

    site: PlaceRef
    box: str
    manifest: str
    sent: int
    received: int
    collected_at: datetime | None
    missing: tuple[str, ...]
    unnamed: int

    @property
    def short(self) -> bool:
        """Whether part of it has been received."""
        return self.received > 0


@dataclass(frozen=True, slots=True)
class CountedHour:
    """What the laboratory has counted of an hour, for one without barcodes. `starts_at` is the hour's start."""

    starts_at: datetime
    ends_at: datetime
    received: int | None
    tested: int | None
    reported: int | None


@dataclass(frozen=True, slots=True)
class LabDesk:
    """Everything on the desk at `now`. `hours` are the campaign's, those that have begun, the latest first: what may
    be counted; `counted` those that have been."""

    campaign: Campaign
    now: datetime
    revision: int
    backlog: LabBacklog
    load: LabLoad
    coming: tuple[Coming, ...]
    boxes: tuple[OpenBox, ...]
    findings: tuple[TubeFinding, ...]
    hours: tuple[datetime, ...]
    counted: tuple[CountedHour, ...]
