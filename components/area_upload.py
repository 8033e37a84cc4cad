"""Bringing a file of areas: what it holds, how its coordinates are meant, what would become of it, and the word it
waits for."""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.context import PageContext
from components.icons import icon
from components.upload import MAX_MB, SHOWN
from domain.area_files import AUTO, SHIFT_NAMES, Note, Offset, Serious, Topic
from locales import messages, text

NONE = "none"
"""How the form writes that coordinates are not shifted."""

SHIFTS = (AUTO, NONE, *SHIFT_NAMES)


def panels(context: PageContext) -> tuple[Component, ...]:
    """The form, and the place where its result appears."""
    language = context.language
    return (
        html.Section(
            _form(context),
            className="panel at-areas-form",
            **{"aria-label": text(language, "areas.form.title")},
        ),
        html.Section(
            html.Div(id=ids.AREA_RESULT, className="fill", **{"aria-live": "polite"}),
            className="panel at-areas-result",
            **{"aria-label": text(language, "areas.result.notes")},
        ),
    )


def _form(context: PageContext) -> list[Component]:
    language = context.language

    def said(name: str) -> str:
        return text(language, f"areas.form.{name}")

    more = [
        _field(ids.AREA_CRS, said("crs"), dbc.Input(id=ids.AREA_CRS, type="text", debounce=True), said("crs_hint")),
        _field(
            ids.AREA_SHIFT,
            said("shift"),
            dbc.Select(
                id=ids.AREA_SHIFT,
                options=[{"value": name, "label": text(language, f"areas.shift.{name}")} for name in SHIFTS],
                value=AUTO,
            ),
        ),
        _check(ids.AREA_SWAPPED, said("swapped")),
        _field(ids.AREA_LAYER, said("layer"), dbc.Input(id=ids.AREA_LAYER, type="text", debounce=True)),
        _field(
            ids.AREA_MAPPING,
            said("mapping"),
            dbc.Textarea(id=ids.AREA_MAPPING, rows=3, spellCheck=False, className="mono", debounce=True),
        ),
    ]
    return [
        html.Div([html.H2(said("title")), html.Span(said("look"), className="sub")], className="ph"),
        html.Div(
            [
                _field(
                    ids.AREA_TOPIC,
                    said("topic"),
                    dbc.Select(
                        id=ids.AREA_TOPIC,
                        options=[{"value": t, "label": text(language, f"areas.topic.{t}")} for t in Topic],
                        value=Topic.BOUNDARIES.value,
                    ),
                ),
                dcc.Upload(
                    html.Div([icon("file"), html.B(said("drop")), html.Span(said("limit"))], className="drop"),
                    id=ids.AREA_FILE,
                    max_size=MAX_MB * 1024 * 1024,
                ),
                _field(ids.AREA_SOURCE, said("source"), dbc.Input(id=ids.AREA_SOURCE, type="text", debounce=True)),
                _check(ids.AREA_APPROXIMATE, said("approximate")),
                _check(ids.AREA_SYNTHETIC, said("synthetic")),
                html.Details([html.Summary(said("more")), *more]),
                html.Div(
                    [
                        html.Button(
                            said("commit"), id=ids.AREA_COMMIT, type="button", className="btn pri", disabled=True
                        ),
                        html.Button(
                            said("download"), id=ids.AREA_SAVE, type="button", className="btn", disabled=True
                        ),
                    ],
                    className="actions",
                ),
            ],
            className="form",
        ),
        dcc.Store(id=ids.AREA_CONTEXT, data={"campaign": context.campaign_id, "language": language}),
        dcc.Store(id=ids.AREA_OFFSET),
        dcc.Download(id=ids.AREA_DOWNLOAD),
    ]


def _field(for_: str, label: str, control: Component, hint: str = "") -> html.Div:
    parts = [html.Label(label, htmlFor=for_), control]
    if hint:
        parts.append(html.Div(hint, className="hint"))
    return html.Div(parts, className="field")


def _check(id_: str, label: str) -> html.Div:
    return html.Div(dbc.Checkbox(id=id_, label=label, value=False), className="field")


def offset_sentence(offset: Offset, language: str) -> str:
    """What is wrong with a file's coordinates, in words."""
    parts = []
    if offset.swapped:
        parts.append(text(language, "areas.result.swapped"))
    if offset.shift:
        shift = SHIFT_NAMES[offset.shift]
        if not offset.before:
            parts.append(text(language, "areas.result.shift_stated", shift=shift))
        elif offset.counted:
            figures = {"before": round(offset.before), "after": round(offset.after)}
            parts.append(text(language, "areas.result.shift_counted", shift=shift, **figures))
        else:
            figures = {"before": round(offset.before), "after": round(offset.after)}
            parts.append(text(language, "areas.result.shift", shift=shift, **figures))
    return " ".join(parts)


def ask(offset: Offset, language: str) -> html.Div:
    """The question that a file waits with, and its answers."""
    buttons = [html.Button(text(language, "areas.form.confirm"), id=ids.AREA_YES, type="button", className="btn pri")]
    if offset.shift:
        buttons.append(html.Button(text(language, "areas.form.deny"), id=ids.AREA_NO, type="button", className="btn"))
    return html.Div(
        [icon("warn", "warn"), html.Span(offset_sentence(offset, language)), html.Div(buttons, className="actions")],
        className="areas-ask",
        role="alert",
    )


def result(
    language: str,
    *,
    title: str,
    frame: str,
    counts: Sequence[tuple[str, int]],
    notes: Sequence[Note],
    refused: Sequence[tuple[int, str, str, str]],
    offset: Offset | None,
) -> html.Div:
    """What became of a file, or would: its question first, counts, what to know, and the refused lines (number,
    field, value, message)."""
    figures = [
        html.Div(
            [
                html.Div(text(language, f"areas.result.{name}"), className="l"),
                html.Div(f"{value:,}", className="v crit" if name == "refused" and value else "v"),
            ]
        )
        for name, value in counts
    ]
    parts: list[Component] = [
        html.Div([html.H2(title), html.Span(frame, className="sub")], className="ph"),
        html.Div(figures, className="result"),
    ]
    if offset is not None:
        parts.insert(1, ask(offset, language))
    if notes:
        ordered = sorted(notes, key=lambda note: note.serious is not Serious.WARNING)
        items = [_note(note, language) for note in ordered[:SHOWN]]
        if len(ordered) > SHOWN:
            items.append(html.Li(text(language, "areas.more", count=len(ordered) - SHOWN)))
        parts.append(html.Ul(items, className="areas-notes"))
    if refused:
        head = [html.Th(text(language, f"upload.column.{c}")) for c in ("line", "field", "value", "message")]
        rows = [
            html.Tr([html.Td(line, className="where"), html.Td(field, className="where"),
                     html.Td(value or "—", className="value"), html.Td(message)])
            for line, field, value, message in refused[:SHOWN]
        ]  # fmt: skip
        parts.append(html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="refused-table"))
        if len(refused) > SHOWN:
            parts.append(html.P(text(language, "upload.more", count=len(refused) - SHOWN), className="t12 mut form"))
    return html.Div(parts, className="scroll", tabIndex="0", role="group", **{"aria-label": title})


def _note(note: Note, language: str) -> html.Li:
    name = "warn" if note.serious is Serious.WARNING else "ok"
    sentence = messages.note(language, note)
    if note.feature:
        sentence = f"{text(language, 'areas.line.feature', number=note.feature)} · {sentence}"
    return html.Li([icon(name, name), html.Span(sentence)])
