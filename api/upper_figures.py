"""What upper systems show (contract, `upper-figures`): taken in from gateway and district, and listed beside ours."""

from flask import Blueprint, Response, request

from api import schemas
from api.access import Entry, enter
from api.exchange import answer_batch, answer_page, bad_parameter, is_number, page_limit, read_body
from api.problems import Problem
from data.database import Database
from data.ingest.upper_figures import ingest_upper_figures
from data.queries.upper import Shown, shown_below
from domain.clock import Clock
from domain.permissions import Action
from domain.upper import Reading


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`/api/v1/campaigns/<id>/upper-figures`."""
    api = Blueprint("api_upper_figures", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.post("/upper-figures")
    def post_upper_figures(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_UPPER, clock)
        rows = read_body()
        if not isinstance(rows, list):
            raise Problem(400, "bad_request", "not_list", expected='[{"key": "…", "place": "…", "at": "…"}]')
        return answer_batch(entry, ingest_upper_figures(database, campaign_id, rows, entry.sender(), clock))

    @api.get("/upper-figures")
    def list_upper_figures(campaign_id: str) -> Response:
        cursor = request.args.get("cursor", "0")
        if not is_number(cursor):
            raise bad_parameter("cursor", cursor, "")
        limit = page_limit()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            place = entry.scope(request.args.get("scope"))
            shown = shown_below(session, entry.tree, place, entry.now, after=int(cursor), limit=limit + 1)
        return answer_page([_row(entry, each) for each in shown], [each.id for each in shown], limit)

    return api


def _row(entry: Entry, shown: Shown) -> schemas.UpperFigureOut:
    campaign = entry.tree.campaign

    def own(reading: Reading | None) -> int | None:
        """Ours beside theirs; of a span the end nearer to theirs."""
        if reading is None or reading.difference is None:
            return None
        return reading.theirs - reading.difference

    return schemas.UpperFigureOut(
        key=shown.key,
        place=shown.place.code,
        at=campaign.local(shown.at).isoformat(),
        source=shown.source,
        persons=shown.persons.theirs if shown.persons else None,
        persons_own=own(shown.persons),
        persons_difference=shown.persons.difference if shown.persons else None,
        tubes=shown.tubes.theirs if shown.tubes else None,
        tubes_own=own(shown.tubes),
        tubes_difference=shown.tubes.difference if shown.tubes else None,
        recorded_at=campaign.local(shown.recorded_at).isoformat(),
        revision=shown.revision,
    )
