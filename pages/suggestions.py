"""Suggestions for a place."""

import dash
from dash.development.base_component import Component

from components import context, shell
from views.suggestions import PAGE

dash.register_page(__name__, path="/suggestions")


def layout(
    campaign: str | None = None,
    place: str | None = None,
    lang: str | None = None,
    hour: str | None = None,
    **_: str,
) -> Component:
    return shell.page(PAGE, context.current(campaign=campaign, place=place, lang=lang, hour=hour), lang)
