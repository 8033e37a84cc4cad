"""What is sent about a task from a result: read, checked for sense, nothing believed about rights or state."""

from dataclasses import dataclass

from domain.claims import read_key, read_object, read_whole, read_word
from domain.errors import Code, Refused
from domain.personal import read_remark
from domain.positives import Party, Step
from domain.reports import MAX_NOTE
from domain.tube_events import MAX_PERSONS

MAX_AGO = 24 * 60
"""Minutes ago a step may have been done."""

MAX_BARCODES = 100
"""Tubes linked at a time."""


@dataclass(frozen=True, slots=True)
class StepClaim:
    """What somebody did about a task, having seen it after `seen` turns (None: has not looked).

    It was done `minutes_ago`; that is measured anew whenever it is sent, so it does not tell one sending from
    another. `second` tubes are for the other laboratory.
    """

    key: str
    step: Step
    seen: int | None = None
    minutes_ago: int = 0
    persons: int | None = None
    party: Party | None = None
    barcodes: tuple[str, ...] = ()
    second: bool = False
    note: str = ""


def read_step(body: object) -> StepClaim:
    """The step a body states. Raises `Refused`; words that hold what looks like somebody's number are refused."""
    row = read_object(body)
    party, second = row.get("party"), row.get("second", False)
    if not isinstance(second, bool):
        raise Refused("second", Code.BAD_VALUE, second)
    persons = read_whole("persons", row.get("persons"), MAX_PERSONS)
    if persons == 0:
        raise Refused("persons", Code.BAD_VALUE, persons)
    return StepClaim(
        key=read_key(row),
        step=read_word("step", row.get("step"), Step),
        seen=read_whole("seen", row.get("seen"), 1_000_000),
        minutes_ago=read_whole("minutes_ago", row.get("minutes_ago"), MAX_AGO) or 0,
        persons=persons,
        party=read_word("party", party, Party) if party else None,
        barcodes=_barcodes(row.get("barcodes")),
        second=second,
        note=read_remark("note", row.get("note"), MAX_NOTE),
    )


def _barcodes(value: object) -> tuple[str, ...]:
    """Barcodes as they stand; whether they can be some is the task's question."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(barcode, str) for barcode in value):
        raise Refused("barcodes", Code.BAD_VALUE, detail="text")
    if len(value) > MAX_BARCODES:
        raise Refused("barcodes", Code.TOO_LARGE, len(value), limit=MAX_BARCODES)
    return tuple(barcode.strip() for barcode in value)
