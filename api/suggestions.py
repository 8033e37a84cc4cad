"""Suggestions: where a site or a mobile team more would reach most people, and which crews would do more elsewhere.

Reading only: nothing is applied by itself. What a person takes up goes to the planning list by its own endpoint, a
move of a crew out of the house as a text. The page uses the same endpoint.
"""

from datetime import UTC, datetime

import msgspec
from flask import Blueprint, Response, request

from api import suggestions_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, local_time, refused
from api.problems import language
from components.suggestions import board
from data.database import Database
from data.queries.moment import Moment
from data.queries.suggestions import answered
from domain.clock import Clock
from domain.errors import Refused
from domain.permissions import Action
from domain.suggestions import Question, SuggestionPicture, read_question
from domain.values import read_time
from views.drawings import to_json


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/suggestions` of a campaign."""
    api = Blueprint("api_suggestions", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/suggestions")
    def get_suggestions(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            try:
                question = read_question(request.args)
            except Refused as refusal:
                raise refused(entry, refusal) from None
            # Whole minutes, as the page's own panels: two who look at once see the same.
            minute = datetime.fromtimestamp(int(entry.now.timestamp()) // 60 * 60, UTC)
            moment = Moment(entry.tree, place, entry.row.revision, minute, _until(entry))
            picture = answered(session, moment, question)
        drawn = None
        if request.args.get("draw"):
            tree = board(picture, language())
            drawn = msgspec.Raw(to_json(tree))
        return answer(_out(entry, question, picture, drawn))

    return api


def _until(entry: Entry) -> int | None:
    """The period looked back at, as `hour` states its start. Raises `Problem` 400."""
    stated = request.args.get("hour")
    if not stated:
        return None
    try:
        period = entry.tree.campaign.period_starting(read_time("hour", stated.replace(" ", "+")))
    except Refused as refusal:
        raise refused(entry, refusal) from None
    if period is None:
        raise bad_parameter("hour", stated, local_time(entry, entry.tree.campaign.starts_at))
    return period


def _out(
    entry: Entry, question: Question, picture: SuggestionPicture, drawn: msgspec.Raw | None
) -> shapes.SuggestionsOut:
    sites, coverage = picture.sites, picture.coverage
    return shapes.SuggestionsOut(
        scope=picture.place.code,
        revision=entry.row.revision,
        as_of=local_time(entry, picture.now),
        kind=question.unit.value,
        k=question.count,
        candidates=sites.candidates.value if sites else None,
        metres=coverage.metres if coverage else None,
        people=coverage.people if coverage else None,
        covered=coverage.covered if coverage else None,
        gained=sites.gained if sites else None,
        method=sites.method.value if sites else None,
        gap=round(sites.gap, 4) if sites else None,
        looked_at=sites.looked_at if sites else None,
        picks=[
            shapes.PickOut(
                pick.number, pick.village, pick.village_en, pick.direction.value, pick.rough,
                pick.town.code if pick.town else None, pick.lon, pick.lat, pick.gained, pick.within,
                pick.nearest.code if pick.nearest else None, pick.metres, pick.lanes,
                round(pick.hours, 1) if pick.hours is not None else None, pick.sampled,
            )
            for pick in (sites.picks if sites else ())
        ],
        towns=[
            shapes.TownGainOut(row.place.code, row.people, row.covered, row.gained)
            for row in (sites.towns if sites else ())
        ],
        moves=[
            shapes.MoveOut(
                move.source.place.code, move.target.place.code, move.teams, move.metres, move.minutes, move.gained,
                move.target.queue_minutes, move.queue_after, round(move.source.load), move.source_load,
            )
            for move in picture.moves
        ],
        drawn=drawn,
    )  # fmt: skip
