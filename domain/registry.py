"""The registry of laboratories (实验室名录): what is on record of each, and what follows from it.

Sources 001 and 003: licence, filing of biosafety level 2, published list, black list. Source 004: external quality
assessment (室间质评) and mutual recognition. What follows from the record is never stored but read off it for a day:
`domain.recognition`, `domain.laboratories`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.campaign import Limits


class Subject(StrEnum):
    """What a record is about. Of the first three a laboratory has one each, of the others as many as there were."""

    STANDING = "standing"
    """Level of the institution, published or not, capacity, host place."""
    LICENCE = "licence"
    FILING = "filing"
    ASSESSMENT = "assessment"
    CONTROL = "control"
    FORMS = "forms"
    BLACK_LIST = "black_list"
    BINDING = "binding"


class Range(StrEnum):
    """How far a round of assessment, and the mark that comes of it, reaches; the widest first."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


WIDTH = {range_: -place for place, range_ in enumerate(Range)}

LEVELS = (1, 2, 3)
"""Levels of institutions (一级、二级、三级)."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one record: what was written, by whom, when. `entry` tells apart the records of one subject;
    `copied_from` names the campaign it was taken over from."""

    id: int
    subject: Subject
    entry: str
    content: Mapping[str, Any]
    withdrawn: bool
    note: str
    by: str
    at: datetime
    current: bool
    copied_from: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A licence or a filing, good to the end of the day `until`; None where that is not on record."""

    number: str
    until: date | None
    filed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round of external quality assessment of one item. `passed` is None for who did not take part."""

    entry: str
    item: str
    organiser: str
    range: Range
    region: str
    on: date
    took_part: bool
    passed: bool | None
    corrective: str = ""
    corrected_on: date | None = None

    @property
    def good(self) -> bool:
        return self.took_part and self.passed is True

    @property
    def failed(self) -> bool:
        return self.took_part and self.passed is False


@dataclass(frozen=True, slots=True)
class Control:
    """Internal quality control (室内质控) of an item on a day."""

    item: str
    on: date
    in_control: bool


@dataclass(frozen=True, slots=True)
class Forms:
    """Report forms (检验报告单) of a half year that were checked, and how many complied."""

    half: str
    checked: int
    compliant: int


@dataclass(frozen=True, slots=True)
class BlackListing:
    """A time on the black list: from `since` on, until `lifted_on` where that is known."""

    since: date
    reason: str
    lifted_on: date | None

    def in_force(self, today: date) -> bool:
        return self.since <= today and (self.lifted_on is None or self.lifted_on > today)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record of one laboratory now."""

    level: int | None = None
    listed: bool | None = None
    licence: Paper | None = None
    filing: Paper | None = None
    rounds: tuple[Round, ...] = ()
    controls: tuple[Control, ...] = ()
    forms: tuple[Forms, ...] = ()
    listings: tuple[BlackListing, ...] = ()


def facts(versions: Iterable[Version]) -> Facts:
    """What the versions in force say, each list the newest first."""
    held: dict[Subject, list[tuple[str, Mapping[str, Any]]]] = {subject: [] for subject in Subject}
    for version in versions:
        if version.current and not version.withdrawn:
            held[version.subject].append((version.entry, version.content))
    standing = held[Subject.STANDING][0][1] if held[Subject.STANDING] else {}
    return Facts(
        level=standing.get("level"),
        listed=standing.get("listed"),
        licence=_paper(held[Subject.LICENCE]),
        filing=_paper(held[Subject.FILING]),
        rounds=tuple(sorted((_round(entry, c) for entry, c in held[Subject.ASSESSMENT]), key=_newest_first)),
        controls=tuple(
            sorted(
                (Control(c["item"], date.fromisoformat(c["on"]), c["in_control"]) for _, c in held[Subject.CONTROL]),
                key=lambda control: (-control.on.toordinal(), control.item),
            )
        ),
        forms=tuple(
            sorted(
                (Forms(c["half"], c["checked"], c["compliant"]) for _, c in held[Subject.FORMS]),
                key=lambda forms: forms.half,
                reverse=True,
            )
        ),
        listings=tuple(
            sorted(
                (
                    BlackListing(date.fromisoformat(c["since"]), c["reason"], _day(c.get("lifted_on")))
                    for _, c in held[Subject.BLACK_LIST]
                ),
                key=lambda listing: listing.since,
                reverse=True,
            )
        ),
    )


def _paper(held: Sequence[tuple[str, Mapping[str, Any]]]) -> Paper | None:
    if not held:
        return None
    content = held[0][1]
    return Paper(content["number"], _day(content.get("valid_until")), _day(content.get("filed_on")))


def _round(entry: str, c: Mapping[str, Any]) -> Round:
    return Round(
        entry, c["item"], c["organiser"], Range(c["range"]), c["region"], date.fromisoformat(c["on"]),
        c["took_part"], c["passed"], c["corrective"], _day(c["corrected_on"]),
    )  # fmt: skip


def _newest_first(round_: Round) -> tuple[int, str, str]:
    return -round_.on.toordinal(), round_.item, round_.organiser


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


# -- days


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def half_of(day: date) -> str:
    """The half year a day lies in: `2026H1`."""
    return f"{day.year}H{1 if day.month < 7 else 2}"


def end_of_half(half: str) -> date:
    """The last day of a half year."""
    year, which = half.split("H")
    return date(int(year), 6, 30) if which == "1" else date(int(year), 12, 31)


def years_asked(today: date, limits: Limits) -> tuple[int, ...]:
    """The years an item must have been passed in: those of the setting, else the full ones before this."""
    last = limits.lab_years_until or today.year - 1
    return tuple(range(last - limits.lab_years + 1, last + 1))
