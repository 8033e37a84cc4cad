"""One planned site: what was applied for, the checklist against the standards, its steps, what may be done next."""

from itertools import groupby

from dash import dcc, html
from dash.development.base_component import Component

from components.format import UNKNOWN, count
from components.icons import icon
from components.kinds import kind_name
from components.links import href
from components.panel import Part
from components.planning_words import done_words, item_word, need_words, stamp, state_chip, step_word
from domain.planning import NEEDS, Event, Step
from domain.planning_list import Planned, PlannedWhole
from domain.planning_needs import Group, Item
from locales import text

FORWARD = (Step.INSPECTED, Step.APPROVED, Step.PUBLISHED, Step.OPENED)
"""Steps towards the opening; the others end something or go beside the rule."""


def planned_detail(whole: PlannedWhole, language: str) -> Component:
    """Everything on record of it."""
    site = whole.planned
    name = site.label(language)
    return html.Div(
        html.Section(
            [
                html.Div(
                    [
                        html.H2(name),
                        state_chip(site.state, language),
                        html.Span(text(language, "planning.numbered", number=site.number), className="faint t12"),
                    ],
                    className="plan-head",
                ),
                *_beside(site, language),
                _buttons(whole, language),
                _facts(site, language),
                _checklist(site, language),
                _steps(whole, language),
            ],
            id=f"plan-{site.number}",
            key=str(site.number),
            className="plan-detail",
            tabIndex="0",
            **{"aria-label": name, "data-plan": str(site.number)},
        ),
        className="fill plan-details",
    )


def _beside(site: Planned, language: str) -> list[Component]:
    """What went beside the rule, with who, when and why."""
    said = []
    if site.released is not None:
        done = done_words(site.released, site.campaign)
        said.append(text(language, "planning.released_by", done=done, why=site.why))
    if site.approved_over and site.approved is not None:
        done = done_words(site.approved, site.campaign)
        said.append(text(language, "planning.approved_over_by", done=done, count=site.approved_over))
    return [html.P([icon("warn"), html.Span(words)], className="plan-beside warn") for words in said]


def _buttons(whole: PlannedWhole, language: str) -> html.Div:
    """The steps that may follow; who may not do one does not see its button."""
    buttons = [
        html.Button(
            text(language, f"planning.do.{step}"),
            type="button",
            className="btn pri" if step in FORWARD else "btn",
            **{"data-plan-form": step.value, "data-needs": NEEDS[step].value},
        )
        for step in sorted(whole.next, key=lambda step: step not in FORWARD)
        if step is not Step.APPLIED
    ]
    if Step.APPLIED in whole.next:
        again = text(language, "planning.do.again")
        buttons.append(
            html.Button(
                again,
                type="button",
                className="btn pri",
                **{"data-plan-form": "applied", "data-needs": NEEDS[Step.APPLIED].value},
            )
        )
    return html.Div(buttons, className="plan-buttons")


def _facts(site: Planned, language: str) -> html.Dl:
    wish = site.wish
    where = f"{wish.lon:.5f}, {wish.lat:.5f}" if wish.lon is not None and wish.lat is not None else UNKNOWN
    code: Part = site.code
    if site.given:
        address = href("site", campaign=site.campaign.id, place=site.code, language=language)
        code = html.Span([dcc.Link(site.code, href=address), " ", text(language, "planning.given")])
    facts: list[tuple[str, Part]] = [
        ("town", site.town.label(language)),
        ("code", code),
        ("kind", kind_name(wish.kind, language)),
        ("source", text(language, f"planning.source.{wish.source}")),
        ("place", where),
        ("lanes", count(site.lanes)),
        ("capacity", count(site.capacity)),
        ("green_channels", count(site.green_channels)),
    ]
    lines: list[Component] = []
    for name, value in facts:
        lines.append(html.Div([html.Dt(text(language, f"planning.column.{name}")), html.Dd(value)]))
    return html.Dl(lines, className="plan-facts")


def _checklist(site: Planned, language: str) -> html.Div:
    title = text(language, "planning.checklist")
    if site.inspection is None:
        note = text(language, "planning.not_inspected")
    else:
        note = text(language, "planning.inspected_by", done=done_words(site.inspected, site.campaign))
    groups = [
        html.Div(
            [
                html.H4([text(language, f"planning.group.{group}"), " ", html.Small(_source(group, language))]),
                html.Ul(
                    [_item(item, site, language) for item in items],
                    className=f"plan-items plan-items-{group}",
                ),
            ]
        )
        for group, items in groupby(site.items, key=lambda item: item.group)
    ]
    return html.Div(
        [html.H3([title, " ", html.Small(note, className="faint")]), *groups], className="plan-card plan-checklist"
    )


def _source(group: Group, language: str) -> str:
    return text(language, f"planning.group_source.{group}")


def _item(item: Item, site: Planned, language: str) -> html.Li:
    """An item with its mark: there, missing, or there with a remark; before the inspection none."""
    word = item_word(item.key, language)
    if site.inspection is None:
        need = [] if item.group in (Group.ZONE, Group.PASSAGE) else [html.Span(count(item.need), className="plan-n")]
        return html.Li([icon("none", "faint"), html.Span(word), *need])
    mark = "crit" if item.missing else "warn" if item.noted else "ok"
    said = text(language, f"planning.mark.{mark}")
    return html.Li(
        [
            icon(mark, mark),
            html.Span(said, className="visually-hidden"),
            html.Span(word, className="crit b" if item.missing else ""),
            html.Span(need_words(item, language), className="plan-n"),
        ]
    )


def _steps(whole: PlannedWhole, language: str) -> html.Div:
    lines = [_step(event, whole, language) for event in reversed(whole.events)]
    title = text(language, "planning.steps")
    note = text(language, "planning.steps_note")
    return html.Div(
        [html.H3([title, " ", html.Small(note, className="faint")]), html.Ol(lines, className="plan-steps")],
        className="plan-card",
    )


def _step(event: Event, whole: PlannedWhole, language: str) -> html.Li:
    """A step: what, who, when, and when it was written down where that was another minute."""
    campaign = whole.planned.campaign
    done, written = stamp(event.at, campaign), stamp(event.recorded_at, campaign)
    parts: list[Part] = [
        html.Span(
            [html.B(step_word(event.step, language)), " ", event.by, " ", html.Time(done, className="nw")],
            className="plan-step",
        )
    ]
    if written != done:
        parts.append(html.Span(text(language, "planning.recorded", at=written), className="t12 faint"))
    if event.note:
        parts.append(html.Div(event.note, className="plan-note"))
    if event.missing:
        joint = text(language, "planning.join")
        names = joint.join(item_word(key, language) for key in event.missing)
        parts.append(
            html.Div([icon("warn"), text(language, "planning.went_over", items=names)], className="warn t12")
        )
    return html.Li(parts)
