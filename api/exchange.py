"""What endpoints have in common: reading a body, pages of a list, times, a batch's answer, a refusal."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import orjson
from flask import Response, request

from api import schemas
from api.access import Entry
from api.problems import Problem, language
from data.ingest.batch import BatchResult
from domain.errors import Code, Refused, Rejection
from locales import messages
from telemetry import counts

MAX_PAGE = 10_000

STATUS = {Code.CONFLICT: 409, Code.OUT_OF_SCOPE: 403, Code.UNKNOWN_PLACE: 404}
"""HTTP statuses of refusals; the others are of a request that makes no sense."""

TITLES = {409: "conflict", 403: "forbidden", 404: "not_found", 400: "bad_request"}


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


def read_shape(shape: Any) -> Any:
    """The request's JSON as the message `shape`; no body at all is an empty object. Raises `Problem` 400."""
    body = read_body() if request.get_data() else {}
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_request", "bad_shape", said=str(error)) from None


def read_number(body: object) -> int:
    """The number of the problem, task or plan that `body` speaks of. Raises `Problem` 400."""
    number = body.get("number") if isinstance(body, dict) else None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1_000_000_000:
        raise bad_parameter("number", str(number), "1, 2, 3 …")
    return number


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


def refused(entry: Entry, refusal: Refused | Rejection) -> Problem:
    """A refused body as an answer, told in the caller's language."""
    rejection = refusal.at(0) if isinstance(refusal, Refused) else refusal
    status = STATUS.get(rejection.code, 400)
    message = messages.refusal(language(), rejection, entry.tree.campaign.zone)
    error = {"index": 0, "field": rejection.field, "code": rejection.code.value, "message": message}
    return Problem(status, TITLES[status], errors=[error])


def local_time(entry: Entry, moment: datetime, timespec: str = "auto") -> str:
    """A moment by the clocks of the campaign's people, with its offset."""
    return entry.tree.campaign.local(moment).isoformat(timespec=timespec)


def maybe_time(entry: Entry, moment: datetime | None, timespec: str = "auto") -> str | None:
    """The same of one that may not have been."""
    return local_time(entry, moment, timespec) if moment is not None else None


def answer(body: Any) -> Response:
    """`body`, a message or a list of them, as JSON."""
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
