"""A district's own form filled in: named fields and repeated rows, nothing else of any template language.

What is put in is data: it is written once and never looked at for fields again, so that a site called `{{7*7}}`
keeps its name. In Word the fields are Jinja's, in a sandbox that refuses all but names and loops over our lists.
"""

import io
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from data.documents import package
from data.documents.content import Cell, Content
from data.documents.spreadsheet import put, put_text
from domain.errors import Code, Refused

FIELD = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}")
ODD = re.compile(r"\{\{|\}\}|\{%|%\}|\{#")
NAMED = re.compile(r"bulletin[._](.+)", re.IGNORECASE)
"""Names of cells that mean a field; a district's other names are its own business."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names a template may use: single fields, and lists with the fields of one row."""

    fields: Sequence[str]
    lists: Mapping[str, Sequence[str]]

    def check(self, name: str, where: str) -> None:
        """Raise `Refused` for a name that is none."""
        group, _, of_row = name.partition(".")
        if of_row in self.lists.get(group, ()) if of_row else name in self.fields:
            return
        raise Refused("template", Code.BAD_VALUE, name, detail="template_field", part=where)


def check(data: bytes, name: str, known: Known) -> tuple[str, list[str]]:
    """The kind of a template that can be used, and the fields it names. Raises `Refused`."""
    kind = package.check(data, name)
    used = _sheet_fields(_workbook(data, name), known) if kind == "xlsx" else _word_fields(data, name, known)
    if not used:
        raise Refused("template", Code.BAD_VALUE, name, detail="template_no_fields")
    return kind, sorted(used)


def fill(data: bytes, kind: str, content: Content, known: Known) -> bytes:
    """The template with the figures of `content`. Raises `Refused`."""
    if kind == "docx":
        return _render(data, _context(content), _Strict(known))
    book = _workbook(data, kind)
    _sheet_fields(book, known)
    for sheet in book.worksheets:
        _fill_sheet(sheet, content)
    for owner in (book, *book.worksheets):
        for name, defined in owner.defined_names.items():
            wanted = NAMED.fullmatch(name)
            for title, ref in defined.destinations if wanted else ():
                cell = book[title][ref.replace("$", "")]
                put(cell, content.fields[wanted[1].lower()], keep_format=True)  # type: ignore[index]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# -- spreadsheets


def _workbook(data: bytes, name: str) -> Workbook:
    try:
        return load_workbook(io.BytesIO(data), keep_links=False)
    except Exception as error:
        # Whatever a broken file makes the library raise, the person is told that it cannot be read.
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=str(error)[:80]) from None


def _cells(sheet: Worksheet) -> list[SheetCell]:
    """The cells that exist; a sheet with one cell in its far corner has no millions of others."""
    return [cell for cell in list(sheet._cells.values()) if not isinstance(cell, MergedCell)]


def _sheet_fields(book: Workbook, known: Known) -> set[str]:
    used: set[str] = set()
    for sheet in book.worksheets:
        lists: dict[int, set[str]] = {}
        for cell in _cells(sheet):
            if not isinstance(cell.value, str):
                continue
            where = f"{sheet.title}!{cell.coordinate}"
            left = ODD.search(FIELD.sub("", cell.value))
            if left:
                raise Refused("template", Code.BAD_VALUE, cell.value, detail="template_syntax", part=where)
            for name in FIELD.findall(cell.value):
                known.check(name, where)
                used.add(name)
                if "." in name:
                    lists.setdefault(cell.row, set()).add(name.partition(".")[0])
        for row, groups in lists.items():
            if len(groups) > 1:
                said, where = ", ".join(sorted(groups)), f"{sheet.title}!{row}"
                raise Refused("template", Code.BAD_VALUE, said, detail="template_syntax", part=where)
    for owner in (book, *book.worksheets):
        for name, defined in owner.defined_names.items():
            wanted = NAMED.fullmatch(name)
            if wanted is None:
                continue
            known.check(wanted[1].lower() if "." not in wanted[1] else "", name)
            if any(title not in book.sheetnames or ":" in ref for title, ref in defined.destinations):
                raise Refused("template", Code.BAD_VALUE, name, detail="template_syntax", part=defined.attr_text)
            used.add(wanted[1].lower())
    return used


def _fill_sheet(sheet: Worksheet, content: Content) -> None:
    repeated: dict[int, str] = {}
    for cell in _cells(sheet):
        if isinstance(cell.value, str):
            for name in FIELD.findall(cell.value):
                if "." in name:
                    repeated[cell.row] = name.partition(".")[0]
    single = [cell for cell in _cells(sheet) if cell.row not in repeated]
    for cell in single:
        _fill_cell(cell, content.fields)
    # From the bottom up, so that rows still to be repeated keep their numbers.
    for row in sorted(repeated, reverse=True):
        _repeat(sheet, row, repeated[row], content)


def _fill_cell(cell: SheetCell, values: Mapping[str, Cell], pattern: str | None = None) -> None:
    text = pattern if pattern is not None else cell.value
    if not isinstance(text, str) or not FIELD.search(text):
        return
    whole = FIELD.fullmatch(text.strip())
    if whole:
        cell.value = None
        put(cell, values[whole[1]], keep_format=True)
    else:
        put_text(cell, FIELD.sub(lambda found: values[found[1]].shown, text))


def _repeat(sheet: Worksheet, row: int, group: str, content: Content) -> None:
    """One row for every row of the list; with none, the row stays and is empty."""
    patterns = {cell.column: cell for cell in _cells(sheet) if cell.row == row}
    texts = {column: cell.value for column, cell in patterns.items()}
    rows = content.lists[group]
    more = max(0, len(rows) - 1)
    if more:
        _make_room(sheet, row, more)
    for i, values in enumerate(rows or ({},)):
        named: dict[str, Cell] = {f"{group}.{name}": cell for name, cell in values.items()}
        for column, pattern in patterns.items():
            cell = sheet.cell(row + i, column)
            if i:
                cell._style = copy(pattern._style)
            text = texts[column]
            if not named:
                cell.value = None if isinstance(text, str) and FIELD.search(text) else text
            elif isinstance(text, str) and FIELD.search(text):
                _fill_cell(cell, {**content.fields, **named}, text)
            elif i:
                cell.value = _moved(text, row, i) if isinstance(text, str) and text.startswith("=") else text


def _make_room(sheet: Worksheet, row: int, more: int) -> None:
    """Insert rows below `row` and take along what the library leaves behind: merged cells, heights, formulas."""
    heights = {r: d.height for r, d in sheet.row_dimensions.items() if r > row and d.height}
    merged = [found for found in sheet.merged_cells.ranges if found.min_row > row]
    for found in merged:
        sheet.merged_cells.remove(found)
    sheet.insert_rows(row + 1, more)
    for found in merged:
        found.shift(row_shift=more)
        sheet.merged_cells.add(found)
    for r in heights:
        sheet.row_dimensions[r].height = None
    for r, height in heights.items():
        sheet.row_dimensions[r + more].height = height
    for r in range(row + 1, row + 1 + more):
        sheet.row_dimensions[r].height = sheet.row_dimensions[row].height
    for table in sheet.tables.values():
        span = CellRange(table.ref)
        if span.min_row > row:
            span.shift(row_shift=more)
        elif span.max_row >= row:
            span.expand(down=more)
        table.ref = span.coord
    for cell in _cells(sheet):
        if cell.data_type == "f" and isinstance(cell.value, str):
            cell.value = _stretched(cell.value, row, more)


_ROW = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)")


def _stretched(formula: str, row: int, more: int) -> str:
    """A formula after rows were inserted below `row`: what lay below moves, a span that ends there grows."""

    def change(value: str) -> str:
        if "!" in value or not _ROW.search(value):
            return value
        first, colon, last = value.partition(":")
        last_row = _ROW.fullmatch(last or first)
        if not last_row:
            return value
        ends = int(last_row[2])
        moved = f"{last_row[1]}{ends + more}" if ends > row or (colon and ends == row) else (last or first)
        if not colon:
            return moved
        begin = _ROW.fullmatch(first)
        if begin and int(begin[2]) > row:
            first = f"{begin[1]}{int(begin[2]) + more}"
        return f"{first}:{moved}"

    return _changed(formula, change)


def _moved(formula: str, row: int, by: int) -> str:
    """The formula of a repeated row in its copy `by` rows further down: what spoke of the row speaks of the copy."""
    return _changed(
        formula, lambda value: _ROW.sub(lambda m: f"{m[1]}{row + by}" if int(m[2]) == row else m[0], value)
    )


def _changed(formula: str, change: Any) -> str:
    tokens = Tokenizer(formula)
    for token in tokens.items:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            token.value = change(token.value)
    return str(tokens.render())


# -- Word


@dataclass
class _Names:
    used: set[str] = field(default_factory=set)


class _Strict(SandboxedEnvironment):
    """Jinja with nothing but names, loops over our lists and "if"; every source it is given is checked."""

    ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If)

    def __init__(self, known: Known) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()
        self.known = known
        self.names = _Names()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._visit(tree, {})
        return tree

    def _visit(self, node: nodes.Node, loops: Mapping[str, str]) -> None:
        if not isinstance(node, self.ALLOWED):
            raise _odd(type(node).__name__)
        if isinstance(node, nodes.For):
            of = node.iter.name if isinstance(node.iter, nodes.Name) else ""
            if of not in self.known.lists or not isinstance(node.target, nodes.Name) or node.test or node.recursive:
                raise _odd(f"for … in {of or type(node.iter).__name__}")
            if loops:
                # A loop in a loop is how a small file makes an endless one.
                raise _odd(f"for {node.target.name} in {of}")
            inner = {**loops, node.target.name: of}
            for child in (*node.body, *node.else_):
                self._visit(child, inner)
            return
        if isinstance(node, nodes.Getattr):
            if not isinstance(node.node, nodes.Name):
                raise _odd(f"….{node.attr}")
            owner = node.node.name
            if owner == "loop" and loops and node.attr == "index":
                return
            self._use(f"{loops.get(owner, owner)}.{node.attr}")
            return
        if isinstance(node, nodes.Name):
            self._use(node.name)
            return
        for child in node.iter_child_nodes():
            self._visit(child, loops)

    def _use(self, name: str) -> None:
        self.known.check(name, "DOCX")
        self.names.used.add(name)


def _odd(said: str) -> Refused:
    return Refused("template", Code.BAD_VALUE, said, detail="template_syntax", part="DOCX")


def _word_fields(data: bytes, name: str, known: Known) -> set[str]:
    """The fields a Word template names; it is filled once with blanks, so that what cannot be filled shows now."""
    environment = _Strict(known)
    blanks: dict[str, Any] = dict.fromkeys(known.fields, "")
    blanks |= {group: [dict.fromkeys(names, "")] for group, names in known.lists.items()}
    _render(data, blanks, environment, name)
    return environment.names.used


def _context(content: Content) -> dict[str, Any]:
    found: dict[str, Any] = {name: cell.shown for name, cell in content.fields.items()}
    for group, rows in content.lists.items():
        found[group] = [{name: cell.shown for name, cell in row.items()} for row in rows]
    return found


def _render(data: bytes, context: Mapping[str, Any], environment: _Strict, name: str = "DOCX") -> bytes:
    template = DocxTemplate(io.BytesIO(data))
    out = io.BytesIO()
    try:
        template.render(dict(context), environment, autoescape=True)
        template.save(out)
    except Refused:
        raise
    except TemplateError as error:
        raise _odd(str(error)[:80]) from None
    except Exception as error:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=str(error)[:80]) from None
    return out.getvalue()
