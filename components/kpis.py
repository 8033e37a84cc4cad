"""The strip of key figures, and above it on a phone the sentence that says the same in words."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.ages import hours, oldest, oldest_mark
from components.figure import Of, figure
from components.format import UNKNOWN, clock, count, percent, period, rate, short, signed, when
from components.icons import icon, severity_name
from components.links import href, place_href
from components.names import short_name
from components.panel import bar, value
from domain.backlog import Backlogs
from domain.headlines import most_behind
from domain.overview import Overview
from domain.passport import Figure
from domain.places import Level
from domain.status import Severity
from domain.tubes import Stage
from locales import text

LARGE = 1_000_000
"""From so many persons on, figures are written smaller: those of a city have eight digits."""

NAMES = 2
"""Names of missing sites on the tile."""


def kpis(rows: Overview, language: str, tubes: Backlogs | None = None) -> Component:
    """All key figures of a place. A figure nobody reports has no tile; what is unknown yet is a dash.

    Where tubes are known, where they are takes the place of the third copies, which the ledger compares."""
    known = tubes if tubes is not None and tubes.backlog.any else None
    tiles = [
        _progress(rows, language),
        _hour(rows, language),
        _tubes(rows, language, "phone-hide" if known is not None else ""),
        *(tube_tiles(known, language) if known is not None else [_third_copies(rows, language)]),
        _verified(rows, language),
        _finish(rows, language),
        _missing(rows, language),
        _findings(rows, language),
    ]
    large = " kpis-large" if max(rows.figures.persons, rows.target or 0) >= LARGE else ""
    strip = html.Div([t for t in tiles if t is not None], className=f"kpis{large}")
    return html.Div([_headline(rows, language), strip])


def tile(label: str, figure: Component, note: Sequence[Component | str], extra: str = "") -> html.Div:
    """One key figure: its name, its number, the line that states plan, limit or cause."""
    return html.Div(
        [html.Div(label, className="l"), html.Div(figure), html.Div(list(note), className="n")],
        className=f"kpi {extra}".strip(),
    )


def _headline(rows: Overview, language: str) -> html.P:
    """The sentence by rule: how many, how far from plan, and the largest contribution to being behind."""
    if rows.data_until is None:
        return html.P(text(language, "headline.nothing"), className="headline")
    parts: list[Component | str] = [text(language, "headline.sampled", persons=short(rows.figures.persons, language))]
    if rows.gap_persons is not None:
        behind = rows.gap_persons < 0
        clause = text(
            language,
            "headline.behind" if behind else "headline.ahead",
            persons=short(abs(rows.gap_persons), language),
        )
        state = rows.severity if rows.severity in (Severity.WARN, Severity.CRIT) else ""
        parts += [text(language, "headline.comma"), html.Span(clause, className=str(state))]
        worst = most_behind(rows)
        if behind and worst is not None:
            parts += [
                text(language, "headline.comma"),
                text(language, "headline.mostly", place=short_name(worst, language)),
            ]
    parts.append(text(language, "headline.stop"))
    return html.P(parts, className="headline")


def _progress(rows: Overview, language: str) -> html.Div:
    persons = count(rows.figures.persons) if rows.figures.reports else UNKNOWN
    of = Of(Figure.PERSONS, rows.place.code)
    if rows.target is None:
        return tile(
            text(language, "kpi.persons"),
            value("persons", persons, text(language, "unit.persons"), of, language),
            [text(language, "kpi.no_target")],
            "kpi-hero",
        )
    planned = rows.planned / rows.target if rows.planned is not None else None
    return html.Div(
        [
            html.Div(text(language, "kpi.persons_of_target"), className="l"),
            html.Div(
                [
                    value("persons", persons, f"/ {count(rows.target)}", of, language),
                    figure(
                        percent(rows.completion) if rows.figures.reports else UNKNOWN,
                        Of(Figure.COMPLETION, rows.place.code),
                        language,
                        "v share",
                        **{"data-key": "completion", "data-value": percent(rows.completion)},
                    ),
                ],
                className="pair",
            ),
            bar(rows.completion, planned),
            html.Div(_plan_note(rows, planned, language), className="n"),
        ],
        className="kpi kpi-hero",
    )


def _plan_note(rows: Overview, planned: float | None, language: str) -> list[Component | str]:
    if rows.gap_persons is None or planned is None:
        return [text(language, "kpi.no_plan_yet" if rows.duty_period is None else "kpi.no_reports")]
    words = text(
        language,
        "kpi.behind" if rows.gap_persons < 0 else "kpi.ahead",
        plan=percent(planned),
        persons=short(abs(rows.gap_persons), language),
    )
    severity = rows.severity or Severity.OK
    points = text(language, "kpi.points", gap=signed(rows.gap_pp, 1))
    # Behind, but within the limit: no state to show, and a tick beside "behind" would read as a contradiction.
    quiet = severity is Severity.OK and rows.gap_persons < 0
    colour, mark = ("mut", []) if quiet else (str(severity), [icon(severity)])
    return [
        html.Span([*mark, html.Span(words)], className=f"{colour} desk-only"),
        html.Span([*mark, points], className=f"{colour} b phone-only"),
        html.Span(text(language, "kpi.plan_due", plan=percent(planned)), className="phone-only"),
    ]


def _hour(rows: Overview, language: str) -> html.Div:
    last = rows.last_hour
    if last is None:
        return tile(text(language, "kpi.hour"), value("hour", UNKNOWN), [text(language, "kpi.no_reports")])
    of = Of(Figure.PERSONS, rows.place.code, rows.campaign.local(last.start))
    until = when(last.end, rows.campaign, language)
    label = "kpi.hour"
    if last.figures.catch_up_persons and last.figures.catch_up_persons >= last.figures.persons:
        label, note = "kpi.last_catch_up", text(language, "kpi.catch_up", until=until)
    elif last.plan is not None:
        note = text(language, "kpi.plan", persons=count(last.plan))
    else:
        note = text(language, "kpi.until", until=until)
    return tile(
        text(language, label),
        value("hour", count(last.figures.persons), text(language, "unit.persons"), of, language),
        [note],
    )


def _tubes(rows: Overview, language: str, extra: str = "") -> html.Div | None:
    figures = rows.figures
    if figures.tubes is None:
        return None
    note = text(language, "kpi.per_tube", rate=rate(figures.persons_per_tube)) if figures.tubes else ""
    written = count(figures.tubes) if figures.reports else UNKNOWN
    shown = value("tubes", written, text(language, "unit.tubes"), Of(Figure.TUBES, rows.place.code), language)
    return tile(text(language, "kpi.tubes"), shown, [note], extra)


def _third_copies(rows: Overview, language: str) -> html.Div | None:
    copies, tubes = rows.figures.third_copies, rows.figures.tubes
    if copies is None:
        return None
    of = Of(Figure.THIRD_COPIES, rows.place.code)
    note: list[Component | str] = []
    if tubes is not None and rows.figures.reports:
        same = copies == tubes
        word = (
            text(language, "kpi.copies_agree")
            if same
            else text(language, "kpi.copies_differ", difference=signed(copies - tubes))
        )
        severity = Severity.OK if same else Severity.WARN
        note = [html.Span([icon(severity), word], className=str(severity))]
    written = count(copies) if rows.figures.reports else UNKNOWN
    return tile(
        text(language, "kpi.third_copies"),
        value("third_copies", written, text(language, "unit.copies"), of, language),
        note,
        "" if rows.place.level is Level.SITE else "desk-only",
    )


def tube_tiles(tubes: Backlogs, language: str) -> list[html.Div]:
    """What is on its way and what waits at laboratories, each with its oldest; on a phone the oldest on the sites."""
    backlog = tubes.backlog
    found = []
    for name, number, stage in (
        ("in_transit", backlog.stage(Stage.IN_TRANSIT).tubes, backlog.stage(Stage.IN_TRANSIT)),
        ("at_labs", backlog.at_labs, backlog.stage(Stage.AT_LAB)),
    ):
        note = [oldest_mark(stage.waiting, language)] if stage.waiting.oldest_minutes is not None else []
        shown = value(f"kpi-{name}", count(number), text(language, "unit.tubes"))
        found.append(tile(text(language, f"kpi.{name}"), shown, note, "phone-hide"))
    waits = backlog.stage(Stage.ON_SITE).waiting
    if waits.oldest_minutes is not None:
        state = waits.severity if waits.severity is not Severity.OK else None
        limit = text(language, "pipeline.limit_of", limit=hours(waits.limit_minutes, language))
        note = [html.Span([*([icon(state)] if state else []), limit], className=str(state or ""))]
        shown = value("kpi-oldest", oldest(waits, language))
        found.append(tile(text(language, "kpi.oldest_on_site"), shown, note, "kpi-phone"))
    return found


def _verified(rows: Overview, language: str) -> html.Div:
    figures = rows.figures
    verified = figures.verified_persons
    said = short(verified, language) if verified >= LARGE else count(verified)
    return tile(
        text(language, "kpi.verified"),
        value("verified", percent(figures.verified_share), "", Of(Figure.VERIFIED_SHARE, rows.place.code), language),
        [text(language, "kpi.verified_of", persons=said)] if figures.reports else [],
        "kpi-verified phone-hide" if rows.expected_finish else "kpi-verified",
    )


def _finish(rows: Overview, language: str) -> html.Div | None:
    """The district's figure never stands without its interval (design, section 7)."""
    finish = rows.expected_finish
    if finish is None:
        return None
    if rows.stale:
        # Figures that stand still say nothing about the end.
        return tile(text(language, "kpi.finish"), value("finish", UNKNOWN), [text(language, "kpi.finish_stale")])
    zone = rows.campaign.zone
    return tile(
        text(language, "kpi.finish"),
        value("finish", when(finish.p50, rows.campaign, language)),
        [text(language, "kpi.interval", low=clock(finish.p10, zone), high=clock(finish.p90, zone))],
    )


def _missing(rows: Overview, language: str) -> html.Div | None:
    if rows.place.level is Level.SITE:
        return None
    if rows.duty_period is None:
        return tile(text(language, "kpi.missing"), value("missing", UNKNOWN), [text(language, "kpi.none_due")])
    note: list[Component | str]
    if rows.missing:
        links: list[Component | str] = [icon("miss")]
        for i, place in enumerate(rows.missing[:NAMES]):
            site = place.level is Level.SITE
            to = place_href(place.code, site, campaign=rows.campaign.id, language=language, hour=rows.hour)
            links += [text(language, "format.dot") if i else "", dcc.Link(place.label(language), href=to)]
        note = [html.Span(links, className="miss names")]
    else:
        note = [html.Span([icon("ok"), text(language, "kpi.all_reported")], className="ok")]
    # The names are those of the last due period, which may be later than the stamp: so is the number.
    tally = rows.hours[rows.duty_period].tally
    if rows.duty_period != rows.last_period:
        end = rows.campaign.end_of(rows.duty_period)
        note = [period(end, rows.campaign, language), *note]
    of = Of(Figure.REPORTED, rows.place.code, rows.campaign.local(rows.campaign.start_of(rows.duty_period)))
    shown = value("missing", count(tally.missing), f"/ {count(tally.expected)}", of, language)
    return tile(text(language, "kpi.missing"), shown, note)


def _findings(rows: Overview, language: str) -> html.Div:
    counts = rows.finding_counts
    total = sum(counts.values())
    parts: list[Component | str] = []
    if counts.get(Severity.CRIT):
        name = f"{counts[Severity.CRIT]} {severity_name(Severity.CRIT, language)}"
        parts.append(html.Span([icon("crit"), name], className="crit b"))
    for severity in (Severity.WARN, Severity.MISS):
        if counts.get(severity):
            parts.append(
                html.Span(
                    [
                        icon(severity),
                        str(counts[severity]),
                        html.Span(severity_name(severity, language), className="visually-hidden"),
                    ],
                    className=str(severity),
                )
            )
    if not parts:
        parts = [html.Span([icon("ok"), text(language, "kpi.no_findings")], className="ok")]
    to = href("findings", campaign=rows.campaign.id, place=rows.place.code, language=language, hour=rows.hour)
    figure = dcc.Link(value("findings", count(total)), href=to, className="plain")
    return tile(text(language, "kpi.findings"), figure, parts, "phone-hide")
