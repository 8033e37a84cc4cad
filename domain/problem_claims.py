"""What is sent about an information problem: read, checked for sense, nothing believed about rights or state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import Code, Refused
from domain.problems import MAX_TICKET, MAX_VENDOR, Effect, Kind, Remedy, Step
from domain.reports import MAX_NOTE, read_text

MAX_KEY = 200
MAX_AGO = 24 * 60
"""Minutes a problem may have gone on before it is opened."""
MAX_LATENCY = 10 * 60 * 1000

Word = TypeVar("Word", Kind, Effect, Step, Remedy)


@dataclass(frozen=True, slots=True)
class Opening:
    """A problem as it is opened. `place` is empty for the sender's own; with `keep` a site tries itself first.

    `began_minutes` ago it began; `latency_ms` is how long an answer of the server took then. Both are measured anew
    whenever it is sent, so they do not tell one sending from another.
    """

    key: str
    place: str
    kind: Kind
    effect: Effect
    note: str = ""
    keep: bool = False
    began_minutes: int = 0
    latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StepClaim:
    """What somebody wants to do to a problem, having seen it after `seen` turns (None: has not looked)."""

    key: str
    step: Step
    seen: int | None = None
    note: str = ""
    remedy: Remedy | None = None
    vendor: str = ""
    ticket: str = ""


def read_opening(body: object) -> Opening:
    """The opening a body states. Raises `Refused`."""
    row = _object(body)
    keep = row.get("keep", False)
    if not isinstance(keep, bool):
        raise Refused("keep", Code.BAD_VALUE, keep)
    return Opening(
        key=_key(row),
        place=read_text("place", row.get("place"), MAX_KEY),
        kind=_word("kind", row.get("kind"), Kind),
        effect=_word("effect", row.get("effect"), Effect),
        note=read_text("note", row.get("note"), MAX_NOTE),
        keep=keep,
        began_minutes=_whole("began_minutes", row.get("began_minutes"), MAX_AGO) or 0,
        latency_ms=_whole("latency_ms", row.get("latency_ms"), MAX_LATENCY),
    )


def read_step(body: object) -> StepClaim:
    """The step a body states. Raises `Refused`."""
    row = _object(body)
    remedy = row.get("remedy")
    return StepClaim(
        key=_key(row),
        step=_word("step", row.get("step"), Step),
        seen=_whole("seen", row.get("seen"), 1_000_000),
        note=read_text("note", row.get("note"), MAX_NOTE),
        remedy=_word("remedy", remedy, Remedy) if remedy else None,
        vendor=read_text("vendor", row.get("vendor"), MAX_VENDOR),
        ticket=read_text("ticket", row.get("ticket"), MAX_TICKET),
    )


def _object(body: object) -> Mapping[str, object]:
    if not isinstance(body, Mapping):
        raise Refused("row", Code.BAD_VALUE, detail="object")
    return body


def _key(row: Mapping[str, object]) -> str:
    key = read_text("key", row.get("key"), MAX_KEY)
    if not key:
        raise Refused("key", Code.MISSING_FIELD)
    return key


def _word(name: str, value: object, words: type[Word]) -> Word:
    stated = read_text(name, value, 32)
    if not stated:
        raise Refused(name, Code.MISSING_FIELD)
    if stated not in tuple(words):
        raise Refused(name, Code.BAD_VALUE, stated)
    return words(stated)


def _whole(name: str, value: object, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(name, Code.NOT_A_NUMBER, value)
    if value < 0:
        raise Refused(name, Code.NEGATIVE, value)
    if value > most:
        raise Refused(name, Code.TOO_LARGE, value, limit=most)
    return value
