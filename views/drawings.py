"""Drawings as a page's scripts read them, and those that are kept from one picture to the next."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias

import orjson
from dash.development.base_component import Component

from data.queries.moment import Moment

Drawn: TypeAlias = Component | list[Component]

MOST = 24
"""Drawings a worker keeps. A city's ledger is two megabytes."""

NO_PROPERTIES = ("available_properties", "available_wildcard_properties")
"""What a component knows of itself beside its properties and what begins with an underscore."""


class Drawings:
    """The last drawings of panels that are much and change seldom, as JSON, with the rows each was drawn from."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str, str], tuple[Any, orjson.Fragment]] = OrderedDict()
        self._lock = Lock()

    def draw(
        self, panel: str, draw: Callable[[Any, str], Drawn], moment: Moment, rows: Any, language: str
    ) -> orjson.Fragment:
        """`rows` as `draw` draws them, anew if the last ones of the moment's place were others."""
        key = (moment.tree.campaign.id, panel, moment.place.code, language)
        with self._lock:
            known = self._kept.get(key)
        # What is the same object is not looked into: where rows are found once a minute, this costs nothing.
        if known is None or known[0] != rows:
            known = (rows, orjson.Fragment(to_json(draw(rows, language))))
        with self._lock:
            self._kept[key] = known
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return known[1]


def to_json(shown: object) -> bytes:
    """Components, and what holds them, as a page's scripts read them."""
    return orjson.dumps(shown, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(part: Any) -> dict[str, object]:
    """What `Component.to_plotly_json` says, without trying every name a property may have."""
    if not isinstance(part, Component):
        plain: dict[str, object] = part.to_plotly_json()
        return plain
    props = {name: value for name, value in vars(part).items() if name[0] != "_" and name not in NO_PROPERTIES}
    return {"props": props, "type": part._type, "namespace": part._namespace}
