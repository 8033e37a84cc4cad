"""The planning list read: its lines from the kept standings, one site with its steps."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import PlannedSite
from data.queries.moment import Moment, ref
from data.stored_planning import events_of, inspection_of, wish_of
from domain.places import Level, PlaceTree
from domain.planning import State, allowed, fold
from domain.planning_list import Done, Planned, PlannedWhole, PlanningList

ORDER = (
    State.INSPECTED, State.APPLIED, State.APPROVED, State.PUBLISHED, State.OPENED, State.CLOSED, State.REFUSED,
    State.WITHDRAWN,
)  # fmt: skip
"""What waits for somebody stands first."""


def planning_list(session: Session, moment: Moment) -> PlanningList:
    """The planned sites of the moment's place and below; of a site, its own."""
    tree, place = moment.tree, moment.place
    query = sa.select(PlannedSite).where(PlannedSite.campaign_id == tree.campaign.id)
    rows = list(session.scalars(query.order_by(PlannedSite.number)))
    if place.level is Level.SITE:
        found = [row for row in rows if row.code == place.code]
    else:
        found = [row for row in rows if tree.contains(place, tree.by_id[row.town_id])]
    sites = [_planned(row, tree) for row in found]
    sites.sort(key=lambda site: (ORDER.index(site.state), not site.beside, site.code))
    listed = {row.code for row in rows}
    towns = [town for town in tree.each(Level.TOWN) if tree.contains(place, town)]
    return PlanningList(
        tree.campaign,
        ref(place),
        tuple(ref(town) for town in sorted(towns, key=lambda town: town.code)),
        tuple(sites),
        sum(site.code not in listed for site in tree.sites(place)) if rows else 0,
    )


def find_planned(session: Session, tree: PlaceTree, number: int) -> PlannedWhole | None:
    """Planned site `number` with its steps; None where there is none."""
    query = sa.select(PlannedSite).where(PlannedSite.campaign_id == tree.campaign.id, PlannedSite.number == number)
    row = session.scalar(query)
    if row is None:
        return None
    events = events_of(session, tree.campaign.id, [row.id])[row.id]
    return PlannedWhole(_planned(row, tree), tuple(events), allowed(fold(events)))


def _planned(row: PlannedSite, tree: PlaceTree) -> Planned:
    return Planned(
        campaign=tree.campaign,
        number=row.number,
        code=row.code,
        town=ref(tree.by_id[row.town_id]),
        state=State(row.state),
        since=row.since,
        steps=row.steps,
        wish=wish_of(row.wish),
        inspection=inspection_of(row.inspection) if row.inspection is not None else None,
        inspected=Done(row.inspected_at, row.inspected_by) if row.inspected_at is not None else None,
        approved=Done(row.approved_at, row.approved_by) if row.approved_at is not None else None,
        approved_over=row.approved_over,
        released=Done(row.released_at, row.released_by) if row.released_at is not None else None,
        why=row.released_why,
        given=row.code in tree.by_code,
    )
