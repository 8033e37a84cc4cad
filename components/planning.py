"""The page of the planning list (采样点规划): a line for each planned site, what waits for somebody first; beside it
everything on record of the one that is chosen. `planning.js` chooses, filters, asks for it and opens the forms."""

from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.format import UNKNOWN, count
from components.icons import icon
from components.kinds import kind_name
from components.names import short_name
from components.panel import Part
from components.planning_words import CREW, LAYOUT, done_words, share_words, stamp, state_chip
from domain.permissions import Action
from domain.planning import State
from domain.planning_list import Planned, PlanningList
from domain.planning_needs import Group
from locales import text

COLUMNS = ("state", "name", "town", "lanes", "green_channels", "layout", "crew", "kit", "approved")
FIGURES = ("lanes", "green_channels", "layout", "crew", "kit")

MOST = 500
"""Lines of the list; those that wait for somebody stand first. A town's page and the file have the others."""


def planning_panel(rows: PlanningList, language: str) -> Component:
    """Every planned site in a line."""
    title = text(language, "planning.title")
    head = panel.head(title, _note(rows, language), _ways_out(rows, language))
    if not rows.sites:
        empty = states.message("file", "", text(language, "planning.none"), text(language, "planning.none_next"))
        return html.Div([head, empty], className="fill")
    heads = [
        html.Th(
            text(language, f"planning.column.{name}"), scope="col", className="r" if name in FIGURES else f"c-{name}"
        )
        for name in COLUMNS
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(site, language) for site in rows.sites[:MOST]])],
        className="tb plan-table",
    )
    nothing = html.P(text(language, "planning.none_match"), className="plan-nothing mut", hidden=True)
    below = [nothing]
    if len(rows.sites) > MOST:
        below.append(
            html.P(text(language, "planning.more", count=len(rows.sites) - MOST), className="plan-nothing mut")
        )
    scroll = html.Div([table, *below], className="scroll", tabIndex="0", role="group", **{"aria-label": title})
    return html.Div([head, _filters(rows, language), scroll], className="fill plan-list")


def planned_place(rows: PlanningList, language: str) -> Component:
    """Where everything on record of one planned site stands; `planning.js` asks for the one that is chosen."""
    return html.Div(className="fill plan-details")


def _note(rows: PlanningList, language: str) -> str:
    said = [text(language, "planning.note", count=len(rows.sites), capacity=count(rows.capacity))]
    if rows.unlisted:
        said.append(text(language, "planning.unlisted", count=rows.unlisted))
    if rows.campaign.demo:
        said.append(text(language, "planning.demo"))
    return text(language, "format.dot").join(said)


def _ways_out(rows: PlanningList, language: str) -> list[Part]:
    base = f"/export/{quote(rows.campaign.id)}/{quote(rows.place.code, safe='')}/planning"
    files = [
        html.A(
            [icon("export"), name.upper()],
            href=f"{base}.{name}?lang={language}",
            className="btn",
            download="",
            title=text(language, "planning.export", format=name.upper()),
        )
        for name in ("csv", "xlsx")
    ]
    wanted = html.Button(
        [icon("plus"), text(language, "planning.do.applied")],
        type="button",
        className="btn pri",
        **{"data-plan-form": "applied"},
    )
    return [
        html.Span(files, className="plan-files", **{"data-needs": Action.EXPORT.value}),
        html.Span(wanted, **{"data-needs": Action.PLAN_SITES.value}),
    ]


def _filters(rows: PlanningList, language: str) -> html.Div:
    """How many planned sites are in each state; pressing one shows only those. Beside it one town."""
    shown = [(state.value, rows.counts[state]) for state in State if rows.counts[state]]
    buttons = [
        html.Button(
            [
                text(language, "planning.all" if name == "all" else f"planning.state.{name}"),
                html.Span(f" {number}"),
            ],
            type="button",
            **{"data-plan-state": name, "aria-pressed": str(name == "all").lower()},
        )
        for name, number in [("all", len(rows.sites)), *shown]
    ]
    beside = sum(site.beside for site in rows.sites)
    if beside:
        word = text(language, "planning.overrides")
        buttons.append(
            html.Button(
                [icon("warn", "warn"), word, html.Span(f" {beside}")],
                type="button",
                **{"data-plan-state": "beside", "aria-pressed": "false"},
            )
        )
    parts: list[Component] = [
        html.Span(buttons, className="seg", role="group", **{"aria-label": text(language, "planning.by_state")})
    ]
    if len(rows.towns) > 1:
        present = {site.town.code for site in rows.sites}
        options = [html.Option(text(language, "planning.all_towns"), value="")]
        options += [html.Option(town.label(language), value=town.code) for town in rows.towns if town.code in present]
        label = text(language, "planning.by_town")
        # A list of the page's own, which asks the server nothing.
        parts.append(
            html.Select(options, className="select plan-town", **{"aria-label": label, "data-plan-town": ""})
        )
    return html.Div(parts, className="plan-filters")


def _line(site: Planned, language: str) -> html.Tr:
    wish = site.wish
    choose = html.Button(
        site.label(language),
        type="button",
        className="lab-choose",
        **{"data-plan-choose": str(site.number), "aria-expanded": "false", "aria-controls": f"plan-{site.number}"},
    )

    def cell(column: str, content: Part | list[Part], extra: str = "") -> html.Td:
        # On a phone there is no head above it: the cell says what it is.
        label = {"data-label": text(language, f"planning.column.{column}")}
        return html.Td(content, className=f"c-{column} {extra}".strip(), **label)

    status: list[Part] = [state_chip(site.state, language)]
    if site.released is not None:
        why = f"{done_words(site.released, site.campaign)}: {site.why}"
        status.append(_flag(text(language, "planning.released"), why))
    if site.approved_over:
        said = text(language, "planning.approved_over", count=site.approved_over)
        status.append(_flag(said, said))
    status.append(html.Div(stamp(site.since, site.campaign), className="t12 faint"))
    about = text(language, "format.dot").join([site.code, kind_name(wish.kind, language)])
    lanes: list[Part] = [html.B(count(site.lanes))]
    if site.capacity is not None:
        lanes.append(html.Div(count(site.capacity), className="t12 faint"))
    return html.Tr(
        [
            html.Td(status, className="c-state"),
            html.Td([choose, html.Div(about, className="t12 faint plan-about")], className="c-name"),
            cell("town", short_name(site.town, language)),
            cell("lanes", lanes, "r"),
            cell("green_channels", count(site.green_channels), "r"),
            cell("layout", _share(site, *LAYOUT), "r"),
            cell("crew", _share(site, *CREW), "r"),
            cell("kit", _share(site, Group.KIT), "r"),
            cell("approved", _approved(site)),
        ],
        key=str(site.number),
        **{
            "data-plan-line": str(site.number),
            "data-state": site.state.value,
            "data-town": site.town.code,
            "data-beside": "1" if site.beside else "",
        },
    )


def _flag(word: str, why: str) -> html.Div:
    return html.Div([icon("warn"), word], className="plan-flag warn t12", title=why)


def _share(site: Planned, *groups: Group) -> Part:
    """How many of the items there are; the shape says that some are missing."""
    words = share_words(site, *groups)
    there, of = site.share(*groups)
    if words == UNKNOWN or there == of:
        return words
    return html.Span([icon("warn"), words], className="plan-short warn b")


def _approved(site: Planned) -> list[Part]:
    if site.approved is None:
        return [html.Span(UNKNOWN, className="faint")]
    return [site.approved.by, html.Div(stamp(site.approved.at, site.campaign), className="t12 faint")]
