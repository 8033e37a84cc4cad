"""Files of a document that stands for itself, beside Dash: the clerk's form, the briefing screen. Several scripts or
sheets are served as one, compressed, the same bytes to everybody, so that a browser can keep them."""

import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path

from flask import Response, make_response, request

KEPT = "private, no-cache"
"""The same for everybody, but the answer may renew a session's cookie; kept, and asked for whether it still holds."""


def scripts(folder: Path, names: Sequence[str]) -> bytes:
    """Scripts of a folder in one, in the order in which they build on each other."""
    return b"\n".join((folder / f"{name}.js").read_bytes() for name in names)


def styles(assets: Path, names: Sequence[str]) -> bytes:
    """Sheets of `assets` in one: what they call by its place beside them is elsewhere for a document of its own."""
    return b"\n".join((assets / name).read_bytes() for name in names).replace(b'url("../', b'url("/assets/')


def packed(body: bytes) -> bytes:
    """Compressed; the same for the same bytes."""
    return gzip.compress(body, mtime=0)


def same_for_all(body: bytes, mimetype: str, compressed: bytes | None = None) -> Response:
    """The answer everybody gets, compressed where there is that and the browser takes it."""
    zipped = compressed is not None and "gzip" in request.accept_encodings
    response = make_response(compressed if zipped else body)
    response.mimetype = mimetype
    response.headers["Cache-Control"] = KEPT
    if compressed is not None:
        response.vary.add("Accept-Encoding")
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(hashlib.sha256(body).hexdigest()[:16], weak=True)
    response.make_conditional(request)
    return response
