"""One site: its figures, its hours, every report it has sent."""

from dash.development.base_component import Component

from components.findings import findings
from components.hours import hours
from components.kpis import kpis
from components.site import facts, versions
from components.site_problems import site_problems
from components.site_tubes import site_tubes
from components.stamp import stamp
from data.queries.problems import site_information
from data.queries.site import site_picture
from data.queries.site_tubes import site_panel
from domain.site import SitePicture
from views import Page, View


def _stamp(rows: SitePicture, language: str) -> Component:
    return stamp(rows.overview, language, facts(rows, language))


def _kpis(rows: SitePicture, language: str) -> Component:
    return kpis(rows.overview, language)


def _hours(rows: SitePicture, language: str) -> Component:
    return hours(rows.overview, language)


def _findings(rows: SitePicture, language: str) -> Component:
    return findings(rows.overview, language)


PAGE = Page(
    "site",
    "site.title",
    (
        View("stamp", "stamp.title", site_picture, _stamp),
        View("kpis", "kpi.title", site_picture, _kpis),
        View("hours", "hours.title", site_picture, _hours),
        View("findings", "findings.title", site_picture, _findings),
        View("problems", "information.title", site_information, site_problems),
        View("site-tubes", "site_tubes.title", site_panel, site_tubes),
        View("versions", "site.versions", site_picture, versions),
    ),
)
