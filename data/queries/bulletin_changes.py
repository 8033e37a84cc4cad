"""What has changed in the record since an issue was frozen, site by site, so that nothing changes silently."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from data.models import CurrentReport, Decision, Report, TargetChange
from data.queries.bulletins import name_of
from data.queries.moment import Moment
from domain.bulletin import Correction, Frozen, SiteLine
from domain.places import Level, Place
from domain.reports import Status


@dataclass(frozen=True, slots=True)
class _Version:
    site: Place
    recorded_at: datetime
    corrects: bool
    catch_up: bool
    persons: int | None
    tubes: int | None
    before_persons: int | None
    before_tubes: int | None
    reason: str
    who: str
    verified_at: datetime | None
    hour_end: datetime
    by_total: bool
    """Sent as a running total, so that what it changed shows only in the site's sum."""


def changes_since(
    session: Session,
    moment: Moment,
    frozen: Frozen,
    before: Sequence[SiteLine],
    after: Sequence[SiteLine],
) -> tuple[Correction, ...]:
    """Every change below `moment.place` recorded after `frozen` that concerns its hours, oldest first.

    The effects of a site's changes add up to what its figures differ by. What single reports do not explain is put
    down to the site's last running total that changed; without one, a line of kind `follows` says so.
    """
    found: list[Correction] = []
    by_total: dict[str, int] = {}
    old, new = {s.place.code: s for s in before}, {s.place.code: s for s in after}
    explained: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for v in _versions(session, moment, frozen):
        persons, tubes = _effect(v.persons, v.before_persons), _effect(v.tubes, v.before_tubes)
        code = v.site.code
        if v.by_total:
            persons, by_total[code] = 0, len(found)
        explained[code] = (explained[code][0] + persons, explained[code][1] + tubes)
        kind = "correction" if v.corrects else "catch_up" if v.catch_up else "late"
        found.append(
            Correction(
                v.recorded_at, name_of(v.site), kind, persons, tubes, v.before_persons, v.persons, v.reason, v.who,
                v.verified_at, v.hour_end,
            )
        )  # fmt: skip
    for code in sorted(old.keys() | new.keys()):
        one, other = old.get(code), new.get(code)
        line = other or one
        assert line is not None
        persons = (other.persons if other else 0) - (one.persons if one else 0) - explained[code][0]
        tubes = ((other.tubes or 0) if other else 0) - ((one.tubes or 0) if one else 0) - explained[code][1]
        if not persons and not tubes:
            continue
        if code in by_total:
            whole = found[by_total[code]]
            found[by_total[code]] = replace(whole, persons=whole.persons + persons, tubes=whole.tubes + tubes)
        else:
            found.append(Correction(moment.now, line.place, "follows", persons, tubes))
    found += _decisions(session, moment, frozen)
    found += _targets(session, moment, frozen)
    return tuple(sorted(found, key=lambda c: (c.at, c.place.code, c.kind)))


def _effect(after: int | None, before: int | None) -> int:
    return (after or 0) - (before or 0)


def _versions(session: Session, moment: Moment, frozen: Frozen) -> list[_Version]:
    """The reports recorded since that speak of the issue's hours. What counts in a later hour has no effect yet."""
    tree, campaign = moment.tree, moment.tree.campaign
    r, c, old = Report, CurrentReport, aliased(Report)
    query = (
        sa.select(r.id, r.site_id, r.recorded_at, r.starts_at, r.ends_at, r.correction_of, r.persons, r.tubes, r.note,
                  r.actor, c.persons, c.tubes, c.status, old.persons, old.tubes, old.ends_at)
        .outerjoin(c, (c.report_id == r.id) & (c.campaign_id == r.campaign_id))
        .outerjoin(old, sa.and_(old.campaign_id == r.campaign_id, old.key == r.correction_of))
        .where(r.campaign_id == campaign.id, r.revision > frozen.revision, r.revision <= moment.revision,
               r.starts_at < frozen.data_until)
        .order_by(r.id)
    )  # fmt: skip
    rows = [row for row in session.execute(query) if moment.place.id in tree.by_id[row[1]].ancestors]
    verified = _verified_at(session, campaign.id, [row[0] for row in rows if row[12] == Status.VERIFIED])
    found = []
    for (id_, site_id, recorded_at, starts_at, ends_at, corrects, sent, sent_tubes, note, who, counted, tubes, _, was,
         was_tubes, was_until) in rows:  # fmt: skip
        now_in = ends_at <= frozen.data_until
        was_in = was_until is not None and was_until <= frozen.data_until
        found.append(
            _Version(
                tree.by_id[site_id],
                recorded_at,
                bool(corrects),
                ends_at - starts_at > campaign.interval,
                (counted if counted is not None else sent) if now_in else None,
                (tubes if counted is not None else sent_tubes) if now_in else None,
                was if was_in else None,
                was_tubes if was_in else None,
                note,
                who,
                verified.get(id_),
                ends_at,
                # Of a running total only the site's sum tells what it counts for.
                (now_in and sent is None) or (was_in and was is None),
            )
        )
    return found


def _verified_at(session: Session, campaign_id: str, ids: Sequence[int]) -> Mapping[int, datetime]:
    if not ids:
        return {}
    query = (
        sa.select(Decision.report_id, sa.func.max(Decision.recorded_at))
        .where(Decision.campaign_id == campaign_id, Decision.report_id.in_(ids),
               Decision.status == Status.VERIFIED.value)
        .group_by(Decision.report_id)
    )  # fmt: skip
    return dict(session.execute(query).all())


def _decisions(session: Session, moment: Moment, frozen: Frozen) -> list[Correction]:
    """What towns verified and sent back since, one line for each town: it moves no person, but the verified share."""
    tree = moment.tree
    query = (
        sa.select(Report.site_id, Decision.status, Decision.recorded_at, Decision.actor)
        .join(Report, (Report.id == Decision.report_id) & (Report.campaign_id == Decision.campaign_id))
        .where(Decision.campaign_id == tree.campaign.id, Decision.revision > frozen.revision,
               Decision.revision <= moment.revision, Report.starts_at < frozen.data_until)
    )  # fmt: skip
    found: dict[tuple[int, str], list[tuple[datetime, str]]] = defaultdict(list)
    for site_id, status, at, actor in session.execute(query):
        ancestors = tree.by_id[site_id].ancestors
        if moment.place.id in ancestors:
            above = next((i for i in ancestors if tree.by_id[i].level is Level.TOWN), site_id)
            found[above, status].append((at, actor))
    return [
        Correction(max(at for at, _ in each), name_of(tree.by_id[place_id]), status, after=len(each), who=each[-1][1])
        for (place_id, status), each in found.items()
    ]


def _targets(session: Session, moment: Moment, frozen: Frozen) -> list[Correction]:
    tree = moment.tree
    t = TargetChange
    query = sa.select(t.place_id, t.target, t.reason, t.actor, t.recorded_at).where(t.campaign_id == tree.campaign.id)
    last: dict[int, int | None] = {}
    found = []
    for place_id, target, reason, actor, at in session.execute(query.order_by(t.id)):
        place = tree.by_id[place_id]
        if frozen.known_at < at <= moment.now and moment.place.id in place.ancestors and place_id in last:
            found.append(
                Correction(
                    at, name_of(place), "target", before=last[place_id], after=target, reason=reason, who=actor
                )
            )
        last[place_id] = target
    return found
