"""Who owes a report: how the last due period was reported, and the sites that have not."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import count, percent, period
from components.icons import icon
from components.links import href, place_href
from domain.overview import Overview
from domain.passport import Figure
from domain.places import Level
from locales import text

MOST = 120
"""Sites called by name; in a city thousands may owe a report at once."""


def duty(rows: Overview, language: str) -> Component:
    """On time + late + missing = expected, and the missing by name."""
    if rows.duty_period is None:
        empty = states.message("late", "", text(language, "kpi.none_due"))
        return html.Div([panel.head(text(language, "duty.title")), empty], className="fill")
    tally = rows.hours[rows.duty_period].tally
    name = period(rows.campaign.end_of(rows.duty_period), rows.campaign, language)
    share = percent(tally.reported / tally.expected) if tally.expected else ""
    of = Of(Figure.REPORTED, rows.place.code, rows.campaign.local(rows.campaign.start_of(rows.duty_period)))
    counts = [
        _count("tick", "ok", "on_time", tally.on_time, of, language),
        _count("late", "warn" if tally.late else "mut", "late", tally.late, of, language),
        _count("miss", "miss", "missing", tally.missing, of, language),
    ]
    aside = [(word, n) for word, n in (("zero", tally.zero), ("returned", tally.returned)) if n]
    notes = [text(language, f"duty.of_them_{word}", count=n) for word, n in aside]
    notes.append(text(language, "duty.verified", count=count(tally.verified), of=count(tally.expected)))
    return html.Div(
        [
            panel.head(
                text(language, "duty.title_period", period=name),
                "",
                [
                    *([html.Span(text(language, "duty.share", share=share), className="t12 mut")] if share else []),
                    _to_board(rows, language),
                ],
            ),
            html.Div(counts, className="tally"),
            html.Div(text(language, "format.dot").join(notes), className="duty-note t12 faint"),
            _missing(rows, language),
        ],
        className="fill",
    )


def _to_board(rows: Overview, language: str) -> dcc.Link:
    """Where all hours, everybody's phone and the reminders are."""
    to = href("duty", campaign=rows.campaign.id, place=rows.place.code, language=language, hour=rows.hour)
    return dcc.Link(text(language, "duty.board"), href=to, className="t12 more")


def _count(icon_name: str, colour: str, word: str, number: int, of: Of, language: str) -> html.Div:
    return html.Div(
        [
            html.Div([icon(icon_name), text(language, f"duty.state.{word}")], className=f"t12 {colour}"),
            html.Div(figure(count(number), of, language), className="t20 b"),
        ]
    )


def _missing(rows: Overview, language: str) -> Component:
    if not rows.missing:
        return states.message("ok", "ok", text(language, "kpi.all_reported"))
    items = [
        html.Li(
            [
                icon("miss", "miss"),
                dcc.Link(
                    place.label(language),
                    href=place_href(
                        place.code,
                        place.level is Level.SITE,
                        campaign=rows.campaign.id,
                        language=language,
                        hour=rows.hour,
                    ),
                ),
            ]
        )
        for place in rows.missing[:MOST]
    ]
    if len(rows.missing) > MOST:
        items.append(
            html.Li(text(language, "way_down.missing", count=count(len(rows.missing) - MOST)), className="mut")
        )
    heading = text(language, "duty.missing", count=count(len(rows.missing)))
    return html.Div(
        [html.H3(heading, className="t12 mut"), html.Ul(items, className="names")],
        className="owing",
        tabIndex="0",
        role="group",
        **{"aria-label": heading},
    )
