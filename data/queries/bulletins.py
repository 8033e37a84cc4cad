"""What is published of a place, and what would be published now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Bulletin, PlaceRow
from data.queries.duty import duty
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.sites import site_rows
from domain import bulletin as rules
from domain.bulletin import OUT, Finish, Frozen, HourLine, Line, Name, SiteLine
from domain.bulletin_rules import todos
from domain.duty import State as Duty
from domain.overview import Child, Figures, Interval, Overview, PlaceRef
from domain.places import Level, Place, PlaceTree


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as readers see it."""

    id: int
    place_code: str
    number: int
    replacement: int
    state: rules.State
    data_until: datetime
    known_at: datetime
    revision: int
    reason: str
    remark: str
    replaces: int | None
    frozen: Frozen
    drafted_by: str
    drafted_name: str
    reviewed_at: datetime | None
    reviewed_by: str
    reviewed_name: str
    signed_at: datetime | None
    signed_name: str
    ended_at: datetime | None

    @property
    def label(self) -> str:
        return rules.label(self.number, self.replacement)

    @property
    def period(self) -> int:
        return self.frozen.period


@dataclass(frozen=True, slots=True)
class IssueRef:
    """A published issue in brief. `label` is its number (`8`, `8.1`), `revision` what was known at `known_at`."""

    id: int
    label: str
    period: int
    data_until: datetime
    known_at: datetime
    revision: int
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Published:
    """One published value and the issue that says it; None where the issue does not know the figure."""

    issue: IssueRef
    value: float | None


# -- what would be frozen


def picture(session: Session, moment: Moment, period: int) -> tuple[Frozen, tuple[SiteLine, ...]] | None:
    """The figures of `moment.place` up to the end of `period` as they are known at `moment`, and of its sites; None
    while that hour is neither due nor complete, or has no report at all."""
    then = Moment(moment.tree, moment.place, moment.revision, moment.now, period)
    seen = then.ask(session, overview)
    if seen.last_period != period or seen.data_until is None:
        return None
    tree, campaign = moment.tree, moment.tree.campaign
    rows = site_rows(session, then)
    states = {row.place.code: row.state for row in rows}
    if seen.duty_period != period:
        states = {row.site.code: row.state for row in duty(session, then, period)}
    sites = tuple(
        SiteLine(
            place=name_of(row.place),
            town=name_of(row.parent or seen.place),
            persons=row.figures.persons,
            hour_persons=row.last_hour.persons,
            verified_persons=row.figures.verified_persons,
            state=str(states.get(row.place.code, "")),
            tubes=row.figures.tubes,
            third_copies=row.figures.third_copies,
            special_cases=row.figures.special_cases,
            target=row.target,
        )
        for row in sorted(rows, key=lambda row: row.place.code)
    )
    missing = [site for site in sites if site.state == Duty.MISSING]
    by_town: dict[Name, list[Name]] = {}
    for site in missing:
        by_town.setdefault(site.town, []).append(site.place)
    returned = [site.place for site in sites if site.state == Duty.RETURNED]
    target = seen.target or 0
    planned = list(accumulate(hour.plan or 0.0 for hour in seen.hours))
    frozen = Frozen(
        schema=rules.SCHEMA,
        campaign=campaign.name,
        campaign_en=campaign.name_en,
        timezone=campaign.timezone,
        interval_minutes=campaign.interval_minutes,
        demo=campaign.demo,
        period=period,
        data_until=seen.data_until,
        known_at=moment.now,
        revision=moment.revision,
        total=_total(seen, period),
        lines=tuple(_line(seen, child, period) for child in seen.children),
        hours=tuple(
            HourLine(
                hour.end, hour.figures.persons, hour.figures.tubes, hour.plan, hour.tally.expected,
                hour.tally.on_time, hour.tally.late, hour.tally.missing,
            )
            for hour in seen.hours[: period + 1]
        ),
        plan=tuple(round(persons / target, 6) for persons in planned) if target else (),
        forecast=tuple((k, *(round(p, 1) for p in persons)) for k, *persons in seen.forecast),  # type: ignore[misc]
        starts_at=campaign.anchor,
        ends_at=max(campaign.deadline, seen.hours[-1].end),
        towns=seen.towns,
        towns_verified=seen.towns_verified,
        missing=tuple(site.place for site in missing),
        returned=tuple(returned),
        todos=todos(seen, by_town, returned, _unverified(tree, moment.place, sites)),
    )  # fmt: skip
    return frozen, sites


def name_of(place: PlaceRef | Place) -> Name:
    return Name(place.code, place.name, place.name_en, place.level)


def _unverified(tree: PlaceTree, place: Place, sites: Sequence[SiteLine]) -> list[Name]:
    """The towns below with persons nobody has verified, most first."""
    left: dict[Name, int] = {}
    for site in sites:
        if site.town.level is Level.TOWN:
            left[site.town] = left.get(site.town, 0) + site.persons - site.verified_persons
    return [town for town, persons in sorted(left.items(), key=lambda item: -item[1]) if persons > 0]


def _total(seen: Overview, period: int) -> Line:
    hour = seen.hours[period]
    return Line(
        place=name_of(seen.place), sites=seen.sites, target=seen.target, planned=seen.planned,
        severity=str(seen.severity or ""), finish=_finish(seen.expected_finish),
        hour_persons=hour.figures.persons, hour_tubes=hour.figures.tubes, expected=hour.tally.expected,
        reported=hour.tally.reported, late=hour.tally.late, returned=hour.tally.returned, **_sums(seen.figures),
    )  # fmt: skip


def _line(seen: Overview, child: Child, period: int) -> Line:
    tally = child.strip[seen.strip_periods.index(period)]
    return Line(
        place=name_of(child.place), sites=child.sites, target=child.target, planned=child.planned,
        severity=str(child.severity or ""), finish=_finish(child.expected_finish),
        hour_persons=child.last_hour.persons, hour_tubes=child.last_hour.tubes, expected=tally.expected,
        reported=tally.reported, late=tally.late, returned=tally.returned, **_sums(child.figures),
    )  # fmt: skip


def _sums(figures: Figures) -> dict[str, Any]:
    return {
        "persons": figures.persons, "verified_persons": figures.verified_persons,
        "catch_up_persons": figures.catch_up_persons, "tubes": figures.tubes, "third_copies": figures.third_copies,
        "special_cases": figures.special_cases, "positives": figures.positives,
    }  # fmt: skip


def _finish(interval: Interval | None) -> Finish | None:
    return Finish(interval.p10, interval.p50, interval.p90) if interval else None


def preview(frozen: Frozen) -> Issue:
    """What would be frozen now, as an issue without a number of its own."""
    return Issue(
        id=0, place_code=frozen.total.place.code, number=frozen.period + 1, replacement=0, state=rules.State.DRAFT,
        data_until=frozen.data_until, known_at=frozen.known_at, revision=frozen.revision, reason="", remark="",
        replaces=None, frozen=frozen, drafted_by="", drafted_name="", reviewed_at=None, reviewed_by="",
        reviewed_name="", signed_at=None, signed_name="", ended_at=None,
    )  # fmt: skip


# -- what stands in the record


def stored(frozen: Frozen) -> dict[str, Any]:
    """The figures as JSON."""
    return dict(msgspec.to_builtins(frozen))


def stored_sites(sites: Sequence[SiteLine]) -> dict[str, Any]:
    return {"sites": msgspec.to_builtins(sites)}


def issue_of(row: Bulletin) -> Issue:
    frozen = msgspec.convert(row.frozen, Frozen)
    return Issue(
        id=row.id, place_code=frozen.total.place.code, number=row.number, replacement=row.replacement,
        state=rules.State(row.state), data_until=row.data_until, known_at=row.known_at, revision=row.revision,
        reason=row.reason, remark=row.remark, replaces=row.replaces_id, frozen=frozen, drafted_by=row.drafted_by,
        drafted_name=row.drafted_name, reviewed_at=row.reviewed_at, reviewed_by=row.reviewed_by,
        reviewed_name=row.reviewed_name, signed_at=row.signed_at, signed_name=row.signed_name, ended_at=row.ended_at,
    )  # fmt: skip


def sites_of(row: Bulletin) -> tuple[SiteLine, ...]:
    return msgspec.convert(row.sites["sites"], tuple[SiteLine, ...])


def issues(session: Session, campaign_id: str, place_id: int) -> list[Issue]:
    """Every issue of a place that was not withdrawn, the newest hour first, in it the newest issue."""
    query = (
        sa.select(Bulletin)
        .where(Bulletin.campaign_id == campaign_id, Bulletin.place_id == place_id,
               Bulletin.state != rules.State.WITHDRAWN.value)
        .order_by(Bulletin.number.desc(), Bulletin.replacement.desc())
    )  # fmt: skip
    return [issue_of(row) for row in session.scalars(query)]


def last_published(session: Session, campaign_id: str, place: Place) -> IssueRef | None:
    """The latest hour published for `place`, by itself or by what lies above it."""
    return _published(session, campaign_id, place.ancestors, None)


def published_figure(
    session: Session, campaign_id: str, place_id: int, figure: str, period: int | None = None
) -> Published | None:
    """What is published of a place: its `figure` (one of `domain.bulletin.FIGURES`) up to the end of `period`, by
    default of the latest hour published. A site's figures are published with its district's.

    None where that hour is not published or the issue does not have the place. Raises `ValueError` for a figure that
    is none.
    """
    if figure not in rules.FIGURES:
        raise ValueError(figure)
    chain = _ancestors(session, place_id)
    found = _published(session, campaign_id, [id_ for id_, _ in chain], period)
    if found is None:
        return None
    row = session.scalars(sa.select(Bulletin).where(Bulletin.id == found.id)).one()
    code = chain[0][1]
    line: Line | SiteLine | None = issue_of(row).frozen.line(code)
    line = line or next((site for site in sites_of(row) if site.place.code == code), None)
    return Published(found, getattr(line, figure, None)) if line is not None else None


def published_lines(session: Session, bulletin_id: int, code: str) -> Issue | None:
    """An issue as one place below sees it: its own line alone, without the other places'; None where it has none."""
    issue = issue_of(session.scalars(sa.select(Bulletin).where(Bulletin.id == bulletin_id)).one())
    line = issue.frozen.line(code)
    if line is None:
        return None
    alone = replace(issue.frozen, total=line, lines=(), hours=(), missing=(), returned=(), todos=(), corrections=())
    return replace(issue, frozen=alone)


def _ancestors(session: Session, place_id: int) -> list[tuple[int, str]]:
    """Ids and codes from the place up to the root."""
    found: list[tuple[int, str]] = []
    at: int | None = place_id
    while at is not None:
        query = sa.select(PlaceRow.id, PlaceRow.code, PlaceRow.parent_id).where(PlaceRow.id == at)
        row = session.execute(query).one_or_none()
        if row is None:
            break
        found.append((row[0], row[1]))
        at = row[2]
    return found


def _published(session: Session, campaign_id: str, place_ids: Sequence[int], period: int | None) -> IssueRef | None:
    """The published issue that speaks for a place: that of the nearest of `place_ids` (upwards) that publishes."""
    b = Bulletin
    query = sa.select(
        b.place_id, b.id, b.number, b.replacement, b.period, b.data_until, b.known_at, b.revision, b.signed_at
    ).where(b.campaign_id == campaign_id, b.place_id.in_(place_ids), b.state == rules.State.PUBLISHED.value)
    if period is not None:
        query = query.where(b.period == period)
    nearest = {id_: rank for rank, id_ in enumerate(place_ids)}
    rows = session.execute(query).all()
    best = min(rows, key=lambda row: (nearest[row.place_id], -row.number), default=None)
    if best is None:
        return None
    name = rules.label(best.number, best.replacement)
    return IssueRef(best.id, name, best.period, best.data_until, best.known_at, best.revision, best.signed_at)


def was_published(session: Session, campaign_id: str, place_id: int, number: int) -> int:
    """How many issues of that hour have left the house."""
    query = sa.select(sa.func.count()).where(
        Bulletin.campaign_id == campaign_id,
        Bulletin.place_id == place_id,
        Bulletin.number == number,
        Bulletin.state.in_([state.value for state in OUT]),
    )
    return session.scalar(query) or 0
