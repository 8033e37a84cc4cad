"""The registration modes of the sites below a place, and every change of a single one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import ModeChangeRow, PlaceRow, Rollup
from data.queries.cells import NOTHING, kept_cells
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.stored_reports import batched_list
from domain.modes import Mode, ModeChange, ModeLine, Modes, SiteMode, summarise
from domain.places import Level, Place, PlaceTree


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


def mode_lines(session: Session, moment: Moment) -> tuple[ModeLine, ...]:
    """The modes below `moment.place` as numbers, in fallback order, then the sites nobody has set one for: nothing is
    read of the single sites of the largest part, which may be thousands."""
    tree, place = moment.tree, moment.place
    m, p, r = ModeChangeRow, PlaceRow, Rollup
    sites = tree.sites(place)
    below: sa.ColumnElement[bool] = sa.true()
    if place.level is Level.SITE:
        below = m.site_id == place.id
    elif place not in tree.roots:
        below = p.parent_id.in_({site.parent_id for site in sites})
    query = (
        sa.select(m.mode, sa.func.count(), sa.func.min(m.since), sa.func.sum(p.target))
        .join(p, sa.and_(p.id == m.site_id, p.campaign_id == m.campaign_id))
        .where(m.campaign_id == tree.campaign.id, m.current, below)
        .group_by(m.mode)
    )
    found = {Mode(mode): (int(n), since, target) for mode, n, since, target in session.execute(query)}
    unset = len(sites) - sum(n for n, _, _ in found.values())
    rest = None if unset else max(found, key=lambda mode: found[mode][0], default=None)
    last = moment.ask(session, overview).last_period
    hours: dict[Mode | None, tuple[int, int]] = {}
    others = [mode for mode in found if mode is not rest]
    if last is not None:
        cell = kept_cells(session, tree.campaign.id, [place.id]).get(place.id, {}).get(last, NOTHING)
        if others:
            hourly = (
                sa.select(m.mode, sa.func.sum(r.persons), sa.func.sum(r.reports))
                .join(p, sa.and_(p.id == m.site_id, p.campaign_id == m.campaign_id))
                .join(r, sa.and_(r.campaign_id == m.campaign_id, r.place_id == m.site_id, r.period == last))
                .where(
                    m.campaign_id == tree.campaign.id, m.current, m.mode.in_([mode.value for mode in others]), below
                )
                .group_by(m.mode)
            )
            hours = {Mode(mode): (int(persons), int(n)) for mode, persons, n in session.execute(hourly)}
        hours[rest] = (
            cell.persons - sum(h[0] for h in hours.values()),
            cell.reports - sum(h[1] for h in hours.values()),
        )
    lines = [
        ModeLine(mode, *found[mode], hours[mode][0] if hours.get(mode, (0, 0))[1] else None)
        for mode in Mode
        if mode in found
    ]
    if unset:
        targets = [site.target for site in sites if site.target is not None]
        others_target = sum(target or 0 for _, _, target in found.values())
        left = sum(targets) - others_target if targets else None
        lines.append(ModeLine(None, unset, None, left, hours[None][0] if hours.get(None, (0, 0))[1] else None))
    return tuple(lines)


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
