"""An HTTP endpoint as a source: JSON or CSV, page by page, with every hop checked before it is asked."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from data.ingest.tables import MAX_BYTES, Table, read_table, table_of
from data.pull.asking import Deadline, Failed, Surroundings, limit_mb
from domain.clock import system_clock
from domain.sources import Definition, Format, Paging
from domain.variables import fill, in_address

MAX_HOPS = 5
MAX_PAGES = 1000
DEPTH = 4
"""How deep objects inside a row are opened: `{"site": {"code": 1}}` has a column `site.code`."""

PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be others in a moment."""


def fetch(
    source: Definition,
    around: Surroundings,
    times: Mapping[str, datetime],
    encoding: str | None,
    delimiter: str | None,
) -> Table:
    """The rows the endpoint answers. `encoding` and `delimiter` are what the mapping says of CSV.

    Raises `Failed`, and `Unreadable` for an answer that is no table.
    """
    deadline = Deadline(source.timeout_seconds)
    written = {name: in_address(moment.isoformat()) for name, moment in times.items()}
    address = source.address
    for name, value in written.items():
        address = address.replace(f"{{{name}}}", value)
    url = httpx.URL(fill(address, around.secrets, in_address))
    with _Asker(source, around, deadline, _origin(url)) as asker:
        if source.format is Format.CSV:
            body, _ = asker.get(url)
            return read_table(body, source.name, encoding=encoding, delimiter=delimiter, max_rows=source.row_limit)
        return _table(source.name, list(_rows(source, asker, url)))


def _rows(source: Definition, asker: "_Asker", url: httpx.URL) -> Iterator[dict[str, object]]:
    """All rows of all pages."""
    before: bytes | None = None
    count = 0
    seen: set[bytes] = set()
    for number in range(MAX_PAGES + 1):
        if number == MAX_PAGES:
            raise Failed("too_many_pages", limit=MAX_PAGES)
        asked = url
        if source.paging is Paging.PAGE:
            asked = url.copy_set_param(source.page_param, str(source.page_start + number))
        elif source.paging is Paging.OFFSET:
            asked = url.copy_set_param(source.page_param, str(count))
        body, headers = asker.get(asked)
        answer = _parsed(body)
        rows = _found(answer, source.rows)
        if number and rows and body == before:
            # A server that does not know the parameter would answer its first page for ever.
            raise Failed("paging_repeats")
        before = body
        count += len(rows)
        if count > source.row_limit:
            raise Failed("too_many_rows", limit=source.row_limit)
        for row in rows:
            if not isinstance(row, dict):
                raise Failed("rows_not_objects", path=source.rows or "·")
            # What comes in between two pages pushes a row onto the next one, where it comes again.
            said = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
            if number == 0 or said not in seen:
                yield row
            if source.paging is not Paging.NONE:
                seen.add(said)
        following = _next(source, asked, answer, headers, bool(rows))
        if following is None:
            return
        url = following


def _next(
    source: Definition, asked: httpx.URL, answer: object, headers: httpx.Headers, any_rows: bool
) -> httpx.URL | None:
    """Where the next page is; None after the last one."""
    if source.paging in (Paging.PAGE, Paging.OFFSET):
        return asked if any_rows else None
    if source.paging is Paging.NEXT:
        value = _at(answer, source.next_path)
        if value in (None, "", False):
            return None
        if source.page_param:
            return asked.copy_set_param(source.page_param, str(value))
        return asked.join(str(value))
    if source.paging is Paging.LINK:
        links = httpx.Response(200, headers=headers).links
        target = links.get("next", {}).get("url")
        return asked.join(target) if target else None
    return None


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Failed("not_json", reason=str(error)[:80]) from None


def _found(answer: object, path: str) -> list[Any]:
    rows = _at(answer, path)
    if not isinstance(rows, list):
        raise Failed("no_rows_at", path=path or "·")
    return rows


def _at(answer: object, path: str) -> object:
    """What stands at a dotted path; None where it leads nowhere."""
    for name in path.split(".") if path else ():
        if isinstance(answer, dict):
            answer = answer.get(name)
        elif isinstance(answer, list) and name.isdecimal() and int(name) < len(answer):
            answer = answer[int(name)]
        else:
            return None
    return answer


def _table(name: str, rows: list[dict[str, object]]) -> Table:
    flat = [dict(_cells(row, "", DEPTH)) for row in rows]
    headers = list(dict.fromkeys(key for row in flat for key in row))
    if not headers:
        return Table(name, (), None, None, [], {})
    return table_of(name, headers, ([row.get(header) for header in headers] for row in flat))


def _cells(row: Mapping[str, object], before: str, depth: int) -> Iterator[tuple[str, object]]:
    for name, value in row.items():
        if isinstance(value, dict) and depth:
            yield from _cells(value, f"{before}{name}.", depth - 1)
        elif isinstance(value, dict | list):
            yield f"{before}{name}", orjson.dumps(value).decode()
        else:
            yield f"{before}{name}", value


class _Asker:
    """Asks one endpoint, under one deadline and one limit of bytes for all pages together. The source's headers go to
    its own origin and to nobody a page or a redirect leads to."""

    def __init__(self, source: Definition, around: Surroundings, deadline: Deadline, origin: "_Origin") -> None:
        self._around = around
        self._deadline = deadline
        self._origin = origin
        self._left = MAX_BYTES
        self._headers = {name: fill(text, around.secrets) for name, text in source.headers.items()}
        # The machine's own certificates, so that an authority of the district's can be added there; and nothing else
        # of the environment: no proxy, no .netrc.
        context = ssl.create_default_context()
        self._client = httpx.Client(verify=context, trust_env=False, follow_redirects=False)

    def __enter__(self) -> "_Asker":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: httpx.URL) -> tuple[bytes, httpx.Headers]:
        """The body at `url`. Raises `Failed`."""
        for _ in range(MAX_HOPS + 1):
            with self._asked(url) as answer:
                if answer.is_redirect and "location" in answer.headers:
                    url = self._redirected(url, answer.headers["location"])
                    continue
                if answer.status_code != 200:
                    wait = _retry_after(answer.headers.get("retry-after"))
                    passing = answer.status_code in PASSING
                    raise Failed("http_status", status=answer.status_code, passing=passing, wait=wait)
                return self._body(answer), answer.headers
        raise Failed("too_many_redirects", limit=MAX_HOPS)

    @contextmanager
    def _asked(self, url: httpx.URL) -> Iterator[httpx.Response]:
        self._deadline.check()
        if url.scheme not in ("http", "https") or not url.host:
            raise Failed("redirect_refused", scheme=url.scheme)
        address = self._around.reachable(url.host, url.port or (443 if url.scheme == "https" else 80))
        headers = {"Host": url.netloc.decode("ascii"), "Accept": "application/json, text/csv;q=0.9, */*;q=0.1"}
        headers |= self._headers if _origin(url) == self._origin else {}
        request = self._client.build_request(
            "GET", url.copy_with(host=address), headers=headers, timeout=max(0.1, self._deadline.left),
            extensions={"sni_hostname": url.host},
        )  # fmt: skip
        try:
            answer = self._client.send(request, stream=True)
        except httpx.TimeoutException:
            raise self._deadline.failure() from None
        except httpx.HTTPError as error:
            raise Failed("unreachable", detail=self._around.detail(error), passing=True) from None
        try:
            yield answer
        finally:
            answer.close()

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        try:
            for chunk in answer.iter_bytes():
                self._deadline.check()
                body += chunk
                if len(body) > self._left:
                    raise Failed("too_large", limit_mb=limit_mb())
        except httpx.TimeoutException:
            raise self._deadline.failure() from None
        except httpx.HTTPError as error:
            raise Failed("unreachable", detail=self._around.detail(error), passing=True) from None
        self._left -= len(body)
        return bytes(body)

    def _redirected(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except httpx.InvalidURL:
            raise Failed("redirect_refused", scheme="") from None
        if target.scheme not in ("http", "https") or (url.scheme, target.scheme) == ("https", "http"):
            raise Failed("redirect_refused", scheme=target.scheme)
        return target


_Origin = tuple[str, str, int | None]


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port


def _retry_after(stated: str | None) -> timedelta:
    """How long the other asks to be left alone: seconds or a date."""
    if not stated:
        return timedelta(0)
    if stated.isdecimal() and len(stated) < 6:
        return timedelta(seconds=int(stated))
    try:
        return max(timedelta(0), parsedate_to_datetime(stated) - system_clock())
    except (ValueError, TypeError):
        return timedelta(0)
