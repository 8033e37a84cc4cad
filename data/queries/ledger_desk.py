"""What the page of the three-way ledger shows of a place."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.queries.backlog import place_backlog
from data.queries.handover import handover
from data.queries.moment import Moment
from data.queries.tube_findings import tube_findings
from data.queries.tube_ledger import ledger
from data.queries.tubes import known_place
from domain.backlog import Backlog
from domain.handover import Handover
from domain.ledger import LedgerPicture
from domain.ledger_desk import FindingsPicture


@dataclass(frozen=True, slots=True)
class LedgerDesk:
    """The sums, what waits on the way, and what does not agree."""

    ledger: LedgerPicture
    backlog: Backlog
    findings: FindingsPicture


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """What people have to close: what does not agree, and what was handed over."""

    findings: FindingsPicture
    handover: Handover


def open_desk(session: Session, moment: Moment) -> OpenDesk:
    """What is to be closed at `moment.place`."""
    return OpenDesk(moment.ask(session, tube_findings), moment.ask(session, handover))


def ledger_desk(session: Session, moment: Moment) -> LedgerDesk:
    """The desk of `moment.place`."""
    return LedgerDesk(
        moment.ask(session, ledger),
        place_backlog(moment.ask(session, known_place), moment.place),
        moment.ask(session, tube_findings),
    )
