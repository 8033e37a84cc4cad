"""What state an account is in, and what logins are made of."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from domain.sign_in import LOGIN


class State(StrEnum):
    """The states of an account, the first that applies."""

    DISABLED = "disabled"
    WITHDRAWN = "withdrawn"
    """No password fits: its campaign's access was closed."""
    LOCKED = "locked"
    EXPIRED = "expired"
    """The one-time password waited too long."""
    UNUSED = "unused"
    """The one-time password has not been used."""
    UNCHANGED = "unchanged"
    """Signed in with the one-time password, which has not been replaced."""
    ACTIVE = "active"


TO_DO = (State.LOCKED, State.EXPIRED, State.UNUSED, State.UNCHANGED)
"""States somebody has to do something about."""

ONLINE = timedelta(minutes=10)
"""Seen within so long and with a session still open: signed in now."""

SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is known when somebody was last there: every request would be a write."""


def state(
    *,
    disabled: bool,
    has_password: bool,
    locked_until: datetime | None,
    must_change: bool,
    expires_at: datetime | None,
    used: bool,
    now: datetime,
) -> State:
    """The state of an account with these facts at `now`. `used` says that somebody has signed in with its present
    password."""
    if disabled:
        return State.DISABLED
    if not has_password:
        return State.WITHDRAWN
    if locked_until is not None and now < locked_until:
        return State.LOCKED
    if not must_change:
        return State.ACTIVE
    if expires_at is not None and expires_at <= now:
        return State.EXPIRED
    return State.UNCHANGED if used else State.UNUSED


def login_for(place: str, district: str, taken: Callable[[str], bool]) -> str:
    """A login for the account of a place: its code without the district's in front, short enough to type on a phone
    (`001-s14`), with a number behind it while somebody else has it."""
    short = place.removeprefix(district) if len(place.removeprefix(district)) >= 2 else place
    plain = re.sub(r"[^a-z0-9._-]+", "-", short.lower()).strip("-._")[:48]
    base = plain if LOGIN.fullmatch(plain) else f"site-{plain}".strip("-")
    login, number = base, 1
    while taken(login):
        number += 1
        login = f"{base}-{number}"
    return login
