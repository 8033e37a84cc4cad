"""The table of all sites below a place: sorted, filtered and searched in the browser, exported as a file."""

from typing import Any

import dash_ag_grid
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, panel, states
from components.icons import icon
from components.kinds import kind_name
from components.names import short_name
from domain.passport import Figure
from domain.site import SiteRow
from locales import text

COUNT = {"function": "count(params.value)"}
SIGNED = {"function": "signed(params.value)"}
PERCENT = {"function": "percent(params.value)"}
RATE = {"function": "rate(params.value)"}


def site_table(rows: tuple[SiteRow, ...], language: str) -> Component:
    """Every site with its figures. Numbers travel as numbers, so that sorting and filtering compare them."""
    title = text(language, "table.title")
    if not rows:
        empty = states.message("file", "", text(language, "table.empty"))
        return html.Div([panel.head(title), empty], className="fill")
    grid = dash_ag_grid.AgGrid(
        id=ids.TABLE,
        rowData=[_record(row, language) for row in rows],
        columnDefs=_columns(language),
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 76, "flex": 1},
        getRowId="params.data.code",
        columnSize=None,
        className="site-grid",
        dashGridOptions={
            "rowHeight": 30,
            "headerHeight": 32,
            "animateRows": False,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "suppressColumnVirtualisation": True,
            "suppressDragLeaveHidesColumns": True,
            "localeText": grid_texts(language),
        },
        style={"height": "100%", "width": "100%"},
    )
    search = html.Div(
        [
            icon("search"),
            dcc.Input(
                id=ids.TABLE_FILTER,
                type="search",
                placeholder=text(language, "table.search"),
                debounce=False,
                className="search",
            ),
        ],
        className="searchbox",
        role="search",
    )
    note = text(language, "table.note", count=len(rows))
    return html.Div([panel.head(title, note, [search]), html.Div(grid, className="grid-box")], className="fill")


def _record(row: SiteRow, language: str) -> dict[str, Any]:
    figures = row.figures
    return {
        "code": row.place.code,
        "name": row.place.label(language),
        "parent": short_name(row.parent, language) if row.parent else "",
        "kind": kind_name(row.kind, language) if row.kind else "",
        "target": row.target,
        "persons": figures.persons if figures.reports else None,
        "completion": row.completion if figures.reports else None,
        "gap": row.gap_persons,
        "severity": row.severity,
        "hour": row.last_hour.persons if row.last_hour.reports else None,
        "tubes": figures.tubes if figures.reports else None,
        "per_tube": figures.persons_per_tube,
        "copies": figures.third_copies if figures.reports else None,
        "state": text(language, f"duty.state.{row.state}") if row.state else "",
        "state_key": row.state,
        "findings": row.findings,
        "worst": row.worst,
    }


def _columns(language: str) -> list[dict[str, Any]]:
    def column(field: str, **options: Any) -> dict[str, Any]:
        return {"field": field, "headerName": text(language, f"table.column.{field}"), **options}

    def number(field: str, formatter: dict[str, str], **options: Any) -> dict[str, Any]:
        return column(field, type="rightAligned", filter="agNumberColumnFilter", valueFormatter=formatter, **options)

    def figure(of: Figure, hour: str = "") -> dict[str, Any]:
        """Lets the number be asked where it comes from."""
        asked = {"figure": of.value, "hour": hour, "title": text(language, "passport.open")}
        return {"cellRenderer": "Figure", "cellRendererParams": asked}

    states_ = ("missing", "late", "returned", "zero", "on_time", "closed", "not_due")
    return [
        column(
            "name", cellRenderer="PlaceLink", pinned="left", flex=0, width=240, cellClass="b", tooltipField="name"
        ),
        column("parent", width=110),
        column("kind", width=88),
        number("target", COUNT),
        number("persons", COUNT, cellClass="ag-right-aligned-cell b", **figure(Figure.PERSONS)),
        number("completion", PERCENT, **figure(Figure.COMPLETION)),
        number(
            "gap",
            SIGNED,
            cellClassRules={
                "crit b": "params.data.severity === 'crit'",
                "warn b": "params.data.severity === 'warn'",
            },
        ),
        number("hour", COUNT),
        number("tubes", COUNT, **figure(Figure.TUBES)),
        number("per_tube", RATE),
        number(
            "copies",
            COUNT,
            **figure(Figure.THIRD_COPIES),
            cellClassRules={"warn b": "params.value != null && params.value !== params.data.tubes"},
        ),
        column(
            "state",
            width=96,
            cellClassRules={f"duty duty-{name}": f"params.data.state_key === '{name}'" for name in states_},
        ),
        number(
            "findings",
            COUNT,
            cellClassRules={
                "found found-crit": "params.data.worst === 'crit'",
                "found found-warn": "params.data.worst === 'warn'",
                "found found-miss": "params.data.worst === 'miss'",
                "faint": "params.value === 0",
            },
        ),
    ]


GRID_TEXTS = (
    "noRowsToShow", "noMatchingRows", "filterOoo", "contains", "notContains", "equals", "notEqual", "startsWith",
    "endsWith", "blank", "notBlank", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "inRange",
    "inRangeStart", "inRangeEnd", "andCondition", "orCondition", "applyFilter", "resetFilter", "clearFilter",
    "ariaFilterInput", "ariaFilterValue", "ariaFilteringOperator", "ariaColumn", "ariaColumnFiltered",
    "ariaFilterMenuOpen", "ariaLabelColumnFilter", "ariaSortableColumn",
)  # fmt: skip
"""Texts of AG Grid a reader can meet here, by AG Grid's own keys."""


def grid_texts(language: str) -> dict[str, str]:
    """What AG Grid itself says."""
    return {name: text(language, f"grid.{name}") for name in GRID_TEXTS}
