"""What the buttons of a finding open: a form to close it, by kind, and one to hand it on. They stand once on the
page, out of sight; `ledger.js` copies one into the row below a finding."""

from dash import html
from dash.development.base_component import Component

from domain.tube_findings import CAUSES, CORRECTIONS, RESAMPLED, Kind, Party
from locales import text


def forms(language: str) -> html.Div:
    """A form to close a finding of each kind, and one to hand it on."""
    closing = [_closing(kind, language) for kind in Kind if kind is not Kind.MISREAD]
    parties = [
        html.Button(text(language, f"ledger.party.{party}"), type="button", className="lg-opt",
                    **{"data-owner": party.value, "aria-pressed": "false"})
        for party in Party
    ]  # fmt: skip
    assign = html.Div(
        [
            html.Span(text(language, "ledger.assign_to"), className="mut"),
            html.Span(
                parties, className="lg-opts", role="group", **{"aria-label": text(language, "ledger.assign_to")}
            ),
            _note(text(language, "ledger.note"), language),
            *_go("assigned", text(language, "ledger.assign"), language),
        ],
        className="lg-form",
        **{"data-for": "assigned"},
    )
    return html.Div([*closing, assign], hidden=True, className="lg-store")


def _closing(kind: Kind, language: str) -> html.Div:
    options = []
    for cause in CAUSES[kind]:
        corrects = kind is Kind.MISSING and cause in CORRECTIONS
        effect = "resampled" if corrects and cause in RESAMPLED else "corrected" if corrects else "kept"
        options.append(
            html.Button(
                text(language, f"ledger.cause.{cause}"),
                type="button",
                className="lg-opt",
                **{
                    "data-cause": cause.value,
                    "aria-pressed": "false",
                    "data-effect": text(language, f"ledger.effect.{effect}", persons="{persons}", tubes="{tubes}"),
                    "data-go": text(language, "ledger.close_correct" if corrects else "ledger.close"),
                },
            )
        )
    label = text(language, "ledger.close_cause")
    return html.Div(
        [
            html.Span(label, className="mut"),
            html.Span(options, className="lg-opts", role="group", **{"aria-label": label}),
            _note(text(language, "ledger.note_required"), language),
            html.Span(className="lg-effect mut"),
            *_go("closed", text(language, "ledger.close"), language),
        ],
        className="lg-form",
        **{"data-for": f"closed-{kind}"},
    )


def _note(label: str, language: str) -> html.Label:
    """One line to write in; its label stands in it until somebody writes."""
    area = html.Textarea(name="note", rows=1, maxLength=500, placeholder=label, className="lg-input")
    return html.Label([html.Span(label, className="visually-hidden"), area], className="lg-note")


def _go(step: str, label: str, language: str) -> list[Component]:
    return [
        html.Button(label, type="button", className="btn s pri", **{"data-send-step": step}),
        html.Button(
            text(language, "ledger.cancel"), type="button", className="btn s plain-btn", **{"data-cancel": ""}
        ),
    ]
