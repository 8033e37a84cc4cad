"""What bodies of requests have in common: an object, a key, a word, whole numbers. All raise `Refused`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.errors import Code, Refused
from domain.values import MAX_KEY, read_text

Word = TypeVar("Word", bound=StrEnum)


def read_object(body: object) -> Mapping[str, object]:
    """The JSON object a body is."""
    if not isinstance(body, Mapping):
        raise Refused("row", Code.BAD_VALUE, detail="object")
    return body


def read_key(row: Mapping[str, object]) -> str:
    """The key by which a second sending is recognised."""
    key = read_text("key", row.get("key"), MAX_KEY)
    if not key:
        raise Refused("key", Code.MISSING_FIELD)
    return key


def read_word(name: str, value: object, words: type[Word]) -> Word:
    """One of `words`."""
    stated = read_text(name, value, 32)
    if not stated:
        raise Refused(name, Code.MISSING_FIELD)
    if stated not in tuple(words):
        raise Refused(name, Code.BAD_VALUE, stated)
    return words(stated)


def read_whole(name: str, value: object, most: int) -> int | None:
    """A whole number from 0 to `most`; None when absent."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(name, Code.NOT_A_NUMBER, value)
    if value < 0:
        raise Refused(name, Code.NEGATIVE, value)
    if value > most:
        raise Refused(name, Code.TOO_LARGE, value, limit=most)
    return value
