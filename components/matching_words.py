"""How matching names things: laboratories, moments beyond midnight, changes of a plan."""

from datetime import datetime

from components.format import UNKNOWN, clock, count, rate
from domain.backlog import LabRef
from domain.matching import Outcome
from domain.matching_picture import MatchingPicture
from domain.matching_plan import Move, Need, Overtime, Plan, Pool, Runs
from locales import text


def lab_name(lab: LabRef, language: str) -> str:
    return lab.label(language)


def moment(at: datetime | None, picture: MatchingPicture, language: str) -> str:
    """A moment to come: `22:20`, after midnight `次日 00:50`."""
    if at is None:
        return UNKNOWN
    campaign = picture.campaign
    written = clock(at, campaign.zone)
    if campaign.local(at).date() > campaign.local(picture.now).date():
        return text(language, "matching.next_day", clock=written)
    return written


def span_of(window: tuple[datetime, datetime], picture: MatchingPicture) -> str:
    """The hours over which something is averaged: `15:00–19:00`."""
    return "–".join(clock(at, picture.campaign.zone) for at in window)


def letter(number: int) -> str:
    """What people call a saved plan: A, B, … Z, A2, …"""
    turn, index = divmod(number - 1, 26)
    return chr(ord("A") + index) + (str(turn + 1) if turn else "")


def number_of(value: float) -> str:
    """Runs an hour: `3`, `3.5`."""
    return count(value) if value == round(value) else rate(value, 1)


def change_words(change: Move | Runs | Overtime | Pool, picture: MatchingPicture, language: str) -> tuple[str, str]:
    """A change as a title and what stands under it."""
    at = moment(change.at, picture, language)
    if isinstance(change, Move):
        town, lab = picture.town(change.town), picture.lab(change.lab)
        name = town.place.label(language) if town else change.town
        if change.sites:
            name = text(language, "matching.part_of", town=name, sites=len(change.sites))
        to = lab.lab.label(language) if lab else change.lab
        return text(language, "matching.change.move", town=name, lab=to), text(language, "matching.from", at=at)
    if isinstance(change, Runs):
        town = picture.town(change.town)
        name = town.place.label(language) if town else change.town
        before = number_of(town.runs) if town else UNKNOWN
        title = text(language, "matching.change.runs", town=name, before=before, after=number_of(change.per_hour))
        if change.until is None:
            return title, text(language, "matching.from", at=at)
        return title, text(language, "matching.between", at=at, until=moment(change.until, picture, language))
    if isinstance(change, Overtime):
        lab = picture.lab(change.lab)
        name = lab.lab.label(language) if lab else change.lab
        before = count(lab.rate) if lab and lab.known else UNKNOWN
        title = text(language, "matching.change.overtime", lab=name, before=before, after=count(change.per_hour))
        return title, text(language, "matching.from", at=at)
    names = [town.place.label(language) for code in change.towns if (town := picture.town(code))]
    where = text(language, "format.list").join(names) or text(language, "matching.everywhere")
    before = str(next((town.pool_size for town in picture.towns), UNKNOWN))
    title = text(language, "matching.change.pool", before=before, after=change.size, where=where)
    return title, text(language, "matching.from", at=at)


def changes_of(plan: Plan) -> list[Move | Runs | Overtime | Pool]:
    """All changes of a plan in the order in which the page lists them."""
    return [*plan.moves, *plan.runs, *plan.overtime, *([plan.pool] if plan.pool else [])]


def need_words(need: Need, subject: str, picture: MatchingPicture, language: str) -> str:
    """What must be confirmed, as a sentence."""
    named = subject
    if need is Need.LAB_AGREES and (lab := picture.lab(subject)) is not None:
        named = lab.lab.label(language)
    elif need is Need.TOWN_TOLD and (town := picture.town(subject)) is not None:
        named = town.place.label(language)
    return text(language, f"matching.need.{need}", name=named)


def interval_words(outcome: Outcome, picture: MatchingPicture, language: str) -> str:
    """When the place is cleared with 80 % probability."""
    assert outcome.clear is not None
    ends = (moment(at, picture, language) for at in (outcome.clear.p10, outcome.clear.p90))
    return text(language, "matching.interval", ends="–".join(ends))
