"""The second level of 试管与实验室: the pages about tubes, at the right end of the as-of bar."""

from collections.abc import Callable

from dash import dcc, html

from components.context import PageContext
from locales import text

TUBE_PAGES = ("tubes", "ledger", "matching", "positives", "labs", "tube")
"""The pages of the second level, in its order; the last one looks for a single tube."""


def tube_tabs(context: PageContext, slug: str, address: Callable[[str], str]) -> html.Nav:
    """Links to the pages the reader may open; `address` says where each is."""
    language = context.language
    links = [
        # A link of Dash cannot say that it leads here.
        html.A(text(language, f"tube_tabs.{name}"), href=address(name), className="on", **{"aria-current": "page"})
        if name == slug
        else dcc.Link(text(language, f"tube_tabs.{name}"), href=address(name))
        for name in TUBE_PAGES
        if context.may_see(name)
    ]
    return html.Nav(
        html.Div(links, className="seg"), className="tube-tabs", **{"aria-label": text(language, "tube_tabs.label")}
    )
