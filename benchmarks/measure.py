"""One measured figure, its target, and how a list of them is written down."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to be: at most (`≤`) or at least (`≥`) `limit`."""

    sign: Literal["≤", "≥"]
    limit: float

    def met_by(self, value: float) -> bool:
        return value <= self.limit if self.sign == "≤" else value >= self.limit


def at_most(limit: float) -> Target:
    return Target("≤", limit)


def at_least(limit: float) -> Target:
    return Target("≥", limit)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `target` is None for what only explains another; `note` says how it came about."""

    name: str
    value: float
    unit: str
    target: Target | None = None
    database: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """`ok`, `missed`, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "ok" if self.target.met_by(self.value) else "missed"

    def as_json(self) -> dict[str, Any]:
        target = f"{self.target.sign} {self.target.limit:g}" if self.target else None
        return {**asdict(self), "value": round(self.value, 3), "target": target, "verdict": self.verdict or None}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def p50_p95(
    name: str,
    values: Sequence[float],
    unit: str,
    target: Target | None = None,
    *,
    judged: Literal["p50", "p95", "both"] = "p95",
    database: str = "",
    note: str = "",
) -> list[Measure]:
    """Median and 95th percentile of `values`; `target` holds for the one that is `judged`, or for both."""
    note = ", ".join(part for part in (f"n={len(values)}, {min(values):.3g} to {max(values):.3g}", note) if part)
    figures = (("p50", statistics.median(values)), ("p95", percentile(values, 0.95)))
    return [
        Measure(f"{name}, {which}", value, unit, target if judged in (which, "both") else None, database, note)
        for which, value in figures
    ]


def table(measures: Sequence[Measure]) -> str:
    """The measures as aligned lines of text."""
    rows = [("figure", "database", "value", "unit", "target", "", "note")]
    for m in measures:
        target = f"{m.target.sign} {m.target.limit:,g}" if m.target else ""
        rows.append((m.name, m.database, f"{m.value:,.4g}", m.unit, target, m.verdict, m.note))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(w) if i == 2 else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join([*cells, row[6]]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)
