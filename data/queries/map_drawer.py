"""One site chosen on the map."""

from sqlalchemy.orm import Session

from data.queries.backlog import place_backlog
from data.queries.map_layers import layers
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.problems import open_problems_by_site
from data.queries.tubes import known
from domain.map_drawer import SiteDrawer
from domain.places import Level


def site_drawer(session: Session, moment: Moment) -> SiteDrawer | None:
    """The site `moment.place`; None for a place above sites, which is not chosen on a map."""
    site = moment.place
    if site.level is not Level.SITE:
        return None
    (row,) = moment.ask(session, layers).rows
    return SiteDrawer(
        overview=moment.ask(session, overview),
        site=row,
        kind=site.kind,
        planned_lanes=site.lanes,
        backlog=place_backlog(moment.ask(session, known), site, moment.until),
        problems=tuple(moment.ask(session, open_problems_by_site).get(site.code, ())),
    )
