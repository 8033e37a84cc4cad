"""What every endpoint that takes or gives rows has in common: reading a body, pages of a list, a batch's answer."""

from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import orjson
from flask import Response, request

from api import schemas
from api.access import Entry
from api.problems import Problem, language
from data.ingest.batch import BatchResult
from locales import messages
from telemetry import counts

MAX_PAGE = 10_000


def read_body() -> Any:
    """The request's JSON. Raises `Problem` 400."""
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise Problem(400, "bad_request", "not_json", reason=str(error)) from None


def read_object(shape: str = "{…}") -> dict[str, Any]:
    """The request's JSON, an object; `shape` is what one looks like. Raises `Problem` 400."""
    body = read_body()
    if not isinstance(body, dict):
        raise Problem(400, "bad_request", "not_list", expected=shape)
    return body


def page_limit() -> int:
    """Rows of a page, as asked. Raises `Problem` 400."""
    value = request.args.get("limit", str(MAX_PAGE))
    if not is_number(value) or not 1 <= int(value) <= MAX_PAGE:
        raise bad_parameter("limit", value, f"1 … {MAX_PAGE}")
    return int(value)


def is_number(value: str) -> bool:
    """Whether it is digits alone, and few enough for a row's id."""
    return value.isascii() and value.isdecimal() and len(value) <= 18


def bad_parameter(name: str, value: str, hint: str) -> Problem:
    """A parameter that says nothing; `hint` is what would."""
    return Problem(400, "bad_request", "bad_parameter", name=name, value=value, hint=hint)


def answer(body: Any) -> Response:
    return Response(msgspec.json.encode(body), content_type="application/json")


def answer_page(rows: list[Any], cursors: list[Any], limit: int) -> Response:
    """One page of a list; where more follows, a `Link` with `rel="next"` says where."""
    response = answer(rows[:limit])
    if len(rows) > limit:
        query = {**request.args.to_dict(), "limit": str(limit), "cursor": str(cursors[limit - 1])}
        response.headers["Link"] = f'<{quote(request.path)}?{urlencode(query)}>; rel="next"'
        response.headers["X-Next-Cursor"] = quote(str(cursors[limit - 1]))
    return response


def _kind() -> str:
    """What the rows are, by where they are sent: `reports`, `tube-events` …"""
    rule = request.url_rule.rule if request.url_rule is not None else ""
    return rule.partition("<campaign_id>/")[2]


def answer_batch(entry: Entry, result: BatchResult) -> Response:
    """What became of a batch, its refusals told in the caller's language."""
    counts.rows(_kind(), result.accepted, result.unchanged, len(result.rejected))
    spoken = language()
    zone = entry.tree.campaign.zone
    rejected = [
        schemas.RejectedOut(r.index, r.field, r.code.value, messages.refusal(spoken, r, zone))
        for r in result.rejected
    ]
    response = answer(schemas.BatchOut(result.accepted, result.unchanged, rejected, result.revision))
    response.headers["Content-Language"] = spoken
    return response
