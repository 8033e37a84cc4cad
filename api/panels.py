"""What pages that are no snapshots ask for: a tree of components drawn for this reader, at this moment."""

import orjson
from dash.development.base_component import Component
from flask import Response, request

from locales import LANGUAGES, negotiate


def spoken() -> str:
    """The language asked for, else the browser's."""
    stated = request.args.get("lang")
    return stated if stated in LANGUAGES else negotiate(request.headers.get("Accept-Language"))


def drawn(tree: Component | list[Component]) -> Response:
    """The tree as `drawing.js` draws it."""
    body = orjson.dumps(tree, default=lambda part: part.to_plotly_json(), option=orjson.OPT_NON_STR_KEYS)
    return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})
