"""API tokens. Only a hash is kept: the token itself is shown once, when it is made."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import Audit, CampaignRow, LabRow, PlaceRow, Token
from data.secret_hash import hash_of
from domain.actors import CONSOLE, Actor, Kind
from domain.permissions import Caller, Role

PREFIX = "scc_"


class UnknownPlace(LookupError):
    """No campaign has a place (for the lab role: a laboratory) of that code."""


def create(
    session: Session,
    role: Role,
    place: str,
    campaign_id: str | None,
    now: datetime,
    *,
    actor: str = CONSOLE,
    note: str = "",
    key: str | None = None,
) -> str:
    """Make a token and return it; `note` says which system holds it. Raises `UnknownPlace`, or `LookupError` for an
    unknown campaign."""
    if campaign_id is not None and session.get(CampaignRow, campaign_id) is None:
        raise LookupError(campaign_id)
    table = LabRow if role is Role.LAB else PlaceRow
    known = sa.select(table.id).where(table.code == place)
    if campaign_id is not None:
        known = known.where(table.campaign_id == campaign_id)
    if session.scalar(known.limit(1)) is None:
        raise UnknownPlace(place)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = Token(
        hash=hash_of(secret), role=role.value, place=place, campaign_id=campaign_id, note=note, key=key,
        created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(_audit(session, row, "token.create", actor, now))
    return secret


def find(session: Session, secret: str) -> Caller | None:
    """Whom `secret` speaks for; None when nobody, or no longer."""
    query = sa.select(Token.id, Token.role, Token.place, Token.campaign_id).where(
        Token.hash == hash_of(secret), Token.revoked_at.is_(None)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    token_id, role, place, campaign_id = found
    name = Actor(Kind.TOKEN, str(token_id), role, place).written
    return Caller(Role(role), place, campaign_id, name, token_id=token_id)


def wished(session: Session, campaign_id: str, key: str) -> Token | None:
    """The token that was made for the wish `key`, if one was."""
    return session.scalar(sa.select(Token).where(Token.campaign_id == campaign_id, Token.key == key))


def every(session: Session, campaign_id: str | None = None) -> list[Token]:
    """All tokens ever made, of one campaign if given, the latest first."""
    query = sa.select(Token).order_by(Token.id.desc())
    return list(session.scalars(query.where(Token.campaign_id == campaign_id) if campaign_id else query))


def revoke(session: Session, token_id: int, now: datetime, actor: str = CONSOLE) -> bool:
    """Revoke a token; False when there is none of that number still valid."""
    row = session.get(Token, token_id)
    if row is None or row.revoked_at is not None:
        return False
    row.revoked_at = now
    session.add(_audit(session, row, "token.revoke", actor, now))
    return True


def _audit(session: Session, row: Token, action: str, actor: str, now: datetime) -> Audit:
    at = campaigns.time_in(session, row.campaign_id, now)
    details = {"token": row.id, "role": row.role, "place": row.place}
    return Audit(campaign_id=row.campaign_id, recorded_at=at, actor=actor, action=action, details=details)
