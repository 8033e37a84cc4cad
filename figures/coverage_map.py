"""What the map page draws, as data for `assets/2-scripts/map-drawing.js` (docs/decisions/0027).

Lengths are kilometres in the plane of the page's projection, sizes pixels. What decides how something looks is
worked out in Python; the browser only knows how each form is drawn, and where on the screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from domain.coverage import SHADES, Cluster, CoveragePicture, shade
from domain.map import KM_PER_DEGREE, Point, Shape, step
from domain.map_layers import SiteLayers
from domain.map_page import Layer, MapPage, mark
from domain.overview import PlaceRef
from domain.site_groups import lists_towns

DIGITS = 3
"""Metres are the finest the map can show."""


@dataclass(frozen=True, slots=True)
class Words:
    """The page in the reader's language. `value` is a site's figure in a layer and what stands beside it, `share` how
    much of its limit that is (0 to 1 and beyond; None where there is no limit), `town` the line below a town's name
    with its state, `heads` what `value` is of; in `km`, `metres` and `sites` stands `{n}` for the number."""

    name: Callable[[PlaceRef], str]
    value: Callable[[SiteLayers, Layer], tuple[str, str]]
    share: Callable[[SiteLayers, Layer], float | None]
    town: Callable[[Shape, Sequence[SiteLayers], Layer], tuple[str, str]]
    cell: Callable[[int], str]
    cluster: Callable[[Cluster], str]
    heads: Callable[[Layer], tuple[str, str]]
    km: str
    metres: str
    sites: str


def map_data(page: MapPage, words: Words) -> dict[str, Any]:
    """The whole page as one object."""
    placed = [row for row in page.layers.rows if row.at is not None]
    towns: dict[str, list[SiteLayers]] = {}
    for row in page.layers.rows:
        towns.setdefault(_town_code(row), []).append(row)
    coverage = page.coverage
    lon, lat = page.origin
    # Seen as a whole, a city is its districts: hundreds of sites joined under one number say nothing.
    by_district = lists_towns(page.layers.place, len(page.layers.rows))
    return {
        "by_district": by_district,
        "first": (Layer.COMPLETION if by_district and coverage is None else Layer.COVERAGE).value,
        "origin": [lon, lat, KM_PER_DEGREE],
        "towns": [_town(shape, towns.get(shape.place.code, ()), words) for shape in page.picture.shapes],
        "reach": [_flat(ring) for ring in coverage.reach] if coverage else [],
        "cells": _cells(coverage, words) if coverage else [],
        "clusters": _clusters(coverage, words) if coverage else [],
        "sites": [_site(row, words) for row in placed],
        "marks": {layer.value: [_mark(row, layer, words) for row in placed] for layer in Layer},
        "heads": {layer.value: words.heads(layer) for layer in Layer},
        "units": {"km": words.km, "m": words.metres, "sites": words.sites},
    }


def _flat(ring: Sequence[Point]) -> list[float]:
    return [round(part, DIGITS) for point in ring for part in point]


def _town(shape: Shape, sites: Sequence[SiteLayers], words: Words) -> dict[str, Any]:
    return {
        "code": shape.place.code,
        "name": words.name(shape.place),
        "rings": [_flat(ring) for ring in shape.rings],
        "step": step(shape.completion),
        "labels": {layer.value: words.town(shape, sites, layer) for layer in Layer},
    }


def _cells(coverage: CoveragePicture, words: Words) -> list[list[Any]]:
    """The uncovered cells of each shade: east, north, half the edge or the outline, what to say of it."""
    shades: list[list[Any]] = [[] for _ in SHADES]
    for cell in coverage.cells:
        strength = shade(cell.persons)
        if strength >= 0:
            size = [_flat(ring) for ring in cell.outline] if cell.outline else cell.half_km
            east, north = cell.at
            shades[strength].append([round(east, DIGITS), round(north, DIGITS), size, words.cell(cell.persons)])
    return shades


def _clusters(coverage: CoveragePicture, words: Words) -> list[list[Any]]:
    return [
        [c.number, round(c.at[0], DIGITS), round(c.at[1], DIGITS), words.cluster(c), c.town.code if c.town else ""]
        for c in coverage.clusters
    ]


def _site(row: SiteLayers, words: Words) -> list[Any]:
    """Code, name, its town's code, east, north, diameter of a dot whose area grows with the persons expected."""
    assert row.at is not None
    size = round(4 + sqrt(row.target or 0) / 16, 1)
    return [row.place.code, words.name(row.place), _town_code(row), row.at[0], row.at[1], size]


def _town_code(row: SiteLayers) -> str:
    """Of the site's town; a site right below the district has none."""
    return row.town.code if row.town else ""


def _mark(row: SiteLayers, layer: Layer, words: Words) -> list[Any]:
    """Form, step of the fill, figure, what stands beside it, rank on the list, share of the limit."""
    drawn = mark(row, layer)
    written, beside = words.value(row, layer)
    share = words.share(row, layer)
    return [drawn.form.value, drawn.step, written, beside, drawn.rank, None if share is None else round(share, 3)]
