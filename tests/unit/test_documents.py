"""Files: a value comes out as it went in, what looks like a program stays text, what could harm is refused."""

import html
import io
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from bulletin_kit import FROZEN, HEKOU, LINES, TOTAL, XINAN, at, frozen, issue
from docx import Document
from openpyxl.workbook.defined_name import DefinedName

from components.bulletin.content import content
from components.bulletin.fields import FIELD_LISTS, FIELD_NAMES
from data.documents import example, package, spreadsheet, word
from data.documents.content import Cell, Kind, printable
from data.documents.fill import Known, check, fill
from domain.bulletin import Correction, SiteLine
from domain.errors import Code, Refused
from locales import LANGUAGES

KNOWN = Known(FIELD_NAMES, FIELD_LISTS)

NASTY = (
    "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", "{{7*7}}", "{% for x in y %}",
    "a\x00b\x07c", "\tTab", "]]>&amp;<w:p/>", "{{ persons }}", "\ud800half",
)  # fmt: skip
"""Names and notes as somebody might enter them."""


def odd_issue(name: str, language: str = "zh"):
    """An issue in which places, sites, remark, reason and correction all bear one name."""
    place = replace(XINAN, name=name, name_en=name)
    site = replace(HEKOU, name=name, name_en=name)
    changed = frozen(
        lines=(replace(LINES[0], place=place), *LINES[1:]), missing=(site,), campaign=name, campaign_en=name,
        corrections=(Correction(at(14, 24), site, "late", 5, 1, reason=name, who=name, hour_end=at(14)),),
    )  # fmt: skip
    sites = (SiteLine(site, place, 5, 5, 0, "late", 1, 1, 0, 10),)
    made = issue(changed, remark=name, reason=name, signed_name=name, drafted_name=name)
    return content(made, language, sites)


def plain(language="zh"):
    return content(issue(), language)


def texts_of_sheets(data: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [str(c.value) for ws in book for row in ws.iter_rows() for c in row if c.value is not None]


def texts_of_word(data: bytes) -> str:
    made = Document(io.BytesIO(data))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in made.paragraphs] + cells + [p.text for p in made.sections[0].footer.paragraphs])


# -- plain files


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spreadsheet_holds_every_table_with_numbers_as_numbers(language):
    made = plain(language)
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.write(made)))
    for table in made.tables:
        sheet = book[re.sub(r"[\[\]:*?/\\]", " ", table.title)[:31]]
        rows = list(sheet.iter_rows(min_row=1, max_row=len(table.rows) + 1, values_only=True))
        assert rows[0] == tuple(c.title for c in table.columns)
        for written, row in zip(rows[1:], table.rows, strict=True):
            # A spreadsheet keeps fifteen digits of a share.
            shares = [i for i, column in enumerate(table.columns) if column.kind is Kind.SHARE]
            wanted = [pytest.approx(c.value) if i in shares else c.value for i, c in enumerate(row)]
            assert list(written) == wanted
        for i, column in enumerate(table.columns, start=1):
            for row in range(2, len(table.rows) + 2):
                cell = sheet.cell(row, i)
                if cell.value is None:
                    continue
                assert cell.number_format == spreadsheet.FORMATS[column.kind]
                if column.kind in (Kind.COUNT, Kind.SIGNED, Kind.SHARE):
                    assert isinstance(cell.value, int | float)
                if column.kind is Kind.MOMENT:
                    assert cell.is_date


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_file_has_real_headings_tables_and_lists_with_the_numbers_of_the_page(language):
    made = plain(language)
    file = Document(io.BytesIO(word.write(made)))
    headings = [p.text for p in file.paragraphs if p.style.name == "Heading 1"]
    assert headings == [*(t.title for t in made.tables), made.todos_title]
    assert [p.text for p in file.paragraphs if p.style.name == "List Number"] == list(made.todos)
    assert [p.text for p in file.paragraphs if p.style.name == "Title"] == [made.heading]
    assert made.lead_text in [p.text for p in file.paragraphs]
    assert len(file.tables) == len(made.tables) + 1
    for table, written in zip(made.tables, file.tables[1:], strict=True):
        rows = [[cell.text for cell in row.cells] for row in written.rows]
        assert rows == [[c.title for c in table.columns], *([cell.shown for cell in row] for row in table.rows)]


@pytest.mark.parametrize("write", [spreadsheet.write, word.write])
def test_files_name_issue_and_revision_in_their_footer(write):
    made = plain()
    with zipfile.ZipFile(io.BytesIO(write(made))) as archive:
        parts = [name for name in archive.namelist() if name.startswith(("xl/worksheets/sheet", "word/footer"))]
        body = html.unescape("".join(archive.read(name).decode() for name in parts))
    assert "第 8 期" in body
    assert "r4127" in body


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_becomes_a_formula_in_a_spreadsheet(name, language):
    data = spreadsheet.write(odd_issue(name, language))
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [c for ws in book for row in ws.iter_rows() for c in row]
    assert not [c.coordinate for c in cells if c.data_type == "f"]
    found = [c for c in cells if c.value == printable(name)]
    assert len(found) >= 3
    if name[0] in "=+-@\t":
        assert all(c.quotePrefix for c in found)


@pytest.mark.parametrize("name", NASTY)
def test_no_name_breaks_a_word_file_or_becomes_part_of_it(name):
    data = word.write(odd_issue(name))
    said = texts_of_word(data)
    assert said.count(printable(name).strip("\t")) >= 4
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "<script>" not in archive.read("word/document.xml").decode()


def test_what_is_unknown_is_an_empty_cell_and_a_dash_on_paper():
    bare = frozen(total=replace(TOTAL, tubes=None, third_copies=None, target=None, planned=None))
    made = content(issue(bare), "zh")
    towns = made.table("towns")
    assert towns.rows[-1][2] == Cell(None, "—", Kind.COUNT)
    sheet = openpyxl.load_workbook(io.BytesIO(spreadsheet.write(made)))[towns.title]
    assert sheet.cell(len(towns.rows) + 1, 3).value is None


# -- templates: what is refused


def office(kind: str, **parts: str | bytes) -> bytes:
    """A small XLSX or DOCX with parts put over its own."""
    out = io.BytesIO()
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.active["A1"] = "{{ persons }}"
        book.save(out)
    else:
        made = Document()
        made.add_paragraph("{{ persons }}")
        made.save(out)
    return with_parts(out.getvalue(), **parts)


def with_parts(data: bytes, **parts: str | bytes) -> bytes:
    named = {name.replace("__", "/"): body for name, body in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.namelist():
            if entry not in named:
                after.writestr(entry, before.read(entry))
        for name, body in named.items():
            after.writestr(name, body)
    return out.getvalue()


def changed(data: bytes, part: str, change) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = change(archive.read(part).decode())
    return with_parts(data, **{part.replace("/", "__"): body})


def in_body(xml: str) -> bytes:
    return changed(office("docx"), "word/document.xml", lambda body: body.replace("<w:body>", f"<w:body>{xml}"))


def relationship(kind: str, target: str) -> bytes:
    part = "word/_rels/document.xml.rels" if kind == "docx" else "xl/_rels/workbook.xml.rels"
    link = f'<Relationship Id="rX" Type="http://x/attachedTemplate" Target="{target}" TargetMode="External"/>'
    return changed(office(kind), part, lambda body: body.replace("</Relationships>", f"{link}</Relationships>"))


def formula(said: str) -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B7"] = "{{ persons }}", said
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def word_with(*paragraphs: str) -> bytes:
    made = Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sheet_with(**cells: str) -> bytes:
    book = openpyxl.Workbook()
    for where, value in cells.items():
        book.active[where] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    return office("docx", word__media__x=b"\0" * (package.MAX_UNPACKED + 1))


def lying_bomb() -> bytes:
    """An archive whose directory says that its large part is small."""
    data = bytearray(bomb())
    size = (package.MAX_UNPACKED + 1).to_bytes(4, "little")
    at_ = data.rfind(size)
    data[at_ : at_ + 4] = (10).to_bytes(4, "little")
    return bytes(data)


MERGED = changed(
    office("xlsx"), "xl/worksheets/sheet1.xml",
    lambda b: b.replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>'),
)  # fmt: skip
DTD = changed(
    office("docx"), "word/document.xml",
    lambda body: re.sub(r"(<w:document)", '<!DOCTYPE x [<!ENTITY a "b">]>\\1', body, count=1),
)  # fmt: skip
MACRO_TYPE = changed(
    office("docx"),
    "[Content_Types].xml",
    lambda body: body.replace("wordprocessingml.document.main", "x.macroEnabled.main"),
)
DDE_FIELD = (
    '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DD</w:instrText></w:r>'
    "<w:r><w:instrText>EAUTO c:\\x</w:instrText></w:r></w:p>"
)

REFUSED = [
    ("not a file at all", b"hello", "a.xlsx", "template_unreadable"),
    ("another kind", office("xlsx"), "a.ods", "template_kind"),
    ("a macro file by name", office("xlsx"), "a.xlsm", "template_macros"),
    ("a macro project", office("xlsx", **{"xl/vbaProject.bin": b"x"}), "a.xlsx", "template_macros"),
    ("old macros", office("xlsx", **{"xl/macrosheets/sheet1.xml": "<x/>"}), "a.xlsx", "template_macros"),
    ("a macro content type", MACRO_TYPE, "a.docx", "template_macros"),
    ("an embedded object", office("docx", **{"word/embeddings/oleObject1.bin": b"x"}), "a.docx", "template_embedded"),
    ("a document inside", in_body('<w:altChunk r:id="rId9"/>'), "a.docx", "template_embedded"),
    ("a template from outside", relationship("docx", "https://x.org/x.dotm"), "a.docx", "template_links"),
    ("a link to another workbook", relationship("xlsx", "file:///x.xlsx"), "a.xlsx", "template_links"),
    ("external links", office("xlsx", **{"xl/externalLinks/externalLink1.xml": "<x/>"}), "a.xlsx", "template_links"),
    ("a connection", office("xlsx", **{"xl/connections.xml": "<x/>"}), "a.xlsx", "template_links"),
    ("a formula that runs", formula("=cmd|'/C calc'!A0"), "a.xlsx", "template_formula"),
    ("a formula that fetches", formula('=WEBSERVICE("http://x")'), "a.xlsx", "template_formula"),
    ("a formula of another file", formula("=[1]Sheet1!A1"), "a.xlsx", "template_formula"),
    ("a field that runs, in two runs", in_body(DDE_FIELD), "a.docx", "template_dangerous"),
    ("a field that includes", in_body('<w:fldSimple w:instr="INCLUDETEXT x"/>'), "a.docx", "template_dangerous"),
    ("an entity", DTD, "a.docx", "template_dangerous"),
    ("a part above the archive", office("docx", **{"../evil.xml": "<x/>"}), "a.docx", "template_dangerous"),
    ("a broken part", office("docx", **{"word/styles.xml": "<x"}), "a.docx", "template_unreadable"),
    ("too many parts", office("xlsx", **{f"p{n}.xml": "<x/>" for n in range(500)}), "a.xlsx", "template_unpacked"),
    ("a bomb", bomb(), "a.docx", "template_unpacked"),
    ("a merged range over the whole sheet", MERGED, "a.xlsx", "template_unpacked"),
    ("too large", b"P" * (package.MAX_BYTES + 1), "a.xlsx", "template"),
    ("no field", sheet_with(A1="hello"), "a.xlsx", "template_no_fields"),
    ("an unknown field in a cell", sheet_with(A1="{{ nobody }}"), "a.xlsx", "template_field"),
    ("an unknown field of a repeated row", sheet_with(A1="{{ towns.nobody }}"), "a.xlsx", "template_field"),
    ("an expression in a cell", sheet_with(A1="{{ 7*7 }}"), "a.xlsx", "template_syntax"),
    ("two lists in one row", sheet_with(A1="{{ towns.name }}", B1="{{ sites.name }}"), "a.xlsx", "template_syntax"),
    ("an unknown field in Word", word_with("{{ nobody }}"), "a.docx", "template_field"),
    ("an unknown field of a row", word_with("{% for t in towns %}{{ t.x }}{% endfor %}"), "a.docx", "template_field"),
    ("arithmetic", word_with("{{ 7*7 }}"), "a.docx", "template_syntax"),
    ("a call", word_with("{{ cycler('a') }}"), "a.docx", "template_syntax"),
    ("a way to the interpreter", word_with("{{ persons.__class__.__mro__ }}"), "a.docx", "template_syntax"),
    ("a way in by an item", word_with("{{ persons['__class__'] }}"), "a.docx", "template_syntax"),
    ("a filter", word_with("{{ persons|upper }}"), "a.docx", "template_syntax"),
    ("an assignment", word_with("{% set x = persons %}{{ x }}"), "a.docx", "template_syntax"),
    ("an include", word_with("{% include 'x' %}"), "a.docx", "template_syntax"),
    ("a loop over a range", word_with("{% for x in range(9) %}{% endfor %}"), "a.docx", "template_syntax"),
    ("a loop in a loop", word_with("{% for s in sites %}{% for t in sites %}{{ t.name }}{% endfor %}{% endfor %}"),
     "a.docx", "template_syntax"),
    ("an open field", word_with("{{ persons"), "a.docx", "template_syntax"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "detail"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_template_that_could_harm_or_cannot_be_filled_is_refused(data, name, detail):
    with pytest.raises(Refused) as refused:
        check(data, name, KNOWN)
    assert refused.value.detail == detail
    assert refused.value.code in (Code.BAD_VALUE, Code.TOO_LARGE)


def test_an_archive_that_lies_about_its_size_is_refused_all_the_same():
    with pytest.raises(Refused):
        check(lying_bomb(), "a.docx", KNOWN)


def test_an_unknown_field_is_named_with_its_place():
    with pytest.raises(Refused) as refused:
        check(sheet_with(B3="{{ nobody }}"), "a.xlsx", KNOWN)
    assert refused.value.value == "nobody"
    assert refused.value.params["part"] == "Sheet!B3"


# -- templates: what is filled in


def opened(data: bytes):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_single_fields_become_typed_values_and_text_with_fields_becomes_text():
    form = sheet_with(A1="{{ persons }}", A2="第 {{ issue }} 期，{{ persons }} 人", A3="{{ completion }}", A4="=1+1",
                      A5="{{ data_until }}", A6="{{ finish }}")  # fmt: skip
    sheet = opened(fill(form, "xlsx", plain(), KNOWN))
    assert (sheet["A1"].value, sheet["A1"].number_format) == (554_285, "#,##0")
    assert sheet["A2"].value == "第 8 期，554,285 人"
    assert sheet["A3"].value == pytest.approx(554_285 / 857_000)
    assert sheet["A3"].number_format == "0.0%"
    assert sheet["A4"].value == "=1+1"
    assert sheet["A5"].value.isoformat() == "2026-11-21T14:00:00"
    assert sheet["A6"].value.isoformat() == "2026-11-21T21:50:00"


def test_a_cell_keeps_the_format_its_district_gave_it():
    book = openpyxl.Workbook()
    book.active["A1"] = "{{ persons }}"
    book.active["A1"].number_format = "0"
    out = io.BytesIO()
    book.save(out)
    assert opened(fill(out.getvalue(), "xlsx", plain(), KNOWN))["A1"].number_format == "0"


def test_a_row_of_a_list_is_repeated_and_what_lies_below_moves_along():
    book = openpyxl.Workbook()
    sheet = book.active
    for where, value in {
        "A1": "镇街", "A2": "{{ towns.name }}", "B2": "{{ towns.persons }}", "C2": "=B2*2", "A3": "合计",
        "B3": "=SUM(B2:B2)", "A5": "{{ issue }}",
    }.items():  # fmt: skip
        sheet[where] = value
    sheet.merge_cells("A4:C4")
    sheet["A4"] = "脚注"
    sheet.row_dimensions[4].height = 33
    out = io.BytesIO()
    book.save(out)
    filled = opened(fill(out.getvalue(), "xlsx", plain(), KNOWN))
    rows = list(filled.iter_rows(min_row=1, max_row=7, max_col=3, values_only=True))
    assert rows == [
        ("镇街", None, None),
        ("西南街道", 181_415, "=B2*2"), ("乐平镇", 105_282, "=B3*2"), ("白坭镇", 267_588, "=B4*2"),
        ("合计", "=SUM(B2:B4)", None), ("脚注", None, None), ("8", None, None),
    ]  # fmt: skip
    assert [str(r) for r in filled.merged_cells.ranges] == ["A6:C6"]
    assert filled.row_dimensions[6].height == 33


def test_a_list_without_rows_leaves_its_row_empty():
    made = content(issue(frozen(missing=())), "zh")
    filled = opened(fill(sheet_with(A1="{{ missing.name }}", A2="{{ persons }}"), "xlsx", made, KNOWN))
    assert filled["A1"].value is None
    assert filled["A2"].value == 554_285


def test_a_cell_can_be_named_instead():
    book = openpyxl.Workbook()
    book.active["B2"] = "?"
    book.defined_names["bulletin.persons"] = DefinedName("bulletin.persons", attr_text="Sheet!$B$2")
    book.defined_names["Their_Own"] = DefinedName("Their_Own", attr_text="Sheet!$C$2")
    out = io.BytesIO()
    book.save(out)
    assert check(out.getvalue(), "a.xlsx", KNOWN) == ("xlsx", ["persons"])
    assert opened(fill(out.getvalue(), "xlsx", plain(), KNOWN))["B2"].value == 554_285


def test_a_name_that_looks_like_a_field_and_is_none_is_refused():
    book = openpyxl.Workbook()
    book.defined_names["bulletin.nobody"] = DefinedName("bulletin.nobody", attr_text="Sheet!$B$2")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Refused) as refused:
        check(out.getvalue(), "a.xlsx", KNOWN)
    assert refused.value.detail == "template_field"


@pytest.mark.parametrize("name", NASTY)
def test_what_is_filled_into_a_spreadsheet_is_never_evaluated(name):
    form = sheet_with(A1="{{ remark }}", A2="说明：{{ remark }}", A3="{{ towns.name }}")
    sheet = opened(fill(form, "xlsx", odd_issue(name), KNOWN))
    assert sheet["A1"].value == printable(name)
    assert sheet["A2"].value == f"说明：{printable(name)}"
    assert sheet["A3"].value == printable(name)
    assert "f" not in {sheet[where].data_type for where in ("A1", "A2", "A3")}


WORD_FORM = example.write(
    "docx",
    example.Words("{{ place }}", "towns", dict.fromkeys(FIELD_NAMES, "x"), dict.fromkeys(example.COLUMNS, "c")),
)


@pytest.mark.parametrize("name", NASTY)
def test_what_is_filled_into_word_is_never_evaluated(name):
    form = word_with("说明：{{ remark }}。")
    said = texts_of_word(fill(form, "docx", odd_issue(name), KNOWN))
    assert "49" not in said
    assert printable(name) in said
    with zipfile.ZipFile(io.BytesIO(fill(form, "docx", odd_issue(name), KNOWN))) as archive:
        assert "<script>" not in archive.read("word/document.xml").decode()


def test_rows_of_a_word_table_are_repeated():
    kind, used = check(WORD_FORM, "form.docx", KNOWN)
    assert kind == "docx"
    assert {"persons", "towns.name", "towns.gap"} <= set(used)
    table = Document(io.BytesIO(fill(WORD_FORM, "docx", plain(), KNOWN))).tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert [row[0] for row in rows[1:]] == ["西南街道", "乐平镇", "白坭镇"]
    assert [row[2] for row in rows[1:]] == ["181,415", "105,282", "267,588"]


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_templates_can_be_used_as_they_are(kind, language):
    form = example.write(
        kind,
        example.Words("{{ place }}", "towns", dict.fromkeys(FIELD_NAMES, "x"), dict.fromkeys(example.COLUMNS, "c")),
    )
    assert check(form, f"example.{kind}", KNOWN)[0] == kind
    filled = fill(form, kind, plain(language), KNOWN)
    said = texts_of_word(filled) if kind == "docx" else "\n".join(texts_of_sheets(filled))
    assert plain(language).lead_text in said


def test_the_same_issue_is_the_same_in_every_file():
    made = plain()
    persons = FROZEN.total.persons
    assert persons in [c.value for c in openpyxl.load_workbook(io.BytesIO(spreadsheet.write(made)))["各镇街"]["D"]]
    assert f"{persons:,}" in texts_of_word(word.write(made))
    assert opened(fill(sheet_with(A1="{{ persons }}"), "xlsx", made, KNOWN))["A1"].value == persons
    assert f"{persons:,}" in texts_of_word(fill(WORD_FORM, "docx", made, KNOWN))
