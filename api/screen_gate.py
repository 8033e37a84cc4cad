"""What a briefing screen asks: who it is, what it has to show now, and the pictures of its scenes. Nothing else.

A screen has no account. Its cookie holds a secret that opens these addresses only, never expires while the campaign
runs, writes nothing, and reaches the scenes and the place the screen was made for. Hundreds ask every second, so what
is known of them is read from the database twice a second for all of them, and what they say of themselves is written
down every two seconds in one go.
"""

import hashlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from api.exchange import read_body
from api.live import FOREVER, only_rights, picture, ticket, told_of
from api.problems import Problem, language
from components.context import named
from data import campaigns, stored_screens
from data.database import Database
from data.ingest import screens as ingest
from data.patience import AWAY
from data.secret_hash import hash_of
from data.stored_screens import Screen
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Refused
from domain.permissions import within
from domain.places import Place, PlaceTree
from domain.screens import CODE_LIFE, CONTACT_SECONDS, Contact, Mode, standing
from locales import LANGUAGES, messages, texts
from telemetry import under_way
from views.snapshots import Snapshots

log = logging.getLogger(__name__)

COOKIE = "screen"
COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep one at all; a campaign is shorter."""

KNOWN_SECONDS = 0.5
"""How long a worker trusts what it knows of screens: a command comes so late at most, and the screen's own second."""

WRITE_SECONDS = 2.0

PER_ADDRESS = "60/minute"
"""Codes asked for or typed from one address to one worker: a hall of screens joins at once, a thief tries 2³⁰."""

KEPT_PICTURES = 64

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


@dataclass(frozen=True, slots=True)
class Device:
    """One screen that asks, inside its campaign."""

    screen: Screen
    campaign: Campaign
    tree: PlaceTree
    place: Place

    def shown(self, code: str) -> Place:
        """The place it is to show: its own, or one below. Raises `Problem` 403 and 404."""
        place = self.tree.by_code.get(code)
        if place is None:
            raise Problem(404, "not_found", "unknown_place", place=code)
        if not within(self.place, place):
            raise Problem(403, "forbidden", "forbidden_place", place=code)
        return place


class Wall:
    """The screens of one worker: who they are, and what they said lately."""

    def __init__(self, database: Database, clock: Clock, ticks: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._known: dict[str, Device] = {}
        self._read: float | None = None
        self._state: stored_screens.State | None = None
        self._reading = Lock()
        self._said: dict[int, tuple[str, int | None, Contact]] = {}
        self._written = ticks()
        self._lock = Lock()
        self._writing = Lock()
        self._pictures: OrderedDict[tuple[int, str, str, str], bytes] = OrderedDict()

    def device(self) -> Device:
        """Who asks. Raises `Problem` 401 where it is nobody, or no longer."""
        secret = request.cookies.get(COOKIE)
        device = self._devices().get(hash_of(secret)) if secret else None
        if device is None:
            raise Problem(401, "unauthorized", "screen_unknown")
        under_way.asked_by("screen")
        return device

    def forget(self) -> None:
        """Ask the database from now on: something about screens has changed."""
        self._read = None

    def _devices(self) -> Mapping[str, Device]:
        # While one asks a database that is slow to answer, the others go by what is known.
        if not self._reading.acquire(blocking=self._read is None):
            return self._known
        try:
            if self._read is None or self._ticks() - self._read >= KNOWN_SECONDS:
                try:
                    with self._database.read() as session:
                        state = stored_screens.state(session)
                        if state != self._state:
                            self._known, self._state = _devices(session), state
                except AWAY:
                    # The database is away: a screen that is known stays known.
                    if self._state is None:
                        raise
                self._read = self._ticks()
            return self._known
        finally:
            self._reading.release()

    # -- what they say

    def heard(self, device: Device, contact: Contact) -> None:
        """Remember what a screen says; written down with the others, not now."""
        with self._lock:
            self._said[device.screen.number] = (device.screen.campaign_id, device.screen.district_id, contact)
            due = self._ticks() - self._written >= WRITE_SECONDS
            if due:
                self._written = self._ticks()
        if due:
            # A screen does not wait for a database in which an import writes for half a minute.
            Thread(target=self._write_quietly, daemon=True).start()

    def _write_quietly(self) -> None:
        try:
            self.write()
        except SQLAlchemyError as problem:
            log.warning("what screens said was not written down: %s", problem)

    def write(self) -> None:
        """Write down what screens have said."""
        with self._writing:
            with self._lock:
                said, self._said = self._said, {}
            if said:
                with self._database.write() as session:
                    ingest.write_contacts(session, said)

    # -- what was kept for meetings

    def kept(self, freeze: int, place: str, spoken: str, scene: str) -> bytes:
        """A scene of a kept version. Raises `Problem` 404."""
        key = (freeze, place, spoken, scene)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        with self._database.read() as session:
            body = stored_screens.picture(session, *key)
        if body is None:
            raise Problem(404, "not_found", "unknown_path")
        with self._lock:
            self._pictures[key] = body
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return body


def _devices(session: Session) -> dict[str, Device]:
    found = {}
    trees: dict[str, PlaceTree] = {}
    for screen in stored_screens.joined(session):
        tree = trees.get(screen.campaign_id)
        if tree is None:
            tree = campaigns.tree_of(session, campaigns.find(session, screen.campaign_id))
            trees[screen.campaign_id] = tree
        place = tree.by_code.get(screen.settings.place)
        if place is not None and screen.token_hash is not None:
            found[screen.token_hash] = Device(screen, tree.campaign, tree, place)
    return found


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
