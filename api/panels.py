"""What pages that are no snapshots ask for: a tree of components drawn for this reader, at this moment."""

from dash.development.base_component import Component
from flask import Response, request

from locales import LANGUAGES, negotiate
from views.drawings import to_json


def spoken() -> str:
    """The language asked for, else the browser's."""
    stated = request.args.get("lang")
    return stated if stated in LANGUAGES else negotiate(request.headers.get("Accept-Language"))


def drawn(tree: Component | list[Component]) -> Response:
    """The tree as `drawing.js` draws it."""
    body = to_json(tree)
    return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})
