"""Whether a PostgreSQL server is set up as `deploy/postgresql.conf` advises."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data.database import MAX_OVERFLOW, POOL_SIZE, Database

FOR_OTHERS = 16
"""Connections for helpers, backups and the operator."""

_UNITS = {
    "B": 1, "kB": 1024, "8kB": 8192, "MB": 1024**2, "16MB": 16 * 1024**2, "GB": 1024**3, "TB": 1024**4,
    "us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1,
}  # fmt: skip
_LINE = re.compile(r"^(\w+)\s*=\s*('[^']*'|\S+)\s*#\s*(is|on|has|at least|at most)(?:, not (-?\d+))?:\s*(.+)$")


@dataclass(frozen=True, slots=True)
class Advice:
    """One advised setting: `rule` says how a server's value is held against it, `never` a number that means "off"."""

    name: str
    advised: str
    rule: str
    never: str
    reason: str

    def kept_by(self, value: str, unit: str) -> bool:
        """Whether a server keeps it: `value` as `pg_settings` has it, in `unit`."""
        if self.rule == "is":
            return value == self.advised
        if self.rule == "on":
            return value != "off"
        if self.rule == "has":
            return self.advised in re.split(r"[\s,]+", value)
        if self.never and float(value) == float(self.never):
            return False
        found, wanted = _number(value, unit), _number(*_apart(self.advised))
        return found >= wanted if self.rule == "at least" else found <= wanted


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not as advised."""

    name: str
    found: str
    advised: str
    reason: str


def connections_needed(workers: int) -> int:
    """How many connections that many web workers may hold, with those for everybody else."""
    return workers * (POOL_SIZE + MAX_OVERFLOW) + FOR_OTHERS


def advice(file: Path) -> Iterator[Advice]:
    """What the file advises. Raises `ValueError` for a setting without a reason."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        said = _LINE.match(line)
        if said is None:
            raise ValueError(f"{file.name}: {line}")
        name, value, rule, never, reason = said.groups()
        yield Advice(name, value.strip("'"), rule, never or "", reason)


def differences(database: Database, file: Path, workers: int) -> list[Difference]:
    """What the running server has otherwise than `file` advises, and whether `workers` web workers can connect."""
    with database.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT name, setting, coalesce(unit, '') FROM pg_settings"))
        settings = {name: (value, unit) for name, value, unit in rows}
    found = []
    for one in advice(file):
        value, unit = settings.get(one.name, ("", ""))
        if not value and one.rule not in ("is", "has"):
            found.append(Difference(one.name, "—", one.advised, one.reason))
        elif not one.kept_by(value, unit):
            found.append(Difference(one.name, _shown(value, unit), one.advised, one.reason))
    needed = connections_needed(workers)
    held = int(settings["max_connections"][0])
    if held < needed:
        reason = f"{workers} web workers × {POOL_SIZE + MAX_OVERFLOW} + {FOR_OTHERS}"
        found.append(Difference("max_connections", str(held), str(needed), reason))
    return found


def _apart(value: str) -> tuple[str, str]:
    number, unit = re.fullmatch(r"(-?[\d.]+)(\w*)", value).groups()  # type: ignore[union-attr]
    return number, unit


def _number(value: str, unit: str) -> float:
    return float(value) * _UNITS[unit]


def _shown(value: str, unit: str) -> str:
    return f"{value} × {unit}" if unit and unit[0].isdigit() else f"{value}{unit}"
