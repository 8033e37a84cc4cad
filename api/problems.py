"""Errors as `application/problem+json` (RFC 9457), told in the caller's language."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import orjson
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from locales import negotiate, text

log = logging.getLogger(__name__)

READING = ("GET", "HEAD", "OPTIONS")

RETRY_SECONDS = "20"
"""What a caller who asks too often is told to wait."""


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
            limit_mb = (server.config["MAX_CONTENT_LENGTH"] or 0) >> 20
            return answer(Problem(413, "too_large", "too_large_detail", limit_mb=limit_mb))
        return answer(Problem(error.code or 500, "bad_request"))

    @server.errorhandler(OperationalError)
    def _database(error: OperationalError) -> Response:
        log.error("database not available: %s", error.orig)
        return answer(Problem(503, "unavailable", "unavailable_detail", headers={"Retry-After": "5"}))

    @server.errorhandler(DBAPIError)
    def _connection(error: DBAPIError) -> Response:
        if error.connection_invalidated:
            return answer(Problem(503, "unavailable", "unavailable_detail", headers={"Retry-After": "5"}))
        return _unexpected(error)

    @server.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        request_id = secrets.token_hex(6)
        log.exception("request %s failed: %s %s", request_id, request.method, request.path, exc_info=error)
        return answer(Problem(500, "server_error", "server_error_detail", request_id=request_id))
