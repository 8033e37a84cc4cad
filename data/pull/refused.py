"""The rows of a pull that were refused, kept so that they can be named and handed back as a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from data.ingest.file_import import FileResult
from data.ingest.mapping import FileMapping
from data.ingest.rejects import rejected_bytes
from data.ingest.tables import Cell, Line, Table
from domain.errors import Code, Rejection

MOST = 2_000
"""Refused rows of one pull that are kept; the others are counted."""

FILE = "rejected_file"
"""Names the file and line a row came from, where a pull took several files."""


@dataclass(slots=True)
class RefusedRows:
    """The refused rows of one pull. Only the columns the mapping uses are kept: what else a system delivers may be
    about persons, and is none of ours."""

    count: int = 0
    headers: list[str] = field(default_factory=list)
    decimal: str = "."
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: FileResult, zone: ZoneInfo, file: str) -> None:
        """Keep what was refused of one table; `file` is its name where it is one of several."""
        self.count += len(result.refused)
        used = list(dict.fromkeys(result.mapping.columns.values()))
        self.headers += [header for header in used if header not in self.headers]
        self.decimal = result.mapping.decimal
        lines = {line.number: line for line in result.table.lines}
        for number, rejection in result.refused[: MOST - len(self.rows)]:
            cells = {header: _plain(lines[number].cells[header]) for header in used}
            self.rows.append(
                {
                    "line": number,
                    "file": file,
                    "cells": cells,
                    "field": rejection.field,
                    "code": rejection.code.value,
                    "value": rejection.value,
                    "detail": rejection.detail,
                    "params": {name: _in_words(value, zone) for name, value in rejection.params.items()},
                }
            )

    def add_file(self, name: str) -> None:
        """Keep that a whole file could not be read."""
        self.count += 1
        if len(self.rows) < MOST:
            self.rows.append({"line": 0, "file": name, "cells": {}, "field": "row", "code": Code.BAD_VALUE.value,
                              "value": name, "detail": "file", "params": {}})  # fmt: skip

    def stored(self) -> dict[str, Any] | None:
        """As it stands in the database."""
        if not self.rows:
            return None
        return {"headers": self.headers, "decimal": self.decimal, "rows": self.rows}


def _plain(cell: Cell) -> str | int | float | None:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _in_words(value: object, zone: ZoneInfo) -> object:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="minutes")
    return value if isinstance(value, str | int | float) else str(value)


def rejection_of(row: Mapping[str, Any]) -> Rejection:
    """A stored refused row's refusal."""
    return Rejection(row["line"], row["field"], Code(row["code"]), row["value"], row["detail"], row["params"])


def as_file(stored: Mapping[str, Any], tell: Callable[[Rejection], str]) -> bytes:
    """The stored rows as the file of refused rows that imports write: to be mended and imported with the source's
    mapping. `tell` says each refusal in the reader's language."""
    several = any(row["file"] for row in stored["rows"])
    headers = [*([FILE] if several else []), *stored["headers"]]
    lines, faults = [], []
    for place, row in enumerate(stored["rows"], start=1):
        number = place if several else row["line"]
        cells = {header: row["cells"].get(header) for header in stored["headers"]}
        if several:
            cells[FILE] = f"{row['file']}:{row['line']}"
        lines.append(Line(number, cells))
        faults.append((number, row["field"], row["code"], tell(rejection_of(row))))
    table = Table("", tuple(headers), None, None, lines, {})
    return rejected_bytes(table, faults, mapping=FileMapping(decimal=stored["decimal"]))
