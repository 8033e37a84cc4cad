"""What the simulation says of problems and modes, put on record through the same functions as real input."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.demo.information import PEOPLE_OF, Hand, Happening, ModesSet, ProblemOpened
from data.ingest.batch import Sender
from data.ingest.modes import record_modes
from data.ingest.problems import Actor, record_opening, record_step
from data.models import CampaignRow, ProblemEvent, ProblemRow
from domain.errors import Refused
from domain.places import PlaceTree

Names = Mapping[tuple[str, str], str]
"""Who is on duty, by place and post."""


def play(
    session: Session, row: CampaignRow, tree: PlaceTree, happening: Happening, sender: str, names: Names
) -> None:
    """Put one happening on record at its time. A step that no longer fits, since a visitor was there first, is left
    out."""
    actor = _actor(happening.hand, sender, names)
    if isinstance(happening, ModesSet):
        record_modes(session, row, tree, happening.rows, actor, happening.at)
        return
    try:
        if isinstance(happening, ProblemOpened):
            record_opening(session, row, tree, happening.opening, actor, happening.at)
            return
        number = _number(session, row.id, happening.story)
        if number is not None:
            record_step(session, row, tree, number, happening.claim, actor, happening.at)
    except Refused:
        return


def _actor(hand: Hand, sender: str, names: Names) -> Actor:
    shown = names.get((hand.place, PEOPLE_OF[hand.level].value), hand.place)
    return Actor(Sender(sender, hand.place), hand.level, shown)


def _number(session: Session, campaign_id: str, story: str) -> int | None:
    """The number of the problem a story opened."""
    query = (
        sa.select(ProblemRow.number)
        .join(ProblemEvent, ProblemEvent.problem_id == ProblemRow.id)
        .where(ProblemEvent.campaign_id == campaign_id, ProblemEvent.key == f"{story}/open")
    )
    return session.scalar(query)
