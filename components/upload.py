"""The import page: choose a campaign and a file, see what would happen, then let it happen."""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.context import PageContext, named
from components.icons import icon
from locales import text

KINDS = ("reports", "places", "labs", "eqa", "upper-figures", "contacts", "tubes")
MAX_MB = 32
SHOWN = 200
"""Refused rows shown on the page; the file to download has all of them."""


def form(context: PageContext) -> html.Section:
    """What to import, and the place where its result appears."""
    language = context.language
    return html.Section(
        [
            html.Div(
                [
                    _field(
                        ids.UPLOAD_CAMPAIGN,
                        text(language, "upload.campaign"),
                        dbc.Select(
                            id=ids.UPLOAD_CAMPAIGN,
                            options=[
                                {"value": id_, "label": named(name, name_en, language)}
                                for id_, name, name_en in context.campaigns
                            ],
                            value=context.campaign_id,
                        ),
                    ),
                    _field(
                        ids.UPLOAD_KIND,
                        text(language, "upload.kind"),
                        dbc.Select(
                            id=ids.UPLOAD_KIND,
                            options=[{"value": k, "label": text(language, f"upload.kinds.{k}")} for k in KINDS],
                            value=KINDS[0],
                        ),
                    ),
                    _field(
                        ids.UPLOAD_MAPPING,
                        text(language, "upload.mapping"),
                        dbc.Textarea(id=ids.UPLOAD_MAPPING, rows=4, spellCheck=False, className="mono"),
                        text(language, "upload.mapping_hint"),
                    ),
                    dcc.Upload(
                        html.Div(
                            [
                                icon("file"),
                                html.B(text(language, "upload.drop")),
                                html.Span(text(language, "upload.limit")),
                            ],
                            className="drop",
                        ),
                        id=ids.UPLOAD_FILE,
                        max_size=MAX_MB * 1024 * 1024,
                    ),
                ],
                className="form",
            ),
            dcc.Store(id=ids.UPLOAD_LANGUAGE, data=language),
            dcc.Download(id=ids.UPLOAD_DOWNLOAD),
            html.Div(id=ids.UPLOAD_RESULT, **{"aria-live": "polite"}),
            # Stands in the page from the start, so that it can be pressed once there is something to import.
            html.Div(
                [
                    html.Button(
                        text(language, "upload.commit"), id=ids.UPLOAD_COMMIT, type="button", className="btn pri",
                        disabled=True,
                    ),
                    html.Button(
                        text(language, "upload.download"), id=ids.UPLOAD_SAVE, type="button", className="btn",
                        disabled=True,
                    ),
                ],
                className="actions form",
            ),
        ],
        className="panel at-import",
    )  # fmt: skip


def _field(for_: str, label: str, control: Component, hint: str = "") -> html.Div:
    parts = [html.Label(label, htmlFor=for_), control]
    if hint:
        parts.append(html.Div(hint, className="hint"))
    return html.Div(parts, className="field")


def problem(message: str) -> html.Div:
    """A file that could not be read at all."""
    return html.Div(
        html.Div([icon("crit"), html.Span(message)], className="error"), className="field form", role="alert"
    )


def result(
    language: str,
    *,
    kept: bool,
    name: str,
    counts: Sequence[tuple[str, int]],
    refused: Sequence[tuple[int, str, str, str]],
) -> html.Div:
    """What became of a file, or would: counts by name, and the refused rows (line, field, value, message)."""
    title = text(language, "upload.done" if kept else "upload.preview", name=name)
    parts: list[Component] = [
        html.Div([html.H2(title)], className="ph"),
        html.Div(
            [
                html.Div(
                    [
                        html.Div(text(language, f"upload.count.{key}"), className="l"),
                        html.Div(f"{value:,}", className="v crit" if key == "refused" and value else "v"),
                    ]
                )
                for key, value in counts
            ],
            className="result",
        ),
    ]
    if refused:
        head = [html.Th(text(language, f"upload.column.{c}")) for c in ("line", "field", "value", "message")]
        rows = [
            html.Tr(
                [
                    html.Td(line, className="where"),
                    html.Td(field, className="where"),
                    html.Td(value or "—", className="value"),
                    html.Td(message),
                ]
            )
            for line, field, value, message in refused[:SHOWN]
        ]
        parts.append(html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="refused-table"))
        if len(refused) > SHOWN:
            parts.append(html.P(text(language, "upload.more", count=len(refused) - SHOWN), className="t12 mut form"))
    return html.Div(parts)
