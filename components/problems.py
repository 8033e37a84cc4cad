"""The board of information problems: three levels side by side, every problem a card in the column that holds it.

What a card's buttons open stands once on the page (`forms`); `problems.js` puts a copy of it into the card, into a
place this side leaves empty, so that a new picture does not wipe what somebody is writing.
"""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components import panel
from components.form_parts import step_forms, tap, write
from components.format import UNKNOWN, count, duration, when
from components.icons import icon
from components.problem_card import card, step_button, where
from components.problem_form import report_form
from components.problem_words import title
from data.queries.problems import Desk
from domain.permissions import Action
from domain.places import Level
from domain.problem_board import Column
from domain.problems import REMEDIES, Kind, Remedy
from locales import text

MOST_SOLVED = 60
"""Solved problems that are listed."""


def problem_desk(rows: Desk, language: str) -> Component:
    """The page's main part: of a site what it sends and what it has sent, of a place above the board."""
    if rows.overview.place.level is Level.SITE:
        return _site_desk(rows, language)
    board = rows.board
    columns = [_column(column, rows, language) for column in board.columns]
    return html.Div(
        [
            _bar(rows, language),
            html.Div(report_form(rows, language), className="pb-open", hidden=True, **{"data-open-form": ""}),
            html.Div(columns, className="pb-columns"),
            _solved(rows, language),
            forms(language),
        ],
        key=f"board-{rows.overview.place.code}-{language}",
        className="pboard",
        **_said(rows, language),
    )


def _said(rows: Desk, language: str) -> dict[str, str]:
    """What `problems.js` needs of the page: where to send to, and its sentences."""
    return {
        "data-problems": rows.overview.campaign.id,
        "data-filter": "open",
        "data-unsent": text(language, "problems.unsent"),
        "data-done": text(language, "problems.done"),
    }


def _site_desk(rows: Desk, language: str) -> Component:
    unsolved = [p for column in rows.board.columns for p in column.problems]
    cards = [card(problem, rows, language) for problem in unsolved]
    none = html.P([icon("ok", "ok"), text(language, "problems.none")], className="pb-none mut")
    return html.Div(
        [
            report_form(rows, language),
            html.Div(
                [
                    panel.head(text(language, "problems.own"), text(language, "problems.own_note")),
                    html.Div(cards or [none], className="pc-list"),
                    _solved(rows, language),
                ],
                className="pcol",
            ),
            forms(language),
        ],
        key=f"site-{rows.overview.place.code}-{language}",
        className="pboard pboard-site",
        **_said(rows, language),
    )


def _bar(rows: Desk, language: str) -> html.Div:
    """How many there are, which to show, and the way to open one."""
    board = rows.board
    solved = sum(column.solved for column in board.columns)
    summary = text(
        language,
        "problems.summary",
        open=board.open,
        overdue=board.overdue,
        solved=solved,
        mean=duration(board.mean, language) if board.mean is not None else UNKNOWN,
    )
    filters = [
        html.Button(
            [text(language, f"problems.filter.{name}"), html.Span(number, **extra)],
            type="button",
            **{"data-show": name, "aria-pressed": str(name == "open").lower()},
        )
        for name, number, extra in (
            ("open", f" {board.open}", {}),
            ("overdue", f" {board.overdue}", {}),
            ("mine", "", {"data-mine-count": ""}),
            ("solved", f" {solved}", {}),
        )
    ]
    opening = html.Span(
        html.Button(
            [icon("file"), text(language, "problems.open")],
            type="button",
            className="btn pri",
            **{"data-toggle-open": "", "aria-expanded": "false"},
        ),
        **{"data-needs": Action.OPEN_PROBLEMS},
    )
    label = text(language, "problems.filter.label")
    return html.Div(
        [
            html.Span(summary, className="t12 faint ell pb-summary", title=summary),
            html.Span(className="sp"),
            html.Span(filters, className="seg", role="group", **{"aria-label": label}),
            opening,
        ],
        className="pb-bar",
    )


def _column(column: Column, rows: Desk, language: str) -> html.Section:
    limits = rows.overview.campaign.limits
    minutes = {
        Level.SITE: limits.problem_site_minutes,
        Level.TOWN: limits.problem_town_minutes,
        Level.DISTRICT: limits.problem_district_minutes,
    }[column.level]
    level = text(language, f"level.{column.level}")
    head: list[Component] = [html.H2(level), html.B(count(column.open))]
    if column.overdue:
        overdue = text(language, "problems.overdue", count=column.overdue)
        head.append(html.Span([icon("crit"), overdue], className="crit t12 b nw"))
    duty = text(language, f"problems.duty.{column.level}", limit=duration(timedelta(minutes=minutes), language))
    head += [html.Span(className="sp"), html.Span(duty, className="t12 faint ell", title=duty)]
    cards: list[Component] = [card(problem, rows, language) for problem in column.problems]
    if not cards:
        cards = [html.P([icon("ok", "ok"), text(language, "problems.none")], className="pb-none mut")]
    parts: list[Component] = [
        html.Div(head, className="pcol-head"),
        html.Div(cards, className="pc-list", tabIndex="0"),
    ]
    if column.level is Level.DISTRICT and rows.board.replies:
        said = text(language, "format.dot").join(
            f"{reply.vendor} {when(reply.at, rows.overview.campaign, language)}" for reply in rows.board.replies
        )
        parts.append(html.Div(text(language, "problems.replies", said=said), className="pcol-note t12 mut"))
    parts.append(_foot(column, language))
    return html.Section(parts, className="pcol", **{"aria-label": level, "data-level": column.level.value})


def _foot(column: Column, language: str) -> html.Div:
    """The day's problems of this level and the parts they fall into, added up from the parts that are shown."""
    parts: list[Component | str] = [text(language, "problems.today"), html.B(count(column.total))]
    if column.came:
        parts.append(text(language, "problems.came", count=column.came))
    terms = [("solved", column.solved), ("open", column.open)]
    if column.level is not Level.DISTRICT:
        terms.append(("passed", column.passed))
    for sign, (name, number) in zip(("＝", "＋", "＋"), terms, strict=False):
        parts += [f"{sign} {text(language, f'problems.part.{name}')}", html.B(count(number))]
    difference = column.total - sum(number for _, number in terms)
    if difference:
        said = text(language, "problems.difference", count=count(difference))
        parts.append(html.Span([icon("crit"), said], className="crit b"))
    if column.by_rule:
        parts.append(html.Span(text(language, "problems.by_rule", count=column.by_rule), className="warn"))
    mean = duration(column.mean, language) if column.mean is not None else UNKNOWN
    parts += [
        html.Span(className="sp"),
        html.Span(
            text(language, "problems.mean", mean=mean), className="faint", title=text(language, "problems.mean_of")
        ),
    ]
    return html.Div(parts, className="pcol-foot t12")


# -- solved today


def _solved(rows: Desk, language: str) -> html.Div:
    """What was solved today, the latest first: by whom, how, how long it took. One that comes back is reopened."""
    campaign = rows.overview.campaign
    lines: list[Component] = []
    for problem in rows.board.solved[:MOST_SOLVED]:
        state = problem.state
        assert state.solved_at is not None
        said = [text(language, f"problems.remedy.{state.remedy}")] if state.remedy else []
        how = text(language, "format.dot").join([*said, *([state.solution] if state.solution else [])])
        lines.append(
            html.Article(
                [
                    html.Div(
                        [
                            html.Span(
                                [
                                    icon("ok"),
                                    html.Span(text(language, "problems.status.solved"), className="visually-hidden"),
                                ],
                                className="ok",
                            ),
                            html.B(title(problem, language), className="ell", title=title(problem, language)),
                            html.Span(
                                text(
                                    language,
                                    "problems.took",
                                    span=duration(state.solved_at - state.opened_at, language),
                                ),
                                className="faint nw",
                            ),
                        ],
                        className="pc-head",
                    ),
                    html.Div(
                        [
                            where(problem, rows, language),
                            html.Span(className="sp"),
                            html.Span(
                                step_button("reopened", language, "data-form"), **{"data-needs": Action.OPEN_PROBLEMS}
                            ),
                        ],
                        className="pc-line",
                    ),
                    html.Div(
                        text(
                            language,
                            "problems.solved_by",
                            at=when(state.solved_at, campaign, language),
                            by=state.solved_by or text(language, f"level.{state.level}"),
                            how=how,
                        ),
                        className="pc-how",
                    ),
                    html.Div(className="pc-slot"),
                ],
                key=f"solved-{problem.number}",
                className="pcard",
                **{
                    "data-number": str(problem.number),
                    "data-turns": str(state.turns),
                    "data-kind": problem.kind.value,
                    "aria-label": f"{problem.number} {title(problem, language)}",
                },
            )
        )
    more = len(rows.board.solved) - MOST_SOLVED
    if more > 0:
        lines.append(html.P(text(language, "problems.more_solved", count=more), className="pb-none faint"))
    if not lines:
        lines = [html.P(text(language, "problems.none_solved"), className="pb-none mut")]
    label = text(language, "problems.filter.solved")
    return html.Div(
        [html.H2(label, className="ph-solved"), html.Div(lines, className="pc-list", tabIndex="0")],
        className="pb-solved",
        role="group",
        **{"aria-label": label},
    )


# -- what the buttons open


def forms(language: str) -> html.Div:
    """One form for every step that has something to say; `problems.js` copies it into the card."""
    note = "problems.ask"
    remedies = [
        tap(text(language, f"problems.remedy.{remedy}"), "remedy", remedy.value, **{"data-kinds": _kinds(remedy)})
        for remedy in Remedy
    ]
    vendor = [
        write(text(language, f"{note}.vendor"), "vendor", 100, rows=1),
        write(text(language, f"{note}.ticket"), "ticket", 64, rows=1),
    ]
    contents: dict[str, list[Component]] = {
        "passed_up": [write(text(language, f"{note}.passed_up"), "note", 500)],
        "to_vendor": [*vendor, write(text(language, f"{note}.to_vendor"), "note", 500, rows=1)],
        "vendor_replied": [write(text(language, f"{note}.vendor_replied"), "note", 500)],
        "solved": [
            html.Div(remedies, className="taps"),
            write(text(language, f"{note}.solved"), "note", 500),
        ],
        "reopened": [write(text(language, f"{note}.reopened"), "note", 500)],
        "commented": [write(text(language, f"{note}.commented"), "note", 500)],
    }
    return step_forms(
        contents, {step: text(language, f"problems.send.{step}") for step in contents},
        text(language, "problems.cancel"), attribute="data-step", css="pf", store="pf-store",
    )  # fmt: skip


def _kinds(remedy: Remedy) -> str:
    """The kinds of problem a remedy is known for."""
    return " ".join(kind.value for kind in Kind if remedy in REMEDIES[kind])
