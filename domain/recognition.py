"""The mutual-recognition mark HR (source 004): which items of a laboratory carry it, how far it reaches, and why not.

Where the source leaves something open, docs/decisions/0019 says how it is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.campaign import Limits
from domain.registry import LEVELS, WIDTH, Facts, Range, Round, months_before, years_asked

EXCEPTIONS = 10
"""In how many cases a recognised result may be tested again."""


class Lack(StrEnum):
    """Why an item carries no mark."""

    BLACK_LISTED = "black_listed"
    NO_LICENCE = "no_licence"
    LICENCE_EXPIRED = "licence_expired"
    NOT_IN_YEAR = "not_in_year"
    FAILED_IN_YEAR = "failed_in_year"
    MISSED = "missed"
    FAILED = "failed"
    NO_RECENT = "no_recent"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason, with the year or the day it is about."""

    lack: Lack
    year: int | None = None
    on: date | None = None
    organiser: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether an item carries HR, and how far that reaches; without it, why not. `region` may be empty for the
    whole country."""

    item: str
    range: Range | None
    region: str
    latest: Round
    reasons: tuple[Why, ...] = ()

    @property
    def given(self) -> bool:
        return not self.reasons


def marks(known: Facts, today: date, limits: Limits) -> tuple[Mark, ...]:
    """The mark of every item that was ever assessed, those that have one first."""
    of_institution = tuple(_lacks_of_institution(known, today))
    items = sorted({round_.item for round_ in known.rounds})
    found = [_mark(item, known.rounds, of_institution, today, limits) for item in items]
    return tuple(sorted(found, key=lambda mark: (not mark.given, mark.item)))


def _mark(item: str, rounds: Sequence[Round], of_institution: tuple[Why, ...], today: date, limits: Limits) -> Mark:
    """Every round of the item counts for whether there is a mark; it reaches as far as rounds of that range or a
    wider one alone would carry it."""
    own = [round_ for round_ in rounds if round_.item == item]
    reasons = (*of_institution, *_lacks_of_rounds(own, today, limits))
    if reasons:
        return Mark(item, None, "", own[0], reasons)
    for range_ in Range:
        wide = [round_ for round_ in own if WIDTH[round_.range] >= WIDTH[range_]]
        if wide and not _lacks_of_rounds(wide, today, limits):
            region = next(round_.region for round_ in own if round_.range is range_)
            return Mark(item, range_, region, own[0])
    raise AssertionError(item)


def _lacks_of_institution(known: Facts, today: date) -> Iterable[Why]:
    standing = next((listing for listing in known.listings if listing.in_force(today)), None)
    if standing is not None:
        yield Why(Lack.BLACK_LISTED, on=standing.since)
    if known.licence is None or known.licence.until is None:
        yield Why(Lack.NO_LICENCE)
    elif known.licence.until < today:
        yield Why(Lack.LICENCE_EXPIRED, on=known.licence.until)


def _lacks_of_rounds(rounds: Sequence[Round], today: date, limits: Limits) -> list[Why]:
    """What rounds of one item, the newest first, leave wanting. Of several in a year the last one counts: who failed,
    put it right and passed has passed."""
    found = []
    years = years_asked(today, limits)
    for year in years:
        there = [round_ for round_ in rounds if round_.on.year == year]
        last = _worst_of_last_day(there)
        if last is None or not last.took_part:
            found.append(Why(Lack.NOT_IN_YEAR, year))
        elif not last.good:
            found.append(Why(Lack.FAILED_IN_YEAR, year, last.on, last.organiser))
    last = _worst_of_last_day(rounds)
    if last is not None and last.on.year not in years and not last.good:
        found.append(Why(Lack.FAILED if last.took_part else Lack.MISSED, on=last.on, organiser=last.organiser))
    assessed = assessed_on(rounds)
    if assessed is None or assessed < months_before(today, limits.lab_assessed_months):
        found.append(Why(Lack.NO_RECENT, on=assessed))
    return found


def _worst_of_last_day(rounds: Sequence[Round]) -> Round | None:
    if not rounds:
        return None
    last = max(round_.on for round_ in rounds)
    return min((round_ for round_ in rounds if round_.on == last), key=lambda r: (r.good, r.took_part))


def assessed_on(rounds: Iterable[Round]) -> date | None:
    """When the laboratory last took part in a round."""
    return max((round_.on for round_ in rounds if round_.took_part), default=None)


def recognises(receiver: int, issuer: int) -> bool | None:
    """Whether an institution of level `receiver` recognises marked results of one of level `issuer`: between level 2,
    and downward. None where the source does not say: between two of level 3."""
    if issuer == receiver == max(LEVELS):
        return None
    return issuer > receiver or issuer == receiver == 2
