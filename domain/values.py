"""Single values as they come from outside: a whole number, a moment, a line of text. Each names its field when it
refuses.
"""

import re
from datetime import UTC, datetime

from domain.errors import Code, Refused

MAX_KEY = 200
"""Characters of a key, and of a place's or laboratory's code."""

MAX_COUNT = 10_000_000
"""More of anything counted in one row is a slip of the keyboard."""

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d{1,3})?")
_FORMULA = re.compile(r"[=@]|[+-](?![\d.])")


def read_count(name: str, value: object, decimal: str | None = None) -> int | None:
    """The whole number ≥ 0 that `value` states; None for an empty one.

    With `decimal`, a number may come as text (files), also with thousands marks; without, text is no number
    (JSON). Raises `Refused`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise Refused(name, Code.NOT_A_NUMBER, value)
    if isinstance(value, int):
        number = value
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Refused(name, Code.NOT_A_NUMBER, value)
        if not value.is_integer():
            raise Refused(name, Code.NOT_WHOLE, value)
        number = int(value)
    elif isinstance(value, str) and decimal:
        number = _number_in(name, value, decimal)
    else:
        raise Refused(name, Code.NOT_A_NUMBER, value)
    if number < 0:
        raise Refused(name, Code.NEGATIVE, value)
    if number > MAX_COUNT:
        raise Refused(name, Code.TOO_LARGE, value, limit=MAX_COUNT)
    return number


def _number_in(name: str, text: str, decimal: str) -> int:
    bare = text.strip()
    if _INTEGER.fullmatch(bare) and bare.isascii():
        return int(bare)
    if _FORMULA.match(bare):
        raise Refused(name, Code.NOT_A_NUMBER, text, detail="formula")
    thousands = "." if decimal == "," else ","
    bare = bare.replace("\u2212", "-")
    grouped = re.fullmatch(rf"([+-]?\d{{1,3}})((?:[{thousands}\u00a0\u202f '’]\d{{3}})+)(\D\d+)?", bare)
    if grouped:
        bare = grouped[1] + re.sub(r"\D", "", grouped[2]) + (grouped[3] or "")
    bare = bare.replace(decimal, ".") if thousands not in bare else bare
    if not bare.isascii() or not _DECIMAL.fullmatch(bare):
        raise Refused(name, Code.NOT_A_NUMBER, text)
    number = float(bare)
    if abs(number) > 1e15:
        raise Refused(name, Code.TOO_LARGE, text, limit=MAX_COUNT)
    if not number.is_integer():
        raise Refused(name, Code.NOT_WHOLE, text)
    return int(number)


def read_time(name: str, value: object) -> datetime:
    """The moment an ISO 8601 text with an offset states, in UTC. Raises `Refused` (`bad_time`)."""
    if isinstance(value, datetime):
        moment = value
    else:
        if not isinstance(value, str) or not value.strip():
            raise Refused(name, Code.BAD_TIME, value)
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise Refused(name, Code.BAD_TIME, value) from None
    if moment.tzinfo is None:
        raise Refused(name, Code.BAD_TIME, value, detail="no_offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Refused(name, Code.BAD_TIME, value) from None


def read_text(name: str, value: object, limit: int) -> str:
    """A line of text without control characters, at most `limit` long; "" when absent. Raises `Refused`."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(name, Code.BAD_VALUE, value, detail="text")
    text = str(value).strip()
    if len(text) > limit:
        raise Refused(name, Code.BAD_VALUE, text, detail="too_long", limit=limit)
    if any(ord(c) < 32 and c not in "\n\t" for c in text):
        raise Refused(name, Code.BAD_VALUE, ascii(text), detail="control")
    return text
