"""The planning list: sites applied for and brought to their opening, listed, taken away as a file. Pages use the same
endpoints; forms come as pieces of HTML."""

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from api import panels
from api import planning_schemas as shapes
from api.access import Entry, enter
from api.downloads import download, note_export
from api.exchange import answer, bad_parameter, is_number, local_time, maybe_time, read_body, refused
from api.problems import Problem
from components.planning_site import planned_detail
from components.planning_words import file_columns, file_row
from data.database import Database
from data.ingest.planning import Recorded, UnknownPlannedSite, apply, do_step
from data.ingest.planning_book import Hand
from data.queries.planning import find_planned, planning_list
from domain.clock import Clock
from domain.errors import Refused
from domain.permissions import Action
from domain.places import Kind, Level, Place
from domain.planning import NEEDS, NEEDS_REASON, Event, Source, State, Step
from domain.planning_claims import MAX_CHANNELS, MAX_LANES, MAX_THERE, read_application, read_step
from domain.planning_list import Planned, PlannedWhole
from locales import text


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/planning` and `…/planning/steps` of a campaign."""
    api = Blueprint("api_planning", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/planning")
    def list_planned(campaign_id: str) -> Response:
        state = request.args.get("state")
        if state is not None and state not in tuple(State):
            raise bad_parameter("state", state, ", ".join(State))
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            rows = planning_list(session, entry.moment(place))
        return answer(
            shapes.PlanningOut(
                scope=place.code,
                revision=entry.row.revision,
                counts={state.value: count for state, count in rows.counts.items()},
                unlisted=rows.unlisted,
                sites=[_planned(entry, site) for site in rows.sites if state in (None, site.state)],
            )
        )

    @api.get("/planning/<int:number>")
    def show_planned(campaign_id: str, number: int) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            return answer(_whole(entry, _find(session, entry, str(number))))

    @api.post("/planning")
    def post_planned(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.PLAN_SITES, clock)
        try:
            done = apply(database, campaign_id, read_application(read_body()), _hand(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        return _done(campaign_id, done)

    @api.post("/planning/steps")
    def post_step(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.PLAN_SITES, clock)
        try:
            claim = read_step(read_body())
            if not entry.caller.may(NEEDS[claim.step]):
                raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)
            done = do_step(database, campaign_id, claim, _hand(entry), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        except UnknownPlannedSite as unknown:
            raise _unknown(str(unknown)) from None
        return _done(campaign_id, done)

    def _done(campaign_id: str, done: Recorded) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.PLAN_SITES, clock)
            whole = _whole(entry, _find(session, entry, str(done.number)))
        return answer(shapes.PlannedDoneOut(done.unchanged, done.revision, whole))

    return api


def pieces(database: Database, clock: Clock) -> Blueprint:
    """One planned site's part of the page, its forms, and the list as a file."""
    parts = Blueprint("planning_pieces", __name__, template_folder="templates")

    @parts.get("/panels/<campaign_id>/planned")
    def detail(campaign_id: str) -> Response:
        """Everything on record of one planned site, drawn."""
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            whole = _find(session, entry, request.args.get("number", ""))
        return panels.drawn(planned_detail(whole, panels.spoken()))

    @parts.get("/planning/<campaign_id>/form")
    def form(campaign_id: str) -> str:
        """The form of one step, filled with what is known."""
        spoken, what = panels.spoken(), request.args.get("what", "")
        if what not in tuple(Step):
            raise Problem(404, "not_found", "unknown_path")
        step = Step(what)
        with database.read() as session:
            entry = enter(session, campaign_id, NEEDS[step], clock)
            number = request.args.get("number", "")
            whole = _find(session, entry, number) if number or step is not Step.APPLIED else None
        home = entry.scope(None)
        local = entry.tree.campaign.local(entry.now)
        return render_template(
            "planning_form.html",
            t=lambda key, **params: text(spoken, key, **params),
            step=step.value,
            planned=whole.planned if whole else None,
            items=whole.planned.items if whole else (),
            missing=whole.planned.missing if whole else [],
            needs_note=step in NEEDS_REASON,
            towns=[(town.code, town.label(spoken)) for town in _towns(entry, home)],
            chosen=request.args.get("town", home.code),
            kinds=[kind.value for kind in Kind],
            sources=[source.value for source in Source if source is not Source.IMPORT],
            most={"lanes": MAX_LANES, "green_channels": MAX_CHANNELS, "there": MAX_THERE},
            now=f"{local:%Y-%m-%dT%H:%M}",
            offset=local.isoformat()[-6:],
        )

    @parts.get("/export/<campaign_id>/<place>/planning.<any(csv, xlsx):suffix>")
    def export(campaign_id: str, place: str, suffix: str) -> Response:
        spoken = panels.spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.EXPORT, clock)
            rows = planning_list(session, entry.moment(entry.scope(place)))
        note_export(database, entry, "planning.export", place=place, rows=len(rows.sites), format=suffix)
        # Spreadsheet libraries are large: only a worker that exports loads them.
        from data.exports import csv, frame, xlsx

        table = frame(file_columns(rows, spoken), [file_row(site, spoken) for site in rows.sites])
        body = csv(table) if suffix == "csv" else xlsx(table, text(spoken, "planning.title"))
        name = f"{campaign_id}-{place}-planning-{entry.tree.campaign.local(entry.now):%Y%m%d-%H%M}.{suffix}"
        return download(body, name, suffix)

    return parts


def _hand(entry: Entry) -> Hand:
    caller = entry.caller
    return Hand(entry.sender(), caller.shown or caller.name, caller.account_id)


def _find(session: Session, entry: Entry, number: str) -> PlannedWhole:
    """Planned site `number`, if the caller may see its town. Raises `Problem` 403 and 404."""
    whole = find_planned(session, entry.tree, int(number)) if is_number(number) else None
    if whole is None:
        raise _unknown(number)
    entry.scope(whole.planned.town.code)
    return whole


def _unknown(number: str) -> Problem:
    return Problem(404, "not_found", "unknown_planned", number=number)


def _towns(entry: Entry, home: Place) -> list[Place]:
    """Where the caller may apply for a site."""
    return sorted(
        (town for town in entry.tree.each(Level.TOWN) if entry.tree.contains(home, town)),
        key=lambda town: town.code,
    )


# -- what is answered


def _planned(entry: Entry, site: Planned) -> shapes.PlannedOut:
    wish, inspected, approved, released = site.wish, site.inspected, site.approved, site.released
    return shapes.PlannedOut(
        number=site.number, code=site.code, town=site.town.code, town_name=site.town.name, name=wish.name,
        name_en=wish.name_en, kind=wish.kind, lon=wish.lon, lat=wish.lat, lanes=site.lanes,
        green_channels=site.green_channels, capacity_per_day=site.capacity, source=wish.source.value,
        state=site.state.value, since=local_time(entry, site.since), steps=site.steps, given=site.given,
        missing=len(site.missing) if site.inspection is not None else None,
        inspected_at=maybe_time(entry, inspected.at if inspected else None),
        inspected_by=inspected.by if inspected else "",
        approved_at=maybe_time(entry, approved.at if approved else None),
        approved_by=approved.by if approved else "", approved_over=site.approved_over,
        released_at=maybe_time(entry, released.at if released else None),
        released_by=released.by if released else "", released_why=site.why,
    )  # fmt: skip


def _whole(entry: Entry, whole: PlannedWhole) -> shapes.PlannedWholeOut:
    return shapes.PlannedWholeOut(
        _planned(entry, whole.planned),
        [
            shapes.PlanningItemOut(item.key, item.need, item.reserve, item.there, item.missing, item.source)
            for item in whole.planned.items
        ],
        [_event(entry, event) for event in whole.events],
        [step.value for step in whole.next],
    )


def _event(entry: Entry, event: Event) -> shapes.PlanningStepOut:
    return shapes.PlanningStepOut(
        event.step.value, local_time(entry, event.at), local_time(entry, event.recorded_at), event.by, event.note,
        list(event.missing),
    )  # fmt: skip
