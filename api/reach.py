"""Whom an administrator reaches: the accounts and tokens of his own place and below, and of his own campaign if his
account has one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from api.access import Entry, enter, reaches
from api.exchange import read_shape
from api.problems import Problem, language
from data import tokens
from data.database import Database
from data.models import Account, Token
from domain.clock import Clock
from domain.permissions import Action, Role
from locales import text


def asked(database: Database, clock: Clock, campaign_id: str, shape: Any) -> Any:
    """What an administrator asks for, in `shape`; who is none is told so before what he sent is looked at. Raises
    `Problem` 400, 401, 403 and 404."""
    with database.read() as session:
        enter(session, campaign_id, Action.ADMINISTER, clock)
    return read_shape(shape)


def reachable(session: Session, entry: Entry) -> list[Account]:
    """The accounts an administrator looks after, by login."""
    who = entry.caller
    of = Account.campaign_id == entry.row.id
    if who.campaign_id is None and not who.place:
        of = sa.or_(of, Account.campaign_id.is_(None))
    rows = session.scalars(sa.select(Account).where(of).order_by(Account.login))
    return [row for row in rows if reaches_account(entry, Role(row.role), row.place)]


def reachable_tokens(session: Session, entry: Entry) -> list[Token]:
    """The tokens an administrator looks after, the latest first."""
    rows = tokens.every(session, entry.row.id)
    return [row for row in rows if reaches_account(entry, Role(row.role), row.place)]


def reaches_account(entry: Entry, role: Role, place: str) -> bool:
    """Whether the caller looks after an account or token of that role and place. A laboratory's has no place."""
    if entry.whole:
        return True
    found = entry.tree.by_code.get(place) if role is not Role.LAB else None
    return found is not None and reaches(entry.caller, entry.tree, found)


def check_reach(entry: Entry, role: Role, place: str) -> None:
    """Raises `Problem` 403 where the caller does not look after it."""
    if not reaches_account(entry, role, place):
        raise Problem(403, "forbidden", "forbidden_place", place=place or text(language(), "users.everywhere"))
