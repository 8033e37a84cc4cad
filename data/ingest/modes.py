"""Registration modes: which system and which of its entrances a site registers people with, and since when."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult
from data.ingest.problems import MAX_NAME, Actor
from data.ingest.reports import district_of
from data.models import CampaignRow, ModeChangeRow
from data.stored_reports import batched_list
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.modes import ModeClaim, read_mode
from domain.places import Level, Place, PlaceTree


def set_modes(
    database: Database, campaign_id: str, rows: Sequence[object], actor: Actor, clock: Clock
) -> BatchResult:
    """Set the modes the rows state; a row that cannot be is refused, the others count.

    What is set already is unchanged. Raises `campaigns.UnknownCampaign`.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_modes(session, row, tree, rows, actor, campaigns.now_for(row, clock()))


def record_modes(
    session: Session, row: CampaignRow, tree: PlaceTree, rows: Sequence[object], actor: Actor, now: datetime
) -> BatchResult:
    """The same within the caller's transaction and campaign lock."""
    result = BatchResult(revision=row.revision)
    added: list[ModeChangeRow] = []
    read: list[tuple[int, ModeClaim, Place]] = []
    for index, stated in enumerate(rows):
        try:
            claim = read_mode(stated, tree.campaign.starts_at, now)
            read.append((index, claim, _site(tree, claim, actor)))
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
    book = _Book(session, row, tree, [(claim, site) for _, claim, site in read])
    for index, claim, site in read:
        try:
            change = book.change(site, claim, actor, now)
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        if change is None:
            result.unchanged += 1
            continue
        result.accepted += 1
        added.append(change)
    result.rejected.sort(key=lambda rejection: rejection.index)
    if added:
        session.flush()
        details = {"sites": len(added), "mode": added[0].mode, "entrance": added[0].entrance}
        result.revision = campaigns.change(
            session, row, actor=actor.sender.name, action="modes.set", details=details, now=now
        )
        for change in added:
            change.revision = result.revision
    return result


def _site(tree: PlaceTree, claim: ModeClaim, actor: Actor) -> Place:
    site = tree.by_code.get(claim.site)
    if site is None or site.level is not Level.SITE:
        raise Refused("site", Code.UNKNOWN_SITE, claim.site)
    if not permissions.within(actor.sender.place(tree), site):
        raise Refused("site", Code.OUT_OF_SCOPE, claim.site)
    return site


class _Book:
    """What is on record about the claims of one batch, and what the batch adds to it."""

    def __init__(
        self, session: Session, row: CampaignRow, tree: PlaceTree, read: Sequence[tuple[ModeClaim, Place]]
    ) -> None:
        self._session = session
        self._row = row
        self._tree = tree
        m = ModeChangeRow
        self._known: dict[str, ModeChangeRow] = {}
        for keys in batched_list(sorted({claim.key for claim, _ in read})):
            query = sa.select(m).where(m.campaign_id == row.id, m.key.in_(keys))
            self._known.update((found.key, found) for found in session.scalars(query))
        self._current: dict[int, ModeChangeRow] = {}
        for sites in batched_list(sorted({site.id for _, site in read})):
            query = sa.select(m).where(m.campaign_id == row.id, m.site_id.in_(sites), m.current)
            self._current.update((found.site_id, found) for found in session.scalars(query))

    def change(self, site: Place, claim: ModeClaim, actor: Actor, now: datetime) -> ModeChangeRow | None:
        """The change put on record; None where there is nothing to change. Raises `Refused`."""
        known = self._known.get(claim.key)
        if known is not None:
            same = (known.site_id, known.mode, known.entrance, known.note, known.since if known.stated else None)
            if same == (site.id, claim.mode, claim.entrance, claim.note, claim.since):
                return None
            raise Refused("key", Code.CONFLICT, claim.key, detail="problem_key")
        current = self._current.get(site.id)
        if current is not None and (current.mode, current.entrance) == claim.setting:
            return None
        if claim.seen is not None and current in self._session.new:
            # What the reader saw is compared with the number the record gives.
            self._session.flush()
        if claim.seen is not None and claim.seen != (current.id if current else 0):
            by = current.by_name if current else ""
            raise Refused("seen", Code.CONFLICT, claim.seen, detail="mode_moved", by=by)
        since = claim.since or now
        latest = current is None or since >= current.since
        if latest and current is not None:
            current.current = False
        change = ModeChangeRow(
            campaign_id=self._row.id, district_id=district_of(self._tree, site), site_id=site.id, key=claim.key,
            mode=claim.mode.value, entrance=claim.entrance, since=since, stated=claim.since is not None,
            note=claim.note, by_name=actor.shown[:MAX_NAME], actor=actor.sender.name, recorded_at=now,
            revision=self._row.revision, current=latest,
        )  # fmt: skip
        self._session.add(change)
        self._known[claim.key] = change
        if latest:
            self._current[site.id] = change
        return change
