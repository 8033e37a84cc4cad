"""Templates to begin with: a Word file and a spreadsheet with the fields most districts want, ready to be changed."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from docx import Document
from docx.document import Document as WordDocument
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName

COLUMNS = ("town", "target", "persons", "completion", "gap")
SINGLE = ("issue", "data_until", "known_at", "persons", "completion", "gap", "hour_persons", "tubes", "verified",
          "missing_names", "signed_by")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What an example calls its parts, in the reader's language."""

    heading: str
    towns: str
    field: Mapping[str, str]
    column: Mapping[str, str]


def write(kind: str, words: Words) -> bytes:
    """An example of that kind, `xlsx` or `docx`."""
    out = io.BytesIO()
    (_sheet(words) if kind == "xlsx" else _document(words)).save(out)
    return out.getvalue()


def _field(name: str) -> str:
    return f"{{{{ {name} }}}}"


def _of_row(name: str) -> str:
    return "name" if name == "town" else name


def _sheet(words: Words) -> Workbook:
    book = Workbook()
    sheet = book.active
    sheet["A1"] = words.heading
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A2"] = _field("lead")
    for n, name in enumerate(SINGLE, start=4):
        sheet.cell(n, 1, words.field[name])
        # Both ways to name a field: written into the cell, or the cell's own name.
        if name == "persons":
            where = f"'{sheet.title}'!$B${n}"
            book.defined_names["bulletin.persons"] = DefinedName("bulletin.persons", attr_text=where)
        else:
            sheet.cell(n, 2, _field(name))
    top = len(SINGLE) + 5
    for j, name in enumerate(COLUMNS, start=1):
        sheet.cell(top, j, words.column[name]).font = Font(bold=True)
        sheet.cell(top + 1, j, _field(f"towns.{_of_row(name)}"))
    sheet.cell(top + 2, 3, f"=SUM(C{top + 1}:C{top + 1})").font = Font(bold=True)
    sheet.column_dimensions["A"].width = 24
    return book


def _document(words: Words) -> WordDocument:
    made = Document()
    made.add_heading(words.heading, level=0)
    made.add_paragraph(_field("lead"))
    for name in SINGLE:
        made.add_paragraph(f"{words.field[name]} {_field(name)}", style="List Bullet")
    made.add_heading(words.towns, level=1)
    table = made.add_table(rows=4, cols=len(COLUMNS))
    table.style = "Table Grid"
    for j, name in enumerate(COLUMNS):
        table.cell(0, j).text = words.column[name]
        table.cell(2, j).text = _field(f"town.{_of_row(name)}")
    table.cell(1, 0).text = "{%tr for town in towns %}"
    table.cell(3, 0).text = "{%tr endfor %}"
    return made
