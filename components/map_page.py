"""The map of the map page: the picture with what stands over it, and the list of the worst sites in its window.

`assets/2-scripts/map.js` draws both from one object (`figures.coverage_map`) and follows the reader's window."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import orjson
from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.coverage_words import cluster_name
from components.format import UNKNOWN, count, duration, percent, short
from components.icons import icon
from components.names import short_name
from domain.coverage import SHADES, Cluster, CoveragePicture
from domain.map import Shape
from domain.map_layers import SiteLayers
from domain.map_page import Form, Layer, MapPage, town_figures
from domain.overview import PlaceRef
from domain.site_groups import lists_towns
from domain.status import Severity
from figures.coverage_map import Words, map_data
from locales import text

KEYS: dict[Layer, tuple[Form, ...]] = {
    Layer.LOAD: (Form.DOT, Form.WARN, Form.CRIT, Form.UNKNOWN),
    Layer.COMPLETION: (Form.FILL_WARN, Form.FILL_CRIT, Form.MISSING),
    Layer.REPORTS: (Form.DOT, Form.LATE, Form.ZERO, Form.RETURNED, Form.MISSING, Form.CLOSED, Form.UNKNOWN),
    Layer.QUEUE: (Form.DOT, Form.WARN, Form.CRIT, Form.UNKNOWN),
    Layer.TUBES: (Form.DOT, Form.WARN, Form.CRIT, Form.UNKNOWN),
    Layer.PROBLEMS: (Form.DOT, Form.WARN, Form.CRIT),
}
"""What the key of a layer explains."""

TO_WARN = {Severity.WARN: "▲ ", Severity.CRIT: "◆ "}


def map_panel(page: MapPage, language: str) -> Component:
    """The map with its switches, key, locator and scale, or why there is none."""
    if not page.picture.shapes and not page.picture.dots:
        missing = text(language, "map.none", count=len(page.layers.unplaced))
        return html.Div(
            [
                panel.head(text(language, "map_page.title")),
                states.message("pin", "", missing, text(language, "map.none_next")),
            ]
        )
    data = map_data(page, _words(page, language))
    stage = html.Div(
        className="map-stage map",
        tabIndex="0",
        role="application",
        **{
            "data-map": orjson.dumps(data).decode(),
            "aria-label": _sentence(page, language),
            "aria-roledescription": text(language, "map_page.role"),
            "aria-keyshortcuts": "+ - 0 ArrowUp ArrowDown ArrowLeft ArrowRight",
        },
    )
    over: list[Component] = [
        _switches(page, language),
        html.Div(className="map-locator", title=text(language, "map_page.locator")),
        _zoom(language),
        html.Div([html.I(), html.Span()], className="map-scale"),
        html.Div(className="map-tip", hidden=True),
    ]
    return html.Div(
        [
            html.Div([stage, *over], className="map-view"),
            html.Div([_key(page, layer, language) for layer in Layer], className="map-legend"),
            html.Div(_notes(page, language), className="map-note"),
        ],
        className="fill map-place",
    )


def worst_panel(page: MapPage, language: str) -> Component:
    """Heads and columns of the list of the worst, one per layer; the rows follow the map's window."""
    return html.Div([_worst(page, layer, language) for layer in Layer], className="fill")


def _worst(page: MapPage, layer: Layer, language: str) -> html.Div:
    topic = _topic(layer)
    limit = _limit(page, layer)
    tick = text(language, "map_page.limit", limit=count(limit)) if limit else ""
    heads = _heads(layer, language)
    return html.Div(
        [
            panel.head(text(language, f"map_page.worst_{topic}"), text(language, f"map_page.worst_{topic}_note")),
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(text(language, "map_page.site")),
                            html.Span([html.U(), tick] if tick else "", className="tick"),
                            html.Span(heads[0], className="r"),
                            html.Span(heads[1], className="r"),
                        ],
                        className="map-row map-head",
                    ),
                    html.Div(
                        className="map-worst",
                        **{"data-empty": text(language, f"map_page.worst_{topic}_empty")},
                    ),
                ],
                className="map-list" if limit or layer is Layer.COMPLETION else "map-list map-plain",
            ),
        ],
        className="fill",
        hidden=layer is not Layer.COVERAGE,
        **{"data-of": layer.value},
    )


def _topic(layer: Layer) -> str:
    """Beside coverage stands who has too many people for its lanes."""
    return Layer.LOAD if layer is Layer.COVERAGE else layer


def _heads(layer: Layer, language: str) -> tuple[str, str]:
    topic = _topic(layer)
    return text(language, f"map_page.value_{topic}"), text(language, f"map_page.beside_{topic}")


def _limit(page: MapPage, layer: Layer) -> float:
    """The limit of a layer's figure; 0 where there is none."""
    limits = page.layers.campaign.limits
    if layer is Layer.QUEUE:
        return limits.queue_minutes
    return limits.lane_hour if _topic(layer) is Layer.LOAD else 0


def _words(page: MapPage, language: str) -> Words:
    def share(site: SiteLayers, layer: Layer) -> float | None:
        if layer is Layer.COMPLETION:
            return site.completion
        value = site.queue_minutes if layer is Layer.QUEUE else site.load
        limit = _limit(page, layer)
        return value / limit if limit and value is not None else None

    return Words(
        name=lambda place: place.label(language),
        value=lambda site, layer: _value(site, layer, language),
        share=share,
        town=lambda shape, sites, layer: _town_line(page, shape, sites, layer, language),
        cell=lambda persons: text(language, "map_page.cell", persons=count(persons)),
        cluster=lambda cluster: _cluster(cluster, language),
        heads=lambda layer: _heads(layer, language),
        km=text(language, "map_page.km", n="{n}"),
        metres=text(language, "map_page.metres", n="{n}"),
        sites=text(language, "map_page.sites", n="{n}"),
    )


def _value(site: SiteLayers, layer: Layer, language: str) -> tuple[str, str]:
    """The site's figure in a layer and what stands beside it."""
    if layer is Layer.COMPLETION:
        return percent(site.completion), count(site.persons)
    if layer is Layer.REPORTS:
        return text(language, f"duty.state.{site.state}"), ""
    if layer is Layer.QUEUE:
        return count(site.queue_minutes), count(site.lanes)
    if layer is Layer.TUBES:
        oldest = site.oldest_minutes
        waited = duration(timedelta(minutes=oldest), language) if oldest is not None else UNKNOWN
        return waited, count(site.waiting)
    if layer is Layer.PROBLEMS:
        return count(site.problems), count(site.overdue)
    return count(site.load), count(site.lanes)


def _cluster(cluster: Cluster, language: str) -> str:
    return text(language, "map_page.cluster", name=cluster_name(cluster, language), persons=count(cluster.persons))


def _town_line(
    page: MapPage, shape: Shape, sites: Sequence[SiteLayers], layer: Layer, language: str
) -> tuple[str, str]:
    """What stands below a town's name, and the class of its state."""
    if layer is Layer.COVERAGE:
        found = _town_coverage(page.coverage, shape.place)
        return (text(language, "map_page.town_coverage", share=percent(found)) if found is not None else "", "")
    if layer is Layer.COMPLETION:
        severity = shape.severity if shape.severity in TO_WARN else None
        mark = TO_WARN[severity] if severity else ""
        return (f"{mark}{percent(shape.completion)}" if shape.completion is not None else "", severity or "")
    figures = town_figures(sites)
    value = {
        Layer.LOAD: figures.load,
        Layer.REPORTS: figures.missing,
        Layer.QUEUE: figures.queue,
        Layer.TUBES: figures.waiting,
        Layer.PROBLEMS: figures.problems,
    }[layer]
    return (text(language, f"map_page.town_{layer}", n=count(value)) if value is not None else "", "")


def _town_coverage(coverage: CoveragePicture | None, place: PlaceRef) -> float | None:
    if coverage is None:
        return None
    if coverage.place.code == place.code:
        return coverage.share
    return next((town.share for town in coverage.towns if town.place.code == place.code), None)


def _sentence(page: MapPage, language: str) -> str:
    """What a screen reader hears of the picture."""
    rows = page.layers.rows
    share = page.coverage.share if page.coverage else None
    return text(
        language,
        "map_page.sentence",
        place=page.layers.place.label(language),
        sites=count(len(rows) - len(page.layers.unplaced)),
        share=percent(share),
        missing=count(sum(row.missing for row in rows)),
    )


def _switches(page: MapPage, language: str) -> html.Div:
    layers = [
        html.Button(
            text(language, f"map_page.layer_{layer}"),
            type="button",
            className="on" if layer is Layer.COVERAGE else "",
            **{"data-layer": layer.value, "aria-pressed": str(layer is Layer.COVERAGE).lower()},
        )
        for layer in Layer
    ]
    towns = [(shape.place.code, short_name(shape.place, language)) for shape in page.picture.shapes]
    whole = "way_down.whole_city" if lists_towns(page.layers.place, len(page.layers.rows)) else "map_page.whole"
    windows = [
        html.Button(
            name,
            type="button",
            className="" if code else "on",
            **{"data-window": code, "aria-pressed": str(not code).lower()},
        )
        for code, name in (("", text(language, whole)), *towns)
    ]
    groups = [("layers", layers)]
    if len(towns) > 1:
        groups.append(("windows", windows))
    return html.Div(
        [
            html.Span(buttons, className="seg", role="group", **{"aria-label": text(language, f"map_page.{name}")})
            for name, buttons in groups
        ],
        className="map-switches",
    )


def _zoom(language: str) -> html.Div:
    steps: tuple[tuple[str, panel.Part], ...] = (("in", "+"), ("out", "−"), ("fit", icon("fit")))
    return html.Div(
        [
            html.Button(
                sign,
                type="button",
                title=text(language, f"map_page.zoom_{step}"),
                **{"data-zoom": step, "aria-label": text(language, f"map_page.zoom_{step}")},
            )
            for step, sign in steps
        ],
        className="seg map-zoom",
        role="group",
        **{"aria-label": text(language, "map_page.zoom")},
    )


def _form(form: str, letter: str = "") -> html.I:
    """A place for the drawing of a form: the key and the map cannot differ."""
    return html.I(className="map-form", **{"data-form": form, "data-letter": letter, "aria-hidden": "true"})


def _key(page: MapPage, layer: Layer, language: str) -> html.Div:
    if layer is Layer.COVERAGE:
        lines = _coverage_key(page, language)
    else:
        lines = [[html.Span([_form(form), text(language, _key_word(layer, form))]) for form in KEYS[layer]]]
        if layer is Layer.COMPLETION:
            steps = [
                html.Span([html.I(className=f"step seq{i}"), html.Span(label, className="faint")])
                for i, label in enumerate(("<40", "40", "55", "70", "85%"), start=1)
            ]
            lines.insert(0, [html.Span(text(language, "map.completion"), className="mut"), *steps])
        lines.append([html.Span(text(language, "map.size"), className="faint")])
    return html.Div(
        [html.Div(line) for line in lines], hidden=layer is not Layer.COVERAGE, **{"data-of": layer.value}
    )


def _key_word(layer: Layer, form: Form) -> str:
    if layer is Layer.REPORTS:
        return {
            Form.DOT: "duty.state.on_time",
            Form.LATE: "duty.state.late",
            Form.ZERO: "duty.state.zero",
            Form.RETURNED: "duty.state.returned",
            Form.MISSING: "duty.state.missing",
            Form.CLOSED: "duty.state.closed",
        }.get(form, "duty.state.not_due")
    if form is Form.MISSING:
        return "duty.state.missing"
    if layer is Layer.PROBLEMS and form is Form.DOT:
        return "map_page.no_problems"
    return {
        Form.DOT: "severity.ok",
        Form.WARN: "severity.warn",
        Form.FILL_WARN: "severity.warn",
        Form.CRIT: "severity.crit",
        Form.FILL_CRIT: "severity.crit",
    }.get(form, "map_page.unknown")


def _coverage_key(page: MapPage, language: str) -> list[list[Component]]:
    limits = page.layers.campaign.limits
    metres = page.coverage.metres if page.coverage else limits.walk_metres
    over = [html.Span([_form(Form.CRIT, "A"), text(language, "map_page.key_over", limit=count(limits.lane_hour))])]
    lines: list[list[Component]] = [
        [html.Span([_form("reach"), text(language, "map_page.key_reach", metres=count(metres))])]
    ]
    if page.coverage:
        bounds = [*(f"{low}–{high - 1}" for low, high in pairwise(SHADES)), f"≥{SHADES[-1]}"]
        shades = [html.Span([html.I(className=f"shade shade{i}"), word]) for i, word in enumerate(bounds)]
        lines.append([html.Span([_form("cell"), text(language, "map_page.key_cells")]), *shades])
        over.append(html.Span([_form("number", "1"), text(language, "map_page.key_cluster")]))
    return [*lines, over if limits.lane_hour else over[1:]]


def _notes(page: MapPage, language: str) -> list[Component]:
    """What the picture is not: outlines that are approximate, people who were not counted."""
    notes: list[Component] = []
    if page.picture.approximate:
        notes.append(html.Div(text(language, "map_page.approximate"), title=page.picture.source))
    coverage = page.coverage
    if coverage is not None:
        words = "map_page.people_synthetic" if coverage.synthetic else "map_page.people"
        total = short(coverage.people, language)
        notes.append(html.Div(text(language, words, source=coverage.source, total=total), title=coverage.source))
    notes.append(html.Div(className="map-credit"))
    return notes
