"""The drawer of a site chosen on the map: its hour, its day, its tubes, its problems; from the right, beside the map.

`assets/2-scripts/map-drawer.js` opens it and fills it with what `views/map_drawer.py` draws.
"""

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.ages import hours, oldest_mark
from components.drawer import waiting_drawer
from components.figure import Of
from components.format import UNKNOWN, count, percent, signed, when
from components.icons import chip, icon, severity_name
from components.kinds import kind_name
from components.links import href, place_href
from components.panel import Part, bar, value
from components.pipeline import blocks
from components.progress import curve
from components.site_problems import problem_line
from domain.map_drawer import SiteDrawer
from domain.passport import Figure
from domain.status import Severity
from domain.tubes import Stage
from locales import text


def drawer(language: str) -> html.Aside:
    """The place of the drawer on the map's page."""
    return waiting_drawer(
        ids.MAP_DRAWER, "map-drawer", "md", "site", language,
        title=text(language, "map_drawer.title"), loading=text(language, "map_drawer.loading"),
        failed=text(language, "map_drawer.failed"), close=text(language, "map_drawer.close"),
    )  # fmt: skip


def site_drawer(rows: SiteDrawer | None, language: str) -> list[Component]:
    """Everything about one site; nothing about a place that is none."""
    if rows is None:
        return []
    return [
        _head(rows, language),
        html.Div(
            [_hour(rows, language), _day(rows, language), _tubes(rows, language), _problems(rows, language)],
            className="md-body",
        ),
    ]


def _head(rows: SiteDrawer, language: str) -> html.Div:
    seen, site = rows.overview, rows.site
    to = place_href(site.place.code, True, campaign=seen.campaign.id, language=language, hour=seen.hour)
    known = [site.town.label(language)] if site.town else []
    if rows.kind:
        known.append(kind_name(rows.kind, language))
    if site.at is None:
        known.append(text(language, "map_drawer.unplaced"))
    return html.Div(
        [
            html.Div(
                [
                    html.H2(site.place.label(language)),
                    html.Span(text(language, "format.dot").join(known), className="mut t12"),
                ],
                className="md-name",
            ),
            dcc.Link(text(language, "map_drawer.page"), href=to, className="btn"),
            html.Button(
                [icon("x"), html.Kbd("Esc")], type="button", className="btn",
                **{"data-site-close": "", "aria-label": text(language, "map_drawer.close")},
            ),
        ],
        className="md-head",
    )  # fmt: skip


def _section(title: str, note: str, *children: Component) -> html.Section:
    head: list[Part] = [title]
    if note:
        head.append(html.Span(note))
    return html.Section([html.H3(head), *children], className="md-section")


def _fact(label: str, shown: Component, *note: Part) -> html.Div:
    return html.Div([html.Dt(label), html.Dd([shown, *(html.Span(part, className="md-note") for part in note)])])


def _hour(rows: SiteDrawer, language: str) -> html.Section:
    """The hour that ends at the stamp, and how the last report due stands."""
    seen, site, code = rows.overview, rows.site, rows.site.place.code
    last = seen.last_hour
    hour = seen.campaign.local(last.start) if last else None
    persons = value(
        "md-hour", count(site.hour_persons), text(language, "unit.persons"), Of(Figure.PERSONS, code, hour), language
    )
    facts = [
        _fact(text(language, "map_drawer.hour"), persons, *_planned(rows, language)),
        _fact(
            text(language, "map_drawer.queue"),
            _judged(_minutes(site.queue_minutes, language), site.queue_severity, language),
            text(language, "map_drawer.limit", limit=_minutes(seen.campaign.limits.queue_minutes, language)),
        ),
        _fact(
            text(language, "map_drawer.load"),
            _judged(count(site.load), site.load_severity, language),
            text(language, "map_drawer.limit", limit=count(seen.campaign.limits.lane_hour)),
        ),
        _fact(
            text(language, "map_drawer.lanes"),
            value("md-lanes", count(site.lanes)),
            *([text(language, "map_drawer.of_lanes", lanes=rows.planned_lanes)] if rows.planned_lanes else []),
        ),
    ]
    state = text(language, f"duty.state.{site.state}")
    marked = site.state_severity
    note = text(language, "map_drawer.until", until=when(last.end, seen.campaign, language)) if last else ""
    return html.Section(
        [
            html.H3(
                [
                    text(language, "map_drawer.of_hour"),
                    html.Span(note),
                    html.Span(className="sp"),
                    chip(marked, state) if marked else html.Span(state, className="chip out"),
                ]
            ),
            html.Dl(facts, className="md-facts"),
        ],
        className="md-section",
    )


def _planned(rows: SiteDrawer, language: str) -> list[str]:
    last = rows.overview.last_hour
    if last is None or last.plan is None:
        return []
    return [text(language, "kpi.plan", persons=count(last.plan))]


def _minutes(minutes: int | None, language: str) -> str:
    return hours(minutes, language) if minutes is not None else UNKNOWN


def _judged(written: str, severity: Severity | None, language: str) -> html.Span:
    """A figure with its state, by shape and word where it is not good."""
    if severity not in (Severity.WARN, Severity.CRIT):
        return html.Span(written, className="v")
    hidden = html.Span(severity_name(severity, language), className="visually-hidden")
    return html.Span([icon(severity), written, hidden], className=f"v {severity}")


def _day(rows: SiteDrawer, language: str) -> html.Section:
    """The day so far: persons of target with the curve, tubes and third copies."""
    seen, code = rows.overview, rows.site.place.code
    figures = seen.figures
    known = bool(figures.reports)
    persons = value(
        "md-persons",
        count(figures.persons) if known else UNKNOWN,
        f"/ {count(seen.target)}" if seen.target is not None else text(language, "unit.persons"),
        Of(Figure.PERSONS, code),
        language,
    )
    completion = value(
        "md-completion", percent(seen.completion) if known else UNKNOWN, "", Of(Figure.COMPLETION, code), language
    )
    gap: list[Part] = []
    if seen.gap_pp is not None:
        points = text(language, "kpi.points", gap=signed(seen.gap_pp, 1))
        gap = [_judged(points, seen.severity, language) if seen.severity else points]
    tubes = value(
        "md-tubes", count(figures.tubes) if known else UNKNOWN, text(language, "unit.tubes"),
        Of(Figure.TUBES, code), language,
    )  # fmt: skip
    copies = value(
        "md-copies", count(figures.third_copies) if known else UNKNOWN, text(language, "unit.copies"),
        Of(Figure.THIRD_COPIES, code), language,
    )  # fmt: skip
    facts = [
        _fact(text(language, "map_drawer.persons"), persons),
        _fact(text(language, "map_drawer.completion"), completion, *gap),
        _fact(text(language, "map_drawer.tubes"), tubes),
        _fact(text(language, "map_drawer.copies"), copies),
    ]
    planned = seen.planned / seen.target if seen.planned is not None and seen.target else None
    parts: list[Component] = [html.Dl(facts, className="md-facts")]
    if seen.target is not None:
        parts.append(bar(seen.completion, planned))
    if known or seen.target:
        parts.append(html.Div(curve(seen, language), className="md-curve"))
    return _section(text(language, "map_drawer.of_day"), "", *parts)


def _tubes(rows: SiteDrawer, language: str) -> html.Section:
    title, backlog = text(language, "map_drawer.tubes_by_stage"), rows.backlog
    if not backlog.any:
        return _section(title, "", html.P(text(language, "map_drawer.no_tubes"), className="mut"))
    to = href("tube", campaign=backlog.campaign.id, place=rows.site.place.code, language=language)
    return _section(
        title,
        "",
        blocks(backlog, language),
        html.P(
            [
                *_oldest(rows, language),
                html.Span(className="sp"),
                dcc.Link(text(language, "site_tubes.find"), href=to, className="t12 mut more"),
            ],
            className="md-line",
        ),
    )


def _oldest(rows: SiteDrawer, language: str) -> list[Component]:
    """How long the oldest tube on the site has waited for its collection."""
    waiting = rows.backlog.stage(Stage.ON_SITE).waiting
    if waiting.oldest_minutes is not None:
        limit = text(language, "map_drawer.limit", limit=hours(waiting.limit_minutes, language))
        return [oldest_mark(waiting, language), html.Span(limit, className="mut")]
    if rows.site.oldest_minutes is not None:
        said = text(language, "backlog.oldest", age=hours(rows.site.oldest_minutes, language))
        return [_judged(said, rows.site.waiting_severity, language)]
    return [html.Span(text(language, "map_drawer.none_waits"), className="mut")]


def _problems(rows: SiteDrawer, language: str) -> html.Section:
    title = text(language, "map_drawer.problems")
    if not rows.problems:
        good = html.P([icon("ok", "ok"), html.Span(text(language, "problems.none"), className="mut")])
        return _section(title, "", good)
    to = href("problems", campaign=rows.overview.campaign.id, place=rows.site.place.code, language=language)
    return _section(
        title,
        count(len(rows.problems)),
        html.Ul([problem_line(problem, language) for problem in rows.problems], className="sp-list"),
        dcc.Link(text(language, "problems.to_page"), href=to, className="t12 mut more"),
    )
