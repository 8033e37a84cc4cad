"""The briefing screens of a campaign, with what each has to show, what it last said and what is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from data import stored_screens
from data.stored_screens import Screen
from domain.places import Place, PlaceTree
from domain.screen_driving import Mode, Standing, standing
from domain.screens import Contact, Trouble, troubles
from domain.status import Severity


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One screen. `contact` is None while it has not spoken since it joined; `troubles` the worst first."""

    screen: Screen
    place: Place
    contact: Contact | None
    held: Standing
    troubles: tuple[tuple[Trouble, Severity], ...]

    @property
    def joined(self) -> bool:
        return self.screen.token_hash is not None and self.screen.revoked_at is None

    @property
    def lost(self) -> bool:
        return any(trouble is Trouble.LOST for trouble, _ in self.troubles)

    @property
    def severity(self) -> Severity:
        return self.troubles[0][1] if self.troubles else Severity.OK


@dataclass(frozen=True, slots=True)
class Newest:
    """What a screen that runs well shows: the minute of the newest version at the clock's speed, and the software."""

    minute: int
    speed: float
    software: str


def fleet(
    session: Session, tree: PlaceTree, sees: Callable[[Place], bool], now: datetime, newest: Newest
) -> list[FleetRow]:
    """The screens whose place `sees` says the reader reaches, by name. `now` is the machine's."""
    said = stored_screens.contacts(session, tree.campaign.id)
    rows = []
    for screen in stored_screens.of_campaign(session, tree.campaign.id):
        place = tree.by_code.get(screen.settings.place)
        if place is None or not sees(place):
            continue
        held = standing(screen.drive, now, screen.settings.seconds)
        contact = said.get(screen.number) if screen.token_hash is not None else None
        wrong = []
        if contact is not None:
            live = held.mode in (Mode.ROTATE, Mode.HOLD)
            wrong = troubles(contact, now, newest.software, (newest.minute, newest.speed) if live else None)
        rows.append(FleetRow(screen, place, contact, held, tuple(wrong)))
    return rows
