"""One site with every version of every report it has sent."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Decision, Report
from data.queries.moment import Moment
from data.queries.overview import overview
from data.stored_reports import records_as_of
from domain.reports import Flag, SiteFacts, Status
from domain.site import ReportVersion, SitePicture


def site_picture(session: Session, moment: Moment) -> SitePicture:
    """The picture of the site `moment.place`; of a place above, its overview without versions."""
    tree, site = moment.tree, moment.place
    seen = moment.ask(session, overview)
    record = records_as_of(session, tree, [site.id], None)[site.id] if not site.children else None
    versions: list[ReportVersion] = []
    if record is not None and record.by_key:
        campaign = tree.campaign
        verdicts = record.judged(SiteFacts(tree.open_periods(site), tree.pool_size(site)), campaign)
        actors = dict(
            session.execute(sa.select(Report.id, Report.actor).where(Report.campaign_id == campaign.id,
                                                                     Report.site_id == site.id)).all()
        )  # fmt: skip
        for key, held in record.by_key.items():
            claim, verdict = held.claim, verdicts.get(key)
            versions.append(
                ReportVersion(
                    key=key,
                    first=claim.first,
                    last=claim.last,
                    starts_at=campaign.start_of(claim.first),
                    ends_at=campaign.end_of(claim.last),
                    version=record.version(held),
                    current=verdict is not None,
                    recorded_at=held.recorded_at,
                    persons=verdict.persons if verdict else claim.persons,
                    tubes=verdict.tubes if verdict else claim.tubes,
                    third_copies=claim.third_copies,
                    special_cases=claim.special_cases,
                    queue_minutes=claim.queue_minutes,
                    lanes_open=claim.lanes_open,
                    persons_total=claim.persons_total,
                    tubes_total=claim.tubes_total,
                    status=held.status if verdict else _last_decision(session, tree.campaign.id, held.report_id),
                    flags=tuple((verdict.flags if verdict else Flag(0)).words()),
                    note=claim.note,
                    actor=actors.get(held.report_id, ""),
                    channel=claim.channel,
                )
            )
    versions.sort(key=lambda v: (v.last, v.version), reverse=True)
    return SitePicture(seen, site.kind, site.lanes, site.lab, tuple(versions))


def _last_decision(session: Session, campaign_id: str, report_id: int) -> Status:
    """What the town last said of a version that no longer counts."""
    d = Decision
    query = sa.select(d.status).where(d.campaign_id == campaign_id, d.report_id == report_id)
    query = query.order_by(d.id.desc()).limit(1)
    return Status(session.scalar(query) or Status.SUBMITTED)
