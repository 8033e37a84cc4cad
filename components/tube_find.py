"""The line in which a tube is looked for, on its own page and wherever else one may want to."""

from dash import dcc, html

from components.context import PageContext
from components.icons import icon
from components.links import href
from locales import text


def find(context: PageContext, typed: str) -> html.Form:
    """The line; `typed` is what the address has in it. `tube-life.js` sends it."""
    language = context.language
    label = text(language, "tube_life.find")
    return html.Form(
        [
            html.Label(
                [
                    html.Span(label, className="visually-hidden"),
                    icon("search"),
                    dcc.Input(id="tube-barcode", type="search", placeholder=label, maxLength=40, value=typed),
                ],
                className="searchbox",
            ),
            html.Button(text(language, "tube_life.go"), type="submit", className="btn"),
        ],
        className="tl-find",
        role="search",
        **{"data-tube-find": href("tube", campaign=context.campaign_id, place=None, language=language)},
    )
