"""A figure that can be asked where it comes from: a button that is nothing but its number.

`assets/2-scripts/passport.js` opens the passport of whatever carries `data-figure`; what is asked for stands in the
address.
"""

from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.format import UNKNOWN
from domain.passport import Figure
from locales import text


@dataclass(frozen=True, slots=True)
class Of:
    """Which figure of which place: `hour`, the start of a period, for that period alone."""

    figure: Figure
    place: str
    hour: datetime | None = None

    def attributes(self) -> dict[str, str]:
        """What the script reads."""
        hour = {"data-in": self.hour.isoformat()} if self.hour else {}
        return {"data-figure": self.figure.value, "data-of": self.place, **hour}


def figure(
    written: str | list[Component], of: Of, language: str, extra: str = "", **attributes: str
) -> html.Button | html.Span:
    """The figure as written, to be pressed; what is unknown cannot be asked."""
    if written == UNKNOWN:
        return html.Span(written, className=extra or None, **attributes)
    return html.Button(
        written,
        type="button",
        className=f"fig {extra}".strip(),
        title=text(language, "passport.open"),
        **{"aria-haspopup": "dialog"},
        **of.attributes(),
        **attributes,
    )
