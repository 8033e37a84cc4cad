"""Tasks from results in words and marks, the same wherever they are shown."""

from datetime import datetime, timedelta

from dash import html

from components.format import duration
from components.ledger_words import spaced
from domain.positive_board import Task
from domain.positive_standing import Timer
from domain.positives import Event, Step
from domain.status import Severity
from domain.tube_events import Result
from locales import text

MINUTE = timedelta(minutes=1)
"""What is over at all is over by a minute at least: nobody understands "0 minutes over"."""


def result_word(result: Result, language: str) -> str:
    return text(language, f"positives.result.{result.name.lower()}")


def title(task: Task, language: str) -> str:
    """What kind of tube it is, and what its result says now."""
    kind = text(language, f"positives.kind.{task.kind}")
    return f"{kind}{text(language, 'format.dot')}{result_word(task.state.result, language)}"


def left(timer: Timer, severity: Severity, language: str) -> html.Span:
    """How long the main clock has left, how long it is over; of one that has stopped, how long it took."""
    over = timer.left < timedelta(0)
    span = duration(max(-timer.left, MINUTE) if over else timer.left, language)
    if not timer.running:
        took = text(language, "positives.took", span=duration(timer.age, language))
        said = f"{took}{text(language, 'format.dot')}{text(language, 'positives.over', span=span)}" if over else took
        return html.Span(said, className="warn b nw" if over else "mut nw")
    if over:
        return html.Span(text(language, "positives.over", span=span), className="crit b nw")
    quiet = severity is not Severity.WARN
    return html.Span(text(language, "positives.left", span=span), className="mut nw" if quiet else "warn b nw")


def late_by(due_at: datetime, at: datetime, language: str) -> str:
    """By how much `at` is over the time."""
    return text(language, "positives.over", span=duration(max(at - due_at, MINUTE), language))


def event_words(event: Event, language: str) -> str:
    """One line of the history: who did what."""
    by = event.by or text(language, "positives.the_rule")
    if event.step is Step.RESULT:
        assert event.result is not None
        parts = [text(language, "positives.event.result", result=result_word(event.result, language))]
    elif event.step in (Step.LINKED, Step.UNLINKED):
        parts = [text(language, f"positives.event.{event.step}", by=by, count=len(event.barcodes))]
        parts.append(text(language, "format.list").join(spaced(barcode) for barcode in event.barcodes))
    else:
        parts = [text(language, f"positives.event.{event.step}", by=by)]
    if event.step is Step.CONFIRMED:
        parts.append(parties_words(event, language))
    if event.persons is not None:
        parts.append(text(language, "positives.persons", count=event.persons))
    if event.note:
        parts.append(event.note)
    return text(language, "format.dot").join(parts)


def parties_words(event: Event, language: str) -> str:
    return text(language, "format.list").join(text(language, f"positives.party.{party}") for party in event.parties)
