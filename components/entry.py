"""A plain input for a drawing: Dash has none among its html parts, and its own one needs a callback to be read."""

from typing import Any

from dash.development.base_component import Component


class Input(Component):
    """`<input>` as React draws it; it keeps what was typed when the drawing around it changes."""

    _children_props: list[str] = []  # noqa: RUF012 (Dash's own signature)
    _base_nodes: list[str] = []  # noqa: RUF012
    _namespace = "dash_html_components"
    _type = "Input"

    def __init__(self, **properties: Any) -> None:
        self._prop_names = list(properties)
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = list(properties)
        self.available_wildcard_properties: list[str] = []
        super().__init__(**properties)
