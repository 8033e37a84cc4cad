"""Lines of the audit, newest first, and how many there are of each kind."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Account, Audit, AuditSeal, Bulletin, Report
from data.queries.people import shown_names
from domain import actors, audit
from domain.actors import STRANGER, Kind
from domain.audit import Group, Line
from domain.bulletin import label
from domain.campaign import Campaign

SLOT = timedelta(minutes=10)
"""How finely activity is counted for the chart."""

MOST_REPORTS = 200
"""Reports listed with one line; a file may have brought thousands, which it says."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose lines somebody may see: a campaign's, all of them or only those of some places. `homeless` adds lines
    that belong to no campaign; without it, of those only sign-ins under unknown names."""

    campaign_id: str
    places: Collection[str] | None = None
    homeless: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are asked for. `who` is a login, a token's number or part of a person's name; `about` an exact
    place code with what lies below it; `since` and `until` are received times, the latter excluded."""

    groups: Collection[Group] = ()
    failed: bool = False
    who: str = ""
    actor: str = ""
    places: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Activity:
    """How many lines there are, by group and by ten minutes. `slots` are starts on the clock of the record."""

    total: int = 0
    failed: int = 0
    groups: Counter[Group] = field(default_factory=Counter)
    slots: Counter[datetime] = field(default_factory=Counter)


def lines(session: Session, reach: Reach, wanted: Filter, *, before: int | None, limit: int) -> list[Line]:
    """At most `limit` lines with numbers below `before`, the newest first."""
    query = sa.select(Audit).where(*_where(session, reach, wanted)).order_by(Audit.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Audit.id < before)
    rows = list(session.scalars(query))
    names = shown_names(session, {row.actor for row in rows})
    return [_line(row, names) for row in rows]


def line(session: Session, reach: Reach, number: int) -> Line | None:
    """The line of that number, if it is within reach."""
    row = session.scalar(sa.select(Audit).where(Audit.id == number, *_where(session, reach, Filter())))
    return _line(row, shown_names(session, {row.actor})) if row is not None else None


def activity(session: Session, reach: Reach, wanted: Filter) -> Activity:
    """What the lines asked for add up to. Groups are counted as if none had been chosen, slots as if no time had."""
    found = Activity()
    plain = replace(wanted, groups=(), failed=False)
    counted = sa.select(Audit.action, sa.func.count()).where(*_where(session, reach, plain)).group_by(Audit.action)
    for action, number in session.execute(counted):
        found.total += number
        found.groups[audit.group_of(action)] += number
        found.failed += number * (action in audit.FAILED)
    timeless = replace(wanted, since=None, until=None)
    slot = _slot(session)
    query = sa.select(slot, sa.func.count()).where(*_where(session, reach, timeless)).group_by(slot)
    for index, number in session.execute(query):
        found.slots[audit.EPOCH + int(index) * SLOT] += number
    return found


def _slot(session: Session) -> sa.ColumnElement[Any]:
    seconds = int(SLOT.total_seconds())
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.floor(sa.extract("epoch", Audit.recorded_at) / seconds)
    # SQLite keeps a moment as microseconds since 1970.
    return sa.type_coerce(Audit.recorded_at, sa.BigInteger) // (seconds * 1_000_000)


def _where(session: Session, reach: Reach, wanted: Filter) -> list[sa.ColumnElement[bool]]:
    a = Audit
    nobody = a.campaign_id.is_(None) if reach.homeless else sa.and_(a.campaign_id.is_(None), a.actor == STRANGER)
    if reach.places is None:
        where = [sa.or_(a.campaign_id == reach.campaign_id, nobody)]
    else:
        where = [a.campaign_id == reach.campaign_id, _at(reach.places)]
    if wanted.places:
        where.append(_at(wanted.places))
    if wanted.groups:
        known = session.scalars(sa.select(a.action).where(*where).distinct())
        where.append(a.action.in_([action for action in known if audit.group_of(action) in wanted.groups]))
    if wanted.failed:
        where.append(a.action.in_(audit.FAILED))
    if wanted.actor:
        where.append(a.actor == wanted.actor)
    if wanted.who:
        where.append(_by(session, wanted.who))
    if wanted.since is not None:
        where.append(a.recorded_at >= wanted.since)
    if wanted.until is not None:
        where.append(a.recorded_at < wanted.until)
    return where


def _at(places: Collection[str]) -> sa.ColumnElement[bool]:
    codes = sorted(places)
    return sa.or_(Audit.place.in_(codes), Audit.about.in_(codes))


def _by(session: Session, who: str) -> sa.ColumnElement[bool]:
    """Lines by whoever is called so: by login or program, by a token's number, or by the name of a person."""
    named = session.scalars(sa.select(Account.login).where(Account.name.icontains(who, autoescape=True)).limit(200))
    began = [Audit.actor.istartswith(f"{login} (", autoescape=True) for login in named]
    return sa.or_(Audit.actor.icontains(who, autoescape=True), *began)


def _line(row: Audit, names: Mapping[str, str]) -> Line:
    actor = actors.read(row.actor)
    person = names.get(row.actor, "") if actor.kind is Kind.ACCOUNT else ""
    return Line(row.id, row.revision, row.recorded_at, actor, "" if person == row.actor else person, row.action,
                row.about or row.place, row.details)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One report that a line brought or decided about: when it happened, beside when we were told."""

    site_id: int
    key: str
    starts_at: datetime
    ends_at: datetime
    persons: int | None
    tubes: int | None
    recorded_at: datetime


def reports_of(session: Session, campaign_id: str, revision: int | None) -> Sequence[Told]:
    """The reports that came with a revision, at most `MOST_REPORTS`."""
    if revision is None:
        return ()
    r = Report
    query = (
        sa.select(r.site_id, r.key, r.starts_at, r.ends_at, r.persons, r.tubes, r.recorded_at)
        .where(r.campaign_id == campaign_id, r.revision == revision)
        .order_by(r.id)
        .limit(MOST_REPORTS)
    )
    return [Told(*found) for found in session.execute(query)]


def link_of(session: Session, line_id: int) -> tuple[str, str] | None:
    """The link of a line and the one before it; None while it is not sealed."""
    seal_ = session.execute(
        sa.select(AuditSeal.chain, AuditSeal.number, AuditSeal.hash).where(AuditSeal.audit_id == line_id)
    ).one_or_none()
    if seal_ is None:
        return None
    chain, number, own = seal_
    before = session.scalar(sa.select(AuditSeal.hash).where(AuditSeal.chain == chain, AuditSeal.number == number - 1))
    return before or audit.NO_SEAL, own


def issues_before(session: Session, campaign: Campaign, line: Line) -> list[str]:
    """The bulletins that had been published, with the hour a correction is about in it, when it came: they keep
    their figures."""
    stated = line.details.get("hour")
    if line.group is not Group.CORRECTIONS or line.revision is None or not stated:
        return []
    b = Bulletin
    period = campaign.period_of(datetime.fromisoformat(stated))
    query = sa.select(b.number, b.replacement).where(
        b.campaign_id == campaign.id, b.signed_at.is_not(None), b.revision < line.revision, b.period >= period
    )
    return [label(number, replacement) for number, replacement in session.execute(query.order_by(b.id))]
