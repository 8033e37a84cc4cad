"""The town page (镇街): which hour, how the hour stands, and for a place above towns how much each has to do.

The list itself is drawn by `town_list`; `assets/2-scripts/town.js` acts on both.
"""

from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import UNKNOWN, count, percent, period
from components.icons import icon, severity_name
from components.links import href
from components.names import short_name
from components.panel import bar, value
from components.stamp import stamp
from domain.decisions import UNDO_SHOWN
from domain.overview import Figures
from domain.passport import Figure
from domain.permissions import Action
from domain.places import Level
from domain.status import Severity
from domain.town import Group, HourChoice, PlaceWork, TownPicture
from locales import text


def town_stamp(rows: TownPicture, language: str) -> Component:
    """The as-of bar, with how large the place is."""
    facts = [text(language, "town.sites", count=count(rows.seen.sites))]
    if rows.seen.target is not None:
        facts.append(text(language, "town.target", persons=count(rows.seen.target)))
    return stamp(rows.seen, language, text(language, "format.dot").join(facts))


def town_hours(rows: TownPicture, language: str) -> Component:
    """The hour selector: under each hour how many reported of how many should; hours to come are inert."""
    items = [
        html.Li(_choice(choice, rows, language), **({"aria-current": "true"} if choice.period == rows.period else {}))
        for choice in rows.hours
    ]
    if rows.hours and rows.hours[0].period > 0:
        before = rows.seen.hours[rows.hours[0].period - 1]
        to = _at_hour(rows, before.start, language)
        label = text(language, "town.hours_earlier")
        parts = [icon("left"), html.Span(label, className="visually-hidden")]
        items.insert(0, html.Li(dcc.Link(parts, href=to, className="hour")))
    title = text(language, "town.hours")
    return html.Div(
        [
            html.H2(title, className="t12 faint"),
            html.Nav(html.Ul(items), className="hours", **{"aria-label": title}),
            html.Span(className="sp"),
            # The script puts the search box here: its text has to survive every new picture.
            html.Span(className="town-search", **{"data-town-search": ""}) if rows.sites else "",
        ],
        className="town-hours",
    )


def _at_hour(rows: TownPicture, start: datetime, language: str, place: str | None = None) -> str:
    campaign = rows.seen.campaign
    code = place or rows.seen.place.code
    return href("town", campaign=campaign.id, place=code, language=language, hour=campaign.local(start))


def _choice(choice: HourChoice, rows: TownPicture, language: str) -> Component:
    name = period(choice.end, rows.seen.campaign, language)
    if not choice.open:
        label = text(language, "town.hours_option_not_yet", hour=name)
        parts = [html.Span(name), html.Span(text(language, "town.hours_not_yet"), className="faint")]
        return html.Span(parts, className="hour to-come", title=label)
    done = choice.reported >= choice.expected
    counted = [icon("tick", "ok"), count(choice.reported)] if done else f"{choice.reported}/{choice.expected}"
    said = text(
        language, "town.hours_option", hour=name, reported=count(choice.reported), expected=count(choice.expected)
    )
    return dcc.Link(
        [html.Span(name), html.Span(counted, className="mut")],
        href=_at_hour(rows, choice.start, language),
        className="hour on" if choice.period == rows.period else "hour",
        title=said,
    )


def town_strip(rows: TownPicture, language: str) -> Component:
    """The hour in figures, the town's sum with its verified share, and the one button for everything clean."""
    name = period(rows.end, rows.seen.campaign, language)
    groups = rows.groups
    place, hour = rows.seen.place.code, rows.seen.campaign.local(rows.start)

    def asked(which: Figure) -> Of:
        return Of(which, place, hour)

    submitted = groups.get(Group.ATTENTION, 0) + groups.get(Group.CLEAN, 0) - _missing(rows)
    tiles = [
        _tile(
            text(language, "town.tile.reported", hour=name),
            value(
                "town-reported", count(rows.reported), f"/ {count(rows.expected)}", asked(Figure.REPORTED), language
            ),
            "desk-only",
        ),
        _number(language, "submitted", submitted),
        _number(language, "verified", groups.get(Group.VERIFIED, 0)),
        _number(language, "returned", groups.get(Group.RETURNED, 0)),
        _number(language, "missing", _missing(rows)),
        _doubts(rows, language) if rows.sites else None,
        _sum("hour", text(language, "town.tile.persons", hour=name), rows.figures, place, hour, language),
        _sum("day", text(language, "town.tile.day"), rows.seen.figures, place, None, language),
        _scanned(rows, language)
        or _tile(
            text(language, "town.tile.tubes"),
            html.Span(
                [
                    value("town-tubes", count(rows.figures.tubes), "", asked(Figure.TUBES), language),
                    html.Span(" / ", className="faint"),
                    value("town-copies", count(rows.figures.third_copies), "", asked(Figure.THIRD_COPIES), language),
                ],
                className="v pair-of",
            ),
            "desk-only",
        ),
    ]
    return html.Div(
        [
            html.Div([tile for tile in tiles if tile is not None], className="town-tiles"),
            _bulk(rows, submitted, language),
        ],
        className="town-strip",
    )


def _scanned(rows: TownPicture, language: str) -> html.Div | None:
    """The day's tubes as three counts that should be one; nothing where none has been scanned."""
    tubes = rows.tubes
    if tubes is None:
        return None
    parts: list[Component] = []
    for name, number in (("used", tubes.used), ("kept", tubes.third_copies), ("received", tubes.received)):
        if parts:
            parts.append(html.Span(" / ", className="faint"))
        parts.append(value(f"town-{name}", count(number)))
    to = href("ledger", campaign=rows.seen.campaign.id, place=rows.seen.place.code, language=language)
    shown = dcc.Link(html.Span(parts, className="v pair-of"), href=to, className="plain")
    return _tile(text(language, "town.tile.scanned"), shown, "desk-only")


def _missing(rows: TownPicture) -> int:
    return max(rows.expected - rows.reported, 0) if rows.due else 0


def _tile(label: str, figure: Component, extra: str = "", note: Component | str = "") -> html.Div:
    parts = [html.Div(label, className="l"), html.Div(figure, className="f")]
    if note:
        parts.append(html.Div(note, className="n"))
    return html.Div(parts, className=f"tile {extra}".strip())


def _number(language: str, name: str, number: int) -> html.Div:
    return _tile(text(language, f"town.tile.{name}"), value(f"town-{name}", count(number)), f"tile-{name}")


def _sum(key: str, label: str, figures: Figures, place: str, hour: datetime | None, language: str) -> html.Div:
    """Persons with the share that is verified: what comes from verified reports is the filled part of the bar."""
    share = figures.verified_share
    persons = count(figures.persons) if figures.reports else UNKNOWN
    verified = figure(
        text(language, "town.tile.persons_verified", share=percent(share)),
        Of(Figure.VERIFIED_SHARE, place, hour),
        language,
        **{"data-key": f"town-{key}-share", "data-value": percent(share)},
    )
    note = html.Span([bar(share), verified])
    shown = value(f"town-{key}", persons, text(language, "unit.persons"), Of(Figure.PERSONS, place, hour), language)
    return _tile(label, shown, f"tile-sum tile-{key}", note)


def _doubts(rows: TownPicture, language: str) -> html.Div:
    """How many reports are doubtful, by severity."""
    waiting = [row for row in rows.sites if row.group is Group.ATTENTION]
    counts = {s: sum(row.severity is s for row in waiting) for s in (Severity.CRIT, Severity.WARN)}
    marks = [
        html.Span(
            [icon(severity), html.Span(severity_name(severity, language), className="visually-hidden"), f" {number}"],
            className=str(severity),
        )
        for severity, number in counts.items()
        if number
    ]
    none = html.Span(text(language, "town.tile.no_doubts"), className="faint")
    return _tile(text(language, "town.tile.doubts"), html.Span(marks or none, className="v marks"), "desk-only")


def _bulk(rows: TownPicture, waiting: int, language: str) -> html.Div:
    """Everything clean at once. The button names the reports it verifies, so that what it says is what it does."""
    clean = [row.sent.key for row in rows.sites if row.group is Group.CLEAN and row.sent is not None]
    if not rows.sites:
        return html.Div(className="town-bulk none")
    said = text(language, "town.bulk.verify", count=len(clean)) if clean else text(language, "town.bulk.none")
    return html.Div(
        [
            html.Span(
                text(language, "town.bulk.waiting", waiting=waiting, clean=len(clean)), className="t12 mut desk-only"
            ),
            html.Button(
                said,
                type="button",
                className="btn pri" if clean else "btn",
                disabled=not clean,
                **{
                    "data-town-act": "verify-clean",
                    "data-needs": Action.DECIDE_REPORTS,
                    "data-reports": "\n".join(clean),
                },
            ),
            html.Span(
                text(language, "town.bulk.note", seconds=int(UNDO_SHOWN.total_seconds())),
                className="t12 faint phone-only",
                **{"data-needs": Action.DECIDE_REPORTS},
            ),
        ],
        className="town-bulk" if clean else "town-bulk none",
    )


def places(rows: TownPicture, language: str) -> Component:
    """The places below, those with the most to do first; each links to its own list of the same hour."""
    city = rows.seen.place.level is Level.CITY
    title = text(language, "town.places_city" if city else "town.places")
    if not rows.places:
        return html.Div(
            [panel.head(title), states.message("file", "", text(language, "town.no_sites"))], className="fill"
        )
    heads = ("place", "reported", "attention", "returned", "clean", "verified", "persons", "share")
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(
                            text(language, f"town.places_column.{name}{'_city' if city and name == 'place' else ''}"),
                            scope="col",
                            className="" if name in ("place", "share") else "r",
                        )
                        for name in heads
                    ]
                )
            ),
            html.Tbody([_place_line(row, rows, language) for row in rows.places]),
        ],
        className="tb town-places",
    )
    name = period(rows.end, rows.seen.campaign, language)
    return html.Div(
        [
            panel.head(title, name),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
        ],
        className="fill",
    )


def _place_line(row: PlaceWork, rows: TownPicture, language: str) -> html.Tr:
    place = row.place
    to = _at_hour(rows, rows.start, language, place.code)
    if place.level is Level.SITE:
        to = href("site", campaign=rows.seen.campaign.id, place=place.code, language=language)
    attention, returned = row.groups.get(Group.ATTENTION, 0), row.groups.get(Group.RETURNED, 0)
    share = row.figures.verified_share

    def number(name: str, written: str, colour: str = "") -> html.Td:
        label = text(language, f"town.places_column.{name}")
        return html.Td(written, className=f"r {colour}".strip(), **{"data-label": label})

    late = rows.due and row.reported < row.expected
    return html.Tr(
        [
            html.Th(dcc.Link(short_name(place, language), href=to, title=place.label(language)), scope="row"),
            number("reported", f"{count(row.reported)}/{count(row.expected)}", "miss b" if late else ""),
            number("attention", count(attention), "warn b" if attention else "faint"),
            number("returned", count(returned), "b" if returned else "faint"),
            number("clean", count(row.groups.get(Group.CLEAN, 0))),
            number("verified", count(row.groups.get(Group.VERIFIED, 0))),
            number("persons", count(row.figures.persons) if row.figures.reports else UNKNOWN, "b"),
            html.Td(
                [bar(share), html.Span(percent(share), className="nw")],
                className="share",
                **{"data-label": text(language, "town.places_column.share")},
            ),
        ],
        key=place.code,
    )
