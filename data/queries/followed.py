"""What a worker keeps of sites and towns, worked out anew only where something was recorded since: a report of one
site changes nothing at five thousand others (docs/decisions/0038).

What a site or town has by its reports follows from its reports, their decisions and the campaign's structure alone.
The first two are only ever added to, under the campaign's lock and so in the order of their numbers; another
structure is another tree. So what was kept is exact, not merely recent.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.database import is_writing
from data.models import Decision, Report
from data.queries.moment import Moment
from domain.places import Place, PlaceTree

KINDS = 8
"""Kinds of things kept of a campaign: those of the last periods asked for are among them."""

Value = TypeVar("Value")

Derive = Callable[[Collection[int]], Mapping[int, Value]]
"""What the places of these ids have; one that has nothing may be left out."""


class _Kind:
    """What was found last, and the places where it may be otherwise by now."""

    def __init__(self, found: Mapping[int, Any], place_of: Callable[[Place], int]) -> None:
        self.found = found
        self.place_of = place_of
        self.stale: set[int] = set()


class _Campaign:
    """What is kept of a campaign, and up to which revision, report and decision it has been followed."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kinds: OrderedDict[object, _Kind] = OrderedDict()
        self.revision = -1
        self.report = self.decision = 0

    def follow(self, session: Session, tree: PlaceTree, revision: int) -> None:
        """Bring it to the session's moment, which is `revision`."""
        if revision == self.revision:
            return
        r, d = Report, Decision
        campaign_id = tree.campaign.id
        if not self.kinds:
            self.report = session.scalar(sa.select(sa.func.max(r.id)).where(r.campaign_id == campaign_id)) or 0
            self.decision = session.scalar(sa.select(sa.func.max(d.id)).where(d.campaign_id == campaign_id)) or 0
            self.revision = revision
            return
        reports = session.execute(
            sa.select(r.id, r.site_id).where(r.campaign_id == campaign_id, r.id > self.report)
        ).all()
        decisions = session.execute(
            sa.select(d.id, r.site_id)
            .join(r, sa.and_(r.id == d.report_id, r.campaign_id == d.campaign_id))
            .where(d.campaign_id == campaign_id, d.id > self.decision)
        ).all()
        sites = {site_id for _, site_id in (*reports, *decisions)}
        for kind in self.kinds.values():
            kind.stale.update(kind.place_of(tree.by_id[site_id]) for site_id in sites)
        self.report = max((id_ for id_, _ in reports), default=self.report)
        self.decision = max((id_ for id_, _ in decisions), default=self.decision)
        self.revision = revision


_kept: WeakKeyDictionary[PlaceTree, _Campaign] = WeakKeyDictionary()
_guard = Lock()


def followed(
    session: Session,
    moment: Moment,
    kind: object,
    places: Callable[[], Collection[int]],
    place_of: Callable[[Place], int],
    derive: Derive[Value],
) -> Mapping[int, Value]:
    """What all of `places` have of a kind: as it was kept, and as `derive` finds it where something was recorded
    since of a site; `place_of` says which place a site's records matter to."""
    tree = moment.tree
    with _guard:
        own = _kept.setdefault(tree, _Campaign())
    with own.lock:
        if moment.revision < own.revision or is_writing(session):
            # What is kept is of a later moment; or this one may never come to be.
            return derive(places())
        own.follow(session, tree, moment.revision)
        kept = own.kinds.get(kind)
        if kept is None:
            kept = own.kinds[kind] = _Kind(derive(places()), place_of)
            while len(own.kinds) > KINDS:
                own.kinds.popitem(last=False)
        elif kept.stale:
            left = {id_: value for id_, value in kept.found.items() if id_ not in kept.stale}
            kept.found = left | dict(derive(kept.stale))
            kept.stale = set()
        own.kinds.move_to_end(kind)
        return kept.found


def forget() -> None:
    """Find everything anew, as a worker does that has just started."""
    with _guard:
        _kept.clear()
