"""Findings (告警): what a person should look at, derived from the record, never stored.

The severities follow the anomaly rules of the design (section 6); a finding ends when its cause does: the report
arrives, the figure is corrected, the town verifies it, the place catches up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.places import Level
from domain.reports import DOUBTFUL, Flag
from domain.status import RANK, Severity


class Topic(StrEnum):
    """What a finding is about: the word at the right end of its row."""

    REPORTING = "reporting"
    DATA = "data"
    PROGRESS = "progress"
    RECONCILIATION = "reconciliation"
    INFORMATION = "information"
    SOURCES = "sources"
    TUBES = "tubes"
    LABORATORIES = "laboratories"
    TASKS = "tasks"
    """Tasks from results: which tube and which result, only its own page says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `kind` names its sentence in `locales` (`finding.<kind>`), filled with the place's name and
    `params`; `at` is when it arose."""

    kind: str
    severity: Severity
    topic: Topic
    place: str
    place_name: str
    place_name_en: str
    level: Level
    at: datetime
    period: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    def label(self, language: str) -> str:
        return self.place_name_en or self.place_name if language == "en" else self.place_name


FLAG_SEVERITY = {
    Flag.TOTAL_FALLS: Severity.CRIT,
    Flag.TOTAL_DIFFERS: Severity.WARN,
    Flag.PERSONS_OVER_TUBES: Severity.WARN,
    Flag.THIRD_COPIES_DIFFER: Severity.WARN,
    Flag.ZERO_WHILE_OPEN: Severity.WARN,
    Flag.OUTLIER: Severity.WARN,
    Flag.OUTSIDE_OPENING: Severity.WARN,
}
"""Severity of each doubtful flag (design, section 6: a falling total is impossible, the others are doubtful)."""


def worst_flag(flags: int) -> Flag | None:
    """The doubtful flag that names the finding: the most severe one, then the one first in the list."""
    present = list(Flag(flags) & DOUBTFUL)
    return min(present, key=lambda f: (RANK[FLAG_SEVERITY[f]], int(f)), default=None)


def order(finding: Finding) -> tuple[int, float, str]:
    """Sort key: severity first, then newest, then place."""
    return RANK[finding.severity], -finding.at.timestamp(), finding.place
