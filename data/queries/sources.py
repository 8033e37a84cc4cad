"""Sources read off the record: how each goes, and its latest pulls."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import sources
from data.models import Source, SourceRun
from data.queries.failing_sources import course_of, sources_below
from data.queries.moment import Moment
from data.queries.overview import ref
from domain.places import PlaceTree
from domain.pulling import UNATTENDED, rests, state_of
from domain.source_rows import RunRow, SourceRow, SourcesPicture
from domain.status import RANK

SHOWN_RUNS = 40


def sources_picture(session: Session, moment: Moment) -> SourcesPicture:
    """The sources whose rows land at the moment's place or below."""
    tree, now = moment.tree, moment.now
    found = sources_below(session, tree, moment.place)
    names = {source.id: source.definition["name"] for source in found}
    runs = [_run(run, names) for run in _runs(session, tree.campaign.id, names)]
    delivered = {run.id: run for run in runs}
    missing = {source.refused_run for source in found if source.refused_run} - set(delivered)
    for run in session.scalars(sa.select(SourceRun).where(SourceRun.id.in_(sorted(missing)))) if missing else ():
        delivered[run.id] = _run(run, names)
    rows = [_row(source, tree, now, delivered.get(source.refused_run or 0)) for source in found]
    rows.sort(key=lambda row: (RANK[row.severity] if row.severity else len(RANK), row.id))
    return SourcesPicture(tree.campaign, ref(moment.place), now, tuple(rows), tuple(runs))


def _runs(session: Session, campaign_id: str, source_ids: Iterable[int]) -> Iterable[SourceRun]:
    r = SourceRun
    query = sa.select(r).where(r.campaign_id == campaign_id, r.source_id.in_(list(source_ids)))
    return session.scalars(query.order_by(r.id.desc()).limit(SHOWN_RUNS))


def _run(run: SourceRun, names: dict[int, str]) -> RunRow:
    return RunRow(
        run.id, run.source_id, names[run.source_id], run.began_at, run.ended_at, run.succeeded, run.asked, run.parts,
        run.rows, run.accepted, run.corrected, run.unchanged, run.skipped, run.refused, run.problem,
    )  # fmt: skip


def _row(source: Source, tree: PlaceTree, now: datetime, delivered: RunRow | None) -> SourceRow:
    severity, word = state_of(course_of(source), tree.campaign, now)
    waits = source.paused_at is not None or rests(tree.campaign, now)
    turn = source.asked_at or (None if waits else source.next_at)
    return SourceRow(
        id=source.id,
        version=source.version,
        definition=sources.definition_of(source),
        place=ref(tree.by_code[source.place]),
        severity=severity,
        word=word,
        paused=source.paused_at is not None,
        asked=source.asked_at is not None,
        unattended=turn is not None and now - turn > UNATTENDED,
        failures=source.failures,
        problem=source.problem,
        last_tried_at=source.last_tried_at,
        last_success_at=source.last_success_at,
        newest_at=source.newest_at,
        next_at=None if waits else source.next_at,
        delivered=delivered,
    )
