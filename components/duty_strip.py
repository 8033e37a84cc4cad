"""The zero-sum strip of the selected hour: what was expected is what came, in every way, and what did not."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.format import clock, count, period, when
from components.icons import icon
from components.names import short_name
from domain.board import Board, Mention
from domain.duty import EXPECTED, State
from domain.places import Level
from locales import text

NAMED = 2
"""Sites a cell names; the list at the right has all of them."""

ICONS = {
    State.ON_TIME: "tick", State.LATE: "late", State.ZERO: "zero", State.RETURNED: "ret", State.MISSING: "miss",
    State.CLOSED: "closed", State.NOT_DUE: "pend",
}  # fmt: skip
COLOURS = {State.ON_TIME: "ok", State.LATE: "warn", State.ZERO: "ok", State.MISSING: "miss"}


def duty_strip(board: Board, language: str) -> Component:
    """Expected = on time + late + zero + returned + missing, and the check computed from the parts shown."""
    title = text(language, "board.strip")
    hour = board.hour
    if hour is None:
        return html.Div([panel.head(title), states.message("late", "", text(language, "kpi.none_due"))])
    counts, campaign = board.counts, board.present.campaign
    name = period(hour.end, campaign, language)
    due = clock(hour.end + campaign.due, campaign.zone)
    note = text(language, "board.expected_note", hour=name, sites=count(board.sites), closed=count(counts.closed))
    cells = [_cell("", text(language, "board.expected"), count(counts.expected), note, key="expected")]
    for sign, state in zip("=++++", EXPECTED, strict=True):
        said = text(language, "board.before", due=due) if state is State.ON_TIME else _names(board, state, language)
        number = counts.number(state)
        cells.append(
            _cell(sign, _state(state, language), count(number), said, loud=bool(number), key=state.value, mark=state)
        )
    outside = f"{count(counts.closed)} / {count(counts.not_due)}"
    cells.append(
        _cell("", text(language, "board.outside"), outside, text(language, "board.not_expected"), mark=State.CLOSED,
              key="outside")
    )  # fmt: skip
    cells.append(_check(board, language))
    return html.Div(cells, className="eq", **{"data-hour": campaign.local(hour.start).isoformat()})


def _cell(
    sign: str, label: str, number: str, note: str, *, key: str, mark: State | None = None, loud: bool = False
) -> html.Div:
    head = [icon(ICONS[mark], COLOURS.get(mark, "mut")), label] if mark else [label]
    colour = COLOURS.get(mark, "") if mark and loud and mark is not State.ON_TIME else ""
    parts: list[Component] = [
        html.Div(head, className="l"),
        html.Div(
            [
                html.Span(number, className="v", **{"data-key": f"duty-{key}", "data-value": number}),
                html.Span(note, className=f"n {colour}".strip(), title=note),
            ],
            className="figure",
        ),
    ]
    if sign:
        parts.insert(0, html.Span(sign, className="op", **{"aria-hidden": "true"}))
    return html.Div(parts, className="eq-cell")


def _state(state: State, language: str) -> str:
    return text(language, f"board.strip_state.{state}")


def _names(board: Board, state: State, language: str) -> str:
    """The first sites in a state; of a single one that has reported, when. Of a city the districts with most."""
    named: Sequence[Mention] = board.mentions.get(state, ())
    if named and named[0].place.level is not Level.SITE:
        return _districts(named, language)
    names = text(language, "format.dot").join(one.place.label(language) for one in named[:NAMED])
    if len(named) == 1 and named[0].at is not None:
        return f"{names} {when(named[0].at, board.present.campaign, language)}"
    return names if len(named) <= NAMED else text(language, "board.and_more", names=names, count=count(len(named)))


def _districts(named: Sequence[Mention], language: str) -> str:
    said = [f"{short_name(one.place, language)} {count(one.sites)}" for one in named[:NAMED]]
    names = text(language, "format.dot").join(said)
    if len(named) <= NAMED:
        return names
    return text(language, "board.and_districts", names=names, count=count(len(named)))


def _check(board: Board, language: str) -> html.Div:
    """Both sums: the seven states make the number of sites, and what was expected is what the openings say."""
    counts = board.counts
    total = sum(counts.number(state) for state in State)
    differs = (board.sites - total) or (board.expected - counts.expected - counts.not_due)
    colour = "crit" if differs else "ok"
    note = text(language, "board.differs", by=count(differs)) if differs else text(language, "board.adds_up")
    return html.Div(
        [
            html.Div([icon(colour, colour), text(language, "board.check")], className="l"),
            html.Div(
                [
                    html.Span(count(total), className="v", **{"data-key": "duty-check", "data-value": count(total)}),
                    html.Span(note, className=f"n {colour}" if differs else "n", title=note),
                ],
                className="figure",
            ),
        ],
        className=f"eq-cell eq-check {'eq-differs' if differs else ''}".strip(),
    )
