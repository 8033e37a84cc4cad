"""The panel of bars per period."""

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.format import brief, count, hour, hour_named, period, period_day, spans_days, when
from components.totals import only_catch_up
from domain.overview import Hour, Overview
from domain.places import Level
from figures.hours import bars
from locales import text


def hours(rows: Overview, language: str) -> Component:
    """Persons per period against plan."""
    title = text(language, "hours.title")
    if not any(h.plan or h.figures.reports for h in rows.hours):
        return html.Div([panel.head(title), states.no_data(language)], className="fill")
    only = only_catch_up(rows)
    if only is not None and rows.target is None:
        came = text(
            language,
            "hours.catch_up_only_next",
            persons=count(only.figures.persons),
            until=when(only.end, rows.campaign, language),
        )
        empty = states.message("late", "", text(language, "hours.catch_up_only"), came)
        return html.Div([panel.head(title), empty], className="fill")
    last = rows.hours[-1].period
    several_days = spans_days(rows.campaign)

    def period_label(h: Hour) -> str:
        return period(h.end, rows.campaign, language)

    def tick_label(h: Hour) -> str:
        name = hour(h.end, rows.campaign)
        return hour_named(name, language) if h.period == last and not several_days else name

    def day_label(h: Hour) -> str:
        return period_day(h.end, rows.campaign, language) if several_days else ""

    def value_label(persons: int) -> str:
        return brief(persons, language)

    words = {
        "persons": text(language, "key.persons"),
        "catch_up": text(language, "key.catch_up"),
        "plan": text(language, "key.plan"),
    }
    entries = [("bar", text(language, "key.actual"))]
    if any(h.figures.catch_up_persons for h in rows.hours):
        entries.append(("pattern", text(language, "key.catch_up")))
    if rows.target:
        entries.append(("stroke", text(language, "key.plan")))
    roomy = rows.place.level is Level.SITE
    figure = bars(rows, period_label, tick_label, day_label, value_label, words, roomy)
    return html.Div(
        [
            panel.head(title, text(language, "unit.persons"), [panel.key(*entries)]),
            panel.chart(figure, _sentence(rows, language)),
        ],
        className="fill",
    )


def _sentence(rows: Overview, language: str) -> str:
    last = rows.last_hour
    if last is None:
        return text(language, "stamp.no_data")
    best = max(rows.hours, key=lambda h: h.figures.persons)
    return text(
        language,
        "hours.sentence",
        period=period(last.end, rows.campaign, language),
        persons=count(last.figures.persons),
        best=when(best.end, rows.campaign, language),
        most=count(best.figures.persons),
    )
