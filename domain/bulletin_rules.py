"""What a bulletin says, by rule: where the gap lies, what is to be done, what has changed since it was frozen."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from domain.bulletin import FIGURES, SHARES, Frozen, Line, Name, Task, Todo
from domain.findings import Topic
from domain.overview import Overview
from domain.status import Severity


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the gap lies: the places named (most behind first), all the others, and what those add up to."""

    named: tuple[Line, ...]
    others: tuple[Line, ...]
    others_gap: int


NAMED = 2
"""Places the lead paragraph names."""


def behind(frozen: Frozen) -> Behind:
    """The places with the largest negative share of the gap."""
    lines = sorted((line for line in frozen.lines if line.gap is not None), key=lambda line: line.gap or 0)
    named = tuple(line for line in lines[:NAMED] if (line.gap or 0) < 0)
    others = tuple(lines[len(named) :])
    return Behind(named, others, sum(line.gap or 0 for line in others))


def report_by(known_at: datetime) -> datetime:
    """Until when a missing report is asked for: ten minutes on, at the next full ten minutes."""
    step = timedelta(minutes=10)
    since = known_at - datetime(2000, 1, 1, tzinfo=known_at.tzinfo)
    return known_at - since + math.ceil((since + step) / step) * step


TODOS = 5
"""Things to do on one sheet."""

TODO_NAMES = 4
"""Places one of them names; `count` says how many there are."""

BEHIND_TODOS = 2
TOWN_TODOS = 3
"""Todos of their own for the towns furthest behind, and for towns whose sites owe a report."""


def todos(
    seen: Overview, missing: Mapping[Name, Sequence[Name]], returned: Sequence[Name], unverified: Sequence[Name]
) -> tuple[Todo, ...]:
    """What is to be done, most urgent first: reports owed (`missing`, by town), reports sent back, places far
    behind plan, doubtful figures, and what the towns named last still have to verify."""
    found: list[Todo] = []
    by = report_by(seen.now)
    owing = sorted(missing.items(), key=lambda item: (-len(item[1]), item[0].code))
    for town, sites in owing[:TOWN_TODOS]:
        found.append(Todo(Task.REPORT, tuple(sites[:TODO_NAMES]), len(sites), owner=town, by=by))
    if len(owing) > TOWN_TODOS:
        rest = [site for _, sites in owing[TOWN_TODOS:] for site in sites]
        found.append(Todo(Task.REPORT, tuple(rest[:TODO_NAMES]), len(rest), by=by))
    if returned:
        found.append(Todo(Task.RETURNED, tuple(returned[:TODO_NAMES]), len(returned), by=by))
    worst = [child for child in seen.children if child.severity is Severity.CRIT][:BEHIND_TODOS]
    for child in worst:
        place = Name(child.place.code, child.place.name, child.place.name_en, child.place.level)
        finish = child.expected_finish.p50 if child.expected_finish else None
        found.append(Todo(Task.BEHIND, (place,), 1, gap=child.gap_persons, finish=finish))
    doubtful = {
        f.place: Name(f.place, f.place_name, f.place_name_en, f.level) for f in seen.findings if f.topic is Topic.DATA
    }
    if doubtful:
        found.append(Todo(Task.CHECK, tuple(doubtful.values())[:TODO_NAMES], len(doubtful)))
    if unverified:
        found.append(Todo(Task.VERIFY, tuple(unverified[:TODO_NAMES]), len(unverified), by=by))
    return tuple(found[:TODOS])


def summed(lines: Sequence[Line], name: str) -> Line:
    """Several places as one row. What one of them does not know, the sum does not either."""

    def known(field: str) -> int | None:
        values = [getattr(line, field) for line in lines]
        return None if None in values else sum(values)

    planned = [line.planned for line in lines]
    return Line(
        place=Name("", name, name, lines[0].place.level),
        planned=None if None in planned else sum(p for p in planned if p is not None),
        target=known("target"), tubes=known("tubes"), third_copies=known("third_copies"),
        special_cases=known("special_cases"),
        **{
            field: sum(getattr(line, field) for line in lines)
            for field in ("sites", "persons", "hour_persons", "verified_persons", "catch_up_persons", "expected",
                          "reported", "late", "returned")
        },
    )  # fmt: skip


# -- published and live


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is no longer what was published. Shares and counts, as in `Line`."""

    place: Name
    figure: str
    published: float | None
    live: float | None

    @property
    def delta(self) -> float | None:
        if self.published is None or self.live is None:
            return None
        return self.live - self.published


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, the whole place first, and how many figures do not."""

    differences: tuple[Difference, ...]
    unchanged: tuple[Difference, ...]


def compare(published: Frozen, live: Frozen) -> Comparison:
    """Every published figure beside what would be published now for the same hour.

    A place that has come or gone since is compared with nothing.
    """
    differences: list[Difference] = []
    same: list[Difference] = []
    for before, after in _pairs(published, live):
        place = (before or after).place  # type: ignore[union-attr]
        for figure in FIGURES:
            one = getattr(before, figure) if before else None
            other = getattr(after, figure) if after else None
            if one is None and other is None:
                continue
            (same if _alike(figure, one, other) else differences).append(Difference(place, figure, one, other))
    return Comparison(tuple(differences), tuple(same))


def _alike(figure: str, one: float | None, other: float | None) -> bool:
    """Whether both would be printed alike: a share is published to a tenth of a percent."""
    if figure in SHARES and one is not None and other is not None:
        return round(one, 3) == round(other, 3)
    return one == other


def _pairs(published: Frozen, live: Frozen) -> Iterator[tuple[Line | None, Line | None]]:
    yield published.total, live.total
    for line in published.lines:
        yield line, live.line(line.place.code)
    known = {line.place.code for line in published.lines}
    for line in live.lines:
        if line.place.code not in known:
            yield None, line


# -- sentences side by side

_WORDS = re.compile(r"[+\-−]?\d[\d,.:–%]*|[A-Za-z]+|\s+|.", re.DOTALL)


def words(sentence: str) -> list[str]:
    """A sentence in the pieces that change as one: a number with its sign and unit, a Latin word, a character."""
    return _WORDS.findall(sentence)


def sentence_diff(before: str, after: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both sentences in parts, each with whether it differs from the other one."""
    one, other = words(before), words(after)
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for side, part in ((left, one[i1:i2]), (right, other[j1:j2])):
            if part:
                side.append((op != "equal", "".join(part)))
    return left, right
