"""Registration modes (登记方式): which system the sites work with, since when, how many people that touches."""

from itertools import groupby

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.form_parts import select, tap, write
from components.format import UNKNOWN, count, when
from components.icons import icon
from components.links import href, place_href
from components.panel import bar
from components.problem_words import setting_words
from components.way_down import way_down
from data.queries.problems import Desk, Information
from domain.campaign import Campaign
from domain.modes import ENTRANCES, Mode, ModeCell, ModeLine, Modes
from domain.permissions import Action
from domain.places import Level
from domain.site_groups import lists_towns
from locales import text

ICONS = {Mode.PROVINCE: "tick", Mode.OFFLINE_APP: "off", Mode.CITY: "link"}
NAMED = 12
"""Sites a cell names at most."""

AGO = (0, 10, 30, 60, 120)
"""Minutes ago a change may have been made, to choose from."""


def modes_panel(rows: Desk, language: str) -> Component:
    """One cell per mode in the order to fall back in, the entrances, and the way to set one. Of a single site its own
    mode and every change of it."""
    if rows.overview.place.level is Level.SITE:
        return _own(rows, language)
    modes, campaign = rows.modes, rows.overview.campaign
    order = text(language, "modes.order", order=" → ".join(text(language, f"modes.mode.{m}") for m in Mode))
    cells = [_cell(cell, modes, campaign, language) for cell in modes.cells if cell.mode is not None]
    unset = [cell for cell in modes.cells if cell.mode is None]
    note = text(language, "modes.note", sites=count(modes.total))
    if unset:
        note += text(language, "format.dot") + text(language, "modes.unset_sites", count=count(len(unset[0].sites)))
    return html.Div(
        [
            panel.head(
                text(language, "modes.title"),
                note,
                [
                    html.Span(order, className="t12 mut ell", title=order),
                    _change_button(language),
                ],
            ),
            html.Div([*cells, _entrances(modes, campaign, language)], className="md"),
            _set_form(rows, language, alone=False),
        ],
        key=f"modes-{rows.overview.place.code}-{language}",
        className="fill",
        **{"data-modes": campaign.id},
    )


def _cell(cell: ModeCell, modes: Modes, campaign: Campaign, language: str) -> html.Div:
    assert cell.mode is not None
    since = text(language, "modes.since", at=when(cell.since, campaign, language)) if cell.since else ""
    if len(cell.sites) > 1 and since and len({s.change.since for s in cell.sites if s.change}) > 1:
        since = text(language, "modes.earliest", since=since)
    fallen = cell.mode is not Mode.PROVINCE and cell.sites
    lines: list[Component] = [
        html.Div(
            [
                html.Span(
                    icon(ICONS[cell.mode]), className="warn" if fallen and cell.mode is Mode.OFFLINE_APP else "mut"
                ),
                html.B(text(language, f"modes.mode.{cell.mode}")),
                html.Span(since, className="faint t12"),
            ],
            className="md-head",
        ),
        html.Div(
            [html.B(count(len(cell.sites))), html.Small(text(language, "modes.of", sites=count(modes.total)))],
            className="md-count",
        ),
        bar(len(cell.sites) / modes.total if modes.total else None),
        html.Div(people(cell, language), className="t12 mut ell", title=people(cell, language)),
        _names(cell, modes, campaign, language),
    ]
    return html.Div(lines, className="md-cell")


def people(cell: ModeCell | ModeLine, language: str) -> str:
    """How many people it touches: the sum of the sites' targets, and what they reported for the last hour."""
    if not cell.sites:
        return UNKNOWN
    return text(language, "modes.people", target=count(cell.target), last_hour=count(cell.last_hour))


def _people_short(cell: ModeLine, language: str) -> str:
    """The same for a line: those of the last hour, before the first one the targets."""
    if cell.last_hour is None:
        return text(language, "modes.people_target", target=count(cell.target))
    return text(language, "modes.people_hour", last_hour=count(cell.last_hour))


def _names(cell: ModeCell, modes: Modes, campaign: Campaign, language: str) -> html.Div:
    """The sites that changed last, by when; of the first mode only how often any site has changed."""
    if cell.mode is Mode.PROVINCE:
        return html.Div(text(language, "modes.switches", count=count(modes.switches)), className="t12 faint")
    changed = [(s.change.since, s.site) for s in cell.sites if s.change is not None]
    parts: list[Component | str] = []
    said: list[str] = []
    for since, group in groupby(changed[:NAMED], key=lambda pair: pair[0]):
        sites = [site for _, site in group]
        at = when(since, campaign, language)
        said.append(f"{at} {' '.join(site.label(language) for site in sites)}")
        parts.append(f"{text(language, 'format.dot') if parts else ''}{at}")
        for site in sites:
            to = place_href(site.code, True, campaign=campaign.id, language=language)
            parts += [" ", dcc.Link(site.label(language), href=to)]
    if len(changed) > NAMED:
        more = text(language, "modes.more", count=count(len(changed) - NAMED))
        parts.append(more)
        said.append(more)
    whole = text(language, "format.dot").join(said)
    return html.Div(parts, className="t12 faint ell md-names", title=whole)


def _entrances(modes: Modes, campaign: Campaign, language: str) -> html.Div:
    """Sites per entrance as bars, with a tick at the capacity where the campaign states one."""
    most = max([1, *(entrance.sites for entrance in modes.entrances)])
    scale = max(most, modes.capacity or 0) * 1.1
    capacity = modes.capacity
    limit = text(language, "modes.capacity", count=capacity) if capacity else text(language, "modes.no_capacity")
    lines: list[Component] = [
        html.Div(
            [
                html.Span(text(language, "modes.entrances")),
                html.Span(limit),
                html.Span(text(language, "modes.column.sites"), className="r"),
                html.Span(text(language, "modes.column.since"), className="r"),
            ],
            className="en faint",
        )
    ]
    for entrance in modes.entrances:
        share = entrance.sites / capacity if capacity else 0.0
        severity = "crit" if share > 1 else "warn" if share >= 0.75 else ""
        sites: list[Component | str] = [icon(severity), " "] if severity else []
        lines.append(
            html.Div(
                [
                    html.B(text(language, "modes.entrance", number=entrance.number)),
                    bar(
                        entrance.sites / scale,
                        capacity / scale if capacity else None,
                        f"bar-{severity}" if severity else "",
                    ),
                    html.Span([*sites, count(entrance.sites)], className=f"r b {severity}".strip()),
                    html.Span(when(entrance.since, campaign, language), className="r mut"),
                ],
                className="en",
            )
        )
    return html.Div(lines, className="md-cell md-entrances")


def _change_button(language: str) -> html.Span:
    button = html.Button(
        text(language, "modes.change"),
        type="button",
        className="btn",
        **{"data-toggle-modes": "", "aria-expanded": "false"},
    )
    return html.Span(button, **{"data-needs": Action.SET_MODES})


def _set_form(rows: Desk, language: str, alone: bool) -> html.Div:
    """Which sites, which mode, which entrance, since when, why. Sites are told apart from what somebody else set
    meanwhile by the number of the change looked at."""
    parts: list[Component] = [] if alone else [_sites(rows, language)]
    modes = [tap(text(language, f"modes.mode.{mode}"), "mode", mode.value) for mode in Mode]
    entrances = [tap(text(language, "modes.entrance", number=n), "entrance", str(n)) for n in ENTRANCES]
    since = [
        (str(minutes), text(language, "problems.just_now") if not minutes else
         text(language, "modes.minutes_ago", minutes=minutes))
        for minutes in AGO
    ]  # fmt: skip
    settings: list[Component] = [
        html.Div([html.H3(text(language, "modes.to")), html.Div(modes, className="taps taps-3", role="group",
                                                                **{"aria-label": text(language, "modes.to")})]),
        html.Div([html.H3(text(language, "modes.which_entrance")),
                  html.Div(entrances, className="taps taps-4", role="group",
                           **{"aria-label": text(language, "modes.which_entrance")})],
                 **{"data-entrances": ""}),
        select(text(language, "modes.since_when"), "ago", since),
        write(text(language, "modes.why"), "note", 500, rows=1),
        html.Div(
            [
                html.Button(text(language, "modes.set"), type="button", className="btn pri", disabled=True,
                            **{"data-set-modes": ""}),
                html.Span(className="rf-said", role="status"),
            ],
            className="pf-actions",
        ),
    ]  # fmt: skip
    parts.append(html.Div(settings, className="mf-settings"))
    place = rows.overview.place
    own = rows.history[0].number if rows.history else 0
    return html.Div(
        parts,
        className="mf" if alone else "mf mf-wide",
        hidden=not alone,
        **{
            "data-now": rows.overview.now.isoformat(),
            "data-site": place.code if alone else "",
            "data-seen": str(own),
            "data-unsent": text(language, "problems.unsent"),
            "data-done": text(language, "modes.done"),
            "data-needs": Action.SET_MODES,
        },
    )


def _sites(rows: Desk, language: str) -> html.Div:
    """Every site to choose from with what it works in, by town; of a city, the way to its districts' sites."""
    seen = rows.overview
    if lists_towns(seen.place, seen.sites):
        said = text(language, "way_down.modes")
        return way_down(said, [child.place for child in seen.children], "problems", seen, language)
    taps: dict[str, list[Component]] = {}
    for site in sorted((s for cell in rows.modes.cells for s in cell.sites), key=lambda s: s.site.code):
        change = site.change
        mode = setting_words(change.mode, change.entrance, language) if change else text(language, "modes.unset")
        said = f"{site.site.label(language)}{text(language, 'format.dot')}{mode}"
        extra = {"data-many": "", "data-seen": str(change.number if change else 0)}
        town = site.town.label(language) if site.town else ""
        taps.setdefault(town, []).append(tap(said, "site", site.site.code, **extra))
    alone = len(taps) == 1
    groups = [
        html.Details(
            [
                html.Summary(f"{town} {count(len(buttons))}"),
                html.Div(buttons, className="taps", role="group", **{"aria-label": town}),
            ],
            open=alone,
        )
        for town, buttons in taps.items()
    ]
    label = text(language, "modes.which")
    return html.Div(
        [html.H3(label), html.Div(groups, className="mf-sites", tabIndex="0", role="group", **{"aria-label": label})]
    )


def _own(rows: Desk, language: str) -> Component:
    """One site: what it works with, the way to change it, every change with since when and by whom."""
    campaign = rows.overview.campaign
    current = rows.history[0] if rows.history else None
    now = setting_words(current.mode, current.entrance, language) if current else text(language, "modes.unset")
    since = text(language, "modes.since", at=when(current.since, campaign, language)) if current else ""
    items = [
        html.Li(
            [
                html.Span(when(change.since, campaign, language), className="faint"),
                html.Span(
                    [
                        html.B(setting_words(change.mode, change.entrance, language)),
                        " ",
                        text(language, "modes.set_by", by=change.by, at=when(change.recorded_at, campaign, language)),
                        f"{text(language, 'format.dot')}{change.note}" if change.note else "",
                    ]
                ),
            ]
        )
        for change in rows.history
    ]
    return html.Div(
        [
            panel.head(text(language, "modes.title")),
            html.Div([html.B(now, className="t20"), html.Span(since, className="mut")], className="md-own"),
            _set_form(rows, language, alone=True),
            html.Div(
                [html.H3(text(language, "modes.history")), html.Ul(items, className="pc-events")],
                className="md-history",
            ),
        ],
        key=f"modes-{rows.overview.place.code}-{language}",
        className="fill",
        **{"data-modes": campaign.id},
    )


def information_strip(rows: Information, language: str) -> Component:
    """One line for the overview: problems open and overdue, and the modes with since when and how many people."""
    board, campaign, place = rows.board, rows.overview.campaign, rows.overview.place
    to = href("problems", campaign=campaign.id, place=place.code, language=language)
    overdue: Component = html.Span([icon("ok"), text(language, "information.none_overdue")], className="ok")
    if board.overdue:
        overdue = html.Span(
            [icon("crit"), text(language, "problems.overdue", count=board.overdue)], className="crit b"
        )
    levels = [
        html.Span([text(language, f"level.{column.level}"), " ", html.B(count(column.open))], className="mut")
        for column in board.columns
    ]
    cells: list[Component] = [
        html.Div(
            [
                dcc.Link([text(language, "information.problems"), " ", html.B(count(board.open))], href=to),
                overdue,
                *levels,
            ],
            className="is-cell",
        )
    ]
    for cell in rows.modes:
        name = text(language, f"modes.mode.{cell.mode}") if cell.mode else text(language, "modes.unset")
        parts: list[Component] = [
            html.Span([icon(ICONS[cell.mode]) if cell.mode else icon("miss"), " ", name], className="mut"),
            html.B(text(language, "modes.sites", count=count(cell.sites))),
        ]
        if cell.since is not None:
            key = "modes.since"
            parts.append(html.Span(text(language, key, at=when(cell.since, campaign, language)), className="faint"))
        parts.append(html.Span(_people_short(cell, language), className="faint ell", title=people(cell, language)))
        cells.append(html.Div(parts, className="is-cell"))
    return html.Div(cells, className="is")
