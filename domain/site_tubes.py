"""The tubes of a site beside each other: what it used, what it keeps as third copies, what laboratories received."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.backlog import Backlog
from domain.overview import PlaceRef
from domain.tubes import Stage


@dataclass(frozen=True, slots=True)
class SiteTubes:
    """Barcodes of the whole day so far; `missing` of the used ones are not received and too old not to be."""

    used: int = 0
    third_copies: int = 0
    received: int = 0
    missing: int = 0

    @property
    def gap(self) -> int:
        """Received less used: what is still on the site, on its way, or missing, below zero."""
        return self.received - self.used


def together(parts: Iterable[SiteTubes]) -> SiteTubes | None:
    """The sum of several sites; None of none."""
    found = list(parts)
    if not found:
        return None
    return SiteTubes(
        sum(part.used for part in found),
        sum(part.third_copies for part in found),
        sum(part.received for part in found),
        sum(part.missing for part in found),
    )


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a site, `name` empty for what is in none yet. Times are of its tubes' first and last use, their
    collection and their receipt, the latest of each; `stages` counts tubes by stage, `waits_minutes` is how long the
    oldest has waited in the earliest stage of them."""

    name: str
    tubes: int
    first_used: datetime
    last_used: datetime
    collected_at: datetime | None
    received_at: datetime | None
    stages: Mapping[Stage, int]
    waits_minutes: int | None

    @property
    def stage(self) -> Stage:
        """Where the tube is that is furthest behind."""
        return min((stage for stage, tubes in self.stages.items() if tubes), default=Stage.REPORTED)


@dataclass(frozen=True, slots=True)
class SiteTubesPicture:
    """The panel of a site: where its tubes are, box by box, the latest first; `odd` counts the tubes of its open
    findings, `missing` those that are not received under their code."""

    backlog: Backlog
    place: PlaceRef
    boxes: tuple[Box, ...]
    odd: int
    missing: int
