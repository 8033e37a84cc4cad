"""The second levels: pages of one topic behind one link of the top bar, at the right end of the as-of bar."""

from collections.abc import Callable, Mapping

from dash import dcc, html

from components.context import PageContext
from locales import text

LEVELS: Mapping[str, tuple[str, ...]] = {
    "tubes": ("tubes", "ledger", "matching", "positives", "labs", "tube"),
    "map": ("map", "suggestions", "standards", "planning", "areas"),
}
"""By the link of the top bar, its pages in order."""


def level_of(slug: str) -> str | None:
    """The link of the top bar behind which a page stands; None for one without a second level."""
    return next((top for top, pages in LEVELS.items() if slug in pages), None)


def tabs(context: PageContext, slug: str, top: str, address: Callable[[str], str]) -> html.Nav:
    """Links to the pages behind `top` that the reader may open; `address` says where each is."""
    language = context.language
    links = [
        # A link of Dash cannot say that it leads here.
        html.A(text(language, f"{top}_tabs.{name}"), href=address(name), className="on", **{"aria-current": "page"})
        if name == slug
        else dcc.Link(text(language, f"{top}_tabs.{name}"), href=address(name))
        for name in LEVELS[top]
        if context.may_see(name)
    ]
    return html.Nav(
        html.Div(links, className="seg"), className="tube-tabs", **{"aria-label": text(language, f"{top}_tabs.label")}
    )
