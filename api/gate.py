"""Who may see pages, and what every answer tells the browser: sign-in before anything else, no write that another
site made the browser send, a strict content policy, no more requests than a person or a system makes."""

import time
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Request, Response, redirect, request
from flask import session as browser
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from itsdangerous import BadSignature
from limits.storage import MemoryStorage
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from api.access import SESSION_KEY, Door, has_token
from api.problems import READING, Problem, answer
from domain.permissions import Action, Role
from domain.sign_in import SESSION

OPEN_BELOW = ("/api/", "/assets/", "/clerk/", "/screen/")
OPEN = ("/healthz", "/readyz", "/metrics", "/clerk", "/screen", "/login")
"""Paths that guard themselves, or tell nothing: the clerk's form is empty paper until its data has come, a briefing
screen is dark until it has joined."""

BEFORE_NEW_PASSWORD = ("/password", "/logout")
"""What a one-time password opens."""

START_OF = {Role.SITE: "/clerk", Role.LAB: "/lab", Role.TOWN: "/town", Role.ADMINISTRATOR: "/users",
            Role.AUDITOR: "/audit"}  # fmt: skip
"""Where a role begins its work; the others on the overview."""

CSRF_COOKIE = "csrf_token"
CSRF_HEADER = "X-CSRFToken"

PER_CALLER = "6000/minute"
"""Requests below `/api/v1` from one token or session to one worker: a gateway of a city in a hurry."""

PER_STRANGER = "600/minute"
"""Refused requests below `/api/v1` from one address to one worker: whoever tries one token after another."""

PER_ADDRESS = "300/minute"
"""Sign-ins from one address to one worker: the clerks of a district behind one network address come in at once."""

POLICY = {
    "default-src": "'none'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Everything from here, no inline script but Dash's own by hash. `data:` holds icons drawn as masks."""


class _Sessions(SecureCookieSessionInterface):
    """The cookie without an age of its own: how long a session lasts stands on its row. Were the age looked at, a
    clock set back by an hour would sign out everybody who came within that hour."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        signer, value = self.get_signing_serializer(app), request.cookies.get(self.get_cookie_name(app))
        if signer is None or not value:
            return None if signer is None else self.session_class()
        try:
            return self.session_class(signer.loads(value))
        except BadSignature:
            return self.session_class()


class _Counts(MemoryStorage):
    """What was asked in the last minute. A clock set back would make that minute last for hours; a count that has
    longer to live than it was given begins anew."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012 — limits finds it by this

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        if self.expirations.get(key, 0) > time.time() + expiry:
            self.clear(key)
        return super().incr(key, expiry, amount)


def install(server: Flask, door: Door, *, https: bool) -> Limiter:
    """Put the gate before every route of `server`. `https`: cookies never travel in the clear."""
    server.config.update(
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        PERMANENT_SESSION_LIFETIME=SESSION,
        # A cookie that changes with every answer would empty the browser's cache of pictures.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=[CSRF_HEADER],
        WTF_CSRF_SSL_STRICT=https,
        # Whoever refuses says when to come again; the limiter would say it of every answer, and another time.
        RATELIMIT_HEADER_RETRY_AFTER="X-RateLimit-Retry-After",
    )
    if https:
        # One proxy stands before us and says who comes and how; without it everybody would share one address.
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    server.session_interface = _Sessions()
    protection = CSRFProtect(server)
    limiter = Limiter(counted_for, app=server, storage_uri="counts://", headers_enabled=True)

    @server.before_request
    def _no_foreign_write() -> None:
        # Who is not signed in is told so by the interface; nothing there is done in a stranger's name.
        stranger = SESSION_KEY not in browser and request.path.startswith("/api/")
        # A briefing screen has no session; what it may post takes nothing from one (api/screen_gate.py).
        device = request.path.startswith("/screen/")
        if request.method not in READING and not has_token() and not stranger and not device:
            protection.protect()

    @server.errorhandler(CSRFError)
    def _foreign(error: CSRFError) -> Response:
        return answer(Problem(403, "foreign_write", "foreign_write_detail"))

    @server.before_request
    def _sign_in_first() -> AnyResponse | None:
        if request.path in OPEN or request.path.startswith(OPEN_BELOW):
            return None
        who = door.signed_in()
        if who is None:
            return _ask("/login")
        if who.must_change and request.path not in BEFORE_NEW_PASSWORD:
            return _ask("/password")
        if request.path == "/" and not who.may(Action.DESK):
            return redirect(START_OF[who.role])
        return None

    @server.after_request
    def _seen(response: Response) -> Response:
        door.seen()
        return response

    @server.after_request
    def _csrf_cookie(response: Response) -> Response:
        # Scripts send it back as a header, which no other site can.
        if response.mimetype == "text/html" and response.status_code == 200 and SESSION_KEY in browser:
            give_csrf_cookie(response, https)
        # What does not say that it may be kept is kept by nobody, whoever it was for.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return limiter


def limit(limiter: Limiter, blueprint: Blueprint) -> None:
    """Count the requests to the interface: each caller's, and by address what was refused for want of a caller."""
    limiter.limit(PER_CALLER)(blueprint)
    limiter.limit(
        PER_STRANGER, key_func=get_remote_address, override_defaults=False,
        deduct_when=lambda response: response.status_code == 401,
    )(blueprint)  # fmt: skip


def give_csrf_cookie(response: Response, https: bool = False) -> None:
    """Let the page's own scripts write (`csrf_token`)."""
    response.set_cookie(CSRF_COOKIE, generate_csrf(), samesite="Lax", secure=https)


def install_headers(
    server: Flask, script_hashes: Callable[[], Sequence[str]], *, https: bool, tiles: str = ""
) -> None:
    """The security headers of every answer; `script_hashes` names Dash's inline scripts, all of which exist only
    after a first request. Pictures may come from the host of the address `tiles` too, where the operator has
    named one."""
    host = "{0.scheme}://{0.netloc}".format(urlsplit(tiles)) if tiles else ""
    headers = Talisman(
        server,
        force_https=False,
        strict_transport_security=https,
        session_cookie_secure=https,
        session_cookie_samesite="Lax",
        content_security_policy={**POLICY, "img-src": f"{POLICY['img-src']} {host}".strip()},
        frame_options="DENY",
        referrer_policy="same-origin",
    )
    server.test_client().get("/healthz")
    headers.content_security_policy["script-src"] = " ".join(("'self'", *script_hashes()))


def _ask(page: str) -> AnyResponse:
    """A person is sent to `page`; a script is told so."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if not wants_page:
        raise Problem(401, "unauthorized", "sign_in_first")
    return redirect(f"{page}?next={quote(request.full_path.rstrip('?'))}")


def counted_for() -> str:
    """Whom a request is counted for."""
    return request.headers.get("Authorization") or browser.get(SESSION_KEY) or get_remote_address()
