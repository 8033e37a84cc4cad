"""The sites of a city, by district and town: their sums, and the way down to the lists of them."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.figure import Of, figure
from components.format import UNKNOWN, count, percent, rate, signed
from components.icons import icon
from components.links import href
from domain.passport import Figure
from domain.site_groups import GroupRow, SiteGroups
from domain.status import Severity
from locales import text

BEHIND = (Severity.WARN, Severity.CRIT)

COLUMNS = ("sites", "target", "persons", "completion", "gap", "hour", "tubes", "per_tube", "findings")


def site_groups(rows: SiteGroups, page: str, language: str) -> Component:
    """A table of towns by district; each name leads to the same `page` of that place."""
    title = text(language, "site_groups.title")
    towns = sum(len(group) for _, group in rows.groups)
    sites = sum(district.sites for district, _ in rows.groups)
    heads = [html.Th(text(language, "site_groups.column.place"), scope="col")]
    heads += [html.Th(text(language, f"site_groups.column.{name}"), scope="col", className="r") for name in COLUMNS]
    body: list[Component] = []
    for district, group in rows.groups:
        body.append(_line(district, rows, page, language, "sg-district"))
        body += [_line(town, rows, page, language, "sg-town") for town in group]
    note = text(language, "site_groups.note", sites=count(sites), towns=towns)
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb site-groups")
    return html.Div(
        [
            panel.head(title, note),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
        ],
        className="fill",
    )


def _line(row: GroupRow, rows: SiteGroups, page: str, language: str, kind: str) -> html.Tr:
    seen, code = rows.overview, row.place.code
    to = href(page, campaign=seen.campaign.id, place=code, language=language, hour=seen.hour)
    known = row.figures if row.figures.reports else None
    found: list[Component | str] = [icon(row.worst), " "] if row.worst else []

    def _asked(number: int | None, of: Figure) -> Component | str:
        # Beside the map a click belongs to the map.
        return count(number) if page == "map" else figure(count(number), Of(of, code), language)

    cells: list[Component | str] = [
        count(row.sites),
        count(row.target),
        _asked(known.persons, Figure.PERSONS) if known else UNKNOWN,
        percent(row.completion if known else None),
        html.Span(signed(row.gap_persons), className=f"{row.severity} b" if row.severity in BEHIND else ""),
        count(row.last_hour.persons if row.last_hour.reports else None),
        _asked(known.tubes, Figure.TUBES) if known else UNKNOWN,
        rate(row.figures.persons_per_tube),
        html.Span([*found, count(row.findings)], className=f"{row.worst} nw" if row.worst else "faint"),
    ]
    name = html.Td(dcc.Link(row.place.label(language), href=to), className="b")
    return html.Tr([name, *(html.Td(cell, className="r") for cell in cells)], className=kind)
