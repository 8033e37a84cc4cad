"""The page of accounts."""

import dash
from dash.development.base_component import Component

from components import context, shell, states, users_frame
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/users")


def layout(
    campaign: str | None = None, lang: str | None = None, words: str = "", place: str | None = None, **_: str
) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    title = text(found.language, "users.title")
    content, beside = users_frame.frame(found, words), users_frame.beside(found)
    return shell.frame(found, "users", title, content, beside=beside)
