"""The short way to what every open page asks for every second: which version, and a picture that is kept
(docs/decisions/0038).

The same door and the same snapshots are asked as on the long way through the framework (`api/live.py`), at every
request; what is saved is the framework's own work. Whatever is not plain goes the long way: the first request of a
browser in a minute, a refusal, a picture that is not kept, any other way of asking. What the long way last said in
its headers, the short way says too.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from api.access import Door
from api.problems import Problem
from locales import LANGUAGES
from telemetry import under_way
from views.snapshots import Snapshots, UnknownSnapshot, Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SESSION = "short_way.session"
"""Where the long way leaves the secret of the browser's session in a request's environment."""

TRUSTED_SECONDS = 60.0
"""How long the cookies of a browser are taken for the session they were last found to hold. Whether that session may
still see anything is asked at every request."""

KNOWN = 20_000
"""Browsers a worker remembers."""

ONLY_RIGHTS = "X-Only-Rights"
"""A proxy that keeps pictures asks with this header whether this reader may have the one at this address. The answer
is the same refusal as ever, or 204 and in `PICTURE` what the picture is (docs/decisions/0037)."""

PICTURE = "X-Picture"

LIVE = "/live/<campaign_id>"
SNAPSHOT = "/snapshots/<campaign_id>/<page>/<place>/<language>/<int:revision>-<int:minute>"
"""The routes there is a short way to."""

_PLAIN = re.compile(
    r"/live/(?P<asked>[\w.-]+)|/snapshots/(?P<campaign>[\w.-]+)/(?P<page>[\w-]+)/(?P<place>[\w.-]+)/(?P<language>\w+)"
    r"/(?P<revision>\d{1,12})-(?P<minute>\d{1,12})",
    re.ASCII,
)
_PLAIN_QUERY = re.compile(r"(epoch=[\w.-]*)?", re.ASCII)

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Known:
    session: str
    at: float


class ShortWay:
    """A layer around the framework's own entrance."""

    def __init__(
        self,
        long: "WSGIApplication",
        door: Door,
        snapshots: Snapshots,
        said: Callable[[Version], bytes],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._long = long
        self._door = door
        self._snapshots = snapshots
        self._said = said
        self._ticks = ticks
        self._browsers: OrderedDict[str, _Known] = OrderedDict()
        self._headers: dict[str, Headers] = {}
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        plain = self._plain(environ)
        if plain is None:
            return self._long(environ, start)
        route = LIVE if plain["asked"] else SNAPSHOT
        if "HTTP_X_ONLY_RIGHTS" in environ:
            name = self._name(plain, environ["HTTP_COOKIE"])
            if name is None:
                return self._long(environ, start)
            under_way.took(route)
            start("204 NO CONTENT", [(PICTURE, name), ("Cache-Control", "no-store")])
            return []
        headers = self._headers.get(route)
        body = self._kept(plain, environ["HTTP_COOKIE"]) if headers is not None else None
        if headers is None or body is None:
            return self._long(environ, self._learning(route, environ, start))
        under_way.took(route)
        start("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def _plain(environ: "WSGIEnvironment") -> re.Match[str] | None:
        """What is asked, if in the way open pages ask."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" not in environ:
            return None
        if not _PLAIN_QUERY.fullmatch(environ.get("QUERY_STRING", "")):
            return None
        return _PLAIN.fullmatch(environ["PATH_INFO"])

    def _name(self, plain: re.Match[str], cookies: str) -> str | None:
        """What the picture is, if this browser's session may have it."""
        known = self._browsers.get(cookies)
        if known is None or plain["asked"] or self._ticks() - known.at >= TRUSTED_SECONDS:
            return None
        campaign, page, place, language = plain.group("campaign", "page", "place", "language")
        number = int(plain["revision"]), int(plain["minute"])
        try:
            self._door.admit(known.session, campaign, page, place)
            return self._snapshots.name(campaign, page, place, language, number, "", "")
        except (Problem, UnknownSnapshot, SQLAlchemyError):
            return None

    def _kept(self, plain: re.Match[str], cookies: str) -> bytes | None:
        """The answer, if this browser's session may have it and it is at hand."""
        known = self._browsers.get(cookies)
        if known is None or self._ticks() - known.at >= TRUSTED_SECONDS:
            return None
        try:
            if asked := plain["asked"]:
                self._door.admit(known.session, asked)
                return self._said(self._snapshots.version(asked))
            campaign, page, place, language = plain.group("campaign", "page", "place", "language")
            self._door.admit(known.session, campaign, page, place)
            if language not in LANGUAGES:
                return None
            return self._snapshots.kept(
                campaign, page, place, language, (int(plain["revision"]), int(plain["minute"]))
            )
        except (Problem, UnknownSnapshot, SQLAlchemyError):
            return None

    def _learning(self, route: str, environ: "WSGIEnvironment", start: "StartResponse") -> "StartResponse":
        def begin(status: str, headers: Headers, *more: Any) -> Callable[[bytes], object]:
            names = {name.lower() for name, _ in headers}
            session = environ.get(SESSION)
            # An answer that gives the browser another cookie is its alone.
            if status.startswith("200") and session and "set-cookie" not in names:
                said = [(n, value) for n, value in headers if n.lower() not in ("content-length", _REQUEST_ID)]
                with self._lock:
                    self._headers[route] = said
                    self._browsers[environ["HTTP_COOKIE"]] = _Known(session, self._ticks())
                    self._browsers.move_to_end(environ["HTTP_COOKIE"])
                    while len(self._browsers) > KNOWN:
                        self._browsers.popitem(last=False)
            return start(status, headers, *more)

        return begin


_REQUEST_ID = under_way.HEADER.lower()
"""Said of one request alone, by whoever stands around all of them."""
