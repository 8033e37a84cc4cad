"""Findings of the ledger, handover and sign-offs: listed, worked on, signed. Pages use the same endpoints."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import ledger_schemas as shapes
from api.access import Entry, enter
from api.downloads import download, note_export
from api.exchange import answer, local_time, maybe_time, read_body, refused
from api.panels import spoken
from api.problems import Problem
from components.ledger_file import ledger_file
from data.database import Database
from data.ingest.signoffs import sign
from data.ingest.tube_findings import Actor, UnknownFinding, do_step
from data.queries.handover import handover
from data.queries.tube_findings import tube_findings
from domain.clock import Clock
from domain.errors import Refused
from domain.finding_claims import read_sign_off, read_step
from domain.handover import Box, Handover, Run, Signature, SignOff
from domain.ledger_desk import FindingsPicture
from domain.permissions import Action, Role
from domain.tube_findings import CAUSES, Settled, TubeFinding


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/ledger/findings`, `…/ledger/findings/steps`, `…/handover` and `…/sign-offs` of a campaign."""
    api = Blueprint("api_ledger", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/ledger/findings")
    def list_findings(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            return answer(_findings(session, entry))

    @api.post("/ledger/findings/steps")
    def post_step(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.SETTLE_TUBES, clock)
        try:
            done = do_step(database, campaign_id, read_step(read_body()), actor_of(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        except UnknownFinding as unknown:
            raise Problem(404, "not_found", "unknown_finding", finding=str(unknown)) from None
        return answer(shapes.FindingDoneOut(done.finding, done.unchanged, done.corrected, done.turns, done.revision))

    @api.get("/handover")
    def list_handover(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            place = entry.scope(request.args.get("scope"))
            return answer(_handover(entry, handover(session, entry.moment(place))))

    @api.post("/sign-offs")
    def post_sign_off(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_TUBES, clock)
        try:
            claim = read_sign_off(read_body())
            done = sign(database, campaign_id, claim, entry.caller.role, actor_of(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        return answer(shapes.SignDoneOut(_sign_off(entry, done.sign_off), done.unchanged, done.revision))

    return api


def files(database: Database, clock: Clock) -> Blueprint:
    """`/export/<campaign>/<place>/ledger.xlsx`: the findings of a place as a file, from the same rows as the page."""
    exports = Blueprint("ledger_files", __name__)

    @exports.get("/export/<campaign_id>/<place>/ledger.xlsx")
    def findings_file(campaign_id: str, place: str) -> Response:
        language = spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.EXPORT, clock)
            picture = tube_findings(session, entry.moment(entry.scope(place)))
        rows = len(picture.open) + len(picture.settled)
        note_export(database, entry, "finding.export", place=place, rows=rows, format="xlsx")
        stamp = entry.tree.campaign.local(entry.now).strftime("%Y%m%d-%H%M")
        name = f"{campaign_id}-{place}-ledger-{stamp}.xlsx"
        return download(ledger_file(picture, language), name, "xlsx")

    return exports


def actor_of(entry: Entry) -> Actor:
    """The caller as who works on findings."""
    caller = entry.caller
    lab = caller.place if caller.role is Role.LAB else ""
    return Actor(entry.sender(), caller.shown or caller.name, caller.account_id, lab)


def _findings(session: Session, entry: Entry) -> shapes.FindingsOut:
    """The findings of the scope; of a laboratory, those about tubes it has or expects."""
    if entry.caller.role is not Role.LAB:
        place = entry.scope(request.args.get("scope"))
        return _picture(entry, place.code, tube_findings(session, entry.moment(place)), "")
    lab = entry.caller.place
    return _picture(entry, lab, tube_findings(session, entry.moment(entry.tree.roots[0])), lab)


def _picture(entry: Entry, scope: str, picture: FindingsPicture, lab: str) -> shapes.FindingsOut:
    found = [f for f in picture.open if not lab or lab in {one.code for one in (f.lab, f.at_lab) if one}]
    return shapes.FindingsOut(
        scope, entry.row.revision, local_time(entry, entry.now), [_finding(entry, f) for f in found],
        [] if lab else [_settled(entry, one) for one in picture.settled],
    )  # fmt: skip


def _finding(entry: Entry, f: TubeFinding) -> shapes.TubeFindingOut:
    return shapes.TubeFindingOut(
        id=f.id, kind=f.kind.value, site=f.site.code if f.site else None, town=f.town.code if f.town else None,
        lab=f.lab.code if f.lab else None, at_lab=f.at_lab.code if f.at_lab else None, box=f.box,
        barcodes=list(f.barcodes), tubes=f.tubes, persons=f.persons, since=local_time(entry, f.since),
        age_minutes=f.age_minutes, limit_minutes=f.limit_minutes, box_arrived=f.arrived,
        hour_end=maybe_time(entry, f.period_end),
        hands=[shapes.HandOut(hand.party.value, hand.who, hand.act, hand.tubes) for hand in f.hands],
        owner=f.owner.value, owner_place=f.owner_place, cause=f.state.cause.value if f.state.cause else None,
        causes=[cause.value for cause in CAUSES[f.kind]], note=f.state.note,
        status="assigned" if f.state.owner else "open", turns=f.state.turns,
    )  # fmt: skip


def _settled(entry: Entry, s: Settled) -> shapes.SettledOut:
    return shapes.SettledOut(
        s.id, s.kind.value, s.place.code if s.place else None, s.box, s.tubes, s.persons,
        s.state.cause.value if s.state.cause else None, s.state.note, s.state.by, maybe_time(entry, s.at),
        s.by_itself, s.state.turns,
    )  # fmt: skip


def _handover(entry: Entry, h: Handover) -> shapes.HandoverOut:
    return shapes.HandoverOut(
        h.place.code, entry.row.revision, local_time(entry, entry.now), h.boxes, h.boxes_complete, h.boxes_waiting,
        [_box(box) for box in h.short], [_run(run) for run in h.runs], [_sign_off(entry, s) for s in h.sign_offs],
    )  # fmt: skip


def _box(b: Box) -> shapes.BoxOut:
    return shapes.BoxOut(b.site.code, b.box, b.manifest, b.lab.code if b.lab else None, b.sent, b.received)


def _run(r: Run) -> shapes.RunOut:
    return shapes.RunOut(r.manifest, r.lab.code if r.lab else None, r.sites, r.boxes, r.sent, r.received)


def _sign_off(entry: Entry, s: SignOff) -> shapes.SignOffOut:
    return shapes.SignOffOut(
        s.site.code, s.lab.code if s.lab else None, s.site_count, s.lab_count, s.standing.value,
        _signature(entry, s.by_site), _signature(entry, s.by_lab),
    )  # fmt: skip


def _signature(entry: Entry, s: Signature | None) -> shapes.SignatureOut | None:
    if s is None:
        return None
    return shapes.SignatureOut(s.site_count, s.lab_count, s.name, s.role, s.note, local_time(entry, s.at))
