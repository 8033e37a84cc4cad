"""Which new sites a campaign may be given: once it keeps a planning list, those that are approved on it, and those
given in spite of it, with who, why and when on record (source 001: applied for, inspected, approved, published)."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.planning_book import Hand, Line, add, begin, find, standing_of
from data.models import CampaignRow, PlannedSite
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.planning import ENDED, Event, Source, State, Step, Wish, follow, may_be_given


@dataclass(frozen=True, slots=True)
class Override:
    """A site is given in spite of the list: by whom, why, and what is known of it."""

    hand: Hand
    reason: str
    kind: str = ""
    lon: float | None = None
    lat: float | None = None
    lanes: int | None = None


class Gate:
    """Asked about each new site before it is made. A campaign without a planning list is not asked about."""

    def __init__(self, session: Session, row: CampaignRow, tree: PlaceTree, now: datetime) -> None:
        self._session = session
        self._row = row
        self._tree = tree
        self._now = now
        self._listed: dict[str, bool] | None = None

    def check(self, code: str, parent: str | None, override: Override | None) -> None:
        """Raise `Refused` for a site that may not be given."""
        if self._may(code):
            return
        if override is None:
            raise Refused("site", Code.NOT_YOURS, code, detail="planning_not_approved")
        if parent is None:
            raise Refused("town", Code.MISSING_FIELD, detail="place")

    def record(self, code: str, name: str, name_en: str, parent: str | None, override: Override | None) -> None:
        """Put on record that a site was given in spite of the list, where it had to be."""
        if override is None or parent is None or self._may(code):
            return
        # The place above may have been made a moment ago.
        tree = self._tree if parent in self._tree.by_code else campaigns.load_tree(self._session, self._row)
        wish = Wish(
            name, name_en, override.kind or "fixed", override.lon, override.lat, override.lanes, None, Source.IMPORT
        )
        hand = override.hand
        event = Event(Step.APPLIED, self._now, self._now, hand.by, hand.who, override.reason, wish=wish)
        planned = find(self._session, self._row.id, code=code)
        revision = campaigns.change(
            self._session, self._row, actor=hand.sender.name, action="planning.released", now=self._now,
            details={"site": code, "name": name, "town": parent, "reason": override.reason},
        )  # fmt: skip
        if planned is None:
            town = tree.by_code[parent]
            planned = begin(self._session, tree, town, code, Line(event, f"given/{code}/1"), hand, revision)
        _, standing = standing_of(self._session, planned)
        steps = [replace(event, step=Step.RELEASED, wish=None)]
        for step in [event, *steps] if standing.state in ENDED else steps:
            standing = follow(standing, step)
            add(self._session, planned, standing, Line(step, f"given/{code}/{standing.steps}"), hand, revision)
        assert self._listed is not None
        self._listed[code] = True

    def _may(self, code: str) -> bool:
        """Whether the list lets a site in; all do where there is no list, or it is not asked."""
        if not self._tree.campaign.limits.planning_check:
            return True
        if self._listed is None:
            query = sa.select(PlannedSite.code, PlannedSite.state, PlannedSite.released_at)
            self._listed = {
                code: may_be_given(State(state), released is not None)
                for code, state, released in self._session.execute(query.filter_by(campaign_id=self._row.id))
            }
        return not self._listed or self._listed.get(code, False)
