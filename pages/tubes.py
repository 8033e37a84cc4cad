"""Tubes and laboratories: the backlog of a place, or of one laboratory."""

import dash
from dash.development.base_component import Component

from components import context, shell
from views.tubes import PAGE

dash.register_page(__name__, path="/tubes")


def layout(
    campaign: str | None = None,
    place: str | None = None,
    lang: str | None = None,
    hour: str | None = None,
    lab: str | None = None,
    **_: str,
) -> Component:
    return shell.page(PAGE, context.current(campaign=campaign, place=place, lang=lang, hour=hour, lab=lab), lang)
