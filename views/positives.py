"""The tasks from results (阳性处置) of a place: for those who may see which tube has which result."""

from components.positives import positive_desk
from data.queries.positives import positive_board
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "positives",
    "positives.page",
    (STAMP, View("positive-board", "positives.page", positive_board, positive_desk)),
)
