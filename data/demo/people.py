"""The demonstration's accounts, one for every role and the three people a bulletin needs. Names are invented."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import accounts
from data.models import Account
from domain.permissions import Role

CAMPAIGN = "demo"
PASSWORD = "sanshui-demo-2026"
"""Good on this machine only: a demonstration others can reach gets passwords drawn at its start."""

ACTOR = "demonstration"


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    role: Role
    place: str
    name: str


PEOPLE = (
    Person("leader", Role.LEADER, "440607", "何敏仪"),
    Person("district", Role.DISTRICT, "440607", "梁志远"),
    Person("district2", Role.DISTRICT, "440607", "苏晓岚"),
    Person("town", Role.TOWN, "440607001", "黄秋月"),
    Person("town2", Role.TOWN, "440607103", "邓伟成"),
    Person("site", Role.SITE, "440607001-S01", "卢嘉欣"),
    Person("site2", Role.SITE, "440607001-S02", "谭国强"),
    Person("lab", Role.LAB, "LAB-A", "欧阳静"),
    Person("admin", Role.ADMINISTRATOR, "", "莫家豪"),
    Person("auditor", Role.AUDITOR, "", "简文慧"),
)


def ensure(session: Session, password: str, now: datetime) -> None:
    """Make the accounts that are not there yet and let `password` open all of them, whatever a visitor did before."""
    hashed = accounts.HASHER.hash(password)
    for person in PEOPLE:
        row = session.scalar(sa.select(Account).where(Account.login == person.login))
        if row is None:
            row, _ = accounts.create(
                session, login=person.login, role=person.role, place=person.place, campaign_id=CAMPAIGN, now=now,
                actor=ACTOR, name=person.name, password=password,
            )  # fmt: skip
        row.password_hash, row.must_change, row.expires_at, row.disabled_at = hashed, False, None, None
