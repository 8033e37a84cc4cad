"""API tokens. Only a hash is kept: the token itself is shown once, when it is made."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Audit, CampaignRow, LabRow, PlaceRow, Token
from domain.permissions import Role

PREFIX = "scc_"


class UnknownPlace(LookupError):
    """No campaign has a place (for the lab role: a laboratory) of that code."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for: a role at a place, in one campaign or in all that have the place."""

    token_id: int
    role: Role
    place: str
    campaign_id: str | None

    @property
    def name(self) -> str:
        """How the audit names it."""
        return f"token {self.token_id} ({self.role} {self.place})"


def create(session: Session, role: Role, place: str, campaign_id: str | None, now: datetime) -> str:
    """Make a token and return it. Raises `UnknownPlace`, or `LookupError` for an unknown campaign."""
    if campaign_id is not None and session.get(CampaignRow, campaign_id) is None:
        raise LookupError(campaign_id)
    table = LabRow if role is Role.LAB else PlaceRow
    known = sa.select(table.id).where(table.code == place)
    if campaign_id is not None:
        known = known.where(table.campaign_id == campaign_id)
    if session.scalar(known.limit(1)) is None:
        raise UnknownPlace(place)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = Token(hash=_hash(secret), role=role.value, place=place, campaign_id=campaign_id, created_at=now)
    session.add(row)
    session.flush()
    session.add(_audit(row, "token.create", now))
    return secret


def find(session: Session, secret: str) -> Bearer | None:
    """Whom `secret` speaks for; None when nobody, or no longer."""
    query = sa.select(Token.id, Token.role, Token.place, Token.campaign_id).where(
        Token.hash == _hash(secret), Token.revoked_at.is_(None)
    )
    found = session.execute(query).one_or_none()
    return Bearer(found[0], Role(found[1]), found[2], found[3]) if found else None


def every(session: Session) -> list[Token]:
    """All tokens ever made, the latest first."""
    return list(session.scalars(sa.select(Token).order_by(Token.id.desc())))


def revoke(session: Session, token_id: int, now: datetime) -> bool:
    """Revoke a token; False when there is none of that number still valid."""
    row = session.get(Token, token_id)
    if row is None or row.revoked_at is not None:
        return False
    row.revoked_at = now
    session.add(_audit(row, "token.revoke", now))
    return True


def _audit(row: Token, action: str, now: datetime) -> Audit:
    details = {"token": row.id, "role": row.role, "place": row.place}
    return Audit(campaign_id=row.campaign_id, recorded_at=now, actor="operator", action=action, details=details)


def _hash(secret: str) -> str:
    # A token is 256 random bits: a plain hash cannot be guessed back, and is looked up by.
    return hashlib.sha256(secret.encode()).hexdigest()
