"""The panel that answers "how far": the place's curve, and its children's gaps to plan beside it."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.format import UNKNOWN, count, day, percent, signed, when
from components.gap import gap_pp
from components.matrix import ranked
from components.names import short_name
from components.totals import only_catch_up, totals
from domain.overview import Child, Overview
from figures import progress as figures
from locales import text

LONG_NAME = 72
"""Pixels a name may have beside its gap where cells stand four in a row."""


def progress(rows: Overview, language: str) -> Component:
    """Curve and gaps; without a target the curve in persons; for a campaign known from one catch-up report only,
    the places' totals, because nobody knows when in its hours the persons came."""
    title = text(language, "progress.title")
    if not rows.figures.reports and not rows.target:
        return html.Div([panel.head(title), states.no_data(language)], className="fill")
    only = only_catch_up(rows)
    if only is not None and rows.target is None:
        return totals(rows, only, language)
    children = [child for child in ranked(rows) if any(gap is not None for gap in child.gaps)]
    parts: list[Component] = [_curve(rows, language)]
    if rows.target and children and rows.last_period is not None:
        parts.append(_gaps(rows, children, language))
    note = text(language, "progress.note" if len(parts) > 1 else "progress.note_alone")
    return html.Div(
        [
            panel.head(
                title, note if rows.target else text(language, "progress.note_persons"), [_key(rows, language)]
            ),
            html.Div(parts, className="sm" if len(parts) > 1 else "sm sm-alone"),
        ],
        className="fill",
    )


def _key(rows: Overview, language: str) -> html.Span:
    entries = [("line", text(language, "key.actual"))]
    if rows.forecast and not rows.stale:
        entries.append(("forecast", text(language, "key.forecast")))
    if rows.target:
        entries.append(("plan", text(language, "key.plan")))
    return panel.key(*entries)


def _curve(rows: Overview, language: str) -> html.Div:
    heading: list[Component | str] = [
        html.Span(
            [
                html.B(short_name(rows.place, language), className="ell"),
                " ",
                html.B(_so_far(rows), className="data"),
            ]
        )
    ]
    if rows.gap_pp is not None:
        heading.append(gap_pp(rows.gap_pp, rows.severity, text(language, "unit.points")))
    return html.Div([html.Div(heading, className="h"), curve(rows, language)], className="cell")


def curve(rows: Overview, language: str) -> html.Div:
    """The place's persons so far by hour, against its plan."""

    def date(moment: datetime) -> str:
        return day(moment, rows.campaign.zone, language)

    finish = rows.expected_finish
    words = figures.Words(
        actual=text(language, "key.actual"),
        plan=text(language, "key.plan"),
        forecast=text(language, "key.forecast"),
        finish=when(finish.p50, rows.campaign, language) if finish else "",
    )
    return panel.chart(figures.cumulative(rows, words, date), _sentence(rows, language))


def _so_far(rows: Overview) -> str:
    if not rows.figures.reports:
        return UNKNOWN
    return percent(rows.completion) if rows.target else count(rows.figures.persons)


def _sentence(rows: Overview, language: str) -> str:
    if rows.data_until is None:
        return text(language, "stamp.no_data")
    facts = {
        "place": rows.place.label(language),
        "until": when(rows.data_until, rows.campaign, language),
        "persons": count(rows.figures.persons),
        "completion": percent(rows.completion),
    }
    if rows.target and rows.planned is not None:
        return text(language, "progress.sentence", plan=percent(rows.planned / rows.target), **facts)
    return text(language, "progress.sentence_persons", **facts)


def _gaps(rows: Overview, children: list[Child], language: str) -> html.Div:
    """The children furthest behind, one cell each, all on one scale."""
    names = [short_name(child.place, language) for child in children]
    columns = 4 if all(_width(name) <= LONG_NAME for name in names[:7]) else 2
    shown = children[: 2 * columns - 1]

    def date(moment: datetime) -> str:
        return day(moment, rows.campaign.zone, language)

    heads: list[Component] = [
        html.Div(
            [
                html.B(short_name(child.place, language), title=child.place.label(language)),
                gap_pp(child.gap_pp, child.severity),
            ],
            className="h",
        )
        for child in shown
    ]
    how = [text(language, "progress.how_zero"), text(language, "progress.how_below")]
    if len(children) > len(shown):
        how.append(text(language, "progress.how_more", count=len(children) - len(shown)))
    if len(shown) % columns:
        heads.append(html.Div([html.Div(line) for line in how], className="how"))
    worst = shown[0]
    sentence = text(
        language, "progress.sentence_gaps", place=worst.place.label(language), gap=_gap_text(worst, language)
    )
    return html.Div(
        [
            panel.chart(figures.gap_grid(rows, shown, columns, date), sentence),
            html.Div(
                heads,
                className="heads heads-two" if len(shown) > columns else "heads",
                style={"--columns": str(columns)},
            ),
        ],
        className="cells",
    )


def _width(name: str) -> int:
    """About how wide a bold name of 12 px is: a Chinese character is as wide as high, a Latin one half of it."""
    return sum(12 if ord(character) > 0x2E7F else 7 for character in name)


def _gap_text(child: Child, language: str) -> str:
    """A child's gap in words, for a reader who cannot see the curve."""
    return text(language, "kpi.points", gap=signed(child.gap_pp, 1))
