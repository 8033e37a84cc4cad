"""A document as an editable Word file: real headings, real tables, styles that can be changed in one place."""

import io

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from data.documents.content import Cell, Content, Kind, Table

LATIN, CHINESE = "Arial", "微软雅黑"
STYLES = ("Normal", "Title", "Subtitle", "Heading 1", "List Number", "Footer", "Caption")


def write(content: Content) -> bytes:
    """The document in the bulletin's order: stamp, lead, figures, tables, what is to be done, sign-off, method."""
    made = Document()
    _page(made, content)
    made.add_paragraph(content.heading, style="Title")
    made.add_paragraph(f"{content.issue}　{content.stamp}", style="Subtitle")
    if content.demo:
        made.add_paragraph(content.demo, style="Caption")
    lead = made.add_paragraph()
    for strong, part in content.lead:
        lead.add_run(part).bold = strong
    if content.remark:
        remark = made.add_paragraph()
        remark.add_run(f"{content.remark_title} ").bold = True
        remark.add_run(content.remark)
    _tiles(made, content)
    for table in content.tables:
        made.add_heading(table.title, level=1)
        _table(made, table)
    if content.todos:
        made.add_heading(content.todos_title, level=1)
        for todo in content.todos:
            made.add_paragraph(todo, style="List Number")
    end = made.add_paragraph(f"{content.sign_off}　{content.method}")
    end.paragraph_format.space_before = Pt(12)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _page(made: WordDocument, content: Content) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(16)
    section.footer.paragraphs[0].text = content.footer
    for name in STYLES:
        style = made.styles[name]
        style.font.name = LATIN
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE)
    for name, size in (("Normal", 10.5), ("Title", 20), ("Subtitle", 10), ("Heading 1", 13)):
        made.styles[name].font.size = Pt(size)
    made.core_properties.title = content.heading
    made.core_properties.subject = content.footer
    made.core_properties.author = content.sign_off
    made.core_properties.language = "zh-CN" if content.language == "zh" else "en"


def _tiles(made: WordDocument, content: Content) -> None:
    table = made.add_table(rows=2, cols=len(content.tiles))
    table.style = "Table Grid"
    for j, (label, cell) in enumerate(content.tiles):
        run = table.cell(0, j).paragraphs[0].add_run(cell.shown)
        run.bold, run.font.size = True, Pt(14)
        table.cell(1, j).paragraphs[0].add_run(label).font.size = Pt(9)


def _table(made: WordDocument, table: Table) -> None:
    grid: WordTable = made.add_table(rows=1, cols=len(table.columns))
    grid.style, grid.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    size = Pt(9 if len(table.columns) <= 8 else 7.5)
    for j, column in enumerate(table.columns):
        _write(grid.rows[0].cells[j].paragraphs[0], Cell(column.title, column.title, column.kind), size, strong=True)
    repeat = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeat)
    for i, row in enumerate(table.rows):
        cells = grid.add_row().cells
        strong = table.total and i == len(table.rows) - 1
        for j, cell in enumerate(row):
            _write(cells[j].paragraphs[0], cell, size, strong=strong)


def _write(paragraph: Paragraph, cell: Cell, size: Pt, *, strong: bool) -> None:
    run = paragraph.add_run(cell.shown)
    run.font.size, run.bold = size, strong
    if cell.kind is not Kind.TEXT:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
