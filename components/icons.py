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


def severity_name(severity: Severity, language: str) -> str:
    return text(language, f"severity.{severity}")
