"""The registration modes of the sites below a place, and every change of a single one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import ModeChangeRow, Rollup
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.stored_reports import batched_list
from domain.modes import Mode, ModeChange, Modes, SiteMode, summarise
from domain.places import Place, PlaceTree


def modes(session: Session, moment: Moment) -> Modes:
    """What every site at or below `moment.place` registers with, since when, and how many people that touches."""
    tree = moment.tree
    sites = tree.sites(moment.place)
    current = {change.site_id: change for change in _changes(session, tree, sites, current=True)}
    hour = _last_hour(session, moment, sites)
    rows = [
        SiteMode(
            site=ref(site),
            town=ref(tree.by_id[site.parent_id]) if site.parent_id is not None else None,
            change=change_of(current[site.id], site) if site.id in current else None,
            target=site.target,
            last_hour=hour.get(site.id),
        )
        for site in sites
    ]
    capacity = tree.campaign.limits.entrance_capacity or None
    return summarise(rows, capacity, _switches(session, moment, sites))


def mode_history(session: Session, tree: PlaceTree, site: Place) -> tuple[ModeChange, ...]:
    """Every change of one site, the latest first."""
    changes = _changes(session, tree, [site], current=False)
    return tuple(change_of(row, site) for row in sorted(changes, key=lambda row: (row.since, row.id), reverse=True))


def change_of(row: ModeChangeRow, site: Place) -> ModeChange:
    """The change a row of `mode_change` holds."""
    return ModeChange(
        row.id, ref(site), Mode(row.mode), row.entrance, row.since, row.note, row.by_name, row.recorded_at
    )


def _changes(session: Session, tree: PlaceTree, sites: Iterable[Place], current: bool) -> list[Any]:
    """Rows of `mode_change`. Plain ones: every refresh of the overview reads one for each site."""
    m = ModeChangeRow
    found: list[Any] = []
    for part in batched_list(site.id for site in sites):
        query = sa.select(*m.__table__.c).where(m.campaign_id == tree.campaign.id, m.site_id.in_(part))
        found += session.execute(query.where(m.current) if current else query)
    return found


def _last_hour(session: Session, moment: Moment, sites: tuple[Place, ...]) -> dict[int, int]:
    """Persons the sites reported for the hour that ends at the stamp, of those that did."""
    last = moment.ask(session, overview).last_period
    found: dict[int, int] = {}
    if last is None:
        return found
    for part in batched_list(site.id for site in sites):
        query = sa.select(Rollup.place_id, Rollup.persons).where(
            Rollup.campaign_id == moment.tree.campaign.id,
            Rollup.place_id.in_(part),
            Rollup.period == last,
            Rollup.reports > 0,
        )
        found.update((place_id, persons) for place_id, persons in session.execute(query))
    return found


def _switches(session: Session, moment: Moment, sites: tuple[Place, ...]) -> int:
    """Changes recorded since the beginning of the local day that were not a site's first."""
    m = ModeChangeRow
    local = moment.tree.campaign.local(moment.now)
    since: datetime = local.replace(hour=0, minute=0, second=0, microsecond=0)
    switches = 0
    for part in batched_list(site.id for site in sites):
        first = (
            sa.select(sa.func.min(m.id))
            .where(m.campaign_id == moment.tree.campaign.id, m.site_id.in_(part))
            .group_by(m.site_id)
        )
        query = sa.select(sa.func.count()).where(
            m.campaign_id == moment.tree.campaign.id,
            m.site_id.in_(part),
            m.recorded_at >= since,
            m.id.not_in(first),
        )
        switches += session.scalar(query) or 0
    return switches
