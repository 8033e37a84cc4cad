"""The town's word on a report: verified, or returned with a reason; taken back within seconds.

Nothing is overwritten: every decision is a row of its own, the latest one counts, and taking one back is a further
decision that restores what stood before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Code, Refused
from domain.findings import FLAG_SEVERITY
from domain.reports import DOUBTFUL, Flag, Status
from domain.status import RANK

UNDO_SHOWN = timedelta(seconds=10)
"""How long a page offers to take a decision back (design, section 6)."""

UNDO_WITHIN = timedelta(seconds=15)
"""How long the record allows it: a click in the tenth second still has to travel, on a site's network too."""


class Reason(StrEnum):
    """Why a report goes back to its site. A reason that is also a flag says that the flag is right. Others may state
    reasons of their own through the interface."""

    TOTAL_FALLS = "total_falls"
    TOTAL_DIFFERS = "total_differs"
    PERSONS_OVER_TUBES = "persons_over_tubes"
    THIRD_COPIES_DIFFER = "third_copies_differ"
    ZERO_WHILE_OPEN = "zero_while_open"
    OUTLIER = "outlier"
    OUTSIDE_OPENING = "outside_opening"
    CONFLICT = "conflict"
    INCOMPLETE = "incomplete"
    OTHER = "other"


USUAL = (Reason.THIRD_COPIES_DIFFER, Reason.TOTAL_FALLS, Reason.PERSONS_OVER_TUBES, Reason.INCOMPLETE, Reason.OTHER)
"""What is offered for every report, after the reasons its own flags give."""

NEEDS_NOTE = frozenset({Reason.OTHER})
"""Reasons that say nothing without a note."""


def reasons(flags: Flag, conflict: bool = False) -> tuple[Reason, ...]:
    """The reasons to offer for a report with these flags; its own come first, the worst of them foremost."""
    doubtful = sorted(flags & DOUBTFUL, key=lambda flag: (RANK[FLAG_SEVERITY[flag]], int(flag)))
    own = [Reason(str(flag.name).lower()) for flag in doubtful]
    if conflict:
        own.append(Reason.CONFLICT)
    return tuple(dict.fromkeys([*own, *USUAL]))


def is_clean(status: Status, flags: Flag, *, conflict: bool = False, reopened: bool = False) -> bool:
    """Whether a report may be verified together with others, unseen: it waits, nothing about its figures is doubtful,
    no other claim contradicts it, and it does not change what was verified before. That it came late is no doubt
    about its figures."""
    return status is Status.SUBMITTED and not flags & DOUBTFUL and not conflict and not reopened


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision on record about one report. `undoes` is the revision of the decision it takes back, None for one
    that stands for itself."""

    status: Status
    actor: str
    at: datetime
    revision: int
    reason: str = ""
    note: str = ""
    undoes: int | None = None


class AlreadyUndone(Exception):
    """The decision has been taken back before, by the same hand: there is nothing to do."""


def before(history: Sequence[Decided], revision: int, actor: str, now: datetime, within: timedelta) -> Decided | None:
    """What stood before the decision of `revision`, which `actor` takes back; None: nothing had been decided.

    `history` are all decisions about the report in order, `within` is UNDO_WITHIN on the campaign's clock. Only the
    latest decision can be taken back, only by who made it, and one that takes another back stands.
    Raises `Refused`, and `AlreadyUndone`.
    """
    latest = history[-1] if history else None
    if latest is not None and latest.undoes == revision and latest.actor == actor:
        raise AlreadyUndone
    if latest is None or latest.revision != revision or latest.undoes is not None:
        raise Refused("revision", Code.CONFLICT, revision, detail="decided_since")
    if latest.actor != actor:
        raise Refused("revision", Code.NOT_YOURS, revision)
    if now - latest.at > within:
        raise Refused("revision", Code.TOO_LATE, revision, seconds=int(UNDO_WITHIN.total_seconds()))
    return history[-2] if len(history) > 1 else None
