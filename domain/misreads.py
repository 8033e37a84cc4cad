"""Suspected misreads (疑似误读): one barcode that is missing and one that nobody registered may be the same tube.

A pair is proposed only where site, box or laboratory and the time agree as well as the characters: barcodes of one
roll differ by a single digit, so that likeness alone says nothing. A person confirms it; until then it changes no
figure (contract, "ledger").
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

EARLY_SECONDS = 5 * 60
"""How much earlier than the collection a receipt may be: two clocks are never quite alike."""

WINDOW_SECONDS = 8 * 3600
"""How long after it left its site a tube can still turn up: twice the limit for the way (003: 4 hours)."""

TOGETHER_SECONDS = 60 * 60
"""How far from the receipts of the other tubes of its box (assumed: a box is scanned in one go)."""

LOOK_ALIKES = frozenset(
    frozenset(pair)
    for pair in ("08", "06", "09", "17", "14",
                 "38", "56", "68", "27", "35", "69", "49", "0O", "0D", "1I", "1l", "8B", "5S", "2Z", "6G",
                 "0o", "0Q", "Il", "VU", "CG")
)  # fmt: skip
"""Characters that are taken for each other on a smeared label or by a tired eye (assumed)."""


class Slip(IntEnum):
    """What happened to the characters."""

    LOOK_ALIKE = 1
    """One character was taken for one that looks like it."""
    OTHER_CHARACTER = 2
    SWAPPED = 3
    """Two neighbours changed places: typed by hand."""
    DROPPED = 4
    DOUBLED = 5


_WEIGHT = {Slip.LOOK_ALIKE: 3, Slip.OTHER_CHARACTER: 1, Slip.SWAPPED: 3, Slip.DROPPED: 3, Slip.DOUBLED: 3}
_LAB, _SITE, _BOX, _TOGETHER = 1, 2, 3, 1
_ENOUGH = 5
"""What a pair must weigh: a likely slip, the laboratory and the hour of its box or the site; any slip and the box."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A used barcode no laboratory has received. `lab` is where it is bound, `left_at` when it was collected (else
    used); `box_first` and `box_last` are the receipts of the other tubes of its box. Seconds since 1970."""

    barcode: str
    site: Hashable | None
    lab: Hashable | None
    left_at: int
    box: str | None = None
    box_first: int | None = None
    box_last: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A barcode `lab` received at `at` and nobody registered; `site` and `box` where the laboratory named them."""

    barcode: str
    lab: Hashable | None
    at: int
    site: Hashable | None = None
    box: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A missing barcode and the unregistered one it was probably read as.

    `lost_part` and `found_part` are the characters that differ, as a half-open range in each; `weight` is how much
    speaks for it.
    """

    lost: Lost
    found: Found
    slip: Slip
    lost_part: tuple[int, int]
    found_part: tuple[int, int]
    weight: int


def slip_between(right: str, wrong: str) -> tuple[Slip, tuple[int, int], tuple[int, int]] | None:
    """What makes `wrong` of `right` in one slip, and the differing characters in each; None where it takes more."""
    start = 0
    while start < min(len(right), len(wrong)) and right[start] == wrong[start]:
        start += 1
    if len(right) == len(wrong):
        if right[start + 1 :] == wrong[start + 1 :] and start < len(right):
            alike = frozenset((right[start], wrong[start])) in LOOK_ALIKES
            part = (start, start + 1)
            return (Slip.LOOK_ALIKE if alike else Slip.OTHER_CHARACTER), part, part
        swapped = right[start + 1 : start + 2] + right[start : start + 1]
        if wrong[start : start + 2] == swapped and right[start + 2 :] == wrong[start + 2 :] and start < len(right):
            return Slip.SWAPPED, (start, start + 2), (start, start + 2)
        return None
    if len(wrong) == len(right) - 1 and right[start + 1 :] == wrong[start:]:
        return Slip.DROPPED, (start, start + 1), (start, start)
    if (
        len(wrong) == len(right) + 1
        and wrong[start + 1 :] == right[start:]
        and wrong[start : start + 1] == wrong[start - 1 : start]
    ):
        return Slip.DOUBLED, (start, start), (start, start + 1)
    return None


def pairs(
    missing: Iterable[Lost], unregistered: Iterable[Found], denied: Collection[tuple[str, str]] = ()
) -> list[Pair]:
    """The pairs to propose, one barcode in one pair at most, by the missing barcode.

    Where two candidates are as likely, neither is proposed. `denied` are pairs (missing, unregistered) somebody has
    said no to. Takes a time that grows with the number of barcodes, not with the number of possible pairs.
    """
    candidates = [pair for pair in _candidates(list(missing), list(unregistered))
                  if (pair.lost.barcode, pair.found.barcode) not in denied]  # fmt: skip
    return sorted(_assigned(candidates), key=lambda pair: pair.lost.barcode)


def _candidates(missing: list[Lost], unregistered: list[Found]) -> Iterator[Pair]:
    """Every pair of one slip whose circumstances agree."""
    near: dict[str, list[Found]] = defaultdict(list)
    for found in unregistered:
        for shape in _shapes(found.barcode):
            near[shape].append(found)
    for lost in missing:
        seen: set[str] = set()
        for shape in _shapes(lost.barcode):
            for found in near.get(shape, ()):
                if found.barcode in seen or found.barcode == lost.barcode:
                    continue
                seen.add(found.barcode)
                said = slip_between(lost.barcode, found.barcode)
                speaks = _circumstances(lost, found) if said else None
                if said is None or speaks is None:
                    continue
                weight = _WEIGHT[said[0]] + speaks
                if weight >= _ENOUGH:
                    yield Pair(lost, found, *said, weight)


def _shapes(code: str) -> Iterator[str]:
    """What two barcodes have in common that are one slip apart: with one character blotted out, and with one left
    out. Two neighbours that changed places leave the same when one of them is left out."""
    yield code
    for i in range(len(code)):
        yield f"{code[:i]}\0{code[i + 1 :]}"
        yield code[:i] + code[i + 1 :]


def _circumstances(lost: Lost, found: Found) -> int | None:
    """How much site, box, laboratory and time speak for the pair; None where one of them speaks against it."""
    weight = 0
    for ours, theirs, worth in (
        (lost.lab, found.lab, _LAB),
        (lost.site, found.site, _SITE),
        (lost.box, found.box, _BOX),
    ):
        if ours is None or theirs is None:
            continue
        if ours != theirs:
            return None
        weight += worth
    if not weight or not lost.left_at - EARLY_SECONDS <= found.at <= lost.left_at + WINDOW_SECONDS:
        return None
    if lost.box_first is not None and lost.box_last is not None:
        if lost.box_first - TOGETHER_SECONDS <= found.at <= lost.box_last + TOGETHER_SECONDS:
            weight += _TOGETHER
        elif found.box is None:
            return None
    return weight


def _assigned(candidates: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs that are each other's best by a margin; what they take is no rival of what is left."""
    left = list(candidates)
    while left:
        by_lost: dict[str, list[Pair]] = defaultdict(list)
        by_found: dict[str, list[Pair]] = defaultdict(list)
        for pair in left:
            by_lost[pair.lost.barcode].append(pair)
            by_found[pair.found.barcode].append(pair)
        sure = [pair for pair in left
                if _best(pair, by_lost[pair.lost.barcode]) and _best(pair, by_found[pair.found.barcode])]  # fmt: skip
        if not sure:
            return
        yield from sure
        taken = {pair.lost.barcode for pair in sure} | {pair.found.barcode for pair in sure}
        left = [pair for pair in left if not {pair.lost.barcode, pair.found.barcode} & taken]


def _best(pair: Pair, rivals: Iterable[Pair]) -> bool:
    return all(rival is pair or rival.weight < pair.weight for rival in rivals)
