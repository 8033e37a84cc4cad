"""The request under way in this thread: its id, the route it took, the role that asked. Never a name or a token."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = "X-Request-ID"

_WELL_FORMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{6,62})[A-Za-z0-9]")
"""8 to 64 characters that mean nothing to a log, a header or a shell."""

UNMATCHED = "unmatched"
"""The route of a request that took none: an address is never a label, since there are endlessly many."""


@dataclass(slots=True)
class UnderWay:
    """One request. `route` is the rule it matched, with the names of its parts in place of their values."""

    id: str
    route: str = UNMATCHED
    role: str = ""


_current: ContextVar[UnderWay | None] = ContextVar("request", default=None)


def begin(stated: str | None) -> UnderWay:
    """A request begins; its id is the one `stated` by whoever stands before us, where that is well-formed."""
    known = stated if stated and _WELL_FORMED.fullmatch(stated) else secrets.token_hex(8)
    made = UnderWay(known)
    _current.set(made)
    return made


def end() -> None:
    _current.set(None)


def request_id() -> str:
    """The id of the request under way; empty outside of any."""
    current = _current.get()
    return current.id if current is not None else ""


def took(route: str) -> None:
    """The request matched this rule."""
    if (current := _current.get()) is not None:
        current.route = route


def asked_by(role: str) -> None:
    """The request comes from somebody of this role."""
    if (current := _current.get()) is not None:
        current.role = role
