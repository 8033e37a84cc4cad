"""The demonstration's tube events into the record: sites by the simulator, each laboratory by its own name."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from data import campaigns
from data.demo.stream import Row
from data.demo.tube_results import WORDS
from data.ingest.tubes import Writer, place_events, record
from data.models import CampaignRow
from data.tube_books import books_of
from domain.permissions import Role
from domain.tube_events import Result

Sent = tuple[int, Row]
"""When it is sent, and what."""

MOST = 60_000
"""Events recorded at once, so that memory does not grow with the day."""


def play_tubes(session: Session, row: CampaignRow, sendings: Iterable[Sent], until: datetime, sender: str) -> None:
    """Record what is sent up to `until`, each event as told when it was sent. A result that somebody has to act on
    ends a batch: what follows from it begins then."""
    for batch, now in _batches(sendings, until):
        by_lab: dict[str, list[Sent]] = {}
        for sent in batch:
            by_lab.setdefault(str(sent[1].get("lab", "")), []).append(sent)
        for lab in sorted(by_lab):
            told_at = [datetime.fromtimestamp(at, UTC) for at, _ in by_lab[lab]]
            writer = Writer(f"{sender} (lab {lab})", Role.LAB, lab) if lab else Writer(sender)
            tree = campaigns.tree_of(session, row)
            books = books_of(session, row, tree)
            placed, refused = place_events(enumerate(sent for _, sent in by_lab[lab]), tree, books, writer, now)
            refused += record(session, row, placed, writer, now, told_at).rejected
            assert not refused, refused[0]


def _batches(sendings: Iterable[Sent], until: datetime) -> Iterator[tuple[list[Sent], datetime]]:
    """What is sent, in order, with the time at which the last of it is."""
    batch: list[Sent] = []
    for at, row in sendings:
        batch.append((at, row))
        if row.get("result", _NEGATIVE) != _NEGATIVE or len(batch) >= MOST:
            yield batch, datetime.fromtimestamp(at, UTC)
            batch = []
    if batch:
        yield batch, until


_NEGATIVE = WORDS[Result.NEGATIVE]
