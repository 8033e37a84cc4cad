"""Who may see pages. Until there is a sign-in: only this machine, and only its own pages may write."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request

from api.problems import Problem

OPEN_BELOW = ("/api/v1/", "/assets/")
OPEN = ("/healthz", "/readyz")
"""Paths that guard themselves (tokens) or tell nothing."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "")


def install(server: Flask) -> None:
    """Refuse every page request that does not come from this machine itself."""

    @server.before_request
    def _loopback_only() -> None:
        if request.path in OPEN or request.path.startswith(OPEN_BELOW):
            return
        # A proxy on this machine would make everybody local; a foreign Host is a rebound name.
        forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
        host = urlsplit(f"//{request.host}").hostname
        local = ip_address(request.remote_addr or "0.0.0.0").is_loopback
        origin = request.headers.get("Origin")
        foreign_origin = origin is not None and urlsplit(origin).netloc != request.host
        if forwarded or not local or host not in _LOCAL_NAMES or foreign_origin:
            raise Problem(403, "loopback_only", "loopback_only_detail")

    @server.after_request
    def _headers(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        return response
