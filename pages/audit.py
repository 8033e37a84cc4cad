"""The page of the audit."""

import dash
from dash.development.base_component import Component

from components import audit, context, shell, states
from locales import DEFAULT, LANGUAGES, text

dash.register_page(__name__, path="/audit")


def layout(
    campaign: str | None = None, lang: str | None = None, who: str = "", place: str | None = None, **_: str
) -> Component:
    found = context.current(campaign=campaign, place=place, lang=lang)
    if found is None:
        return states.no_campaign(lang if lang in LANGUAGES else DEFAULT)
    title = text(found.language, "audit.title")
    content, beside = audit.frame(found, who), audit.beside(found)
    return shell.frame(found, "audit", title, content, beside=beside)
