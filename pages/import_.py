"""The page that takes in files."""

import dash
from dash.development.base_component import Component

from components import context, shell, states, upload
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/import")


def layout(campaign: str | None = None, place: str | None = None, lang: str | None = None, **_: str) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    return shell.frame(found, "import", text(found.language, "upload.title"), [upload.form(found)])
