"""Every site below a place in every layer of the map, at the moment looked at."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Report, TubeRow
from data.queries.areas import positions
from data.queries.cells import kept_cells
from data.queries.map import projection_of
from data.queries.moment import Moment, ref
from data.queries.overview import hours_of, overview
from data.queries.problems import open_problems_by_site
from data.queries.sites import site_rows
from data.queries.tube_glance import any_tubes
from domain.backlog import limit_minutes
from domain.duty import State
from domain.map import Point
from domain.map_layers import Clock, LayerPicture, SiteHour, SiteLayers, against, of_problems, of_state
from domain.overview import PlaceRef
from domain.places import Level, Place
from domain.problem_board import Problem
from domain.site import SiteRow
from domain.tubes import Stage

NO_REPORT = SiteHour(None, 0.0, None, None)


class Waits(NamedTuple):
    """Tubes that are still on a site: how many, and when the oldest was used, seconds since 1970."""

    tubes: int
    oldest: int | None


def layers(session: Session, moment: Moment) -> LayerPicture:
    """The sites below `moment.place`. Figures are those of the hour the page's stamp names."""
    tree, campaign = moment.tree, moment.tree.campaign
    seen = moment.ask(session, overview)
    rows = {row.place.code: row for row in moment.ask(session, site_rows)}
    hours = _hours(session, moment, seen.last_period)
    waits = _waiting(session, moment)
    problems = moment.ask(session, open_problems_by_site)
    places = moment.ask(session, positions)
    project = moment.ask(session, projection_of)
    found = []
    for site in sorted(tree.sites(moment.place), key=lambda site: site.code):
        known = places.get(site.id)
        found.append(
            _site(
                moment,
                site,
                rows[site.code],
                (project(*known), *known) if known else None,
                hours.get(site.id, NO_REPORT),
                waits.get(site.id, Waits(0, None)) if waits is not None else None,
                problems.get(site.code, []),
            )
        )
    return LayerPicture(
        campaign=campaign,
        place=ref(moment.place),
        hour=seen.hour,
        until=seen.data_until,
        due=campaign.end_of(seen.duty_period) if seen.duty_period is not None else None,
        rows=tuple(found),
    )


def clock(session: Session, moment: Moment) -> Clock:
    """The hours that can be looked at, with the reports of each as they are known by now, whatever hour is shown."""
    tree, campaign = moment.tree, moment.tree.campaign
    cells = kept_cells(session, campaign.id, [moment.place.id]).get(moment.place.id, {})
    hour = campaign.start_of(moment.until) if moment.until is not None else None
    return Clock(campaign, moment.now, hour, hours_of(tree, moment.place, cells, moment.now, campaign.each_period()))


def _site(
    moment: Moment,
    site: Place,
    row: SiteRow,
    where: tuple[Point, float, float] | None,
    hour: SiteHour,
    waits: Waits | None,
    problems: list[Problem],
) -> SiteLayers:
    limits = moment.tree.campaign.limits
    at, lon, lat = where or (None, None, None)
    oldest = None
    if waits is not None and waits.oldest is not None:
        oldest = max(0, (int(moment.at.timestamp()) - waits.oldest) // 60)
    nothing_waits = waits is not None and not waits.tubes
    state = row.state or State.NOT_DUE
    return SiteLayers(
        place=row.place,
        town=_town(moment, site, row),
        at=at,
        lon=lon,
        lat=lat,
        target=row.target,
        persons=row.figures.persons if row.figures.reports else None,
        completion=row.completion if row.figures.reports else None,
        gap_pp=row.gap_pp,
        gap_severity=row.severity,
        state=state,
        state_severity=of_state(state),
        missing=state is State.MISSING,
        hour_persons=row.last_hour.persons if row.last_hour.reports else None,
        queue_minutes=hour.queue_minutes,
        queue_severity=against(hour.queue_minutes, limits.queue_minutes, limits),
        waiting=waits.tubes if waits is not None else None,
        oldest_minutes=oldest,
        waiting_severity=against(0 if nothing_waits else oldest, limit_minutes(Stage.ON_SITE, limits), limits),
        load=hour.load,
        lanes=hour.lanes,
        load_severity=against(hour.load, limits.lane_hour, limits),
        problems=len(problems),
        overdue=sum(problem.standing.overdue for problem in problems),
        problem_severity=of_problems(problem.standing for problem in problems),
        worst=row.worst,
    )


def _town(moment: Moment, site: Place, row: SiteRow) -> PlaceRef | None:
    above = (moment.tree.by_id[id_] for id_ in site.ancestors)
    town = next((place for place in above if place.level is Level.TOWN), None)
    return ref(town) if town else row.parent


def _hours(session: Session, moment: Moment, period: int | None) -> Mapping[int, SiteHour]:
    """What the sites reported of a period, by site id."""
    if period is None:
        return {}
    campaign, c, r = moment.tree.campaign, CurrentReport, Report
    query = (
        sa.select(c.site_id, c.first_period, c.last_period, c.persons, r.queue_minutes, r.lanes_open)
        .join(r, (r.id == c.report_id) & (r.campaign_id == c.campaign_id))
        .where(*moment.within(c), c.first_period <= period, c.last_period >= period)
        # The one that speaks of fewer hours says more of this one.
        .order_by((c.last_period - c.first_period).desc())
    )
    if moment.until is not None:
        query = query.where(c.last_period <= moment.until)
    if moment.place.level is Level.SITE:
        query = query.where(c.site_id == moment.place.id)
    one = campaign.interval_minutes / 60
    return {
        site_id: SiteHour(persons, (last - first + 1) * one, queue, lanes)
        for site_id, first, last, persons, queue, lanes in session.execute(query)
    }


def _waiting(session: Session, moment: Moment) -> Mapping[int, Waits] | None:
    """The tubes on the sites at the moment looked at, by site id; None where no tube has been scanned at all."""
    campaign, t, at = moment.tree.campaign, TubeRow, int(moment.at.timestamp())
    if not any_tubes(session, campaign.id):
        return None
    query = (
        sa.select(t.site_id, sa.func.count(), sa.func.min(t.used_at))
        .where(t.campaign_id == campaign.id, t.site_id.is_not(None))
        .group_by(t.site_id)
    )
    if moment.until is None:
        query = query.where(t.waiting, t.stage == Stage.ON_SITE)
    else:
        later = (t.collected_at, t.received_at, t.testing_at, t.resulted_at)
        still = [sa.or_(moved.is_(None), moved > at) for moved in later]
        query = query.where(t.stage >= Stage.ON_SITE, t.used_at <= at, *still)
    if moment.place.level is Level.SITE:
        query = query.where(t.site_id == moment.place.id)
    return {int(site_id): Waits(tubes, oldest) for site_id, tubes, oldest in session.execute(query) if site_id}
