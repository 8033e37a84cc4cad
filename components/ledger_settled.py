"""Findings that are closed, and those whose cause has gone: why, by whom, what was said; how to open one again."""

from dash import html

from components.format import UNKNOWN, count, duration, when
from components.icons import icon
from domain.ledger_desk import FindingsPicture
from domain.permissions import Action
from domain.tube_findings import CORRECTIONS, Kind, Settled, Step
from locales import text

MOST = 100
"""Rows that are drawn; the file has every one."""

HEADS = ("kind", "site", "tubes", "cause", "note", "by", "closed_at", "took", "do")


def settled_table(picture: FindingsPicture, language: str) -> html.Div:
    """The settled findings, the latest first."""
    rows = [part for one in picture.settled[:MOST] for part in _row(one, picture, language)]
    if not rows:
        rows = [html.Tr(html.Td(text(language, "ledger.none_closed"), colSpan=len(HEADS), className="lg-none"))]
    head = [
        html.Th(
            html.Span(
                text(language, f"ledger.settled_column.{name}"), className="visually-hidden" if name == "do" else ""
            ),
            scope="col",
        )
        for name in HEADS
    ]
    label = text(language, "ledger.filter.settled")
    return html.Div(
        [
            html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="tb lg-settled-table"),
            _form(language),
        ],
        className="lg-settled",
        tabIndex="0",
        role="group",
        **{"aria-label": label},
    )


def _row(one: Settled, picture: FindingsPicture, language: str) -> list[html.Tr]:
    state = one.state
    place = one.place.label(language) if one.place else UNKNOWN
    box = f" {text(language, 'ledger.box', box=one.box)}" if one.box else ""
    cause = text(language, f"ledger.cause.{state.cause}") if state.cause else UNKNOWN
    if state.ended is Step.DENIED:
        cause = text(language, "ledger.denied")
    corrected = one.kind is Kind.MISSING and state.cause in CORRECTIONS and state.ended is Step.CLOSED
    effect = f" {text(language, 'ledger.effect.done', tubes=count(one.tubes))}" if corrected else ""
    again: list[html.Span] = []
    if not one.by_itself:
        button = html.Button(text(language, "ledger.reopen"), type="button", className="btn s",
                             **{"data-form": "reopened"})  # fmt: skip
        again = [html.Span(button, **{"data-needs": Action.SETTLE_TUBES})]
    row = html.Tr(
        [
            html.Td([icon("ok", "ok"), " ", text(language, f"ledger.kind.{one.kind}")]),
            html.Td(place + box),
            html.Td(count(one.tubes), className="r"),
            html.Td(text(language, "ledger.status.gone") if one.by_itself else cause + effect),
            html.Td(state.note or UNKNOWN, className="lg-said", title=state.note),
            html.Td(state.by or UNKNOWN),
            html.Td(when(one.at, picture.campaign, language)),
            html.Td(duration(one.took, language) if one.took is not None else UNKNOWN),
            html.Td(again, className="r"),
        ],
        key=f"settled-{one.id}",
        className="lg-done",
        **{"data-finding": one.id, "data-turns": str(state.turns), "data-kind": one.kind.value},
    )
    slot = html.Tr(html.Td(colSpan=len(HEADS), className="lg-slot"), key=f"slot-{one.id}", className="lg-slot-row")
    return [row, slot]


def _form(language: str) -> html.Div:
    label = text(language, "ledger.note_required")
    form = html.Div(
        [
            html.Label(
                [
                    html.Span(label, className="visually-hidden"),
                    html.Textarea(name="note", rows=1, maxLength=500, placeholder=label, className="lg-input"),
                ],
                className="lg-note",
            ),
            html.Button(text(language, "ledger.reopen"), type="button", className="btn s pri",
                        **{"data-send-step": "reopened"}),
            html.Button(text(language, "ledger.cancel"), type="button", className="btn s plain-btn",
                        **{"data-cancel": ""}),
        ],
        className="lg-form",
        **{"data-for": "reopened"},
    )  # fmt: skip
    return html.Div(form, hidden=True, className="lg-store")
