import csv
import io
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.ingest.mapping import FileMapping
from data.ingest.rejects import ADDED, rejected_bytes, write_rejected
from data.ingest.tables import DELIMITERS, read_table

SITES = 'site;lon;note\nS1;12,5;=1+1\nS2;x;\nS3;13,5;"a\r\nb"\nS4;1;ok\n'
FAULT = (3, "lon", "not_a_number", "“x” is not a number; write 12,5")


def lines_of(data: bytes, delimiter: str, encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter))


def test_exactly_the_refused_lines_come_back_with_the_reasons_behind_them():
    table = read_table(SITES.encode(), "sites.csv")
    assert lines_of(rejected_bytes(table, [FAULT, (4, "note", "bad_value", "too long")]), ";") == [
        ["site", "lon", "note", *ADDED],
        ["S2", "x", "", "3", "lon", "not_a_number", "“x” is not a number; write 12,5"],
        ["S3", "13,5", "a\r\nb", "4", "note", "bad_value", "too long"],
    ]


def test_lines_stand_in_the_order_of_the_file_and_several_faults_become_one_line():
    table = read_table(SITES.encode(), "sites.csv")
    faults = [(6, "a", "x", "last"), FAULT, (3, "site", "unknown_site", "no such site"), FAULT]
    _, second, third = lines_of(rejected_bytes(table, faults), ";")
    assert second[3:] == ["3", "lon / site", "not_a_number / unknown_site", f"{FAULT[3]} / no such site"]
    assert third[3:] == ["6", "a", "x", "last"]


def test_a_users_own_cells_are_never_changed_even_where_excel_would_run_them():
    table = read_table(SITES.encode(), "sites.csv")
    assert lines_of(rejected_bytes(table, [(2, "lon", "c", "m")]), ";")[1][:3] == ["S1", "12,5", "=1+1"]


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("=1+1 is a formula", "'=1+1 is a formula"),
        ("+x", "'+x"),
        ("-5 is negative", "'-5 is negative"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-5", "-5"),
        ("+1,5", "+1,5"),
        ("plain", "plain"),
    ],
)
def test_a_message_is_no_formula(message, written):
    table = read_table(SITES.encode(), "sites.csv")
    assert lines_of(rejected_bytes(table, [(2, "f", "c", message)]), ";")[1][-1] == written


def test_columns_of_an_earlier_round_are_replaced():
    table = read_table(SITES.encode(), "sites.csv")
    again = read_table(rejected_bytes(table, [FAULT]), "sites.rejected.csv")
    assert lines_of(rejected_bytes(again, [(2, "lon", "negative", "new")]), ";") == [
        ["site", "lon", "note", *ADDED],
        ["S2", "x", "", "2", "lon", "negative", "new"],
    ]


def test_a_line_with_too_many_cells_keeps_them_all_and_is_too_wide_again():
    table = read_table(b"a,b\n1,2,,x\n", "x")
    again = read_table(rejected_bytes(table, [(2, "", "too_many_cells", "m")]), "x")
    assert again.too_wide == {2: ("", "x")}
    assert dict(again.lines[0].cells) == {
        "a": "1",
        "b": "2",
        "rejected_line": "2",
        "rejected_field": "",
        "rejected_code": "too_many_cells",
        "rejected_message": "m",
    }


def test_the_encoding_is_the_mappings_or_one_that_excel_knows():
    table = read_table("obec;n\nŽiar;1\n".encode("cp1250"), "x", encoding="cp1250")
    assert rejected_bytes(table, [(2, "n", "c", "m")]).startswith(b"\xef\xbb\xbf")
    own = rejected_bytes(table, [(2, "n", "c", "m")], mapping=FileMapping(encoding="cp1250"))
    assert own.startswith("obec;n;rejected_line".encode("cp1250"))
    assert "Žiar".encode("cp1250") in own


def test_a_message_that_the_files_encoding_cannot_say_still_comes_back_whole():
    mapping = FileMapping(encoding="cp1250")
    table = read_table("obec;n\nŽiar;1\n".encode("cp1250"), "x", encoding="cp1250")
    again = read_table(rejected_bytes(table, [(2, "n", "c", "不是数字")], mapping=mapping), "x", encoding="cp1250")
    assert again.lines[0].cells["obec"] == "Žiar"
    assert again.lines[0].cells["rejected_message"] == "不是数字"


def test_a_sheet_becomes_comma_csv_that_the_same_mapping_reads():
    book = openpyxl.Workbook()
    book.active.append(["site", "lon", "hour", "n", "none"])
    book.active.append(["S1", 12.125, datetime.fromisoformat("2021-06-06T14:00:00"), 7, None])
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue(), "x.xlsx")
    faults = [(2, "hour", "bad_time", "no offset")]
    assert lines_of(rejected_bytes(table, faults), ",")[1][:5] == [
        "S1",
        "12.125",
        "2021-06-06T14:00:00",
        "7",
        "",
    ]
    mapping = FileMapping(decimal=",", delimiter=";")
    assert lines_of(rejected_bytes(table, faults, mapping=mapping), ";")[1][1] == "12,125"


def test_the_file_is_written_where_it_was_asked_for(tmp_path):
    table = read_table(SITES.encode(), "sites.csv")
    path = tmp_path / "sites.csv.rejected.csv"
    assert write_rejected(path, table, [FAULT]) == path
    assert path.read_bytes() == rejected_bytes(table, [FAULT])


def test_the_current_directory_takes_the_file_when_its_own_place_does_not(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    table = read_table(SITES.encode(), "sites.csv")
    written = write_rejected(tmp_path / "gone" / "sites.rejected.csv", table, [FAULT])
    assert written == here / "sites.rejected.csv"
    assert written.read_bytes() == rejected_bytes(table, [FAULT])


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], include_characters="\n\r\t"), max_size=12)


@given(
    st.lists(st.tuples(TEXTS, TEXTS).filter(lambda row: any(map(str.strip, row))), min_size=1, max_size=5),
    TEXTS,
    st.sampled_from(DELIMITERS),
)
def test_what_comes_back_can_be_sent_again(rows, message, delimiter):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("site", "note"), *rows])
    table = read_table(out.getvalue().encode(), "x")
    again = read_table(rejected_bytes(table, [(line.number, "f", "c", message) for line in table.lines]), "x")
    assert again.delimiter == delimiter
    assert [(line.cells["site"], line.cells["note"]) for line in again.lines] == rows
