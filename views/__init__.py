"""What there is to see. A page is a list of views in order; a view is a query and what draws its rows.

To add a chart: the query in `data/queries`, the figure in `figures`, one `View(...)` line in the page's file here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from domain.places import Place, PlaceTree


@dataclass(frozen=True, slots=True)
class Moment:
    """What a query is asked about: one place of one campaign at one version, at the campaign's time `now`."""

    tree: PlaceTree
    place: Place
    revision: int
    now: datetime


Query = Callable[[Session, Moment], Any]
"""Reads typed rows. Views of a page that name the same query share its rows."""

Draw = Callable[[Any, str], Component]
"""Draws typed rows in a language."""


@dataclass(frozen=True, slots=True)
class View:
    """One panel of a page. `slug` is its element's id, `title` the key of its heading in `locales`."""

    slug: str
    title: str
    query: Query
    draw: Draw


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name in addresses, the key of its title, its views in order, and the stamp all pages have."""

    slug: str
    title: str
    views: tuple[View, ...]


def draw_all(page: Page, session: Session, moment: Moment, language: str) -> Mapping[str, Component]:
    """Every view of `page`, drawn, by slug. A query that several views share is asked once."""
    rows: dict[Query, Any] = {}
    drawn: dict[str, Component] = {}
    for view in page.views:
        if view.query not in rows:
            rows[view.query] = view.query(session, moment)
        drawn[view.slug] = view.draw(rows[view.query], language)
    return drawn
