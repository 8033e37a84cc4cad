"""The refused lines of a file, handed back as a file that can be mended and sent again with the same mapping."""

import csv
import re
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path

from data.ingest.mapping import FileMapping
from data.ingest.tables import Cell, Table

ADDED = ("rejected_line", "rejected_field", "rejected_code", "rejected_message")
"""The columns that say why, behind the file's own."""

Fault = tuple[int, str, str, str]
"""Line number, field, code and the message in the reader's language."""

_JOINT = " / "
_EXCEL_UTF8 = "utf-8-sig"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def write_rejected(path: Path, table: Table, rows: Sequence[Fault], *, mapping: FileMapping | None = None) -> Path:
    """Write the refused lines to `path` and return where they are: in the current directory under the same name
    when `path` cannot be written. `rows` and `mapping` as for `rejected_bytes`. Raises `OSError` when neither
    place takes them."""
    content = rejected_bytes(table, rows, mapping=mapping)
    try:
        path.write_bytes(content)
    except OSError:
        path = Path.cwd() / path.name
        path.write_bytes(content)
    return path


def rejected_bytes(table: Table, rows: Sequence[Fault], *, mapping: FileMapping | None = None) -> bytes:
    """The lines that `rows` name, in the order of the file, as CSV with the file's own headers and separator.

    Several faults of one line are joined into one. The encoding is the one that `mapping` fixes, else UTF-8
    with a byte order mark, by which Excel knows it. Raises `KeyError` for a line the table does not have.
    """
    mapping = mapping or FileMapping()
    faults: dict[int, list[Fault]] = {}
    for fault in rows:
        faults.setdefault(fault[0], []).append(fault)
    lines = {line.number: line for line in table.lines}
    headers = [header for header in table.headers if header not in ADDED]

    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=table.delimiter or mapping.delimiter or ",", lineterminator="\r\n")
    writer.writerow([*headers, *ADDED])
    for number in sorted(faults):
        cells = [lines[number].cells[header] for header in headers]
        # Surplus cells stay behind every column: the line is then refused again until somebody has mended it.
        surplus = table.too_wide.get(number, ())
        written = [_text(cell, mapping.decimal) for cell in (*cells, *surplus)]
        writer.writerow([*written[: len(cells)], number, *_reasons(faults[number]), *written[len(cells) :]])
    return _encode(out.getvalue(), mapping.encoding)


def _reasons(faults: list[Fault]) -> list[str]:
    """Field, code and message of one line's faults, each said once."""
    _, fields, codes, messages = zip(*faults, strict=True)
    joined = [_JOINT.join(dict.fromkeys(said)) for said in (fields, codes, messages)]
    return [*joined[:2], _harmless(joined[2])]


def _harmless(message: str) -> str:
    """A message may begin with what the line said. Excel would run it as a formula; the user's own cells are
    left as they are, since the file is theirs and is to come back unchanged."""
    if message.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(message):
        return "'" + message
    return message


def _text(cell: Cell, decimal: str) -> str:
    """A cell as the same mapping reads it back."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(cell).replace(".", decimal)
    if isinstance(cell, datetime):
        return cell.isoformat()
    return str(cell)


def _encode(text: str, encoding: str | None) -> bytes:
    try:
        return text.encode(encoding or _EXCEL_UTF8)
    except UnicodeEncodeError:
        # A message in Chinese, say, in a file in cp1250. The byte order mark is believed before the mapping.
        return text.encode(_EXCEL_UTF8)
