"""What a browser says to a callback, held against what our pages say: anything else is from somewhere else, and
nothing is done. Raises `PreventUpdate` for that."""

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

from dash.exceptions import PreventUpdate

from locales import LANGUAGES


def word(value: object, allowed: Collection[str] | None = None) -> str:
    """A text, one of `allowed` where they are given."""
    if not isinstance(value, str) or (allowed is not None and value not in allowed):
        raise PreventUpdate
    return value


def about(value: Mapping[str, Any] | None) -> tuple[str, str]:
    """Which campaign a page is about, and in which language it speaks."""
    if not isinstance(value, Mapping):
        raise PreventUpdate
    return word(value.get("campaign")), word(value.get("language"), LANGUAGES)


def file(contents: str) -> bytes:
    """The bytes of a chosen file, which Dash sends as a data address."""
    try:
        return base64.b64decode(contents.partition(",")[2])
    except (binascii.Error, ValueError):
        raise PreventUpdate from None
