"""The page of tubes and its panels, from an invented afternoon."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
from backlog_kit import LABS, LIMITS, TOWN, afternoon, lab_backlog, nothing
from dash import html
from dash.development.base_component import Component
from matching_kit import DISTRICT, NOW, picture

from components.labs_panel import capacity_panel, labs_panel
from components.pipeline import pipeline
from components.tubes import ages_panel, flow_panel, lab_choice, tubes_kpis
from domain.backlog import BEYOND, BINS, Backlogs, waiting
from domain.campaign import Limits
from domain.lab_load import Diversion, diversion, load, loads
from domain.late_tubes import REPORT, Late, late_findings
from domain.matching import outcome, window_of
from domain.matching_plan import Plan
from domain.overview import PlaceRef
from domain.places import Level
from domain.status import Severity
from domain.tube_page import TubesPicture, expected_path
from domain.tubes import Stage
from figures.ages import ages_figure
from locales import LANGUAGES

MINUTE = int(NOW.timestamp()) // 60


def words(part: Any) -> Iterator[str]:
    """Every text that a reader meets in what was drawn."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, (list, tuple)):
        for below in part:
            yield from words(below)
    elif isinstance(part, Component):
        yield from words(getattr(part, "children", None))


def said(part: Component) -> str:
    return " ".join(words(part))


def charts(part: Any) -> list[dict[str, Any]]:
    """Every figure in what was drawn."""
    if isinstance(part, (list, tuple)):
        return [figure for below in part for figure in charts(below)]
    if not isinstance(part, Component):
        return []
    own = [part.figure] if getattr(part, "figure", None) else []
    return own + charts(getattr(part, "children", None))


PANELS: tuple[Callable[[TubesPicture, str], Any], ...] = (
    tubes_kpis, flow_panel, capacity_panel, ages_panel, lab_choice,
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", PANELS)
def test_every_panel_is_drawn_with_and_without_tubes(draw, language):
    whole = afternoon()
    for rows in (TubesPicture(whole), TubesPicture(whole, whole.labs[4]), TubesPicture(nothing())):
        for figure in charts(draw(rows, language)):
            # Colours are names until they are drawn.
            plain = re.sub(r'"@[a-z0-9-]+"', '"black"', json.dumps(figure))
            go.Figure(json.loads(plain))


def test_without_tubes_the_page_says_what_would_bring_them():
    assert "尚无试管记录" in said(flow_panel(TubesPicture(nothing()), "zh"))
    assert "Import page" in said(ages_panel(TubesPicture(nothing()), "en"))
    assert "—" in said(tubes_kpis(TubesPicture(nothing()), "zh"))


def test_without_tubes_the_overview_shows_neither_pipeline_nor_laboratories():
    assert said(pipeline(nothing(), "zh")) == ""
    assert said(labs_panel(nothing(), "zh")) == ""


def test_the_strip_says_what_is_over_its_limit_before_what_is_oldest():
    strip = said(tubes_kpis(TubesPicture(afternoon()), "zh"))
    assert "214 管超 2小时" in strip
    assert "最久 3小时10分 / 4小时" in strip
    assert "最久 5小时20分 / 6小时" in strip
    assert "最近 1 小时 5,222 管" in strip


def test_a_laboratory_that_only_counts_has_no_ages():
    whole = afternoon()
    counts = TubesPicture(whole, whole.labs[4])
    assert "按数量" in said(tubes_kpis(counts, "zh"))
    assert "只有数量，无时龄" in said(ages_panel(counts, "zh"))
    assert charts(ages_panel(counts, "zh")) == []


def test_the_stages_of_the_pipeline_add_up():
    drawn = said(pipeline(afternoon(), "zh"))
    assert "57,984 管" in drawn
    for tubes in ("6,820", "5,140", "14,360", "31,664"):
        assert tubes in drawn


def test_hours_to_clear_are_backlog_over_capacity():
    people, *_, mobile = (load(row, LIMITS) for row in afternoon().labs)
    assert people.hours == pytest.approx(5_440 / 1_200)
    assert people.severity is Severity.WARN
    assert people.over
    assert (mobile.by_count, mobile.spare) == (True, 980)


def test_without_a_stated_capacity_nothing_is_cleared_and_nothing_is_over():
    row = lab_backlog(0, 900, 700, 10)
    unknown = load(type(row)(type(row.lab)(1, "X", "无", "", None), row.towns, row.backlog, False), LIMITS)
    assert (unknown.hours, unknown.clears_at, unknown.over, unknown.spare) == (None, None, False, 0)
    assert diversion([unknown]) is None


def test_what_is_too_much_for_one_could_go_to_whoever_has_most_room():
    found = loads(afternoon().labs, LIMITS)
    assert [one.lab.code for one in found] == ["RMYY", "ZYY", "CDC", "JIA", "FC"]
    hint = diversion(found)
    assert isinstance(hint, Diversion)
    assert (hint.source.code, hint.target.code, hint.spare, hint.tubes) == ("RMYY", "FC", 980, 144)
    drawn = said(capacity_panel(TubesPicture(afternoon()), "zh"))
    assert "方舱实验室余 980 管/时，可分流三水区人民医院" in drawn
    assert "144 管/时" in drawn


def test_nothing_is_diverted_to_a_laboratory_that_is_full_itself():
    full = [lab_backlog(0, 100, 1_344, 10), lab_backlog(1, 100, 800, 10)]
    assert diversion(loads(full, LIMITS)) is None


def test_bars_beyond_the_limit_are_coloured_and_nothing_is_cut_off():
    held = waiting({10: 5, 119: 3, 120: 2, 121: 4, 5_000: 1}, 120, LIMITS)
    figure = ages_figure(held, "@stage1", "", "2h", "小时")
    bars = figure["data"][0]
    assert sum(bars["y"]) == 15
    assert len(bars["y"]) == BINS + BEYOND
    coloured = [y for y, colour in zip(bars["y"], bars["marker"]["color"], strict=True) if colour == "@crit-mark"]
    assert sum(coloured) == held.over == 5
    assert figure["layout"]["shapes"][0]["x0"] == 2


def test_the_curve_goes_on_with_what_the_matching_expects():
    present = picture()
    expected = outcome(present, Plan(), window_of(present, Plan()))
    path = expected_path(present, expected)
    assert [point.at for point in path] == sorted(point.at for point in path)
    assert path[-1].total < 1
    whole = afternoon()
    rows = TubesPicture(whole, None, path, expected.clear)
    drawn = flow_panel(rows, "zh")
    (figure,) = charts(drawn)
    assert len(figure["data"][0]["x"]) == len(set(figure["data"][0]["x"]))
    assert "清空" in said(drawn) or any("清空" in note["text"] for note in figure["layout"]["annotations"])
    assert "80%" in said(tubes_kpis(rows, "zh"))


def late(ways: dict[str, dict[int, int]], missing: int = 0) -> Late:
    limits = {Stage.ON_SITE.word: 120, Stage.IN_TRANSIT.word: 240, Stage.AT_LAB.word: 360, REPORT: 720}
    held = {name: waiting(ages, limits[name], LIMITS) for name, ages in ways.items()}
    return Late(TOWN, held, missing, MINUTE - 300)


@pytest.mark.parametrize(
    ("town", "kinds"),
    [
        (late({}), []),
        (late({"on_site": {89: 5}}), []),
        (late({"on_site": {90: 5}}), [("tubes_near_on_site", Severity.WARN, 5)]),
        (late({"on_site": {120: 5}}), [("tubes_near_on_site", Severity.WARN, 5)]),
        (late({"on_site": {121: 5, 100: 9}}), [("tubes_over_on_site", Severity.CRIT, 5)]),
        (late({"at_lab": {361: 1}, REPORT: {721: 2}}),
         [("tubes_over_at_lab", Severity.CRIT, 1), ("tubes_over_report", Severity.CRIT, 2)]),
        (late({}, missing=7), [("tubes_missing", Severity.CRIT, 7)]),
    ],
)  # fmt: skip
def test_findings_about_tubes_follow_the_limits(town, kinds):
    found = late_findings(DISTRICT, [town], MINUTE, Limits())
    assert [(f.kind, f.severity, f.params["tubes"]) for f in found] == kinds


def test_what_comes_near_in_several_towns_is_one_finding_of_the_whole():
    towns = [late({"in_transit": {200: 5}}), late({"in_transit": {190: 2}}), late({"in_transit": {241: 3}})]
    near, over = sorted(late_findings(DISTRICT, towns, MINUTE, Limits()), key=lambda f: f.kind)
    assert (near.kind, near.place, near.params["tubes"], near.params["age_minutes"]) == (
        "tubes_near_in_transit", DISTRICT.code, 7, 200,
    )  # fmt: skip
    assert (over.kind, over.place, over.params["tubes"]) == ("tubes_over_in_transit", TOWN.code, 3)


def test_a_choice_of_laboratories_names_each_of_them():
    rows = TubesPicture(afternoon())
    names = said(lab_choice(rows, "zh")[0])
    assert all(name in names for _, name, _, _ in LABS)
    assert lab_choice(TubesPicture(Backlogs(DISTRICT, 1, nothing().backlog, ())), "zh") == []


def test_more_laboratories_than_fit_beside_each_other_stand_in_a_menu():
    whole = afternoon()
    many = tuple(replace(row, lab=replace(row.lab, code=f"L{n}")) for n in range(4) for row in whole.labs)
    (choice,) = lab_choice(TubesPicture(replace(whole, labs=many)), "zh")
    assert isinstance(choice.children, html.Details)
    assert f"共 {len(many)} 家" in said(choice)


def test_a_city_says_where_its_forecast_is_made():
    city = replace(afternoon(), place=PlaceRef("990100", "澜川市", "Lanchuan", Level.CITY))
    assert "见各区" in said(tubes_kpis(TubesPicture(city), "zh"))
