"""All sites (采样点) below a place; of a city, its towns by district."""

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from components.site_groups import site_groups as groups_table
from components.table import site_table
from data.queries.moment import Moment
from data.queries.site_groups import site_groups
from data.queries.sites import site_rows
from domain.site import SiteRow
from domain.site_groups import SiteGroups
from views import Page, View
from views.stamp import STAMP

Listing = tuple[SiteGroups, tuple[SiteRow, ...]]


def _listing(session: Session, moment: Moment) -> Listing:
    groups = moment.ask(session, site_groups)
    return groups, () if groups.groups else moment.ask(session, site_rows)


def _table(listing: Listing, language: str) -> Component:
    groups, rows = listing
    return groups_table(groups, "sites", language) if groups.groups else site_table(rows, language)


PAGE = Page("sites", "sites.title", (STAMP, View("site-table", "table.title", _listing, _table)))
