"""The one Dash component of our own: a drawing, a tree of html parts, links and charts that React draws directly.

Dash wraps every component of a layout in machinery for callbacks, about a millisecond each. A ranking of forty
sites has more than a thousand parts, none of which has a callback. So a panel is one component, whose `tree` is the
JSON of ordinary Dash components; `assets/2-scripts/drawing.js` draws it. A panel that holds something it cannot
draw (a grid, an input) is given to Dash as children instead.
"""

from typing import Any

from dash.development.base_component import Component


class Drawing(Component):
    """What stands in a panel. `tree` is a component or a list of them."""

    _children_props: list[str] = []  # noqa: RUF012 (Dash's own signature)
    _base_nodes: list[str] = []  # noqa: RUF012
    _namespace = "command"
    _type = "Drawing"

    def __init__(self, id: str, tree: Any) -> None:
        self._prop_names = ["id", "tree"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = ["id", "tree"]
        self.available_wildcard_properties: list[str] = []
        super().__init__(id=id, tree=tree)
