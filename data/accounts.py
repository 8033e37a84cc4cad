"""Accounts: made, reset, closed, and all of a campaign's at once. Passwords are kept as argon2 hashes."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest import screens
from data.models import Account, Audit, CampaignRow, LabRow, PlaceRow, SignIn, SignInTry, Token
from data.secret_hash import hash_of
from domain import sign_in
from domain.actors import Actor, Kind
from domain.contacts import MAX_NAME, read_phone
from domain.errors import Refused
from domain.permissions import ACCOUNT_ROLES, EVERYWHERE, Role
from domain.values import read_text

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's argon2id setting for servers: about 25 ms, so that 118 people can come in within the same minute."""

NO_PASSWORD = "!"
"""Stands where no password fits."""


class BadAccount(ValueError):
    """An account that cannot be made; `problem` names the message under `account.problem.` in `locales`."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params


def create(
    session: Session,
    *,
    login: str,
    role: Role,
    place: str,
    campaign_id: str | None,
    now: datetime,
    actor: str,
    name: str = "",
    phone: str = "",
    password: str | None = None,
) -> tuple[Account, str]:
    """Make an account; the answer holds its password, a one-time one unless given. Raises `BadAccount`."""
    if not sign_in.LOGIN.fullmatch(login):
        raise BadAccount("login", login=login)
    name, phone = _person(name, phone)
    if role not in ACCOUNT_ROLES:
        raise BadAccount("role", role=role)
    if session.scalar(sa.select(Account.id).where(Account.login == login)) is not None:
        raise BadAccount("taken", login=login)
    if campaign_id is not None and session.get(CampaignRow, campaign_id) is None:
        raise BadAccount("campaign", campaign=campaign_id)
    if place or role not in EVERYWHERE:
        _check_place(session, role, place, campaign_id)
    chosen = password or sign_in.one_time_password()
    row = Account(
        login=login, name=name, phone=phone, role=role.value, place=place, campaign_id=campaign_id,
        password_hash=HASHER.hash(chosen), must_change=password is None,
        expires_at=now + sign_in.ONE_TIME if password is None else None, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(audited(session, row, "account.create", actor, now))
    return row, chosen


def _person(name: str, phone: str) -> tuple[str, str]:
    try:
        return read_text("name", name, MAX_NAME), read_phone(phone) if phone.strip() else ""
    except Refused as refusal:
        raise BadAccount(refusal.field, value=refusal.value) from None


def _check_place(session: Session, role: Role, place: str, campaign_id: str | None) -> None:
    table = LabRow if role is Role.LAB else PlaceRow
    known = sa.select(table.id).where(table.code == place)
    if role in (Role.SITE, Role.TOWN):
        known = known.where(PlaceRow.level == role.value)
    if campaign_id is not None:
        known = known.where(table.campaign_id == campaign_id)
    if session.scalar(known.limit(1)) is None:
        raise BadAccount("place", place=place, role=role)


def reset(
    session: Session,
    account: Account,
    now: datetime,
    actor: str,
    *,
    name: str | None = None,
    phone: str | None = None,
) -> str:
    """Give the account a new one-time password, which is answered, and end its sessions. With `name` and `phone` it
    passes to another person. The password of an account that was closed stays useless until it is opened again."""
    password = sign_in.one_time_password()
    account.password_hash = HASHER.hash(password)
    account.must_change, account.expires_at = True, now + sign_in.ONE_TIME
    person = _person(account.name if name is None else name, account.phone if phone is None else phone)
    # The audit says that it passed on; whose it is stays with the account alone.
    passed = {"person": True} if person != (account.name, account.phone) else {}
    account.name, account.phone = person
    end_sessions(session, [account.id], now)
    forget_failures(session, account.login)
    session.add(audited(session, account, "account.reset", actor, now, **passed))
    return password


def unlock(session: Session, account: Account, now: datetime, actor: str) -> None:
    """Forget the failed sign-ins under the account's login."""
    forget_failures(session, account.login)
    session.add(audited(session, account, "account.unlock", actor, now))


def set_password(session: Session, account: Account, password_hash: str, now: datetime) -> None:
    """The person's own new password; all sessions end."""
    account.password_hash, account.must_change, account.expires_at = password_hash, False, None
    end_sessions(session, [account.id], now)
    session.add(audited(session, account, "account.password", actor_of(account), now))


def disable(session: Session, account: Account, now: datetime, actor: str, *, again: bool = False) -> None:
    """Close an account and end its sessions; with `again`, open it again."""
    account.disabled_at = None if again else now
    if not again:
        end_sessions(session, [account.id], now)
    session.add(audited(session, account, "account.enable" if again else "account.disable", actor, now))


def end_campaign(session: Session, campaign_id: str, now: datetime, actor: str) -> dict[str, int]:
    """Take back every way into a campaign: no password of its accounts fits any more, sessions end, tokens and
    screens are revoked (domain, section 7: passwords are taken back after the campaign). Answers how many of each.

    Accounts without a campaign of their own, which serve several, stay.
    """
    fitting = sa.select(Account).where(Account.campaign_id == campaign_id, Account.password_hash != NO_PASSWORD)
    rows = list(session.scalars(fitting))
    for row in rows:
        row.password_hash, row.must_change = NO_PASSWORD, True
    ended = end_sessions(session, [row.id for row in rows], now)
    revoked = session.execute(
        sa.update(Token).where(Token.campaign_id == campaign_id, Token.revoked_at.is_(None)).values(revoked_at=now)
    )
    counts = {
        "accounts": len(rows), "sessions": ended, "tokens": revoked.rowcount,  # type: ignore[attr-defined]
        "screens": screens.revoke_all(session, campaign_id, now),
    }  # fmt: skip
    at = campaigns.time_in(session, campaign_id, now)
    session.add(
        Audit(campaign_id=campaign_id, recorded_at=at, actor=actor, action="campaign.close_access", details=counts)
    )
    return counts


def reach_of_campaign(session: Session, campaign_id: str, now: datetime) -> dict[str, int]:
    """What `end_campaign` would take back: accounts that can sign in, sessions open, tokens and screens valid."""
    own = sa.select(Account.id).where(Account.campaign_id == campaign_id)
    count = sa.select(sa.func.count())
    queries = {
        "accounts": count.select_from(Account).where(
            Account.campaign_id == campaign_id, Account.password_hash != NO_PASSWORD
        ),
        "sessions": count.select_from(SignIn).where(
            SignIn.account_id.in_(own), SignIn.ended_at.is_(None), SignIn.expires_at > now
        ),
        "tokens": count.select_from(Token).where(Token.campaign_id == campaign_id, Token.revoked_at.is_(None)),
    }
    counts = {name: session.scalar(query) or 0 for name, query in queries.items()}
    return {**counts, "screens": screens.count_joined(session, campaign_id)}


def open_sessions(session: Session, account: Account, now: datetime) -> int:
    """How many browsers are signed in with the account."""
    query = sa.select(sa.func.count()).select_from(SignIn)
    query = query.where(SignIn.account_id == account.id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
    return session.scalar(query) or 0


def end_sessions(session: Session, account_ids: Sequence[int], now: datetime) -> int:
    """End the open sessions of the accounts; answers how many there were."""
    done = session.execute(
        sa.update(SignIn).where(SignIn.account_id.in_(account_ids), SignIn.ended_at.is_(None)).values(ended_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def any_exist(session: Session) -> bool:
    """Whether anybody can sign in at all."""
    return session.scalar(sa.select(Account.id).limit(1)) is not None


def actor_of(account: Account) -> str:
    """How the audit names the account: its login with role and place, never the person's name."""
    return Actor(Kind.ACCOUNT, account.login, account.role, account.place).written


def forget_failures(session: Session, login: str) -> None:
    session.execute(sa.delete(SignInTry).where(SignInTry.login_hash == hash_of(login)))


def audited(session: Session, account: Account, action: str, actor: str, now: datetime, **details: object) -> Audit:
    """The audit of what was done to an account, at the campaign's time."""
    return Audit(
        campaign_id=account.campaign_id,
        recorded_at=campaigns.time_in(session, account.campaign_id, now),
        actor=actor,
        action=action,
        details={"account": account.login, "role": account.role, "place": account.place, **details},
    )
