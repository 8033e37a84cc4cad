"""The planning list (采样点规划) of a place: applied for, inspected, approved, published, opened, closed."""

from components.planning import planned_place, planning_panel
from data.queries.planning import planning_list
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "planning",
    "planning.page",
    (
        STAMP,
        View("planning-list", "planning.title", planning_list, planning_panel),
        View("planning-site", "planning.details", planning_list, planned_place),
    ),
)
