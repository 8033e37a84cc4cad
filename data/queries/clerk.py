"""What the clerk's form of one site shows, and the list of sites whose paper forms a town or district enters."""

from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Decision, RefusedClaim, Report
from data.queries.moment import Moment
from data.queries.people import shown_names
from data.site_record import SiteRecord
from data.stored_reports import site_records
from domain.clerk import ClerkPicture, Contested, SentBack, Standing, hours_of, totals_of
from domain.places import Place
from domain.reports import Channel, Claim, Status


def clerk_picture(session: Session, moment: Moment) -> ClerkPicture:
    """The form of the site `moment.place`, as it stands now."""
    tree, site = moment.tree, moment.place
    record = site_records(session, tree, [site.id])[site.id]
    reports = _standing(session, moment, record)
    return ClerkPicture(
        site=site,
        parent=tree.by_id[site.parent_id] if site.parent_id is not None else None,
        pool_size=tree.pool_size(site),
        target=tree.target(site),
        now=moment.now,
        hours=hours_of(tree.open_periods(site), reports, tree.campaign, moment.now),
        reports=reports,
        conflicts=_contested(session, moment),
        totals=totals_of(reports),
    )


def _standing(session: Session, moment: Moment, record: SiteRecord) -> tuple[Standing, ...]:
    site = moment.place
    where = sa.and_(Report.campaign_id == moment.tree.campaign.id, Report.site_id == site.id)
    actors: dict[int, str] = dict(session.execute(sa.select(Report.id, Report.actor).where(where)).all())
    sent_back = _sent_back(session, [h.report_id for h in record.heads.values() if h.status is Status.RETURNED])
    shown = shown_names(session, {*actors.values(), *(back.by for back in sent_back.values())})
    found = []
    for held in sorted(record.heads.values(), key=lambda h: (h.claim.last, h.claim.key)):
        if held.counted is None:
            continue
        back = sent_back.get(held.report_id)
        found.append(
            Standing(
                claim=held.claim,
                judged=held.counted,
                status=held.status,
                version=record.version(held),
                recorded_at=held.recorded_at,
                by=shown[actors[held.report_id]],
                sent_back=SentBack(back.reason, back.note, shown[back.by], back.at) if back else None,
                earlier=tuple((v.claim, v.recorded_at) for v in record.chain(held)[1:]),
            )
        )
    return tuple(found)


def _sent_back(session: Session, report_ids: list[int]) -> dict[int, SentBack]:
    """The latest word of the town on the given returned reports."""
    d = Decision
    query = sa.select(d.report_id, d.reason, d.note, d.actor, d.recorded_at).where(d.report_id.in_(report_ids))
    return {
        report_id: SentBack(reason, note, actor, at)
        for report_id, reason, note, actor, at in session.execute(query.order_by(d.id))
    }


def _contested(session: Session, moment: Moment) -> tuple[Contested, ...]:
    """Refused claims that still contradict what counts, the oldest first."""
    campaign, r = moment.tree.campaign, RefusedClaim
    query = (
        sa.select(r.content, r.actor, r.recorded_at, Report.key)
        .join(Report, (Report.id == r.report_id) & (Report.campaign_id == r.campaign_id))
        .join(CurrentReport, (CurrentReport.report_id == r.report_id) & (CurrentReport.campaign_id == r.campaign_id))
        .where(r.campaign_id == campaign.id, r.site_id == moment.place.id,
               CurrentReport.status != Status.VERIFIED.value)
        .order_by(r.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    shown = shown_names(session, {row[1] for row in rows})
    return tuple(Contested(_claim(content), shown[actor], at, key) for content, actor, at, key in rows)


_CLAIM_FIELDS = frozenset(field.name for field in fields(Claim))


def _claim(content: dict[str, Any]) -> Claim:
    """The claim a refused row held. What it left open was not kept."""
    said = {name: value for name, value in content.items() if name in _CLAIM_FIELDS}
    if "channel" in said:
        said["channel"] = Channel(said["channel"])
    return Claim(**said)


@dataclass(frozen=True, slots=True)
class SiteToEnter:
    """One site below a place: its open periods and how many of those that are over nothing covers."""

    site: Place
    parent: Place | None
    open_periods: tuple[int, ...]
    owed: int


def sites_to_enter(session: Session, moment: Moment) -> list[SiteToEnter]:
    """Every site below `moment.place` by code."""
    tree, now = moment.tree, moment.now
    c = CurrentReport
    sites = tree.sites(moment.place)
    known = {site.id for site in sites}
    query = sa.select(c.site_id, c.first_period, c.last_period).where(*moment.within(c))
    covered: dict[int, set[int]] = {}
    for site_id, first, last in session.execute(query):
        if site_id in known:
            covered.setdefault(site_id, set()).update(range(first, last + 1))
    found = []
    for site in sorted(sites, key=lambda s: s.code):
        open_periods = tuple(sorted(tree.open_periods(site)))
        over = [k for k in open_periods if tree.campaign.end_of(k) <= now]
        owed = sum(k not in covered.get(site.id, ()) for k in over)
        parent = tree.by_id[site.parent_id] if site.parent_id is not None else None
        found.append(SiteToEnter(site, parent, open_periods, owed))
    return found
