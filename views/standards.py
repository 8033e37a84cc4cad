"""Planning standards: what is in force, which sites break it, and coverage by town and over the day."""

from components.coverage_panel import day_panel, towns_panel
from components.standards import breaches_panel, standards_panel
from data.queries.coverage import coverage
from data.queries.standards import standards
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "standards",
    "standards.page",
    (
        STAMP,
        View("standards", "standards.title", standards, standards_panel),
        View("breaches", "breaches.title", standards, breaches_panel),
        View("coverage-towns", "coverage.towns", coverage, towns_panel),
        View("coverage-day", "coverage.day", coverage, day_panel),
    ),
)
