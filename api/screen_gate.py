"""What a briefing screen asks: who it is, what it has to show now, and the pictures of its scenes. Nothing else.

A screen has no account. Its cookie holds a secret that opens these addresses only, never expires while the campaign
runs, writes nothing, and reaches the scenes and the place the screen was made for (`api.screen_devices`).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response as AnyResponse

from api.exchange import read_body
from api.live import FOREVER, only_rights, picture, ticket, told_of
from api.problems import Problem, language
from api.screen_devices import COOKIE, Device, Wall
from components.context import named
from data.database import Database
from data.ingest import screens as ingest
from domain.clock import Clock
from domain.errors import Refused
from domain.screen_driving import Mode, standing
from domain.screens import CODE_LIFE, CONTACT_SECONDS, Contact
from locales import LANGUAGES, messages, texts
from views.snapshots import Snapshots

COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep one at all; a campaign is shorter."""

PER_ADDRESS = "60/minute"
"""Codes asked for or typed from one address to one worker: a hall of screens joins at once, a thief tries 2³⁰."""

RELOAD_UNSAID = timedelta(seconds=3)
"""For so long a screen that does not say when it was loaded is told to do so again."""

SOFTWARE = ("wall", "3-wall", "1-style/1-tokens.css", "1-style/2-icons.css")
"""What of `assets` a screen consists of."""


def software(assets: Path) -> str:
    """The version of what a screen runs: another byte of it, or of what it says, is another version."""
    files: list[Path] = []
    for name in SOFTWARE:
        path = assets / name
        files += [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file())
    said = {spoken: {k: v for k, v in texts(spoken).items() if k.startswith("wall.")} for spoken in LANGUAGES}
    content = [orjson.dumps(said, option=orjson.OPT_SORT_KEYS), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:8]


def blueprint(
    database: Database, wall: Wall, snapshots: Snapshots, limiter: Limiter, clock: Clock, version: str, *, https: bool
) -> Blueprint:
    """`/screen/state`, `/screen/scene/…`, `/screen/code`, `/screen/pair`. `version` is that of what screens run."""
    doors = Blueprint("screen_gate", __name__)

    def keep_secret(response: Response, secret: str) -> Response:
        response.set_cookie(
            COOKIE, secret, max_age=COOKIE_SECONDS, path="/screen", httponly=True, samesite="Lax", secure=https
        )
        return response

    @doors.post("/screen/code")
    @limiter.limit(PER_ADDRESS, key_func=get_remote_address)
    def show_code() -> Response:
        _own_script()
        with database.write() as session:
            code, secret = ingest.show_code(session, clock())
        return keep_secret(_json({"code": code, "seconds": int(CODE_LIFE.total_seconds())}), secret)

    @doors.post("/screen/pair")
    @limiter.limit(PER_ADDRESS, key_func=get_remote_address)
    def type_code() -> Response:
        _own_script()
        body = read_body()
        with database.write() as session:
            try:
                _, secret = ingest.type_code(session, body.get("code") if isinstance(body, dict) else None, clock())
            except Refused as refusal:
                said = messages.refusal(language(), refusal.at(0), ZoneInfo("UTC"))
                raise Problem(404, "not_found", "as_said", said=said) from None
        wall.forget()
        return keep_secret(_json({"joined": True}), secret)

    @doors.get("/screen/state")
    def state() -> Response:
        device = wall.device()
        now = clock()
        contact = read_contact(request.args, now)
        wall.heard(device, contact)
        return _json(_state(device, snapshots, now, contact.began_at, version))

    @doors.get("/screen/scene/<slug>/<int:revision>-<int:minute>")
    def scene(slug: str, revision: int, minute: int) -> AnyResponse:
        device = wall.device()
        settings = device.screen.settings
        if slug not in settings.scenes:
            raise Problem(403, "forbidden", "screen_scene", scene=slug)
        held = standing(device.screen.drive, clock(), settings.seconds)
        place = device.shown(request.args.get("place") or held.place or settings.place).code
        frozen = device.screen.freeze
        if only_rights() and "place" not in request.args:
            return ticket()
        if held.mode is Mode.FROZEN and frozen is not None and (frozen.revision, frozen.minute) == (revision, minute):
            if only_rights():
                name = ("kept", frozen.number, place, settings.language, slug)
                return ticket("/".join(quote(str(part), safe="") for part in name))
            body = wall.kept(frozen.number, place, settings.language, slug)
            headers = {"Content-Encoding": "gzip", "Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
            found: AnyResponse = Response(body, content_type="application/json", headers=headers)
        else:
            found = picture(snapshots, device.screen.campaign_id, slug, place, settings.language, (revision, minute))
        if "place" not in request.args:
            # The same address is another picture as soon as somebody jumps to a town.
            found.headers["Cache-Control"] = "no-store"
        return found

    @doors.get("/screen/<path:rest>")
    def nothing_here(rest: str) -> Response:
        raise Problem(404, "not_found", "unknown_path")

    return doors


def _own_script() -> None:
    """Only a script of ours sends JSON here: another site's page cannot without being asked first, and is not let."""
    origin = request.headers.get("Origin")
    if request.mimetype != "application/json" or (origin and urlsplit(origin).netloc != request.host):
        raise Problem(403, "foreign_write", "foreign_write_detail")


def _json(body: object) -> Response:
    return Response(orjson.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})


def _state(device: Device, snapshots: Snapshots, now: datetime, began_at: datetime | None, version: str) -> object:
    screen, campaign = device.screen, device.campaign
    settings, frozen = screen.settings, screen.freeze
    current = snapshots.version(screen.campaign_id)
    held = standing(screen.drive, now, settings.seconds)
    if frozen is None or held.mode is not Mode.FROZEN:
        frozen = None
    place = device.tree.by_code.get(held.place, device.place)
    hour = campaign.local(campaign.start_of(held.period)).isoformat() if held.period is not None else None
    query = {"epoch": current.epoch, "place": place.code, "hour": hour, "freeze": frozen and frozen.number}
    spoken = settings.language
    return {
        "number": screen.number,
        "name": settings.name,
        "location": settings.location,
        "campaign": campaign.id,
        "campaign_name": named(campaign.name, campaign.name_en, spoken),
        "zone": campaign.timezone,
        "demo": campaign.demo,
        "deadline": campaign.local(campaign.deadline).isoformat(),
        **told_of(current),
        "stale_minutes": campaign.limits.stale_minutes,
        "mode": held.mode.value,
        "scenes": settings.scenes,
        "seconds": settings.seconds,
        "scene": held.scene or None,
        "order": screen.drive.order,
        "place": place.code,
        "place_name": named(place.name, place.name_en, spoken),
        "hour": hour,
        "query": urlencode({name: value for name, value in query.items() if value}),
        "pinned": f"{frozen.revision}-{frozen.minute}" if frozen else None,
        "frozen_by": frozen.by_name if frozen else None,
        "frozen_at": campaign.local(frozen.frozen_at).isoformat() if frozen else None,
        "frozen_data": campaign.local(frozen.data_until).isoformat() if frozen and frozen.data_until else None,
        "controller": held.driven_by or None,
        "until": held.until.isoformat() if held.until else None,
        "language": spoken,
        "bezel_px": settings.bezel_px,
        "contact_seconds": CONTACT_SECONDS,
        "software": version,
        "reload": _wants_reload(screen.reload_at, began_at, now),
    }


def _wants_reload(wished_at: datetime | None, began_at: datetime | None, now: datetime) -> bool:
    if wished_at is None:
        return False
    return began_at < wished_at if began_at is not None else now - wished_at < RELOAD_UNSAID


# -- what a screen says of itself

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_VERSION = re.compile(r"(\d{1,9})-(\d{1,9})")
_NUMBER = re.compile(r"\d{1,9}")
_MOMENT = re.compile(r"\d{12,14}")


def read_contact(said: Mapping[str, str], now: datetime) -> Contact:
    """What a screen says in its question; what makes no sense counts as not said, since it comes from no person."""
    size = _SIZE.fullmatch(said.get("size", ""))
    version = _VERSION.fullmatch(said.get("version", ""))
    clock = _moment(said.get("clock"))
    skew = (clock - now).total_seconds() if clock else None
    loaded = _moment(said.get("loaded"))
    data = said.get("data", "").replace(" ", "+")
    return Contact(
        at=now,
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        revision=int(version[1]) if version else None,
        minute=int(version[2]) if version else None,
        scene=said.get("scene", "")[:40],
        state=said.get("state", "")[:16],
        skew=skew,
        software=said.get("software", "")[:40],
        data_until=_written_moment(data),
        heap_mb=_number(said.get("heap")),
        drawn_ms=_number(said.get("drawn")),
        # By our clock: the screen's may be hours off.
        began_at=loaded - timedelta(seconds=skew or 0) if loaded else None,
        drops=_number(said.get("drops")),
        turns_in=_number(said.get("left")),
    )


def _number(said: str | None) -> int | None:
    return int(said) if said and _NUMBER.fullmatch(said) else None


def _written_moment(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _moment(said: str | None) -> datetime | None:
    """Milliseconds since 1970 as a moment; None for what is none of this age."""
    return datetime.fromtimestamp(int(said) / 1000, UTC) if said and _MOMENT.fullmatch(said) else None
