"""Secrets by name: an address or a header says `${SOURCE_PW}`, and only the process that fetches knows what stands
for it. The name is kept, shown and logged; the value never is."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

# Only variables of these names may be named: otherwise whoever defines a source could send `${SECRET_KEY}` home.
_VARIABLE = re.compile(r"\$\{(SOURCE_[A-Z0-9_]{1,60})\}")
_ATTEMPT = re.compile(r"\$\{[^}]*\}?")


class MissingSecret(LookupError):
    """The environment of the process that fetches has no variable of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def names_in(template: str) -> tuple[str, ...]:
    """The variables `template` names, each once, in order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(template)))


def malformed(template: str) -> str | None:
    """The first `${…}` that is not the name of a variable a source may use; None when all are."""
    return next((found for found in _ATTEMPT.findall(template) if not _VARIABLE.fullmatch(found)), None)


def is_variable(text: str) -> bool:
    """Whether `text` is one variable and nothing else."""
    return _VARIABLE.fullmatch(text) is not None


def fill(template: str, secrets: Mapping[str, str], write: Callable[[str], str] = str) -> str:
    """`template` with every variable's value, written by `write`. Raises `MissingSecret`."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in secrets:
            raise MissingSecret(found[1])
        return write(secrets[found[1]])

    return _VARIABLE.sub(value, template)


def in_address(value: str) -> str:
    """A secret as it stands inside an address: no character of it can end the part it belongs to."""
    return quote(value, safe="")


def scrub(text: str, secrets: Mapping[str, str]) -> str:
    """`text` with every secret's value replaced by its name, also where it is written as in an address."""
    forms: dict[str, str] = {}
    for name, value in secrets.items():
        for form in (value, in_address(value), repr(value)[1:-1]):
            if form:
                forms.setdefault(form, name)
    if not forms:
        return text
    # The longest first: one secret may be the beginning of another.
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.sub(either, lambda found: f"${{{forms[found[0]]}}}", text)
