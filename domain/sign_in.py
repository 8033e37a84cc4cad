"""What a password must be, how long a session lasts, and how failed sign-ins slow down and lock."""

import re
import secrets
from datetime import datetime, timedelta

SESSION = timedelta(hours=16)
"""A campaign day from 06:00 to 22:00: nobody is thrown out of a shift, and no session outlives the day."""

ONE_TIME = timedelta(days=7)
"""How long a one-time password waits for its first use."""

FREE_TRIES = 5
"""Failures in a row that only cost a warning; each further one locks the login, twice as long every time."""

FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
"""After so long without a failure the count begins anew."""

MIN_PASSWORD, MAX_PASSWORD = 10, 200
MIN_DIFFERENT = 5

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike on paper: 0 o 1 i l."""


def one_time_password() -> str:
    """Sixty random bits a person can copy from paper: three groups of four."""
    drawn = [secrets.choice(_ALPHABET) for _ in range(12)]
    return "-".join("".join(drawn[i : i + 4]) for i in (0, 4, 8))


def password_problem(password: str, login: str, former: str) -> str | None:
    """Why `password` will not do, as a key under `sign_in.bad_password.`; None when it will.

    Length and not the login are what NIST SP 800-63B asks of a memorised secret; composition rules are not.
    """
    if len(password) < MIN_PASSWORD:
        return "short"
    if len(password) > MAX_PASSWORD:
        return "long"
    if len(set(password)) < MIN_DIFFERENT:
        return "simple"
    if login.lower() in password.lower():
        return "login"
    if password == former:
        return "same"
    return None


def locked_until(failures: int, last_at: datetime) -> datetime | None:
    """Until when a login with so many failures in a row is locked; None when it is not."""
    if failures < FREE_TRIES:
        return None
    doubled = min(failures - FREE_TRIES, 10)
    return last_at + min(FIRST_LOCK * 2**doubled, LONGEST_LOCK)


def tries_left(failures: int) -> int:
    """How many failures more until the first lock."""
    return max(0, FREE_TRIES - failures)
