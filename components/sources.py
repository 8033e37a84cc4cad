"""The page of sources: how each goes, in words first, and what its latest pulls brought."""

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.format import UNKNOWN, count, duration, when
from components.icons import chip, icon
from components.panel import Part
from domain.permissions import Action
from domain.pulling import Word
from domain.source_rows import RunRow, SourceRow, SourcesPicture
from domain.status import RANK, Severity
from locales import messages, text

COLUMNS = ("state", "name", "success", "rows", "refused", "reach", "next", "actions")
RUN_COLUMNS = ("began", "name", "outcome", "rows", "accepted", "corrected", "unchanged", "refused")


def sources(rows: SourcesPicture, language: str) -> Component:
    """Every source, those to look at first."""
    new = html.Button(
        [icon("plus"), text(language, "sources.new")],
        type="button",
        className="btn pri",
        **{"data-needs": Action.RUN_SOURCES.value, "data-source-form": ""},
    )
    head = panel.head(
        text(language, "sources.title"), text(language, "sources.note"), [*_counts(rows, language), new]
    )
    if not rows.sources:
        empty = states.message("file", "", text(language, "sources.none"), text(language, "sources.none_next"))
        return html.Div([head, empty], className="fill")
    heads = [
        html.Th(text(language, f"sources.column.{name}"), scope="col", className="r" if name in _FIGURES else "")
        for name in COLUMNS
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_source(row, rows, language) for row in rows.sources])],
        className="tb sources-table",
    )
    label = text(language, "sources.title")
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": label})
    return html.Div([head, scroll], className="fill")


_FIGURES = ("rows", "refused", "accepted", "corrected", "unchanged")


def _counts(rows: SourcesPicture, language: str) -> list[Part]:
    """How many are in each state."""
    found: dict[Severity, int] = {}
    for row in rows.sources:
        if row.severity is not None:
            found[row.severity] = found.get(row.severity, 0) + 1
    return [
        chip(severity, f"{text(language, f'severity.{severity}')} {found[severity]}")
        for severity in sorted(found, key=RANK.__getitem__)
    ]


def _source(row: SourceRow, rows: SourcesPicture, language: str) -> html.Tr:
    campaign = rows.campaign
    definition = row.definition
    about = text(
        language, "sources.about", kind=text(language, f"source_kind.{definition.kind}"),
        what=text(language, f"source_what.{definition.what}"), place=row.place.label(language),
    )  # fmt: skip
    every = text(language, "sources.every", minutes=definition.every_minutes)
    delivered = row.delivered

    def cell(column: str, content: Part | list[Part]) -> html.Td:
        # On a phone there is no head above it: the cell says what it is.
        label = {"data-label": text(language, f"sources.column.{column}")}
        return html.Td(content, className="r" if column in _FIGURES else "", **label)

    return html.Tr(
        [
            html.Td([_state(row, language), _why(row, rows, language)]),
            html.Td([html.B(definition.name), html.Div(about, className="t12 faint")]),
            cell("success", _aged(row.last_success_at, rows, language)),
            cell("rows", _brought(delivered, language)),
            cell("refused", _refused(delivered, rows, language)),
            cell("reach", _aged(row.newest_at, rows, language)),
            cell("next", [_next(row, rows, language), html.Div(every, className="t12 faint")]),
            html.Td(_actions(row, language), className="source-actions"),
        ],
        **{"data-source": str(row.id), "data-campaign": campaign.id},
    )


def _state(row: SourceRow, language: str) -> html.Span:
    word = text(language, f"source_state.{row.word}")
    if row.severity is None:
        shape = {Word.PAUSED: "closed", Word.NEW: "pend"}.get(row.word, "pend")
        return html.Span([icon(shape), word], className="chip out")
    return chip(row.severity, word)


def _why(row: SourceRow, rows: SourcesPicture, language: str) -> html.Div | None:
    """What is the matter, in a sentence."""
    said = []
    if row.problem is not None:
        said.append(messages.source_problem(language, row.problem))
        if row.failures > 1:
            said.append(text(language, "sources.failures", count=row.failures))
    elif row.word is Word.QUIET:
        said.append(text(language, "sources.quiet"))
    if row.unattended:
        said.append(text(language, "sources.unattended"))
    return html.Div(" ".join(said), className="t12 why") if said else None


def _aged(moment: datetime | None, rows: SourcesPicture, language: str) -> list[Part]:
    """A moment and how long ago it was."""
    if moment is None:
        return [html.Span(UNKNOWN, className="faint")]
    age = rows.now - moment
    if age < timedelta(minutes=1):
        ago = text(language, "sources.just_now")
    else:
        ago = text(language, "sources.ago", span=duration(age, language))
    return [when(moment, rows.campaign, language), html.Div(ago, className="t12 faint")]


def _brought(run: RunRow | None, language: str) -> list[Part]:
    if run is None:
        return [html.Span(UNKNOWN, className="faint")]
    key = "sources.new_and_corrected" if run.corrected else "sources.new_rows"
    new = text(language, key, accepted=count(run.accepted), corrected=count(run.corrected))
    return [html.B(count(run.rows)), html.Div(new, className="t12 faint")]


def _refused(run: RunRow | None, rows: SourcesPicture, language: str) -> Part:
    """How many rows were refused; where there are some, the way to them."""
    if run is None:
        return html.Span(UNKNOWN, className="faint")
    if not run.refused:
        return html.Span("0", className="faint")
    address = f"/api/v1/campaigns/{rows.campaign.id}/sources/{run.source_id}/runs/{run.id}/rejected.csv"
    return html.A(
        [icon("export"), count(run.refused)],
        href=f"{address}?lang={language}",
        className="b warn refused-link",
        download="",
        title=text(language, "sources.download"),
        **{"aria-label": text(language, "sources.download_of", name=run.source_name, count=count(run.refused))},
    )


def _next(row: SourceRow, rows: SourcesPicture, language: str) -> str:
    if row.asked:
        return text(language, "sources.asked")
    return when(row.next_at, rows.campaign, language)


def _actions(row: SourceRow, language: str) -> list[Component]:
    name = row.definition.name

    def button(word: str, shape: str, **marks: str) -> html.Button:
        return html.Button(
            [icon(shape), text(language, f"sources.{word}")],
            type="button",
            className="btn s",
            title=text(language, f"sources.{word}_title"),
            **{
                "data-needs": Action.RUN_SOURCES.value,
                "aria-label": text(language, "sources.of", word=text(language, f"sources.{word}"), name=name),
                **marks,
            },
        )

    rest = ("resume", "play") if row.paused else ("pause", "pause")
    return [
        *(button(*which, **{"data-source-do": which[0]}) for which in (("run", "refresh"), rest)),
        button("edit", "edit", **{"data-source-form": str(row.id)}),
    ]


def runs(rows: SourcesPicture, language: str) -> Component:
    """The latest pulls of all sources."""
    title = text(language, "sources.runs")
    if not rows.runs:
        empty = states.message("late", "", text(language, "sources.no_runs"))
        return html.Div([panel.head(title), empty], className="fill")
    heads = [
        html.Th(text(language, f"sources.column.{name}"), scope="col", className="r" if name in _FIGURES else "")
        for name in RUN_COLUMNS
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_run(run, rows, language) for run in rows.runs])],
        className="tb runs-table",
    )
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title})
    return html.Div([panel.head(title, text(language, "sources.runs_note")), scroll], className="fill")


def _run(run: RunRow, rows: SourcesPicture, language: str) -> html.Tr:
    if run.problem is None:
        outcome: list[Part] = [chip(Severity.OK, text(language, "sources.succeeded"))]
    else:
        said = messages.source_problem(language, run.problem)
        outcome = [chip(Severity.WARN, text(language, "sources.failed")), html.Span(said, className="t12 why")]
    if run.asked:
        outcome.append(html.Span(text(language, "sources.by_hand"), className="t12 faint"))
    # What a pull that brought nothing would have brought is unknown, not zero.
    brought = run.parts or run.problem is None
    figures = [figure if brought else None for figure in (run.rows, run.accepted, run.corrected, run.unchanged)]
    return html.Tr(
        [
            html.Td(when(run.began_at, rows.campaign, language), className="mut"),
            html.Td(run.source_name, className="b"),
            html.Td(html.Div(outcome, className="outcome")),
            *(html.Td(count(figure), className="r" if figure else "r faint") for figure in figures),
            html.Td(_refused(run if brought else None, rows, language), className="r"),
        ]
    )
