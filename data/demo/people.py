"""The demonstrations' accounts, one for every role and the three people a bulletin needs. Names are invented."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import accounts
from data.models import Account
from domain.permissions import Role

PASSWORD = "sanshui-demo-2026"
"""Good on this machine only: a demonstration others can reach gets passwords drawn at its start."""

ACTOR = "demonstration"


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    role: Role
    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of one campaign."""

    campaign: str
    people: tuple[Person, ...]


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
DISTRICT = Cast("demo", PEOPLE)

CITY = Cast(
    "city",
    (
        Person("city-leader", Role.LEADER, "", "温世安"),
        Person("city", Role.DISTRICT, "990100", "祝云舒"),
        Person("city2", Role.DISTRICT, "990100", "闻人静"),
        Person("city-district", Role.DISTRICT, "990101", "柏启明"),
        Person("city-district2", Role.DISTRICT, "990102", "申屠远"),
        Person("city-town", Role.TOWN, "990101001", "席知秋"),
        Person("city-site", Role.SITE, "990101001-S01", "尤小满"),
        Person("city-lab", Role.LAB, "LAB-01A", "明月华"),
        Person("city-admin", Role.ADMINISTRATOR, "", "计长青"),
        Person("city-auditor", Role.AUDITOR, "", "查文正"),
    ),
)
"""Of the invented city (`city_places`): for the whole of it, for two of its districts, and below one."""


def ensure(session: Session, cast: Cast, password: str, now: datetime) -> None:
    """Make the accounts that are not there yet and let `password` open all of them, whatever a visitor did before."""
    hashed = accounts.HASHER.hash(password)
    for person in cast.people:
        row = session.scalar(sa.select(Account).where(Account.login == person.login))
        if row is None:
            row, _ = accounts.create(
                session, login=person.login, role=person.role, place=person.place, campaign_id=cast.campaign, now=now,
                actor=ACTOR, name=person.name, password=password,
            )  # fmt: skip
        row.password_hash, row.must_change, row.expires_at, row.disabled_at = hashed, False, None, None
