"""What is sent about an information problem: read, checked for sense, nothing believed about rights or state."""

from dataclasses import dataclass

from domain.claims import read_key, read_object, read_whole, read_word
from domain.errors import Code, Refused
from domain.problems import MAX_TICKET, MAX_VENDOR, Effect, Kind, Remedy, Step
from domain.reports import MAX_NOTE
from domain.values import MAX_KEY, read_text

MAX_AGO = 24 * 60
"""Minutes a problem may have gone on before it is opened."""
MAX_LATENCY = 10 * 60 * 1000


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
    row = read_object(body)
    keep = row.get("keep", False)
    if not isinstance(keep, bool):
        raise Refused("keep", Code.BAD_VALUE, keep)
    return Opening(
        key=read_key(row),
        place=read_text("place", row.get("place"), MAX_KEY),
        kind=read_word("kind", row.get("kind"), Kind),
        effect=read_word("effect", row.get("effect"), Effect),
        note=read_text("note", row.get("note"), MAX_NOTE),
        keep=keep,
        began_minutes=read_whole("began_minutes", row.get("began_minutes"), MAX_AGO) or 0,
        latency_ms=read_whole("latency_ms", row.get("latency_ms"), MAX_LATENCY),
    )


def read_step(body: object) -> StepClaim:
    """The step a body states. Raises `Refused`."""
    row = read_object(body)
    remedy = row.get("remedy")
    return StepClaim(
        key=read_key(row),
        step=read_word("step", row.get("step"), Step),
        seen=read_whole("seen", row.get("seen"), 1_000_000),
        note=read_text("note", row.get("note"), MAX_NOTE),
        remedy=read_word("remedy", remedy, Remedy) if remedy else None,
        vendor=read_text("vendor", row.get("vendor"), MAX_VENDOR),
        ticket=read_text("ticket", row.get("ticket"), MAX_TICKET),
    )
