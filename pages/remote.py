"""The remote for briefing screens."""

import dash
from dash.development.base_component import Component

from components import context, remote, shell, states
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/remote")


def layout(campaign: str | None = None, lang: str | None = None, place: str | None = None, **_: str) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    return shell.frame(found, "remote", text(found.language, "remote.title"), remote.frame(found))
