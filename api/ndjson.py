"""Reading a body of many rows: a JSON array, or one object a line, gzipped or not."""

import zlib
from collections.abc import Mapping, Sequence

import orjson
from flask import current_app, request

from api.problems import Problem
from domain.errors import Code, Refused, Rejection

NDJSON = "application/x-ndjson"

MAX_ROWS = 200_000
"""Rows of one request."""

Indexed = tuple[int, Mapping[str, object]]


def read_rows(expected: str) -> tuple[list[Indexed], list[Rejection]]:
    """The request's rows, each with its index, and the lines that are none. An index counts lines that say something.

    Raises `Problem` 400 for a body that cannot be read at all, 413 for one that is too large once unpacked.
    """
    body = _body()
    if request.mimetype == NDJSON:
        return _lines(body)
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "bad_request", "not_json", reason=str(error)) from None
    if not isinstance(rows, list):
        raise Problem(400, "bad_request", "not_list", expected=expected)
    _bound(rows)
    return list(enumerate(rows)), []


def _lines(body: bytes) -> tuple[list[Indexed], list[Rejection]]:
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    _bound(lines)
    try:
        # All at once is several times as quick; a single bad line makes it line by line.
        return list(enumerate(orjson.loads(b"[%b]" % b",".join(lines)))), []
    except orjson.JSONDecodeError:
        pass
    rows: list[Indexed] = []
    refused: list[Rejection] = []
    for index, line in enumerate(lines):
        try:
            rows.append((index, orjson.loads(line)))
        except orjson.JSONDecodeError:
            shown = line[:80].decode("utf-8", "replace")
            refused.append(Refused("row", Code.BAD_VALUE, shown, detail="json").at(index))
    return rows, refused


def _bound(rows: Sequence[object]) -> None:
    if len(rows) > MAX_ROWS:
        raise Problem(413, "too_large", "too_many_rows", limit=MAX_ROWS)


def _body() -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    data = request.get_data()
    if encoding in ("", "identity"):
        return data
    if encoding not in ("gzip", "x-gzip"):
        raise Problem(400, "bad_request", "bad_encoding", encoding=encoding[:40])
    most = int(current_app.config["MAX_CONTENT_LENGTH"])
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(data, most + 1)
    except zlib.error:
        raise Problem(400, "bad_request", "bad_gzip") from None
    if len(unpacked) > most:
        raise Problem(413, "too_large", "too_large_detail", limit_mb=most // (1024 * 1024))
    if not unpacking.eof:
        raise Problem(400, "bad_request", "bad_gzip")
    return unpacked
