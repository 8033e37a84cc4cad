"""The page of the planning list."""

import dash
from dash.development.base_component import Component

from components import context, shell
from views.planning import PAGE

dash.register_page(__name__, path="/planning")


def layout(campaign: str | None = None, place: str | None = None, lang: str | None = None, **_: str) -> Component:
    return shell.page(PAGE, context.current(campaign=campaign, place=place, lang=lang), lang)
