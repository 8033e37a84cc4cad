"""Who is behind: the children of a place ranked, each with its completion and its last hours of reporting."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import UNKNOWN, clock, count, hour, hour_named, percent, period, period_day, spans_days
from components.gap import gap_persons
from components.icons import icon
from components.links import place_href
from components.names import short_name
from components.panel import bar, value
from domain.duty import Tally
from domain.overview import Child, Overview, PlaceRef
from domain.passport import Figure
from domain.places import Level
from locales import text

MANY = 9
"""Rows that fit; with more the panel scrolls inside, its head stays."""


def ranked(rows: Overview) -> list[Child]:
    """Children, furthest behind plan first; without a plan, most reports missing first, then most persons."""
    return sorted(
        rows.children,
        key=lambda c: (
            c.gap_pp is None,
            c.gap_pp if c.gap_pp is not None else 0.0,
            -c.missing,
            -c.figures.persons,
            c.place.code,
        ),
    )


def matrix(rows: Overview, language: str) -> Component:
    """One row per child: bar, share, gap in persons, expected finish where known, and the reporting strip."""
    children = ranked(rows)
    level = children[0].place.level if children else Level.SITE
    title = text(language, f"matrix.title.{level}")
    if not children:
        empty = states.message("pin", "", text(language, "matrix.empty"))
        return html.Div([panel.head(title), empty], className="fill")
    planned = any(child.target for child in children)
    finish = any(child.expected_finish for child in children)
    layout = " ".join(
        [
            "tm-sites" if level is Level.SITE else "",
            "tm-plan" if planned else "tm-persons",
            "tm-finish" if finish else "",
        ]
    ).strip()
    most = max([1, *(child.figures.persons for child in children)])
    body = [_row(child, rows, most, planned, finish, language) for child in children]
    many = " tm-many" if len(children) > MANY else ""
    return html.Div(
        [
            panel.head(title, _days(rows, language), [_key(language)]),
            html.Div(
                [_head(rows, level, planned, finish, language), html.Div(body, role="rowgroup", className="tm-body")],
                className=f"tms {layout}{many}",
                role="table",
                tabIndex="0" if many else None,
                style={"--periods": str(max(1, len(rows.strip_periods)))},
                **{"aria-label": title},
            ),
        ],
        className="fill",
    )


def _days(rows: Overview, language: str) -> str:
    """The day the strip's hours belong to, where the campaign has several."""
    if not rows.strip_periods or not spans_days(rows.campaign):
        return ""
    names = {period_day(rows.campaign.end_of(k), rows.campaign, language): None for k in rows.strip_periods}
    return " – ".join([next(iter(names)), *list(names)[-1:]][: min(2, len(names))])


def _key(language: str) -> html.Span:
    entries = (
        ("tick", "ok", "verified"),
        ("cell", "ok", "on_time"),
        ("late", "warn", "late"),
        ("hatch", "mut", "missing"),
    )
    return html.Span(
        [
            html.Span(
                [
                    icon(mark, colour)
                    if mark in ("tick", "late")
                    else html.I(className=f"kmark kmark-{mark}", **{"aria-hidden": "true"}),
                    text(language, f"matrix.key.{word}"),
                ],
                className=colour,
            )
            for mark, colour, word in entries
        ],
        className="key",
    )


def _head(rows: Overview, level: Level, planned: bool, finish: bool, language: str) -> html.Div:
    def column(written: Component | str, extra: str = "") -> html.Span:
        return html.Span(written, role="columnheader", className=extra)

    share = rows.planned / rows.target if rows.planned is not None and rows.target else None
    plan = percent(share, 0) if share is not None else ""
    cells = [column(text(language, f"level.{level}"))]
    if planned:
        cells += [
            column(
                [
                    text(language, "matrix.completion"),
                    html.Span(
                        [html.I(className="kmark kmark-tick"), text(language, "matrix.plan", plan=plan)],
                        className="tickkey",
                    ),
                ]
            ),
            column("%", "r share"),
            column(text(language, "matrix.gap"), "r"),
        ]
    else:
        cells.append(column(text(language, "kpi.persons"), "two"))
    if finish:
        cells.append(column(text(language, "matrix.finish"), "r finish"))
    periods = rows.strip_periods
    hours = [
        html.Span(
            dcc.Link(
                hour_named(name, language) if k == periods[-1] else name,
                href=_at(rows, rows.place, k, language),
                className="on" if rows.hour == rows.campaign.start_of(k) else None,
            ),
            role="columnheader",
            title=period(rows.campaign.end_of(k), rows.campaign, language),
        )
        for k in periods
        for name in [hour(rows.campaign.end_of(k), rows.campaign)]
    ]
    return html.Div(
        [*cells, html.Div(hours, className="hs", role="presentation")], className="tm tm-head", role="row"
    )


def _row(child: Child, rows: Overview, most: int, planned: bool, finish: bool, language: str) -> html.Div:
    name = short_name(child.place, language)
    code = child.place.code
    site = child.place.level is Level.SITE
    to = place_href(code, site, campaign=rows.campaign.id, language=language, hour=rows.hour)
    reported = bool(child.figures.reports)
    persons = count(child.figures.persons) if reported else UNKNOWN
    cells: list[Component] = [
        html.Span(dcc.Link(name, href=to, title=child.place.label(language)), role="rowheader", className="b ell")
    ]
    if planned:
        share = child.planned / child.target if child.planned is not None and child.target else None
        completion = percent(child.completion) if reported else UNKNOWN
        cells += [
            html.Span(bar(child.completion, share), role="cell", title=f"{persons} / {count(child.target)}"),
            html.Span(
                value(f"share-{code}", completion, "", Of(Figure.COMPLETION, code), language),
                role="cell",
                className="r b share",
            ),
            html.Span(_gap(child, language), role="cell", className="r"),
        ]
    else:
        cells += [
            html.Span(bar(child.figures.persons / most), role="cell"),
            html.Span(
                value(f"persons-{code}", persons, "", Of(Figure.PERSONS, code), language),
                role="cell",
                className="r b",
            ),
        ]
    if finish:
        known = None if rows.stale else child.expected_finish
        span = (
            text(
                language,
                "kpi.interval",
                low=clock(known.p10, rows.campaign.zone),
                high=clock(known.p90, rows.campaign.zone),
            )
            if known
            else ""
        )
        cells.append(
            html.Span(
                clock(known.p50, rows.campaign.zone) if known else UNKNOWN,
                role="cell",
                className="r mut finish",
                title=span,
            )
        )
    strip = [
        _cell(tally, child.place, name, k, rows, language)
        for k, tally in zip(rows.strip_periods, child.strip, strict=False)
    ]
    return html.Div([*cells, html.Div(strip, className="hs", role="presentation")], className="tm", role="row")


def _gap(child: Child, language: str) -> Component:
    marked = gap_persons(child.gap_persons, child.severity, marked=True)
    marked.className += " phone-only"
    plain = gap_persons(child.gap_persons, child.severity)
    plain.className += " desk-only"
    if child.gap_persons is None:
        return html.Span([plain, marked])
    return figure([plain, marked], Of(Figure.PERSONS, child.place.code), language)


def _at(rows: Overview, place: PlaceRef, k: int, language: str) -> str:
    """The address of `place` as it stood at the end of period `k`."""
    hour_ = rows.campaign.local(rows.campaign.start_of(k))
    site = place.level is Level.SITE
    return place_href(place.code, site, campaign=rows.campaign.id, language=language, hour=hour_)


def _cell(tally: Tally, place: PlaceRef, name: str, k: int, rows: Overview, language: str) -> html.Span:
    """One place in one period: the worst state of the sites below it, with their number."""
    kind, number = cell_state(tally, rows.hours[k].due if k < len(rows.hours) else True)
    when = period(rows.campaign.end_of(k), rows.campaign, language)
    label = text(language, f"matrix.cell.{kind}", place=name, period=when, count=number)
    mark: list[Component | str]
    if kind == "missing":
        mark = [str(number)]
    elif kind in ("verified", "on_time", "not_due", "closed"):
        mark = [icon({"verified": "tick", "on_time": "dot", "not_due": "pend", "closed": "closed"}[kind])]
    else:
        # Three digits leave no room for the icon; colour, frame and the spoken label still say which state it is.
        shape = [icon({"late": "late", "returned": "ret", "zero": "zero"}[kind])] if number < 100 else []
        mark = [*shape, str(number)]
    link = dcc.Link(mark, href=_at(rows, place, k, language), title=label, className=f"hc hc-{kind}")
    return html.Span(link, role="cell", **{"aria-label": label})


def cell_state(tally: Tally, due: bool) -> tuple[str, int]:
    """The state a cell shows and how many sites are in it, worst first (design-desk, section 3)."""
    if due and tally.missing:
        return "missing", tally.missing
    if tally.returned:
        return "returned", tally.returned
    if tally.late:
        return "late", tally.late
    if not tally.expected:
        return ("closed", 0) if due else ("not_due", 0)
    if tally.zero:
        return "zero", tally.zero
    if not due:
        return "not_due", tally.reported
    return ("verified", tally.verified) if tally.verified >= tally.expected else ("on_time", tally.on_time)
