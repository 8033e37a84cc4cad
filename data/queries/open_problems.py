"""Information problems as rows: what every other question about them begins with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import ProblemRow
from data.stored_problems import state_of
from domain.campaign import Limits
from domain.findings import Finding, Topic
from domain.places import Place, PlaceTree
from domain.problems import Effect, Kind, Standing, standing
from domain.status import Severity


def rows_below(
    session: Session, tree: PlaceTree, place: Place, solved_since: datetime | None = None
) -> list[ProblemRow]:
    """The open problems of `place` and below, by number; with `solved_since`, those solved from then on too."""
    p = ProblemRow
    wanted: sa.ColumnElement[bool] = p.solved_at.is_(None)
    if solved_since is not None:
        wanted = sa.or_(wanted, p.solved_at >= solved_since)
    query = sa.select(p).where(p.campaign_id == tree.campaign.id, wanted).order_by(p.number)
    return [row for row in session.scalars(query) if place.id in tree.by_id[row.place_id].ancestors]


def standing_of(row: ProblemRow, limits: Limits, now: datetime) -> Standing:
    """The standing of a row of `problem` at `now`."""
    return standing(state_of(row), Kind(row.kind), Effect(row.effect), limits, now)


def overdue_problems(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[Finding]:
    """A finding for every problem of `place` and below that is older than whoever holds it has for it."""
    found = []
    for row in rows_below(session, tree, place):
        at = standing_of(row, tree.campaign.limits, now)
        if not at.overdue:
            continue
        where = tree.by_id[row.place_id]
        over = -at.left.total_seconds() // 60
        params = {"number": row.number, "problem": row.kind, "holder": at.level.value, "over": over}
        finding = Finding(
            "problem_overdue", Severity.CRIT, Topic.INFORMATION, where.code, where.name, where.name_en, where.level,
            at.due_at, None, params,
        )  # fmt: skip
        found.append(finding)
    return found
