"""Rows of tubes that do not add up: what findings of the ledger are made of.

Every query here stands on an index that holds only the odd ones, on the boxes or on sums: none of them reads the
tubes of a day. Times are seconds since 1970.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, LabReport, TubeBox, TubeRow, TubeSum
from data.stored_reports import batched_list
from domain.tubes import Finding

MOST = 20_000
"""Tubes of one kind that are looked at one by one: more of them at once is no list for people. The ledger counts all
of them in any case."""


class Odd(NamedTuple):
    """One tube that something is wrong with."""

    barcode: str
    site_id: int | None
    named_site: int | None
    box: str | None
    received_box: str | None
    expected_lab_id: int | None
    home_lab_id: int | None
    used_at: int | None
    collected_at: int | None
    received_at: int | None
    lab_at: int | None
    persons: int | None
    findings: int
    lanes: bool
    sites: bool


_T = TubeRow
_COLUMNS = (
    _T.barcode, _T.site_id, _T.named_site, _T.box, _T.received_box, _T.expected_lab_id, _T.home_lab_id, _T.used_at,
    _T.collected_at, _T.received_at, _T.lab_at, _T.persons, _T.findings, _T.lane_low != _T.lane_high,
    _T.site_low != _T.site_high,
)  # fmt: skip


_WAITING = sa.text("tube.waiting")
_ODD = sa.text("tube.findings <> 0")
"""Written as the partial indexes have them, or no database would know that they fit."""


def _read(
    session: Session, campaign_id: str, *wanted: sa.ColumnExpressionArgument[bool] | sa.TextClause
) -> list[Odd]:
    query = sa.select(*_COLUMNS).where(_T.campaign_id == campaign_id, *wanted)
    return [Odd._make(row) for row in session.execute(query.order_by(_T.used_at).limit(MOST))]


def counting_labs(session: Session, campaign_id: str) -> frozenset[int]:
    """Laboratories that give counts: what they have received is known by number only, and no barcode is missing."""
    query = sa.select(LabReport.lab_id).where(LabReport.campaign_id == campaign_id).distinct()
    return frozenset(session.scalars(query))


def late_tubes(session: Session, campaign_id: str, before: int) -> list[Odd]:
    """Tubes used before then and not received, the longest waiting first."""
    return _read(session, campaign_id, _WAITING, _T.used_at < before)


def flagged_tubes(session: Session, campaign_id: str, flags: Finding) -> list[Odd]:
    """Tubes with any of these findings."""
    return _read(session, campaign_id, _ODD, _T.findings > 0, _T.findings.bitwise_and(int(flags)) != 0)


BoxOf = tuple[int, str]
"""A site's id and a box code."""


class BoxCount(NamedTuple):
    """Tubes sent in a box of a site and received of it, at whatever laboratory."""

    sent: int
    received: int


def short_boxes(session: Session, campaign_id: str) -> dict[BoxOf, BoxCount]:
    """The boxes of which some tubes have been received and others not."""
    b = TubeBox
    sent, received = sa.func.sum(b.sent), sa.func.sum(b.received)
    query = (
        sa.select(b.site_id, b.box, sent, received)
        .where(b.campaign_id == campaign_id)
        .group_by(b.site_id, b.box)
        .having(received > 0, received < sent)
    )
    return {(site_id, box): BoxCount(int(s), int(r)) for site_id, box, s, r in session.execute(query)}


def boxes_of(session: Session, campaign_id: str, sites: Collection[int]) -> dict[BoxOf, BoxCount]:
    """All boxes of these sites."""
    b = TubeBox
    found: dict[BoxOf, BoxCount] = {}
    for part in batched_list(sorted(sites)):
        query = (
            sa.select(b.site_id, b.box, sa.func.sum(b.sent), sa.func.sum(b.received))
            .where(b.campaign_id == campaign_id, b.site_id.in_(part))
            .group_by(b.site_id, b.box)
        )
        for site_id, box, sent, received in session.execute(query):
            found[site_id, box] = BoxCount(int(sent), int(received))
    return found


def waiting_in(session: Session, campaign_id: str, boxes: Collection[BoxOf]) -> list[Odd]:
    """The tubes of these boxes that no laboratory has received."""
    found: list[Odd] = []
    for chosen in _in_parts(boxes):
        tubes = _read(session, campaign_id, _WAITING, chosen)
        found += [tube for tube in tubes if (tube.site_id, tube.box) in boxes]
    return found


def receipts_of(session: Session, boxes: Collection[BoxOf]) -> dict[BoxOf, tuple[int, int]]:
    """When the first and the last of the received tubes of these boxes were received."""
    found: dict[BoxOf, tuple[int, int]] = {}
    for chosen in _in_parts(boxes):
        query = (
            sa.select(_T.site_id, _T.box, sa.func.min(_T.received_at), sa.func.max(_T.received_at))
            .where(chosen, _T.received_at.is_not(None))
            .group_by(_T.site_id, _T.box)
        )
        for site_id, box, first, last in session.execute(query):
            if site_id is not None and box is not None and first is not None and last is not None:
                found[site_id, box] = (first, last)
    return found


def _in_parts(boxes: Collection[BoxOf]) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that together hold for every tube of these boxes, each short enough for any database; they hold for
    a box of the same name at another of the sites as well."""
    for part in batched_list(sorted(boxes)):
        sites, names = {site_id for site_id, _ in part}, {box for _, box in part}
        # A site is one campaign's; by it and the time the index is found.
        yield sa.and_(_T.site_id.in_(sites), _T.used_at > 0, _T.box.in_(names))


class SiteHour(NamedTuple):
    """What a site's tubes of one period say. `copies` counts tubes with a third copy, `copy_only` those with nothing
    else."""

    used: int
    copies: int
    copy_only: int


def site_hours(session: Session, campaign_id: str, sites: Iterable[int]) -> Mapping[int, Mapping[int, SiteHour]]:
    """The sums of these sites by period."""
    s = TubeSum
    found: dict[int, dict[int, SiteHour]] = defaultdict(dict)
    for part in batched_list(sites):
        query = sa.select(s.owner, s.period, s.used, s.third, s.copy_only).where(
            s.campaign_id == campaign_id, s.owner.in_(part), s.used > 0
        )
        for owner, period, *rest in session.execute(query):
            found[owner][period] = SiteHour(*rest)
    return found


def sites_in_doubt(session: Session, campaign_id: str, last: int, *, each: bool) -> set[int]:
    """The sites of which some period up to `last` may not agree: tubes against third copies, or against what was
    reported of them. The database compares, and names few; what is wrong at each is for the rules to say."""
    s, c = TubeSum, CurrentReport
    lacking = sa.case(((s.period <= last) & (s.used > s.third), 1), else_=0)
    copies = (
        sa.select(s.owner)
        .where(s.campaign_id == campaign_id, s.owner > 0, s.used > 0)
        .group_by(s.owner)
        .having(sa.or_(sa.func.max(s.copy_only) > 0, sa.and_(sa.func.max(s.third) > 0, sa.func.max(lacking) > 0)))
    )
    figure = c.persons if each else c.tubes
    with_tubes = sa.select(s.owner).where(s.campaign_id == campaign_id, s.used > 0)
    told = (
        sa.select(c.site_id)
        .outerjoin(
            s, sa.and_(s.campaign_id == c.campaign_id, s.owner == c.site_id, s.period == c.last_period, s.used > 0)
        )
        .where(
            c.campaign_id == campaign_id,
            c.last_period <= last,
            # A report of several hours is compared with all of them.
            sa.or_(c.first_period < c.last_period, sa.func.abs(figure - sa.func.coalesce(s.used, 0)) > 1),
            c.site_id.in_(with_tubes),
        )
    )
    return {*session.scalars(copies), *session.scalars(told)}


class Reported(NamedTuple):
    """Tubes as a current report states them, for the periods `first` to `last`."""

    first: int
    last: int
    tubes: int


def reported_tubes(
    session: Session, campaign_id: str, sites: Iterable[int], *, each: bool
) -> Mapping[int, list[Reported]]:
    """The current reports of these sites that state tubes; where `each` person has a code, their persons instead."""
    c = CurrentReport
    figure = c.persons if each else c.tubes
    found: dict[int, list[Reported]] = defaultdict(list)
    for part in batched_list(sites):
        query = sa.select(c.site_id, c.first_period, c.last_period, figure).where(
            c.campaign_id == campaign_id, c.site_id.in_(part), figure.is_not(None)
        )
        for site_id, first, last, tubes in session.execute(query):
            found[site_id].append(Reported(first, last, tubes or 0))
    return found
