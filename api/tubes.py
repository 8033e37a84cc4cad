"""Tubes (contract, "Tube events"): events and laboratories' counts in; one tube's life, backlog and ledger out."""

from datetime import UTC, datetime

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from api import tube_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, answer_batch, read_body
from api.ndjson import read_rows
from api.problems import Problem
from api.v1 import asked_as_of, asked_moment
from data.database import Database
from data.ingest.lab_reports import ingest_lab_reports
from data.ingest.matching import SupportWatch
from data.ingest.tubes import Writer, ingest_tubes
from data.queries.backlog import lab_backlog, place_backlog
from data.queries.moment import Moment
from data.queries.overview import data_until
from data.queries.tube_findings import tube_findings
from data.queries.tube_ledger import ledger, ledger_as_of
from data.queries.tube_life import tube_life
from data.queries.tubes import Known, known, known_as_of
from data.queries.tubes_behind import OddTube, tubes_behind
from data.tube_books import books_of
from domain.backlog import Backlog, LabRef, StageBacklog
from domain.clock import Clock
from domain.ledger import Ledger
from domain.permissions import ALLOWED, Action, Role
from domain.places import PlaceTree
from domain.tube_findings import Kind
from domain.tube_life import Custody, Keeper, TubeLife


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`/api/v1/campaigns/<id>/tube-events`, `lab-reports`, `tubes/<barcode>`, `backlog`, `ledger`."""
    api = Blueprint("api_tubes", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")
    watch = SupportWatch()

    @api.post("/tube-events")
    def post_tube_events(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_TUBES, clock)
        rows, refused = read_rows('[{"event_id": "…", "barcode": "…", "type": "…", "at": "…"}]')
        taken = ingest_tubes(database, campaign_id, rows, _writer(entry), clock, refused)
        watch.look(database, campaign_id, entry.now)
        return answer_batch(entry, taken)

    @api.post("/lab-reports")
    def post_lab_reports(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_TUBES, clock)
        if entry.caller.role not in (Role.LAB, Role.DISTRICT, Role.GATEWAY):
            raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)
        rows = read_body()
        if not isinstance(rows, list):
            raise Problem(400, "bad_request", "not_list", expected='[{"key": "…", "lab": "…", "hour": "…"}]')
        return answer_batch(entry, ingest_lab_reports(database, campaign_id, rows, _writer(entry), clock))

    @api.get("/tubes/<barcode>")
    def get_tube(campaign_id: str, barcode: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            life = tube_life(
                session, entry.tree, entry.row.id, barcode, place=entry.home, lab_id=_own_lab(session, entry),
                results=Action.SEE_RESULTS in ALLOWED[entry.caller.role], now=entry.now,
            )  # fmt: skip
        if life is None:
            raise Problem(404, "not_found", "unknown_tube", barcode=barcode[:40])
        return answer(_life(life))

    @api.get("/backlog")
    def get_backlog(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            then = asked_as_of(entry)
            own = _own_lab(session, entry)
            if own is not None:
                moment = Moment(entry.tree, entry.tree.roots[0], entry.row.revision, then or entry.now)
            else:
                moment = asked_moment(session, entry, then)
            found = known(session, moment) if then is None else known_as_of(session, moment)
            until = data_until(session, entry.moment(moment.place))
        stages, total = _stages(found, moment, own)
        local = entry.tree.campaign.local
        return answer(
            shapes.BacklogOut(
                entry.caller.place if own is not None else moment.place.code, moment.revision,
                local(moment.now).isoformat(), local(until).isoformat() if until else None, stages, total.reported,
            )
        )  # fmt: skip

    @api.get("/ledger")
    def get_ledger(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            then = asked_as_of(entry)
            moment = asked_moment(session, entry, then)
            picture = ledger(session, moment) if then is None else ledger_as_of(session, moment)
            now = entry.moment(moment.place)
            behind = tubes_behind(session, now)
            pairs = [
                list(finding.barcodes) for finding in tube_findings(session, now).open if finding.kind is Kind.MISREAD
            ]
            until = data_until(session, now)
            books = books_of(session, entry.row, entry.tree)
            labs = {lab_id: code for code, lab_id in books.labs.items()}
        local = entry.tree.campaign.local
        return answer(
            _ledger(
                picture.ledger, moment, local(moment.now).isoformat(), local(until).isoformat() if until else None,
                shapes.TubesBehindOut(
                    missing=[_odd(tube, entry.tree, labs) for tube in behind.missing],
                    unregistered=[_odd(tube, entry.tree, labs) for tube in behind.unregistered],
                    duplicate=[_odd(tube, entry.tree, labs) for tube in behind.duplicate],
                    wrong_lab=[_odd(tube, entry.tree, labs) for tube in behind.wrong_lab],
                    suspect_misread=pairs,
                ),
            )
        )  # fmt: skip

    return api


def _writer(entry: Entry) -> Writer:
    return Writer(entry.caller.name, entry.caller.role, entry.caller.place)


def _own_lab(session: Session, entry: Entry) -> int | None:
    """The laboratory that asks; None for everybody else."""
    if entry.caller.role is not Role.LAB:
        return None
    return books_of(session, entry.row, entry.tree).labs[entry.caller.place]


def _stages(found: Known, moment: Moment, own: int | None) -> tuple[list[shapes.StageOut], Backlog]:
    """The stages by laboratory where all tubes are told apart by it, else together."""
    if own is not None:
        lab = next(lab for lab in found.labs if lab.id == own)
        total = lab_backlog(found, own)
        return [_stage(stage, lab) for stage in total.stages], total
    total = place_backlog(found, moment.place)
    if moment.place in moment.tree.roots and len(moment.tree.roots) == 1:
        by_lab = [(lab, lab_backlog(found, lab.id)) for lab in found.labs]
        rows = []
        for i, stage in enumerate(total.stages):
            parts = [(lab, backlog.stages[i]) for lab, backlog in by_lab if backlog.stages[i].tubes]
            if not parts or sum(part.tubes for _, part in parts) < stage.tubes:
                # Tubes bound for nobody knows which laboratory.
                rows.append(_stage(stage, None))
            else:
                rows += [_stage(part, lab) for lab, part in parts]
        return rows, total
    bound = {
        lab.id: lab
        for lab in found.labs
        for town in found.towns.get(lab.id, ())
        if moment.place.id in town.ancestors or town.id in moment.place.ancestors
    }
    only = next(iter(bound.values())) if len(bound) == 1 else None
    return [_stage(stage, only) for stage in total.stages], total


def _stage(stage: StageBacklog, lab: LabRef | None) -> shapes.StageOut:
    waiting = stage.waiting
    return shapes.StageOut(
        stage.stage.word, lab.code if lab else None, stage.tubes, waiting.oldest_minutes, waiting.limit_minutes,
        waiting.severity.value, waiting.over, waiting.near, stage.by_count,
    )  # fmt: skip


def _ledger(
    found: Ledger, moment: Moment, as_of: str, until: str | None, behind: shapes.TubesBehindOut
) -> shapes.LedgerOut:
    return shapes.LedgerOut(
        scope=moment.place.code, revision=moment.revision, as_of=as_of, data_until=until, used=found.used,
        on_site=found.on_site, in_transit=found.in_transit, received=found.received, missing=found.missing,
        balance=found.balance, unregistered=found.unregistered, duplicate=found.duplicate,
        wrong_lab=found.wrong_lab, suspect_misread=len(behind.suspect_misread), void=found.void,
        third_copies=found.third_copies, reported_tubes=found.reported_tubes,
        reported_difference=found.reported_difference, by_count=found.by_count, tubes=behind,
    )  # fmt: skip


def _odd(tube: OddTube, tree: PlaceTree, labs: dict[int, str]) -> shapes.OddTubeOut:
    site = tree.by_id.get(tube.site_id or 0)
    used = datetime.fromtimestamp(tube.used_at, UTC) if tube.used_at is not None else None
    return shapes.OddTubeOut(
        tube.barcode, site.code if site else None, labs.get(tube.lab_id or 0), tube.box,
        tree.campaign.local(used).isoformat() if used else None,
    )  # fmt: skip


def _life(life: TubeLife) -> shapes.TubeOut:
    local = life.campaign.local
    return shapes.TubeOut(
        barcode=life.barcode,
        site=life.place.code if life.place else None,
        lab=life.lab.code if life.lab else None,
        expected_lab=life.expected_lab.code if life.expected_lab else None,
        state="void" if life.void else life.stage.word,
        custodian=_custodian(life.custody),
        persons=life.persons,
        pool_size=life.pool_size,
        result=life.result.name.lower() if life.result else None,
        void=life.void.name.lower() if life.void else None,
        missing=life.missing,
        findings=life.findings.words(),
        same_as=life.twin.barcode if life.twin else None,
        events=[
            shapes.TubeEventOut(
                event.event_id, event.type.name.lower(), local(event.at).isoformat(),
                local(event.recorded_at).isoformat(), event.place.code if event.place else None,
                event.lab.code if event.lab else None, event.lane, event.box, event.manifest, event.persons,
                event.pool_size, event.result.name.lower() if event.result else None,
                event.reason.name.lower() if event.reason else None, event.sender, _custodian(event.custody),
            )
            for event in life.events
        ],
    )  # fmt: skip


def _custodian(custody: Custody) -> str:
    """Who has it, in codes: `site:S1`, `transport:B12`, `lab:LAB-A`, `nobody`."""
    if custody.keeper is Keeper.LAB:
        return f"lab:{custody.lab.code if custody.lab else ''}"
    if custody.keeper is Keeper.TRANSPORT:
        return f"transport:{custody.box or ''}"
    return f"site:{custody.place.code if custody.place else ''}" if custody.keeper is Keeper.SITE else "nobody"
