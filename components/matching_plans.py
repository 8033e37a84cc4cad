"""What could be done (建议分配), and what must happen before a plan is in force (应用): 试算 — 核对 — 应用."""

import json
from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components import panel
from components.format import clock, count, duration
from components.icons import icon
from components.matching_words import change_words, changes_of, letter, moment, need_words
from components.panel import Part
from data.matching_record import SavedPlan
from domain.assignment import Kind, Proposal, Proposals
from domain.matching import Trial
from domain.matching_picture import MINUTES_PER_KM, SITES_PER_RUN, MatchingPicture
from domain.matching_plan import Plan, State, needs, write_plan
from domain.permissions import Action
from locales import text

LISTED = 6
"""Saved plans that are listed."""


# -- what could be done


def proposing(picture: MatchingPicture, trial: Trial, proposals: Proposals | None, language: str) -> html.Section:
    """The proposals, the best first; ticked ones are part of the plan that is tried."""
    title = text(language, "matching.proposals")
    if proposals is None:
        note = html.P(text(language, "matching.proposals_ask"), className="mt-none mut t13")
        return html.Section([panel.head(title), note], className="mt-panel mt-proposals")
    if not proposals.rows:
        none = html.P([icon("ok", "ok"), text(language, "matching.proposals_none")], className="mt-none mut t13")
        return html.Section([panel.head(title), none], className="mt-panel mt-proposals")
    chosen = sum(_holds(trial.plan, row.plan) for row in proposals.rows)
    right = html.Span(
        text(language, "matching.chosen", chosen=chosen, all=len(proposals.rows)), className="t12 mut nw"
    )
    together = text(language, "matching.together", minutes=count(proposals.minutes), tubes=count(proposals.fewer))
    head = html.Tr(
        [
            html.Th(html.Span(text(language, "matching.in_plan"), className="visually-hidden")),
            html.Th(text(language, "matching.action")),
            html.Th(text(language, "matching.gain_minutes"), className="r"),
            html.Th(text(language, "matching.gain_tubes"), className="r"),
            html.Th(text(language, "matching.cost"), className="mt-cost"),
        ]
    )
    rows = [_proposal(row, picture, trial, index, language) for index, row in enumerate(proposals.rows)]
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="tb mt-table")
    return html.Section(
        [
            panel.head(title, text(language, "matching.proposals_note"), [right]),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
            html.Div(together, className="mt-foot t12 mut"),
        ],
        className="mt-panel mt-proposals",
    )


def _holds(plan: Plan, part: Plan) -> bool:
    """Whether a plan has every change of another in it."""
    return all(change in changes_of(plan) for change in changes_of(part))


def _proposal(row: Proposal, picture: MatchingPicture, trial: Trial, index: int, language: str) -> html.Tr:
    (change,) = changes_of(row.plan)
    title, note = change_words(change, picture, language)
    if row.tubes_per_hour:
        note = text(language, "format.dot").join(
            [note, text(language, "matching.per_hour", tubes=count(row.tubes_per_hour))]
        )
    held = _holds(trial.plan, row.plan)
    box = html.Button(
        icon("lock") if row.locked and not held else icon("tick"),
        type="button",
        role="checkbox",
        className="mt-box",
        **{"aria-checked": str(held).lower(), "aria-label": title, "data-merge": json.dumps(write_plan(row.plan)),
           "data-c": f"proposal-{index}"},
    )  # fmt: skip
    minutes = text(language, "matching.minutes", minutes=count(row.minutes))
    return html.Tr(
        [
            html.Td(box),
            html.Td([html.B(title, className="faint" if row.locked else None), html.Br(),
                     html.Span(note, className="faint")]),
            html.Td(html.B(minutes), className="r" if row.minutes else "r faint"),
            html.Td(html.B(count(row.fewer)), className="r" if row.fewer else "r faint"),
            html.Td(_cost(row, picture, language), className="mt-cost mut"),
        ],
        className="on" if held else None,
    )  # fmt: skip


def _cost(row: Proposal, picture: MatchingPicture, language: str) -> str:
    if row.kind is Kind.MOVE:
        parts = [text(language, "matching.cost_accounts", accounts=row.accounts)]
        if row.kilometres is not None:
            span = duration(timedelta(minutes=abs(row.kilometres) * MINUTES_PER_KM), language)
            key = "matching.move.further" if row.kilometres >= 0 else "matching.move.nearer"
            parts.append(text(language, key, km=f"{abs(row.kilometres):.1f}", span=span))
        return text(language, "format.dot").join(parts)
    if row.kind is Kind.RUNS:
        (runs,) = row.plan.runs
        town = picture.town(runs.town)
        more = runs.per_hour - (town.runs if town else 0.0)
        return text(language, "matching.cost_runs", runs=f"{more:g}", sites=SITES_PER_RUN)
    if row.kind is Kind.OVERTIME:
        return text(language, "matching.cost_overtime")
    return text(language, "matching.cost_pool")


# -- saved, confirmed, applied


def applying(
    picture: MatchingPicture,
    trial: Trial,
    plans: Sequence[SavedPlan],
    opened: SavedPlan | None,
    language: str,
) -> html.Section:
    """The right column. A plan that is not saved says what would happen; a saved one what is still missing."""
    parts: list[Component] = [_steps(opened, language)]
    if opened is None and not trial.plan:
        parts.append(html.P(text(language, "matching.apply_empty"), className="mut t12"))
    else:
        parts += _consequences(picture, opened.plan if opened else trial.plan, opened, language)
    if opened is not None:
        parts += _confirmations(picture, opened, language)
    elif trial.plan:
        parts.append(html.P(text(language, "matching.save_first"), className="mut t12"))
    parts.append(_listed(plans, opened, picture, language))
    foot = _buttons(picture, opened, language) if opened is not None else []
    title = text(language, "matching.apply")
    return html.Section(
        [
            panel.head(title, text(language, "matching.apply_note")),
            html.Div(parts, className="mt-scroll-y mt-apply", tabIndex="0", role="group", **{"aria-label": title}),
            *foot,
        ],
        className="mt-panel mt-applying",
        **(
            {"data-plan-number": str(opened.number), "data-author": str(opened.standing.author or ""),
             "data-turns": str(opened.standing.turns)}
            if opened
            else {}
        ),
    )  # fmt: skip


def _steps(opened: SavedPlan | None, language: str) -> html.Ol:
    at = 1 if opened is None else 3 if opened.standing.state in (State.REVIEWED, State.APPLIED) else 2
    parts = []
    for number, name in enumerate(("try", "check", "apply"), 1):
        done = number < at or (opened is not None and opened.standing.state is State.APPLIED)
        mark: Part = icon("tick") if done else str(number)
        now = number == at
        parts.append(
            html.Li(
                [html.I(mark), text(language, f"matching.step.{name}")],
                className="on" if now else "",
                **({"aria-current": "step"} if now else {}),
            )
        )
    return html.Ol(parts, className="mt-steps")


def _consequences(picture: MatchingPicture, plan: Plan, opened: SavedPlan | None, language: str) -> list[Component]:
    """What changes, from when on, who is told, what stays."""
    assert plan.first is not None
    at = moment(plan.first, picture, language)
    lines: list[Component] = []
    for change in changes_of(plan):
        title, note = change_words(change, picture, language)
        lines.append(html.Li([html.B(title), " ", html.Span(note, className="mut")]))
    if plan.moves:
        lines.append(html.Li(text(language, "matching.stays"), className="mut"))
    told = [need_words_of(code, picture, language) for code in (*plan.towns, *plan.labs)]
    if told:
        said = text(language, "format.list").join(dict.fromkeys(told))
        lines.append(html.Li([html.Span(text(language, "matching.told"), className="mut"), " ", said]))
    title = text(language, "matching.will_happen", at=at)
    if opened is not None:
        title = text(language, "matching.plan_will", name=letter(opened.number), at=at)
    found: list[Component] = [html.Div([html.B(title, className="t13"), html.Ul(lines)], className="mt-part")]
    sites = [
        site.label(language)
        for move in plan.moves
        if move.sites and (town := picture.town(move.town))
        for site in town.sites
        if site.code in move.sites
    ]
    if sites:
        heading = html.B(text(language, "matching.sites", sites=len(sites)), className="t13")
        found.append(
            html.Div([heading, html.Div(text(language, "format.list").join(sites), className="mut")],
                     className="mt-part")
        )  # fmt: skip
    return found


def need_words_of(code: str, picture: MatchingPicture, language: str) -> str:
    """A town or laboratory by its name."""
    town, lab = picture.town(code), picture.lab(code)
    return town.place.label(language) if town else lab.lab.label(language) if lab else code


def _confirmations(picture: MatchingPicture, opened: SavedPlan, language: str) -> list[Component]:
    """What must be confirmed first: each with who said it and when, or a form to say so."""
    standing = opened.standing
    open_ = standing.state in (State.OPEN, State.REVIEWED)
    items: list[Component] = []
    for need, subject in needs(opened.plan):
        said = need_words(need, subject, picture, language)
        event = standing.confirmed.get((need, subject))
        about = {"data-need": need.value, "data-subject": subject}
        if event is not None:
            by = text(
                language, "matching.confirmed_by", note=event.note, by=event.by,
                at=clock(event.at, picture.campaign.zone),
            )  # fmt: skip
            back = html.Button(
                text(language, "matching.take_back"), type="button", className="link t12",
                **{"data-step": "taken_back", "data-needs": Action.PLAN_CAPACITY, **about},
            )  # fmt: skip
            items.append(
                html.Li(
                    [html.Span(icon("tick"), className="mt-box on"),
                     html.Div([said, html.Br(), html.Span(by, className="faint"), *([" ", back] if open_ else [])])],
                    key=f"{need}{subject}",
                )
            )  # fmt: skip
            continue
        form = html.Div(
            [
                html.Label(
                    [text(language, "matching.who_said"), html.Textarea(rows=2, maxLength=500, className="mt-note")]
                ),
                html.Button(text(language, "matching.confirm"), type="button", className="btn pri",
                            **{"data-step": "confirmed", **about}),
            ],
            className="mt-form",
            **{"data-needs": Action.PLAN_CAPACITY},
        )  # fmt: skip
        body: list[Component] = [html.Summary(said), form] if open_ else [html.Summary(said)]
        items.append(
            html.Li([html.Span(className="mt-box"), html.Details(body)], key=f"{need}{subject}", className="mt-open")
        )
    second = [text(language, "matching.second_person")]
    reviewed = standing.reviewed
    if reviewed is not None:
        second = [text(language, "matching.reviewed_by", by=reviewed.by,
                       at=clock(reviewed.at, picture.campaign.zone))]  # fmt: skip
    items.append(
        html.Li([html.Span(icon("tick") if reviewed else None, className="mt-box on" if reviewed else "mt-box"),
                 html.Span(second)], key="second")
    )  # fmt: skip
    return [
        html.Div(
            [html.B(text(language, "matching.must_confirm"), className="t13"), html.Ul(items, className="mt-needs")],
            className="mt-part",
        )
    ]


def _buttons(picture: MatchingPicture, opened: SavedPlan, language: str) -> list[Component]:
    standing = opened.standing
    first = moment(opened.plan.first, picture, language)
    answer = html.P("", className="mt-answer t12", role="status", **{"data-answer": ""})
    box: Component
    buttons: list[Component] = []
    withdraw = html.Button(
        text(language, "matching.withdraw"), type="button", className="btn",
        **{"data-step": "withdrawn", "data-needs": Action.PLAN_CAPACITY},
    )  # fmt: skip
    if standing.state is State.APPLIED and standing.applied is not None:
        at = clock(standing.applied.at, picture.campaign.zone)
        said = text(language, "matching.applied_by", by=standing.applied.by, at=at)
        box = html.Div([icon("ok"), html.Span(said)], className="mt-msg")
        if opened.plan.first is not None and picture.now < opened.plan.first:
            buttons = [withdraw]
    elif standing.state is State.WITHDRAWN and standing.withdrawn is not None:
        at = clock(standing.withdrawn.at, picture.campaign.zone)
        box = html.Div(text(language, "matching.withdrawn_by", by=standing.withdrawn.by, at=at), className="mt-msg")
    else:
        late = opened.plan.first is not None and picture.now >= opened.plan.first
        box = html.Div(
            text(language, "matching.too_late" if late else "matching.undo_until", at=first), className="mt-msg"
        )
        lacks, other = standing.lacks, text(language, "matching.not_author")
        missing = text(language, "matching.lacks", count=lacks) if lacks else text(language, "matching.apply_now")
        review = html.Button(
            text(language, "matching.review"), type="button", className="btn", title=other,
            disabled=bool(standing.missing) or standing.reviewed is not None or late,
            **{"data-step": "reviewed", "data-second": ""},
        )  # fmt: skip
        ask = html.Button(text(language, "matching.ask_second"), type="button", className="btn",
                          **{"data-copy": "", "data-own": ""})  # fmt: skip
        apply = html.Button(
            missing, type="button", className="btn pri", disabled=lacks > 0 or late, title=other,
            **{"data-step": "applied", "data-second": ""},
        )  # fmt: skip
        buttons = [ask, review, apply, withdraw]
    return [html.Div([box, answer, html.Div(buttons, className="mt-buttons")], className="mt-end")]


def _listed(
    plans: Sequence[SavedPlan], opened: SavedPlan | None, picture: MatchingPicture, language: str
) -> Component:
    """The saved plans of the place, the newest first; a click opens one."""
    if not plans:
        return html.Div()
    lines = []
    for saved in plans[:LISTED]:
        state = text(language, f"matching.state.{saved.standing.state}")
        gain = text(
            language, "matching.saved_gain", minutes=count(saved.gains.get("minutes")),
            tubes=count(saved.gains.get("fewer")),
        )  # fmt: skip
        at = clock(saved.saved_at, picture.campaign.zone)
        lines.append(
            html.Li(
                [
                    html.Button(
                        text(language, "matching.plan_named", name=letter(saved.number)),
                        type="button",
                        className="link b",
                        **{"data-open": str(saved.number), "data-plan": json.dumps(write_plan(saved.plan)),
                           "aria-pressed": str(opened is not None and opened.number == saved.number).lower()},
                    ),
                    html.Span(f"{at} {saved.by}", className="mut ell"),
                    html.Span(gain, className="faint"),
                    html.Span(state, className="r nw"),
                ],
                key=str(saved.number),
            )
        )  # fmt: skip
    heading = html.B(text(language, "matching.saved"), className="t13")
    return html.Div([heading, html.Ul(lines, className="mt-saved")], className="mt-part")
