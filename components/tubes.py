"""The page of tubes (试管与实验室): how many wait where, since when, against what each laboratory can do."""

from datetime import datetime
from functools import partial

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.ages import by_count_mark, hours, oldest, stage_note
from components.format import UNKNOWN, clock, count, day, short
from components.icons import icon
from components.kpis import tile
from components.links import href
from components.panel import value
from components.stamp import stamp
from domain.backlog import Waiting
from domain.overview import Overview
from domain.places import Level
from domain.status import Severity
from domain.tube_page import TubesPicture
from domain.tubes import Stage
from figures.ages import ages_figure
from figures.backlog import Words, backlog_figure
from locales import text

IN_A_ROW = 12
"""Laboratories whose names have room beside each other; more, as in a city, stand in a menu."""


def tubes_stamp(rows: tuple[Overview, TubesPicture], language: str) -> Component:
    """The as-of bar with the choice of the laboratory."""
    seen, picture = rows
    return stamp(seen, language, said=lab_choice(picture, language))


def lab_choice(rows: TubesPicture, language: str) -> list[Component]:
    """All laboratories or one of them; the choice is in the address. Nothing to choose where there are none."""
    labs = [row.lab for row in rows.backlogs.labs]
    if not labs:
        return []
    chosen = rows.chosen.lab.code if rows.chosen is not None else ""
    items = [_choice("", text(language, "tubes.all_labs"), not chosen, rows, language)]
    items += [_choice(lab.code, lab.label(language), lab.code == chosen, rows, language) for lab in labs]
    label = text(language, "tubes.choose_lab")
    if len(labs) > IN_A_ROW:
        shown = rows.chosen.lab.label(language) if rows.chosen is not None else ""
        summary = shown or text(language, "tubes.many_labs", count=count(len(labs)))
        menu = html.Details(
            [html.Summary([summary, icon("down")]), html.Ul([html.Li(item) for item in items], className="menu")],
            className="chooser",
        )
        return [html.Nav(menu, className="lab-choice lab-menu", **{"aria-label": label})]
    return [html.Nav(html.Div(items, className="seg"), className="lab-choice", **{"aria-label": label})]


def _choice(code: str, name: str, on: bool, rows: TubesPicture, language: str) -> Component:
    to, shown = _here(rows, language, code), html.Span(name, className="ell")
    if on:
        # A link of Dash cannot say that it is the one chosen.
        return html.A(shown, href=to, className="on", title=name, **{"aria-current": "true"})
    return dcc.Link(shown, href=to, title=name)


def _here(rows: TubesPicture, language: str, lab: str) -> str:
    campaign, place = rows.backlog.campaign, rows.backlogs.place
    return href("tubes", campaign=campaign.id, place=place.code, language=language, lab=lab)


def tubes_kpis(rows: TubesPicture, language: str) -> Component:
    """The strip: how many wait in each stage, how many are reported, when all of it is cleared."""
    backlog = rows.backlog
    unit = text(language, "unit.tubes")
    on_site, in_transit = backlog.stage(Stage.ON_SITE), backlog.stage(Stage.IN_TRANSIT)
    at_lab, testing = backlog.stage(Stage.AT_LAB), backlog.stage(Stage.TESTING)
    known = backlog.any

    def number(tubes: int) -> str:
        return count(tubes) if known else UNKNOWN

    at_labs_note = stage_note(at_lab, rows.by_count, language)
    if testing.tubes:
        at_labs_note.append(html.Span(text(language, "backlog.on_machines", tubes=count(testing.tubes))))
    reported_note: list[Component | str] = []
    if known:
        reported_note.append(text(language, "backlog.last_hour", tubes=count(backlog.last_hour[4])))
    if rows.by_count and backlog.reported_by_count:
        reported_note.append(by_count_mark(language))
    tiles = [
        tile(text(language, "stage.on_site"), value("on_site", number(on_site.tubes), unit),
             stage_note(on_site, rows.by_count, language)),
        tile(text(language, "stage.in_transit"), value("in_transit", number(in_transit.tubes), unit),
             stage_note(in_transit, rows.by_count, language)),
        tile(text(language, "stage.at_lab"), value("at_labs", number(backlog.at_labs), unit), at_labs_note),
        tile(text(language, "stage.reported"),
             value("reported", number(backlog.reported), unit), reported_note),
        _clear(rows, language),
    ]  # fmt: skip
    return html.Div(html.Div(tiles, className="kpis"))


def _clear(rows: TubesPicture, language: str) -> html.Div:
    """When it is cleared, never without its interval (design, section 7)."""
    label = text(language, "tubes.clear")
    if rows.clear is None:
        cleared = rows.backlog.any and not sum(stage.tubes for stage in rows.backlog.stages)
        elsewhere = {Level.TOWN: "above", Level.SITE: "above", Level.CITY: "below"}
        forecast = elsewhere.get(rows.backlogs.place.level)
        note = "tubes.cleared" if cleared else f"tubes.forecast_{forecast}" if forecast else "tubes.no_forecast"
        return tile(label, value("clear", UNKNOWN), [text(language, note)])
    return tile(
        label,
        value("clear", to_come(rows.clear.p50, rows, language)),
        [text(language, "kpi.interval", low=to_come(rows.clear.p10, rows, language),
              high=to_come(rows.clear.p90, rows, language))],
    )  # fmt: skip


def to_come(at: datetime, rows: TubesPicture, language: str) -> str:
    """A moment to come; one that is not today says so."""
    campaign = rows.backlog.campaign
    written = clock(at, campaign.zone)
    days = (campaign.local(at).date() - campaign.local(rows.backlog.now).date()).days
    if days == 1:
        return text(language, "tubes.tomorrow", clock=written)
    return written if not days else f"{day(at, campaign.zone, language)} {written}"


def flow_panel(rows: TubesPicture, language: str) -> Component:
    """The stages stacked over time, and what becomes of them."""
    title = text(language, "tubes.flow")
    if not rows.backlog.any:
        return html.Div([panel.head(title), empty(language)], className="fill")
    backlog = rows.backlog
    names = [text(language, f"stage.{name}") for name in ("at_lab", "in_transit", "on_site")]
    tubes = [backlog.at_labs, backlog.stage(Stage.IN_TRANSIT).tubes, backlog.stage(Stage.ON_SITE).tubes]
    labels = [f"{name} {count(n)}" for name, n in zip(names, tubes, strict=True)]
    peak = rows.peak
    words = Words(
        bands=(names[0], names[1], names[2]),
        labels=(labels[0], labels[1], labels[2]),
        forecast=text(language, "tubes.forecast"),
        peak=text(
            language,
            "tubes.peak",
            clock=clock(peak.at, backlog.campaign.zone),
            tubes=short(round(peak.total, -2), language),
        )
        if peak is not None
        else "",
        clear=text(language, "tubes.clear_at", clock=to_come(rows.clear.p50, rows, language)) if rows.clear else "",
    )
    note = text(language, "tubes.flow_note" if rows.path else "tubes.flow_note_past")
    if rows.chosen is not None:
        title = text(language, "format.dot").join((title, rows.chosen.lab.label(language)))
    date = partial(day, zone=backlog.campaign.zone, language=language)
    sentence = text(language, "format.list").join([*reversed(labels), *filter(None, (words.peak, words.clear))])
    marks = [by_count_mark(language)] if rows.by_count else []
    return html.Div(
        [panel.head(title, note, marks), panel.chart(backlog_figure(rows, words, date), sentence)],
        className="fill",
    )


def ages_panel(rows: TubesPicture, language: str) -> Component:
    """Four histograms: what waits in each stage by how long, and from sampling to report."""
    title = text(language, "tubes.ages")
    backlog = rows.backlog
    if not backlog.any:
        return html.Div([panel.head(title), empty(language)], className="fill")
    cells = [
        ("on_site", backlog.stage(Stage.ON_SITE).waiting, "@stage1", backlog.stage(Stage.ON_SITE).by_count),
        ("in_transit", backlog.stage(Stage.IN_TRANSIT).waiting, "@stage2", backlog.stage(Stage.IN_TRANSIT).by_count),
        ("at_lab", backlog.stage(Stage.AT_LAB).waiting, "@stage3", backlog.stage(Stage.AT_LAB).by_count),
        ("since_use", backlog.since_use, "@stage4", sum(stage.by_count for stage in backlog.stages)),
    ]
    return html.Div(
        [
            panel.head(title, text(language, "tubes.ages_note")),
            html.Div([_age_cell(*cell, language) for cell in cells], className="ages"),
        ],
        className="fill",
    )


def _age_cell(name: str, waiting: Waiting, colour: str, by_count: int, language: str) -> html.Div:
    heading = text(language, f"stage.{name}")
    limit = hours(waiting.limit_minutes, language)
    said = _age_words(waiting, limit, language)
    parts: list[Component] = [
        html.Div(
            [
                html.H3(heading),
                html.Span(text(language, "tubes.limit", limit=limit), className="faint"),
                *([by_count_mark(language)] if by_count else []),
            ],
            className="age-head",
        ),
        html.Div(said, className="age-said"),
    ]
    if waiting.tubes:
        hover = text(language, "tubes.age_hover", tubes="%{y:,.0f}", hours="%{customdata}") + "<extra></extra>"
        chart = ages_figure(
            waiting, colour, hover, f"{waiting.limit_minutes / 60:g}h", text(language, "tubes.hours_unit")
        )
        words = "".join(part for part in (heading, text(language, "format.colon"), _plain(waiting, limit, language)))
        parts.append(panel.chart(chart, words))
    else:
        parts.append(html.Div(text(language, "tubes.none_waits" if not by_count else "tubes.no_ages"),
                              className="age-none faint"))  # fmt: skip
    return html.Div(parts, className="age")


def _age_words(waiting: Waiting, limit: str, language: str) -> list[Component | str]:
    """The state in words: how many are over, else how near the nearest is."""
    if not waiting.tubes:
        return []
    said = _plain(waiting, limit, language)
    if waiting.severity is Severity.OK:
        return [icon("ok", "ok"), html.Span(said, className="mut")]
    return [html.Span([icon(waiting.severity), said], className=f"{waiting.severity} b")]


def _plain(waiting: Waiting, limit: str, language: str) -> str:
    if waiting.over:
        return text(language, "backlog.over", tubes=count(waiting.over), limit=limit)
    if waiting.near:
        return text(language, "tubes.near", tubes=count(waiting.near), age=oldest(waiting, language))
    return text(language, "tubes.none_over", age=oldest(waiting, language))


def empty(language: str) -> Component:
    """No tube events yet: what would bring them."""
    return states.message("file", "", text(language, "tubes.empty"), text(language, "tubes.empty_next"))
