"""Laboratories that give counts only (按数量): which of the tubes on their way have arrived is a matter of order.

Assumption: a laboratory receives, tests and reports in the order of use. So the first it reports are the oldest of
those that wait for it, and so on; nothing is received twice, and a balance stays what it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.tubes import Stage


@dataclass(frozen=True, slots=True)
class Counted:
    """What a laboratory says in counts, in all: tubes received, tested, reported. Never less than what follows it,
    since what is reported was tested and what is tested was received."""

    received: int
    tested: int
    reported: int

    @classmethod
    def of(cls, received: int | None, tested: int | None, reported: int | None) -> "Counted":
        done = reported or 0
        run = max(tested or 0, done)
        return cls(max(received or 0, run), run, done)


@dataclass(slots=True)
class Taken:
    """What the counts of its laboratories do to one place: `waiting` tubes are taken from those that wait, by stage
    and minute of use, and stand as `stages` instead."""

    waiting: dict[tuple[Stage, int], int] = field(default_factory=dict)
    stages: dict[Stage, int] = field(default_factory=dict)

    @property
    def tubes(self) -> int:
        return sum(self.stages.values())

    def add(self, stage: Stage, minute: int, now_in: Stage, tubes: int) -> None:
        self.waiting[stage, minute] = self.waiting.get((stage, minute), 0) + tubes
        self.stages[now_in] = self.stages.get(now_in, 0) + tubes

    def take(self, other: "Taken") -> None:
        """Add what the counts do to a part."""
        for key, tubes in other.waiting.items():
            self.waiting[key] = self.waiting.get(key, 0) + tubes
        for stage, tubes in other.stages.items():
            self.stages[stage] = self.stages.get(stage, 0) + tubes


Waiting = Mapping[tuple[int, Stage, int], int]
"""Tubes that wait for one laboratory, by town, stage and minute of use."""


def share_out(counted: Counted, waiting: Waiting) -> dict[int, Taken]:
    """By town, which of the waiting tubes the laboratory's counts stand for: the oldest first; of the same minute
    those that were collected, then by town."""
    left = [
        [Stage.REPORTED, counted.reported],
        [Stage.TESTING, counted.tested - counted.reported],
        [Stage.AT_LAB, counted.received - counted.tested],
    ]
    taken: dict[int, Taken] = {}
    for (town, stage, minute), tubes in sorted(waiting.items(), key=_order):
        for step in left:
            part = min(tubes, step[1])
            if part > 0:
                taken.setdefault(town, Taken()).add(stage, minute, Stage(step[0]), part)
                step[1] -= part
                tubes -= part
        if not any(step[1] for step in left):
            break
    return taken


def together(parts: Iterable[Taken]) -> Taken:
    """What the counts do to a place, from what they do to the towns in it."""
    whole = Taken()
    for part in parts:
        whole.take(part)
    return whole


def _order(item: tuple[tuple[int, Stage, int], int]) -> tuple[int, int, int]:
    (town, stage, minute), _ = item
    return minute, -stage, town
