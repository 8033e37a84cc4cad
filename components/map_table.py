"""The map as a table: every site in the layer that is shown, and the sites no map can show.

The table holds all layers; `assets/2-scripts/map-table.js` shows the columns of the one that the map shows and the
town that is chosen there. Sort and search stay the reader's.
"""

from typing import Any

import dash_ag_grid
import orjson
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, panel, states
from components.ages import hours
from components.format import UNKNOWN
from components.icons import icon, severity_name
from components.links import place_href
from components.names import short_name
from components.table import COUNT, PERCENT, grid_texts
from domain.duty import State
from domain.map_layers import LayerPicture, SiteLayers
from domain.map_page import Layer
from domain.passport import Figure
from domain.status import RANK, Severity
from locales import text

POINTS = {"function": "points(params.value)"}

COLUMNS: dict[Layer, tuple[str, ...]] = {
    Layer.COVERAGE: ("target", "load", "lanes", "load_state"),
    Layer.LOAD: ("load", "lanes", "hour", "load_state"),
    Layer.COMPLETION: ("persons", "target", "completion", "gap", "completion_state"),
    Layer.REPORTS: ("hour", "reports_state"),
    Layer.QUEUE: ("queue", "lanes", "queue_state"),
    Layer.TUBES: ("waiting", "oldest", "tubes_state"),
    Layer.PROBLEMS: ("problems", "overdue", "problems_state"),
}
"""What a layer shows of a site, besides its name and its town."""

SORTED = {
    Layer.COVERAGE: (("load", "desc"),),
    Layer.LOAD: (("load", "desc"),),
    Layer.COMPLETION: (("gap", "asc"),),
    Layer.REPORTS: (("reports_state", "asc"),),
    Layer.QUEUE: (("queue", "desc"),),
    Layer.TUBES: (("oldest", "desc"),),
    Layer.PROBLEMS: (("problems_state", "asc"), ("problems", "desc")),
}
"""By what a layer is sorted until the reader says otherwise: what there is to look at comes first."""

STATES = tuple(State)
GRADED = (Severity.CRIT, Severity.WARN, Severity.MISS)


def map_table(rows: LayerPicture, language: str) -> Component:
    """Every site below the place in every layer. Numbers travel as numbers, so that sorting compares them."""
    title = text(language, "map_table.title")
    if not rows.rows:
        return html.Div(
            [panel.head(title), states.message("pin", "", text(language, "map_table.empty"))], className="fill"
        )
    grid = dash_ag_grid.AgGrid(
        id=ids.MAP_TABLE,
        rowData=[_record(row, language) for row in rows.rows],
        columnDefs=_columns(language),
        defaultColDef={"sortable": True, "resizable": True, "minWidth": 84},
        getRowId="params.data.code",
        columnSize="responsiveSizeToFit",
        className="site-grid map-grid",
        dashGridOptions={
            "rowHeight": 30,
            "headerHeight": 32,
            "animateRows": False,
            "ensureDomOrder": True,
            "suppressColumnVirtualisation": True,
            "suppressDragLeaveHidesColumns": True,
            "localeText": grid_texts(language),
        },
        style={"height": "100%", "width": "100%"},
    )
    layers = {layer.value: columns for layer, columns in COLUMNS.items()}
    sorted_by = {layer.value: by for layer, by in SORTED.items()}
    return html.Div(
        [
            panel.head(
                title,
                text(language, "map_table.note", count=len(rows.rows)),
                [html.Span(className="mut t12 nw", **{"data-map-table-town": ""})],
            ),
            html.Div(grid, className="grid-box"),
        ],
        className="fill map-table",
        **{
            "data-layers": orjson.dumps(layers).decode(),
            "data-sorted": orjson.dumps(sorted_by).decode(),
            "data-titles": orjson.dumps(
                {layer.value: text(language, f"map_table.layer.{layer}") for layer in Layer}
            ).decode(),
        },
    )


def _record(row: SiteLayers, language: str) -> dict[str, Any]:
    states_ = {
        "load": row.load_severity,
        "completion": row.gap_severity,
        "queue": row.queue_severity,
        "tubes": row.waiting_severity,
        "problems": row.problem_severity,
    }
    return {
        "code": row.place.code,
        "name": row.place.label(language),
        "town": short_name(row.town, language) if row.town else "",
        "town_code": row.town.code if row.town else "",
        "target": row.target,
        "persons": row.persons,
        "completion": row.completion,
        "gap": row.gap_pp,
        "hour": row.hour_persons,
        "load": row.load,
        "lanes": row.lanes,
        "queue": row.queue_minutes,
        "waiting": row.waiting,
        "oldest": row.oldest_minutes,
        "oldest_said": hours(row.oldest_minutes, language) if row.oldest_minutes is not None else UNKNOWN,
        "problems": row.problems,
        "overdue": row.overdue,
        "reports_state": text(language, f"duty.state.{row.state}"),
        "reports_rank": STATES.index(row.state),
        "reports_key": row.state.value,
        **{f"{name}_state": _word(severity, language) for name, severity in states_.items()},
        **{f"{name}_key": severity.value if severity else "" for name, severity in states_.items()},
        **{f"{name}_rank": RANK[severity] if severity else len(RANK) for name, severity in states_.items()},
        "placed": row.at is not None,
    }


def _word(severity: Severity | None, language: str) -> str:
    return severity_name(severity, language) if severity else UNKNOWN


def _columns(language: str) -> list[dict[str, Any]]:
    shown = COLUMNS[Layer.COVERAGE]

    def column(field: str, **options: Any) -> dict[str, Any]:
        title = text(language, f"map_table.column.{field}")
        return {"field": field, "headerName": title, "hide": field not in shown, **options}

    def number(field: str, formatter: dict[str, str], layer: Layer | None = None, **options: Any) -> dict[str, Any]:
        """A count; of a layer with limits, in the colour of its state."""
        graded = {f"{level} b": f"params.data.{layer}_key === '{level}'" for level in GRADED} if layer else {}
        return column(field, type="rightAligned", valueFormatter=formatter, cellClassRules=graded, **options)

    def figure(of: Figure) -> dict[str, Any]:
        """Lets the number be asked where it comes from."""
        asked = {"figure": of.value, "hour": "", "title": text(language, "passport.open")}
        return {"cellRenderer": "Figure", "cellRendererParams": asked}

    def state(layer: Layer) -> dict[str, Any]:
        """The word of the state, sorted by how bad it is."""
        return column(
            f"{layer}_state",
            comparator={"function": f"rankOf('{layer}')"},
            cellClassRules={f"found found-{level}": f"params.data.{layer}_key === '{level}'" for level in GRADED}
            | {"found found-ok": f"params.data.{layer}_key === 'ok'"},
        )

    limited = (Layer.LOAD, Layer.COMPLETION, Layer.QUEUE, Layer.TUBES, Layer.PROBLEMS)
    return [
        {
            **column("name", cellRenderer="PlaceLink", width=280, minWidth=150, cellClass="b", tooltipField="name"),
            "hide": False,
        },
        {**column("town", minWidth=92), "hide": False},
        {"field": "town_code", "hide": True, "filter": "agTextColumnFilter", "headerName": ""},
        number("target", COUNT),
        number("persons", COUNT, **figure(Figure.PERSONS)),
        number("completion", PERCENT, **figure(Figure.COMPLETION)),
        number("gap", POINTS, Layer.COMPLETION),
        number("hour", COUNT),
        number("load", COUNT, Layer.LOAD),
        number("lanes", COUNT),
        number("queue", COUNT, Layer.QUEUE),
        number("waiting", COUNT),
        number("oldest", {"function": "params.data.oldest_said"}, Layer.TUBES, minWidth=104),
        number("problems", COUNT),
        number("overdue", COUNT, Layer.PROBLEMS),
        column(
            "reports_state",
            comparator={"function": f"rankOf('{Layer.REPORTS}')"},
            cellClassRules={f"duty duty-{name}": f"params.data.reports_key === '{name}'" for name in STATES},
        ),
        *(state(layer) for layer in limited),
    ]


def unplaced(rows: LayerPicture, language: str) -> Component:
    """Sites without coordinates, each with what there is to know of it: no map shows them, every total holds them."""
    found = [row for row in rows.rows if row.at is None]
    if not found:
        return html.Div()
    return html.Div(
        [
            html.Span([icon("pin"), text(language, "map_unplaced.title", count=len(found))], className="b nw"),
            html.Ul([html.Li(_unplaced(row, rows, language)) for row in found]),
            html.Span(text(language, "map_unplaced.note"), className="mut t12"),
        ],
        className="map-unplaced",
    )


def _unplaced(row: SiteLayers, rows: LayerPicture, language: str) -> Component:
    to = place_href(row.place.code, True, campaign=rows.campaign.id, language=language, hour=rows.hour)
    marks: list[Component | str] = []
    severity = Severity.MISS if row.missing else row.worst
    if severity in GRADED:
        word = text(language, f"duty.state.{State.MISSING}") if row.missing else severity_name(severity, language)
        marks = [html.Span([icon(severity), word], className=f"{severity} nw")]
    return html.Span(
        [
            dcc.Link(row.place.label(language), href=to),
            *marks,
            html.Button(
                text(language, "map_unplaced.figures"),
                type="button",
                className="btn",
                **{"data-site": row.place.code},
            ),
        ]
    )
