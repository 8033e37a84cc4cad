"""The outlines of a campaign's towns as a drawing of its own, for the page before signing in."""

from markupsafe import Markup

from components.context import named
from data.queries.outlines import Land

MARGIN = 2.0
"""Kilometres around the land."""


def svg(land: Land, language: str) -> Markup:
    """The towns with their names, nothing that was counted; nothing at all where no outlines are known."""
    corners = [point for _, _, rings in land.towns for ring in rings for point in ring]
    if not corners:
        return Markup("")
    west, east = min(p[0] for p in corners) - MARGIN, max(p[0] for p in corners) + MARGIN
    south, north = min(p[1] for p in corners) - MARGIN, max(p[1] for p in corners) + MARGIN
    shapes = [Markup('<path d="{}"/>').format(_path(rings)) for _, _, rings in land.towns]
    size = max(east - west, north - south) / 58
    labels = [
        Markup('<text x="{:.2f}" y="{:.2f}" font-size="{:.2f}">{}</text>').format(*_middle(rings), size, name)
        for name, rings in ((named(zh, en, language), rings) for zh, en, rings in land.towns)
    ]
    return Markup('<svg viewBox="{:.2f} {:.2f} {:.2f} {:.2f}" aria-hidden="true">{}{}</svg>').format(
        west, -north, east - west, north - south, Markup("").join(shapes), Markup("").join(labels)
    )


def _path(rings: tuple[tuple[tuple[float, float], ...], ...]) -> str:
    # South is down on a screen.
    return "".join("M" + "L".join(f"{x:.2f} {-y:.2f}" for x, y in ring) + "Z" for ring in rings)


def _middle(rings: tuple[tuple[tuple[float, float], ...], ...]) -> tuple[float, float]:
    """The centre of the largest ring."""
    area, middle = 0.0, (0.0, 0.0)
    for ring in rings:
        cross = [a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)]
        twice = sum(cross)
        if abs(twice) > abs(area):
            pairs = list(zip(ring, (*ring[1:], ring[0]), cross, strict=True))
            area = twice
            middle = (
                sum((a[0] + b[0]) * c for a, b, c in pairs) / (3 * twice),
                -sum((a[1] + b[1]) * c for a, b, c in pairs) / (3 * twice),
            )
    return middle
