"""What a load rehearsal is: which campaigns may bear one, what it plays, and when it went well."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "rehearsal"
"""A campaign whose id begins so is for trying: whoever made it said so, and everybody reads it in every address."""


def may_be_rehearsed(campaign_id: str, demo: bool) -> bool:
    """Whether made-up figures may be sent there: to a demonstration, or where the campaign says it is a rehearsal."""
    return demo or campaign_id == PREFIX or campaign_id.startswith(f"{PREFIX}-")


class Kind(StrEnum):
    """What is asked. Each has its own limit: entries come before pictures."""

    SIGN_IN = "sign_in"
    VERSION = "version"
    PICTURE = "picture"
    REPORT = "report"
    TUBES = "tubes"


P95_SECONDS = {Kind.SIGN_IN: 3.0, Kind.VERSION: 0.25, Kind.PICTURE: 1.0, Kind.REPORT: 1.0, Kind.TUBES: 2.0}
"""Above it, people notice: a page feels stuck, a clerk presses twice, a gateway's queue grows."""

PLAYED = 0.9
"""The share of what was to be asked that must have been: a machine that cannot ask proves nothing about the other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went with one kind. `wanted` is how often it was to be asked, `seconds` how long each answer took that
    was right, `wrong` how many were not, by what was wrong."""

    kind: Kind
    wanted: int
    seconds: Sequence[float]
    wrong: dict[str, int]

    @property
    def errors(self) -> int:
        return sum(self.wrong.values())

    @property
    def played(self) -> int:
        return len(self.seconds) + self.errors

    def percentile(self, share: float) -> float | None:
        """The time within which that share was answered, in seconds; None where nothing was."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it did not go well: `errors`, `slow`, `not_played`; empty where it did."""
        p95 = self.percentile(0.95)
        found = {
            "errors": self.errors > 0,
            "slow": p95 is not None and p95 > P95_SECONDS[self.kind],
            "not_played": self.played < PLAYED * self.wanted,
        }
        return tuple(name for name, true in found.items() if true)


def went_well(outcomes: Sequence[Outcome]) -> bool:
    """Whether a real day may come. A rehearsal that asked nothing says no."""
    return any(one.played for one in outcomes) and not any(one.faults for one in outcomes)
