"""What is sent about findings of the ledger and about sign-offs: read, checked for sense, nothing believed about
rights or state."""

from dataclasses import dataclass

from domain.claims import read_key, read_object, read_whole, read_word
from domain.errors import Code, Refused
from domain.handover import Side
from domain.reports import MAX_NOTE
from domain.tube_findings import Cause, Party, Step
from domain.values import MAX_KEY, read_text

MAX_NAME = 100
MOST_TUBES = 10_000_000


@dataclass(frozen=True, slots=True)
class StepClaim:
    """What somebody wants to do to a finding, having seen it after `seen` turns (None: has not looked)."""

    key: str
    finding: str
    step: Step
    seen: int | None = None
    cause: Cause | None = None
    note: str = ""
    owner: Party | None = None


@dataclass(frozen=True, slots=True)
class SignClaim:
    """One side's word on the count of a site, with the counts it saw."""

    key: str
    site: str
    side: Side
    site_count: int
    lab_count: int
    name: str
    role: str
    note: str = ""


def read_step(body: object) -> StepClaim:
    """The step a body states. Raises `Refused`."""
    row = read_object(body)
    finding = read_text("finding", row.get("finding"), 64)
    if not finding:
        raise Refused("finding", Code.MISSING_FIELD)
    cause, owner = row.get("cause"), row.get("owner")
    return StepClaim(
        key=read_key(row),
        finding=finding,
        step=read_word("step", row.get("step"), Step),
        seen=read_whole("seen", row.get("seen"), 1_000_000),
        cause=read_word("cause", cause, Cause) if cause else None,
        note=read_text("note", row.get("note"), MAX_NOTE),
        owner=read_word("owner", owner, Party) if owner else None,
    )


def read_sign_off(body: object) -> SignClaim:
    """The word on a count that a body states. Raises `Refused`."""
    row = read_object(body)
    words = {
        "site": read_text("site", row.get("site"), MAX_KEY),
        "name": read_text("name", row.get("name"), MAX_NAME),
        "role": read_text("role", row.get("role"), MAX_NAME),
    }
    counts = {name: read_whole(name, row.get(name), MOST_TUBES) for name in ("site_count", "lab_count")}
    for name, value in (words | counts).items():
        if value in ("", None):
            raise Refused(name, Code.MISSING_FIELD)
    return SignClaim(
        key=read_key(row),
        side=read_word("side", row.get("side"), Side),
        note=read_text("note", row.get("note"), MAX_NOTE),
        site_count=counts["site_count"] or 0,
        lab_count=counts["lab_count"] or 0,
        **words,
    )
