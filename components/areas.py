"""The page of boundaries and people: its versions, and what does not lie where it should."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.format import clock, count, day
from components.icons import icon
from components.links import place_href
from components.panel import Part
from domain.area_files import SHIFT_NAMES
from domain.area_page import AreaPage, OutsideRow, VersionRow
from locales import text

COLUMNS = ("kind", "name", "source", "frame", "rows", "valid", "actor")
SHOWN = 200
"""Sites listed on the page."""


def versions(page: AreaPage, language: str) -> Component:
    """Every import, the newest first."""
    head = panel.head(text(language, "areas.versions"), text(language, "areas.versions_note"))
    if not page.versions:
        empty = states.message("file", "", text(language, "areas.none"), text(language, "areas.none_next"))
        return html.Div([head, empty], className="fill")
    heads = [html.Th(text(language, f"areas.column.{c}"), scope="col", className=_side(c)) for c in COLUMNS]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_version(row, page, language) for row in page.versions])],
        className="tb areas-table",
    )
    label = text(language, "areas.versions")
    return html.Div(
        [head, html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": label})],
        className="fill",
    )


def _side(column: str) -> str:
    return "r" if column == "rows" else ""


def _version(row: VersionRow, page: AreaPage, language: str) -> html.Tr:
    marks: list[Part] = [text(language, f"areas.kind.{row.kind}")]
    if row.valid_to is None:
        marks.append(html.Span(text(language, "areas.current"), className="areas-mark now"))
    marks += [
        html.Span(text(language, f"areas.{name}"), className="areas-mark")
        for name, said in (("approximate", row.approximate), ("synthetic", row.synthetic))
        if said
    ]
    frame: list[Part] = [row.crs or "—"]
    if row.shift:
        shifted = text(language, "areas.shifted", shift=SHIFT_NAMES[row.shift])
        frame.append(html.Div(shifted, className="t12 mut"))
    cells: dict[str, Part | list[Part]] = {
        "kind": html.Span(marks, className="areas-kind"),
        "name": row.name,
        "source": row.source,
        "frame": frame,
        "rows": count(row.rows),
        "valid": _valid(row, page, language),
        "actor": row.actor,
    }
    return html.Tr(
        [
            html.Td(cells[c], className=_side(c), **{"data-label": text(language, f"areas.column.{c}")})
            for c in COLUMNS
        ],
        className="" if row.valid_to is None else "past",
    )


def _valid(row: VersionRow, page: AreaPage, language: str) -> str:
    zone = page.campaign.zone
    since = f"{day(row.valid_from, zone, language)} {clock(row.valid_from, zone)}"
    if row.valid_to is None:
        return text(language, "areas.since", **{"from": since})
    until = f"{day(row.valid_to, zone, language)} {clock(row.valid_to, zone)}"
    return text(language, "areas.until", **{"from": since, "to": until})


def findings(page: AreaPage, language: str) -> Component:
    """What the checks of today's boundaries and positions say."""
    head = panel.head(text(language, "areas.findings"), text(language, "areas.findings_note"))
    said: list[Part] = []
    if not page.bounded:
        said.append(_line("warn", text(language, "areas.no_boundaries")))
    elif page.without_outline:
        names = ("、" if language == "zh" else ", ").join(p.label(language) for p in page.without_outline)
        said.append(_line("warn", text(language, "areas.towns_without", places=names)))
    if page.unplaced:
        said.append(_line("warn", text(language, "areas.unplaced", count=len(page.unplaced))))
    if page.outside:
        said.append(_line("warn", text(language, "areas.outside_town", count=len(page.outside))))
    elif page.bounded:
        said.append(_line("ok", text(language, "areas.outside_none")))
    if page.cells is not None:
        known = text(language, "areas.cells_sum", cells=count(page.cells), persons=count(page.persons))
        said.append(_line("ok", known))
        if page.unknown:
            said.append(_line("warn", text(language, "areas.cells_unknown", count=count(page.unknown))))
    if page.outside and page.approximate:
        said.append(html.P(text(language, "areas.outside_rough"), className="t12 mut"))
    rows = [_outside(row, page, language) for row in page.outside[:SHOWN]]
    if len(page.outside) > SHOWN:
        rows.append(html.Li(text(language, "areas.more", count=len(page.outside) - SHOWN), className="t12 mut"))
    content = html.Div(
        [html.Div(said, className="areas-said"), html.Ul(rows, className="areas-outside")],
        className="pb scroll", tabIndex="0", role="group", **{"aria-label": text(language, "areas.findings")},
    )  # fmt: skip
    return html.Div([head, content], className="fill")


def _line(name: str, sentence: str) -> html.Div:
    return html.Div([icon(name, name), html.Span(sentence)], className="areas-line")


def _outside(row: OutsideRow, page: AreaPage, language: str) -> html.Li:
    to = place_href(row.site.code, True, campaign=page.campaign.id, language=language)
    where = {"town": row.town.label(language), "metres": count(row.metres)}
    if row.found is not None:
        sentence = text(language, "areas.outside_in", found=row.found.label(language), **where)
    else:
        sentence = text(language, "areas.outside_nowhere", **where)
    return html.Li([dcc.Link(row.site.label(language), href=to), html.Span(sentence, className="t12 mut")])
