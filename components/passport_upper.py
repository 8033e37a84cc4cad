"""The form in a passport by which the district enters what the upper system shows."""

from dash import html

from components.entry import Input
from components.format import period, when
from domain.passport import Passport
from domain.permissions import Action
from locales import text

HOURS = 12
"""Moments to choose from: the ends of so many periods, and now."""


def entry(rows: Passport, language: str) -> html.Section:
    """Persons, tubes, moment and source; `passport.js` sends them to the data interface."""
    campaign = rows.campaign
    last = min(campaign.period_of(rows.now) - 1, campaign.periods - 1)
    ends = [campaign.end_of(k) for k in range(last, max(-1, last - HOURS), -1)]
    options = [
        html.Option(period(end, campaign, language), value=campaign.local(end).isoformat()) for end in ends
    ] or [html.Option(when(rows.now, campaign, language), value=campaign.local(rows.now).isoformat())]
    number = {"type": "text", "inputMode": "numeric", "autoComplete": "off", "maxLength": 12}
    words = {
        f"data-{name}": text(language, f"passport.upper.{name}") for name in ("sent", "unchanged", "failed", "empty")
    }
    form = html.Form(
        [
            _field(text(language, "passport.upper.at"), html.Select(options, name="at")),
            _field(text(language, "passport.upper.persons"), Input(name="persons", **number)),
            _field(text(language, "passport.upper.tubes"), Input(name="tubes", **number)),
            _field(
                text(language, "passport.upper.source"),
                Input(
                    name="source", type="text", maxLength=100, autoComplete="on",
                    placeholder=text(language, "passport.upper.source_hint"),
                ),
            ),
            html.Button(text(language, "passport.upper.send"), type="submit", className="btn pri"),
            html.Div(className="pp-said t12", role="status"),
        ],
        className="pp-form",
        **{"data-upper-figures": campaign.id, "data-place": rows.place.code},
        **words,
    )  # fmt: skip
    return html.Section(
        html.Details([html.Summary(text(language, "passport.upper.open"), className="t13"), form]),
        className="pp-section",
        **{"data-needs": Action.WRITE_UPPER.value},
    )


def _field(label: str, control: object) -> html.Label:
    return html.Label([html.Span(label, className="t12 mut"), control])
