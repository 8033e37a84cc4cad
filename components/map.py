"""The map panel: the picture, its key, and the sites it cannot place."""

from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.format import count, percent, signed
from components.icons import icon
from components.links import href, place_href
from domain.map import Dot, MapPicture, Shape
from domain.status import Severity
from figures import theme
from figures.map import Words, site_map
from locales import text

NAMED = 3
"""Unplaced sites called by name; the others are counted."""


def site_map_panel(picture: MapPicture, language: str) -> Component:
    """The map of a place's sites, or why there is none."""
    title = text(language, "map.title")
    if not picture.dots and (picture.unplaced or not picture.shapes):
        missing = text(language, "map.none", count=len(picture.unplaced))
        return html.Div([panel.head(title), states.message("pin", "", missing, text(language, "map.none_next"))])
    figure = site_map(
        picture,
        Words(
            label=lambda shape: _label(shape, language),
            place=lambda shape: _place(shape, language),
            into=lambda shape: href(
                "overview", campaign=picture.campaign, place=shape.place.code, language=language, hour=picture.hour
            ),
            hover=lambda dot: _hover(dot, language),
            link=lambda dot: place_href(
                dot.place.code, True, campaign=picture.campaign, language=language, hour=picture.hour
            ),
            core=text(language, "map.core"),
            km=lambda length: text(language, "map.km", km=length),
        ),
    )
    counts = {severity: sum(dot.worst is severity for dot in picture.dots) for severity in Severity}
    missing_count = sum(dot.missing for dot in picture.dots)
    sentence = text(
        language,
        "map.sentence",
        sites=len(picture.dots),
        crit=counts[Severity.CRIT],
        warn=counts[Severity.WARN],
        missing=missing_count,
    )
    if not picture.dots:
        sentence = text(language, "map.places", places=len(picture.shapes))
    graph = dcc.Graph(figure=figure, config=theme.CONFIG, responsive=True, className="graph map")
    return html.Div(
        [
            panel.head(title, text(language, "map.note" if picture.dots else "map.note_places")),
            html.Div(graph, role="img", className="chart map-box", **{"aria-label": sentence}),
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(text(language, "map.completion"), className="mut"),
                            *(
                                html.Span([html.I(className=f"step seq{i}"), html.Span(label, className="faint")])
                                for i, label in enumerate(("<40", "40", "55", "70", "85%"), start=1)
                            ),
                        ],
                        className="map-ramp",
                    ),
                    *([_marks_key(counts, missing_count, language)] if picture.dots else []),
                    *_notes(picture, language),
                ],
                className="map-key",
            ),
        ],
        className="fill",
    )  # fmt: skip


def _marks_key(counts: Mapping[Severity, int], missing: int, language: str) -> html.Div:
    return html.Div(
        [
            _mark("◇", "crit", text(language, "map.crit", n=counts[Severity.CRIT])),
            _mark("△", "warn", text(language, "map.warn", n=counts[Severity.WARN])),
            _mark("ⓧ", "mut", text(language, "map.missing", n=missing)),
            html.Span(text(language, "map.size"), className="faint"),
        ],
        className="map-marks",
    )


def _mark(shape: str, colour: str, words: str) -> html.Span:
    return html.Span([html.Span(shape, **{"aria-hidden": "true"}), f" {words}"], className=colour)


def _notes(picture: MapPicture, language: str) -> list[Component]:
    notes: list[Component] = []
    if picture.unplaced:
        names = text(language, "format.list").join(place.label(language) for place in picture.unplaced[:NAMED])
        note = text(language, "map.unplaced", count=len(picture.unplaced), names=names)
        notes.append(html.Div([icon("pin"), note], className="t12 mut"))
    if picture.approximate:
        notes.append(html.Div(text(language, "map.approximate", source=picture.source), className="t12 faint"))
    return notes


def _label(shape: Shape, language: str) -> str:
    mark = {Severity.CRIT: "◆ ", Severity.WARN: "▲ "}.get(shape.severity, "") if shape.severity else ""
    done = f"<br>{mark}{percent(shape.completion)}" if shape.completion is not None else ""
    return f"<b>{shape.place.label(language)}</b>{done}"


def _place(shape: Shape, language: str) -> str:
    return text(language, "map.hover_place", name=shape.place.label(language), completion=percent(shape.completion),
                gap=text(language, "kpi.points", gap=signed(shape.gap_pp, 1)))  # fmt: skip


def _hover(dot: Dot, language: str) -> str:
    name = dot.place.label(language)
    if dot.missing:
        return text(language, "map.hover_missing", name=name, persons=count(dot.persons))
    return text(language, "map.hover", name=name, persons=count(dot.persons), target=count(dot.target),
                completion=percent(dot.completion))  # fmt: skip
