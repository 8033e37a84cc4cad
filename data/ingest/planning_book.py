"""Writing into the planning list: planned sites found and made, steps added, in the caller's write transaction."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.ingest.batch import Sender
from data.ingest.reports import district_of
from data.models import PlannedSite, PlanningEvent
from data.stored_planning import columns_of, content_of, events_of
from domain import actors
from domain.places import Place, PlaceTree
from domain.planning import Event, Standing, fold

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something to the list: as the audit names it and how far it reaches (`sender`), how pages name the
    person, and the account where there is one."""

    sender: Sender
    shown: str = ""
    account_id: int | None = None

    @property
    def who(self) -> str:
        """What tells persons apart."""
        return f"account {self.account_id}" if self.account_id is not None else self.sender.name

    @property
    def by(self) -> str:
        return (self.shown or actors.read(self.sender.name).name)[:MAX_NAME]


@dataclass(frozen=True, slots=True)
class Line:
    """One step to be written: under which key, whether the sender said when."""

    event: Event
    key: str
    stated: bool = False


def find(session: Session, campaign_id: str, *, number: int | None = None, code: str = "") -> PlannedSite | None:
    """The planned site of that number or code."""
    wanted = {"number": number} if number is not None else {"code": code}
    return session.scalar(sa.select(PlannedSite).filter_by(campaign_id=campaign_id, **wanted))


def known(session: Session, campaign_id: str, key: str) -> PlanningEvent | None:
    """The step that came under that key."""
    return session.scalar(sa.select(PlanningEvent).filter_by(campaign_id=campaign_id, key=key))


def begin(
    session: Session, tree: PlaceTree, town: Place, code: str, line: Line, hand: Hand, revision: int
) -> PlannedSite:
    """Put a site on the list."""
    campaign_id = tree.campaign.id
    last = session.scalar(sa.select(sa.func.max(PlannedSite.number)).filter_by(campaign_id=campaign_id)) or 0
    planned = PlannedSite(
        campaign_id=campaign_id, district_id=district_of(tree, town), number=last + 1, town_id=town.id, code=code,
        **columns_of(fold([line.event])),
    )  # fmt: skip
    session.add(planned)
    session.flush()
    _write(session, planned, line, hand, revision)
    return planned


def add(session: Session, planned: PlannedSite, after: Standing, line: Line, hand: Hand, revision: int) -> None:
    """Write a step down; `after` is the standing it leads to."""
    for name, value in columns_of(after).items():
        setattr(planned, name, value)
    _write(session, planned, line, hand, revision)


def standing_of(session: Session, planned: PlannedSite) -> tuple[list[Event], Standing]:
    """The steps of a planned site and what they add up to."""
    events = events_of(session, planned.campaign_id, [planned.id])[planned.id]
    return events, fold(events)


def _write(session: Session, planned: PlannedSite, line: Line, hand: Hand, revision: int) -> None:
    event = line.event
    session.add(
        PlanningEvent(
            campaign_id=planned.campaign_id, district_id=planned.district_id, planned_id=planned.id, key=line.key,
            step=event.step.value, at=event.at, stated=line.stated, note=event.note, content=content_of(event),
            by_name=event.by, who=event.who, actor=hand.sender.name, recorded_at=event.recorded_at, revision=revision,
        )
    )  # fmt: skip
