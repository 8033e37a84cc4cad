"""The province's system in the demonstration: every hour it shows what was reported, and for some hours too little
of one town, whose tablets were offline. Invented, like the day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.queries.cells import kept_cells
from domain.campaign import Campaign
from domain.places import Level, PlaceTree

SOURCE = "省平台"
TOLD_AFTER = timedelta(minutes=25)
"""How long after the full hour its figure is read and sent."""

OFFLINE_HOURS = range(12, 16)
"""Local hours, by their end, whose figure lacks what the tablets of one town had not sent on."""

OFFLINE_PERSONS = 883
"""So many, of the reference picture (design, 12)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The province's figures at the end of `period`, told at `at`."""

    at: datetime
    period: int


def readings(campaign: Campaign) -> Iterator[Reading]:
    """One for every hour of the day."""
    return (Reading(campaign.end_of(k) + TOLD_AFTER, k) for k in campaign.each_period())


def rows(session: Session, tree: PlaceTree, period: int) -> list[dict[str, object]]:
    """What the province shows of every place above the sites, as rows of the contract."""
    campaign = tree.campaign
    end = campaign.local(campaign.end_of(period))
    places = [place for place in tree.each() if place.level is not Level.SITE]
    towns = sorted(place.code for place in places if place.level is Level.TOWN)
    offline = tree.by_code[towns[1]] if end.hour in OFFLINE_HOURS and len(towns) > 1 else None
    cells = kept_cells(session, campaign.id, [place.id for place in places])
    made = []
    for place in places:
        persons = sum(cell.persons for k, cell in cells.get(place.id, {}).items() if k <= period)
        if offline is not None and place.id in offline.ancestors and place.level is not Level.CITY:
            persons -= OFFLINE_PERSONS
        key = f"province/{place.code}/{end:%H}"
        made.append({"key": key, "place": place.code, "at": end.isoformat(), "persons": persons, "source": SOURCE})
    return made
