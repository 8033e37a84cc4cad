"""Sources that fail beyond their limit, as findings."""

from datetime import datetime

from sqlalchemy.orm import Session

from data import sources
from data.models import Source
from domain.findings import Finding, Topic
from domain.places import Place, PlaceTree
from domain.pulling import Course, Word, state_of
from domain.status import Severity


def failing_sources(session: Session, tree: PlaceTree, place: Place, now: datetime) -> list[Finding]:
    """The sources below `place` that fail beyond their limit."""
    found = []
    for source in sources_below(session, tree, place):
        course = course_of(source)
        severity, word = state_of(course, tree.campaign, now)
        if severity is not Severity.CRIT:
            continue
        there = tree.by_code[source.place]
        since = max(course.last_success_at or course.created_at, tree.campaign.starts_at)
        params: dict[str, object] = {"feed": source.definition["name"]}
        if word is Word.FAILING:
            params["failures"] = source.failures
        else:
            params["minutes"] = int((now - since).total_seconds() // 60)
        kind = f"source_{word}"
        found.append(
            Finding(kind, severity, Topic.SOURCES, there.code, there.name, there.name_en, there.level, since,
                    params=params)
        )  # fmt: skip
    return found


def sources_below(session: Session, tree: PlaceTree, place: Place) -> list[Source]:
    """The sources whose rows land at `place` or below."""
    return [
        source
        for source in sources.every(session, tree.campaign.id)
        if source.place in tree.by_code and tree.contains(place, tree.by_code[source.place])
    ]


def course_of(source: Source) -> Course:
    """How it goes with a source, as the rules want it."""
    return Course(
        every_minutes=int(source.definition["every_minutes"]),
        created_at=source.created_at,
        paused=source.paused_at is not None,
        failures=source.failures,
        last_success_at=source.last_success_at,
        newest_at=source.newest_at,
        refused=source.refused,
    )
