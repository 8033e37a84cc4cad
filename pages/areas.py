"""The page that takes in map files."""

import dash
from dash.development.base_component import Component

from components import area_upload, context, shell
from views.areas import PAGE

dash.register_page(__name__, path="/areas")


def layout(campaign: str | None = None, place: str | None = None, lang: str | None = None, **_: str) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    return shell.page(PAGE, found, lang, area_upload.panels(found) if found else ())
