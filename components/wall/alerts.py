"""Scene 告警: one alert in full, by four fixed questions, where it is, and what else is open."""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.findings import sentence
from components.format import clock, when
from components.icons import icon
from components.wall.parts import lab, none, small
from components.wall.words import called, halves, minutes, place_of
from domain.findings import Finding
from domain.overview import PlaceRef
from domain.status import Severity
from domain.wall import AXIS, Alerts, Case
from figures.wall_map import spot
from locales import text

PLACE = (752.0, 408.0)
PLACE_TALL = (968.0, 420.0)
"""Pixels of the picture of the place."""

OTHERS = 2
"""Other severe alerts named; the rest are counted."""


def wide(rows: Alerts, case: Case | None, language: str) -> Component:
    """Questions on the left, place and the other alerts on the right."""
    if case is None:
        return html.Div(none(text(language, "findings.none")), className="g")
    return html.Div(
        [
            _questions(rows, case, language),
            html.Div([*_place(rows, case, PLACE, language), *_others(rows, case, language)], className="col"),
        ],
        className="g g-alerts",
    )


def tall(rows: Alerts, case: Case | None, language: str) -> Component:
    """The same one below the other."""
    if case is None:
        return html.Div(none(text(language, "findings.none")), className="g")
    return html.Div(
        [
            _questions(rows, case, language),
            html.Div([*_place(rows, case, PLACE_TALL, language), *_others(rows, case, language)], className="col"),
        ],
        className="g g-alerts-tall",
    )


def _questions(rows: Alerts, case: Case, language: str) -> html.Div:
    return html.Div(
        [
            _what(case, language),
            _where(rows, case, language),
            _since(rows, case, language),
            _who(rows, case, language),
        ],
        className="questions",
    )


def _question(name: str, value: Sequence[Component | str], detail: str, *more: Component) -> html.Div:
    return html.Div(
        [
            lab(name),
            html.Div([html.Div(list(value), className="n64 num"), html.Div(detail, className="n36 mut ell"), *more]),
        ],
        className="question",
    )


def _ages(finding: Finding) -> tuple[int, int] | None:
    """Age and limit of the oldest tube, of an alert about tubes that wait, in minutes."""
    age, limit = finding.params.get("age_minutes"), finding.params.get("limit_minutes")
    return (age, limit) if isinstance(age, int) and isinstance(limit, int) and limit else None


def _what(case: Case, language: str) -> html.Div:
    finding = case.finding
    said, rest = halves(sentence(finding, language))
    ages = _ages(finding)
    more: list[Component] = []
    if ages is not None:
        age, limit = ages
        over = age > limit
        rest = text(language, "wall.alert.tubes", tubes=str(finding.params["tubes"]), limit=minutes(limit, language))
        said = text(
            language, "wall.alert.over" if over else "wall.alert.left", span=minutes(abs(age - limit), language)
        )
        more.append(
            html.Div(
                [
                    html.I(
                        style={"width": f"{min(1.0, age / limit / AXIS):.2%}"}, className=f"{finding.severity}-bar"
                    ),
                    html.U(style={"left": f"{1 / AXIS:.2%}"}),
                ],
                className="wb age-bar",
                **{"aria-hidden": "true"},
            )
        )
    value = html.Span([icon(finding.severity), " ", said], className=str(finding.severity))
    return _question(
        text(language, "wall.alert.what"), [value], rest or text(language, f"topic.{finding.topic}"), *more
    )


def _where(rows: Alerts, case: Case, language: str) -> html.Div:
    spot_ = case.spot
    town = called(spot_.town, rows.names, language) if spot_.town is not None else ""
    lanes = text(language, "wall.alert.lanes", count=spot_.lanes) if spot_.lanes else ""
    on_map = text(language, "wall.alert.on_map") if spot_.at is not None else ""
    detail = text(language, "format.dot").join(part for part in (town, lanes, on_map) if part)
    name = spot_.place.label(language)
    return _question(
        text(language, "wall.alert.where"), [name], detail or text(language, f"level.{spot_.place.level}")
    )


def _since(rows: Alerts, case: Case, language: str) -> html.Div:
    finding, campaign, now = case.finding, rows.overview.campaign, rows.overview.now
    ages = _ages(finding)
    began = finding.at
    detail = text(language, "wall.alert.ago", span=minutes((now - began).total_seconds() // 60, language))
    if ages is not None:
        began = now - timedelta(minutes=ages[0])
        limit = clock(began + timedelta(minutes=ages[1]), campaign.zone)
        detail = text(language, "wall.alert.oldest_tube", limit=limit)
    return _question(text(language, "wall.alert.since"), [when(began, campaign, language)], detail)


def _who(rows: Alerts, case: Case, language: str) -> html.Div:
    name = text(language, "wall.alert.who")
    holder = case.holder
    if holder is None:
        return _question(name, [icon("miss", "miss"), " ", text(language, "wall.alert.unclaimed")], "")
    place = called(holder.place, rows.names, language)
    whole = text(language, "format.dot").join(part for part in (place, holder.name) if part)
    if holder.accepted_at is not None:
        at = clock(holder.accepted_at, rows.overview.campaign.zone)
        return _question(name, [whole], text(language, "wall.alert.accepted", clock=at))
    unclaimed = [icon("miss", "miss"), " ", text(language, "wall.alert.unclaimed")]
    return _question(name, unclaimed, text(language, "wall.alert.next", who=whole))


def _place(rows: Alerts, case: Case, size: tuple[float, float], language: str) -> list[Component]:
    """Where it is; nothing for what no map shows."""
    shown, spot_ = rows.picture, case.spot
    known = shown is not None and any(shape.place.code == spot_.place.code for shape in shown.shapes)
    if shown is None or (spot_.at is None and not known):
        return []
    name = called(spot_.place, rows.names, language)
    town = called(spot_.town, rows.names, language) if spot_.town is not None else ""
    drawn = spot(shown, spot_.at, spot_.place.code, town, name, *size, name)
    return [lab(text(language, "wall.alert.place")), html.Div(drawn, className="spot")]


def _others(rows: Alerts, case: Case, language: str) -> list[Component]:
    others = [finding for finding in rows.open if finding is not case.finding]
    if not others:
        return []
    severe = [finding for finding in others if finding.severity is Severity.CRIT]
    named, beyond = severe[:OTHERS], severe[OTHERS:]
    rest = [finding for finding in others if finding.severity is Severity.WARN]
    lines = [_other(finding, rows, language) for finding in named]
    if beyond:
        lines.append(
            _counted("crit", text(language, "wall.alert.more_crit", count=len(beyond)), beyond, rows, language)
        )
    if rest:
        lines.append(_counted("warn", text(language, "wall.alert.warn", count=len(rest)), rest, rows, language))
    head = lab(text(language, "wall.alert.open", count=len(others)))
    return [head, html.Div(lines, className="others")]


def _other(finding: Finding, rows: Alerts, language: str) -> html.Div:
    place: PlaceRef = place_of(finding)
    return html.Div(
        [
            html.Span(icon(finding.severity), className=f"n36 {finding.severity}"),
            html.Span(
                [
                    html.B(called(place, rows.names, language), className="n36"),
                    " ",
                    small(halves(sentence(finding, language))[0]),
                ],
                className="ell",
            ),
            small(when(finding.at, rows.overview.campaign, language), "num"),
        ],
        className="other",
    )


def _counted(state: str, said: str, which: Sequence[Finding], rows: Alerts, language: str) -> html.Div:
    first = when(min(finding.at for finding in which), rows.overview.campaign, language)
    return html.Div(
        [
            html.Span(icon(state), className=f"n36 {state}"),
            html.Span(
                [html.B(said, className="n36"), " ", small(text(language, "wall.alert.first", clock=first))],
                className="ell",
            ),
            "",
        ],
        className="other",
    )
