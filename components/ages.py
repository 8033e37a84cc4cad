"""Words about tubes that wait: how old the oldest is, how many are over their limit. Used wherever stages stand."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.format import UNKNOWN, count, duration
from components.icons import icon
from domain.backlog import StageBacklog, Waiting
from domain.status import Severity
from locales import text


def hours(minutes: int, language: str) -> str:
    """A length of time in minutes: `2小时36分`."""
    return duration(timedelta(minutes=minutes), language)


def oldest(waiting: Waiting, language: str) -> str:
    """The age of the oldest; a dash where none waits or ages are unknown."""
    return UNKNOWN if waiting.oldest_minutes is None else hours(waiting.oldest_minutes, language)


def oldest_mark(waiting: Waiting, language: str) -> html.Span:
    """How old the oldest is, with its state where it is near the limit or over it."""
    said = text(language, "backlog.oldest", age=oldest(waiting, language))
    if waiting.severity is Severity.OK:
        return html.Span(said)
    return html.Span([icon(waiting.severity), said], className=str(waiting.severity))


def by_count_mark(language: str) -> html.Span:
    """What rests on counts, not on barcodes (按数量)."""
    return html.Span(
        text(language, "backlog.by_count"), className="by-count", title=text(language, "backlog.by_count_means")
    )


def stage_note(stage: StageBacklog, by_count: bool, language: str) -> list[Component | str]:
    """Beside a stage's number: how many are over its limit, else how old the oldest is. `by_count` says that there
    are laboratories that only count."""
    waiting = stage.waiting
    parts: list[Component | str] = []
    limit = hours(waiting.limit_minutes, language)
    if waiting.over:
        said = text(language, "backlog.over", tubes=count(waiting.over), limit=limit)
        parts.append(html.Span([icon("crit"), said], className="crit b"))
    elif waiting.oldest_minutes is not None:
        said = text(language, "backlog.oldest_of", age=oldest(waiting, language), limit=limit)
        warn = waiting.severity is Severity.WARN
        parts.append(html.Span([icon("warn"), said], className="warn") if warn else html.Span(said))
    if by_count and stage.by_count:
        parts.append(by_count_mark(language))
    return parts
