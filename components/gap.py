"""How a gap to plan is written: the sign always, the state's icon and weight where it is behind."""

from dash import html

from components.format import signed
from components.icons import icon
from domain.status import Severity


def gap_pp(gap: float | None, severity: Severity | None, unit: str = "") -> html.Span:
    """A gap in percentage points with the icon of its state."""
    return _gap(signed(gap, 1) + (f" {unit}" if unit and gap is not None else ""), severity, marked=True)


def gap_persons(gap: float | None, severity: Severity | None, marked: bool = False) -> html.Span:
    """A gap in persons."""
    return _gap(signed(gap), severity, marked)


def _gap(written: str, severity: Severity | None, marked: bool) -> html.Span:
    if severity not in (Severity.WARN, Severity.CRIT):
        return html.Span(written, className="mut")
    return html.Span([icon(severity), written] if marked else written, className=f"gap {severity} b")
