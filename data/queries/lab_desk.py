"""A laboratory's own desk (`domain.lab_desk`)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabReport, TubeBox, TubeRow
from data.queries.backlog import backlogs
from data.queries.moment import Moment
from data.queries.overview import ref
from data.queries.tube_findings import tube_findings
from domain.lab_desk import MOST_MISSING, Coming, CountedHour, LabDesk, OpenBox
from domain.lab_load import load
from domain.places import Level, Place, PlaceTree
from domain.tubes import Stage

MOST_BOXES = 60


class _OnTheWay(NamedTuple):
    barcode: str
    site_id: int | None
    box: str | None
    manifest: str | None
    collected_at: int | None


def lab_desk(session: Session, moment: Moment, code: str, seen: Place) -> LabDesk:
    """The desk of the laboratory of that code; `moment` is of the campaign's topmost place. Counts are the
    laboratory's; tubes, boxes and findings are named as far as they come from `seen` and below. Raises `KeyError`
    where there is no such laboratory."""
    campaign = moment.tree.campaign
    found = {row.lab.code: row for row in backlogs(session, moment).labs}[code]
    lab_id = found.lab.id
    below = {site.id for site in moment.tree.sites(seen)}
    way = [
        tube for tube in _on_the_way(session, campaign.id, lab_id) if tube.site_id in below or seen is moment.place
    ]
    findings = tube_findings(session, Moment(moment.tree, seen, moment.revision, moment.now)).open
    return LabDesk(
        campaign=campaign,
        now=moment.now,
        revision=moment.revision,
        backlog=found,
        load=load(found, campaign.limits),
        coming=_coming(moment, way),
        boxes=_boxes(session, moment, lab_id, way),
        findings=tuple(f for f in findings if code in {lab.code for lab in (f.lab, f.at_lab) if lab}),
        hours=tuple(
            campaign.start_of(k) for k in range(min(campaign.periods - 1, campaign.period_of(moment.now)), -1, -1)
        ),
        counted=_counted(session, campaign.id, lab_id),
    )


def _on_the_way(session: Session, campaign_id: str, lab_id: int) -> list[_OnTheWay]:
    """The tubes collected for this laboratory and received by none: a part of those that wait, by their index."""
    t = TubeRow
    query = (
        sa.select(t.barcode, t.site_id, t.box, t.manifest, t.collected_at)
        .where(
            t.campaign_id == campaign_id, t.waiting, t.stage == int(Stage.IN_TRANSIT), t.home_lab_id == lab_id
        )
        .order_by(t.barcode)
    )  # fmt: skip
    return [_OnTheWay(*row) for row in session.execute(query)]


def _coming(moment: Moment, way: Sequence[_OnTheWay]) -> tuple[Coming, ...]:
    by_town: dict[int, list[_OnTheWay]] = defaultdict(list)
    for tube in way:
        town = _town(moment.tree, tube.site_id)
        if town is not None:
            by_town[town.id].append(tube)
    now = int(moment.now.timestamp())
    rows = [
        Coming(
            ref(moment.tree.by_id[town]),
            len(tubes),
            len({(tube.site_id, tube.box) for tube in tubes if tube.box}),
            max(0, now - min(tube.collected_at or now for tube in tubes)) // 60,
        )
        for town, tubes in by_town.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.oldest_minutes, row.town.code)))


def _boxes(session: Session, moment: Moment, lab_id: int, way: Sequence[_OnTheWay]) -> tuple[OpenBox, ...]:
    """The boxes something of which is on its way here, those that are short first, then the longest on the road."""
    outstanding: dict[tuple[int, str, str], list[_OnTheWay]] = defaultdict(list)
    for tube in way:
        if tube.box and tube.site_id:
            outstanding[tube.site_id, tube.box, tube.manifest or ""].append(tube)
    b = TubeBox
    query = sa.select(b.site_id, b.box, b.manifest, b.sent, b.received).where(
        b.campaign_id == moment.tree.campaign.id, b.lab_id == lab_id, b.sent > b.received
    )
    rows = []
    for site_id, box, manifest, sent, received in session.execute(query):
        tubes = outstanding.get((site_id, box, manifest))
        site = moment.tree.by_id.get(site_id)
        if not tubes or site is None:
            # Still at its site: nobody has anything to sign for.
            continue
        since = min((tube.collected_at for tube in tubes if tube.collected_at is not None), default=None)
        named = tuple(tube.barcode for tube in tubes[:MOST_MISSING])
        rows.append(
            OpenBox(
                ref(site), box, manifest, sent, received,
                datetime.fromtimestamp(since, UTC) if since is not None else None, named, len(tubes) - len(named),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (not row.short, row.collected_at or moment.now, row.site.code, row.box))
    return tuple(rows[:MOST_BOXES])


def _counted(session: Session, campaign_id: str, lab_id: int) -> tuple[CountedHour, ...]:
    r = LabReport
    query = (
        sa.select(r.starts_at, r.ends_at, r.received, r.tested, r.reported)
        .where(r.campaign_id == campaign_id, r.lab_id == lab_id)
        .order_by(r.starts_at.desc())
    )
    return tuple(CountedHour(*row) for row in session.execute(query))


def _town(tree: PlaceTree, site_id: int | None) -> Place | None:
    site = tree.by_id.get(site_id or 0)
    above = (tree.by_id[i] for i in site.ancestors) if site else ()
    return next((place for place in above if place.level is Level.TOWN), None)
