"""The map: who is covered, who is not, and how every site stands in each layer."""

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from components.coverage_panel import clusters_panel, coverage_panel, day_panel, towns_panel
from components.map_page import map_panel, worst_panel
from components.map_table import map_table, unplaced
from components.map_time import map_time
from components.site_groups import site_groups as groups_table
from data.queries.coverage import coverage
from data.queries.map_layers import clock, layers
from data.queries.map_page import map_page
from data.queries.moment import Moment
from data.queries.site_groups import site_groups
from domain.map_layers import LayerPicture
from domain.site_groups import SiteGroups
from views import Page, View
from views.stamp import STAMP

Listing = tuple[SiteGroups, LayerPicture]


def _listing(session: Session, moment: Moment) -> Listing:
    return moment.ask(session, site_groups), moment.ask(session, layers)


def _table(listing: Listing, language: str) -> Component:
    groups, rows = listing
    return groups_table(groups, "map", language) if groups.groups else map_table(rows, language)


PAGE = Page(
    "map",
    "map_page.title",
    (
        STAMP,
        View("map-page", "map_page.title", map_page, map_panel),
        View("map-time", "map_time.title", clock, map_time),
        View("coverage", "coverage.plain_title", coverage, coverage_panel),
        View("clusters", "clusters.title", coverage, clusters_panel),
        View("map-worst", "map_page.worst", map_page, worst_panel),
        View("map-unplaced", "map_table.unplaced", layers, unplaced),
        View("map-table", "map_table.title", _listing, _table),
        View("coverage-towns", "coverage.towns", coverage, towns_panel),
        View("coverage-day", "coverage.day", coverage, day_panel),
    ),
)
