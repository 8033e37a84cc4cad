"""The registry of laboratories read: all of it for its page, and what has passed its day for the findings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabBinding, LabRecord, LabRow
from data.queries.moment import Moment
from domain.findings import Finding, Topic
from domain.laboratories import Bound, Deadlines, Laboratory, Matter, Registry, concerns, overdue, rates
from domain.places import Level, Place, PlaceTree
from domain.recognition import marks
from domain.registry import Subject, Version, facts, years_asked
from domain.status import RANK


def registry(session: Session, moment: Moment, code: str | None = None) -> Registry:
    """The laboratories that stand in the moment's place or below, or serve a town there; of `code`, only that one."""
    tree, place = moment.tree, moment.place
    # A picture stands for its minute: a town bound "from now on" within it is bound.
    now = moment.now.replace(second=59, microsecond=999_999)
    found = [lab for lab in laboratories(session, tree, now, code) if concerns_place(lab, tree, place, now)]
    found.sort(key=lambda lab: (RANK[lab.severity], lab.code))
    campaign = tree.campaign
    today = campaign.local(now).date()
    return Registry(
        campaign,
        place,
        now,
        years_asked(today, campaign.limits),
        {known.code: known for known in tree.each() if known.level is not Level.SITE},
        tuple(found),
        rates([lab.facts for lab in found], today, campaign.limits),
    )


def laboratories(session: Session, tree: PlaceTree, now: datetime, code: str | None = None) -> list[Laboratory]:
    """Every laboratory of the campaign with its record, or the one of that code."""
    campaign = tree.campaign
    today, limits = campaign.local(now).date(), campaign.limits
    query = sa.select(LabRow).where(LabRow.campaign_id == campaign.id).order_by(LabRow.code)
    rows = list(session.scalars(query if code is None else query.where(LabRow.code == code)))
    ids = [row.id for row in rows] if code is not None else None
    bound, versions = _bindings(session, tree, ids), _versions(session, campaign.id, ids)
    found = []
    for row in rows:
        own = tuple(versions.get(row.id, ()))
        known = facts(own)
        found.append(
            Laboratory(
                row.code, row.name, row.name_en, tree.by_id.get(row.home_id or 0),
                row.capacity_per_day, tuple(bound.get(row.id, ())), own, known, marks(known, today, limits),
                concerns(known, today, limits), rates([known], today, limits),
            )
        )  # fmt: skip
    return found


def concerns_place(lab: Laboratory, tree: PlaceTree, place: Place, now: datetime) -> bool:
    """Whether a laboratory is the business of a place: it stands there, serves a town there, or belongs nowhere."""
    if place in tree.roots:
        return True
    if lab.home is not None and tree.contains(place, lab.home):
        return True
    return any(tree.contains(place, b.town) for b in lab.bound if b.until is None or b.until > now)


def _bindings(session: Session, tree: PlaceTree, labs: Sequence[int] | None) -> Mapping[int, list[Bound]]:
    """The towns bound to each laboratory, those to come first; without what was called off before it began."""
    m = LabBinding
    query = sa.select(m).where(m.campaign_id == tree.campaign.id).order_by(m.valid_from.desc(), m.place_id)
    found: dict[int, list[Bound]] = defaultdict(list)
    for row in session.scalars(query if labs is None else query.where(m.lab_id.in_(labs))):
        if row.place_id in tree.by_id and row.valid_to != row.valid_from:
            found[row.lab_id].append(Bound(tree.by_id[row.place_id], row.valid_from, row.valid_to))
    return found


def _versions(session: Session, campaign_id: str, labs: Sequence[int] | None) -> Mapping[int, list[Version]]:
    r = LabRecord
    # Columns, not objects: a city's registry has thousands of versions.
    query = sa.select(
        r.lab_id, r.id, r.subject, r.entry, r.content, r.withdrawn, r.note, r.by_name, r.actor, r.recorded_at,
        r.current, r.copied_from,
    ).where(r.campaign_id == campaign_id).order_by(r.id.desc())  # fmt: skip
    found: dict[int, list[Version]] = defaultdict(list)
    for row in session.execute(query if labs is None else query.where(r.lab_id.in_(labs))):
        found[row.lab_id].append(
            Version(
                row.id, Subject(row.subject), row.entry, row.content, row.withdrawn, row.note,
                row.by_name or row.actor, row.recorded_at, row.current, row.copied_from,
            )
        )  # fmt: skip
    return found


# -- findings

DAYS = {Subject.LICENCE: "licence_until", Subject.FILING: "filing_until", Subject.ASSESSMENT: "assessed_on",
        Subject.BLACK_LIST: "black_since"}  # fmt: skip


def lab_findings(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[Finding]:
    """What has passed its day, or will before long, at the laboratories that stand in `place` or below; one whose
    place nobody has said is the topmost place's. Two small queries however much is on record."""
    campaign = tree.campaign
    r = LabRecord
    query = (
        sa.select(r.lab_id, r.subject, sa.func.max(r.day))
        .where(r.campaign_id == campaign.id, r.current, r.day.is_not(None))
        .group_by(r.lab_id, r.subject)
    )
    days: dict[int, Deadlines] = defaultdict(Deadlines)
    for lab_id, subject, day in session.execute(query):
        days[lab_id] = replace(days[lab_id], **{DAYS[Subject(subject)]: day})
    if not days:
        return []
    labs = sa.select(LabRow.id, LabRow.name, LabRow.name_en, LabRow.home_id).where(LabRow.campaign_id == campaign.id)
    today = campaign.local(now).date()
    found = []
    for lab_id, name, name_en, home_id in session.execute(labs):
        there = tree.by_id.get(home_id or 0) or tree.roots[0]
        if lab_id not in days or not tree.contains(place, there):
            continue
        for concern in overdue(days[lab_id], today, campaign.limits):
            assert concern.on is not None
            began = concern.on
            if concern.matter in (Matter.LICENCE_EXPIRING, Matter.FILING_EXPIRING):
                began = today
            found.append(
                Finding(
                    f"lab_{concern.matter}", concern.severity, Topic.LABORATORIES, there.code, there.name,
                    there.name_en, there.level, _morning(tree, began),
                    params={"lab": name, "lab_en": name_en or name, "on": concern.on.isoformat(),
                            "days": abs((concern.on - today).days)},
                )
            )  # fmt: skip
    return found


def _morning(tree: PlaceTree, day: date) -> datetime:
    """When the day began where the campaign is; not before the campaign itself, whose clock findings are told by."""
    began = datetime.combine(day, time(), tree.campaign.zone).astimezone(UTC)
    return max(began, tree.campaign.starts_at)
