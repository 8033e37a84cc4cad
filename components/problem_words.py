"""Information problems and registration modes in words and marks, the same wherever they are shown."""

from dash import html

from components.format import duration
from domain.problem_board import Problem
from domain.problems import Kind
from domain.status import Severity
from locales import text


def title(problem: Problem, language: str) -> str:
    """What is wrong, in the words of whoever opened it where there are any."""
    kind = text(language, f"problems.kind.{problem.kind}")
    if problem.kind is Kind.OTHER and problem.note:
        return problem.note
    return text(language, "problems.title_note", kind=kind, note=problem.note) if problem.note else kind


def left(problem: Problem, language: str) -> html.Span:
    """How long until it is due, or how long it has been overdue."""
    at = problem.standing
    span = duration(abs(at.left), language)
    key = "problems.over" if at.overdue else "problems.left"
    quiet = at.severity is Severity.OK
    return html.Span(text(language, key, span=span), className="mut nw" if quiet else f"{at.severity} b nw")


def mode_words(problem: Problem, language: str) -> str:
    """What the site worked with when it was opened."""
    if problem.mode is None:
        return text(language, "modes.unset")
    return setting_words(problem.mode, problem.entrance, language)


def setting_words(mode: str, entrance: int | None, language: str) -> str:
    """A mode with its entrance."""
    name = text(language, f"modes.mode.{mode}")
    if entrance is None:
        return name
    return name + text(language, "format.colon") + text(language, "modes.entrance", number=entrance)
