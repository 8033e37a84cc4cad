"""What a browser may ask Dash itself: its callbacks, called as our pages call them, and the files it comes with.

Dash takes it that only its own script asks: anything else makes it stumble, which would be an error of the server's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import orjson
from dash.exceptions import DependencyException
from flask import Response, request

from api.problems import Problem, answer

CALLBACKS = "/_dash-update-component"

KINDS: Mapping[str, tuple[type, ...]] = {
    "contents": (str,),
    "data": (str, dict),
    "filename": (str,),
    "n_clicks": (int,),
    "pathname": (str,),
    "search": (str,),
    "value": (str, bool),
}
"""What the properties that callbacks ask for may hold, beside nothing."""


def install(application: dash.Dash) -> None:
    """Let only whole and fitting calls through to `application`'s callbacks."""
    server = application.server

    @server.before_request
    def _as_our_pages_call() -> None:
        if request.path == CALLBACKS and request.method == "POST":
            reason = _odd(application.callback_map)
            if reason:
                raise Problem(400, "bad_request", "not_json", reason=reason)

    @server.errorhandler(DependencyException)
    def _no_such_file(_error: DependencyException) -> Response:
        return answer(Problem(404, "not_found", "unknown_path"))


def _odd(known: Mapping[str, Any]) -> str:
    """What of the call is none of our pages'; empty when nothing is."""
    try:
        # Dash reads it by another reader, which takes depths that end in an error of its own.
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        return str(error)
    # Its own script names the page by `endId`; what else it may say belongs to callbacks that run elsewhere.
    if not request.is_json or set(request.args) - {"endId"} or not isinstance(body, dict):
        return "object"
    callback = known.get(body["output"]) if isinstance(body.get("output"), str) else None
    if callback is None or "callback" not in callback:
        return "output"
    outputs = body.get("outputs")
    listed: list[Any] = outputs if isinstance(outputs, list) else [outputs]
    if not all(_named(part) for part in listed) or _key(listed, isinstance(outputs, list)) != body["output"]:
        return "outputs"
    for group in ("inputs", "state"):
        if not _fits(callback[group], body.get(group, [])):
            return group
    begun = body.get("changedPropIds", [])
    asked = {f"{part['id']}.{part['property']}" for part in callback["inputs"]}
    known_all = isinstance(begun, list) and all(isinstance(name, str) and name in asked for name in begun)
    return "" if known_all else "changedPropIds"


def _named(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("id"), str) and isinstance(part.get("property"), str)


def _key(outputs: Sequence[Mapping[str, str]], several: bool) -> str:
    names = [f"{part['id']}.{part['property']}" for part in outputs]
    return f"..{'...'.join(names)}.." if several else names[0]


def _fits(asked: Sequence[Mapping[str, str]], given: object) -> bool:
    """Whether exactly what the callback asks for is given, each of a kind it may be."""
    if not isinstance(given, list) or len(given) != len(asked):
        return False
    for one, other in zip(asked, given, strict=True):
        if not _named(other) or (other["id"], other["property"]) != (one["id"], one["property"]):
            return False
        value = other.get("value")
        if value is not None and not isinstance(value, KINDS.get(one["property"], ())):
            return False
    return True
