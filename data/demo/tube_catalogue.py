"""Which faults are planted among the tubes of the demonstration day, and how one is written down.

About the numbers of the design's reference day (picture 13); nothing here was measured anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.tube_events import Void

MINUTE = 60

COPIES_LATE = 45 * MINUTE
"""How long after an hour its third copies and tubes are compared: what is slow may take half an hour (source 001)."""

EARLY, LATER = range(4), range(4, 11)
"""Periods of filling: what is lost in the early ones is missed by the time a newcomer first looks."""

LOSSES = ((EARLY, (9, 5, 2)), (LATER, (1, 3, 4, 2)))
"""Tubes of one box that a laboratory never scans."""

MISREADS = ((EARLY, 7), (LATER, 4))
UNREGISTERED = ((EARLY, 2), (LATER, 2))
DUPLICATES = ((EARLY, 2), (LATER, 1))
REJECTED = ((EARLY, 2), (LATER, 1))
FORWARDED = ((EARLY, 1), (LATER, 1))
LATE_SCANS = (("collected", range(1, 4)), ("received", EARLY), ("received", LATER), ("result_first", EARLY))
"""Which scan of a box is sent hours after it happened; of the last one, after the results."""
STRAY_BOX = range(6)
"""When the box is filled that goes to another laboratory and stays there."""

SPOILED = ((Void.BROKEN, EARLY, 3), (Void.BROKEN, LATER, 2), (Void.LABEL_SPOILED, EARLY, 2),
           (Void.LABEL_SPOILED, LATER, 2))  # fmt: skip
COPIES_WITHOUT_TUBE = ((EARLY, 1), (LATER, 1))
TUBES_WITHOUT_COPY = ((EARLY, 4), (LATER, 3))
TOO_MANY = ((EARLY, 1), (LATER, 1))
INTERRUPTED = 60

OUTAGE = 90 * MINUTE
"""How long a laboratory stands still."""

LOOK_ALIKE = {"0": "68", "1": "74", "2": "7", "3": "85", "4": "19", "5": "63", "6": "058", "7": "12", "8": "360",
              "9": "40"}  # fmt: skip
"""Digits taken for others on a smeared label."""

Wanted = Sequence[tuple[range, int]]
"""How many in which periods."""


@dataclass(frozen=True, slots=True)
class PlantedTubeFault:
    """One fault. `barcodes` are those concerned: of a misread the true one and the wrong one, of a result the pool
    and its members' single tubes. Times are seconds since 1970: from `shows_at` on it must be seen; from
    `settled_at` on it must be gone (None: it stays). `used_at` is when the first of the tubes was filled. `site` and
    `lab` are codes, empty where none is concerned."""

    kind: str
    barcodes: tuple[str, ...]
    site: str
    lab: str
    used_at: int
    shows_at: int
    settled_at: int | None = None
    detail: str = ""
