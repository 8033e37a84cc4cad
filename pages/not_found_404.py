"""What an address shows that leads nowhere."""

import dash
from dash.development.base_component import Component

from components import context, shell, states
from locales import DEFAULT, text

dash.register_page(__name__)


def layout(**_: str) -> Component:
    found = context.current()
    language = found.language if found else DEFAULT
    title = text(language, "not_found.title")
    message = states.message("search", "", title, dash.dcc.Link(text(language, "not_found.next"), href="/"))
    return shell.frame(found, "overview", title, [message], extra="main-empty") if found else message
