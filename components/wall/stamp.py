"""The foot of every scene: as of when, how much of it is verified, how many sites it rests on."""

from dash import html
from dash.development.base_component import Component

from components.format import count, period, when
from components.icons import icon
from components.wall.words import called
from domain.overview import Overview
from domain.places import Level
from domain.wall import Chain
from locales import text

TOLD = 3
"""Reminded places that are named."""


def stamp(rows: Overview, language: str) -> Component:
    """The as-of stamp."""
    if rows.data_until is None:
        return html.Div(html.Span(text(language, "stamp.no_data")), className="w-stamp")
    until = when(rows.data_until, rows.campaign, language)
    parts: list[Component] = [html.Span([text(language, "stamp.until"), " ", html.B(until)])]
    if rows.towns and rows.place.level in (Level.CITY, Level.DISTRICT):
        done = rows.towns_verified >= rows.towns
        verified = html.B(f"{rows.towns_verified}/{rows.towns}")
        parts.append(
            html.Span([icon("ok", "ok") if done else icon("sub"), " ", verified, " ",
                       text(language, "stamp.verified")])
        )  # fmt: skip
    if rows.sites_expected:
        reported = html.B(f"{count(rows.sites_reported)}/{count(rows.sites_expected)}")
        parts.append(html.Span([reported, " ", text(language, "stamp.reported")]))
    return html.Div(parts, className="w-stamp")


def late_note(rows: Chain, language: str) -> str:
    """Beside the strip that says the data are old: how far the hour is that is due, and who was reminded of it."""
    seen = rows.overview
    if rows.end is None:
        return ""
    hour = period(rows.end, seen.campaign, language)
    said = text(language, "wall.late_note", hour=hour, done=count(rows.reported), count=count(rows.expected))
    told = [called(row.child.place, rows.names, language) for row in rows.rows if any(one.told for one in row.owes)]
    if not told:
        return said
    reminded = text(language, "wall.reminded", places=text(language, "format.list").join(told[:TOLD]))
    return text(language, "wall.comma").join((said, reminded))
