"""The bulletins of the demonstration's morning: one an hour, drafted, reviewed and signed by three invented people.

The hour a newcomer first sees is left to be published by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data import bulletins
from data.demo.people import PEOPLE
from data.models import CampaignRow
from domain.bulletin import Step
from domain.campaign import Campaign
from domain.permissions import Caller

HANDS = ("district", "district2", "leader")
"""Who drafts, reviews and signs, by login (`data.demo.people`)."""

AFTER_HOUR = timedelta(minutes=16)
EACH = timedelta(minutes=2)
"""When after an hour's end it is frozen, and how long each further hand takes."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One step of one hour's bulletin: by the hand of that place in `HANDS`."""

    at: datetime
    period: int
    hand: int


def publications(campaign: Campaign, until: datetime) -> Iterator[Publication]:
    """The steps of every hour that was published by `until`."""
    for period in campaign.each_period():
        frozen = campaign.end_of(period) + AFTER_HOUR
        if frozen + 2 * EACH < until - EACH:
            yield from (Publication(frozen + hand * EACH, period, hand) for hand in range(len(HANDS)))


def publish(session: Session, row: CampaignRow, event: Publication, district: str) -> None:
    """Take the step, as its person would at the page."""
    # Freezing again with its key answers what stands there.
    issue = bulletins.freeze_in(
        session, row, district, event.period, f"demonstration-{event.period}", _hand(0, row, district), event.at
    ).issue
    if event.hand:
        step = (Step.REVIEW, Step.SIGN)[event.hand - 1]
        bulletins.take_in(session, row, issue.id, step, _hand(event.hand, row, district), event.at)


def _hand(number: int, row: CampaignRow, district: str) -> Caller:
    """The invented person. Not the visitor who signs in under that login: he may review what was drafted here."""
    person = next(person for person in PEOPLE if person.login == HANDS[number])
    return Caller(person.role, district, row.id, f"simulator ({person.login})", shown=person.name)
