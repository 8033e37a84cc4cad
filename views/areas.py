"""Boundaries, cells, villages and roads (边界与人口): their versions, and what does not fit."""

from components.areas import findings, versions
from data.queries.area_page import area_page
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "areas",
    "areas.title",
    (
        STAMP,
        View("areas-versions", "areas.versions", area_page, versions),
        View("areas-findings", "areas.findings", area_page, findings),
    ),
)
