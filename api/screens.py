"""Briefing screens for who looks after them and for who briefs: the fleet, joining, revoking, driving. The fleet page
and the remote use the same endpoints."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import screen_schemas as shapes
from api.access import Entry, enter, reaches
from api.exchange import answer, bad_parameter, is_number, local_time, read_object, refused
from api.panels import drawn, spoken
from api.problems import Problem
from api.screen_devices import Wall
from components import fleet as fleet_page
from components import remote as remote_page
from components.fleet_screen import Seen
from components.screen_words import Glance
from data import campaigns
from data.database import Database
from data.ingest import screens as ingest
from data.ingest.screens import Keeper, UnknownScreen
from data.models import CampaignRow, ScreenRow
from data.queries.fleet import FleetRow, Newest, fleet
from domain.claims import read_key
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.permissions import Action
from domain.screen_driving import Do, Wish, read_wish, standing, stored_drive
from domain.screens import CODE_LIFE, Settings, read_settings
from locales import LANGUAGES
from views.snapshots import Moved, Snapshots, UnknownSnapshot, Version

MOST_AT_ONCE = 500
"""Screens one command is for."""

FREEZE_TRIES = 8
"""So often a version may be overtaken by the next one while its scenes are drawn for a meeting."""

Work = Callable[[Session, Entry, CampaignRow, ScreenRow, datetime], shapes.ScreenDoneOut]


def blueprint(database: Database, wall: Wall, snapshots: Snapshots, clock: Clock, version: str) -> Blueprint:
    """`…/screens` of a campaign, and what its two pages ask for. `version` is that of what screens run."""
    api = Blueprint("api_screens", __name__)
    inside = "/api/v1/campaigns/<campaign_id>/screens"

    def seen(session: Session, entry: Entry) -> list[FleetRow]:
        current = _version(snapshots, entry.row.id)
        newest = Newest(current.minute, current.speed, version)
        return fleet(session, entry.tree, lambda place: reaches(entry.caller, entry.tree, place), clock(), newest)

    @api.get(inside)
    def list_screens(campaign_id: str) -> Response:
        wall.write()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
            return answer([_screen(entry, row) for row in seen(session, entry)])

    @api.post(inside)
    def post_screen(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
        body = read_object()
        with database.write() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
            row = campaigns.lock(session, campaign_id)
            now, keeper = clock(), keeper_of(entry)
            try:
                key = read_key(body)
                screen, known = ingest.create(session, row, entry.tree, key, _settings(entry, body), keeper, now)
                # Sent again, the device has joined already and its code is used up.
                made = None if known else ingest.join(session, row, screen, body.get("code"), keeper, now)
            except Refused as refusal:
                raise refused(entry, refusal) from None
            done = _joined(screen.id, known, made)
        wall.forget()
        return answer(done)

    def write(campaign_id: str, number: int, work: Work) -> Response:
        """Do `work` to one screen the caller looks after."""
        with database.write() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
            row = campaigns.lock(session, campaign_id)
            screen = _find(session, entry, number)
            try:
                done = work(session, entry, row, screen, clock())
            except Refused as refusal:
                raise refused(entry, refusal) from None
        wall.forget()
        return answer(done)

    @api.post(f"{inside}/<int:number>")
    def change_screen(campaign_id: str, number: int) -> Response:
        def work(
            session: Session, entry: Entry, row: CampaignRow, screen: ScreenRow, now: datetime
        ) -> shapes.ScreenDoneOut:
            settings = _settings(entry, read_object())
            moved = ingest.change(session, row, entry.tree, screen, settings, keeper_of(entry), now)
            return shapes.ScreenDoneOut(number, not moved)

        return write(campaign_id, number, work)

    @api.post(f"{inside}/<int:number>/join")
    def join_screen(campaign_id: str, number: int) -> Response:
        def work(
            session: Session, entry: Entry, row: CampaignRow, screen: ScreenRow, now: datetime
        ) -> shapes.ScreenDoneOut:
            made = ingest.join(session, row, screen, read_object().get("code"), keeper_of(entry), now)
            return _joined(number, False, made)

        return write(campaign_id, number, work)

    @api.post(f"{inside}/<int:number>/revoke")
    def revoke_screen(campaign_id: str, number: int) -> Response:
        def work(
            session: Session, entry: Entry, row: CampaignRow, screen: ScreenRow, now: datetime
        ) -> shapes.ScreenDoneOut:
            return shapes.ScreenDoneOut(number, not ingest.revoke(session, row, screen, keeper_of(entry), now))

        return write(campaign_id, number, work)

    @api.post(f"{inside}/reload")
    def reload_screens(campaign_id: str) -> Response:
        with database.write() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
            row = campaigns.lock(session, campaign_id)
            found = [_find(session, entry, number) for number in _numbers(read_object())]
            ingest.wish_reload(session, row, found, keeper_of(entry), clock())
        wall.forget()
        return answer(shapes.ScreensDoneOut(len(found)))

    @api.post(f"{inside}/drive")
    def drive_screens(campaign_id: str) -> Response:
        wall.write()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DRIVE_SCREENS, clock)
            body = read_object()
            numbers = _numbers(body)
            found = [_find(session, entry, number) for number in numbers]
            try:
                wish = _completed(entry, read_wish(body))
            except Refused as refusal:
                raise refused(entry, refusal) from None
            told = [row for row in found if stored_drive(row.drive).key != wish.key]
        pictures = None
        if wish.do is Do.FREEZE and told:
            pictures = _draw(snapshots, campaign_id, told, clock())
        with database.write() as session:
            entry = enter(session, campaign_id, Action.DRIVE_SCREENS, clock)
            row = campaigns.lock(session, campaign_id)
            rows = [_find(session, entry, number) for number in numbers]
            now, keeper = clock(), keeper_of(entry)
            if pictures is not None:
                number, drawn_ = pictures
                until = _data_until(next(iter(drawn_.values())))
                kept = ingest.keep(session, row, entry.tree, number, until, drawn_, keeper, now)
                wish = replace(wish, freeze=kept)
            try:
                done = ingest.tell(session, row, rows, wish, keeper, now)
            except Refused as refusal:
                raise refused(entry, refusal) from None
        wall.forget()
        return answer(shapes.ScreensDoneOut(done))

    @api.get("/panels/<campaign_id>/screens")
    def fleet_panel(campaign_id: str) -> Response:
        wall.write()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_SCREENS, clock)
            rows = seen(session, entry)
        chosen = next((row for row in rows if row.screen.number == _asked("screen")), None)
        glances = _glances(snapshots, wall, entry, chosen) if chosen is not None and chosen.joined else {}
        drives = entry.caller.may(Action.DRIVE_SCREENS)
        places = tuple(p for p in entry.tree.by_id.values() if reaches(entry.caller, entry.tree, p))
        view = Seen(entry.tree, places, clock(), tuple(rows), drives, chosen, glances, _picked(), _asked("revoke"))
        return drawn(fleet_page.page(view, spoken()))

    @api.get("/panels/<campaign_id>/remote")
    def remote_panel(campaign_id: str) -> Response:
        wall.write()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DRIVE_SCREENS, clock)
            rows = [row for row in seen(session, entry) if row.joined]
        row = remote_page.driven(rows, _asked("screen"))
        glances = _glances(snapshots, wall, entry, row) if row is not None else {}
        view = remote_page.Seen(entry.tree, clock(), tuple(rows), entry.caller.name, row, glances)
        return drawn(remote_page.page(view, spoken()))

    def picture(campaign_id: str, number: int, scene: str, need: Action) -> Response:
        """A scene as that screen draws it, for its picture in small on the page that needs `need`."""
        with database.read() as session:
            entry = enter(session, campaign_id, need, clock)
            row = next((one for one in seen(session, entry) if one.screen.number == number and one.joined), None)
        body = None if row is None else _picture(snapshots, wall, entry, row, scene)
        if body is None:
            raise Problem(404, "not_found", "unknown_path")
        said = {"Content-Encoding": "gzip", "Cache-Control": "private, no-store"}
        return Response(body, content_type="application/json", headers=said)

    @api.get("/panels/<campaign_id>/screens/<int:number>/<scene>")
    def fleet_picture(campaign_id: str, number: int, scene: str) -> Response:
        return picture(campaign_id, number, scene, Action.KEEP_SCREENS)

    @api.get("/panels/<campaign_id>/remote/<int:number>/<scene>")
    def remote_picture(campaign_id: str, number: int, scene: str) -> Response:
        return picture(campaign_id, number, scene, Action.DRIVE_SCREENS)

    return api


# -- what is asked


def _asked(name: str) -> int | None:
    """The number of a screen that the address names."""
    said = request.args.get(name, "")
    return int(said) if is_number(said) else None


def _picked() -> frozenset[int]:
    """The numbers of the screens that the address takes together."""
    said = request.args.get("pick", "").split("-")[:MOST_AT_ONCE]
    return frozenset(int(one) for one in said if is_number(one))


def _numbers(body: dict[str, Any]) -> list[int]:
    asked = body.get("screens")
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST_AT_ONCE:
        raise bad_parameter("screens", "", f"1 … {MOST_AT_ONCE}")
    for one in asked:
        if isinstance(one, bool) or not isinstance(one, int) or not 0 < one < 1 << 31:
            raise bad_parameter("screens", str(one)[:40], "1, 2, 3 …")
    # In one order, so that two who drive the same screens at once wait for each other instead of for ever.
    return sorted(set(asked))


def _settings(entry: Entry, body: dict[str, Any]) -> Settings:
    asked = read_settings(body, LANGUAGES)
    return replace(asked, place=entry.scope(asked.place or None).code)


def _find(session: Session, entry: Entry, number: int) -> ScreenRow:
    """Screen `number`, if the caller reaches its place. Raises `Problem` 403 and 404."""
    try:
        row = ingest.find(session, entry.row.id, number)
    except UnknownScreen:
        raise Problem(404, "not_found", "unknown_screen", number=number) from None
    entry.scope(row.place)
    return row


def keeper_of(entry: Entry) -> Keeper:
    """The caller as who does something to screens."""
    return Keeper(entry.caller.name, entry.caller.shown or entry.caller.name)


def _completed(entry: Entry, wish: Wish) -> Wish:
    """The wish with what the server finds for it: the town's place checked, the periods of a replay. Raises
    `Refused`, `Problem`."""
    if wish.do is Do.TOWN:
        return replace(wish, place=entry.scope(wish.place or None).code)
    if wish.do is Do.REPLAY:
        campaign = entry.tree.campaign
        last = min(campaign.period_of(entry.now), campaign.periods) - 1
        if last < 0:
            raise Refused("do", Code.CONFLICT, wish.do.value, detail="screen_no_day")
        return replace(wish, last=last)
    return wish


def _version(snapshots: Snapshots, campaign_id: str) -> Version:
    try:
        return snapshots.version(campaign_id)
    except UnknownSnapshot:
        raise Problem(404, "not_found", "unknown_campaign", campaign=campaign_id) from None


Drawn = tuple[tuple[int, int], dict[tuple[str, str, str], bytes]]


def _draw(snapshots: Snapshots, campaign_id: str, rows: Sequence[ScreenRow], now: datetime) -> Drawn:
    """Every scene of the screens at one version. Raises `Problem` 503 while facts come in faster than that."""
    wanted = sorted(
        {
            (standing(stored_drive(row.drive), now, row.seconds).place or row.place, row.language, scene)
            for row in rows
            for scene in row.scenes
        }
    )
    number = _version(snapshots, campaign_id).number
    for _ in range(FREEZE_TRIES):
        found: dict[tuple[str, str, str], bytes] = {}
        for place, language, scene in wanted:
            try:
                picture = snapshots.get(campaign_id, scene, place, language, number)
            except UnknownSnapshot:
                raise Problem(404, "not_found", "unknown_place", place=place) from None
            if isinstance(picture, Moved):
                number = picture.version.number
                break
            found[place, language, scene] = picture
        else:
            return number, found
    raise Problem(503, "unavailable", "screen_busy", headers={"Retry-After": "5"})


def _glances(snapshots: Snapshots, wall: Wall, entry: Entry, row: FleetRow) -> dict[str, Glance]:
    """What the scenes of a screen say now, in the screen's own language; one that cannot be drawn says nothing."""
    wording = "headline_frozen" if row.held.freeze is not None else "headline"
    found = {}
    for scene in row.screen.settings.scenes:
        body = _picture(snapshots, wall, entry, row, scene)
        if body is not None:
            kept = orjson.loads(gzip.decompress(body))
            said = tuple((one["text"], one["state"], one["after"]) for one in kept[wording])
            # Pictures frozen before the number was told have none.
            found[scene] = Glance(said, kept.get("number"))
    return found


def _picture(snapshots: Snapshots, wall: Wall, entry: Entry, row: FleetRow, scene: str) -> bytes | None:
    """A scene as a screen shows it now, gzipped JSON; None for one it does not show, and where it was overtaken while
    it was drawn: it is there with the next question."""
    settings, held = row.screen.settings, row.held
    if scene not in settings.scenes:
        return None
    place = held.place or settings.place
    hour = entry.tree.campaign.start_of(held.period) if held.period is not None else None
    try:
        if held.freeze is not None:
            return wall.kept(held.freeze, place, settings.language, scene)
        number = _version(snapshots, entry.row.id).number
        body = snapshots.get(entry.row.id, scene, place, settings.language, number, hour)
    except (Problem, UnknownSnapshot):
        return None
    return None if isinstance(body, Moved) else body


def _data_until(picture: bytes) -> datetime | None:
    stated = orjson.loads(gzip.decompress(picture))["data_until"]
    return datetime.fromisoformat(stated) if stated else None


# -- what is answered


def _joined(number: int, unchanged: bool, code: str | None) -> shapes.ScreenDoneOut:
    if code is None:
        return shapes.ScreenDoneOut(number, unchanged)
    link = f"{request.url_root.rstrip('/')}/screen?code={code}"
    return shapes.ScreenDoneOut(number, unchanged, code, link, int(CODE_LIFE.total_seconds()))


def _screen(entry: Entry, row: FleetRow) -> shapes.ScreenOut:
    s, said = row.screen.settings, row.contact
    at = local_time(entry, said.at, "seconds") if said else None
    known = said is not None and said.revision is not None
    return shapes.ScreenOut(
        row.screen.number, s.name, s.location, row.place.code, list(s.scenes), s.seconds, s.language, s.bezel_px,
        row.joined, row.screen.revoked_at is not None, row.held.mode.value, row.held.driven_by,
        [shapes.ScreenTroubleOut(trouble.value, severity.value) for trouble, severity in row.troubles],
        at or None, said.scene if said else "",
        f"{said.revision}-{said.minute}" if said and known else None,
        local_time(entry, said.data_until) if said and said.data_until else None,
        said.width if said else None, said.height if said else None, said.software if said else "",
        said.skew if said else None, said.heap_mb if said else None, said.drawn_ms if said else None,
        said.drops if said else None,
    )  # fmt: skip
