"""Handover (交接): what each box and transport run held against what was signed for, and the site's and the
laboratory's word on the count at the end (002: each site signs off its tube count with the laboratory)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.overview import PlaceRef


class Side(StrEnum):
    """Who signs: the site for its third copies, the laboratory for what it received."""

    SITE = "site"
    LAB = "lab"


class Standing(StrEnum):
    """How far the sign-off of a site has come."""

    NOT_DUE = "not_due"
    """The site is still open."""
    UNSIGNED = "unsigned"
    ONE_SIDE = "one_side"
    SIGNED = "signed"
    REOPENED = "reopened"
    """Both had signed, and the count has changed since."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One side's word: the counts it saw, who said so, when. `note` names the difference where there is one."""

    side: Side
    site_count: int
    lab_count: int
    name: str
    role: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """The sign-off of one site. `site_count` are its third copies, `lab_count` what laboratories received of it."""

    site: PlaceRef
    lab: LabRef | None
    site_count: int
    lab_count: int
    standing: Standing
    by_site: Signature | None
    by_lab: Signature | None

    @property
    def difference(self) -> int:
        """Received less kept."""
        return self.lab_count - self.site_count


def standing_of(
    signatures: Iterable[Signature], site_count: int, lab_count: int, due: bool
) -> tuple[Standing, Signature | None, Signature | None]:
    """How the sign-off stands with the counts of now, and the last word of the site and of the laboratory.

    Signatures come in the order in which they were given. One counts while both counts are what its giver saw.
    """
    last: dict[Side, Signature] = {}
    ever = False
    for signature in signatures:
        last[signature.side] = signature
        ever = ever or (len(last) == 2 and len({(s.site_count, s.lab_count) for s in last.values()}) == 1)
    holding = [side for side, s in last.items() if (s.site_count, s.lab_count) == (site_count, lab_count)]
    if len(holding) == 2:
        standing = Standing.SIGNED
    elif ever:
        standing = Standing.REOPENED
    elif holding:
        standing = Standing.ONE_SIDE
    else:
        standing = Standing.UNSIGNED if due else Standing.NOT_DUE
    return standing, last.get(Side.SITE), last.get(Side.LAB)


@dataclass(frozen=True, slots=True)
class Box:
    """One box of one site on one manifest: tubes sent in it, and how many of them were signed for."""

    site: PlaceRef
    box: str
    manifest: str
    lab: LabRef | None
    sent: int
    received: int

    @property
    def difference(self) -> int:
        return self.received - self.sent


@dataclass(frozen=True, slots=True)
class Run:
    """One transport run: a manifest (送检单) to one laboratory."""

    manifest: str
    lab: LabRef | None
    sites: int
    boxes: int
    sent: int
    received: int

    @property
    def difference(self) -> int:
        return self.received - self.sent

    @property
    def arrived(self) -> bool:
        """Whether anything of it has been received: before that nothing is short."""
        return self.received > 0


def order_of(run: Run) -> tuple[bool, int, str]:
    """Sort key: what has arrived and is short first, the largest shortfall first."""
    return not run.arrived, run.difference, run.manifest


@dataclass(frozen=True, slots=True)
class Handover:
    """The handover of a place. `short` are the boxes of which a laboratory has scanned some and not all."""

    campaign: Campaign
    place: PlaceRef
    boxes: int
    boxes_complete: int
    boxes_waiting: int
    short: tuple[Box, ...]
    runs: tuple[Run, ...]
    sign_offs: tuple[SignOff, ...]

    def count(self, *standings: Standing) -> int:
        """Sites whose sign-off stands so."""
        return sum(one.standing in standings for one in self.sign_offs)
