"""Tokens of one campaign, for its administrators: what other systems call with."""

from flask import Blueprint, Response

from api import people_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, local_time, maybe_time
from api.problems import Problem
from api.reach import asked, check_reach, reachable_tokens
from data import campaigns, tokens
from data.database import Database
from data.models import Token
from domain.clock import Clock, system_clock
from domain.errors import Refused
from domain.permissions import TOKEN_ROLES, Action, Role
from domain.values import read_text


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/tokens` of a campaign."""
    api = Blueprint("api_tokens", __name__)
    inside = "/api/v1/campaigns/<campaign_id>"

    @api.get(f"{inside}/tokens")
    def list_tokens(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.ADMINISTER, clock)
            return answer([_token(entry, row) for row in reachable_tokens(session, entry)])

    @api.post(f"{inside}/tokens")
    def post_token(campaign_id: str) -> Response:
        wish = asked(database, clock, campaign_id, shapes.TokenIn)
        if wish.role not in TOKEN_ROLES:
            raise bad_parameter("role", wish.role, ", ".join(TOKEN_ROLES))
        if not wish.key.strip():
            raise bad_parameter("key", "", "")
        role = Role(wish.role)
        try:
            note = read_text("note", wish.note, 100)
        except Refused as refusal:
            raise bad_parameter("note", refusal.value, "") from None
        with database.write() as session:
            entry = enter(session, campaign_id, Action.ADMINISTER, clock)
            check_reach(entry, role, wish.place)
            campaigns.lock(session, campaign_id)
            known = tokens.wished(session, campaign_id, wish.key)
            if known is not None:
                if (known.role, known.place, known.note) != (role.value, wish.place, note):
                    raise Problem(409, "conflict", "token_key", wish=wish.key)
                return answer(shapes.TokenMadeOut(known.id, None))
            try:
                secret = tokens.create(
                    session, role, wish.place, campaign_id, system_clock(), actor=entry.caller.name, note=note,
                    key=wish.key,
                )  # fmt: skip
            except tokens.UnknownPlace:
                raise Problem(404, "not_found", "unknown_place", place=wish.place) from None
            made = tokens.wished(session, campaign_id, wish.key)
            assert made is not None
            return answer(shapes.TokenMadeOut(made.id, secret))

    @api.post(f"{inside}/tokens/<int:number>/revoke")
    def revoke_token(campaign_id: str, number: int) -> Response:
        with database.write() as session:
            entry = enter(session, campaign_id, Action.ADMINISTER, clock)
            row = next((row for row in reachable_tokens(session, entry) if row.id == number), None)
            if row is None:
                raise Problem(404, "not_found", "unknown_token", number=number)
            # Revoked already is what was asked for.
            tokens.revoke(session, number, system_clock(), entry.caller.name)
            return answer(_token(entry, row))

    return api


def _token(entry: Entry, row: Token) -> shapes.TokenOut:
    return shapes.TokenOut(row.id, row.role, row.place, row.note, local_time(entry, row.created_at, "seconds"),
                           maybe_time(entry, row.revoked_at, "seconds"))  # fmt: skip
