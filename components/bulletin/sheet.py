"""The sheet as it prints: one page of A4, black on white, in the order of the design (section 13)."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.bulletin import words
from components.bulletin.content import content
from components.bulletin.curve import curve
from data.documents.content import Content, Kind, Table
from data.queries.bulletin_page import BulletinPage
from data.queries.bulletins import Issue, preview
from domain.bulletin import State
from locales import text


def sheets(rows: BulletinPage, language: str) -> Component | list[Component]:
    """The hour's issues as sheets, the newest first, one of them seen; before any is frozen, what would be."""
    title = text(language, "bulletin.page.sheet")
    issues = shown_issues(rows)
    if not issues:
        key = "state.no_data_next" if rows.publishes else "bulletin.page.by_district_next"
        why = "state.no_data" if rows.publishes else "bulletin.page.by_district"
        return [panel.head(title), states.message("file", "", text(language, why), text(language, key))]
    buttons: list[Component] = []
    if len(issues) > 1:
        choices = [
            html.Button(
                _number(issue, language), type="button",
                **{"data-choose-issue": str(issue.id), "aria-pressed": "true" if i == 0 else "false"},
            )
            for i, issue in enumerate(issues)
        ]  # fmt: skip
        buttons.append(html.Span(choices, className="seg", role="group", **{"aria-label": title}))
    buttons.append(
        html.Button(
            [
                html.Span(text(language, "bulletin.page.enlarge"), className="when-small"),
                html.Span(text(language, "bulletin.page.close"), className="when-large"),
            ],
            type="button", className="more", **{"data-enlarge": ""},
        )
    )  # fmt: skip
    first = issues[0]
    note = text(language, "bulletin.page.sheet_note", number=first.label, state=state_name(first, language))
    return [
        panel.head(title, note if len(issues) == 1 else "", buttons),
        html.Div(
            [
                html.Div(sheet(issue, language), hidden=i > 0, **{"data-issue": str(issue.id)})
                for i, issue in enumerate(issues)
            ],
            className="sheet-frame",
        ),
    ]


def shown_issues(rows: BulletinPage) -> list[Issue]:
    """What there is of the hour to see and to export."""
    if rows.shown:
        return list(rows.shown)
    return [preview(rows.live)] if rows.publishes and rows.live is not None else []


def state_name(issue: Issue, language: str) -> str:
    return text(language, f"bulletin.state.{issue.state}") if issue.id else text(language, "bulletin.preview")


def _number(issue: Issue, language: str) -> str:
    return text(language, "bulletin.issue", number=issue.label)


def sheet(issue: Issue, language: str) -> html.Article:
    """One issue on paper."""
    made = content(issue, language, paper=True)
    marks = [html.Span(made.demo, className="note")] if made.demo else []
    if issue.state is not State.PUBLISHED:
        marks.append(html.Span(state_name(issue, language), className="note strong"))
    curve_title = "curve" if issue.frozen.total.target else "curve_persons"
    towns, others = made.tables[0], made.tables[1:]
    parts = html.Div(
        [
            html.Div([html.H2(made.heading), *marks], className="masthead"),
            html.Div([html.Span(made.issue), html.Span(made.stamp)], className="meta"),
            html.P([html.B(part) if strong else part for strong, part in made.lead], className="lead"),
            *([html.P([html.B(made.remark_title), " ", made.remark], className="remark")] if made.remark else []),
            html.Div(
                [html.Div([html.B(cell.shown), html.Span(label)]) for label, cell in made.tiles], className="tiles"
            ),
            html.H3(text(language, f"bulletin.table.{curve_title}")),
            curve(issue.frozen, language),
            *_table(towns),
            *(part for table in others for part in _table(table)),
            *_todos(made),
            html.Footer(
                [
                    html.Span(made.sign_off),
                    html.Span(made.method),
                    html.Span(f"r{issue.revision} · {text(language, 'bulletin.page_of')}"),
                ]
            ),
        ],
        className="page",
    )
    return html.Article(
        parts,
        className="sheet",
        lang="zh-CN" if language == "zh" else "en",
        **{"aria-label": f"{made.heading} {words.at(issue.frozen, issue.data_until, language)}"},
    )


def _todos(made: Content) -> Sequence[Any]:
    if not made.todos:
        return []
    return [html.H3(made.todos_title), html.Ol([html.Li(todo) for todo in made.todos])]


def _table(table: Table) -> list[Component]:
    head = [
        html.Th(column.title, scope="col", className="" if _is_text(table, i) else "n")
        for i, column in enumerate(table.columns)
    ]
    rows = []
    for n, row in enumerate(table.rows):
        cells = [html.Td(cell.shown, className="" if _is_text(table, i) else "n") for i, cell in enumerate(row)]
        rows.append(html.Tr(cells, className="sum" if table.total and n == len(table.rows) - 1 else ""))
    return [
        html.H3(table.title),
        html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className=f"of-{table.key}"),
    ]


def _is_text(table: Table, i: int) -> bool:
    # The first column names the row, whatever it holds.
    return i == 0 or (table.columns[i].kind is Kind.TEXT and table.columns[i].key != "reported")
