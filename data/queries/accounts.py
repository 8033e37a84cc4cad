"""Accounts and tokens as an administrator looks after them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import accounts, sign_ins
from data.models import Account, LabRow, SignIn
from data.stored_reports import batched_list
from domain import sign_in
from domain.accounts import ONLINE, TO_DO, State, state
from domain.permissions import Role
from domain.places import Level, Place, PlaceTree


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as it stands. `place` is None where the account is everywhere or a laboratory's, `town` the town
    it is or lies in; `lab` is the laboratory its site sends to, or its own; `online` says that somebody is
    there with it now."""

    login: str
    name: str
    phone: str
    role: Role
    place_code: str
    place: Place | None
    town: Place | None
    lab: str
    state: State
    locked_until: datetime | None
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime | None
    online: bool

    @property
    def used(self) -> bool:
        """Whether the slip with its password is good for nothing any more."""
        return self.state not in (State.UNUSED, State.EXPIRED)

    def unused_since(self, moment: datetime) -> bool:
        """Whether its one-time password was made before `moment` and nobody has used it."""
        return not self.used and (self.expires_at is None or self.expires_at - sign_in.ONE_TIME < moment)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts are asked for. `place` holds those of that place and below."""

    role: Role | None = None
    place: str = ""
    words: str = ""
    states: Collection[State] = ()


@dataclass(slots=True)
class Roll:
    """The accounts asked for, and what there are in all: by role, by town, by state."""

    rows: list[AccountRow]
    total: int = 0
    by_role: Counter[Role] = field(default_factory=Counter)
    by_town: Counter[str] = field(default_factory=Counter)
    by_state: Counter[State] = field(default_factory=Counter)
    online: int = 0
    sites: int = 0
    sites_without: list[Place] = field(default_factory=list)
    """Sites nobody has an account for."""
    unused: int = 0
    """Site accounts nobody has signed in with."""


def lab_names(session: Session, campaign_id: str) -> dict[str, str]:
    """The campaign's laboratories, name by code."""
    query = sa.select(LabRow.code, LabRow.name).where(LabRow.campaign_id == campaign_id)
    return {code: name or code for code, name in session.execute(query)}


def account_rows(
    session: Session, tree: PlaceTree | None, rows: Sequence[Account], now: datetime
) -> list[AccountRow]:
    """The given accounts as they stand at `now`, the real time; without a tree, their places by code only."""
    locks = sign_ins.locks(session, [row.login for row in rows], now)
    seen: dict[int, datetime] = {}
    for part in batched_list(row.id for row in rows):
        query = (
            sa.select(SignIn.account_id, sa.func.max(SignIn.seen_at))
            .where(SignIn.account_id.in_(part), SignIn.ended_at.is_(None), SignIn.expires_at > now)
            .group_by(SignIn.account_id)
        )
        seen.update((account_id, last) for account_id, last in session.execute(query))
    labs = lab_names(session, tree.campaign.id) if tree else {}
    return [_row(tree, labs, row, locks.get(row.login), seen.get(row.id), now) for row in rows]


def _row(
    tree: PlaceTree | None, labs: dict[str, str], row: Account, locked: datetime | None,
    seen: datetime | None, now: datetime,
) -> AccountRow:  # fmt: skip
    issued = row.expires_at - sign_in.ONE_TIME if row.expires_at else None
    standing = state(
        disabled=row.disabled_at is not None,
        has_password=row.password_hash != accounts.NO_PASSWORD,
        locked_until=locked,
        must_change=row.must_change,
        expires_at=row.expires_at,
        used=row.last_seen_at is not None and (issued is None or row.last_seen_at >= issued),
        now=now,
    )
    role = Role(row.role)
    place = tree.by_code.get(row.place) if tree and role is not Role.LAB else None
    above = [tree.by_id[id_] for id_ in place.ancestors] if tree and place else []
    town = next((found for found in above if found.level is Level.TOWN), None)
    lab = row.place if role is Role.LAB else (place.lab or "" if place else "")
    return AccountRow(
        row.login, row.name, row.phone, role, row.place, place, town, labs.get(lab, lab), standing, locked,
        row.created_at, row.last_seen_at, row.expires_at, seen is not None and now - seen <= ONLINE,
    )  # fmt: skip


def roll(session: Session, tree: PlaceTree, reachable: Sequence[Account], wanted: Wanted, now: datetime) -> Roll:
    """The accounts among `reachable` that are wanted: first what somebody has to do something about, then by place
    and login."""
    everybody = account_rows(session, tree, reachable, now)
    found = Roll([], len(everybody), sites=len(list(tree.each(Level.SITE))))
    covered: set[str] = set()
    for row in everybody:
        found.by_role[row.role] += 1
        found.by_state[row.state] += 1
        found.online += row.online
        found.by_town[row.town.code if row.town else ""] += 1
        if row.role is Role.SITE:
            covered.add(row.place_code)
            found.unused += not row.used
        if _fits(tree, row, wanted):
            found.rows.append(row)
    found.rows.sort(key=lambda row: (TO_DO.index(row.state) if row.state in TO_DO else len(TO_DO), _order(tree, row)))
    found.sites_without = [site for site in tree.each(Level.SITE) if site.code not in covered]
    return found


def _order(tree: PlaceTree, row: AccountRow) -> tuple[int, str, str]:
    level = list(Level).index(row.place.level) if row.place else -1
    return level, row.place_code, row.login


def _fits(tree: PlaceTree, row: AccountRow, wanted: Wanted) -> bool:
    if wanted.role is not None and row.role is not wanted.role:
        return False
    if wanted.states and row.state not in wanted.states:
        return False
    if wanted.place:
        outer = tree.by_code.get(wanted.place)
        if outer is None or row.place is None or not tree.contains(outer, row.place):
            return False
    told = (row.login, row.name, row.phone, row.place_code, row.place.name if row.place else "", row.lab)
    return all(any(word in part.lower() for part in told) for word in wanted.words.lower().split())
