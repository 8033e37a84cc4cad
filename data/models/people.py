"""Who may come in, and what everybody did: accounts, sessions, tokens, the audit."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId
from domain import actors


class Account(Base):
    """A person's or a duty post's way in. `place` is a place code, for a laboratory the lab's, empty for all places.

    `password_hash` is argon2's, "!" where no password fits; `must_change` says that it is a one-time one, good until
    `expires_at`.
    """

    __tablename__ = "account"
    __table_args__ = (sa.Index(None, "campaign_id", "role"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    role: Mapped[str] = mapped_column(sa.String(16))
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    campaign_id: Mapped[str | None] = mapped_column(sa.ForeignKey("campaign.id"))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    must_change: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]


class SignIn(Base):
    """One signed-in browser. The cookie holds the secret, here is its hash."""

    __tablename__ = "sign_in"
    __table_args__ = (sa.Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]


class SignInTry(Base):
    """Failed sign-ins in a row under one login, whether or not there is such an account: the answer must not tell."""

    __tablename__ = "sign_in_try"

    login_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


class Token(Base):
    """An API token: only its hash is kept. `place` is a place code, for a laboratory the lab's; `note` says which
    system holds it; `key` names the wish it was made for, so that asking again does not make another."""

    __tablename__ = "token"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    role: Mapped[str] = mapped_column(sa.String(16))
    place: Mapped[str] = mapped_column(sa.String(200))
    campaign_id: Mapped[str | None] = mapped_column(sa.ForeignKey("campaign.id"))
    note: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    key: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def _place_of_actor(context: DefaultExecutionContext) -> str | None:
    return actors.read(str(context.get_current_parameters()["actor"])).place or None


def _place_in_details(context: DefaultExecutionContext) -> str | None:
    details = context.get_current_parameters()["details"] or {}
    found = details.get("site") or details.get("place")
    return str(found)[:200] if found else None


class Audit(Base):
    """Every write, sign-in and read of an export: who, when, what. The database itself refuses to change or delete
    one (migration 0002). `place` is the actor's place and `about` the one place it was done to, if it was one: by
    them the audit is filtered, and shown only to who may see one of them."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index(None, "campaign_id", "revision"), sa.Index(None, "campaign_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[str | None] = mapped_column(sa.String(64))
    revision: Mapped[int | None]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(300))
    action: Mapped[str] = mapped_column(sa.String(64))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    place: Mapped[str | None] = mapped_column(sa.String(200), default=_place_of_actor)
    about: Mapped[str | None] = mapped_column(sa.String(200), default=_place_in_details)


class AuditSeal(Base):
    """One link of a campaign's chain over its audit, in the order in which lines were sealed. Never changed.

    `chain` is the campaign's id, empty for lines of no campaign. Lines are sealed by who reads them, not by who
    writes them: writers never wait for one another.
    """

    __tablename__ = "audit_seal"

    chain: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(sa.ForeignKey("audit.id"), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64))
