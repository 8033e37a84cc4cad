"""The places suggested, each with the people it would gain, why, and the button that puts it on the planning list."""

import hashlib
import json

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.coverage_words import away, beside
from components.format import UNKNOWN, count, percent, rate
from components.icons import icon
from components.links import href
from domain.permissions import Action
from domain.places import Kind, Level
from domain.suggestions import Pick, Sites, SuggestionPicture, Unit
from locales import text

KINDS = {Unit.SITE: Kind.FIXED, Unit.TEAM: Kind.MOBILE}
"""As what a pick goes on the planning list."""


def picks_panel(picture: SuggestionPicture, language: str) -> html.Section:
    """The places suggested, what gains most first, and what they do for each town."""
    sites = picture.sites
    if sites is None or picture.coverage is None:
        said = states.message("pin", "", text(language, "coverage.no_grid"),
                              text(language, "coverage.no_grid_next"))  # fmt: skip
        return html.Section([panel.head(text(language, "suggestions.picks")), said], className="sg-panel")
    unit = sites.question.unit
    title = text(language, f"suggestions.picks_{unit}")
    if not sites.picks:
        none = html.P([icon("ok", "ok"), text(language, "suggestions.picks_none")], className="sg-none mut t13")
        return html.Section([panel.head(title), none], className="sg-panel")
    rows = [_row(pick, picture, sites, language) for pick in sites.picks]
    return html.Section(
        [
            panel.head(title, text(language, "suggestions.picks_note")),
            html.Div(
                [html.Ol(rows, className="sg-rows"), *_towns(sites, picture, language)],
                className="sg-scroll",
                tabIndex="0",
                role="group",
                **{"aria-label": title},
            ),
        ],
        className="sg-panel sg-picks",
    )


def pick_name(pick: Pick, language: str) -> str:
    """A village's name, or where beside one: `杨梅村北`."""
    return beside(pick.village, pick.village_en, pick.direction, language)


def reason(pick: Pick, picture: SuggestionPicture, unit: Unit, language: str) -> str:
    """Why there: how far the nearest site is, who lives within the walk, what it takes. Nothing in it changes by the
    clock, so that it can go on the planning list."""
    metres = picture.coverage.metres if picture.coverage else 0
    parts = []
    if pick.nearest is not None and pick.metres is not None:
        parts.append(text(language, "suggestions.why.nearest", name=pick.nearest.label(language),
                          away=away(pick.metres, language)))  # fmt: skip
    else:
        parts.append(text(language, "suggestions.why.no_site"))
    parts.append(text(language, "suggestions.why.within", metres=metres, within=count(pick.within),
                      gained=count(pick.gained)))  # fmt: skip
    if unit is Unit.SITE:
        parts.append(text(language, "suggestions.why.lanes", lanes=pick.lanes))
    elif pick.hours is not None:
        parts.append(text(language, "suggestions.why.hours", hours=rate(pick.hours, 1)))
    if pick.rough:
        parts.append(text(language, "suggestions.why.rough"))
    return text(language, "suggestions.why.join").join(parts)


def _row(pick: Pick, picture: SuggestionPicture, sites: Sites, language: str) -> html.Li:
    name, unit = pick_name(pick, language), sites.question.unit
    why = [reason(pick, picture, unit, language)]
    if unit is Unit.TEAM and pick.sampled is not None and pick.sampled < pick.gained:
        why.append(text(language, "suggestions.why.sampled", people=count(pick.sampled)))
    town = pick.town.label(language) if pick.town else UNKNOWN
    return html.Li(
        [
            html.Span(str(pick.number), className="sg-number", **{"aria-hidden": "true"}),
            html.Div(
                [
                    html.Div([html.B(name), html.Span(town, className="mut")], className="sg-name"),
                    html.Div(text(language, "suggestions.why.join").join(why), className="t12 mut sg-why"),
                ],
                className="sg-what",
            ),
            html.Div(
                [
                    html.B(f"+{count(pick.gained)}"),
                    html.Span(text(language, "suggestions.people"), className="faint"),
                ],
                className="sg-gain",
            ),
            _to_planning(pick, picture, unit, language),
        ],
        className="sg-row",
    )


def _to_planning(pick: Pick, picture: SuggestionPicture, unit: Unit, language: str) -> Component:
    """Puts it on the planning list, as a wish nobody has approved. The key is made of what is sent: whoever sends the
    same again changes nothing."""
    planning = href("planning", campaign=picture.campaign.id, place=picture.place.code, language=language)
    if pick.planned is not None:
        said = text(language, "suggestions.listed_as", number=pick.planned)
        return html.Span(dcc.Link([icon("ok", "ok"), said], href=planning, className="t12"), className="sg-put")
    if pick.town is None or pick.town.level is not Level.TOWN:
        return html.Span(className="sg-put")
    body = {
        "town": pick.town.code,
        "name": text("zh", "suggestions.planned_name", name=pick_name(pick, "zh")),
        "name_en": text("en", "suggestions.planned_name", name=pick_name(pick, "en")),
        "lon": pick.lon,
        "lat": pick.lat,
        "kind": KINDS[unit].value,
        "lanes": pick.lanes if unit is Unit.SITE else 1,
        "source": "suggestion",
        "note": reason(pick, picture, unit, language),
    }
    made_of = json.dumps(body, sort_keys=True)
    body["key"] = f"suggestion/{hashlib.blake2b(made_of.encode(), digest_size=9).hexdigest()}"
    return html.Span(
        [
            html.Button(
                text(language, "suggestions.put"),
                type="button",
                className="btn",
                title=text(language, "suggestions.put_title"),
                **{"data-put": json.dumps(body, ensure_ascii=False), "data-needs": Action.PLAN_SITES,
                   "data-c": f"put-{pick.number}"},
            ),
            dcc.Link(
                [icon("ok", "ok"), text(language, "suggestions.listed")], href=planning, className="sg-listed t12"
            ),
        ],
        className="sg-put",
    )  # fmt: skip


def _towns(sites: Sites, picture: SuggestionPicture, language: str) -> list[Component]:
    """Coverage before and after, of the towns that gain."""
    if not sites.towns or picture.place.level is Level.TOWN:
        return []
    parts = [
        html.Li(
            [
                html.Span(row.place.label(language), className="sg-town"),
                html.Span(
                    [
                        percent(row.covered / row.people if row.people else None),
                        " → ",
                        html.B(percent((row.covered + row.gained) / row.people if row.people else None)),
                    ],
                    className="nw",
                ),
                html.Span(f"+{count(row.gained)}", className="r nw mut"),
            ]
        )
        for row in sites.towns
    ]
    head = html.H3(text(language, "suggestions.towns"), className="t12 mut")
    return [html.Div([head, html.Ul(parts)], className="sg-towns t12")]
