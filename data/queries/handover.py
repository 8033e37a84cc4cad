"""Handover: boxes and transport runs sent against signed for, and the sign-off of every site's count."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.models import LabRow, SiteSignOff, TubeBox, TubeSum
from data.queries import minutes
from data.queries.moment import Moment, ref
from data.stored_reports import batched_list
from data.tube_books import NO_LAB, books_of
from domain.backlog import LabRef
from domain.handover import Box, Handover, Run, Side, Signature, SignOff, order_of, standing_of
from domain.places import Level, Place

MOST = 200
"""Short boxes, runs and sites that a page lists."""


def handover(session: Session, moment: Moment) -> Handover:
    """The handover of `moment.place` and what lies below it, at `moment.now`. Nobody signs at a city: of it, what was
    found in this minute holds."""
    if moment.place.level is Level.CITY:
        return minutes.once(moment.tree, handover, moment.now, None, lambda: _handover(session, moment))
    return _handover(session, moment)


def _handover(session: Session, moment: Moment) -> Handover:
    tree, place = moment.tree, moment.place
    campaign = tree.campaign
    labs = labs_of(session, campaign.id)
    sites = tree.sites(place)
    below = None if place in tree.roots and len(tree.roots) == 1 else [site.id for site in sites]
    complete, waiting = _whole_boxes(session, campaign.id, below)
    short = [
        Box(ref(tree.by_id[site_id]), box, manifest, labs.get(lab_id), sent, received)
        for site_id, box, manifest, lab_id, sent, received in _short_boxes(session, campaign.id, below)
        if site_id in tree.by_id
    ]
    short.sort(key=lambda box: (box.difference, box.site.code, box.box))
    return Handover(
        campaign, ref(place), complete + waiting + len(short), complete, waiting, tuple(short[:MOST]),
        _runs(session, campaign.id, below, labs), tuple(sign_offs(session, moment, sites)),
    )  # fmt: skip


def _whole_boxes(session: Session, campaign_id: str, sites: Sequence[int] | None) -> tuple[int, int]:
    """Boxes of which everything has been received, and those of which nothing has."""
    b = TubeBox
    query = sa.select(
        sa.func.sum(sa.case((b.received >= b.sent, 1), else_=0)),
        sa.func.sum(sa.case(((b.received < b.sent) & (b.received == 0), 1), else_=0)),
    ).where(b.campaign_id == campaign_id, b.sent > 0)
    complete = waiting = 0
    for part in batched_list(sites) if sites is not None else (None,):
        row = session.execute(query.where(b.site_id.in_(part)) if part is not None else query).one()
        complete, waiting = complete + int(row[0] or 0), waiting + int(row[1] or 0)
    return complete, waiting


def _short_boxes(
    session: Session, campaign_id: str, sites: Sequence[int] | None
) -> Iterable[tuple[int, str, str, int, int, int]]:
    """Boxes of which some tubes have been received and others not."""
    b = TubeBox
    query = sa.select(b.site_id, b.box, b.manifest, b.lab_id, b.sent, b.received).where(
        b.campaign_id == campaign_id, b.sent > 0, b.received != 0, b.received < b.sent
    )
    for part in batched_list(sites) if sites is not None else (None,):
        yield from session.execute(query.where(b.site_id.in_(part)) if part is not None else query)


def _runs(
    session: Session, campaign_id: str, sites: Sequence[int] | None, labs: dict[int, LabRef]
) -> tuple[Run, ...]:
    """The transport runs, added up by the database."""
    b = TubeBox
    query = (
        sa.select(
            b.manifest, b.lab_id, sa.func.count(b.site_id.distinct()), sa.func.count(), sa.func.sum(b.sent),
            sa.func.sum(b.received),
        )
        .where(b.campaign_id == campaign_id, b.sent > 0, b.manifest != "")
        .group_by(b.manifest, b.lab_id)
    )  # fmt: skip
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for part in batched_list(sites) if sites is not None else (None,):
        for manifest, lab_id, *counts in session.execute(query.where(b.site_id.in_(part)) if part else query):
            for i, count in enumerate(counts):
                sums[manifest, lab_id][i] += int(count)
    runs = [
        Run(manifest, labs.get(lab_id) if lab_id != NO_LAB else None, *counts)
        for (manifest, lab_id), counts in sums.items()
    ]
    return tuple(sorted(runs, key=order_of))[:MOST]


def labs_of(session: Session, campaign_id: str) -> dict[int, LabRef]:
    """The laboratories of a campaign by id."""
    rows = session.scalars(sa.select(LabRow).where(LabRow.campaign_id == campaign_id))
    return {row.id: LabRef(row.id, row.code, row.name, row.name_en, row.capacity_per_day) for row in rows}


def sign_offs(session: Session, moment: Moment, sites: Sequence[Place]) -> list[SignOff]:
    """The sign-off of each of these sites that has used a tube; the ones that need somebody first."""
    tree = moment.tree
    campaign = tree.campaign
    row = campaigns.find(session, campaign.id)
    books = books_of(session, row, tree)
    labs = labs_of(session, campaign.id)
    counts = site_counts(session, campaign.id, [site.id for site in sites])
    given: dict[int, list[Signature]] = defaultdict(list)
    s = SiteSignOff
    for one in session.scalars(sa.select(s).where(s.campaign_id == campaign.id).order_by(s.id)):
        given[one.site_id].append(
            Signature(Side(one.side), one.site_count, one.lab_count, one.name, one.role, one.note, one.recorded_at)
        )
    found = []
    at = int(moment.now.timestamp())
    for site in sites:
        if site.id not in counts and site.id not in given:
            continue
        kept, received = counts.get(site.id, (0, 0))
        lab_id = books.expected(site.id, at)
        standing, by_site, by_lab = standing_of(given[site.id], kept, received, closed(moment, site))
        found.append(SignOff(ref(site), labs.get(lab_id or 0), kept, received, standing, by_site, by_lab))
    order = ("reopened", "one_side", "unsigned", "not_due", "signed")
    return sorted(found, key=lambda one: (order.index(one.standing), one.site.code))


def site_counts(session: Session, campaign_id: str, sites: Iterable[int]) -> dict[int, tuple[int, int]]:
    """What each site has kept (its third copies; the tubes it used where it keeps none), and what laboratories have
    received of that."""
    t = TubeSum
    total = sa.func.sum
    found: dict[int, tuple[int, int]] = {}
    for part in batched_list(sites):
        query = (
            sa.select(t.owner, total(t.third), total(t.used), total(t.at_lab + t.testing + t.reported))
            .where(t.campaign_id == campaign_id, t.owner.in_(part))
            .group_by(t.owner)
        )
        for owner, third, used, received in session.execute(query):
            if used:
                found[owner] = (int(third) or int(used), int(received))
    return found


def closed(moment: Moment, site: Place) -> bool:
    """Whether the site has closed for good: only then its count is final."""
    ends = [end for _, end in site.openings] or [moment.tree.campaign.deadline]
    return moment.now >= max(ends)
