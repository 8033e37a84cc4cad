"""The tasks from results: their counts, a card for each, tests to be repeated, and what is over.

What a card's buttons open stands once on the page (`_forms`); `positives.js` puts a copy of it into the card, into a
place this side leaves empty, so that a new picture does not wipe what somebody is writing.
"""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components import states
from components.entry import Input
from components.form_parts import select, step_forms, write
from components.format import count, duration, when
from components.icons import icon
from components.positive_card import button, card, history, site_name, tube_link
from components.positive_words import result_word, title
from domain.permissions import Action
from domain.positive_board import Board, Task
from domain.positives import PARTIES, Kind
from domain.reports import MAX_NOTE
from locales import text

AGO = (0, 5, 10, 20, 30, 60)
"""Minutes ago something may have been done, to choose from."""

MOST_CLOSED = 60
"""Closed tasks that are listed."""


def positive_desk(board: Board, language: str) -> Component:
    """The page's main part."""
    place = board.place.code if board.place is not None else ""
    return _board(board, language, f"positives-{place}-{language}")


def lab_tasks(board: Board, language: str) -> Component:
    """A laboratory's own tasks, for its desk: what it found, without the pages of places it may not open."""
    return _board(board, language, f"positives-lab-{language}")


def _board(board: Board, language: str, key: str) -> Component:
    cards: list[Component] = [card(task, board, language) for task in board.tasks]
    if not cards:
        none = states.message("ok", "ok", text(language, "positives.none"), text(language, "positives.none_next"))
        cards = [html.Div(none, className="po-none")]
    return html.Div(
        [
            _strip(board, language),
            _bar(board, language),
            html.Div(cards, className="po-cards"),
            _retests(board, language),
            _closed(board, language),
            _forms(language),
        ],
        key=key,
        className="po",
        **{
            "data-positives": board.campaign.id,
            "data-filter": "open",
            "data-unsent": text(language, "positives.unsent"),
        },
    )


def _strip(board: Board, language: str) -> html.Div:
    """How many there are in each state."""
    pools = sum(task.kind is Kind.POOL for task in board.tasks)
    kinds = text(language, "positives.kinds", pools=pools, singles=len(board.tasks) - pools)
    oldest = min((task.state.since for task in board.tasks), default=None)
    since = text(language, "positives.oldest", at=when(oldest, board.campaign, language)) if oldest else ""
    limits = board.campaign.limits
    both = text(
        language,
        "positives.limits",
        resample=duration(timedelta(minutes=limits.resample_minutes), language),
        report=duration(timedelta(minutes=limits.direct_report_minutes), language),
    )
    once = text(language, "positives.at_once", limit=duration(timedelta(minutes=limits.at_once_minutes), language))
    corrected = sum(not task.state.closed.by for task in board.closed if task.state.closed is not None)
    cells = (
        ("open", len(board.tasks), kinds, ""),
        ("running", board.running, since or both, ""),
        ("overdue", board.overdue, once, "crit" if board.overdue else ""),
        ("retests", len(board.retests), text(language, "positives.retests_note"), ""),
        ("closed", len(board.closed), text(language, "positives.corrected_count", count=corrected), ""),
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Span(text(language, f"positives.count.{name}"), className="l"),
                    html.B(
                        [icon("crit"), " ", count(number)] if colour else count(number),
                        className=f"po-count {colour}".strip(),
                        **{"data-key": f"positives-{name}", "data-value": str(number)},
                    ),
                    html.Span(note, className="n", title=note),
                ],
                className="po-cell",
            )
            for name, number, note, colour in cells
        ],
        className="po-strip",
    )


def _bar(board: Board, language: str) -> html.Div:
    """Which to show, and what is never here."""
    filters = [
        html.Button(
            f"{text(language, f'positives.filter.{name}')} {number}",
            type="button",
            **{"data-show": name, "aria-pressed": str(name == "open").lower()},
        )
        for name, number in (("open", len(board.tasks)), ("overdue", board.overdue), ("closed", len(board.closed)))
    ]
    privacy = text(language, "positives.privacy")
    return html.Div(
        [
            html.Span([icon("lock"), " ", privacy], className="t12 mut ell po-privacy", title=privacy),
            html.Span(className="sp"),
            html.Span(
                filters, className="seg", role="group", **{"aria-label": text(language, "positives.filter.label")}
            ),
        ],
        className="po-bar-row",
    )


def _retests(board: Board, language: str) -> html.Section:
    """Tests that failed, for the laboratory to repeat: no clock, nobody held."""
    lines = [_row(task, board, language) for task in board.retests]
    label = text(language, "positives.retest_title")
    return html.Section(
        [html.H2([label, " ", html.B(count(len(lines)))], className="po-h2"), html.Div(lines)],
        className="po-list po-retests",
        hidden=not lines,
        **{"aria-label": label},
    )


def _closed(board: Board, language: str) -> html.Section:
    """What is over today, the latest first, with how it ended."""
    lines: list[Component] = [_row(task, board, language) for task in board.closed[:MOST_CLOSED]]
    more = len(board.closed) - MOST_CLOSED
    if more > 0:
        lines.append(html.P(text(language, "positives.more_closed", count=more), className="po-empty mut"))
    if not lines:
        lines = [html.P(text(language, "positives.none_closed"), className="po-empty mut")]
    label = text(language, "positives.count.closed")
    return html.Section(
        [html.H2(label, className="po-h2"), html.Div(lines)],
        className="po-list po-closed",
        **{"aria-label": label},
    )


def _row(task: Task, board: Board, language: str) -> html.Article:
    """A task in one line: without a clock any more, or without one at all."""
    campaign, state, dot = board.campaign, task.state, text(language, "format.dot")
    said = title(task, language)
    where: list[Component | str] = [tube_link(task.barcode, board, language), dot, site_name(task, board, language)]
    if task.lab is not None:
        where += [dot, task.lab.label(language)]
    buttons: list[Component] = []
    if state.closed is None:
        how = text(language, "positives.retest_since", at=when(state.since, campaign, language))
        buttons = [
            button(text(language, "positives.do.comment"), "commented"),
            button(text(language, "positives.do.close"), "closed"),
        ]
    else:
        how = text(
            language,
            f"positives.ended.{state.closed.how}",
            at=when(state.closed.at, campaign, language),
            by=state.closed.by or text(language, "positives.the_rule"),
            result=result_word(state.result, language),
        )
        how = dot.join([how, *([state.closed.note] if state.closed.note else [])])
        if state.closed.by and board.place is not None:
            buttons = [button(text(language, "positives.do.reopen"), "reopened")]
    return html.Article(
        [
            html.Div(
                [
                    html.Span(icon("ok" if state.closed else "refresh"), className="ok" if state.closed else "mut"),
                    html.Button(
                        f"#{task.number} {said}",
                        type="button",
                        className="pc-title nw",
                        **{"data-history": "", "aria-expanded": "false"},
                    ),
                    html.Span(where, className="po-where ell"),
                    html.Span(how, className="mut po-how"),
                    html.Span(buttons, className="pc-actions", **{"data-needs": Action.HANDLE_POSITIVES}),
                ],
                className="po-row-line",
            ),
            html.Div(className="po-slot"),
            html.Div(history(task, board, language), className="pc-history", hidden=True),
        ],
        key=f"row-{task.number}",
        className="po-card po-row",
        **{
            "data-number": str(task.number),
            "data-turns": str(state.turns),
            "data-kind": task.kind.value,
            "data-barcode": task.barcode,
            "aria-label": f"{task.number} {said}",
        },
    )


# -- what the buttons open


def _forms(language: str) -> html.Div:
    """One form for every step; `positives.js` copies it into the card."""
    note = write(text(language, "positives.ask.note"), "note", MAX_NOTE, rows=1)
    members = html.Label(
        [
            html.Span(text(language, "positives.ask.members")),
            Input(type="number", name="persons", min="1", max="1000", inputMode="numeric", className="po-input"),
        ],
        className="write",
    )
    told = [
        html.P(
            text(
                language,
                "positives.ask.notified",
                parties=text(language, "format.list").join(
                    text(language, f"positives.party.{party}") for party in PARTIES[kind]
                ),
            ),
            className="po-says",
            **{"data-for-kind": kind.value},
        )
        for kind in (Kind.POOL, Kind.SINGLE)
    ]
    contents: dict[str, list[Component]] = {
        "held": [members, _ago(language), note],
        "notified": [*told, _ago(language), note],
        "confirmed": [_ago(language), write(text(language, "positives.ask.confirmed"), "note", MAX_NOTE, rows=1)],
        "linked": [write(text(language, "positives.ask.linked"), "barcodes", 4000, rows=4)],
        "reported": [_ago(language), write(text(language, "positives.ask.reported"), "note", MAX_NOTE, rows=1)],
        "closed": [write(text(language, "positives.ask.closed"), "note", MAX_NOTE)],
        "reopened": [note],
        "commented": [write(text(language, "positives.ask.commented"), "note", MAX_NOTE)],
    }
    return step_forms(
        contents, {step: text(language, f"positives.send.{step}") for step in contents},
        text(language, "positives.cancel"), attribute="data-send-step", css="po-form", store="po-store",
    )  # fmt: skip


def _ago(language: str) -> html.Label:
    """When it was done: now, unless said otherwise."""
    choices = [
        (
            str(minutes),
            text(language, "problems.ago", span=duration(timedelta(minutes=minutes), language))
            if minutes
            else text(language, "problems.just_now"),
        )
        for minutes in AGO
    ]
    return select(text(language, "positives.ask.when"), "minutes_ago", choices)
