"""Reports as the database holds them, as the rules want them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Decision, Report, ReportAlias
from data.site_record import Held, SiteRecord
from domain.places import PlaceTree
from domain.reports import COUNTS, Channel, Claim, Flag, Judged, Status

IN_LIST = 500
"""Values of one IN list: well under SQLite's limit, and few enough to plan well."""

_REPORT_COLUMNS = (
    Report.id, Report.site_id, Report.key, Report.starts_at, Report.ends_at,
    *(getattr(Report, name) for name in COUNTS),
    Report.note, Report.correction_of, Report.channel, Report.recorded_at,
)  # fmt: skip


def held_reports(session: Session, tree: PlaceTree, site_ids: Iterable[int]) -> Iterator[tuple[Held, int]]:
    """Every report of the given sites with its site's id; `counted` is set on those that count."""
    campaign = tree.campaign
    c = CurrentReport
    for part in batched_list(sorted(site_ids)):
        query = (
            sa.select(*_REPORT_COLUMNS, c.status, c.persons, c.tubes, c.flags)
            .outerjoin(c, (c.report_id == Report.id) & (c.campaign_id == Report.campaign_id))
            .where(Report.campaign_id == campaign.id, Report.site_id.in_(part))
        )
        for report_id, site_id, key, starts_at, ends_at, *rest in session.execute(query):
            counts = dict(zip(COUNTS, rest[: len(COUNTS)], strict=True))
            note, correction_of, channel, recorded_at, status, persons, tubes, flags = rest[len(COUNTS) :]
            claim = Claim(
                key,
                tree.by_id[site_id].code,
                campaign.period_of(starts_at),
                campaign.period_of(ends_at) - 1,
                note=note,
                correction_of=correction_of,
                channel=Channel(channel) if channel else None,
                **counts,
            )
            held = Held(report_id, claim, recorded_at)
            if status is not None:
                held.status = held.counted_status = Status(status)
                held.counted = Judged(persons, tubes, Flag(flags))
            yield held, site_id


def batched_list(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in lists of at most `IN_LIST`."""
    remaining = iter(values)
    return iter(lambda: list(islice(remaining, IN_LIST)), [])


def site_records(session: Session, tree: PlaceTree, site_ids: Iterable[int]) -> dict[int, SiteRecord]:
    """Everything on record of the given sites."""
    records = _with_aliases(session, tree, site_ids)
    for held, site_id in held_reports(session, tree, records):
        records[site_id].load(held)
    return records


def records_as_of(
    session: Session, tree: PlaceTree, site_ids: Iterable[int], as_of: datetime | None
) -> dict[int, SiteRecord]:
    """What had been recorded of the given sites by `as_of` (None: all), put together anew from the facts alone."""
    records = _with_aliases(session, tree, site_ids)
    facts = (
        (held, site_id)
        for held, site_id in held_reports(session, tree, records)
        if as_of is None or held.recorded_at <= as_of
    )
    by_report: dict[int, Held] = {}
    for held, site_id in sorted(facts, key=lambda pair: pair[0].report_id):
        fresh = records[site_id].replay(held)
        by_report[fresh.report_id] = fresh
    decided = sa.select(Decision.report_id, Decision.status).where(Decision.campaign_id == tree.campaign.id)
    if as_of is not None:
        decided = decided.where(Decision.recorded_at <= as_of)
    for report_id, status in session.execute(decided.order_by(Decision.id)):
        if report_id in by_report:
            by_report[report_id].status = Status(status)
    return records


def _with_aliases(session: Session, tree: PlaceTree, site_ids: Iterable[int]) -> dict[int, SiteRecord]:
    """Empty records of the given sites that know which keys are others' other keys."""
    records = {site_id: SiteRecord() for site_id in site_ids}
    for part in batched_list(sorted(records)):
        query = (
            sa.select(ReportAlias.key, Report.key, Report.site_id)
            .join(Report, (Report.id == ReportAlias.report_id) & (Report.campaign_id == ReportAlias.campaign_id))
            .where(ReportAlias.campaign_id == tree.campaign.id, Report.site_id.in_(part))
        )
        for alias, key, site_id in session.execute(query):
            records[site_id].aliases[alias] = key
    return records
