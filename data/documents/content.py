"""What a document says, whatever it is written as: the page, the sheet of paper, XLSX and Word are made from this."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Value = str | int | float | datetime | None


class Kind(StrEnum):
    """How a value is written in a spreadsheet."""

    TEXT = "text"
    COUNT = "count"
    SIGNED = "signed"
    SHARE = "share"
    RATE = "rate"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and the words a reader sees. Moments are wall clock times of the campaign's zone, without an offset,
    since spreadsheets know none. `mark` is a state's sign before the words (◆, ▲)."""

    value: Value
    written: str
    kind: Kind = Kind.TEXT
    mark: str = ""

    @property
    def shown(self) -> str:
        return f"{self.mark} {self.written}" if self.mark else self.written


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `total` says that the last row sums up the others."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False


Part = tuple[bool, str]
"""A piece of a sentence, and whether it stands out."""


@dataclass(frozen=True, slots=True)
class Content:
    """One document in one language. `fields` and `lists` are what templates can name: single cells, and rows of
    named cells."""

    language: str
    heading: str
    issue: str
    stamp: str
    lead: tuple[Part, ...]
    tiles: tuple[tuple[str, Cell], ...]
    summary: Table
    tables: tuple[Table, ...]
    todos_title: str
    todos: tuple[str, ...]
    remark_title: str
    remark: str
    sign_off: str
    method: str
    demo: str
    footer: str
    fields: Mapping[str, Cell]
    lists: Mapping[str, tuple[Mapping[str, Cell], ...]]

    @property
    def lead_text(self) -> str:
        return "".join(part for _, part in self.lead)

    def table(self, key: str) -> Table | None:
        return next((table for table in self.tables if table.key == key), None)


def printable(text: str) -> str:
    """Text without what no file format can hold: control characters and halves of characters."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\x7f" <= c <= "\x9f" and not _broken(c)))


def _broken(c: str) -> bool:
    return "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff"
