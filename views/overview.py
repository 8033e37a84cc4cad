"""The overview (总览): how far, who is behind, what to do."""

from components.duty import duty
from components.findings import findings
from components.hours import hours
from components.kpis import kpis
from components.map import site_map_panel
from components.matrix import matrix
from components.modes import information_strip
from components.progress import progress
from data.queries.map import map_picture
from data.queries.overview import overview
from data.queries.problems import information
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "overview",
    "overview.title",
    (
        STAMP,
        View("kpis", "kpi.title", overview, kpis),
        View("findings", "findings.title", overview, findings),
        View("information", "information.title", information, information_strip),
        View("progress", "progress.title", overview, progress),
        View("matrix", "matrix.title.any", overview, matrix),
        View("hours", "hours.title", overview, hours),
        View("duty", "duty.title", overview, duty),
        View("map", "map.title", map_picture, site_map_panel, located=True),
    ),
)
