"""The problems of one place beside its figures: what is open, who has it, until when; the mode it works in."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.icons import icon, mark
from components.links import href
from components.problem_words import left, setting_words, title
from data.queries.problems import SiteInformation
from domain.problem_board import Problem
from domain.problems import Status
from locales import text


def site_problems(rows: SiteInformation, language: str) -> Component:
    """The open problems, most overdue first, and the registration mode with since when."""
    campaign, place = rows.overview.campaign, rows.overview.place
    to = href("problems", campaign=campaign.id, place=place.code, language=language)
    link = dcc.Link(text(language, "problems.to_page"), href=to, className="t12 mut more")
    unsolved = [p for column in rows.board.columns for p in column.problems]
    items: list[Component] = [problem_line(problem, language) for problem in unsolved]
    if not items:
        items = [html.Li([icon("ok", "ok"), html.Span(text(language, "problems.none"), className="mut")])]
    settings = [
        setting_words(s.change.mode, s.change.entrance, language) if s.change else text(language, "modes.unset")
        for cell in rows.modes.cells
        for s in cell.sites
    ]
    note = text(language, "format.list").join(dict.fromkeys(settings))
    return html.Div(
        [
            panel.head(text(language, "information.problems"), note, [link]),
            html.Ul(items, className="sp-list", tabIndex="0"),
        ],
        className="fill",
    )


def problem_line(problem: Problem, language: str) -> html.Li:
    """One open problem: its state, what it is, who has it, until when."""
    holder = text(language, f"level.{problem.standing.level}")
    who = text(language, "problems.unaccepted") if problem.state.status is Status.OPEN else problem.state.owner
    said = title(problem, language)
    return html.Li(
        [
            mark(problem.standing.severity, text(language, "problems.in_time"), language),
            html.B(said, className="ell", title=said),
            html.Span(f"{holder} {who}", className="mut ell", title=f"{holder} {who}"),
            left(problem, language),
        ]
    )
