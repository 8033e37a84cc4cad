"""Panels that are kept, and how components become JSON."""

from datetime import UTC, datetime

import orjson
import pytest
from dash import dcc, html
from dash_ag_grid import AgGrid

from components.entry import Input
from data.queries.moment import Moment
from domain.campaign import Campaign
from domain.places import Level, Place, PlaceTree
from views.drawings import Drawings, to_json


def moment() -> Moment:
    campaign = Campaign(
        "c",
        "演练",
        "Drill",
        datetime(2021, 6, 6, 6, tzinfo=UTC),
        datetime(2021, 6, 6, 22, tzinfo=UTC),
        "Asia/Shanghai",
    )
    place = Place(1, "440607", "三水区", "Sanshui", Level.DISTRICT, None)
    return Moment(PlaceTree(campaign, [place]), place, 1, campaign.starts_at)


def test_components_become_what_dash_makes_of_them():
    shown = html.Div(
        [
            dcc.Link("S1", href="/?a=1", title=None),
            html.Button("一", id="b", disabled=False, **{"data-step": "closed", "aria-pressed": "false"}),
            html.Td(["x", html.B(3)], className="r", colSpan=9, key="k", style={"left": "3%"}),
            # Each has properties of its own.
            Input(type="text"),
            Input(type="number", name="persons", min="1"),
            dcc.Graph(id="g", figure={"data": []}, responsive=True),
            AgGrid(id="t", rowData=[{"a": 1}], dashGridOptions={"rowHeight": 30}),
        ],
        hidden=True,
    )
    dash = orjson.dumps(shown, default=lambda part: part.to_plotly_json(), option=orjson.OPT_NON_STR_KEYS)
    assert orjson.loads(to_json({"panel": shown}))["panel"] == orjson.loads(dash)


def test_a_kept_panel_is_drawn_again_only_when_its_rows_are_others():
    drawn: list[object] = []

    def draw(rows: object, language: str) -> html.Div:
        drawn.append((rows, language))
        return html.Div(str(rows))

    kept, at = Drawings(), moment()
    same = [to_json(kept.draw("v", draw, at, (1, "a"), "zh")) for _ in range(2)]
    assert same == [to_json(html.Div("(1, 'a')"))] * 2
    kept.draw("v", draw, at, (1, "a"), "en")
    kept.draw("v", draw, at, (2, "a"), "zh")
    kept.draw("v", draw, at, (1, "a"), "zh")
    assert drawn == [((1, "a"), "zh"), ((1, "a"), "en"), ((2, "a"), "zh"), ((1, "a"), "zh")]


def test_a_drawing_that_fails_is_not_kept():
    def draw(rows: object, language: str) -> html.Div:
        raise ValueError(rows)

    kept = Drawings()
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            kept.draw("v", draw, moment(), "x", "zh")
