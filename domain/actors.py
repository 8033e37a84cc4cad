"""Who did something, as the record names them: `login (role place)`, `token 3 (role place)`, or a program of ours.

The form is made and read here only; the audit is filtered by it. It never holds a person's name.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What kind of party an actor is."""

    ACCOUNT = "account"
    TOKEN = "token"
    SOURCE = "source"
    """A system we pull from."""
    SIMULATOR = "simulator"
    CONSOLE = "console"
    """The operator at the command line."""
    STRANGER = "stranger"
    """Somebody who named no account there is."""
    OTHER = "other"


CONSOLE = "operator"
STRANGER = "unknown login"

_PROGRAMS = {CONSOLE: Kind.CONSOLE, "simulator": Kind.SIMULATOR, "demonstration": Kind.SIMULATOR,
             STRANGER: Kind.STRANGER}  # fmt: skip
_TOKEN = re.compile(r"token (\d+) \((\w+) (.+)\)")
_ACCOUNT = re.compile(r"(\S+) \((\w+)(?: (.+))?\)")
_SOURCE = re.compile(r"source (.+)")


@dataclass(frozen=True, slots=True)
class Actor:
    """One party. `name` is a login, a token's number or what else the record calls it; role and place as they were
    then, empty where there is none."""

    kind: Kind
    name: str
    role: str = ""
    place: str = ""

    @property
    def written(self) -> str:
        if self.kind is Kind.TOKEN:
            return f"token {self.name} ({self.role} {self.place})"
        if self.kind is Kind.ACCOUNT:
            return f"{self.name} ({self.role}{f' {self.place}' if self.place else ''})"
        return f"source {self.name}" if self.kind is Kind.SOURCE else self.name


def read(written: str) -> Actor:
    """The party that the record calls `written`."""
    if written in _PROGRAMS:
        return Actor(_PROGRAMS[written], written)
    for kind, form in ((Kind.TOKEN, _TOKEN), (Kind.ACCOUNT, _ACCOUNT)):
        found = form.fullmatch(written)
        if found:
            return Actor(kind, found[1], found[2], found[3] or "")
    found = _SOURCE.fullmatch(written)
    return Actor(Kind.SOURCE, found[1]) if found else Actor(Kind.OTHER, written)
