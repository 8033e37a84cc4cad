"""Planning standards and the sites that break one."""

import dash
from dash.development.base_component import Component

from components import context, shell
from views.standards import PAGE

dash.register_page(__name__, path="/standards")


def layout(
    campaign: str | None = None,
    place: str | None = None,
    lang: str | None = None,
    hour: str | None = None,
    **_: str,
) -> Component:
    return shell.page(PAGE, context.current(campaign=campaign, place=place, lang=lang, hour=hour), lang)
