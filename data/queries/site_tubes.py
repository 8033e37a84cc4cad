"""The tubes of many sites at once, from their sums, and of one site box by box, from its tubes by their index."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import TubeRow, TubeSum
from data.queries.backlog import place_backlog
from data.queries.moment import Moment, ref
from data.queries.tube_findings import tube_findings
from data.queries.tubes import known
from data.stored_reports import batched_list
from domain.campaign import Campaign
from domain.ledger import missing_before
from domain.places import Place
from domain.site_tubes import Box, SiteTubes, SiteTubesPicture
from domain.tube_findings import Kind
from domain.tubes import Stage

LOST = frozenset({Kind.MISREAD, Kind.MISSING})
"""Kinds of findings about a tube nobody has received under its code."""

ODD = LOST | {Kind.WRONG_LAB, Kind.DUPLICATE}
"""Kinds of findings about tubes a site has used."""


def site_tubes(session: Session, campaign: Campaign, sites: Iterable[Place], now: datetime) -> dict[int, SiteTubes]:
    """By site id; a site without any tube is left out."""
    cut = missing_before(now, campaign.limits) * 60
    found: dict[int, SiteTubes] = {}
    t, total = TubeSum, sa.func.sum
    for part in batched_list(sorted(site.id for site in sites)):
        late = (
            sa.select(TubeRow.site_id, sa.func.count())
            .where(
                TubeRow.campaign_id == campaign.id, TubeRow.waiting, TubeRow.used_at < cut, TubeRow.site_id.in_(part)
            )
            .group_by(TubeRow.site_id)
        )
        missing = dict(session.execute(late).all())
        sums = (
            sa.select(t.owner, total(t.used), total(t.third), total(t.at_lab + t.testing + t.reported))
            .where(t.campaign_id == campaign.id, t.owner.in_(part))
            .group_by(t.owner)
        )
        for owner, used, third, received in session.execute(sums):
            if used:
                found[owner] = SiteTubes(int(used), int(third), int(received), missing.get(owner, 0))
    return found


def site_panel(session: Session, moment: Moment) -> SiteTubesPicture:
    """The tubes of the site `moment.place`, box by box."""
    site, campaign = moment.place, moment.tree.campaign
    now = int(moment.now.timestamp())
    t, f = TubeRow, sa.func
    entered = sa.case(
        (t.stage == Stage.ON_SITE, t.used_at), (t.stage == Stage.IN_TRANSIT, t.collected_at),
        (t.stage == Stage.AT_LAB, t.received_at), else_=None,
    )  # fmt: skip
    query = (
        sa.select(
            t.box, t.stage, f.count(), f.min(t.used_at), f.max(t.used_at), f.max(t.collected_at),
            f.max(t.received_at), f.min(entered),
        )
        .where(t.campaign_id == campaign.id, t.site_id == site.id, t.stage > 0)
        .group_by(t.box, t.stage)
    )  # fmt: skip
    by_box: dict[str, list[Any]] = {}
    for box, *rest in session.execute(query):
        by_box.setdefault(box or "", []).append(rest)
    boxes = sorted((_box(name, rows, now) for name, rows in by_box.items()), key=lambda box: box.last_used)
    still_open = [finding for finding in moment.ask(session, tube_findings).open if finding.kind in ODD]
    return SiteTubesPicture(
        place_backlog(moment.ask(session, known), site, moment.until), ref(site), tuple(reversed(boxes)),
        sum(finding.tubes for finding in still_open),
        sum(finding.tubes for finding in still_open if finding.kind in LOST),
    )  # fmt: skip


def _box(name: str, rows: Sequence[Sequence[Any]], now: int) -> Box:
    """From one row a stage: stage, tubes, first and last use, last collection and receipt, oldest entry."""

    def latest(column: int) -> datetime | None:
        known_ = [row[column] for row in rows if row[column] is not None]
        return datetime.fromtimestamp(max(known_), UTC) if known_ else None

    stages = {Stage(row[0]): int(row[1]) for row in rows}
    behind = min(rows, key=lambda row: int(row[0]))
    return Box(
        name=name,
        tubes=sum(stages.values()),
        first_used=datetime.fromtimestamp(min(row[2] for row in rows), UTC),
        last_used=datetime.fromtimestamp(max(row[3] for row in rows), UTC),
        collected_at=latest(4),
        received_at=latest(5),
        stages=stages,
        waits_minutes=max(0, (now - behind[6]) // 60) if behind[6] is not None else None,
    )
