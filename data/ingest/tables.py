"""Files people send, read as a table of lines: CSV in the encodings and with the separators that spreadsheets
write, and XLSX.

Nothing is interpreted: a cell stays what the file says, so that a refused line can be handed back unchanged.
Only what makes the whole file unreadable is an error here (`Unreadable`; the problems and their remedies stand
in `locales/*/files.toml`); what is wrong with one line is said by whoever reads that line.
"""

import csv
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from data.ingest.encodings import SAMPLE, decode
from domain.errors import Unreadable

Cell = str | int | float | datetime | None
"""What a cell holds. CSV knows text only; an empty cell is "" in CSV and None in XLSX and beyond a line's end."""

DELIMITERS = (",", ";", "\t", "|")
"""Separators that are recognised, the likelier first."""

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000

_SHEET_ROWS = 1_048_576
"""Rows a sheet can have. A damaged or hostile row number beyond makes openpyxl count up to it."""

_UNPACKED_FACTOR = 4
"""How many times the size limit an XLSX may have unpacked; honest ones of the largest size stay below."""

_ARCHIVE_ENTRIES = 2_000
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"

_DELIMITER_RECORDS = 50

_END = "\0"
"""Fed to the CSV reader after the last line: if it comes back inside a record, a quote was never closed. No text
that gets so far holds a NUL."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `number` is what an editor or Excel shows where the line begins, counted from 1; `cells` are
    keyed by the file's own headers and hold every one of them."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read.

    `headers` are trimmed and distinct; a column without a name, left of one with a name, is called by its
    place (`#3`). `encoding` and `delimiter` are None for XLSX. `too_wide` holds, by line number, the cells
    beyond the last header: such a line is in `lines` as well, but its cells may stand in the wrong columns and
    it has to be refused (`too_many_cells`).
    """

    name: str
    headers: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    lines: list[Line]
    too_wide: Mapping[int, tuple[Cell, ...]]


def read_table(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Table:
    """The table in `data`, which the content, not `name`, shows to be XLSX or CSV.

    `encoding`, `delimiter` (CSV) and `sheet` (XLSX) are recognised when left out; a byte order mark is
    believed before `encoding`. Raises `Unreadable`.
    """
    if len(data) > max_bytes:
        raise Unreadable("too_large", limit_mb=_megabytes(max_bytes))
    if data.startswith(_OLE):
        raise Unreadable("old_excel")
    if data.startswith(_ZIP):
        headers, lines, too_wide = _read_workbook(data, sheet, max_bytes, max_rows)
        return Table(name, headers, None, None, lines, too_wide)
    text, encoding = decode(data, encoding)
    if not text.strip():
        raise Unreadable("empty_file")
    delimiter = delimiter or _recognise_delimiter(text)
    headers, lines, too_wide = _tabulate(_records(text, delimiter), max_rows)
    return Table(name, headers, encoding, delimiter, lines, too_wide)


def table_of(name: str, headers: Sequence[str], rows: Iterable[Sequence[object]], max_rows: int = MAX_ROWS) -> Table:
    """The table of rows that are values already, not text: a database's answer, a list of JSON objects. Lines are
    numbered from 1. Raises `Unreadable`."""
    values = ((number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1))
    filled = (record for record in values if not all(map(is_blank, record[1])))
    named, lines, too_wide = _tabulate(chain([(0, headers)], filled), max_rows)
    return Table(name, named, None, None, lines, too_wide)


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _megabytes(size: int) -> int:
    return -(-size // 2**20)


def _tabulate(
    records: Iterator[tuple[int, Sequence[Cell]]], max_rows: int
) -> tuple[tuple[str, ...], list[Line], dict[int, tuple[Cell, ...]]]:
    """Headers, lines and surplus cells from records that are not blank, each with its line number."""
    first = next(records, None)
    if first is None:
        raise Unreadable("empty_file")
    headers = _headers(first[1])
    width = len(headers)
    lines: list[Line] = []
    too_wide: dict[int, tuple[Cell, ...]] = {}
    for number, cells in records:
        if len(lines) == max_rows:
            raise Unreadable("too_many_rows", limit=max_rows)
        if len(cells) < width:
            cells = [*cells, *[None] * (width - len(cells))]
        elif len(cells) > width and (surplus := _without_blank_end(cells[width:])):
            too_wide[number] = tuple(surplus)
        lines.append(Line(number, dict(zip(headers, cells, strict=False))))
    return headers, lines, too_wide


def _headers(cells: Sequence[Cell]) -> tuple[str, ...]:
    named = [
        f"#{place}" if is_blank(cell) else str(cell).strip()
        for place, cell in enumerate(_without_blank_end(cells), start=1)
    ]
    for name, times in Counter(named).items():
        if times > 1:
            raise Unreadable("duplicate_header", name=name)
    return tuple(named)


def _without_blank_end(cells: Sequence[Cell]) -> Sequence[Cell]:
    end = len(cells)
    while end and is_blank(cells[end - 1]):
        end -= 1
    return cells[:end]


# --- CSV ---------------------------------------------------------------------------------------------------


def _recognise_delimiter(text: str) -> str:
    """The separator that divides most of the first records into as many cells as the header; of equals the one
    with more columns. A file of one column counts as comma-separated."""
    best, best_rank = DELIMITERS[0], (0.0, 1)
    for candidate in DELIMITERS:
        sample = _physical_lines(text[:SAMPLE])
        try:
            filled = filter(any, csv.reader(sample, delimiter=candidate))
            records = list(islice(filled, _DELIMITER_RECORDS))
        except csv.Error:
            continue
        if len(text) > SAMPLE and 1 < len(records) < _DELIMITER_RECORDS:
            records.pop()  # cut off by the sample's end
        widths = [len(_without_blank_end(record)) for record in records]
        if not widths or widths[0] < 2:
            continue
        rank = (_evenness(records, widths), widths[0])
        if rank > best_rank:
            best, best_rank = candidate, rank
    return best


def _evenness(records: list[list[str]], widths: list[int]) -> float:
    """How well records fit their header, from 0 to 1. Short lines happen (some programs leave out empty cells at
    the end) and count half; too many cells are a sign of the wrong separator."""
    fits = 0.0
    for record, width in zip(records, widths, strict=True):
        if len(record) == len(records[0]):
            fits += 1
        elif width <= widths[0]:
            fits += 0.5
    return fits / len(records)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, each with the line it begins on."""
    reader = csv.reader(chain(_physical_lines(text), [_END]), delimiter=delimiter)
    physical: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            end = reader.line_num
            if end > begin:
                # Needed for few files, so not kept for all.
                physical = physical or list(_physical_lines(text))
                _check_quotes(physical[begin - 1 : end], cells, delimiter, begin)
            elif cells == [_END]:
                return
            if any(map(str.strip, cells)):
                yield begin, cells
            begin = end + 1
    except csv.Error:
        if reader.line_num > begin:
            raise Unreadable("unbalanced_quotes", line=begin) from None
        raise Unreadable("cell_too_long", line=begin, limit=csv.field_size_limit()) from None


def _physical_lines(text: str) -> StringIO:
    """The lines with their line ends, as an editor counts them."""
    return StringIO(text, newline="")


def _check_quotes(physical: list[str], cells: list[str], delimiter: str, begin: int) -> None:
    """Refuse a record over several lines whose quotes do not pair: a forgotten one would otherwise swallow
    every line up to the next quote without a word."""
    if cells[-1].endswith(_END):
        raise Unreadable("unbalanced_quotes", line=begin)
    try:
        list(csv.reader(physical, delimiter=delimiter, strict=True))
    except csv.Error:
        raise Unreadable("unbalanced_quotes", line=begin) from None


# --- XLSX --------------------------------------------------------------------------------------------------


def _read_workbook(
    data: bytes, sheet: str | None, max_bytes: int, max_rows: int
) -> tuple[tuple[str, ...], list[Line], dict[int, tuple[Cell, ...]]]:
    """The table on `sheet` or on the first visible one. Formulas come as their text, never as the value that
    Excel last stored for them: nobody can see from the file whether that was up to date."""
    _check_archive(data, max_bytes * _UNPACKED_FACTOR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations that it leaves out
        try:
            book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
            chosen = _choose_sheet(book.worksheets, sheet)
            # Some programs write a wrong dimension, which would cut the sheet off.
            chosen.reset_dimensions()
            return _tabulate(_sheet_rows(chosen.iter_rows(values_only=True)), max_rows)
        except Unreadable:
            raise
        except Exception as error:  # openpyxl lets through whatever a damaged file makes its parts raise
            raise Unreadable("not_a_table") from error


def _check_archive(data: bytes, max_unpacked: int) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable("not_a_table") from None
    if len(entries) > _ARCHIVE_ENTRIES or sum(entry.file_size for entry in entries) > max_unpacked:
        raise Unreadable("too_large", limit_mb=_megabytes(max_unpacked))


def _choose_sheet(sheets: Sequence[Any], wanted: str | None) -> Any:
    if not sheets:
        raise Unreadable("not_a_table")
    if wanted is None:
        return next((sheet for sheet in sheets if sheet.sheet_state == "visible"), sheets[0])
    for sheet in sheets:
        if sheet.title.strip() == wanted.strip():
            return sheet
    raise Unreadable("unknown_sheet", sheet=wanted, sheets=", ".join(sheet.title for sheet in sheets))


def _sheet_rows(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows that are not blank, each with its row number."""
    for number, row in enumerate(rows, start=1):
        if number > _SHEET_ROWS:
            raise Unreadable("too_many_rows", limit=_SHEET_ROWS)
        cells = [_cell(value) for value in row]
        if not all(map(is_blank, cells)):
            yield number, cells


def _cell(value: object) -> Cell:
    """What openpyxl found, in the few types of a `Cell`."""
    if value is None or isinstance(value, str | datetime):
        return value
    if isinstance(value, bool):
        return str(value).upper()  # as Excel shows it
    if isinstance(value, float) and value.is_integer():
        return int(value)  # some programs store 12 as 12.0
    if isinstance(value, Decimal):  # what databases sum into
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, ArrayFormula):
        return f"={(value.text or '').removeprefix('=')}"
    if isinstance(value, DataTableFormula):
        return "=TABLE()"
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
