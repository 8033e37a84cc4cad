"""Words on a briefing screen: the headline's clauses, names, numbers of people."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from components.findings import sentence
from components.format import clock, count, duration, period
from components.names import short_name
from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.findings import Finding
from domain.headlines import Clause, Headline
from domain.overview import PlaceRef
from domain.places import Level
from domain.wall import Names
from locales import text

BREAKS = ("，", "：", "；", ", ", ": ", "; ")
"""Where a sentence is cut when a wall has no room for all of it."""


def people(number: int, language: str) -> str:
    """A number of persons with its word: `47.7 万人`, in English exact."""
    if language == "zh" and number >= 10_000:
        return text(language, "wall.people", number=f"{number / 10_000:.1f} 万")
    return text(language, "wall.people", number=f"{count(number)} " if language == "zh" else count(number))


def called(place: PlaceRef, names: Names | None, language: str) -> str:
    """The wall's name of a place."""
    if place.level is not Level.SITE:
        return short_name(place, language)
    return names.of(place, language) if names is not None else place.label(language)


def minutes(number: float, language: str) -> str:
    return duration(timedelta(minutes=number), language)


def halves(said: str) -> tuple[str, str]:
    """A sentence cut at its first break: what is said first, and the rest."""
    cuts = [(at, mark) for mark in BREAKS if (at := said.find(mark)) > 0]
    if not cuts:
        return said, ""
    at, mark = min(cuts)
    return said[:at], said[at + len(mark) :]


def headline(clauses: Headline, campaign: Campaign, names: Names | None, language: str) -> list[dict[str, str]]:
    """The clauses as a screen sets them: text, state, and what stands between one and the next."""
    comma = text(language, "wall.comma")
    return [
        {
            "text": _clause(clause, campaign, names, language),
            "state": str(clause.severity or ""),
            "after": comma if i + 1 < len(clauses) else "",
        }
        for i, clause in enumerate(clauses)
    ]


def _clause(clause: Clause, campaign: Campaign, names: Names | None, language: str) -> str:
    written: dict[str, str] = {}
    for name, value in clause.params.items():
        written[name] = _written(name, value, campaign, names, language)
    if clause.key == "alert":
        finding = clause.params["finding"]
        assert isinstance(finding, Finding)
        place = called(place_of(finding), names, language)
        return text(language, "wall.headline.alert", place=place, said=halves(sentence(finding, language))[0])
    return text(language, f"wall.headline.{clause.key}", **written)


def place_of(finding: Finding) -> PlaceRef:
    """The place a finding is about."""
    return PlaceRef(finding.place, finding.place_name, finding.place_name_en, finding.level)


def _written(name: str, value: object, campaign: Campaign, names: Names | None, language: str) -> str:
    if isinstance(value, PlaceRef):
        return called(value, names, language)
    if isinstance(value, LabRef):
        return value.label(language)
    if isinstance(value, datetime):
        return period(value, campaign, language) if name == "end" else clock(value, campaign.zone)
    if isinstance(value, tuple):
        return text(language, "format.list").join(_several(value, names, language))
    if name == "persons" and isinstance(value, int):
        return people(value, language)
    if name == "minutes" and isinstance(value, int | float):
        return minutes(value, language)
    if name == "hours" and isinstance(value, float):
        return f"{value:.1f}"
    return count(value) if isinstance(value, int) else str(value)


def _several(values: Sequence[object], names: Names | None, language: str) -> list[str]:
    said = []
    for value in values:
        if isinstance(value, tuple):
            said.append(f"{called(value[0], names, language)} {count(value[1])}")
        else:
            assert isinstance(value, PlaceRef)
            said.append(called(value, names, language))
    return said
