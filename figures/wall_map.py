"""The map on a briefing screen (design-wall-phone, section D): numbers instead of leader lines, a window on the core.

Plain geometry in, SVG out. Nothing is worked out anew while the outlines and the sites stay where they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import hypot, inf, sqrt

from domain.map import Dot, MapPicture, Point, Shape, step
from domain.status import Severity
from figures.map import Frame, Rings
from figures.svg import TEXT, Node, diamond, node, picture, triangle, wide, words

MOST_PUSHED = 18.0
"""Pixels a mark may stand from its true place to be clear of the others."""

ROUNDS = 80
LABEL_HIGH = 74.0
CLEAR = 12.0
"""Pixels a name keeps from land, on which the marks stand."""

CELL = 8.0
"""Pixels of the raster that labels are placed on."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Kilometres to pixels of one drawing."""

    frame: Frame
    left: float
    top: float
    scale: float

    def __call__(self, at: Point) -> tuple[float, float]:
        return self.left + (at[0] - self.frame.west) * self.scale, self.top + (self.frame.north - at[1]) * self.scale

    def at(self, x: float, y: float) -> Point:
        """The point of the land under a pixel."""
        return self.frame.west + (x - self.left) / self.scale, self.frame.north - (y - self.top) / self.scale


def plane(frame: Frame, width: float, height: float, margin: float = 0.0) -> Plane:
    """The frame in the middle of a drawing, as large as it fits."""
    across, upward = frame.east - frame.west, frame.north - frame.south
    scale = min((width - 2 * margin) / across, (height - 2 * margin) / upward)
    return Plane(frame, (width - across * scale) / 2, (height - upward * scale) / 2, scale)


def bounds(shapes: Sequence[Shape], dots: Sequence[Dot]) -> Frame:
    """All that there is to show."""
    points = [p for shape in shapes for ring in shape.rings for p in ring] or [dot.at for dot in dots]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return Frame(min(xs), min(ys), max(max(xs), min(xs) + 0.1), max(max(ys), min(ys) + 0.1))


def densest(dots: Sequence[Dot], half_east: float, half_north: float) -> Frame:
    """The window of that size with most sites in it, around one of them."""
    return _densest(tuple(dot.at for dot in dots), half_east, half_north)


@lru_cache(maxsize=32)
def _densest(points: tuple[Point, ...], half_east: float, half_north: float) -> Frame:
    def near(at: Point) -> list[Point]:
        return [p for p in points if abs(p[0] - at[0]) <= half_east and abs(p[1] - at[1]) <= half_north]

    most = max((near(at) for at in points), key=len)
    x, y = sum(p[0] for p in most) / len(most), sum(p[1] for p in most) / len(most)
    return Frame(x - half_east, y - half_north, x + half_east, y + half_north)


def fill(completion: float | None, ramp: str) -> str:
    """The class of a fill by completion, on the ramp of points (`q`) or of areas (`a`)."""
    return f"w-{ramp}{step(completion)}"


def shape_path(shape: Shape, on: Plane, class_: str) -> Node:
    rings = ("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(on, ring)) + "Z" for ring in shape.rings)
    return node("path", d="".join(rings), class_=class_)


# -- marks


@dataclass(frozen=True, slots=True)
class Mark:
    """A site as it is drawn. `number` is that of its row beside the map, 0 for none."""

    dot: Dot
    number: int = 0

    @property
    def numbered(self) -> bool:
        return self.number > 0


def radius(mark: Mark) -> float:
    """Half of a mark's width in the window on the core, pixels."""
    if mark.numbered:
        return 28.0 if mark.dot.worst is Severity.CRIT else 24.0
    if mark.dot.worst is Severity.CRIT:
        return 20.0
    if mark.dot.missing or mark.dot.worst is Severity.WARN:
        return 17.0
    return (14 + sqrt(mark.dot.target or 0) / 9) / 2 + 1


def apart(marks: Sequence[Mark], at: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Places for marks on which none hides another, at most `MOST_PUSHED` from the true ones; numbered marks give
    way least."""
    places = [list(at[mark.dot.place.code]) for mark in marks]
    sizes = [radius(mark) for mark in marks]
    ways = [0.3 if mark.numbered else 1.0 for mark in marks]
    for _ in range(ROUNDS):
        moved = False
        for i in range(len(places)):
            for j in range(i):
                east, south = places[i][0] - places[j][0], places[i][1] - places[j][1]
                need = sizes[i] + sizes[j]
                if abs(east) >= need or abs(south) >= need:
                    continue
                far = hypot(east, south)
                if far >= need:
                    continue
                if far < 1e-3:
                    east, south, far = 1.0, 0.0, 1.0
                push = (need - far) / 2 / far
                for k, sign in ((i, 1), (j, -1)):
                    places[k][0] += sign * east * push * ways[k]
                    places[k][1] += sign * south * push * ways[k]
                moved = True
        if not moved:
            break
    found = {}
    for mark, place in zip(marks, places, strict=True):
        true = at[mark.dot.place.code]
        east, south = place[0] - true[0], place[1] - true[1]
        far = hypot(east, south)
        share = min(1.0, MOST_PUSHED / far) if far else 1.0
        found[mark.dot.place.code] = (true[0] + east * share, true[1] + south * share)
    return found


def draw_mark(mark: Mark, x: float, y: float, shrunk: float = 1.0) -> Node:
    """The mark of one site: a number on what the list names, else its state's own shape, else its completion."""
    size = radius(mark) * shrunk
    dot = mark.dot
    if dot.worst is Severity.CRIT:
        inside = [words(x, y + 10, str(mark.number), "w-on b", "middle")] if mark.numbered else []
        return node("g", diamond(x, y, size, "w-m-crit"), *inside)
    if dot.missing:
        inside = [words(x, y + 10, str(mark.number), "b", "middle")] if mark.numbered else []
        return node("g", node("circle", cx=x, cy=y, r=size - 2, class_="w-m-miss"), *inside)
    if dot.worst is Severity.WARN:
        return triangle(x, y, size - 1, "w-m-warn")
    return node("circle", cx=x, cy=y, r=size - 1, class_=f"w-m-dot {fill(dot.completion, 'q')}")


def _drawn_last(mark: Mark) -> tuple[bool, bool]:
    return mark.numbered, mark.dot.worst is Severity.CRIT


# -- the drawings


def core(
    shown: MapPicture, numbers: Mapping[str, int], window: Frame, width: float, height: float, note: str, label: str
) -> Node:
    """The window on the densest part: every site in it, none hidden by another."""
    on = plane(window, width, height)
    marks = sorted(
        (Mark(dot, numbers.get(dot.place.code, 0)) for dot in shown.dots if window.holds(dot.at)), key=_drawn_last
    )
    places = apart(marks, {mark.dot.place.code: on(mark.dot.at) for mark in marks})
    # A window is about rough positions, but nobody stands outside of it.
    inside = {
        mark.dot.place.code: _within(places[mark.dot.place.code], radius(mark), width, height) for mark in marks
    }
    parts = [
        *(shape_path(shape, on, "w-land") for shape in shown.shapes),
        *(draw_mark(mark, *inside[mark.dot.place.code]) for mark in marks),
        *([_note(note, list(inside.values()), width, height)] if note else []),
        node("rect", x=1.5, y=1.5, width=width - 3, height=height - 3, class_="w-frame"),
    ]
    return picture(width, height, *parts, label=label)


def _note(note: str, marks: Sequence[tuple[float, float]], width: float, height: float) -> Node:
    """The note in the lower corner that fewer sites stand in."""
    low = [x for x, y in marks if y > height - 64]
    size = wide(note) + 40
    left = sum(x < size for x in low) < sum(x > width - size for x in low)
    return words(20 if left else width - 20, height - 20, note, "w-halo faint", "start" if left else "end")


def _within(at: tuple[float, float], half: float, width: float, height: float) -> tuple[float, float]:
    return min(max(at[0], half + 3), width - half - 3), min(max(at[1], half + 3), height - half - 3)


def whole(
    shown: MapPicture,
    numbers: Mapping[str, int],
    window: Frame | None,
    width: float,
    height: float,
    name: Callable[[Shape], tuple[str, str, str, str]],
    label: str,
) -> Node:
    """The whole place at full height: areas by completion, names beside the land, numbers outside the window.

    `name` says of a shape its name, the sign of its state, its value, and the class of all."""
    frame = bounds(shown.shapes, shown.dots)
    on = plane(frame, width, height, 6)
    outside = [
        Mark(dot, numbers[dot.place.code])
        for dot in shown.dots
        if dot.place.code in numbers and not (window and window.holds(dot.at))
    ]
    said = [name(shape) for shape in shown.shapes]
    # Room for the widest value: names stay where they are whatever becomes of the figures.
    sizes = tuple(max(wide(first), wide(WIDEST)) + 6 for first, *_ in said)
    rings = tuple(shape.rings for shape in shown.shapes)
    parts: list[Node] = [shape_path(shape, on, f"w-area {fill(shape.completion, 'a')}") for shape in shown.shapes]
    box: Box | None = None
    if window is not None:
        box = *on((window.west, window.north)), *on((window.east, window.south))
        # A window that reaches beyond the land ends with the drawing.
        west, north = max(2.0, box[0]), max(2.0, box[1])
        across, down = min(width - 2, box[2]) - west, min(height - 2, box[3]) - north
        parts.append(node("rect", x=west, y=north, width=across, height=down, class_="w-window"))
    if len(said) > 1:
        for (x, y, anchor), (first, sign, value, class_) in zip(
            label_places(rings, sizes, on, width, height, box), said, strict=True
        ):
            parts.append(words(x, y + TEXT - 2, first, f"w-halo {class_}", anchor))
            parts.append(words(x, y + 2 * TEXT + 6, value, f"w-halo b {class_}", anchor, sign=sign))
    places = apart(outside, {mark.dot.place.code: on(mark.dot.at) for mark in outside})
    parts += [draw_mark(mark, *places[mark.dot.place.code], 0.86) for mark in outside]
    return picture(width, height, *parts, label=label)


def spot(
    shown: MapPicture, at: Point | None, code: str, town: str, name: str, width: float, height: float, label: str
) -> Node:
    """Where one alert is: a site as a diamond among grey dots, a town as a shape among the others."""
    chosen = [shape for shape in shown.shapes if shape.place.code == code]
    if at is not None:
        half = 4.2
        frame = Frame(at[0] - half * width / height, at[1] - half, at[0] + half * width / height, at[1] + half)
    else:
        frame = bounds(chosen or shown.shapes, shown.dots)
    on = plane(frame, width, height, 0 if at is not None else 34)
    seen = Frame(*on.at(0, height), *on.at(width, 0))
    parts = [
        shape_path(shape, on, "w-land w-here" if shape in chosen else "w-land")
        for shape in shown.shapes
        if bounds([shape], []).meets(seen)
    ]
    for dot in shown.dots:
        x, y = on(dot.at)
        if dot.at != at and 0 < x < width and 0 < y < height:
            parts.append(node("circle", cx=x, cy=y, r=7, class_="w-m-grey"))
    if at is not None:
        x, y = on(at)
        parts += [
            diamond(x, y, 26, "w-m-crit"),
            words(x, y + 11, "!", "w-on b w-t32", "middle"),
            words(x, y + 62, name, "w-halo crit b w-t32", "middle"),
        ]
    elif chosen:
        parts.append(words(width / 2, height / 2 + 10, name, "w-halo crit b w-t32", "middle"))
    parts.append(words(26, 44, town, "w-halo mut"))
    parts.append(node("rect", x=1.5, y=1.5, width=width - 3, height=height - 3, class_="w-frame"))
    return picture(width, height, *parts, label=label)


# -- names beside the land

WIDEST = "▲ 100%"

MOST_ORDERS = 12
"""So many names are each let choose first."""

Box = tuple[float, float, float, float]

Label = tuple[float, float, str]
"""Left or right edge, top, and which of both it is."""


@lru_cache(maxsize=32)
def label_places(
    outlines: tuple[Rings, ...],
    sizes: tuple[float, ...],
    on: Plane,
    width: float,
    height: float,
    keep_free: Box | None,
) -> tuple[Label, ...]:
    """A place for each name: off all land, off the window and the other names, nearest to its own shape and
    to no other. Outlines do not move, so neither do names."""
    land = _raster(outlines, on, width, height)
    corners = [[on(p) for ring in rings for p in ring[:: max(1, len(ring) // 24)]] for rings in outlines]
    wishes = [_wishes(i, corners, size, land, width, height, keep_free) for i, size in enumerate(sizes)]
    # Whoever chooses first takes the best place: each has a turn to, and the order that costs least holds.
    orders = [
        (first, *(i for i in range(len(wishes)) if i != first)) for first in range(min(len(wishes), MOST_ORDERS))
    ]
    _, best = min((_settle(wishes, sizes, order) for order in orders), key=lambda one: one[0], default=(0.0, {}))
    return tuple(best[i] for i in range(len(wishes)))


Wish = tuple[float, float, float, bool]
"""What a place for a name costs, its left edge and top, and whether it lies right of its shape."""


def _wishes(
    i: int,
    corners: Sequence[Sequence[tuple[float, float]]],
    size: float,
    land: Sequence[Sequence[int]],
    width: float,
    height: float,
    keep_free: Box | None,
) -> list[Wish]:
    """Places for the name of one shape, the best first."""
    own, others = corners[i], [p for j, corner in enumerate(corners) if j != i for p in corner]
    middle = sum(p[0] for p in own) / len(own), sum(p[1] for p in own) / len(own)
    found: list[Wish] = []
    for row in range(int((height - LABEL_HIGH) / (2 * CELL)) + 1):
        y = row * 2 * CELL
        for column in range(int((width - size) / (2 * CELL)) + 1):
            x = column * 2 * CELL
            if keep_free is not None and _meet(keep_free, (x, y, x + size, y + LABEL_HIGH)):
                continue
            right = x + size / 2 > middle[0]
            edge = x if right else x + size
            far = min(hypot(p[0] - edge, p[1] - y - LABEL_HIGH / 2) for p in own)
            cost = far + 0.2 * abs(y + LABEL_HIGH / 2 - middle[1])
            cost += 8.0 * _covered(land, x - CLEAR, y - CLEAR, size + 2 * CLEAR)
            cost += 2.0 * max(0.0, far - _nearest(others, edge, y + LABEL_HIGH / 2))
            found.append((cost, x, y, right))
    return sorted(found) or [(0.0, 0.0, 0.0, True)]


def _settle(
    wishes: Sequence[Sequence[Wish]], sizes: Sequence[float], order: Sequence[int]
) -> tuple[float, dict[int, Label]]:
    """Each in turn takes the best place that is left; what that costs in all, and the places."""
    whole, taken, found = 0.0, list[Box](), dict[int, Label]()
    for i in order:
        size = sizes[i]
        free = (
            w for w in wishes[i] if not any(_meet(b, (w[1], w[2], w[1] + size, w[2] + LABEL_HIGH)) for b in taken)
        )
        cost, x, y, right = next(free, wishes[i][0])
        whole += cost
        taken.append((x, y, x + size, y + LABEL_HIGH))
        found[i] = (x, y, "start") if right else (x + size, y, "end")
    return whole, found


def _nearest(points: Sequence[tuple[float, float]], x: float, y: float) -> float:
    return min((hypot(p[0] - x, p[1] - y) for p in points), default=inf)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _raster(outlines: Sequence[Rings], on: Plane, width: float, height: float) -> list[list[int]]:
    """Running sums over each row of cells: how many from the left are land."""
    edges = [(on(a), on(b)) for rings in outlines for ring in rings for a, b in pairwise(ring)]
    rows = []
    for i in range(int(height / CELL) + 1):
        y = (i + 0.5) * CELL
        cells = [0] * (int(width / CELL) + 2)
        # Even-odd over each shape is even-odd over all of them: neighbours do not overlap.
        crossings = sorted(
            a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) for a, b in edges if (a[1] > y) != (b[1] > y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            for k in range(max(0, int(left / CELL)), min(len(cells), int(right / CELL) + 1)):
                cells[k] = 1
        sums = [0]
        for cell in cells:
            sums.append(sums[-1] + cell)
        rows.append(sums)
    return rows


def _covered(land: Sequence[Sequence[int]], x: float, y: float, size: float) -> int:
    """Cells of land under a name."""
    first, last = max(0, int(x / CELL)), min(len(land[0]) - 1, int((x + size) / CELL) + 1)
    rows = land[max(0, int(y / CELL)) : int((y + LABEL_HIGH + 2 * CLEAR) / CELL) + 1]
    return sum(row[last] - row[first] for row in rows)
