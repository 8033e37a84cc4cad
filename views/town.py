"""The town (镇街): the work of one hour, site by site; above towns, how much each of them has to do."""

from dash.development.base_component import Component

from components.town import places, town_hours, town_stamp, town_strip
from components.town_list import town_list
from data.queries.town import town_picture
from domain.town import TownPicture
from views import Page, View


def _work(rows: TownPicture, language: str) -> Component:
    return places(rows, language) if rows.places else town_list(rows, language)


PAGE = Page(
    "town",
    "town.title",
    (
        View("stamp", "stamp.title", town_picture, town_stamp),
        View("town-hours", "town.hours", town_picture, town_hours),
        View("town-strip", "town.strip", town_picture, town_strip),
        View("town-work", "town.list", town_picture, _work),
    ),
)
