"""One information problem as a card: what it is, whose it is, until when, what can be done next, what happened."""

from dash import dcc, html
from dash.development.base_component import Component

from components.format import duration, when
from components.icons import icon, mark
from components.links import place_href
from components.names import short_name
from components.problem_words import left, mode_words, title
from data.queries.problems import Desk
from domain.campaign import Campaign
from domain.permissions import Action
from domain.places import Level
from domain.problem_board import Problem
from domain.problems import Effect, Event, Status, Step, escalates_at
from locales import text

NEEDS = {
    Level.SITE: Action.OPEN_PROBLEMS,
    Level.TOWN: Action.HANDLE_PROBLEMS,
    Level.DISTRICT: Action.PASS_TO_VENDOR,
}
"""What a reader has to be allowed so that a level's buttons are offered to him."""

AXIS = 1.4
"""The bars of age end at 140 % of the limit."""


def card(problem: Problem, rows: Desk, language: str) -> html.Article:
    campaign = rows.overview.campaign
    at, state = problem.standing, problem.state
    said = title(problem, language)
    lines: list[Component] = [
        html.Div(
            [
                mark(at.severity, text(language, "problems.in_time"), language),
                html.Button(said, type="button", className="pc-title ell", title=said,
                            **{"data-history": "", "aria-expanded": "false"}),
                left(problem, language),
            ],
            className="pc-head",
        ),
        html.Div(
            [
                where(problem, rows, language),
                html.Span(className="sp"),
                _age_bar(problem),
                html.Span(
                    text(language, "problems.age", span=duration(at.age, language)), className="faint r pc-age nw"
                ),
            ],
            className="pc-line",
        ),
        html.Div(
            [
                _who(problem, campaign, language),
                html.Span(className="sp"),
                html.Span(_actions(problem, language), className="pc-actions", **{"data-needs": NEEDS[at.level]}),
            ],
            className="pc-line",
        ),
    ]  # fmt: skip
    if state.vendor:
        lines.append(html.Div(_vendor(problem, campaign, language), className="pc-line mut"))
    lines += [
        html.Div(className="pc-slot"),
        html.Div(_history(problem, campaign, language), className="pc-history", hidden=True),
    ]
    return html.Article(
        lines,
        key=f"problem-{problem.number}",
        className=f"pcard pcard-{at.severity}",
        **{
            "data-number": str(problem.number),
            "data-turns": str(state.turns),
            "data-kind": problem.kind.value,
            "data-owner": str(state.owner_id or ""),
            "data-overdue": str(at.overdue).lower(),
            "aria-label": f"{problem.number} {said}",
        },
    )


def _age_bar(problem: Problem) -> html.Span:
    severity = problem.standing.severity
    width = min(problem.standing.share / AXIS, 1.0)
    return html.Span(
        [html.I(style={"width": f"{width:.1%}"}), html.U(style={"left": f"{1 / AXIS:.1%}"})],
        className=f"pc-bar pc-bar-{severity}",
        **{"aria-hidden": "true"},
    )


def where(problem: Problem, rows: Desk, language: str) -> html.Span:
    """Its number, what it does to sampling, the place, with its town where the board is wider than that."""
    place, dot = problem.place, text(language, "format.dot")
    effect = text(language, f"problems.effect.{problem.effect}")
    town = ""
    if problem.town is not None and problem.town.code not in (place.code, rows.overview.place.code):
        town = short_name(problem.town, language) + dot
    name: Component | str = problem.lab
    if not problem.lab:
        address = place_href(
            place.code, place.level is Level.SITE, campaign=rows.overview.campaign.id, language=language
        )
        name = dcc.Link(place.label(language), href=address)
    stopped = problem.effect is Effect.STOPPED
    said = f"#{problem.number} {effect}{dot}{town}{problem.lab or place.label(language)}"
    return html.Span(
        [f"#{problem.number} ", html.Span(effect, className="b crit" if stopped else ""), dot, town, name],
        className="mut ell pc-where",
        title=said,
    )


def _who(problem: Problem, campaign: Campaign, language: str) -> html.Span:
    """Who has it, and who handed it up when."""
    state, at = problem.state, problem.standing
    accepted = state.accepted_at is not None
    if accepted:
        owner = state.owner or text(language, f"problems.holder.{at.level}")
    elif at.escalated_at is None and (escalation := escalates_at(state, campaign.limits)) is not None:
        owner = text(language, "problems.unaccepted_until", until=when(escalation, campaign, language))
    else:
        owner = text(language, "problems.unaccepted")
    said = [(owner, "")]
    if at.escalated_at is not None:
        moment = when(at.escalated_at, campaign, language)
        said.append(("↑ " + text(language, "problems.escalated", at=moment), "warn"))
    elif state.passed_at is not None:
        moment = when(state.passed_at, campaign, language)
        by = state.passed_by or text(language, "problems.the_rule")
        said.append(("↑ " + text(language, "problems.passed", by=by, at=moment), "faint"))
    if state.reopened:
        said.append((text(language, "problems.reopened", count=state.reopened), "warn"))
    parts: list[Component | str] = [icon("user" if accepted else "miss")]
    for words, colour in said:
        parts += [" ", html.Span(words, className=colour)]
    return html.Span(parts, className="mut ell pc-who", title=" ".join(words for words, _ in said))


def _vendor(problem: Problem, campaign: Campaign, language: str) -> list[Component]:
    """Which vendor has it under which ticket, and when the vendor was last urged."""
    state = problem.state
    ticket = text(language, "problems.no_ticket")
    if state.ticket:
        ticket = text(language, "problems.ticket", ticket=state.ticket)
    said = f"{state.vendor}{text(language, 'format.dot')}{ticket}"
    parts: list[Component] = [icon("link"), html.Span(said, className="ell", title=said)]
    if state.urged_at is not None:
        urged = text(language, "problems.urged", at=when(state.urged_at, campaign, language))
        parts.append(html.Span(urged, className="faint nw"))
    return parts


def _actions(problem: Problem, language: str) -> list[Component]:
    """What can be done next. The way up is the primary one, and only when overdue."""
    level, state = problem.standing.level, problem.state
    overdue = problem.standing.overdue
    buttons: list[Component] = []
    if level is not Level.SITE and (state.accepted_at is None or problem.standing.escalated_at is not None):
        buttons.append(step_button("accepted", language, "data-step"))
    if level is Level.DISTRICT:
        if state.status is Status.WITH_VENDOR:
            buttons += [
                step_button("vendor_replied", language, "data-form"),
                step_button("urged", language, "data-step", overdue),
            ]
        else:
            buttons.append(step_button("to_vendor", language, "data-form", overdue))
    else:
        up = "passed_town" if level is Level.SITE else "passed_district"
        buttons.append(step_button("passed_up", language, "data-form", overdue, up))
    buttons.append(step_button("solved", language, "data-form"))
    return buttons


def step_button(step: str, language: str, how: str, primary: bool = False, words: str = "") -> html.Button:
    said = text(language, f"problems.do.{words or step}")
    return html.Button(said, type="button", className=f"btn pc-btn{' pri' if primary else ''}", **{how: step})


def _history(problem: Problem, campaign: Campaign, language: str) -> list[Component]:
    """Everything that happened, the rule's part in it too, and a word to add."""
    lines = [(event.at, _event(event, problem, language)) for event in problem.events]
    lines += [(at, text(language, "problems.event.escalated")) for at in problem.escalated]
    items = [
        html.Li([html.Span(when(at, campaign, language), className="faint"), html.Span(said)])
        for at, said in sorted(lines, key=lambda line: line[0])
    ]
    facts = text(
        language,
        "problems.facts",
        began=when(problem.began_at, campaign, language),
        mode=mode_words(problem, language),
    )
    if problem.latency_ms is not None:
        facts += text(language, "format.dot") + text(
            language, "problems.latency", seconds=f"{problem.latency_ms / 1000:.1f}"
        )
    comment = html.Span(step_button("commented", language, "data-form"), **{"data-needs": Action.OPEN_PROBLEMS})
    return [html.P(facts, className="faint"), html.Ul(items, className="pc-events"), comment]


def _event(event: Event, problem: Problem, language: str) -> str:
    """One line of the history: who did what, in whose words."""
    level = text(language, f"level.{event.level}")
    by = event.by or level
    if event.step is Step.OPENED:
        to = text(language, f"level.{event.to or event.level}")
        parts = [text(language, "problems.event.opened", by=by, to=to)]
    else:
        parts = [text(language, f"problems.event.{event.step}", by=by)]
    if event.vendor:
        parts.append(f"{event.vendor} {event.ticket}".strip())
    if event.remedy is not None:
        parts.append(text(language, f"problems.remedy.{event.remedy}"))
    if event.note and event.step is not Step.OPENED:
        parts.append(event.note)
    return text(language, "format.dot").join(parts)
