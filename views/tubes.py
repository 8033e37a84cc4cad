"""Tubes and laboratories (试管与实验室): what waits where, since when, and what each laboratory can do."""

from components.labs_panel import capacity_panel
from components.tubes import ages_panel, flow_panel, tubes_kpis, tubes_stamp
from data.queries.tube_page import seen_with_tubes, tubes_picture
from views import Page, View

PAGE = Page(
    "tubes",
    "tubes.title",
    (
        View("stamp", "stamp.title", seen_with_tubes, tubes_stamp),
        View("tube-kpis", "tubes.kpis", tubes_picture, tubes_kpis),
        View("tube-flow", "tubes.flow", tubes_picture, flow_panel),
        View("tube-capacity", "capacity.title", tubes_picture, capacity_panel),
        View("tube-ages", "tubes.ages", tubes_picture, ages_panel),
    ),
)
