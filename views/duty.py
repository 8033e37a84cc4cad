"""The duty board (值班): every place in every hour, who owes a report, one reminder for each town."""

from dash.development.base_component import Component

from components.duty_board import duty_board as board_panel
from components.duty_strip import duty_strip
from components.reminders import reminders
from components.stamp import stamp
from data.queries.duty_board import duty_board
from domain.board import Board
from views import Page, View


def _stamp(board: Board, language: str) -> Component:
    # The board is that of now whichever hour is chosen on it.
    return stamp(board.present, language)


PAGE = Page(
    "duty",
    "board.page",
    (
        View("stamp", "stamp.title", duty_board, _stamp),
        View("duty-strip", "board.strip", duty_board, duty_strip),
        View("duty-board", "board.panel", duty_board, board_panel),
        View("duty-lists", "reminder.title", duty_board, reminders),
    ),
)
