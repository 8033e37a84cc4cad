"""Every request is timed, counted and written down as one line, and carries one id through answer, errors and log."""

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from flask import Flask, request
from werkzeug.wsgi import ClosingIterator

from telemetry import counts, under_way

log = logging.getLogger("request")

SLOW_SECONDS = 1.0
"""What takes longer is worth a line of its own."""

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def install(server: Flask) -> None:
    """Take the route down, before anything can refuse the request."""

    @server.before_request
    def _route() -> None:
        if request.url_rule is not None:
            under_way.took(request.url_rule.rule)


class Observed:
    """The application with eyes on it, outermost: it also sees what fails before Flask does. With `every`, each
    request is a line; without, those that failed or were slow."""

    def __init__(self, app: App, *, every: bool) -> None:
        self._app = app
        self._every = every

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        current = under_way.begin(environ.get("HTTP_X_REQUEST_ID"))
        method = str(environ.get("REQUEST_METHOD", ""))
        began = perf_counter()
        status = 500

        def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, [*headers, (under_way.HEADER, current.id)], *rest)

        def over() -> None:
            seconds = perf_counter() - began
            counts.IN_PROGRESS.dec()
            counts.answered(method, current.route, status, seconds)
            self._write(method, current, status, seconds)
            under_way.end()

        counts.IN_PROGRESS.inc()
        try:
            body = self._app(environ, start)
        except BaseException:
            over()
            raise
        return ClosingIterator(body, over)

    def _write(self, method: str, current: under_way.UnderWay, status: int, seconds: float) -> None:
        if self._every or status >= 500 or seconds >= SLOW_SECONDS:
            level = logging.WARNING if status >= 500 or seconds >= SLOW_SECONDS else logging.INFO
            fields = {
                "method": method if method in counts.METHODS else "OTHER", "route": current.route, "status": status,
                "duration_ms": round(seconds * 1000, 1), "role": current.role,
            }  # fmt: skip
            log.log(level, "%s %s %s", fields["method"], current.route, status, extra={"fields": fields})
