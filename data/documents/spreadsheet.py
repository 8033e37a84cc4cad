"""A document as XLSX: one sheet for every table, numbers as numbers, shares as percentages, text never a formula."""

import io
import re
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from data.documents.content import Cell, Column, Content, Kind, Table, printable

FORMATS = {
    Kind.TEXT: "General",
    Kind.COUNT: "#,##0",
    Kind.SIGNED: "+#,##0;-#,##0;0",
    Kind.SHARE: "0.0%",
    Kind.RATE: "0.00",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
    Kind.DAY: "yyyy-mm-dd",
}

LEAD_WIDTH = 8
"""Columns the lead paragraph spreads over."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_RULE = Side(style="thin")


def write(content: Content) -> bytes:
    """The whole document: the figures first, then what is to be done, then every table on a sheet of its own."""
    book = Workbook()
    first: Worksheet = book.active
    first.title = _sheet_name(content.summary.title)
    _summary(first, content)
    if content.todos:
        rows = tuple((Cell(n, str(n), Kind.COUNT), Cell(t, t)) for n, t in enumerate(content.todos, start=1))
        columns = (Column("number", "#", Kind.COUNT), Column("todo", content.todos_title))
        _table(book.create_sheet(_sheet_name(content.todos_title)), Table("todos", "", columns, rows))
    for table in content.tables:
        sheet = book.create_sheet(_sheet_name(table.title))
        _table(sheet, table)
        if table.key == "hours":
            _curve(sheet, table)
    for sheet in book.worksheets:
        # In a footer "&" begins a code.
        sheet.oddFooter.left.text = content.footer.replace("&", "&&")
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    book.properties.title = content.heading
    book.properties.subject = content.footer
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(target: SheetCell, cell: Cell, *, keep_format: bool = False) -> None:
    """Write a value with its type. What is unknown stays empty: zero would be a figure."""
    if isinstance(cell.value, str):
        put_text(target, cell.value)
        return
    target.value = cell.value
    if not keep_format or target.number_format == "General":
        target.number_format = FORMATS[cell.kind]


def put_text(target: SheetCell, text: str) -> None:
    """Write text as text, also where it looks like a formula, and keep it text when somebody edits the cell."""
    target.value = printable(text)
    # The library would make a formula of text that begins with "=".
    target.data_type = "s"
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        target.quotePrefix = True


def _sheet_name(title: str) -> str:
    return _FORBIDDEN.sub(" ", title.partition(" · ")[0])[:31]


def _summary(sheet: Worksheet, content: Content) -> None:
    lines = [content.heading, content.issue, content.stamp, content.lead_text]
    if content.remark:
        lines.append(f"{content.remark_title} {content.remark}")
    lines += [line for line in (content.method, content.sign_off, content.demo) if line]
    for n, line in enumerate(lines, start=1):
        put_text(sheet.cell(n, 1), line)
        sheet.merge_cells(start_row=n, start_column=1, end_row=n, end_column=LEAD_WIDTH)
        sheet.cell(n, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[n].height = 16 * (1 + _width(line) // 110)
    sheet.cell(1, 1).font = Font(bold=True, size=16)
    sheet.row_dimensions[1].height = 24
    _table(sheet, content.summary, top=len(lines) + 2)


def _table(sheet: Worksheet, table: Table, top: int = 1) -> None:
    for j, column in enumerate(table.columns, start=1):
        head = sheet.cell(top, j)
        put_text(head, column.title)
        head.font, head.border = Font(bold=True), Border(bottom=_RULE)
        head.alignment = Alignment(horizontal="left" if column.kind is Kind.TEXT else "right")
    for i, row in enumerate(table.rows, start=top + 1):
        for j, cell in enumerate(row, start=1):
            put(sheet.cell(i, j), cell)
            if table.total and i == top + len(table.rows):
                sheet.cell(i, j).font, sheet.cell(i, j).border = Font(bold=True), Border(top=_RULE)
    for j, column in enumerate(table.columns, start=1):
        widths = [_width(column.title), *(_width(row[j - 1].written) for row in table.rows)]
        wide = 17 if column.kind is Kind.MOMENT else 8
        sheet.column_dimensions[get_column_letter(j)].width = min(60, max(wide, *widths) + 2)
    if top == 1:
        sheet.freeze_panes = "B2"
        sheet.print_title_rows = "1:1"


def _width(text: str) -> int:
    """About how many digits wide: a Chinese character takes two."""
    return len(text.encode("gbk", "replace"))


def _curve(sheet: Worksheet, table: Table) -> None:
    """The cumulative curve with its plan, as a chart of the spreadsheet's own."""
    keys = [column.key for column in table.columns]
    last = len(table.rows) + 1
    shares: list[Any] = [row[keys.index("share")].value for row in table.rows]
    wanted = ("share", "plan_share") if shares and shares[0] is not None else ("total",)
    chart = LineChart()
    chart.height, chart.width = 8, 18
    for key in wanted:
        at = keys.index(key) + 1
        chart.add_data(Reference(sheet, min_col=at, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=keys.index("hour_end") + 1, min_row=2, max_row=last))
    chart.y_axis.number_format = "0%" if len(wanted) > 1 else "#,##0"
    chart.x_axis.number_format = "hh:mm"
    chart.x_axis.delete = chart.y_axis.delete = False
    if len(wanted) > 1:
        chart.series[1].graphicalProperties.line.dashStyle = "dash"
    sheet.add_chart(chart, f"A{last + 3}")
