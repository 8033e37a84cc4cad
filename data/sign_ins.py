"""Coming in and going out: sign-ins and what fails of them, sessions, the change of the own password.

A session is a row here, kept as the hash of a random secret that the browser's cookie holds: so it can be ended from
this side, at once and for good.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import accounts, campaigns
from data.database import Database
from data.models import Account, Audit, SignIn, SignInTry
from data.secret_hash import hash_of
from data.stored_reports import batched_list
from domain import sign_in
from domain.actors import STRANGER
from domain.permissions import Caller, Role


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a sign-in: the session's secret, or how many tries are left and until when there are none."""

    secret: str | None = None
    tries_left: int = 0
    locked_until: datetime | None = None


def enter(database: Database, login: str, password: str, now: datetime) -> Attempt:
    """Try to sign in. An unknown login is answered exactly like a wrong password, and takes as long."""
    login = login.strip().lower()[:64]
    with database.read() as session:
        account = session.scalar(sa.select(Account).where(Account.login == login))
        locked = _locked_until(session, login, now)
    if locked is not None:
        with database.write() as session:
            session.add(_tried(session, account, "sign_in.locked", now))
        return Attempt(locked_until=locked)
    # Outside of any transaction: it takes longer than the rest together.
    fits = _fits(account.password_hash if account else accounts.NO_PASSWORD, password)
    open_ = account is not None and account.disabled_at is None and not _expired(account, now)
    with database.write() as session:
        # Others may have failed under this login meanwhile: a guess among many at once must not slip through.
        locked = _locked_until(session, login, now)
        if locked is not None:
            session.add(_tried(session, account, "sign_in.locked", now))
            return Attempt(locked_until=locked)
        if not (fits and open_ and account is not None):
            failures, locked = _fail(session, login, now)
            session.add(_tried(session, account, "sign_in.failed", now))
            return Attempt(tries_left=sign_in.tries_left(failures), locked_until=locked)
        accounts.forget_failures(session, login)
        secret = _begin(session, account.id, now)
        session.add(_tried(session, account, "sign_in", now))
    return Attempt(secret)


def _begin(session: Session, account_id: int, now: datetime) -> str:
    """Open a session of the account; answers its secret."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            hash=hash_of(secret),
            account_id=account_id,
            began_at=now,
            expires_at=now + sign_in.SESSION,
            seen_at=now,
        )
    )
    session.execute(sa.update(Account).where(Account.id == account_id).values(last_seen_at=now))
    return secret


def seen(session: Session, secret: str, now: datetime) -> None:
    """Put on record that the person whose session `secret` opens is there."""
    found = sa.select(SignIn).where(SignIn.hash == hash_of(secret), SignIn.ended_at.is_(None))
    row = session.scalar(found)
    if row is not None:
        row.seen_at = now
        session.execute(sa.update(Account).where(Account.id == row.account_id).values(last_seen_at=now))


def caller(session: Session, secret: str, now: datetime) -> Caller | None:
    """Whose session `secret` opens; None when nobody's, or no longer."""
    query = (
        sa.select(Account)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.hash == hash_of(secret), SignIn.ended_at.is_(None), SignIn.expires_at > now)
    )
    row = session.scalar(query)
    if row is None or row.disabled_at is not None or _expired(row, now):
        return None
    return Caller(
        Role(row.role), row.place, row.campaign_id, accounts.actor_of(row), account_id=row.id,
        shown=row.name or row.login, must_change=row.must_change,
    )  # fmt: skip


def leave(session: Session, secret: str, now: datetime, *, everywhere: bool = False) -> None:
    """End the session `secret` opens; `everywhere`, all sessions of that account."""
    row = session.scalar(sa.select(SignIn).where(SignIn.hash == hash_of(secret), SignIn.ended_at.is_(None)))
    if row is None:
        return
    if everywhere:
        accounts.end_sessions(session, [row.account_id], now)
    row.ended_at = now
    action = "sign_out.everywhere" if everywhere else "sign_out"
    session.add(_tried(session, session.get(Account, row.account_id), action, now))


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a change of password: the secret of the session that goes on, or what is wrong, a key under
    `sign_in.bad_password.`."""

    secret: str | None = None
    problem: str | None = None


def change_password(database: Database, account_id: int, former: str, new: str, now: datetime) -> Change:
    """Replace the own password. All sessions end, and another one begins for who changed it."""
    with database.read() as session:
        account = session.get_one(Account, account_id)
        locked = _locked_until(session, account.login, now)
    # A session left open must not become a place to guess passwords at.
    if locked is not None:
        return Change(problem="locked")
    if not _fits(account.password_hash, former):
        with database.write() as session:
            _, locked = _fail(session, account.login, now)
            session.add(_tried(session, account, "account.password_failed", now))
        return Change(problem="former" if locked is None else "locked")
    problem = sign_in.password_problem(new, account.login, former)
    if problem is not None:
        return Change(problem=problem)
    hashed = accounts.HASHER.hash(new)
    with database.write() as session:
        accounts.set_password(session, session.get_one(Account, account_id), hashed, now)
        accounts.forget_failures(session, account.login)
        return Change(_begin(session, account_id, now))


def locks(session: Session, logins: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Until when those of the logins are locked that are."""
    hashes = {hash_of(login): login for login in logins}
    found: dict[str, datetime] = {}
    for part in batched_list(sorted(hashes)):
        for tried in session.scalars(sa.select(SignInTry).where(SignInTry.login_hash.in_(part))):
            if now - tried.last_at > sign_in.FORGOTTEN_AFTER:
                continue
            until = sign_in.locked_until(tried.failures, tried.last_at)
            if until is not None and now < until:
                found[hashes[tried.login_hash]] = until
    return found


def _locked_until(session: Session, login: str, now: datetime) -> datetime | None:
    return locks(session, [login], now).get(login)


def _fail(session: Session, login: str, now: datetime) -> tuple[int, datetime | None]:
    session.execute(sa.delete(SignInTry).where(SignInTry.last_at < now - sign_in.FORGOTTEN_AFTER))
    with suppress(IntegrityError), session.begin_nested():
        session.add(SignInTry(login_hash=hash_of(login), failures=0, last_at=now))
    tried = session.get_one(SignInTry, hash_of(login), with_for_update=True, populate_existing=True)
    tried.failures += 1
    tried.last_at = now
    return tried.failures, sign_in.locked_until(tried.failures, now)


def _expired(account: Account, now: datetime) -> bool:
    return account.expires_at is not None and account.expires_at <= now


def _fits(password_hash: str, password: str) -> bool:
    # Where there is nothing to compare with, it takes as long all the same, and never fits.
    there = password_hash != accounts.NO_PASSWORD
    try:
        return (
            accounts.HASHER.verify(password_hash if there else _nobody(), password[: sign_in.MAX_PASSWORD]) and there
        )
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return accounts.HASHER.hash(secrets.token_urlsafe(32))


def _tried(session: Session, account: Account | None, action: str, now: datetime) -> Audit:
    """The audit of a sign-in, at the campaign's time; what was typed as an unknown login is not kept."""
    campaign_id = account.campaign_id if account else None
    return Audit(
        campaign_id=campaign_id,
        recorded_at=campaigns.time_in(session, campaign_id, now),
        actor=accounts.actor_of(account) if account else STRANGER,
        action=action,
        details={},
    )
