"""The map of sites (design, section 8): outlines and points as plain lines and marks, in kilometres, without tiles.

Size is persons expected, fill completion, the outer mark a finding, a crossed ring a report that is owed. A dense
core gets a larger window in the emptiest corner; its sites are then small dots on the map itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import hypot, sqrt
from typing import Any

from domain.map import Dot, MapPicture, Point, Shape, step
from domain.status import Severity
from figures import theme

Figure = dict[str, Any]

LAND, LAND_LINE = "@land", "@land-line"
WARN, CRIT = "@warn-mark", "@crit-mark"
CORE = 40
"""From this many sites within a window on, the core is drawn larger."""

ROOMY = 200
"""Sites that have room for marks of full size; of more each takes less, so that all of them take no more."""

CORE_HALF_KM = 4.4
INSET_WIDTH, INSET_HEIGHT = 0.56, 0.32
"""Room for the window, in shares of the map's."""

LABEL_MAP, LABEL_HEIGHT = (290, 540), 34
"""Pixels of the smallest map labels have to fit on, and of a label of two lines."""

LABEL_STEPS = 5
"""Places tried for a label in each direction from the middle of its shape."""

Rings = tuple[tuple[Point, ...], ...]
Label = Callable[[Shape], str]
Hover = Callable[[Dot], str]


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the plane that is drawn, km."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, at: Point) -> bool:
        return self.west <= at[0] <= self.east and self.south <= at[1] <= self.north

    def meets(self, other: "Frame") -> bool:
        apart = self.east < other.west or other.east < self.west or self.north < other.south
        return not (apart or other.north < self.south)


@dataclass(frozen=True, slots=True)
class Words:
    """What the map says in the reader's language: a shape's label, its hover and where a click on it leads, the same
    of a site, the window, the scale."""

    label: Label
    place: Label
    into: Label
    hover: Hover
    link: Hover
    core: str
    km: Callable[[int], str]


def fill(completion: float | None) -> str:
    """The token of a point's fill."""
    return f"@seq{step(completion)}"


def site_map(picture: MapPicture, words: Words) -> Figure:
    """The whole map as one figure."""
    frame = _frame(picture)
    core = _core(picture.dots)
    small = [dot for dot in picture.dots if core and core.holds(dot.at)]
    large = [dot for dot in picture.dots if not (core and core.holds(dot.at))]
    traces = [_outline(shape, not picture.dots) for shape in picture.shapes]
    if small:
        traces.append(_specks(small))
    fine = min(1.0, sqrt(ROOMY / max(1, len(picture.dots))))
    traces += _marks(large, words, fine)
    shapes: list[Figure] = scale_bar(frame)
    right, top = _emptiest_corner(picture, frame)
    notes: list[Figure] = _labels(picture, frame, _corner(frame, right, top) if core else None, words)
    if not picture.dots:
        traces.append(_ways_in(picture.shapes, notes, words))
    notes.append(scale_label(frame, words.km))
    layout = theme.layout(
        hovermode="closest",
        margin={"l": 2, "r": 2, "t": 4, "b": 6},
        xaxis=theme.axis(showticklabels=False, range=[frame.west, frame.east], constrain="domain"),
        yaxis=theme.axis(showticklabels=False, range=[frame.south, frame.north], scaleanchor="x", constrain="domain"),
    )
    if core is not None:
        across = [1 - INSET_WIDTH, 1.0] if right else [0.0, INSET_WIDTH]
        upward = [1 - INSET_HEIGHT, 1.0] if top else [0.0, INSET_HEIGHT]
        inside = {"xaxis": "x2", "yaxis": "y2"}
        traces += [{**_outline(shape, shaded=False), **inside} for shape in picture.shapes]
        traces += [{**trace, **inside} for trace in _marks(small, words, 1.25 * fine)]
        hidden = {"showticklabels": False, "constrain": "domain"}
        layout["xaxis2"] = theme.axis(range=[core.west, core.east], domain=across, anchor="y2", **hidden)
        layout["xaxis2"]["constraintoward"] = "right" if right else "left"
        layout["yaxis2"] = theme.axis(range=[core.south, core.north], domain=upward, anchor="x2", **hidden)
        layout["yaxis2"] |= {"scaleanchor": "x2", "constraintoward": "top" if top else "bottom"}
        edge = {"color": theme.CURSOR, "width": 1}
        shapes.append(
            {"type": "rect", "x0": core.west, "x1": core.east, "y0": core.south, "y1": core.north, "line": edge}
        )
        whole = {"xref": "x2 domain", "yref": "y2 domain", "x0": 0, "x1": 1, "y0": 0, "y1": 1}
        shapes.append({"type": "rect", **whole, "line": edge, "fillcolor": theme.SURFACE, "layer": "below"})
        notes.append(
            {"xref": "x2 domain", "yref": "y2 domain", "x": 1, "y": 0 if top else 1, "text": words.core}
            | {"xanchor": "right", "yanchor": "top" if top else "bottom", "showarrow": False}
        )
    layout["shapes"], layout["annotations"] = shapes, notes
    return {"data": traces, "layout": layout}


def _frame(picture: MapPicture) -> Frame:
    points = [p for shape in picture.shapes for ring in shape.rings for p in ring] or [d.at for d in picture.dots]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    margin = max(max(xs) - min(xs), max(ys) - min(ys), 1.0) * 0.03
    return Frame(min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)


def _core(dots: Sequence[Dot]) -> Frame | None:
    """The window around the site that has most others near it, when they are many."""

    return _core_of(tuple(dot.at for dot in dots))


@lru_cache(maxsize=64)
def _core_of(points: tuple[tuple[float, float], ...]) -> Frame | None:
    # Sites stay where they are from one picture to the next.
    half = CORE_HALF_KM
    near = [sum(abs(x - u) <= half and abs(y - v) <= half for u, v in points) for x, y in points]
    most = max(near, default=0)
    if not CORE <= most < len(points):
        return None
    x, y = points[near.index(most)]
    return Frame(x - half, y - half, x + half, y + half)


def _emptiest_corner(picture: MapPicture, frame: Frame) -> tuple[bool, bool]:
    """(right, top) of the corner in which the fewest sites and corners of outlines lie."""
    points = [dot.at for dot in picture.dots] + [p for shape in picture.shapes for ring in shape.rings for p in ring]

    def crowd(corner: tuple[bool, bool]) -> int:
        box = _corner(frame, *corner)
        return sum(box.holds(point) for point in points)

    return min(((True, False), (False, False), (True, True), (False, True)), key=crowd)


def _corner(frame: Frame, right: bool, top: bool) -> Frame:
    """The part of the map the enlarged core covers in that corner."""
    width, height = INSET_WIDTH * (frame.east - frame.west), INSET_HEIGHT * (frame.north - frame.south)
    west = frame.east - width if right else frame.west
    south = frame.north - height if top else frame.south
    return Frame(west, south, west + width, south + height)


def _outline(shape: Shape, shaded: bool) -> Figure:
    """The land of a place; `shaded` by its completion, where no sites are drawn upon it."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for ring in shape.rings:
        xs += [*(p[0] for p in ring), None]
        ys += [*(p[1] for p in ring), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "fill": "toself",
        "fillcolor": fill(shape.completion) if shaded else LAND,
        "line": {"color": theme.SURFACE if shaded else LAND_LINE, "width": 1},
        "hoverinfo": "skip",
    }


def _size(dot: Dot) -> float:
    """Diameter in pixels: area in proportion to persons expected."""
    return round(4.5 + sqrt(dot.target or 0) / 24, 1)


def _specks(dots: Sequence[Dot]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.at[0] for dot in dots],
        "y": [dot.at[1] for dot in dots],
        "hoverinfo": "skip",
        "marker": {"size": 3, "opacity": 1, "color": theme.TEXT_3},
    }


def _marks(dots: Sequence[Dot], words: Words, scale: float) -> list[Figure]:
    """Sites as marks, what matters most drawn last."""
    reported = [dot for dot in dots if not dot.missing]
    traces = [
        _trace(
            reported,
            words,
            {
                "size": [_size(dot) * scale for dot in reported],
                "color": [fill(dot.completion) for dot in reported],
                "line": {"color": theme.TEXT_2, "width": 0.8},
            },
        )
    ]
    missing = [dot for dot in dots if dot.missing]
    ring = {"color": theme.TEXT, "width": round(1.6 * min(scale, 1.0), 1)}
    size = [(_size(dot) + 3) * scale for dot in missing]
    traces.append(
        _trace(missing, words, {"size": size, "symbol": "circle-x-open", "color": theme.TEXT, "line": ring})
    )
    for severity, symbol, colour, more, width in (
        (Severity.WARN, "triangle-up-open", WARN, 9, 2),
        (Severity.CRIT, "diamond-open", CRIT, 11, 2.4),
    ):
        found = [dot for dot in reported if dot.worst is severity]
        size = [(_size(dot) + more) * scale for dot in found]
        marker = {"size": size, "symbol": symbol, "color": colour, "line": {"color": colour, "width": width}}
        traces.append(_trace(found, words, marker))
    return [trace for trace in traces if trace["x"]]


def _trace(dots: Sequence[Dot], words: Words, marker: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.at[0] for dot in dots],
        "y": [dot.at[1] for dot in dots],
        "text": [words.hover(dot) for dot in dots],
        "customdata": [words.link(dot) for dot in dots],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"opacity": 1, **marker},
    }


def _labels(picture: MapPicture, frame: Frame, inset: Frame | None, words: Words) -> list[Figure]:
    """Names of the shapes with their completion, each where it hides the fewest sites."""
    texts = [words.label(shape) for shape in picture.shapes]
    points = tuple(dot.at for dot in picture.dots)
    outlines = tuple(shape.rings for shape in picture.shapes)
    places = _label_places(outlines, tuple(_wide(text) for text in texts), points, frame, inset)
    # Dark land needs a ground for words.
    ground = {} if picture.dots else {"bgcolor": theme.SURFACE, "borderpad": 1}
    look = {"showarrow": False, "font": {"size": theme.SMALL, "color": theme.TEXT}, **ground}
    return [{"x": x, "y": y, "text": text, **look} for text, (x, y) in zip(texts, places, strict=True)]


def _ways_in(shapes: Sequence[Shape], labels: Sequence[Figure], words: Words) -> Figure:
    """What can be pointed at and clicked where no sites are drawn: the names, by marks nobody sees below them."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [label["x"] for label in labels],
        "y": [label["y"] for label in labels],
        "text": [words.place(shape) for shape in shapes],
        "customdata": [words.into(shape) for shape in shapes],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"opacity": 0, "size": LABEL_HEIGHT + 10, "color": theme.TEXT},
    }


def _inside(at: Point, rings: Rings) -> bool:
    """Whether a ray to the east crosses the outline an odd number of times."""
    x, y = at
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


def _wide(label: str) -> int:
    """Pixels the longest line of a label takes, about."""
    lines = label.replace("<b>", "").replace("</b>", "").split("<br>")
    # In steps, so that a label one sign longer stays where it is.
    widest = max(sum(12 if ord(letter) > 0x2000 else 7 for letter in line) for line in lines)
    return 12 * -(-widest // 12)


@lru_cache(maxsize=64)
def _label_places(
    outlines: tuple[Rings, ...], widths: tuple[int, ...], points: tuple[Point, ...], frame: Frame, inset: Frame | None
) -> tuple[Point, ...]:
    """The middle of each label: at its own shape, on no site, on no other label, on no other shape if it can be.
    Neither shapes nor sites move, so this is worked out once per map."""
    km = max((frame.east - frame.west) / LABEL_MAP[0], (frame.north - frame.south) / LABEL_MAP[1])
    high = LABEL_HEIGHT * km / 2
    taken = [inset] if inset else []
    found: list[Point] = []
    for shape, width in zip(outlines, widths, strict=True):
        wide = width * km / 2
        corners = [corner for ring in shape for corner in ring]
        others = [other for other in outlines if other is not shape]
        tried: list[tuple[float, Point, Frame]] = []
        for x, y in _around(corners, wide):
            at = (
                min(max(x, frame.west + wide), frame.east - wide),
                min(max(y, frame.south + high), frame.north - high),
            )
            box = Frame(at[0] - wide, at[1] - high, at[0] + wide, at[1] + high)
            cost = 10.0 * sum(box.holds(point) for point in points) + 200 * sum(box.meets(label) for label in taken)
            if not _inside(at, shape):
                cost += 6 + 4 * min(hypot(at[0] - x, at[1] - y) for x, y in corners) / high
                cost += 40 * any(_inside(at, other) for other in others)
            tried.append((cost, at, box))
        _, at, box = min(tried, key=lambda place: place[0])
        found.append(at)
        taken.append(box)
    return tuple(found)


def _around(corners: Sequence[Point], wide: float) -> list[Point]:
    """Places for a label in and beside a shape, those in the middle first."""
    west, east = min(x for x, _ in corners) - wide, max(x for x, _ in corners) + wide
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    steps = sorted(range(-LABEL_STEPS, LABEL_STEPS + 1), key=abs)
    middle, half = ((west + east) / 2, (south + north) / 2), ((east - west) / 2, (north - south) / 2)
    offsets = sorted(((i, j) for i in steps for j in steps), key=lambda offset: abs(offset[0]) + abs(offset[1]))
    return [(middle[0] + half[0] * i / LABEL_STEPS, middle[1] + half[1] * j / LABEL_STEPS) for i, j in offsets]


def _scale_length(frame: Frame) -> int:
    """Kilometres of the scale bar: a round number near a quarter of the map's width."""
    return min((1, 2, 5, 10, 20, 50, 100), key=lambda km: abs(km - (frame.east - frame.west) / 4))


def scale_bar(frame: Frame) -> list[Figure]:
    """The line of the scale in the lower left corner."""
    x, y = frame.west, frame.south
    line = {"color": theme.TEXT_2, "width": 2}
    return [{"type": "line", "x0": x, "x1": x + _scale_length(frame), "y0": y, "y1": y, "line": line}]


def scale_label(frame: Frame, km: Callable[[int], str]) -> Figure:
    """How long the line of the scale is."""
    return {
        "x": frame.west,
        "y": frame.south,
        "text": km(_scale_length(frame)),
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": theme.SMALL, "color": theme.TEXT_2},
    }
