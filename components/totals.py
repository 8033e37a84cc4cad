"""A campaign of which only one catch-up report per place is known: the places' totals, and nothing by the hour."""

from dash import html
from dash.development.base_component import Component

from components import panel
from components.figure import Of, figure
from components.format import UNKNOWN, count, percent, period
from components.panel import bar
from domain.overview import Child, Hour, Overview
from domain.passport import Figure
from locales import text


def only_catch_up(rows: Overview) -> Hour | None:
    """The one period with reports, where all there is came in one go."""
    reported = [hour for hour in rows.hours if hour.figures.reports]
    if len(reported) != 1:
        return None
    whole = reported[0].figures.catch_up_persons >= reported[0].figures.persons
    return reported[0] if whole or len(rows.hours) == 1 else None


def totals(rows: Overview, only: Hour, language: str) -> Component:
    """Persons per child as bars, positives beside them where they were reported, and what is not known."""
    children = sorted(rows.children, key=lambda child: -child.figures.persons)
    most = max([1, *(child.figures.persons for child in children)])
    note = text(language, "progress.one_report", until=period(only.end, rows.campaign, language))
    return html.Div(
        [
            panel.head(text(language, "progress.totals"), text(language, "unit.persons")),
            html.Div(
                [_line(child, most, language) for child in children],
                className="totals",
                tabIndex="0",
                role="group",
                **{"aria-label": note},
            ),
            html.Div(note, className="foot t12 faint"),
        ],
        className="fill",
    )


def _line(child: Child, most: int, language: str) -> html.Div:
    figures = child.figures
    parts: list[Component] = [
        html.Span(child.place.label(language), className="b ell"),
        bar(figures.persons / most),
        figure(
            count(figures.persons) if figures.reports else UNKNOWN,
            Of(Figure.PERSONS, child.place.code),
            language,
            "r b",
        ),
    ]
    if figures.positives is not None and figures.persons:
        share = percent(figures.positives / figures.persons, 2)
        positives = text(language, "progress.positives", count=count(figures.positives))
        of = Of(Figure.POSITIVES, child.place.code)
        parts.append(figure(f"{positives} ({share})", of, language, "r mut t12"))
    return html.Div(parts, className="total")
