"""Scene 总体进度: how far the place is, when it will be done, who is behind."""

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.format import UNKNOWN, clock, count, hour_named, percent, period, short, spans_days, when
from components.wall.parts import bar, beyond, lab, towns
from components.wall.words import minutes, people
from domain.overview import Overview
from domain.wall import Names
from figures.wall_progress import Words, curve
from locales import text

WIDE = (528.0, 690.0)
TALL = (968.0, 492.0)
"""Pixels of the curve in each form."""

Rows = tuple[Overview, Names]


def wide(rows: Rows, language: str) -> Component:
    """Number and facts, curve, places, side by side."""
    seen, names = rows
    return html.Div(
        [
            html.Div([_hero(seen, language), html.Div(_facts(seen, language), className="facts")], className="col"),
            _curve(seen, WIDE, language),
            _towns(seen, names, language),
        ],
        className="g g-progress",
    )


def tall(rows: Rows, language: str) -> Component:
    """The same one below the other."""
    seen, names = rows
    return html.Div(
        [
            html.Div(
                [
                    html.Div(_hero(seen, language), className="col"),
                    html.Div(_facts(seen, language), className="col facts-tall"),
                ],
                className="two-up",
            ),
            _curve(seen, TALL, language),
            _towns(seen, names, language),
        ],
        className="g g-progress-tall",
    )


def _hero(rows: Overview, language: str) -> html.Div:
    reported = bool(rows.figures.reports)
    if not rows.target:
        persons = count(rows.figures.persons) if reported else UNKNOWN
        return html.Div(
            [html.Div(persons, className="hero hero-persons num"), lab(text(language, "wall.persons"))],
            className="col",
        )
    share = percent(rows.completion)[:-1] if reported and rows.completion is not None else UNKNOWN
    plan = rows.planned / rows.target if rows.planned is not None else None
    return html.Div(
        [
            html.Div([share, html.Small("%")], className="hero num"),
            html.Div(
                [
                    bar(rows.completion if reported else None, plan),
                    html.Span(
                        [text(language, "wall.planned"), " ", html.B(percent(plan))] if plan is not None else "",
                        className="lab",
                    ),
                    html.Span(
                        text(language, "wall.target", persons=people(rows.target, language)), className="lab to"
                    ),
                ],
                className="hero-bar",
            ),
        ]
    )


def _facts(rows: Overview, language: str) -> list[Component]:
    last = rows.last_hour
    finish = rows.expected_finish if not rows.stale else None
    late, expected = "", UNKNOWN
    if finish is not None:
        expected = clock(finish.p50, rows.campaign.zone)
        # A day after the deadline's the hour alone would be read as today's.
        if spans_days(rows.campaign) or rows.campaign.local(finish.p50).date() > rows.campaign.local(rows.now).date():
            expected = when(finish.p50, rows.campaign, language)
        late = _late(finish.p50 - rows.campaign.deadline, language)
    name = text(language, "wall.this_hour")
    if last is not None:
        name = text(language, "wall.hour_of", hour=period(last.end, rows.campaign, language))
    persons = count(last.figures.persons) if last is not None and last.figures.reports else UNKNOWN
    return [
        _finish(expected, late, rows, language),
        _fact(name, _value(persons, _against_plan(rows, language))),
        _fact(
            text(language, "wall.missing"),
            _value(
                count(rows.sites_expected - rows.sites_reported) if rows.sites_expected else UNKNOWN,
                text(language, "wall.missing_of", count=count(rows.sites_expected)) if rows.sites_expected else "",
            ),
        ),
    ]


def _fact(name: str, *values: html.Span) -> html.Div:
    return html.Div([html.Span(name, className="lab"), *values], className="fact")


def _value(value: str, note: str, extra: str = "") -> html.Span:
    return html.Span([value, html.Small(note)], className=f"v num {extra}".strip())


def _late(span: timedelta, language: str) -> str:
    """How far the expected finish is from the deadline."""
    minutes_ = round(span.total_seconds() / 60)
    if abs(minutes_) < 10:
        return text(language, "wall.on_time")
    return text(language, "wall.late" if minutes_ > 0 else "wall.early", span=minutes(abs(minutes_), language))


def _finish(expected: str, late: str, rows: Overview, language: str) -> html.Div:
    """The expected finish, and what takes its place as soon as the data have grown old."""
    name = text(language, "wall.finish")
    old = _value(UNKNOWN, text(language, "wall.no_forecast_stale"), "" if rows.stale else "when-old")
    return _fact(name, old) if rows.stale else _fact(name, _value(expected, late, "when-new"), old)


def _against_plan(rows: Overview, language: str) -> str:
    """The hour beside its plan; within five in a hundred it is the plan."""
    last = rows.last_hour
    if last is None or not last.plan or not last.figures.reports:
        return ""
    gap = last.figures.persons - last.plan
    if abs(gap) < 0.05 * last.plan:
        return text(language, "wall.as_planned")
    share = percent(abs(gap) / last.plan, 0)
    return text(language, "wall.above_plan" if gap > 0 else "wall.below_plan", share=share)


def _curve(rows: Overview, size: tuple[float, float], language: str) -> html.Div:
    title = text(language, "wall.curve" if rows.target else "wall.curve_persons")

    def tick(at: datetime, last: bool) -> str:
        local = rows.campaign.local(at)
        name = str(local.hour) if not local.minute else f"{local:%H:%M}"
        return hour_named(name, language) if last else name

    until = clock(rows.data_until, rows.campaign.zone)
    plan = rows.planned / rows.target if rows.planned is not None and rows.target else None
    drawn = curve(
        rows,
        *size,
        Words(
            actual=text(language, "key.actual"),
            plan=text(language, "key.plan"),
            forecast=text(language, "wall.forecast"),
            now=text(language, "wall.now", clock=clock(rows.now, rows.campaign.zone)),
            label=text(
                language, "progress.sentence", place=rows.place.label(language), until=until,
                completion=percent(rows.completion), plan=percent(plan),
            ),
            hour=tick,
            amount=lambda value: percent(value, 0) if rows.target else short(value, language),
        ),
    )  # fmt: skip
    return html.Div([lab(title), drawn], className="col")


def _towns(rows: Overview, names: Names, language: str) -> html.Div:
    if not rows.children:
        return html.Div(className="col")
    until = text(language, "wall.as_of", clock=clock(rows.data_until, rows.campaign.zone))
    head: list[Component | str] = [
        text(language, f"wall.completion_of.{rows.children[0].place.level}"), " ",
        html.Span("┃", className="tick"), text(language, "key.plan"),
        html.Span(["　", until], className="when-stale"),
        html.Span(beyond(rows, language), className="faint more"),
    ]  # fmt: skip
    return html.Div([lab(head, "heads"), towns(rows, names, language)], className="col")
