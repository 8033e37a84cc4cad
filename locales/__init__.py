"""Every sentence a person reads, in Chinese (first) and English. Texts stand in `<language>/*.toml`; a key is the
dotted path inside a file, and both languages hold the same keys (a test sees to it)."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
DEFAULT = "zh"

_HERE = Path(__file__).parent


@cache
def texts(language: str) -> Mapping[str, str]:
    """All texts of `language`, by key."""
    found: dict[str, str] = {}
    for path in sorted((_HERE / language).glob("*.toml")):
        found.update(_flat(tomllib.loads(path.read_text(encoding="utf-8")), ""))
    return found


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def text(language: str, key: str, **params: object) -> str:
    """The text `key` in `language`, its `{placeholders}` filled. Raises `KeyError` for an unknown key."""
    sentence = texts(language)[key]
    if BY_NUMBER in sentence:
        return sentence.format(**{name: _Number(value) for name, value in params.items()})
    return sentence.format(**params)


BY_NUMBER = ":?"
"""`{tubes} {tubes:?tube|tubes}`: the first word after one, the second after any other number."""


class _Number(str):
    """A number as it is written, which also chooses the word that goes with it."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if not spec.startswith("?"):
            return super().__format__(spec)
        one, other = spec[1:].split("|")
        return one if self == "1" else other


def has(key: str) -> bool:
    """Whether there is a text for `key`."""
    return key in texts(DEFAULT)


def negotiate(accept: str | None) -> str:
    """The language that fits an `Accept-Language` header best; Chinese where it names none of ours."""
    best, quality = DEFAULT, 0.0
    for part in (accept or "").split(","):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.partition("=")[2]) if rest.strip().startswith("q=") else 1.0
        except ValueError:
            continue
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and weight > quality:
            best, quality = language, weight
    return best
