"""Everything the bulletin page shows of a place: its issues, the hour looked at as published and as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import bulletin_templates
from data.bulletin_templates import Template
from data.models import Bulletin
from data.queries.bulletin_changes import changes_since
from data.queries.bulletins import Issue, issues, last_published, picture, published_lines, sites_of
from data.queries.cells import Cells, figures, kept_cells
from data.queries.moment import Moment
from data.queries.overview import overview
from domain.bulletin import OPEN, Correction, Frozen, SiteLine, State
from domain.bulletin_rules import Comparison, compare
from domain.campaign import Campaign
from domain.overview import Overview
from domain.places import Level, Place

QUICK = ("persons", "tubes", "third_copies")
"""Figures by which issues of other hours are compared with the record: the kept sums alone give them."""


@dataclass(frozen=True, slots=True)
class BulletinPage:
    """One place's bulletins, with the hour looked at.

    `shown` are that hour's issues, the newest first; `base` is the one compared with `live`, what would be frozen now
    (None while the hour is neither due nor complete). `changes` is what the record saw since `base` was frozen.
    `drifted` says by number of issue whether what it published has changed. `choices` are the periods that can be
    looked at. Below a district there is only what was published `above`.
    """

    overview: Overview
    publishes: bool
    period: int | None
    issues: tuple[Issue, ...]
    shown: tuple[Issue, ...]
    base: Issue | None
    live: Frozen | None
    live_sites: tuple[SiteLine, ...]
    base_sites: tuple[SiteLine, ...]
    comparison: Comparison | None
    changes: tuple[Correction, ...]
    drifted: frozenset[int]
    choices: tuple[int, ...]
    templates: tuple[Template, ...]
    above: Issue | None = None

    @property
    def campaign(self) -> Campaign:
        return self.overview.campaign

    @property
    def draft(self) -> Issue | None:
        """The hour's issue that waits for review or signature."""
        return next((issue for issue in self.shown if issue.state in OPEN), None)

    @property
    def published(self) -> Issue | None:
        return next((issue for issue in self.shown if issue.state is State.PUBLISHED), None)


def bulletin_page(session: Session, moment: Moment) -> BulletinPage:
    """The page of `moment.place`; an hour looked back at is the hour whose issues are shown, as things stand now."""
    tree, place = moment.tree, moment.place
    # The present has its rows already where no hour is looked back at.
    now = moment if moment.until is None else Moment(tree, place, moment.revision, moment.now)
    seen = now.ask(session, overview)
    period = moment.until if moment.until is not None else seen.last_period
    if place.level not in (Level.CITY, Level.DISTRICT):
        return _below(session, now, seen, period)
    every = issues(session, tree.campaign.id, place.id)
    shown = tuple(issue for issue in every if issue.period == period)
    found = picture(session, now, period) if period is not None else None
    live, live_sites = found if found is not None else (None, ())
    base = next((i for i in shown if i.state is State.PUBLISHED), None) or (shown[0] if shown else None)
    changes: Sequence[Correction] = ()
    base_sites: tuple[SiteLine, ...] = ()
    comparison = None
    if base is not None and live is not None:
        comparison = compare(base.frozen, live)
        row = session.scalars(sa.select(Bulletin).where(Bulletin.id == base.id)).one()
        base_sites = sites_of(row)
        changes = changes_since(session, now, base.frozen, base_sites, live_sites)
    return BulletinPage(
        overview=seen,
        publishes=True,
        period=period,
        issues=tuple(every),
        shown=shown,
        base=base,
        live=live,
        live_sites=tuple(live_sites),
        base_sites=base_sites,
        comparison=comparison,
        changes=tuple(changes),
        drifted=_drifted(session, now, every),
        choices=tuple(hour.period for hour in seen.hours if hour.due and hour.figures.reports),
        templates=tuple(bulletin_templates.listed(session, tree.campaign.id, place.id)),
    )


def _below(session: Session, moment: Moment, seen: Overview, period: int | None) -> BulletinPage:
    """A town or site: its own line of what was published above it, beside the present figures."""
    last = last_published(session, moment.tree.campaign.id, moment.place)
    above, live, comparison = None, None, None
    if last is not None:
        above = published_lines(session, last.id, moment.place.code)
        found = picture(session, moment, last.period)
        # The page speaks of this place alone, as the issue does to it.
        live = replace(found[0], lines=()) if found is not None else None
        if above is not None and live is not None:
            comparison = compare(above.frozen, live)
    return BulletinPage(
        overview=seen, publishes=False, period=period, issues=(), shown=(), base=above, live=live, live_sites=(),
        base_sites=(), comparison=comparison, changes=(), drifted=frozenset(), choices=(), templates=(), above=above,
    )  # fmt: skip


def _drifted(session: Session, moment: Moment, every: Sequence[Issue]) -> frozenset[int]:
    """The published issues some of whose sums are no longer what they were."""
    tree, place = moment.tree, moment.place
    places: dict[str, Place] = {p.code: p for p in (place, *place.children)}
    cells = kept_cells(session, tree.campaign.id, sorted(p.id for p in places.values()))
    return frozenset(
        issue.id for issue in every if issue.state is State.PUBLISHED and _differs(issue.frozen, places, cells)
    )


def _differs(frozen: Frozen, places: dict[str, Place], cells: Cells) -> bool:
    for line in (frozen.total, *frozen.lines):
        place = places.get(line.place.code)
        if place is None:
            return True
        own = cells.get(place.id, {})
        now = figures([cell for period, cell in own.items() if period <= frozen.period])
        if any(getattr(line, name) != getattr(now, name) for name in QUICK):
            return True
    return False
