"""The four lanes of the sample flow on a briefing screen: how old tubes are, and where the oldest of each lane is."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import TubeAge, TubeRow
from data.queries.backlog import ages_of, backlogs
from data.queries.moment import Moment, ref
from data.queries.overview import overview
from data.queries.tubes import Known, known
from data.queries.wall import names
from data.tube_books import SINCE_USE
from domain.backlog import Backlog, LabRef
from domain.overview import PlaceRef
from domain.places import Level, Place
from domain.tubes import BACKLOG, Stage
from domain.wall import BINS, Flow, Lane, bars

STAGE = {"on_site": Stage.ON_SITE, "in_transit": Stage.IN_TRANSIT, "at_lab": Stage.AT_LAB}


def wall_flow(session: Session, moment: Moment) -> Flow:
    """The lanes of the place, none while no tube is known."""
    seen = moment.ask(session, overview)
    backlog = moment.ask(session, backlogs).backlog
    called = moment.ask(session, names)
    if not backlog.any:
        return Flow(seen, (), called)
    return Flow(seen, tuple(_lane(session, moment, backlog, name) for name in BINS), called)


def _lane(session: Session, moment: Moment, backlog: Backlog, name: str) -> Lane:
    found = moment.ask(session, known)
    limits = moment.tree.campaign.limits
    entered, since_use = ages_of(found.of(moment.place.id), found.taken_of(moment.place), _minute(moment))
    came = backlog.last_hour
    stage = STAGE.get(name)
    if stage is None:
        waiting, by_age, tubes, grown = backlog.since_use, since_use, _unreported(backlog), came[0] - came[4]
    else:
        waiting, by_age = backlog.stage(stage).waiting, entered[stage]
        last = stage is Stage.AT_LAB
        # As on every page, 检 is what a laboratory has without a result: also what is on its machines.
        tubes = backlog.at_labs if last else backlog.stage(stage).tubes
        grown = came[stage - 1] - came[4 if last else stage]
    drawn = bars(by_age, waiting.limit_minutes, BINS[name], limits) if moment.until is None else ()
    lane = Lane(name, tubes, grown, waiting, drawn)
    if waiting.oldest_minutes is None:
        return lane
    place, lab = _oldest_at(session, moment, found, stage, _minute(moment) - waiting.oldest_minutes)
    return Lane(name, tubes, grown, waiting, drawn, place, lab)


def _minute(moment: Moment) -> int:
    return int(moment.now.timestamp()) // 60


def _unreported(backlog: Backlog) -> int:
    return sum(stage.tubes for stage in backlog.stages)


def _oldest_at(
    session: Session, moment: Moment, found: Known, stage: Stage | None, minute: int
) -> tuple[PlaceRef | None, LabRef | None]:
    """Where the tube is that has waited since `minute`: the site it stands at, else its town and the laboratory it
    goes to, or the laboratory that has it."""
    if stage is Stage.AT_LAB:
        held = _holding(session, moment, [-lab.id for lab in found.labs], [Stage.AT_LAB], minute)
        return None, next((lab for lab in found.labs if -lab.id == held), None)
    kinds: Sequence[int] = [stage] if stage is not None else [SINCE_USE + one for one in BACKLOG]
    inside = [town for town in moment.tree.each(Level.TOWN) if moment.tree.contains(moment.place, town)]
    towns = inside or [moment.tree.by_id[at] for at in moment.place.ancestors]
    held = _holding(session, moment, [town.id for town in towns], kinds, minute)
    town = moment.tree.by_id.get(held) if held is not None else None
    if town is None:
        return None, None
    if stage is Stage.ON_SITE:
        return ref(_site(session, moment, town, minute) or town), None
    bound = (lab for lab in found.labs if any(one.id == town.id for one in found.towns.get(lab.id, ())))
    return ref(town), next(bound, None)


def _holding(
    session: Session, moment: Moment, owners: Iterable[int], kinds: Iterable[int], minute: int
) -> int | None:
    """Which of the owners has a tube that has waited since `minute`; the lowest where several have."""
    query = sa.select(sa.func.min(TubeAge.owner)).where(
        TubeAge.campaign_id == moment.tree.campaign.id,
        TubeAge.owner.in_(list(owners)),
        TubeAge.kind.in_([int(kind) for kind in kinds]),
        TubeAge.minute == minute,
        TubeAge.tubes > 0,
    )
    held: int | None = session.scalar(query)
    return held


def _site(session: Session, moment: Moment, town: Place, minute: int) -> Place | None:
    """The site of `town` with a tube used in `minute` that nobody has collected."""
    t = TubeRow
    query = (
        sa.select(sa.func.min(t.site_id))
        .where(t.campaign_id == moment.tree.campaign.id, t.waiting, t.stage == Stage.ON_SITE.value,
               t.used_at >= minute * 60, t.used_at < (minute + 1) * 60,
               t.site_id.in_([site.id for site in moment.tree.sites(town)]))
    )  # fmt: skip
    found = session.scalar(query)
    return moment.tree.by_id.get(found) if found is not None else None
