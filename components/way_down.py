"""Links to the same page of the places below: where a list of everything would be one that nobody reads."""

from collections.abc import Iterable

from dash import dcc, html

from components.links import href
from components.names import short_name
from domain.overview import Overview, PlaceRef


def way_down(said: str, places: Iterable[PlaceRef], page: str, rows: Overview, language: str) -> html.Div:
    """A sentence and one link for each place."""
    links = [
        dcc.Link(
            short_name(place, language),
            href=href(page, campaign=rows.campaign.id, place=place.code, language=language, hour=rows.hour),
            className="more",
        )
        for place in places
    ]
    return html.Div([html.Span(said, className="mut"), *links], className="way-down t12")
