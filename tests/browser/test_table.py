"""The table of sites: sorted, filtered, searched in the browser, and the same figures as a file."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from look import Look, number
from playwright.sync_api import Locator, expect

FORMULA = "=SUM(A1:A9)"
TOWN = "440607001"


def table(page: Look, **query: str) -> None:
    page.go("/sites", **query)
    page.page.wait_for_selector(".ag-center-cols-container .ag-row")
    echoed(page)


def echoed(page: Look, rows: int | None = None) -> None:
    """Wait until the grid has been told anew what it told Dash of its rows: of so many, of any without `rows`. That
    empties a filter somebody is filling in; he would have to begin before the rows he sees have come to rest."""
    page.page.wait_for_function(
        """rows => {
          const told = window.dash_component_api.getLayout('site-table')?.props.virtualRowData;
          return told && (rows === null || told.length === rows);
        }""",
        arg=rows,
    )
    page.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def head(page: Look, name: str) -> Locator:
    return page.one(f".ag-header-cell[col-id={name}]")


def column(page: Look, name: str) -> list[str]:
    """What stands in a column, from the top, as far as rows are drawn. The table puts its cells up before what is
    written in them."""
    page.page.wait_for_function(
        "name => [...document.querySelectorAll(`.ag-row [col-id=${name}]`)].every(n => n.innerText.trim())", arg=name
    )
    cells = page.page.locator(f".ag-row [col-id={name}]").evaluate_all(
        "nodes => nodes.map(n => [Number(n.closest('.ag-row').getAttribute('row-index')), n.innerText])"
    )
    return [text.strip() for _, text in sorted(cells)]


def persons(page: Look) -> list[float]:
    return [number(text) for text in column(page, "persons") if text != "—"]


def in_order(figures: list[float]) -> bool:
    return figures == sorted(figures)


def test_a_click_on_a_head_sorts_by_number_not_by_letters(page: Look):
    table(page)
    head(page, "persons").click()
    expect(head(page, "persons")).to_have_attribute("aria-sort", "ascending")
    # Rows that have had their place go out of sight by and by.
    page.until(lambda: in_order(rising := persons(page)) and len(rising) > 10)
    least = persons(page)[0]
    head(page, "persons").click()
    expect(head(page, "persons")).to_have_attribute("aria-sort", "descending")
    page.until(lambda: in_order(persons(page)[::-1]))
    assert persons(page)[0] > least


def test_a_word_in_the_search_box_leaves_the_sites_that_have_it(page: Look):
    table(page)
    page.one("#site-table-filter").fill("幼儿园")
    page.page.wait_for_function(
        """() => {
          const names = [...document.querySelectorAll('.ag-row [col-id=name]')];
          return names.length > 1 && names.length < 40 && names.every(n => n.innerText.includes('幼儿园'));
        }"""
    )
    page.one("#site-table-filter").fill("没有这样的地方")
    expect(page.one(".ag-row")).to_have_count(0)
    expect(page.page.get_by_text("没有符合条件的采样点")).to_be_visible()


def test_a_filter_of_a_column_leaves_what_fits_it(page: Look):
    table(page)
    head(page, "persons").hover()
    head(page, "persons").locator(".ag-header-cell-filter-button").click()
    field = page.one(".ag-filter input[type=number]").first

    def typed() -> bool:
        """What is typed just when the grid is told its own state again is lost; a person types it anew."""
        if field.input_value() != "5000":
            field.fill("5000")
        return page.one(".ag-row").count() == 0

    page.until(typed)
    echoed(page, 0)
    page.one(".ag-filter .ag-filter-select").first.click()
    page.page.get_by_role("option", name="大于", exact=True).click()
    expect(page.one(".ag-row").first).to_be_visible()
    assert all(number(text) > 5000 for text in column(page, "persons"))


def test_a_name_in_the_table_leads_to_the_site_and_keeps_the_address(page: Look):
    table(page, place=TOWN, lang="en")
    link = page.one(".ag-row[row-index='0'] [col-id=name] a")
    link.click()
    page.page.wait_for_url("**/site?**")
    page.drawn()
    assert "lang=en" in page.page.url
    assert "campaign=demo" in page.page.url


def test_search_stays_while_new_figures_come(page: Look, scene, number):
    table(page, campaign="live")
    page.one("#site-table-filter").fill("测试点1")
    echoed(page, 1)
    before = column(page, "persons")
    hour = scene.live.local(scene.live.start_of(0)).isoformat()
    key = next(r["key"] for r in scene.server.get_list("campaigns/live/reports?site=L1&limit=100", scene.live_token)
               if r["hour"] == hour and r.get("current", True))  # fmt: skip
    scene.server.report("live", scene.live_token, {
        "key": f"table-{number}", "site": "L1", "hour": hour, "persons": 77, "tubes": 8, "third_copies": 8,
        "correction_of": key, "note": "recount"})  # fmt: skip
    page.page.wait_for_function(
        """old => {
          const written = document.querySelector('.ag-row [col-id=persons]')?.innerText.trim();
          return Boolean(written) && written !== old;
        }""",
        arg=before[0],
    )
    assert page.one("#site-table-filter").input_value() == "测试点1"
    assert len(column(page, "name")) == 1


def save(page: Look, name: str, folder: Path) -> Path:
    with page.page.expect_download() as coming:
        page.one(".exports").get_by_role("link", name=name).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def test_both_files_have_the_figures_of_the_page_as_numbers(page: Look, tmp_path: Path):
    page.go(place=TOWN)
    shown = page.number("persons")
    saved = save(page, "CSV", tmp_path)
    assert saved.suffix == ".csv"
    frame = pd.read_csv(saved)
    assert len(frame) == 45
    assert frame["已采"].sum() == shown
    assert pd.api.types.is_numeric_dtype(frame["已采"])
    book = openpyxl.load_workbook(save(page, "导出 Excel", tmp_path))
    rows = list(book.active.values)
    place = rows[0].index("已采")
    figures = [row[place] for row in rows[1:] if row[0]]
    assert all(isinstance(figure, int) for figure in figures)
    assert sum(figures) == shown
    assert any("14:00" in str(cell) and "演示数据" in str(cell) for cell in rows[0])


@pytest.mark.parametrize("kind", ["CSV", "导出 Excel"])
def test_a_name_that_looks_like_a_formula_stays_text_in_a_file(page: Look, tmp_path: Path, kind: str):
    page.go(campaign="small")
    saved = save(page, kind, tmp_path)
    if saved.suffix == ".csv":
        names = pd.read_csv(saved)["采样点"]
        assert not names.str.startswith("=").any()
    else:
        cells = [cell for row in openpyxl.load_workbook(saved).active.iter_rows() for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f"]
        names = pd.Series([str(cell.value) for cell in cells])
    assert names.str.contains("SUM(A1:A9)", regex=False).any()


def test_that_name_is_plain_text_on_the_page(page: Look):
    table(page, campaign="small")
    assert FORMULA in column(page, "name")
