"""Tubes over the limit of their stage, near it, and missing, by town: only what is old enough is read."""

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabReport, TubeAge
from data.queries import minutes
from data.queries.moment import Moment, ref
from data.queries.tubes import load
from data.tube_books import SINCE_USE
from domain.backlog import waiting
from domain.campaign import Limits
from domain.findings import Finding
from domain.late_tubes import REPORT, WATCHED, Late, late_findings, limits_of, without_oldest
from domain.places import Level, Place
from domain.tubes import BACKLOG, Stage

UNRECEIVED = (Stage.ON_SITE, Stage.IN_TRANSIT)


def late_tube_findings(session: Session, moment: Moment) -> list[Finding]:
    """What the towns below the moment's place have that is late; in a large campaign as found in this minute. What a
    site has is its town's: none here."""
    if not minutes.is_large(moment.tree):
        return _late_findings(session, moment)
    kind = (late_tube_findings, moment.place.id)
    return minutes.once(moment.tree, kind, moment.now, None, lambda: _late_findings(session, moment))


def _late_findings(session: Session, moment: Moment) -> list[Finding]:
    tree, place = moment.tree, moment.place
    towns = [town for town in tree.each(Level.TOWN) if tree.contains(place, town)]
    if not towns:
        return []
    minute = int(moment.now.timestamp()) // 60
    limits = tree.campaign.limits
    counting = sa.select(LabReport.key).where(LabReport.campaign_id == tree.campaign.id).limit(1)
    if session.scalar(counting) is not None:
        late = _with_counts(session, moment, towns, minute)
    else:
        late = _from_ages(session, moment, towns, minute)
    return late_findings(ref(place), late, minute, limits)


def _from_ages(session: Session, moment: Moment, towns: list[Place], minute: int) -> list[Late]:
    limits = moment.tree.campaign.limits
    own = limits_of(limits)
    # Below these minutes tubes are old enough to be near a limit, or missing.
    cuts = {int(stage): minute - int(limits.warn_share * own[stage.word]) for stage in WATCHED}
    report = minute - int(limits.warn_share * own[REPORT])
    missing = minute - limits.missing_after_minutes
    for stage in BACKLOG:
        cuts[SINCE_USE + stage] = max(report, missing) if stage in UNRECEIVED else report
    old = sa.or_(*(sa.and_(TubeAge.kind == kind, TubeAge.minute <= cut) for kind, cut in cuts.items()))
    query = sa.select(TubeAge.owner, TubeAge.kind, TubeAge.minute, TubeAge.tubes).where(
        TubeAge.campaign_id == moment.tree.campaign.id,
        TubeAge.owner.in_([town.id for town in towns]),
        TubeAge.tubes > 0,
        old,
    )
    entered: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    used: dict[int, dict[tuple[Stage, int], int]] = defaultdict(dict)
    for owner, kind, at, tubes in session.execute(query):
        if kind < SINCE_USE:
            entered[owner][kind][at] = tubes
        else:
            used[owner][Stage(kind - SINCE_USE), at] = tubes
    late = {*entered, *used}
    return [_late(town, entered[town.id], used[town.id], minute, limits) for town in towns if town.id in late]


def _with_counts(session: Session, moment: Moment, towns: list[Place], minute: int) -> list[Late]:
    """Where laboratories only count, what they received is taken from what is known to wait."""
    found = load(session, moment, towns)
    late = []
    for town in towns:
        taken, ages = found.taken_of(town), found.of(town.id).ages
        used = {
            (stage, at): tubes - taken.waiting.get((stage, at), 0)
            for stage in BACKLOG
            for at, tubes in ages.get(SINCE_USE + stage, {}).items()
        }
        entered = {
            int(stage): without_oldest(
                ages.get(stage, {}), sum(n for (where, _), n in taken.waiting.items() if where is stage)
            )
            for stage in WATCHED
        }
        late.append(_late(town, entered, used, minute, moment.tree.campaign.limits))
    return late


def _late(
    town: Place,
    entered: Mapping[int, Mapping[int, int]],
    used: Mapping[tuple[Stage, int], int],
    minute: int,
    limits: Limits,
) -> Late:
    """`entered` by stage and minute of entry, `used` by stage and minute of use. What is missing counts as that
    alone: it is the oldest of its stage."""
    cut = minute - limits.missing_after_minutes
    lost = {key: n for key, n in used.items() if key[0] in UNRECEIVED and key[1] < cut and n > 0}
    held: dict[str, dict[int, int]] = {REPORT: defaultdict(int)}
    for stage in WATCHED:
        gone = sum(n for (where, _), n in lost.items() if where is stage)
        held[stage.word] = without_oldest(entered.get(stage, {}), gone)
    for key, tubes in used.items():
        if key not in lost:
            held[REPORT][key[1]] += tubes
    own = limits_of(limits)
    return Late(
        ref(town),
        {
            name: waiting({minute - at: tubes for at, tubes in by_minute.items() if tubes > 0}, own[name], limits)
            for name, by_minute in held.items()
        },
        sum(lost.values()),
        min((at for _, at in lost), default=0),
    )
