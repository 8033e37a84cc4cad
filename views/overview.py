"""The overview (总览): how far, who is behind, what to do."""

from dash.development.base_component import Component

from components.duty import duty
from components.findings import findings
from components.hours import hours
from components.kpis import kpis
from components.labs_panel import labs_panel
from components.map import site_map_panel
from components.matrix import matrix
from components.modes import information_strip
from components.pipeline import pipeline
from components.progress import progress
from data.queries.map import map_picture
from data.queries.overview import overview
from data.queries.problems import information
from data.queries.tube_glance import glance
from data.queries.tube_page import glanced
from domain.backlog import Backlogs
from domain.overview import Overview
from views import Page, View
from views.stamp import STAMP


def _kpis(rows: tuple[Overview, Backlogs], language: str) -> Component:
    return kpis(rows[0], language, rows[1])


PAGE = Page(
    "overview",
    "overview.title",
    (
        STAMP,
        View("kpis", "kpi.title", glanced, _kpis),
        View("findings", "findings.title", overview, findings),
        View("information", "information.title", information, information_strip),
        View("progress", "progress.title", overview, progress),
        View("matrix", "matrix.title.any", overview, matrix),
        View("pipeline", "pipeline.title", glance, pipeline),
        View("labs", "labs_panel.title", glance, labs_panel),
        View("hours", "hours.title", overview, hours),
        View("duty", "duty.title", overview, duty),
        View("map", "map.title", map_picture, site_map_panel, located=True),
    ),
)
