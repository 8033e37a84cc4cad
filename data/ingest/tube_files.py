"""Files of tube events: what of a table's cells is an event of the contract, and lines of JSON as a table.

Three kinds of files come this way: full event files, a site's list of third copies, a laboratory's list of receipts.
The lists have a barcode and a time; what holds for all their rows stands in the mapping's constants. Nothing is ever
guessed: a barcode that a spreadsheet has spoiled is refused with the remedy.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest import tubes
from data.ingest.batch import BatchResult
from data.ingest.file_import import FileResult, Import, Row, without_duplicates
from data.ingest.mapping import TUBE_FIELDS
from data.ingest.tables import MAX_BYTES, MAX_ROWS, Cell, Line, Table, read_table
from data.models import CampaignRow
from data.tube_books import books_of
from domain.errors import Code, Refused, Unreadable
from domain.tube_events import AT_LAB, BARCODE, MAX_CODE, TYPES
from domain.values import read_count

UNREAD = "#unread"
"""The column that holds a line of JSON that could not be read, so that it comes back with the refused rows."""

MAX_UNPACKED = 4 * MAX_BYTES
"""Bytes of a compressed file, unpacked."""

EXACT_DIGITS = 15
"""Digits of a number that Excel keeps; it replaces those beyond by zeros."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_LOCAL = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?:\s+|T)(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

TYPE_WORDS: Mapping[str, str] = {
    "采样": "sampled", "登记": "sampled", "第三联": "third_copy", "存根": "third_copy", "第三联存根": "third_copy",
    "转运": "collected", "取走": "collected", "取样": "collected", "接收": "received", "签收": "received",
    "上机": "testing", "检测": "testing", "结果": "result", "出结果": "result", "作废": "void",
}  # fmt: skip
"""Usual words for the kinds of events. 收样 is none of them: sites say it of collecting, laboratories of receipts."""

RESULT_WORDS: Mapping[str, str] = {
    "阴性": "negative", "阴": "negative", "阳性": "positive", "阳": "positive", "灰区": "grey", "可疑": "grey",
    "单靶": "single_target", "单靶标": "single_target", "单靶阳性": "single_target", "无效": "invalid",
}  # fmt: skip

REASON_WORDS: Mapping[str, str] = {
    "破损": "broken", "管破": "broken", "标签污损": "label_spoiled", "标签损坏": "label_spoiled",
    "实验室拒收": "rejected_by_lab", "拒收": "rejected_by_lab",
}  # fmt: skip

_WORDS = {"type": TYPE_WORDS, "result": RESULT_WORDS, "reason": REASON_WORDS}


# -- the file


def read_events_table(
    data: bytes, name: str, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """The table in `data`: CSV, XLSX, one JSON object a line or a JSON list of them; each of these also gzipped.

    Raises `Unreadable`, also for a compressed file that would unpack to more than `MAX_UNPACKED`.
    """
    limit = MAX_BYTES
    if data.startswith(_GZIP):
        data, limit = _unpacked(data), MAX_UNPACKED
    begin = data[: 1 << 12].removeprefix(_BOM).lstrip()
    if begin.startswith((b"{", b"[")):
        return _json_table(data.removeprefix(_BOM), name)
    return read_table(data, name, encoding=encoding, delimiter=delimiter, sheet=sheet, max_bytes=limit)


def _unpacked(data: bytes) -> bytes:
    """The content of a gzip file. It is unpacked no further than the limit, whatever it claims."""
    content = b""
    while data:  # several compressed files one after the other are one
        unpack = zlib.decompressobj(wbits=31)
        try:
            content += unpack.decompress(data, MAX_UNPACKED + 1 - len(content))
        except zlib.error:
            raise Unreadable("not_a_table") from None
        if len(content) > MAX_UNPACKED:
            raise Unreadable("too_large", limit_mb=MAX_UNPACKED >> 20)
        if not unpack.eof:
            raise Unreadable("gzip_cut_off")
        data = unpack.unused_data
    return content


def _json_table(data: bytes, name: str) -> Table:
    """JSON objects as lines of a table. A line that is none, the half of one at the end of a stream say, is kept as
    it is, to be refused by name."""
    if data.lstrip().startswith(b"["):
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise Unreadable("bad_json") from None
        rows = [(number, row if isinstance(row, dict) else orjson.dumps(row)) for number, row in enumerate(found, 1)]
    else:
        rows = [(number, _json_line(line)) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if len(rows) > MAX_ROWS:
        raise Unreadable("too_many_rows", limit=MAX_ROWS)
    if not rows:
        raise Unreadable("empty_file")
    headers: dict[str, None] = {}
    for _, row in rows:
        headers.update(dict.fromkeys([UNREAD] if isinstance(row, bytes) else row))
    blank: dict[str, Cell] = dict.fromkeys(headers)
    lines = [
        Line(number, blank | ({UNREAD: row.decode(errors="replace")} if isinstance(row, bytes) else _cells(row)))
        for number, row in rows
    ]
    return Table(name, tuple(headers), None, None, lines, {})


def _json_line(line: bytes) -> dict[str, object] | bytes:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    return row if isinstance(row, dict) else line


def _cells(row: Mapping[str, object]) -> dict[str, Cell]:
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: object) -> Cell:
    if isinstance(value, str | int | float | None) and not isinstance(value, bool):
        return value
    return orjson.dumps(value).decode()


# -- a row


def read_row(fields: Mapping[str, object], zone: ZoneInfo | None, decimal: str) -> tuple[dict[str, object], bool]:
    """A row of a file in the contract's shape, and whether its id was derived from what it says. `zone` is whose
    clocks times without an offset mean; without it they are refused. Raises `Refused`."""
    if fields.get("unread"):
        fields = {**fields, **_mended(str(fields["unread"]))}
    row: dict[str, object] = {name: _plain(fields.get(name)) for name in TUBE_FIELDS}
    for name, words in _WORDS.items():
        row[name] = words.get(str(row[name]), row[name])
    row["barcode"] = read_barcode(row["barcode"])
    moment = _moment(row["at"], zone)
    row["at"] = moment.isoformat() if isinstance(moment, datetime) else moment
    for name in ("persons", "pool_size"):
        row[name] = read_count(name, row[name], decimal)
    derived = row["event_id"] is None
    if derived:
        row["event_id"] = _derived_id(row, moment)
    return row, derived


def _derived_id(row: Mapping[str, object], moment: object) -> str:
    """The id of an event whose row states none: the same tube, kind, time and place is the same event, in whatever
    way the time is written."""
    at = int(moment.timestamp()) if isinstance(moment, datetime) else moment
    where = row["lab"] if TYPES.get(str(row["type"])) in AT_LAB else row["site"]
    return f"{row['barcode']}/{row['type']}/{at}/{where or ''}"[:MAX_CODE]


def read_barcode(value: object) -> str:
    """The barcode a cell holds. A number is taken as its digits as long as a spreadsheet keeps them all.

    Letters and digits that look alike stay what they are. Raises `Refused`.
    """
    if value is None or value == "":
        raise Refused("barcode", Code.MISSING_FIELD)
    if isinstance(value, float):
        raise Refused("barcode", Code.BAD_BARCODE, value, detail="number")
    if isinstance(value, int):
        if len(str(abs(value))) > EXACT_DIGITS:
            raise Refused("barcode", Code.BAD_BARCODE, value, detail="digits_lost", digits=EXACT_DIGITS)
        value = str(value)
    if not isinstance(value, str):
        raise Refused("barcode", Code.BAD_BARCODE, value)
    if not BARCODE.fullmatch(value):
        spoiled = _SCIENTIFIC.fullmatch(value)
        raise Refused("barcode", Code.BAD_BARCODE, value, detail="number" if spoiled else "")
    return value


def _mended(line: str) -> dict[str, object]:
    """What a line of JSON says that came back in the file of refused rows. Raises `Refused` while it says nothing."""
    row = _json_line(line.encode())
    if isinstance(row, bytes):
        raise Refused("row", Code.BAD_VALUE, line, detail="json")
    return {name: value for name, value in _cells(row).items() if name in TUBE_FIELDS}


def _plain(value: object) -> object:
    """A cell without blanks around it and with full-width characters as ordinary ones; None for a blank one."""
    if isinstance(value, str):
        return value.translate(_WIDE).strip() or None
    return value


def _moment(value: object, zone: ZoneInfo | None) -> object:
    """The time of a cell, with its offset; what is no time is left for whoever reads the event to refuse."""
    moment = _written(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        return value if value is None or isinstance(value, str) else str(value)
    if moment.tzinfo is None:
        moment = _in_zone(moment, zone, value)
    # Spreadsheets keep a time as a part of a day, which is not quite a whole second.
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _written(text: str) -> datetime | None:
    """The moment a text states, as the contract or as spreadsheets write it."""
    try:
        found = _LOCAL.fullmatch(text)
        if found is None:
            return datetime.fromisoformat(text)
        return datetime.fromisoformat("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*map(_whole, found.groups())))
    except ValueError:
        return None


def _whole(part: str | None) -> int:
    return int(part or 0)


def _in_zone(moment: datetime, zone: ZoneInfo | None, stated: object) -> datetime:
    if zone is None:
        raise Refused("at", Code.BAD_TIME, stated, detail="no_zone")
    local = moment.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise Refused("at", Code.BAD_TIME, stated, detail="clock_change")
    return local


def check_columns(headers: Sequence[str], fields: Sequence[str]) -> None:
    """Raise `Unreadable` when no column holds barcodes: a list without headers, as scanners write them."""
    if "barcode" not in fields and UNREAD not in headers:
        raise Unreadable("no_barcode_column", headers=", ".join(headers[:6]))


# -- taken in


def take_tubes(job: Import, rows: list[Row], result: FileResult) -> None:
    """Tube events, whoever sends them. Raises `Unreadable` where no column holds barcodes."""
    check_columns(result.table.headers, [*job.mapping.columns, *job.mapping.constants])
    with job.database.read() as session:
        campaign_row = campaigns.find(session, job.campaign_id)
        tree, now = campaigns.tree_of(session, campaign_row), job.now(campaign_row)
        books = books_of(session, campaign_row, tree)
    writer = job.writer or tubes.Writer(job.sender.name, place=job.sender.scope or "")
    zone = ZoneInfo(job.mapping.timezone) if job.mapping.timezone else None
    read: list[Row] = []
    for row in rows:
        try:
            fields, derived = read_row(row.fields, zone, job.mapping.decimal)
        except Refused as refusal:
            result.refuse(row, refusal)
        else:
            read.append(Row(row.line, fields, derived=derived))
    kept = without_duplicates(read, result, lambda row: row.fields["event_id"] if row.derived else None, "tube")
    placed, bad = tubes.place_events(enumerate(row.fields for row in kept), tree, books, writer, now)

    lines = [row.line for row in kept]

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[tubes.Placed]) -> None:
        result.add(tubes.record(session, campaign_row, part, writer, now), lines)

    result.add(BatchResult(rejected=bad), lines)
    # The lock comes after the events, as in every other way they come in: two writers would else wait for each other.
    job.in_parts(placed, work, campaigns.find)
