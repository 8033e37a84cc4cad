"""What the demonstration's emergency staff do about results: hold, tell, confirm, link, report, close, in their time.

Invented. How long a step takes is drawn once for each task; in every third task one party is slow to confirm, so that
there is something to chase. Whatever a visitor has done already is left as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.ingest.batch import Sender
from data.ingest.positives import record_step
from data.ingest.problems import Actor
from data.models import CampaignRow, TubeRow
from data.queries.open_positives import Looked, look_at, rows_of
from domain.errors import Refused
from domain.places import Level, PlaceTree
from domain.positive_claims import StepClaim
from domain.positive_standing import Item
from domain.positives import PARTIES, Kind, Step

SLOW_EVERY = 3
"""Every so many tasks the last party confirms only after a quarter of an hour."""

NO_SECOND = "第二份另送市级机构，不在本系统"
"""The simulated teams sample members once; why a pool's task is closed all the same."""

Singles = Mapping[str, Sequence[str]]
"""The tubes in which the members of a pool are sampled again, by the pool's barcode."""


def play_tasks(
    session: Session, row: CampaignRow, tree: PlaceTree, singles: Singles, until: datetime, sender: str, name: str
) -> None:
    """Put on record everything that is done about open tasks by `until`, by the person called `name`."""
    actor = Actor(Sender(sender), Level.DISTRICT, name)
    while True:
        tasks = look_at(session, tree, rows_of(session, tree, alarmed=True), until)
        # One step of each task at a time: what comes next follows from when it was done.
        due = [min(steps) for task in tasks if (steps := _due(session, row.id, task, singles, until))]
        done = 0
        for at, _, number, claim in sorted(due):
            try:
                done += not record_step(session, row, tree, number, claim, actor, at).unchanged
            except Refused:
                # A visitor was there first.
                continue
        if not done:
            return


_Step = tuple[datetime, str, int, StepClaim]
"""When, its key, the task's number, what."""


def _due(session: Session, campaign_id: str, task: Looked, singles: Singles, until: datetime) -> list[_Step]:
    return [step for step in _steps(session, campaign_id, task, singles) if step[0] <= until]


def _steps(session: Session, campaign_id: str, task: Looked, singles: Singles) -> Iterator[_Step]:
    """What is still to be done about a task as far as it has come, and when."""
    state, number = task.state, task.row.task.number
    rng = Random(f"task {number}")
    begun = state.opened_at
    held, told, reported, closed = (
        begun + timedelta(minutes=rng.randint(*span)) for span in ((3, 6), (2, 5), (35, 75), (10, 20))
    )

    def step(at: datetime, name: Step, more: str = "", **said: Any) -> _Step:
        key = f"demo/{number}/{state.opened_at:%H%M}/{name}{more}"
        return at, key, number, StepClaim(key, name, **said)

    if state.held is None:
        yield step(held, Step.HELD, persons=task.members)
    if not task.standing.check(Item.NOTIFY).complete:
        yield step(told, Step.NOTIFIED)
    for place, party in enumerate(parties := PARTIES[task.standing.kind]):
        mark = state.told(party)
        slow = number % SLOW_EVERY == 0 and place == len(parties) - 1
        minutes = 15 if slow else rng.randint(3, 8)
        if mark is not None and state.confirmation(party) is None:
            yield step(mark.at + timedelta(minutes=minutes), Step.CONFIRMED, party, party=party)
    if task.standing.kind is Kind.SINGLE and state.reported is None:
        yield step(reported, Step.REPORTED)
    if task.standing.kind is Kind.POOL and not state.linked:
        codes = singles.get(task.row.task.barcode, ())
        sampled = _sampled(session, campaign_id, codes)
        if codes and len(sampled) == len(codes):
            last = datetime.fromtimestamp(max(sampled), UTC)
            yield step(last + timedelta(minutes=1), Step.LINKED, barcodes=tuple(codes))
    undone = [check.item for check in task.standing.checks if not check.complete]
    ends = [check.at for check in task.standing.checks if check.at is not None]
    if undone in ([], [Item.SECOND]):
        note = NO_SECOND if undone else ""
        yield step(max(ends) + (closed - begun), Step.CLOSED, note=note)


def _sampled(session: Session, campaign_id: str, codes: Sequence[str]) -> list[int]:
    """When those of the tubes that are known were used."""
    t = TubeRow
    query = sa.select(t.sampled_at).where(
        t.campaign_id == campaign_id, t.barcode.in_(list(codes)), t.sampled_at.is_not(None)
    )
    return [at for at in session.scalars(query) if at is not None]
