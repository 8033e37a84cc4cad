import csv
import io
import re
import zipfile
from contextlib import suppress
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.ingest.tables import DELIMITERS, Table, read_table
from domain.errors import Unreadable
from locales import LANGUAGES, text

REPORT = "采样点编码,时段,采样人数\n440607001-S01,2021-06-06T14:00:00+08:00,12\n"
SLOVAK = "Kraj;Okres;Obec;testovaní\nŽilinský;Čadca;Dlhá nad Kysucou;1580\nTrnavský;Šaľa;Nová Ľubica;5\n"
FRENCH = (
    "Département,Commune,Préfecture,Personnes dépistées,Remarque\n"
    "Hérault,Sète,Montpellier,12,journée très chargée à l'entrée\n"
    "Rhône,Saint-Étienne,Lyon,33,élève de l'école primaire\n"
    "Isère,La Tronche,Grenoble,5,fermé dès la première heure pour la fête\n"
)


def cells(table: Table) -> list[list[object]]:
    return [list(line.cells.values()) for line in table.lines]


def numbers(table: Table) -> list[int]:
    return [line.number for line in table.lines]


def why_unreadable(data: bytes, **options) -> Unreadable:
    """The refusal, which must have a sentence in every language."""
    with pytest.raises(Unreadable) as caught:
        read_table(data, "sent.csv", **options)
    for language in LANGUAGES:
        assert text(language, f"unreadable.{caught.value.problem}", **caught.value.params)
    return caught.value


def as_csv(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("written", "encoding", "recognised"),
    [
        (REPORT, "utf-8", "utf-8"),
        (REPORT, "utf-8-sig", "utf-8-sig"),
        (REPORT, "utf-16", "utf-16"),
        (REPORT, "gbk", "gb18030"),
        (REPORT, "gb18030", "gb18030"),
        ("采样点,人数\nS01,3\n", "gbk", "gb18030"),
        ("区,市\n1,2\n", "gbk", "gb18030"),
        ("名称,人数\n朱镕基路,3\n禅城区石湾镇,4\n𠮷野,5\n", "gb18030", "gb18030"),
        (SLOVAK, "cp1250", "cp1250"),
        ("kraj,počet\nA,1\n", "cp1250", "cp1250"),
        (FRENCH, "cp1252", "cp1252"),
        ("a,b\n1,2\n", "ascii", "utf-8"),
    ],
)
def test_an_encoding_is_recognised(written, encoding, recognised):
    table = read_table(written.encode(encoding), "sent.csv")
    assert table.encoding == recognised
    assert table.headers == tuple(re.split("[,;]", written.splitlines()[0]))
    assert cells(table) == [re.split("[,;]", line) for line in written.splitlines()[1:]]


def test_utf_16_of_either_byte_order_is_recognised():
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert cells(read_table(mark + "区\tb\n三水\t2\n".encode(encoding), "x")) == [["三水", "2"]]


def test_text_in_an_encoding_that_is_not_recognised_is_refused_and_not_read_as_nonsense():
    japanese = "名前,数\n東京,1\n".encode("cp932")
    assert why_unreadable(japanese).problem == "unrecognised_encoding"
    assert read_table(japanese, "x", encoding="cp932").headers == ("名前", "数")


def test_a_stated_encoding_is_used():
    table = read_table("názov,počet\nKošice,5\n".encode("cp1250"), "x", encoding="cp1250")
    assert cells(table) == [["Košice", "5"]]
    assert table.encoding == "cp1250"


def test_a_byte_order_mark_is_believed_before_a_stated_encoding():
    assert cells(read_table("区,b\n三水,1\n".encode("utf-8-sig"), "x", encoding="cp1250")) == [["三水", "1"]]


def test_a_wrong_stated_encoding_is_refused_with_the_line():
    refusal = why_unreadable("a,b\n1,2\n三水,3\n".encode("gbk"), encoding="utf-8")
    assert (refusal.problem, refusal.params) == ("bad_encoding", {"encoding": "utf-8", "line": 3})


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_unknown_encoding_is_refused(encoding):
    assert why_unreadable(b"a,b\n\xff,2\n", encoding=encoding).problem == "unknown_encoding"


def test_one_broken_byte_does_not_turn_a_utf_8_file_into_nonsense():
    broken = ("采样点,备注\n" + "西南街道,正常\n" * 5).encode() + b"S\xff,1\n"
    refusal = why_unreadable(broken)
    assert (refusal.problem, refusal.params) == ("bad_encoding", {"encoding": "utf-8", "line": 7})


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_a_delimiter_is_recognised(delimiter):
    written = as_csv([["site", "lon", "note"], ["S1", "12,5", "a; b | c"], ["S2", "13,5", ""]], delimiter)
    table = read_table(written.encode(), "x")
    assert table.delimiter == delimiter
    assert cells(table) == [["S1", "12,5", "a; b | c"], ["S2", "13,5", ""]]


@pytest.mark.parametrize(
    ("written", "delimiter"),
    [
        ("a;b,c;d\n1;2,5;3\n1;2;3\n", ";"),
        ('"x, y";b\n1;2\n', ";"),
        ("only\n1\n2\n", ","),
        ("a\tb\n1,2\t3,4\n", "\t"),
        ("code|towns\nA|1,2,3\n", "|"),
        ("a,b,c\n1\n1,2\n1,2,3\n", ","),
    ],
)
def test_the_delimiter_that_fits_the_header_is_taken(written, delimiter):
    assert read_table(written.encode(), "x").delimiter == delimiter


def test_a_stated_delimiter_is_used():
    assert cells(read_table(b"a,b#c\n1,2#3\n", "x", delimiter="#")) == [["1,2", "3"]]


def test_line_numbers_are_those_an_editor_shows():
    table = read_table(b'\r\na,b\r\n\r\n1,"x\r\ny\r\nz"\r\n,,\r\n2,3\r\n', "x")
    assert numbers(table) == [4, 8]
    assert cells(table) == [["1", "x\r\ny\r\nz"], ["2", "3"]]


def test_old_macintosh_line_ends_are_read():
    table = read_table(b"a,b\r1,2\r3,4", "x")
    assert (numbers(table), cells(table)) == ([2, 3], [["1", "2"], ["3", "4"]])


def test_header_cells_are_trimmed_and_empty_columns_at_the_end_ignored():
    table = read_table(b" a , b,, \n1, 2 ,,\n", "x")
    assert table.headers == ("a", "b")
    assert cells(table) == [["1", " 2 "]]
    assert not table.too_wide


def test_a_column_without_a_name_is_called_by_its_place():
    table = read_table(b",a,,b\n0,1,x,2\n", "x")
    assert table.headers == ("#1", "a", "#3", "b")
    assert cells(table) == [["0", "1", "x", "2"]]


def test_a_short_line_has_its_missing_cells_empty():
    assert cells(read_table(b"a,b,c\n1\n", "x")) == [["1", None, None]]


def test_cells_beyond_the_header_are_kept_beside_their_line():
    table = read_table(b"a,b\n1,2,,x,\n3,4\n", "x")
    assert table.too_wide == {2: ("", "x")}
    assert numbers(table) == [2, 3]


def test_a_header_alone_is_a_table_without_lines():
    table = read_table(b"a,b\n", "x")
    assert (table.headers, table.lines) == (("a", "b"), [])


def test_a_quotation_mark_inside_a_cell_is_text():
    assert cells(read_table(b'a,b\n5" pipe,"say ""hi"""\n', "x")) == [['5" pipe', 'say "hi"']]


@pytest.mark.parametrize(
    ("data", "problem", "params"),
    [
        (b"", "empty_file", {}),
        (b"\xef\xbb\xbf \r\n", "empty_file", {}),
        (b",,\n,\n", "empty_file", {}),
        (b"a,b\0,c\n1,2,3\n", "not_a_table", {}),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_table", {}),
        (b"%PDF\n\x01\x02\x03\x04\x05\x06\xff\xfe\xd8\x10", "not_a_table", {}),
        ("a,b\n".encode("utf-16-le"), "not_a_table", {}),
        (b"PK\x03\x04 torn", "not_a_table", {}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_excel", {}),
        (b"a,b, a\n1,2,3\n", "duplicate_header", {"name": "a"}),
        (b'a,b\n1,2\n3,"open\n5,6\n', "unbalanced_quotes", {"line": 3}),
        (b'a,b\n1,"open\n' + b"3,4\n" * 9 + b'5,"closed"\n', "unbalanced_quotes", {"line": 2}),
        (b'a,b\n1,"' + b"3,4\n" * 50_000, "unbalanced_quotes", {"line": 2}),
        (b"a,b\n1," + b"x" * 200_000, "cell_too_long", {"line": 2, "limit": 131_072}),
    ],
)
def test_what_is_no_table_is_refused_whole(data, problem, params):
    refusal = why_unreadable(data)
    assert (refusal.problem, refusal.params) == (problem, params)


def test_a_file_over_the_limits_is_refused():
    assert why_unreadable(b"a,b\n" * 10, max_bytes=20).params == {"limit_mb": 1}
    assert why_unreadable(b"a,b\n1,2\n3,4\n", max_rows=1).params == {"limit": 1}
    assert len(read_table(b"a,b\n1,2\n3,4\n", "x", max_rows=2).lines) == 2


def test_a_file_like_that_of_a_real_campaign_is_read():
    table = read_table(
        "State,County,Municipality,tested,positive\n"
        "Horný,,mobilné tímy,437,1\n"
        "Horný,Dolná Lehota,Badínec,158,8\n"
        "Južný,Veľký Žiar,Ráztočno,23,0\n".encode(),
        "round.csv",
    )
    assert table.headers == ("State", "County", "Municipality", "tested", "positive")
    assert numbers(table) == [2, 3, 4]
    assert table.lines[0].cells["County"] == ""
    assert table.lines[2].cells["County"] == "Veľký Žiar"


# Whatever people write into cells; control characters would make it no text.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], include_characters="\n\r\t"), max_size=12)
HEADERS = st.lists(
    st.text("abcXYZ_时段采样点编码ýŽ ", min_size=1, max_size=8).map(str.strip).filter(bool),
    min_size=2,
    max_size=5,
    unique=True,
)


@st.composite
def tables(draw) -> list[list[str]]:
    headers = draw(HEADERS)
    row = st.lists(TEXTS, min_size=len(headers), max_size=len(headers))
    return [headers, *draw(st.lists(row.filter(lambda cells: any(map(str.strip, cells))), max_size=6))]


@given(tables(), st.sampled_from(DELIMITERS), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
def test_any_table_comes_back_as_it_was_written(rows, delimiter, encoding):
    table = read_table(as_csv(rows, delimiter).encode(encoding), "x", encoding=encoding)
    assert table.delimiter == delimiter
    assert [list(table.headers), *cells(table)] == rows


@given(
    st.lists(st.text("三水区西南街道白坭镇乐平云东海采样点正常下雨", min_size=1), min_size=1, max_size=20),
    st.sampled_from(DELIMITERS),
)
def test_a_chinese_table_in_gbk_is_recognised(names, delimiter):
    rows = [["采样点编码", "备注"], *([name, "正常"] for name in names)]
    table = read_table(as_csv(rows, delimiter).encode("gbk"), "x")
    assert [list(table.headers), *cells(table)] == rows


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data):
    # Anything else that is raised fails the test.
    with suppress(Unreadable):
        assert read_table(data, "x").headers


# --- XLSX --------------------------------------------------------------------------------------------------


def workbook(*sheets: tuple[str, list[list[object]]], hidden: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title == hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet_xml(data: bytes, old: str, new: str) -> bytes:
    """The workbook with a piece of its first sheet's XML changed, for what openpyxl does not write."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(name, content)
    return out.getvalue()


def test_a_sheet_is_read_whatever_its_file_is_called():
    data = workbook(("一", [["采样点", "人数", None], ["S1", 12, None], [None, " "], ["S2", 1.5]]))
    table = read_table(data, "reports.csv")
    assert (table.headers, table.encoding, table.delimiter) == (("采样点", "人数"), None, None)
    assert cells(table) == [["S1", 12], ["S2", 1.5]]
    assert numbers(table) == [2, 4]


def test_cells_keep_what_the_sheet_says():
    moment = datetime.fromisoformat("2021-06-06T14:00:00")
    data = workbook(("s", [["a", "b", "c", "d"], [moment, "#REF!", True, "00440607"]]))
    assert cells(read_table(data, "x")) == [[moment, "#REF!", "TRUE", "00440607"]]


def test_a_whole_number_stored_with_a_fraction_is_whole():
    data = with_sheet_xml(workbook(("s", [["a"], [12]])), "<v>12</v>", "<v>12.0</v>")
    assert [type(value) for row in cells(read_table(data, "x")) for value in row] == [int]


def test_a_formula_is_seen_as_its_text_and_never_as_its_stored_value():
    data = workbook(("s", [["a", "b"], [1, "=1+1"]]))
    stored = with_sheet_xml(data, "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>")
    assert cells(read_table(stored, "x")) == [[1, "=1+1"]]
    array = with_sheet_xml(data, "<f>1+1</f><v></v>", '<f t="array" ref="B2">SUM(A1:A2)</f><v>2</v>')
    assert cells(read_table(array, "x")) == [[1, "=SUM(A1:A2)"]]


def test_the_first_visible_sheet_is_taken_unless_one_is_named():
    data = workbook(("hidden", [["h"]]), ("shown", [["s"]]), ("third", [["t"]]), hidden="hidden")
    assert read_table(data, "x").headers == ("s",)
    assert read_table(data, "x", sheet="third").headers == ("t",)
    assert read_table(data, "x", sheet="hidden").headers == ("h",)


def test_an_unknown_sheet_is_refused_with_those_there_are():
    refusal = why_unreadable(workbook(("一", [["a"]]), ("二", [["b"]])), sheet="三")
    assert (refusal.problem, refusal.params) == ("unknown_sheet", {"sheet": "三", "sheets": "一, 二"})


def test_a_wrong_dimension_does_not_cut_the_sheet_off():
    data = workbook(("s", [["a", "b"], [1, 2], [3, 4]]))
    assert cells(read_table(with_sheet_xml(data, 'ref="A1:B3"', 'ref="A1"'), "x")) == [[1, 2], [3, 4]]


def test_a_sheet_row_with_too_many_cells_is_marked():
    assert read_table(workbook(("s", [["a"], [1, None, 5]])), "x").too_wide == {2: (None, 5)}


def test_an_empty_sheet_is_an_empty_file():
    assert why_unreadable(workbook(("s", []))).problem == "empty_file"


def test_an_impossible_row_number_is_refused_and_not_counted_up_to():
    data = with_sheet_xml(workbook(("s", [["a"], [1]])), '<row r="2"', '<row r="999999999999"')
    assert why_unreadable(data).problem == "too_many_rows"


def archive(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries:
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (archive(("xl/worksheets/sheet1.xml", b"0" * 1_000_000)), "too_large"),
        (archive(*((f"{n}", b"") for n in range(2_001))), "too_large"),
        (archive(("word/document.xml", b"<x/>")), "not_a_table"),
        (workbook(("s", [["a"]]))[:-40], "not_a_table"),
        (with_sheet_xml(workbook(("s", [["a"], [1]])), "<sheetData>", "<sheetDat"), "not_a_table"),
    ],
)
def test_an_archive_that_is_no_workbook_or_a_bomb_is_refused(data, problem):
    assert why_unreadable(data, max_bytes=240_000).problem == problem
