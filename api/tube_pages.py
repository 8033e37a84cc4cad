"""What the pages of one tube and of a laboratory's desk show, drawn for who asks; and the lists they send."""

import base64
import binascii

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import tube_list_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, read_body
from api.panels import drawn, spoken
from api.problems import Problem, language
from components import lab_desk as desk_page
from components import own_panels, tube_list
from components import tube_life as life_page
from components.positives import lab_tasks
from data.database import Database
from data.ingest.file_import import FileResult
from data.ingest.mapping import is_timezone
from data.ingest.rejects import rejected_bytes
from data.ingest.tube_lists import EVENT, ListKind, take_list
from data.ingest.tubes import Writer
from data.queries.lab_desk import lab_desk
from data.queries.positives import lab_board
from data.queries.tube_glance import glance
from data.queries.tube_life import find_tubes, tube_life
from data.tube_books import books_of
from domain.clock import Clock
from domain.errors import Unreadable
from domain.permissions import Action, Role
from domain.places import Level
from domain.tube_events import TYPES, WRITERS
from domain.tube_life import typed_barcode
from locales import messages

MAX_LIST = 8 * 1024 * 1024
"""Bytes of one list: a hundred thousand tubes, more than any site or laboratory has in a day."""

MOST_REFUSED = 500
"""Refused rows that are told one by one; the file has all of them."""


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`/panels/<id>/tube`, `/panels/<id>/lab` and `/api/v1/campaigns/<id>/tube-lists`."""
    api = Blueprint("api_tube_pages", __name__)

    @api.get("/panels/<campaign_id>/tube")
    def tube_panel(campaign_id: str) -> Response:
        typed = typed_barcode(request.args.get("barcode", ""))[:64]
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            panels = {
                "tube": _tube(session, entry, typed),
                "tube-sites": _sites(entry),
                "now": own_panels.now(entry.tree.campaign, entry.now, spoken()),
            }
        return drawn(panels)

    @api.get("/panels/<campaign_id>/lab")
    def lab_panel(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            code = _lab_asked(session, entry, request.args.get("lab", ""))
            # A laboratory sees all it has to do with; who looks at its desk, what comes from his own place.
            seen = entry.home or entry.tree.roots[0]
            desk = lab_desk(session, entry.moment(entry.tree.roots[0]), code, seen)
            tasks = None
            if entry.caller.may(Action.SEE_RESULTS):
                tasks = lab_tasks(lab_board(session, entry.tree, code, entry.now, seen), spoken())
            panels = {
                "lab": desk_page.page(desk, tasks, spoken()),
                "lab-hours": desk_page.hours(desk, spoken()),
                "now": own_panels.now(entry.tree.campaign, entry.now, spoken()),
            }
        return drawn(panels)

    @api.post("/api/v1/campaigns/<campaign_id>/tube-lists")
    def post_list(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_TUBES, clock)
        try:
            wish = msgspec.convert(read_body(), shapes.TubeListIn)
        except msgspec.ValidationError as error:
            raise Problem(400, "bad_request", "as_said", said=str(error)) from None
        kind = _kind(entry, wish.kind)
        zone = wish.timezone or None
        if zone is not None and not is_timezone(zone):
            raise bad_parameter("timezone", zone[:40], "Asia/Shanghai")
        writer = Writer(entry.caller.name, entry.caller.role, entry.caller.place)
        try:
            done = take_list(
                database, campaign_id, kind, _file(wish.file), wish.name[:200], writer, clock,
                place=_whose(entry, kind, wish.place), timezone=zone, dry_run=not wish.keep,
            )  # fmt: skip
        except Unreadable as problem:
            raise Problem(400, "refused", "as_said", said=messages.unreadable(language(), problem)) from None
        return answer(_told(entry, done, wish.keep))

    return api


# -- one tube


def _tube(session: Session, entry: Entry, typed: str) -> list[object]:
    reader = life_page.Reader(
        entry.row.id,
        spoken(),
        places=entry.caller.role is not Role.LAB,
        labs=_labs_open(session, entry),
        results=entry.caller.may(Action.SEE_RESULTS),
    )
    if not typed:
        return [*life_page.nothing_asked(reader.language)]
    lab_id = _own_lab(session, entry)
    found = find_tubes(session, entry.tree, entry.row.id, typed, place=entry.home, lab_id=lab_id)
    barcode = found.tubes[0].barcode if len(found.tubes) == 1 else typed
    if len(found.tubes) < 2:
        life = tube_life(
            session, entry.tree, entry.row.id, barcode, place=entry.home, lab_id=lab_id, results=reader.results,
            now=entry.now,
        )  # fmt: skip
        return [*(life_page.life(life, reader) if life else life_page.nothing_found(typed, reader.language))]
    return [*life_page.hits(found.tubes, found.more, typed, entry.tree.campaign, reader)]


def _sites(entry: Entry) -> list[object]:
    """The sites whose third copies the reader may send."""
    if entry.home is None:
        return []
    found = [(site.code, site.label(spoken())) for site in entry.tree.sites(entry.home)]
    return [*tube_list.sites(found, spoken())]


def _own_lab(session: Session, entry: Entry) -> int | None:
    """The laboratory that asks; None for everybody else."""
    if entry.caller.role is not Role.LAB:
        return None
    return books_of(session, entry.row, entry.tree).labs[entry.caller.place]


# -- a laboratory's desk


def may_look_at_labs(entry: Entry) -> bool:
    """Whether the reader may look at laboratories' desks: who sees a district or more. A town's tubes are only a part
    of what stands there."""
    place = entry.home
    return entry.caller.may(Action.DESK) and place is not None and place.level in (Level.CITY, Level.DISTRICT)


def _labs_open(session: Session, entry: Entry) -> frozenset[str]:
    """The laboratories whose desks the reader may look at: those that serve his place."""
    if not may_look_at_labs(entry):
        return frozenset()
    return frozenset(row.lab.code for row in glance(session, entry.moment(entry.scope(None))).labs)


def _lab_asked(session: Session, entry: Entry, asked: str) -> str:
    """The laboratory whose desk is shown: a laboratory's own, else the one asked for. Raises `Problem` 403, 404."""
    if entry.caller.role is Role.LAB:
        if asked not in ("", entry.caller.place):
            raise Problem(403, "forbidden", "forbidden_place", place=asked[:40])
        return entry.caller.place
    if not may_look_at_labs(entry):
        raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)
    labs = _labs_open(session, entry)
    if asked not in labs:
        if asked or not labs:
            raise Problem(404, "not_found", "unknown_lab", lab=asked[:40])
        return min(labs)
    return asked


# -- lists


def _kind(entry: Entry, stated: str) -> ListKind:
    """The list, which the caller must be one to send."""
    if stated not in tuple(ListKind):
        raise bad_parameter("kind", stated[:40], ", ".join(ListKind))
    kind = ListKind(stated)
    if TYPES[EVENT[kind]] not in WRITERS.get(entry.caller.role, ()):
        raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)
    return kind


def _whose(entry: Entry, kind: ListKind, stated: str) -> str:
    """The site or laboratory, the caller's own where it says nothing."""
    if kind is ListKind.RECEIPTS:
        return stated or entry.caller.place
    place = entry.scope(stated or None)
    if place.level is not Level.SITE:
        raise bad_parameter("place", stated[:40], "S1")
    return place.code


def _file(stated: str) -> bytes:
    if len(stated) > MAX_LIST * 4 // 3 + 200:
        raise Problem(413, "too_large", "too_large_detail", limit_mb=MAX_LIST >> 20)
    try:
        return base64.b64decode(stated.partition(",")[2] or stated, validate=True)
    except (binascii.Error, ValueError):
        raise bad_parameter("file", stated[:20], "base64") from None


def _told(entry: Entry, done: FileResult, kept: bool) -> shapes.TubeListOut:
    zone, said = entry.tree.campaign.zone, language()
    faults = [(line, r.field, r.code.value, messages.refusal(said, r, zone)) for line, r in done.refused]
    rejected = rejected_bytes(done.table, faults, mapping=done.mapping).decode("utf-8-sig") if faults else ""
    return shapes.TubeListOut(
        kept=kept,
        rows=done.rows,
        accepted=done.batch.accepted,
        unchanged=done.batch.unchanged,
        refused=len(done.refused),
        columns=dict(done.mapping.columns),
        rejected=[
            shapes.ListRefusalOut(line, r.field, r.value, r.code.value, told[3])
            for (line, r), told in zip(done.refused[:MOST_REFUSED], faults, strict=False)
        ],
        rejected_file=rejected,
        revision=done.batch.revision,
    )
