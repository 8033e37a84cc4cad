"""Drawings for the briefing screen: SVG as plain nodes, in pixels of a picture 1,920 wide, which scale with it.

A wall has no pointer: a chart that only has to be looked at needs no chart library, holds no memory and is drawn at
once. `assets/wall/scene.js` makes elements of the nodes; colours come from classes, so that states repaint nothing.
"""

from typing import Any

Node = dict[str, Any]

TEXT = 28
"""Smallest text of a wall (design, section 9)."""


def node(kind: str, *children: "Node | str", **attributes: object) -> Node:
    """One SVG element. In attribute names `_` stands for `-`, at the end it only keeps clear of Python's words."""
    named = {name.rstrip("_").replace("_", "-"): _written(value) for name, value in attributes.items()}
    return {"namespace": "svg", "type": kind, "props": {**named, "children": list(children)}}


def _written(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def picture(width: float, height: float, *children: Node, label: str) -> Node:
    """A drawing of its own, with the sentence that says what it shows."""
    return node(
        "svg", *children, viewBox=f"0 0 {width:g} {height:g}", class_="w-svg", role="img", **{"aria_label": label}
    )


def line(points: list[tuple[float, float]], class_: str) -> Node:
    """A line through points."""
    return node("polyline", points=_points(points), class_=class_)


def area(points: list[tuple[float, float]], class_: str) -> Node:
    return node("polygon", points=_points(points), class_=class_)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def words(x: float, y: float, said: str, class_: str = "", anchor: str = "start", sign: str = "") -> Node:
    """A line of text; `sign` before it is a verdict, which goes when the data have grown old."""
    before = [node("tspan", sign, class_="w-sign")] if sign else []
    return node("text", *before, said, x=x, y=y, class_=f"w-t {class_}".strip(), text_anchor=anchor)


def wide(said: str, size: float = TEXT) -> float:
    """Pixels a text takes, about: a Chinese sign is as wide as high."""
    return sum(size if ord(letter) > 0x2E00 else size * 0.58 for letter in said)


def diamond(x: float, y: float, half: float, class_: str) -> Node:
    return area([(x, y - half), (x + half, y), (x, y + half), (x - half, y)], class_)


def triangle(x: float, y: float, half: float, class_: str) -> Node:
    return area([(x, y - half), (x + half, y + 0.8 * half), (x - half, y + 0.8 * half)], class_)
