"""Who stands behind a name in the record, and who reports for a site."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Account, ContactRow
from data.stored_reports import batched_list
from domain.permissions import Role
from domain.places import Place


class Clerk(NamedTuple):
    """Whom to call about a site's report."""

    name: str
    phone: str


def shown_names(session: Session, actors: Iterable[str]) -> Mapping[str, str]:
    """How a page names those the audit calls `actors`: an account by its person's name, others as they are."""
    logins = {actor: actor.partition(" ")[0] for actor in actors}
    names: dict[str, str] = {}
    for part in batched_list(sorted(set(logins.values()))):
        query = sa.select(Account.login, Account.name).where(Account.login.in_(part))
        names.update((login, name) for login, name in session.execute(query))
    return {actor: names.get(login) or actor for actor, login in logins.items()}


def clerks(session: Session, campaign_id: str, sites: Iterable[Place]) -> Mapping[str, Clerk]:
    """Who reports for each of the given sites, by code: who is on duty there, else whose account it is."""
    found: dict[str, Clerk] = {}
    codes = {site.id: site.code for site in sites}
    a, c = Account, ContactRow
    for part in batched_list(sorted(codes)):
        on_duty = (
            sa.select(c.place_id, c.name, c.phone)
            .where(c.campaign_id == campaign_id, c.place_id.in_(part), c.withdrawn_at.is_(None))
            .order_by(c.id)
        )
        for place_id, name, phone in session.execute(on_duty):
            found.setdefault(codes[place_id], Clerk(name, phone))
        with_account = (
            sa.select(a.place, a.name, a.phone)
            .where(a.role == Role.SITE.value, a.place.in_([codes[place_id] for place_id in part]),
                   a.disabled_at.is_(None), sa.or_(a.campaign_id.is_(None), a.campaign_id == campaign_id))
            .order_by(a.id)
        )  # fmt: skip
        for code, name, phone in session.execute(with_account):
            found.setdefault(code, Clerk(name, phone))
    return found
