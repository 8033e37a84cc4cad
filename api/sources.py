"""Sources: defined, tried, asked for at once, paused, removed; their refused rows as a file. Pages use the same
endpoints; the form itself and what a trial found come as pieces of HTML."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session, undefer

from api import sources_schemas as shapes
from api.access import Entry, enter
from api.downloads import note_export
from api.exchange import answer, read_object, refused
from api.problems import Problem, language
from data import campaigns, sources
from data.database import Database
from data.ingest.batch import Sender
from data.models import CampaignRow, Source, SourceRun, SourceTrial
from data.pull.refused import as_file, rejection_of
from data.queries.sources import sources_picture
from domain.clock import Clock
from domain.errors import Code, Refused, Unreadable
from domain.permissions import Action
from domain.places import Level, PlaceTree
from domain.source_rows import SourceRow
from domain.sources import NUMBERS, After, Definition, Format, Kind, Paging
from locales import LANGUAGES, messages, text

Doing = Callable[[Session, CampaignRow, Source, Sender, Any], bool | None]

DOINGS: dict[str, Doing] = {
    "run": sources.ask,
    "pause": sources.pause,
    "resume": sources.resume,
    "remove": sources.remove,
}
"""What can be done to a source by one press."""


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/sources` of a campaign."""
    api = Blueprint("api_sources", __name__, url_prefix="/api/v1/campaigns/<campaign_id>/sources")

    @api.get("")
    def list_sources(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            picture = sources_picture(session, entry.moment(entry.scope(request.args.get("scope"))))
            return answer([_source(entry, row) for row in picture.sources])

    @api.post("")
    def post_source(campaign_id: str) -> Response:
        body = read_object()

        def create(session: Session, entry: Entry, row: CampaignRow) -> tuple[Source, bool]:
            definition = _checked(entry, body)
            try:
                return sources.create(
                    session, row, entry.tree, body.get("key"), definition, entry.sender(), entry.now
                )
            except Refused as refusal:
                raise refused(entry, refusal) from None

        return _done(campaign_id, *_write(campaign_id, create))

    @api.post("/<int:number>")
    def change_source(campaign_id: str, number: int) -> Response:
        body = read_object()
        version = body.get("version")

        def change(session: Session, entry: Entry, row: CampaignRow) -> tuple[Source, bool]:
            source = _find(session, entry, number)
            definition = _checked(entry, body)
            try:
                known = version if isinstance(version, int) else -1
                return source, sources.change(
                    session, row, entry.tree, source, known, definition, entry.sender(), entry.now
                )
            except sources.Outdated:
                raise Problem(409, "conflict", "source_outdated") from None

        return _done(campaign_id, *_write(campaign_id, change))

    @api.post("/<int:number>/<any(run, pause, resume, remove):what>")
    def do_to_source(campaign_id: str, number: int, what: str) -> Response:
        def do(session: Session, entry: Entry, row: CampaignRow) -> tuple[Source, bool]:
            source = _find(session, entry, number)
            return source, DOINGS[what](session, row, source, entry.sender(), entry.now) is not False

        return _done(campaign_id, *_write(campaign_id, do))

    @api.post("/trials")
    def post_trial(campaign_id: str) -> Response:
        body = read_object()
        with database.write() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            number = body.get("source")
            if number is not None:
                _find(session, entry, number if isinstance(number, int) else 0)
            definition = _checked(entry, body)
            sources.forget_trials(session, campaign_id, clock())
            trial = sources.ask_trial(session, entry.tree, definition, number, entry.sender(), clock())
            return answer(shapes.SourceTrialAskedOut(trial.id))

    @api.get("/trials/<int:number>")
    def get_trial(campaign_id: str, number: int) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            trial = _trial(session, entry, number)
            state = "done" if trial.result is not None else "running" if trial.taken_at is not None else "waiting"
            return answer(shapes.SourceTrialOut(number, state, _told(entry, trial.result)))

    @api.get("/<int:number>/runs/<int:run>/rejected.csv")
    def refused_rows(campaign_id: str, number: int, run: int) -> Response:
        spoken = _spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            source = _find(session, entry, number)
            query = sa.select(SourceRun).where(SourceRun.campaign_id == campaign_id, SourceRun.id == run)
            found = session.scalar(
                query.where(SourceRun.source_id == number).options(undefer(SourceRun.refused_rows))
            )
            if found is None or not found.refused_rows:
                raise Problem(404, "not_found", "unknown_run")
            zone = entry.tree.campaign.zone
            body = as_file(found.refused_rows, lambda refusal: messages.refusal(spoken, refusal, zone))
        note_export(database, entry, "source.export", source=source.id, run=run, rows=len(found.refused_rows["rows"]))
        name = f"source-{source.id}-{run}.rejected.csv"
        return Response(
            body,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    # -- inside

    def _write(
        campaign_id: str, work: Callable[[Session, Entry, CampaignRow], tuple[Source, bool]]
    ) -> tuple[int, bool]:
        """Do `work` in one transaction; the source's number, and whether anything was done."""
        with database.write() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            row = campaigns.lock(session, campaign_id)
            source, done = work(session, entry, row)
            return source.id, done

    def _done(campaign_id: str, number: int, done: bool) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            rows = sources_picture(session, entry.moment(entry.scope(None))).sources
            found = next((_source(entry, row) for row in rows if row.id == number), None)
            return answer(shapes.SourceDoneOut(not done, entry.row.revision, found))

    return api


def forms(database: Database, clock: Clock) -> Blueprint:
    """The form and the outcome of a trial, as pieces of the page."""
    pieces = Blueprint("source_forms", __name__, template_folder="templates")

    @pieces.get("/sources/<campaign_id>/form")
    def form(campaign_id: str) -> str:
        spoken = _spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            number = request.args.get("source", "")
            source = _find(session, entry, int(number)) if number.isdecimal() else None
            definition = sources.definition_of(source) if source else None
            places = _places(entry, definition.place if definition else "")
        return render_template(
            "source_form.html",
            t=lambda key, **params: text(spoken, key, **params),
            campaign=campaign_id,
            source=source,
            d=definition or Definition("", Kind.SQL, sources.OFFERED[0], entry.scope(None).code, ""),
            headers="\n".join(
                f"{name}: {value}" for name, value in (definition.headers if definition else {}).items()
            ),
            places=[(place.code, place.name_en or place.name if spoken == "en" else place.name) for place in places],
            whats=sources.OFFERED,
            kinds=list(Kind),
            formats=list(Format),
            pagings=list(Paging),
            afters=list(After),
            numbers=NUMBERS,
        )

    @pieces.get("/sources/<campaign_id>/trials/<int:number>")
    def trial(campaign_id: str, number: int) -> Response:
        """What a trial found; 204 as long as it is under way."""
        spoken = _spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.RUN_SOURCES, clock)
            found = _trial(session, entry, number)
        if found.result is None:
            return Response(status=204, headers={"X-Taken": "1" if found.taken_at else "0"})
        return Response(
            render_template(
                "source_trial.html",
                t=lambda key, **params: text(spoken, key, **params),
                found=found.result,
                problem=messages.source_problem(spoken, found.result["problem"]) if "problem" in found.result else "",
                refused=_refusals(entry, found.result, spoken),
            )
        )

    return pieces


# -- what is asked


def _spoken() -> str:
    stated = request.args.get("lang")
    return stated if stated in LANGUAGES else language()


def _checked(entry: Entry, body: dict[str, Any]) -> Definition:
    try:
        return sources.check(body, entry.tree, entry.sender())
    except Refused as refusal:
        raise refused(entry, refusal) from None
    except Unreadable as problem:
        error = {"index": 0, "field": "mapping", "code": Code.BAD_VALUE.value,
                 "message": messages.unreadable(language(), problem)}  # fmt: skip
        raise Problem(400, "bad_request", errors=[error]) from None


def _find(session: Session, entry: Entry, number: int) -> Source:
    """The source of that number, if its rows land where the caller may write. Raises `Problem` 403 and 404."""
    try:
        source = sources.find(session, entry.row.id, number)
    except sources.UnknownSource:
        raise Problem(404, "not_found", "unknown_source", number=number) from None
    entry.scope(source.place)
    return source


def _trial(session: Session, entry: Entry, number: int) -> SourceTrial:
    trial = session.get(SourceTrial, number)
    if trial is None or trial.campaign_id != entry.row.id:
        raise Problem(404, "not_found", "unknown_trial")
    entry.scope(trial.place)
    return trial


def _places(entry: Entry, chosen: str) -> list[Any]:
    """Where rows may land: the caller's place and all below it but the sites, of which there are too many to choose
    from; the site of a source that lands in one."""
    home = entry.scope(None)
    tree: PlaceTree = entry.tree
    order = list(Level)
    found = [
        place
        for place in tree.by_id.values()
        if tree.contains(home, place) and (place.level is not Level.SITE or place.code == chosen or place is home)
    ]
    return sorted(found, key=lambda place: (order.index(place.level), place.code))


# -- what is answered


def _source(entry: Entry, row: SourceRow) -> shapes.SourceOut:
    def local(moment: Any) -> str | None:
        return entry.tree.campaign.local(moment).isoformat() if moment is not None else None

    run, problem = row.delivered, row.problem
    return shapes.SourceOut(
        id=row.id,
        version=row.version,
        definition=shapes.SourceDefinition(**row.definition.to_json()),
        state=row.word.value,
        severity=row.severity.value if row.severity else None,
        failures=row.failures,
        problem=shapes.SourceProblemOut(problem["code"], messages.source_problem(language(), problem))
        if problem
        else None,
        last_success_at=local(row.last_success_at),
        newest_at=local(row.newest_at),
        next_at=local(row.next_at),
        rows=run.rows if run else None,
        accepted=run.accepted if run else None,
        corrected=run.corrected if run else None,
        unchanged=run.unchanged if run else None,
        refused=run.refused if run else None,
        refused_run=run.id if run and run.refused else None,
    )


def _told(entry: Entry, result: dict[str, Any] | None) -> dict[str, Any] | None:
    """A trial's outcome with its problem and its refusals in the caller's language."""
    if result is None:
        return None
    if "problem" in result:
        problem = result["problem"]
        return {"problem": {"code": problem["code"], "message": messages.source_problem(language(), problem)}}
    return {**result, "refused_rows": _refusals(entry, result, language())}


def _refusals(entry: Entry, result: dict[str, Any], spoken: str) -> list[dict[str, Any]]:
    zone = entry.tree.campaign.zone
    return [
        {"line": row["line"], "field": row["field"], "code": row["code"], "value": row["value"],
         "message": messages.refusal(spoken, rejection_of(row), zone)}
        for row in result.get("refused_rows", ())
    ]  # fmt: skip
