"""The sums anew from the facts: what was known at some time, and whether what is kept is right."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from data import rollups, tube_books
from data.ingest.tubes import folded
from data.models import CampaignRow, TubeArchive
from data.site_record import counted
from data.stored_reports import records_as_of
from domain.places import Level, Place, PlaceTree
from domain.reports import SiteFacts


def deltas_from_facts(
    session: Session, tree: PlaceTree, sites: Sequence[Place], as_of: datetime | None
) -> rollups.Deltas:
    """What the reports of `sites` that were recorded by `as_of` (None: all) add up to, place by place."""
    records = records_as_of(session, tree, [site.id for site in sites], as_of)
    deltas = rollups.Deltas()
    for site in sites:
        record = records[site.id]
        open_periods = tree.open_periods(site)
        verdicts = record.judged(SiteFacts(open_periods, tree.pool_size(site)), tree.campaign)
        for key, head in record.heads.items():
            deltas.add(site, counted(head, verdicts[key]), open_periods)
    return deltas


def differences(session: Session, tree: PlaceTree) -> int:
    """How many of a campaign's kept sums differ from a computation from the facts alone."""
    computed = deltas_from_facts(session, tree, list(tree.each(Level.SITE)), None).changed()
    kept = rollups.kept(session, tree.campaign.id)
    return sum(computed.get(cell) != kept.get(cell) for cell in {*computed, *kept})


def tube_differences(session: Session, row: CampaignRow, tree: PlaceTree) -> int:
    """How many of the sums kept of a campaign's tubes differ from a computation from the events alone; none where the
    events have been archived."""
    archived = session.get(TubeArchive, row.id)
    if archived is not None and archived.dropped_at is not None:
        return 0
    books = tube_books.Books(session, row, tree)
    changes = tube_books.Changes(books)
    for _, tube in folded(session, row.id, books, None):
        changes.add(books.stand(tube), 1)
    computed, kept = changes.settled(), tube_books.kept(session, row.id)
    both = (
        (computed.sums, kept.sums),
        (computed.ages, kept.ages),
        (computed.flow, kept.flow),
        (computed.boxes, kept.boxes),
    )
    return sum(_different(one, other) for one, other in both)


def _different(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> int:
    return sum(one.get(cell) != other.get(cell) for cell in {*one, *other})
