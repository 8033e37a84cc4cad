"""What the page of sources and its interface show: each source with how it goes, and the latest pulls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.pulling import Word
from domain.sources import Definition
from domain.status import Severity

Problem = Mapping[str, Any]
"""Why a pull failed: `code` and `params`."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One pull. `problem` is empty after a success."""

    id: int
    source_id: int
    source_name: str
    began_at: datetime
    ended_at: datetime
    succeeded: bool
    asked: bool
    parts: int
    rows: int
    accepted: int
    corrected: int
    unchanged: int
    skipped: int
    refused: int
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source. `delivered` is the last pull that brought anything, with the rows refused then; `unattended` says
    that its turn has come and nobody takes it."""

    id: int
    version: int
    definition: Definition
    place: PlaceRef
    severity: Severity | None
    word: Word
    paused: bool
    asked: bool
    unattended: bool
    failures: int
    problem: Problem | None
    last_tried_at: datetime | None
    last_success_at: datetime | None
    newest_at: datetime | None
    next_at: datetime | None
    """The next turn; None for one that is paused or rests."""
    delivered: RunRow | None


@dataclass(frozen=True, slots=True)
class SourcesPicture:
    """The sources whose rows land at `place` or below, those to look at first, and their latest pulls."""

    campaign: Campaign
    place: PlaceRef
    now: datetime
    sources: tuple[SourceRow, ...]
    runs: tuple[RunRow, ...]
