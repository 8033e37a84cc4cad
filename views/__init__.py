"""What there is to see. A page is a list of views in order; a view is a query and what draws its rows.

To add a chart: the query in `data/queries`, the figure in `figures`, one `View(...)` line in the page's file here.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from components import states
from components.links import BY_LAB, LISTS_HOUR
from data.queries.moment import Moment
from locales import text
from views.drawings import Drawings, Drawn

log = logging.getLogger(__name__)

Query = Callable[[Session, Moment], Any]
"""Reads typed rows. Views of a page that name the same query share its rows."""

Draw = Callable[[Any, str], Drawn]
"""Draws typed rows in a language."""


Facts = Callable[[Session, Moment, str], Mapping[str, Any]]
"""Plain facts of a page, in a language where they are words."""


@dataclass(frozen=True, slots=True)
class View:
    """One panel of a page. `slug` is its element's id, `title` the key of its heading in `locales`."""

    slug: str
    title: str
    query: Query
    draw: Draw
    located: bool = False
    """Only for campaigns whose sites have coordinates."""
    kept: bool = False
    """Whether the drawing is kept and shown again while its rows are the same: it is much, and changes seldom."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name in addresses, the key of its title, its views in order, and the stamp all pages have."""

    slug: str
    title: str
    views: tuple[View, ...]
    facts: Facts | None = None
    """What its snapshot says beside the panels; None for a page that is its panels alone."""

    @property
    def lists_hour(self) -> bool:
        """Whether an hour in the address says whose reports are listed, not at which time to look."""
        return self.slug in LISTS_HOUR

    @property
    def by_lab(self) -> bool:
        """Whether a laboratory in the address narrows the page to it."""
        return self.slug in BY_LAB


def draw_all(
    page: Page, session: Session, moment: Moment, language: str, kept: Drawings | None = None
) -> Mapping[str, Drawn | orjson.Fragment]:
    """Every view of `page`, drawn, by slug. One that fails is drawn as its own error; the others are not hurt. What
    `kept` has of views that are kept comes as JSON."""
    drawn: dict[str, Drawn | orjson.Fragment] = {}
    for view in page.views:
        if view.located and not moment.tree.located:
            continue
        try:
            rows = moment.ask(session, view.query)
            drawn[view.slug] = (
                kept.draw(view.slug, view.draw, moment, rows, language)
                if kept is not None and view.kept
                else view.draw(rows, language)
            )
        except SQLAlchemyError:
            # Without a database there is no picture at all: whoever asks keeps the last one.
            raise
        except Exception:
            code = secrets.token_hex(3).upper()
            log.exception("view %s/%s failed, code %s", page.slug, view.slug, code)
            drawn[view.slug] = states.panel_error(text(language, view.title), code, language)
    return drawn
