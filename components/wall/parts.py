"""Parts that several scenes share."""

from collections.abc import Sequence
from typing import TypeAlias

from dash import html
from dash.development.base_component import Component

from components.format import percent
from components.icons import icon
from components.wall.words import called
from domain.overview import Child, Overview
from domain.places import Level
from domain.status import Severity
from domain.wall import MOST, Names, behind_first
from locales import text

Parts: TypeAlias = Component | str | Sequence[Component | str]

BAD = (Severity.WARN, Severity.CRIT)


def lab(said: Parts, extra: str = "") -> html.Div:
    """A label: the smallest text of a wall."""
    return html.Div(said, className=f"lab {extra}".strip())


def small(said: Parts, extra: str = "") -> html.Span:
    """A label within a line."""
    return html.Span(said, className=f"lab {extra}".strip())


def bar(share: float | None, mark: float | None, extra: str = "") -> html.Div:
    """A bar of a share with the tick of the plan."""
    parts = [html.I(style={"width": f"{min(1.0, max(0.0, share or 0.0)):.2%}"})]
    if mark is not None:
        parts.append(html.U(style={"left": f"{min(1.0, max(0.0, mark)):.2%}"}))
    return html.Div(parts, className=f"wb {extra}".strip(), **{"aria-hidden": "true"})


def none(said: str) -> html.Div:
    """A scene that has nothing to draw says so in its place."""
    return html.Div([icon("ok", "ok"), html.Span(said)], className="w-none")


def beyond(rows: Overview, language: str) -> str:
    """That there are more places than rows; empty where there are not."""
    more = len(rows.children) - MOST
    return text(language, "wall.more_places", count=more) if more > 0 else ""


def towns(rows: Overview, names: Names | None, language: str) -> html.Div:
    """The places below with their completion, those furthest behind first."""
    most = max([1, *(child.figures.persons for child in rows.children)])
    sites = rows.children and rows.children[0].place.level is Level.SITE
    lines = [_town(child, most, names, language) for child in behind_first(rows.children)]
    return html.Div(lines, className="trs by-site" if sites else "trs")


def _town(child: Child, most: int, names: Names | None, language: str) -> html.Div:
    share = child.completion if child.target else child.figures.persons / most
    plan = child.planned / child.target if child.planned is not None and child.target else None
    state = child.severity if child.severity in BAD else None
    reported = bool(child.figures.reports)
    value = percent(child.completion, 0) if child.target else f"{child.figures.persons:,}"
    return html.Div(
        [
            html.Span(called(child.place, names, language), className="nm"),
            bar(share if reported else None, plan, "thin"),
            html.Span(
                [*([icon(state), " "] if state else []), value if reported else "—"],
                className=f"p num {state or ''}".strip(),
            ),
        ],
        className="tr",
    )
