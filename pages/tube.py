"""The page of one tube."""

import dash
from dash.development.base_component import Component

from components import context, shell, states, tube_life
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/tube")


def layout(
    campaign: str | None = None, place: str | None = None, lang: str | None = None, barcode: str = "", **_: str
) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    return shell.frame(found, "tube", text(found.language, "tube.title"), tube_life.frame(found, barcode))
