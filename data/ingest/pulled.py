"""What a source says, beside what it said before: a row whose figures changed since becomes a correction.

The rule stands in `domain.pulling.next_word`; here it meets the record, inside the transaction that takes rows in,
so that neither an overlap nor a restart can make two versions of one change.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CampaignRow, PlaceRow, Report, UpperFigure
from data.stored_reports import batched_list, site_records
from domain.errors import Refused
from domain.places import Level, PlaceTree
from domain.pulling import Version, next_key, next_word
from domain.reports import Claim
from domain.upper import UpperClaim, read_upper


@dataclass(slots=True)
class Word:
    """One source's word while its rows are taken in. `actor` is how the record names the source, `note` what stands
    beside its corrections, `begin` is called first in every transaction and may forbid it."""

    actor: str
    note: str
    begin: Callable[[Session], None]
    corrected: int = 0
    newest: datetime | None = None
    """How far the rows read so far reach."""
    _revised: set[int] = field(default_factory=set)

    def reports(
        self, session: Session, tree: PlaceTree, claims: Sequence[tuple[int, Claim]]
    ) -> tuple[list[tuple[int, Claim]], int]:
        """What to put on record for `claims`, and how many of them say nothing new."""
        self._revised = set()
        sites = {claim.site: tree.by_code[claim.site].id for _, claim in claims if _is_site(tree, claim.site)}
        records = site_records(session, tree, sites.values())
        own = self._own_reports(session, tree.campaign.id, records)
        sent: list[tuple[int, Claim]] = []
        unchanged = 0
        for index, claim in claims:
            self._reaches(tree.campaign.end_of(claim.last))
            record = records.get(sites.get(claim.site, 0))
            held = record.find(claim.key) if record is not None and not claim.correction_of else None
            if record is None or held is None:
                sent.append((index, claim))
                continue
            while held.claim.key in record.corrected_by:
                held = record.corrected_by[held.claim.key]
            chain = [Version(version.claim, version.report_id in own) for version in record.chain(held)]
            word = next_word(claim, chain, self.note)
            if word is None:
                unchanged += 1
                continue
            if word is not claim:
                self._revised.add(index)
            sent.append((index, word))
        return sent, unchanged

    def upper_figures(
        self,
        session: Session,
        row: CampaignRow,
        rows: Sequence[Mapping[str, object]],
        now: datetime,
        decimal: str | None,
    ) -> tuple[list[tuple[int, Mapping[str, object]]], int]:
        """The same for figures of an upper system, where a later word simply stands in the earlier one's place."""
        self._revised = set()
        read: dict[int, UpperClaim] = {}
        for index, fields in enumerate(rows):
            try:
                read[index] = read_upper(fields, now, decimal)
            except Refused:
                continue  # refused again where rows are taken in, and told there
        said = self._said_of(session, row, {claim.place for claim in read.values()})
        sent: list[tuple[int, Mapping[str, object]]] = []
        unchanged = 0
        for index, fields in enumerate(rows):
            claim = read.get(index)
            if claim is None:
                sent.append((index, fields))
                continue
            self._reaches(claim.at)
            before = said[claim.place, claim.at, claim.source]
            figures = (claim.persons, claim.tubes)
            last_own = next((stated for stated, own in reversed(before) if own), None)
            if before and figures in (before[-1][0], last_own):
                unchanged += 1
            elif before:
                self._revised.add(index)
                sent.append((index, {**fields, "key": next_key(claim.key, len(before) + 1)}))
            else:
                sent.append((index, fields))
        return sent, unchanged

    def settle(self, refused: set[int]) -> None:
        """Count the corrections of the rows just taken in, less those that were refused."""
        self.corrected += len(self._revised - refused)

    def _reaches(self, moment: datetime) -> None:
        if self.newest is None or moment > self.newest:
            self.newest = moment

    def _own_reports(self, session: Session, campaign_id: str, site_ids: Mapping[int, object]) -> set[int]:
        own: set[int] = set()
        for part in batched_list(sorted(site_ids)):
            query = sa.select(Report.id).where(
                Report.campaign_id == campaign_id, Report.site_id.in_(part), Report.actor == self.actor
            )
            own.update(session.scalars(query))
        return own

    def _said_of(
        self, session: Session, row: CampaignRow, places: set[str]
    ) -> dict[tuple[str, datetime, str], list[tuple[tuple[int | None, int | None], bool]]]:
        u = UpperFigure
        said = defaultdict(list)
        for part in batched_list(sorted(places)):
            query = (
                sa.select(PlaceRow.code, u.at, u.source, u.persons, u.tubes, u.actor)
                .join(PlaceRow, (PlaceRow.id == u.place_id) & (PlaceRow.campaign_id == u.campaign_id))
                .where(u.campaign_id == row.id, PlaceRow.code.in_(part))
                .order_by(u.id)
            )
            for code, at, source, persons, tubes, actor in session.execute(query):
                said[code, at, source].append(((persons, tubes), actor == self.actor))
        return said


def _is_site(tree: PlaceTree, code: str) -> bool:
    place = tree.by_code.get(code)
    return place is not None and place.level is Level.SITE
