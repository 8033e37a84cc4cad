"""Errors as `application/problem+json` (RFC 9457), told in the caller's language."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from data.patience import AWAY
from locales import negotiate, text
from telemetry import under_way

log = logging.getLogger(__name__)

READING = ("GET", "HEAD", "OPTIONS")

RETRY_SECONDS = "20"
"""What a caller who asks too often is told to wait."""

AGAIN_SECONDS = "5"
"""What a caller is told to wait when the database is not there, or too many wait for it."""

READ_ONLY = "25006"
"""PostgreSQL's word for a server that takes no writes: one that stands in for another, and is not yet the first."""

FULL = ("53100", "SQLITE_FULL")
"""What PostgreSQL and SQLite say when there is no room left on the disk."""


LARGEST = 2**63 - 1
"""The largest number a row can have; a database cannot even be asked about a larger one."""


class Problem(Exception):
    """An answer that is an error. `title` and `detail` are keys under `problem.` in `locales`."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
        **params: object,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}
        self.params = params


def language() -> str:
    """The caller's language, by `Accept-Language`."""
    return negotiate(request.headers.get("Accept-Language"))


def answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    spoken = language()
    body: dict[str, Any] = {
        "type": f"urn:problem:{problem.title}",
        "title": text(spoken, f"problem.{problem.title}"),
        "status": problem.status,
        "detail": text(spoken, f"problem.{problem.detail}", **problem.params) if problem.detail else "",
    }
    if current := under_way.request_id():
        body["request_id"] = current
    if problem.errors:
        body["errors"] = problem.errors
    response = Response(orjson.dumps(body), problem.status, content_type="application/problem+json")
    response.headers.update(problem.headers)
    response.headers["Content-Language"] = spoken
    return response


def install(server: Flask) -> None:
    """Let every error below `/api` leave as a problem; pages keep Flask's own answers."""

    @server.before_request
    def _no_nul() -> None:
        # No name holds one, and some databases cannot even be asked about it.
        if "\0" in request.path or any("\0" in value for value in request.args.values()):
            raise Problem(404, "not_found", "unknown_path")
        if any(isinstance(part, int) and part > LARGEST for part in (request.view_args or {}).values()):
            raise Problem(404, "not_found", "unknown_path")

    @server.get("/api/", defaults={"rest": ""})
    @server.get("/api/<path:rest>")
    def _nothing_here(rest: str) -> Response:
        # Dash answers every address it does not know with a page; below /api that would be a wrong 200.
        others = {m for m in server.url_map.bind("").allowed_methods(request.path) if m not in READING}
        if others:
            raise Problem(405, "method", headers={"Allow": ", ".join(sorted(others))})
        raise Problem(404, "not_found", "unknown_path")

    @server.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return answer(problem)

    @server.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response | HTTPException:
        if error.response is not None:
            # Who limits a page says it in a page.
            return error
        if error.code == 429:
            return answer(Problem(429, "too_many", "too_many_detail", headers={"Retry-After": RETRY_SECONDS}))
        if not request.path.startswith("/api/"):
            return error
        if error.code == 404:
            return answer(Problem(404, "not_found", "unknown_path"))
        if error.code == 405:
            allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
            return answer(Problem(405, "method", headers={"Allow": allowed}))
        if error.code == 413:
            limit_mb = (request.max_content_length or 0) >> 20
            return answer(Problem(413, "too_large", "too_large_detail", limit_mb=limit_mb))
        return answer(Problem(error.code or 500, "bad_request"))

    @server.errorhandler(SQLAlchemyError)
    def _database(error: SQLAlchemyError) -> Response:
        said = _said(error)
        again = {"Retry-After": AGAIN_SECONDS}
        if said in FULL:
            log.error("no room left for the database: %s", getattr(error, "orig", None))
            return answer(Problem(507, "full", "full_detail", headers=again))
        cut = isinstance(error, DBAPIError) and error.connection_invalidated
        if cut or said == READ_ONLY or isinstance(error, AWAY):
            log.error("database not available: %s", getattr(error, "orig", None) or error)
            reading = request.method in READING
            return answer(
                Problem(503, "unavailable", "unavailable_read" if reading else "unavailable_detail", headers=again)
            )
        return _unexpected(error)

    @server.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.exception("failed: %s %s", request.method, request.url_rule or "", exc_info=error)
        return answer(Problem(500, "server_error", "server_error_detail", request_id=under_way.request_id()))


def _said(error: SQLAlchemyError) -> str:
    """What the database itself calls it."""
    found = getattr(error, "orig", None)
    return getattr(found, "sqlstate", None) or getattr(found, "sqlite_errorname", None) or ""
