"""One task from a result as a card: what it is about, its clock, its checklist with who and when, what to do next."""

from dash import dcc, html
from dash.development.base_component import Component

from components.format import count, duration, when
from components.icons import icon, mark
from components.ledger_words import spaced
from components.links import href, place_href
from components.names import short_name
from components.positive_words import event_words, late_by, left, result_word, title
from domain.permissions import Action
from domain.places import Level
from domain.positive_board import Board, Task
from domain.positive_standing import Check, Item
from domain.positives import PARTIES, Party, Resample
from domain.tube_events import Result
from locales import text

AXIS = 1.4
"""The bars of time end at 140 % of the limit."""

STEP_OF = {
    Item.HOLD: "held",
    Item.NOTIFY: "notified",
    Item.RESAMPLE: "linked",
    Item.SECOND: "linked",
    Item.REPORT: "reported",
}
"""What is done about a line of the checklist; a confirmation is each party's own."""


def card(task: Task, board: Board, language: str) -> html.Article:
    said = title(task, language)
    at = task.standing
    head: list[Component] = [
        mark(at.severity, text(language, "positives.in_time"), language),
        html.Button(
            [html.Span(f"#{task.number}", className="po-number"), " ", said],
            type="button",
            className="pc-title ell",
            title=f"#{task.number} {said}",
            **{"data-history": "", "aria-expanded": "false"},
        ),
    ]
    if at.timer is not None:
        head.append(left(at.timer, at.severity, language))
    parts: list[Component] = [html.Div(head, className="po-head"), _about(task, board, language)]
    if at.timer is not None:
        parts.append(_clock(task, board, language))
    parts.append(html.Ul(_lines(task, board, language), className="po-checks"))
    parts += [
        _foot(task, board, language),
        html.Div(className="po-slot"),
        html.Div(history(task, board, language), className="pc-history", hidden=True),
    ]
    return html.Article(
        parts,
        key=f"task-{task.number}",
        className=f"po-card po-card-{at.severity}",
        **{
            "data-number": str(task.number),
            "data-turns": str(task.state.turns),
            "data-kind": task.kind.value,
            "data-barcode": task.barcode,
            "data-members": str(task.members),
            "data-overdue": str(bool(at.overdue)).lower(),
            "aria-label": f"{task.number} {said}",
        },
    )


def _about(task: Task, board: Board, language: str) -> html.Div:
    """Which tube, from where, found by whom; the times of its result and of when we were told."""
    campaign, state, dot = board.campaign, task.state, text(language, "format.dot")
    persons = text(language, "positives.persons", count=count(task.persons))
    of = text(language, "positives.of_pool", size=task.pool_size)
    received = text(
        language,
        "positives.times",
        at=when(state.since, campaign, language),
        received=when(state.opened_at, campaign, language),
    )
    lines: list[Component | str] = [tube_link(task.barcode, board, language), dot, persons, of]
    lab: list[Component | str] = [dot, task.lab.label(language)] if task.lab is not None else []
    return html.Div(
        [
            html.Div(lines, className="po-about"),
            html.Div([site_name(task, board, language), *lab], className="po-about mut"),
            html.Div(received, className="po-about mut"),
        ]
    )


def tube_link(barcode: str, board: Board, language: str) -> dcc.Link:
    """The barcode, with the way to the tube's life."""
    to = href("tube", campaign=board.campaign.id, place=None, language=language, barcode=barcode)
    return dcc.Link(spaced(barcode), href=to, className="b po-barcode")


def site_name(task: Task, board: Board, language: str) -> html.Span:
    """The tube's site, with its town where the board is wider than that."""
    place, dot = task.place, text(language, "format.dot")
    if place.level is not Level.SITE:
        return html.Span(text(language, "positives.no_site"), className="warn")
    parts: list[Component | str] = []
    if task.town is not None and (board.place is None or board.place.level not in (Level.TOWN, Level.SITE)):
        parts += [short_name(task.town, language), dot]
    label = place.label(language)
    if board.place is None:
        return html.Span([*parts, label])
    return html.Span([*parts, dcc.Link(label, href=place_href(place.code, True, campaign=board.campaign.id,
                                                              language=language))])  # fmt: skip


def _clock(task: Task, board: Board, language: str) -> html.Div:
    """The main clock: a bar whose tick is the limit, and in words how long it has run and until when."""
    at = task.standing
    timer = at.timer
    assert timer is not None
    share = min(timer.share / AXIS, 1.0)
    if timer.running:
        colour = "crit" if timer.share > 1 else "warn" if timer.share >= board.campaign.limits.warn_share else "ok"
    else:
        colour = "warn" if timer.share > 1 else "ok"
    ran = "positives.age" if timer.running else "positives.took"
    limit = duration(timer.due_at - timer.since, language)
    name = text(language, f"positives.clock.{task.kind}", limit=limit)
    until = text(
        language,
        "positives.clock_stopped" if not timer.running else "positives.clock_until",
        at=when(timer.stopped_at or timer.due_at, board.campaign, language),
    )
    return html.Div(
        [
            html.Span(name, className="po-clock-name"),
            html.Span(
                [html.I(style={"width": f"{share:.1%}"}), html.U(style={"left": f"{1 / AXIS:.1%}"})],
                className=f"pc-bar po-bar pc-bar-{colour}",
                **{"aria-hidden": "true"},
            ),
            html.Span(text(language, ran, span=duration(timer.age, language)), className="po-age r nw b"),
            html.Span(until, className="po-until r nw mut"),
        ],
        className="po-clock",
    )


# -- the checklist


def _lines(task: Task, board: Board, language: str) -> list[Component]:
    lines: list[Component] = []
    for check in task.standing.checks:
        lines.append(_line(check, task, board, language))
        if check.item is Item.CONFIRM:
            lines.append(html.Li(_parties(task, board, language), className="po-parties"))
    return lines


def _line(check: Check, task: Task, board: Board, language: str) -> html.Li:
    campaign, item = board.campaign, check.item
    overdue = item in task.standing.overdue
    sign, colour, state = _sign(check, overdue)
    said: list[Component | str] = [
        html.Span(text(language, f"positives.item.{task.kind}_{item}"), className="po-item")
    ]
    amount = _amount(check, task, language)
    if amount:
        said.append(html.Span(amount, className="po-amount"))
    meta: list[Component | str] = []
    if check.late and check.at is not None and check.due_at is not None:
        meta.append(html.Span(late_by(check.due_at, check.at, language), className="warn nw"))
    if check.complete and check.at is not None:
        meta.append(html.Span(f"{when(check.at, campaign, language)} {check.by}".strip(), className="mut ell"))
    elif overdue and check.due_at is not None:
        meta.append(html.Span(late_by(check.due_at, board.now, language), className="crit b"))
    elif not check.complete and check.due_at is not None and item is not Item.TEST:
        meta.append(
            html.Span(text(language, "positives.until", at=when(check.due_at, campaign, language)), className="mut")
        )
    return html.Li(
        [
            html.Span(
                [icon(sign), html.Span(text(language, f"positives.state.{state}"), className="visually-hidden")],
                className=colour,
            ),
            html.Span(said, className="po-what"),
            html.Span(meta, className="po-meta"),
            _action(check, task, language),
        ],
        className=f"po-check po-{'done' if check.complete else 'open'}",
    )


def _sign(check: Check, overdue: bool) -> tuple[str, str, str]:
    """Icon, colour and word of a line."""
    if check.complete:
        return ("late", "warn", "late") if check.late else ("tick", "ok", "done")
    return ("crit", "crit", "overdue") if overdue else ("miss", "mut", "open")


def _amount(check: Check, task: Task, language: str) -> str:
    """How much of it is done; of tests, which results there are."""
    if check.item is Item.HOLD:
        known = task.state.members
        return text(language, "positives.persons", count=known) if known else ""
    if check.item is Item.NOTIFY:
        names = [text(language, f"positives.party.{party}") for party in PARTIES[task.kind]]
        return text(language, "format.list").join(names)
    if check.item is Item.REPORT:
        return ""
    said = f"{check.done}/{check.of}"
    if check.item is Item.TEST:
        said = text(language, "format.dot").join([said, *_results(task, False, language)])
    if check.item is Item.SECOND:
        labs = [text(language, "positives.labs", count=task.labs)] if task.labs else []
        said = text(language, "format.dot").join([said, *_results(task, True, language), *labs])
    return said


def _results(task: Task, second: bool, language: str) -> list[str]:
    """How many tubes sampled again have which result."""
    found = task.results(second)
    said = [f"{result_word(result, language)} {found[result]}" for result in Result if found[result]]
    return said + ([text(language, "positives.waiting", count=found[None])] if found[None] else [])


def _action(check: Check, task: Task, language: str) -> Component:
    """The button of a line; that of the next step is the card's one primary button."""
    step = STEP_OF.get(check.item)
    if step is None or (check.complete and step != "linked"):
        return html.Span(className="po-do")
    extra = {"data-second": "true"} if check.item is Item.SECOND else {}
    words = text(language, f"positives.do.{check.item}")
    return html.Span(
        button(words, step, check.item is task.standing.next, **extra),
        className="po-do",
        **{"data-needs": Action.HANDLE_POSITIVES},
    )


def button(words: str, step: str, primary: bool = False, **extra: str) -> html.Button:
    """A button that opens the form of a step."""
    return html.Button(
        words, type="button", className=f"btn pc-btn{' pri' if primary else ''}", **{"data-form": step, **extra}
    )


def _parties(task: Task, board: Board, language: str) -> list[Component]:
    """Each party: told when, confirmed when; who has not confirmed in time is said."""
    made: list[Component] = []
    next_one = task.standing.next is Item.CONFIRM
    for party in PARTIES[task.kind]:
        confirmed, told = task.state.confirmation(party), task.state.told(party)
        name = text(language, f"positives.party.{party}")
        parts: list[Component | str]
        if confirmed is not None:
            said = f"{when(confirmed.at, board.campaign, language)} {confirmed.by}".strip()
            parts = [html.Span(icon("tick"), className="ok"), html.B(name), html.Span(said, className="mut ell")]
        elif told is None:
            parts = [html.Span(icon("miss"), className="mut"), html.B(name),
                     html.Span(text(language, "positives.not_told"), className="mut")]  # fmt: skip
        else:
            parts = _unconfirmed(task, party, name, board, language, next_one)
            next_one = False
        made.append(html.Span(parts, className="po-party"))
    return made


def _unconfirmed(
    task: Task, party: Party, name: str, board: Board, language: str, primary: bool
) -> list[Component | str]:
    check = task.standing.check(Item.CONFIRM)
    overdue = Item.CONFIRM in task.standing.overdue
    assert check.due_at is not None
    state = late_by(check.due_at, board.now, language) if overdue else text(language, "positives.unconfirmed")
    parts: list[Component | str] = [
        html.Span(icon("crit" if overdue else "miss"), className="crit" if overdue else "mut"),
        html.B(name),
        html.Span(state, className="crit b" if overdue else "mut"),
    ]
    words = text(language, "positives.do.confirm")
    parts.append(
        html.Span(
            button(words, "confirmed", primary, **{"data-party": party.value, "aria-label": f"{words} {name}"}),
            **{"data-needs": Action.HANDLE_POSITIVES},
        )
    )
    return parts


# -- the foot, the history


def _foot(task: Task, board: Board, language: str) -> html.Div:
    """Where it came from and what it led to; closing it, which is not the laboratory's, and speaking of it."""
    said: list[Component | str] = []
    if task.origin is not None:
        said.append(html.Span(text(language, "positives.origin", number=task.origin)))
    if task.led_to:
        numbers = text(language, "format.list").join(f"#{number}" for number in task.led_to)
        said.append(html.Span(text(language, "positives.led_to", numbers=numbers), className="crit b"))
    buttons: list[Component] = [button(text(language, "positives.do.comment"), "commented")]
    if board.place is not None:
        ready = not task.standing.unfinished
        buttons.append(button(text(language, "positives.do.close"), "closed", ready))
    return html.Div(
        [
            html.Span(said, className="po-links mut"),
            html.Span(className="sp"),
            html.Span(buttons, className="pc-actions", **{"data-needs": Action.HANDLE_POSITIVES}),
        ],
        className="po-foot",
    )


def history(task: Task, board: Board, language: str) -> list[Component]:
    """Everything that happened; the tubes sampled again, each with what it says."""
    items = []
    for event in sorted(task.events, key=lambda event: event.at):
        at = when(event.at, board.campaign, language)
        told = when(event.recorded_at, board.campaign, language)
        both = at if at == told else text(language, "positives.recorded", at=at, recorded=told)
        items.append(html.Li([html.Span(both, className="faint"), html.Span(event_words(event, language))]))
    parts: list[Component] = [html.Ul(items, className="pc-events po-events")]
    if task.samples:
        parts.append(html.P(text(language, "positives.samples"), className="po-samples-title"))
        parts.append(html.Ul([_sample(sample, task, language) for sample in task.samples], className="po-samples"))
    return parts


def _sample(sample: Resample, task: Task, language: str) -> html.Li:
    if sample.result is not None:
        state = result_word(sample.result, language)
    else:
        state = text(language, "positives.no_result" if sample.known else "positives.unknown_tube")
    which = text(language, "positives.second_sample" if sample.second else "positives.first_sample")
    parts: list[Component | str] = [html.B(spaced(sample.barcode)), html.Span(f"{which} {state}", className="mut")]
    if task.open:
        label = text(language, "positives.do.unlink", barcode=sample.barcode)
        parts.append(
            html.Span(
                html.Button(icon("x"), type="button", className="btn pc-btn", title=label,
                            **{"data-unlink": sample.barcode, "aria-label": label}),
                **{"data-needs": Action.HANDLE_POSITIVES},
            )
        )  # fmt: skip
    return html.Li(parts)
