"""Handover beside the findings: boxes and runs that arrived short, and the sign-off of every site's count."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.format import UNKNOWN, count, signed, when
from components.icons import icon
from components.links import place_href
from domain.campaign import Campaign
from domain.handover import Box, Handover, Run, Side, Signature, SignOff, Standing
from domain.permissions import Action
from locales import text

MOST = 60
"""Boxes and runs that are listed."""

MOST_SITES = 150
"""Sites whose sign-off is listed, those that need somebody first. Of a city or a large district the others are on
the pages of its towns."""

MARKS = {
    Standing.NOT_DUE: ("pend", "mut"),
    Standing.UNSIGNED: ("miss", "miss"),
    Standing.ONE_SIDE: ("warn", "warn"),
    Standing.SIGNED: ("ok", "ok"),
    Standing.REOPENED: ("crit", "crit"),
}


def handover_part(over: Handover, language: str) -> html.Div:
    """Shown in place of the findings when asked for."""
    return html.Div(
        [
            html.Div([_boxes(over, language), _runs(over, language)], className="lg-half"),
            html.Div([_sign_offs(over, language), _form(language)], className="lg-half"),
        ],
        className="lg-handover",
        hidden=True,
    )


def _head(title: str, note: str) -> html.Div:
    return html.Div([html.H3(title), html.Span(note, className="t12 mut ell", title=note)], className="lg-half-head")


def _table(
    heads: Sequence[str], rows: Sequence[Component], label: str, language: str, right: Sequence[str] = ()
) -> html.Div:
    head = [
        html.Th(text(language, f"ledger.over_column.{name}"), scope="col", className="r" if name in right else "")
        for name in heads
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(list(rows))], className="tb"),
        className="lg-half-scroll",
        tabIndex="0",
        role="group",
        **{"aria-label": label},
    )


_COUNTS = ("sent", "received", "difference")


def _counts(sent: int, received: int, difference: int) -> list[Component]:
    colour = "crit b" if difference else ""
    return [
        html.Td(count(sent), className="r"),
        html.Td(count(received), className="r"),
        html.Td(signed(difference), className=f"r {colour}".strip()),
    ]


def _boxes(over: Handover, language: str) -> html.Div:
    title = text(language, "ledger.boxes")
    note = text(
        language, "ledger.boxes_note", boxes=count(over.boxes), complete=count(over.boxes_complete),
        waiting=count(over.boxes_waiting), short=count(len(over.short)),
    )  # fmt: skip
    rows = [_box(box, over.campaign, language) for box in over.short[:MOST]]
    return html.Div(
        [
            _head(title, note),
            _table(("site", "box", "manifest", "lab", *_COUNTS), rows, title, language, _COUNTS)
            if rows
            else _none("ledger.no_short", language),
        ]
    )


def _none(key: str, language: str) -> html.P:
    return html.P([icon("ok", "ok"), " ", text(language, key)], className="lg-none mut")


def _box(box: Box, campaign: Campaign, language: str) -> html.Tr:
    to = place_href(box.site.code, True, campaign=campaign.id, language=language)
    return html.Tr(
        [
            html.Td(dcc.Link(box.site.label(language), href=to, className="plain")),
            html.Td(box.box),
            html.Td(box.manifest or UNKNOWN),
            html.Td(box.lab.label(language) if box.lab else UNKNOWN),
            *_counts(box.sent, box.received, box.difference),
        ],
        key=f"{box.site.code}/{box.box}/{box.manifest}/{box.lab.code if box.lab else ''}",
    )


def _runs(over: Handover, language: str) -> html.Div:
    title = text(language, "ledger.runs")
    rows = [_run(run) if run.arrived else _run(run, text(language, "ledger.on_its_way")) for run in over.runs[:MOST]]
    for row, run in zip(rows, over.runs, strict=False):
        row.children[1].children = run.lab.label(language) if run.lab else UNKNOWN
    return html.Div(
        [
            _head(title, text(language, "ledger.runs_note", count=count(len(over.runs)))),
            _table(("manifest", "lab", "sites", "boxes", *_COUNTS), rows, title, language,
                   ("sites", "boxes", *_COUNTS))
            if rows
            else _none("ledger.no_runs", language),
        ]
    )  # fmt: skip


def _run(run: Run, waiting: str = "") -> html.Tr:
    counts = _counts(run.sent, run.received, run.difference)
    if waiting:
        counts = [counts[0], html.Td(waiting, colSpan=2, className="r mut")]
    return html.Tr(
        [
            html.Td(run.manifest),
            html.Td(UNKNOWN),
            html.Td(count(run.sites), className="r"),
            html.Td(count(run.boxes), className="r"),
            *counts,
        ],
        key=f"{run.manifest}/{run.lab.code if run.lab else ''}",
    )


# -- sign-off


def _sign_offs(over: Handover, language: str) -> html.Div:
    title = text(language, "ledger.sign_offs")
    note = text(
        language, "ledger.sign_offs_note", signed=count(over.count(Standing.SIGNED)),
        sites=count(len(over.sign_offs)), reopened=count(over.count(Standing.REOPENED)),
    )  # fmt: skip
    listed = over.sign_offs[:MOST_SITES]
    rows = [part for one in listed for part in _sign_off(one, over.campaign, language)]
    heads = ("site", "kept", "received", "difference", "by_site", "by_lab", "standing")
    return html.Div(
        [
            _head(title, note),
            _table(heads, rows, title, language, ("kept", "received", "difference"))
            if rows
            else _none("ledger.no_sites", language),
            *_left_out(len(over.sign_offs) - len(listed), language),
        ]
    )


def _left_out(sites: int, language: str) -> list[Component]:
    """Who has more sites than anybody reads finds the others on their towns' pages."""
    if not sites:
        return []
    return [html.P(text(language, "ledger.sites_left_out", sites=count(sites)), className="lg-none mut")]


def _sign_off(one: SignOff, campaign: Campaign, language: str) -> list[Component]:
    mark, colour = MARKS[one.standing]
    to = place_href(one.site.code, True, campaign=campaign.id, language=language)
    word = text(language, f"ledger.standing.{one.standing}")
    row = html.Tr(
        [
            html.Td(dcc.Link(one.site.label(language), href=to, className="plain")),
            html.Td(count(one.site_count), className="r"),
            html.Td(count(one.lab_count), className="r"),
            html.Td(signed(one.difference), className="r warn b" if one.difference else "r"),
            html.Td(_side(one, Side.SITE, one.by_site, campaign, language)),
            html.Td(_side(one, Side.LAB, one.by_lab, campaign, language)),
            html.Td(html.Span([icon(mark), word], className=f"lg-flag {colour}")),
        ],
        key=f"sign-{one.site.code}",
        className="lg-sign",
        **{
            "data-site": one.site.code,
            "data-site-count": str(one.site_count),
            "data-lab-count": str(one.lab_count),
            "data-differs": str(bool(one.difference)).lower(),
        },
    )
    slot = html.Tr(html.Td(colSpan=7, className="lg-slot"), key=f"sign-slot-{one.site.code}", className="lg-slot-row")
    return [row, slot]


def _side(
    one: SignOff, side: Side, signature: Signature | None, campaign: Campaign, language: str
) -> list[Component]:
    """Who signed and when; where the count has moved on since, that counts no more. The button signs."""
    parts: list[Component] = []
    holds = signature is not None and (signature.site_count, signature.lab_count) == (one.site_count, one.lab_count)
    if signature is not None:
        said = text(
            language, "ledger.signed_by", name=signature.name, role=signature.role,
            at=when(signature.at, campaign, language),
        )  # fmt: skip
        old = text(
            language, "ledger.signed_then", kept=count(signature.site_count), received=count(signature.lab_count)
        )
        title = f"{said} {old} {signature.note}".strip()
        parts.append(html.Span(said, title=title) if holds else html.Del(said, title=title))
    if not holds and one.standing is not Standing.NOT_DUE:
        button = html.Button(text(language, f"ledger.sign.{side}"), type="button", className="btn s",
                             **{"data-sign": side.value})  # fmt: skip
        parts.append(html.Span(button, **{"data-needs": Action.WRITE_TUBES}))
    return parts or [html.Span(UNKNOWN, className="mut")]


def _form(language: str) -> html.Div:
    """Who signs, in which role, and what explains a difference."""
    fields = [
        html.Label(
            [
                html.Span(text(language, f"ledger.sign_field.{name}"), className="visually-hidden"),
                html.Textarea(name=name, rows=1, maxLength=most, className="lg-input",
                              placeholder=text(language, f"ledger.sign_field.{name}")),
            ],
            className="lg-note" if name == "note" else "lg-name",
        )
        for name, most in (("name", 100), ("role", 100), ("note", 500))
    ]  # fmt: skip
    form = html.Div(
        [
            *fields,
            html.Button(text(language, "ledger.sign_go"), type="button", className="btn s pri",
                        **{"data-send-sign": ""}),
            html.Button(text(language, "ledger.cancel"), type="button", className="btn s plain-btn",
                        **{"data-cancel": ""}),
        ],
        className="lg-form",
        **{"data-for": "sign"},
    )  # fmt: skip
    return html.Div(form, hidden=True, className="lg-store")
