"""Reminders sent and listed; the phones of those on duty for who has to ring them. Pages use the same endpoints."""

from collections.abc import Mapping

from flask import Blueprint, Response, request

from api import duty_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, read_body
from api.problems import Problem, language
from components.reminder_text import why_failed
from data.database import Database
from data.queries.duty_board import reminded
from data.reminder_record import contacts_below
from data.reminders import RemindResult, remind
from domain.board import Reminded
from domain.clock import Clock
from domain.contacts import in_order
from domain.permissions import Action
from locales import messages

MOST = 500
"""Reminders of one request: every town of a city."""


def blueprint(database: Database, clock: Clock, variables: Mapping[str, str]) -> Blueprint:
    """`…/contacts` and `…/reminders` of a campaign. `variables` are the settings that hold where reminders go."""
    api = Blueprint("api_reminders", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/contacts")
    def list_contacts(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.REMIND, clock)
            place = entry.scope(request.args.get("scope"))
            people = contacts_below(session, entry.tree, place)
        rows = [
            shapes.ContactOut(entry.tree.by_id[id_].code, one.name, one.phone, one.post)
            for id_ in sorted(people, key=lambda id_: entry.tree.by_id[id_].code)
            for one in in_order(people[id_])
        ]
        return answer(rows)

    @api.get("/reminders")
    def list_reminders(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            moment = entry.moment(entry.scope(request.args.get("scope")))
            return answer([_reminder(entry, one) for one in reminded(session, moment)])

    @api.post("/reminders")
    def post_reminders(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.REMIND, clock)
        body = read_body()
        rows = body.get("reminders") if isinstance(body, dict) else None
        if not isinstance(rows, list) or len(rows) > MOST:
            raise Problem(400, "bad_request", "not_list", expected='{"reminders": [...]}')
        return _done(entry, remind(database, campaign_id, rows, entry.sender(), clock, variables))

    return api


def _done(entry: Entry, result: RemindResult) -> Response:
    spoken = language()
    zone = entry.tree.campaign.zone
    rejected = [
        shapes.RejectedOut(one.index, one.field, one.code.value, messages.refusal(spoken, one, zone))
        for one in result.rejected
    ]
    stand = [
        shapes.ReminderStandingOut(
            one.index, one.key, one.town, one.standing.value, why_failed(one.reason, one.detail, spoken)
        )
        for one in result.outcomes
    ]
    response = answer(shapes.RemindersDoneOut(result.accepted, result.unchanged, rejected, result.revision, stand))
    response.headers["Content-Language"] = spoken
    return response


def _reminder(entry: Entry, one: Reminded) -> shapes.ReminderOut:
    campaign = entry.tree.campaign
    return shapes.ReminderOut(
        key=one.key,
        town=one.town.code,
        at=campaign.local(one.at).isoformat(),
        hour=campaign.local(one.start).isoformat(),
        sites=[site.code for site in one.sites],
        text=one.text,
        state=one.standing.value,
        detail=why_failed(one.reason, one.detail, language()),
        answered=one.answered,
        answered_at=campaign.local(one.answered_at).isoformat() if one.answered_at else None,
    )
