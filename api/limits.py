"""How large a request may be and how often one may come; docs/security.md lists these and every other limit.

What every open page asks every second has no count of its own: refusing it would cost more than the answer, which is
kept (docs/decisions/0036). A proxy counts it by address.
"""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse

from api.access import has_token
from api.gate import counted_for
from api.problems import RETRY_SECONDS, Problem

MB = 1024 * 1024

MAX_BODY = 48 * MB
"""Bytes of the largest body, also once unpacked: a file of 32 MB as the upload page sends it, a city's events."""

SMALL = MB
"""Bytes of any other body."""

_INSIDE = "/api/v1/campaigns/<campaign_id>/"
BODIES = {
    "/_dash-update-component": MAX_BODY,
    **{f"{_INSIDE}{name}": MAX_BODY for name in ("reports", "tube-events", "lab-reports", "upper-figures")},
    f"{_INSIDE}tube-lists": 12 * MB,
    f"{_INSIDE}labs": 8 * MB,
    f"{_INSIDE}accounts/bulk": 8 * MB,
    f"{_INSIDE}bulletins/templates": 4 * MB,
}
"""Bytes of a body, by the rule it is sent to, where `SMALL` is too little: batches, lists and files."""

MAX_ADDRESS = 8192
"""Characters of an address with its query."""

PER_READER = "1200/minute"
"""Requests of one reader to one worker for what is drawn or made for him alone: panels, files, callbacks, pages."""

UNCOUNTED = (
    "/api/v1/campaigns",
    "/assets/",
    "/_dash-component-suites/",
    "/live/",
    "/snapshots/",
    "/passports/",
    "/map-sites/",
    "/clerk",
    "/screen",
    "/healthz",
    "/readyz",
    "/metrics",
)
"""Below these a request counts elsewhere (`gate.limit`, `screen_gate.PER_ADDRESS`), or is answered with what is
kept."""


def hold_sizes(server: Flask) -> None:
    """Refuse what is too large before anything reads it."""
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @server.before_request
    def _not_too_large() -> None:
        most = min(body_limit(request.url_rule.rule if request.url_rule else ""), server.config["MAX_CONTENT_LENGTH"])
        request.max_content_length = most
        if (request.content_length or 0) > most:
            raise Problem(413, "too_large", "too_large_detail", limit_mb=most // MB)
        if len(request.path) + len(request.query_string) > MAX_ADDRESS:
            raise Problem(414, "bad_request")


def count(server: Flask, limiter: Limiter) -> None:
    """Refuse what comes too often."""
    per_reader = parse(PER_READER)

    @server.before_request
    def _not_too_often() -> None:
        if request.path.startswith(UNCOUNTED):
            return
        # Whoever tries tokens is counted by where he is: every try is another token.
        who = get_remote_address() if has_token() else counted_for()
        if not limiter.limiter.hit(per_reader, "reader", who):
            raise Problem(429, "too_many", "too_many_detail", headers={"Retry-After": RETRY_SECONDS})


def body_limit(rule: str) -> int:
    """Bytes a request to `rule` may send."""
    return BODIES.get(rule, SMALL)
