"""The map. Layer and window in the address are the browser's own business (`assets/2-scripts/map.js`)."""

import dash
from dash.development.base_component import Component

from components import context, shell
from views.map import PAGE

dash.register_page(__name__, path="/map")


def layout(
    campaign: str | None = None, place: str | None = None, lang: str | None = None, hour: str | None = None, **_: str
) -> Component:
    return shell.page(PAGE, context.current(campaign=campaign, place=place, lang=lang, hour=hour), lang)
