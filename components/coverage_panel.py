"""Who is covered: the totals of a place, its towns, the day in steps, and the clusters of those who are not."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.coverage_words import away, cluster_name, cluster_town, measure, people, title
from components.format import UNKNOWN, count, percent, short, when
from components.links import href
from components.names import short_name
from components.panel import Part
from domain.coverage import Cluster, CoveragePicture, HourCoverage, TownCoverage
from locales import text

LISTED = 6
"""Clusters listed at a time; which of them, the map's window says (`map.js`)."""


def coverage_panel(picture: CoveragePicture | None, language: str) -> Component:
    """Covered, share and uncovered of the whole place, whatever part of it the map shows."""
    if picture is None:
        return _nothing(text(language, "coverage.plain_title"), language)
    figures = [
        ("covered", *people(picture.covered, language)),
        ("share", percent(picture.share), ""),
        ("uncovered", *people(picture.uncovered, language)),
    ]
    totals = html.Dl(
        [
            html.Div(
                [
                    html.Dt(text(language, f"coverage.{name}")),
                    html.Dd(panel.value(f"coverage-{name}", written, unit)),
                ]
            )
            for name, written, unit in figures
        ],
        className="cov-totals",
    )
    where = text(language, "coverage.of", place=short_name(picture.place, language))
    note = text(language, "format.dot").join([measure(picture, language), where])
    parts: list[Component] = [panel.head(title(picture, language), note), totals]
    notes = _notes(picture, language)
    if notes:
        parts.append(html.Div([html.P(note) for note in notes], className="cov-notes t12 faint"))
    return html.Div(parts, className="fill")


def _notes(picture: CoveragePicture, language: str) -> list[str]:
    """What the totals leave out and what they count twice."""
    said = []
    if picture.people:
        said.append(text(language, "coverage.overlap", share=percent(picture.overlap / picture.people)))
    if picture.unplaced:
        said.append(text(language, "coverage.unplaced", count=count(picture.unplaced)))
    if picture.unknown_cells:
        said.append(text(language, "coverage.unknown_cells", count=count(picture.unknown_cells)))
    return said


def clusters_panel(picture: CoveragePicture | None, language: str) -> Component:
    """Where most people are without a site. Every cluster is here, hidden until the map's window holds it; without a
    map the greatest stay."""
    heading = text(language, "clusters.title")
    if picture is None:
        return _nothing(heading, language)
    head = panel.head(heading, text(language, "clusters.note"))
    if not picture.clusters:
        message = states.message("ok", "ok", text(language, "clusters.none"))
        return html.Div([head, message], className="fill")
    heads = html.Div(
        [
            html.Span(text(language, "clusters.area"), role="columnheader"),
            html.Span(text(language, "clusters.people"), className="r", role="columnheader"),
            html.Span(text(language, "clusters.nearest"), className="r", role="columnheader"),
            html.Span(role="columnheader", **{"aria-label": text(language, "clusters.suggest")}),
        ],
        className="cov-row cov-head",
        role="row",
    )
    rows = [_cluster(cluster, picture, language) for cluster in picture.clusters]
    none = html.Div(
        text(language, "clusters.none_here"), className="cov-none faint t12", hidden=True, **{"data-no-cluster": ""}
    )
    table = html.Div([heads, *rows], className="cov-rows", role="table", **{"aria-label": heading})
    return html.Div([head, html.Div([table, none], className="map-list")], className="fill")


def _cluster(cluster: Cluster, picture: CoveragePicture, language: str) -> html.Div:
    name, town = cluster_name(cluster, language), cluster_town(cluster, language)
    to = href(
        "suggestions",
        campaign=picture.campaign.id,
        place=cluster.town.code if cluster.town is not None else picture.place.code,
        language=language,
        hour=picture.hour,
    )
    nearest: list[Part] = [away(cluster.metres, language)]
    return html.Div(
        [
            html.Span(
                [
                    html.Span(str(cluster.number), className="no"),
                    html.B(name),
                    " ",
                    html.Span(town, className="faint t12"),
                ],
                className="ell",
                role="rowheader",
                title=f"{name} {town}",
            ),
            html.Span(count(cluster.persons), className="r", role="cell"),
            html.Span(
                nearest,
                className="r mut",
                role="cell",
                title=cluster.nearest.label(language) if cluster.nearest is not None else None,
            ),
            html.Span(
                dcc.Link(
                    [
                        text(language, "clusters.suggest"),
                        html.Span(text(language, "clusters.for", area=name), className="visually-hidden"),
                    ],
                    href=to,
                    className="btn",
                ),
                className="r",
                role="cell",
            ),
        ],
        className="cov-row",
        role="row",
        hidden=cluster.number > LISTED,
        **{
            "data-cluster": str(cluster.number),
            "data-x": f"{cluster.at[0]:.3f}",
            "data-y": f"{cluster.at[1]:.3f}",
        },
    )


def towns_panel(picture: CoveragePicture | None, language: str) -> Component:
    """Coverage of every town, the least covered first."""
    heading = text(language, "coverage.towns")
    if picture is None:
        return _nothing(heading, language)
    heads = [
        html.Th(text(language, f"coverage.column.{name}"), scope="col", className="" if name == "town" else "r")
        for name in ("town", "share", "uncovered", "people", "sites")
    ]
    towns = sorted(picture.towns, key=lambda town: (town.share if town.share is not None else 2.0, town.place.code))
    body = [_town(town, picture, language) for town in towns]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb cov-towns")
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": heading})
    return html.Div([panel.head(heading, measure(picture, language)), scroll], className="fill")


def _town(town: TownCoverage, picture: CoveragePicture, language: str) -> html.Tr:
    to = href("map", campaign=picture.campaign.id, place=town.place.code, language=language, hour=picture.hour)
    return html.Tr(
        [
            html.Th(dcc.Link(short_name(town.place, language), href=to), scope="row"),
            html.Td([panel.bar(town.share), html.Span(percent(town.share), className="b")], className="r cov-share"),
            html.Td(short(town.uncovered, language) if town.people else UNKNOWN, className="r"),
            html.Td(short(town.people, language) if town.people else UNKNOWN, className="r mut"),
            html.Td(count(town.sites), className="r mut"),
        ]
    )


def day_panel(picture: CoveragePicture | None, language: str) -> Component:
    """The day in steps: what was covered from which hour on, as sites opened, closed and moved."""
    heading = text(language, "coverage.day")
    if picture is None:
        return _nothing(heading, language)
    heads = [
        html.Th(text(language, f"coverage.column.{name}"), scope="col", className="" if name == "from" else "r")
        for name in ("from", "sites", "share", "uncovered")
    ]
    here = max((step.start for step in picture.hours if step.start <= picture.period_start), default=None)
    body = [_hour(step, step.start == here, picture, language) for step in picture.hours]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb cov-day")
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": heading})
    said = text(language, "coverage.day_same" if len(picture.hours) == 1 else "coverage.day_note")
    return html.Div([panel.head(heading, said), scroll], className="fill")


def _hour(step: HourCoverage, here: bool, picture: CoveragePicture, language: str) -> html.Tr:
    mark: list[Part] = [html.Span(text(language, "coverage.here"), className="chip")] if here else []
    return html.Tr(
        [
            html.Th([when(step.start, picture.campaign, language), " ", *mark], scope="row"),
            html.Td(count(step.sites), className="r"),
            html.Td(percent(step.share), className="r b"),
            html.Td(short(step.people - step.covered, language), className="r"),
        ],
        className="on" if here else "",
    )


def _nothing(heading: str, language: str) -> Component:
    """Without a grid of people there is no coverage; not zero."""
    said = states.message("file", "", text(language, "coverage.no_grid"), text(language, "coverage.no_grid_next"))
    return html.Div([panel.head(heading), said], className="fill")
