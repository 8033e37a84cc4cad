"""Status icons. Each state has its own shape, so that none is told by colour alone (design, section 3)."""

from dash import html

from domain.status import Severity
from locales import text


def icon(name: str, colour: str = "") -> html.I:
    """The icon `name`, for eyes only: the word stands beside it or in the label of what holds it."""
    return html.I(className=f"ic ic-{name} {colour}".strip(), **{"aria-hidden": "true"})


def chip(severity: Severity, word: str) -> html.Span:
    """A status word with its icon on its tint."""
    return html.Span([icon(severity), word], className=f"chip {severity}")


def mark(severity: Severity, in_time: str, language: str) -> html.Span:
    """The icon of how a clock stands, with the word for who cannot see it: `in_time` while nothing is late."""
    quiet = severity is Severity.OK
    word = in_time if quiet else severity_name(severity, language)
    return html.Span(
        [icon("sub" if quiet else severity), html.Span(word, className="visually-hidden")],
        className="mut" if quiet else str(severity),
    )


def severity_name(severity: Severity, language: str) -> str:
    return text(language, f"severity.{severity}")
