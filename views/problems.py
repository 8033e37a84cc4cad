"""The information problems (问题) of a place and the registration modes of its sites."""

from components.modes import modes_panel
from components.problems import problem_desk
from data.queries.problems import desk
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "problems",
    "problems.page",
    (
        STAMP,
        View("modes", "modes.title", desk, modes_panel),
        View("problem-board", "problems.page", desk, problem_desk),
    ),
)
