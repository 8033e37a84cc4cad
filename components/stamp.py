"""The as-of bar (数据截至) that every page has, and the strip that says when its data have gone stale."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.figure import Of, figure
from components.format import count, when
from components.icons import icon
from components.links import export_href, place_href
from domain.overview import Overview
from domain.passport import Figure
from domain.places import Level
from domain.status import Severity
from locales import text

STALE_NAMES = 4
"""Names of sites that fit on the strip."""


def stamp(rows: Overview, language: str, facts: str = "", said: Sequence[Component] = ()) -> Component:
    """As of when, how much of it is verified, how many sites it rests on; the present time and the exports.

    Below the topmost place its way stands before that, with `facts` about it. `said` is what else there is to say of
    the hour."""
    return html.Div(
        [*_crumbs(rows, facts, language), _bar(rows, language, said), _stale(rows, language)],
        className="stamp",
        **{"data-crit": str(rows.finding_counts.get(Severity.CRIT, 0))},
    )


def _bar(rows: Overview, language: str, said: Sequence[Component]) -> html.Div:
    exports = [
        html.A(
            [icon("export"), text(language, f"stamp.export_{suffix}")],
            href=export_href(rows.campaign.id, rows.place.code, suffix, language, rows.hour),
            className="btn",
            download="",
        )
        for suffix in ("xlsx", "csv")
    ]
    return html.Div(
        [
            *_as_of(rows, language),
            *said,
            *_codes(rows, language),
            html.Span(className="sp"),
            html.Span(_now(rows, language), className="now faint"),
            html.Span(exports, className="exports"),
        ],
        className="asof",
    )


def _codes(rows: Overview, language: str) -> list[Component]:
    """Where every person has a barcode, codes are followed from site to result, not tubes: every page says so."""
    if not rows.campaign.code_per_person:
        return []
    means = text(language, "stamp.codes_mean", pool=count(rows.campaign.pool_size))
    return [html.Span(text(language, "stamp.codes"), className="chip codes", title=means)]


def _now(rows: Overview, language: str) -> list[Component | str]:
    """The campaign's present time, kept going by the page; a campaign that is over says so instead."""
    if rows.ended:
        return [text(language, "stamp.ended", at=when(rows.campaign.deadline, rows.campaign, language))]
    return [text(language, "stamp.now"), " ", html.B(**{"data-clock": "", "data-zone": rows.campaign.timezone})]


def _crumbs(rows: Overview, facts: str, language: str) -> list[Component]:
    """The way down to the place shown; nothing for the topmost one."""
    if not rows.parents:
        return []
    parts: list[Component | str] = []
    for parent in rows.parents:
        to = place_href(parent.code, False, campaign=rows.campaign.id, language=language, hour=rows.hour)
        parts += [dcc.Link(parent.label(language), href=to), html.Span("›", className="faint")]
    parts.append(html.B(rows.place.label(language), className="here"))
    if facts:
        parts.append(html.Span(facts, className="facts"))
    return [html.Nav(parts, className="crumbs", **{"aria-label": text(language, "stamp.crumbs")})]


def _as_of(rows: Overview, language: str) -> list[Component]:
    if rows.data_until is None:
        return [html.Span(text(language, "stamp.no_data"), className="until")]
    until = when(rows.data_until, rows.campaign, language)
    parts: list[Component] = [html.Span([text(language, "stamp.until"), " ", html.B(until)], className="until")]
    if rows.hour is not None:
        here = place_href(
            rows.place.code, rows.place.level is Level.SITE, campaign=rows.campaign.id, language=language
        )
        back = dcc.Link(text(language, "stamp.to_now"), href=here)
        parts.append(html.Span([text(language, "stamp.looking_back"), back], className="chip looking"))
    if rows.towns and rows.place.level in (Level.CITY, Level.DISTRICT):
        done = rows.towns_verified >= rows.towns
        parts.append(
            html.Span(
                [
                    icon("ok", "ok") if done else icon("sub"),
                    " ",
                    html.B(f"{rows.towns_verified}/{rows.towns}"),
                    " ",
                    text(language, "stamp.verified"),
                ],
                className="verified",
            )
        )
    if rows.sites_expected and rows.place.level is not Level.SITE:
        of = Of(Figure.REPORTED, rows.place.code)
        done = rows.sites_reported >= rows.sites_expected
        parts.append(
            html.Span(
                [
                    icon("ok", "ok") if done else icon("miss", "miss"),
                    " ",
                    html.B(figure(f"{count(rows.sites_reported)}/{count(rows.sites_expected)}", of, language)),
                    " ",
                    text(language, "stamp.reported"),
                ],
                className="reported",
            )
        )
    return parts


def _stale(rows: Overview, language: str) -> html.Div:
    """Always drawn; the page shows it when its clock passes the limit, and counts the minutes on."""
    sentence: list[Component | str] = [text(language, "stamp.no_data")]
    if rows.data_until is not None:
        sentence = [
            text(language, "stamp.stale_until", until=when(rows.data_until, rows.campaign, language)),
            " ",
            html.B(**{"data-minutes-since": rows.data_until.isoformat()}),
            " ",
            text(language, "stamp.stale_minutes"),
        ]
    if rows.missing:
        names = text(language, "format.list").join(p.label(language) for p in rows.missing[:STALE_NAMES])
        sentence += [" ", text(language, "stamp.stale_missing", names=names, count=count(len(rows.missing)))]
    return html.Div([icon("warn"), html.Span(sentence)], id=ids.STALE, className="strip strip-warn")
