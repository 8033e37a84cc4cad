"""Coming in and going out: the sign-in page, the change of a password, and who one is."""

from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask import session as browser
from flask_limiter import Limiter, RequestLimit
from werkzeug.wrappers import Response as AnyResponse

from api import schemas
from api.access import SESSION_KEY, Door, caller
from api.gate import PER_ADDRESS, START_OF, give_csrf_cookie
from api.problems import RETRY_SECONDS
from components import land as drawing
from components.context import named
from components.format import day
from data import accounts, sign_ins
from data.database import Database
from data.queries import outlines
from domain.clock import system_clock
from domain.permissions import Caller
from domain.sign_in import FIRST_LOCK, MIN_PASSWORD, SESSION
from locales import LANGUAGES, negotiate, text

SHEETS = (
    "/assets/vendor/bootstrap.min.css",
    "/assets/1-style/1-tokens.css",
    "/assets/1-style/2-icons.css",
    "/assets/1-style/9-sign-in.css",
)


@dataclass(frozen=True, slots=True)
class Front:
    """What stands beside the form: whose campaign this is, and its land."""

    name: str = ""
    day: str = ""
    map: str = ""
    nobody_yet: bool = False


def blueprint(database: Database, door: Door, limiter: Limiter, *, https: bool) -> Blueprint:
    """`/login`, `/logout`, `/password` and `/api/v1/me`."""
    doors = Blueprint("sign_in", __name__)
    lands: dict[tuple[object, ...], Front] = {}
    lock = Lock()

    def front(language: str) -> Front:
        """Drawn once for every state of the places: the page is asked for by everybody at the same minute."""
        with database.read() as session:
            row = outlines.newest(session)
            nobody_yet = not accounts.any_exist(session)
            if row is None:
                return Front(nobody_yet=nobody_yet)
            key = (*outlines.identity_of(row), row.name, row.starts_at, language, nobody_yet)
            with lock:
                known = lands.get(key)
            if known is None:
                found = outlines.land(session, row)
                known = Front(
                    named(found.name, found.name_en, language),
                    day(found.starts_at, ZoneInfo(found.zone), language),
                    drawing.svg(found, language),
                    nobody_yet,
                )
                with lock:
                    lands.clear()
                    lands[key] = known
            return known

    @doors.get("/login")
    def show_login() -> AnyResponse:
        who = door.signed_in()
        if who is not None:
            return redirect(_start(who))
        over = SESSION_KEY in browser
        browser.pop(SESSION_KEY, None)
        return _page("login", over=over, login=request.args.get("login", "")[:64])

    def busy(_limit: RequestLimit) -> Response:
        return _page(_asked_page(), 429, problem="busy", headers={"Retry-After": RETRY_SECONDS})

    @doors.post("/login")
    @limiter.limit(PER_ADDRESS, on_breach=busy)
    def login() -> AnyResponse:
        login_, password = request.form.get("login", ""), request.form.get("password", "")
        attempt = sign_ins.enter(database, login_, password, system_clock())
        if attempt.secret is None:
            wait = attempt.locked_until - system_clock() if attempt.locked_until else FIRST_LOCK
            minutes = -(-max(1, int(wait.total_seconds())) // 60)
            problem = "locked" if attempt.locked_until else "failed"
            return _page("login", 401, problem=problem, left=attempt.tries_left, minutes=minutes, login=login_[:64])
        _signed_in(attempt.secret, stays=bool(request.form.get("stay")))
        who = door.signed_in()
        return redirect(_start(who) if who else "/login")

    @doors.post("/logout")
    def logout() -> AnyResponse:
        secret = browser.get(SESSION_KEY)
        if secret:
            with database.write() as session:
                sign_ins.leave(session, secret, system_clock(), everywhere=bool(request.form.get("everywhere")))
        browser.clear()
        door.forget()
        return redirect("/login")

    @doors.get("/password")
    def show_password() -> AnyResponse:
        who = door.signed_in()
        return _page("password", first=who is not None and who.must_change)

    @doors.post("/password")
    @limiter.limit(PER_ADDRESS, on_breach=busy)
    def change_password() -> AnyResponse:
        who = door.signed_in()
        if who is None or who.account_id is None:
            return redirect("/login")
        former, new = request.form.get("former", ""), request.form.get("new", "")
        if new != request.form.get("again", ""):
            change = sign_ins.Change(problem="again")
        else:
            change = sign_ins.change_password(database, who.account_id, former, new, system_clock())
        if change.secret is None:
            return _page("password", 400, first=who.must_change, problem=change.problem)
        _signed_in(change.secret, stays=browser.permanent)
        return redirect(_next(START_OF.get(who.role, "/")))

    def _signed_in(secret: str, *, stays: bool) -> None:
        # Nothing of a session before this one is carried over into it.
        browser.clear()
        browser[SESSION_KEY] = secret
        browser.permanent = stays
        door.forget()

    @doors.get("/api/v1/me")
    def who_am_i() -> Response:
        with database.read() as session:
            who = caller(session)
        body = schemas.MeOut(who.name.partition(" ")[0], who.shown, who.role.value, who.place, who.campaign_id)
        response = Response(msgspec.json.encode(body), content_type="application/json")
        if SESSION_KEY in browser:
            give_csrf_cookie(response, https)
        return response

    def _page(page: str, status: int = 200, headers: dict[str, str] | None = None, **more: object) -> Response:
        language = spoken()
        response = make_response(
            render_template(
                "sign_in.html",
                page=page,
                language=language,
                t=lambda key, **params: text(language, key, **params),
                sheets=SHEETS,
                least=MIN_PASSWORD,
                hours=int(SESSION.total_seconds()) // 3600,
                asked=_next(""),
                front=front(language),
                # A phone has one owner, as a rule; a computer at a desk has many.
                own_device="Mobile" in request.headers.get("User-Agent", ""),
                **more,
            ),
            status,
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers.update(headers or {})
        return response

    return doors


def spoken() -> str:
    """The language of a page outside the application: the address's, the one chosen before, the browser's."""
    for stated in (request.args.get("lang"), request.cookies.get("lang")):
        if stated in LANGUAGES:
            return str(stated)
    return negotiate(request.headers.get("Accept-Language"))


def _asked_page() -> str:
    return request.path.strip("/")


def _start(who: Caller) -> str:
    """Where somebody goes who has just come in."""
    return "/password" if who.must_change else _next(START_OF.get(who.role, "/"))


def _next(otherwise: str) -> str:
    """Where the person wanted to go: only a path of ours, since anybody can write the address of this page."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if inside and "\\" not in wanted and wanted.isprintable() else otherwise
