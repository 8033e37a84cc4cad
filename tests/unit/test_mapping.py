from datetime import datetime

import openpyxl
import pytest

from data.ingest.mapping import (
    LAB_ALIASES,
    LAB_FIELDS,
    PLACE_ALIASES,
    PLACE_FIELDS,
    REPORT_ALIASES,
    REPORT_FIELDS,
    FileMapping,
    apply,
)
from data.ingest.tables import read_table
from domain.errors import Unreadable
from locales import LANGUAGES, text

CONTRACT = """
[columns]
district = "State"
town = "County"
site = "Municipality"
persons = "tested"
positives = "positive"
[constants]
city = "Slovakia"
hour = "2020-10-31T07:00:00+01:00"
hours = 39
[options]
create_places = true
delimiter = ";"
decimal = ","
sheet = "Sheet1"
"""


def why_refused(function, *arguments) -> Unreadable:
    """The refusal, which must have a sentence in every language."""
    with pytest.raises(Unreadable) as caught:
        function(*arguments)
    for language in LANGUAGES:
        assert text(language, f"unreadable.{caught.value.problem}", **caught.value.params)
    return caught.value


def rows(data: str, mapping: FileMapping) -> list[dict[str, object]]:
    return [row for _, row in apply(read_table(data.encode(), "x"), mapping)]


def test_the_mapping_of_the_contract_is_understood():
    assert FileMapping.parse(CONTRACT, REPORT_FIELDS) == FileMapping(
        columns={
            "district": "State",
            "town": "County",
            "site": "Municipality",
            "persons": "tested",
            "positives": "positive",
        },
        constants={"city": "Slovakia", "hour": "2020-10-31T07:00:00+01:00", "hours": 39},
        create_places=True,
        delimiter=";",
        decimal=",",
        sheet="Sheet1",
    )


def test_an_empty_mapping_leaves_everything_to_be_recognised():
    assert FileMapping.parse("\ufeff# nothing\n", REPORT_FIELDS) == FileMapping()


def test_a_time_may_stand_without_quotes():
    mapping = FileMapping.parse("[constants]\nhour = 2020-10-31T07:00:00+01:00", REPORT_FIELDS)
    assert mapping.constants == {"hour": "2020-10-31T07:00:00+01:00"}


@pytest.mark.parametrize(
    ("toml", "problem", "params"),
    [
        ("[columns\n", "mapping_not_toml", None),
        ('[columns]\nsite = "a"\nsite = "b"\n', "mapping_not_toml", None),
        ('[colums]\nsite = "a"\n', "mapping_unknown_section", {"section": "colums"}),
        ('site = "a"\n', "mapping_unknown_section", {"section": "site"}),
        ('columns = "a"\n', "mapping_unknown_section", {"section": "columns"}),
        ('[columns]\nperson = "a"\n', "mapping_unknown_field", None),
        ('[constants]\nxyz = "a"\n', "mapping_unknown_field", {"field": "xyz", "nearest": "—"}),
        ('[columns]\nhour = "a"\n[constants]\nhour = "b"\n', "mapping_twice", {"field": "hour"}),
        ("[columns]\nhour = 5\n", "mapping_bad_column", {"field": "hour", "value": "5"}),
        ('[columns]\nhour = " "\n', "mapping_bad_column", {"field": "hour", "value": " "}),
        ("[constants]\nhours = true\n", "mapping_bad_constant", {"field": "hours", "value": "True"}),
        ("[constants]\nhours = []\n", "mapping_bad_constant", {"field": "hours", "value": "[]"}),
        ('[constants]\nnote = ""\n', "mapping_bad_constant", {"field": "note", "value": ""}),
        (
            "[options]\ncreate_place = true\n",
            "mapping_unknown_option",
            {"option": "create_place", "nearest": "create_places"},
        ),
        ('[options]\ncreate_places = "yes"\n', "mapping_bad_option", None),
        ('[options]\nencoding = "klingon"\n', "mapping_bad_option", None),
        ('[options]\nencoding = "hex"\n', "mapping_bad_option", None),
        ('[options]\ndelimiter = ";;"\n', "mapping_bad_option", None),
        ("[options]\ndelimiter = '\"'\n", "mapping_bad_option", None),
        ('[options]\ndecimal = ";"\n', "mapping_bad_option", {"option": "decimal", "value": ";"}),
        ("[options]\nsheet = 1\n", "mapping_bad_option", {"option": "sheet", "value": "1"}),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_with_the_remedy(toml, problem, params):
    refusal = why_refused(FileMapping.parse, toml, REPORT_FIELDS)
    assert refusal.problem == problem
    assert params in (None, refusal.params)


def test_an_unknown_field_is_answered_with_the_nearest_ones():
    refusal = why_refused(FileMapping.parse, '[columns]\nPerson = "a"\n', REPORT_FIELDS)
    assert refusal.params["field"] == "Person"
    assert str(refusal.params["nearest"]).startswith("persons")


@pytest.mark.parametrize("option", ['encoding = "GBK"', 'encoding = "cp1250"', 'delimiter = "\\t"', 'decimal = "."'])
def test_usual_options_are_accepted(option):
    FileMapping.parse(f"[options]\n{option}\n", REPORT_FIELDS)


@pytest.mark.parametrize(
    ("aliases", "fields"),
    [(PLACE_ALIASES, PLACE_FIELDS), (LAB_ALIASES, LAB_FIELDS), (REPORT_ALIASES, REPORT_FIELDS)],
)
def test_every_alias_means_a_field_and_every_field_means_itself(aliases, fields):
    assert set(aliases.values()) == set(fields)
    assert all(aliases[name] == name for name in fields)
    assert all(alias == "_".join(alias.casefold().split()) for alias in aliases)


def test_the_headers_of_the_demonstrations_sites_are_accepted_as_they_are():
    header = (
        "site_code,name_zh,name_en,town_code,town_zh,town_en,village_code,village_zh,kind,setting,lon,lat,"
        "target_population,lanes,lane_capacity_per_day,capacity_per_day,persons_per_lane,lab_code,data_status"
    )
    assert FileMapping.default(header.split(","), PLACE_ALIASES).columns == {
        "site": "site_code",
        "site_name": "name_zh",
        "site_name_en": "name_en",
        "town": "town_code",
        "town_name": "town_zh",
        "town_name_en": "town_en",
        "kind": "kind",
        "lon": "lon",
        "lat": "lat",
        "target": "target_population",
        "lanes": "lanes",
        "lab": "lab_code",
    }


def test_the_headers_of_the_demonstrations_labs_are_accepted_as_they_are():
    header = (
        "lab_code,name_zh,name_en,lon,lat,host_town_code,capacity_tubes_per_day,bound_town_codes,bound_towns_zh,"
        "bound_population_est,tubes_10in1_full_round,load_ratio_1day,data_status"
    )
    assert FileMapping.default(header.split(","), LAB_ALIASES).columns == {
        "lab": "lab_code",
        "name": "name_zh",
        "name_en": "name_en",
        "lon": "lon",
        "lat": "lat",
        "host_town": "host_town_code",
        "capacity_per_day": "capacity_tubes_per_day",
        "towns": "bound_town_codes",
    }


def test_chinese_report_headers_are_known():
    header = "采样点编码,时段,采样人数,用管数,第三联,特殊情况登记,排队分钟,开台数,累计采样人数,累计用管数,备注"
    assert list(FileMapping.default(header.split(","), REPORT_ALIASES).columns.items()) == [
        ("site", "采样点编码"),
        ("hour", "时段"),
        ("persons", "采样人数"),
        ("tubes", "用管数"),
        ("third_copies", "第三联"),
        ("special_cases", "特殊情况登记"),
        ("queue_minutes", "排队分钟"),
        ("lanes_open", "开台数"),
        ("persons_total", "累计采样人数"),
        ("tubes_total", "累计用管数"),
        ("note", "备注"),
    ]


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        (["SITE"], "SITE"),
        ([" Site Code "], " Site Code "),
        (["site_code", "site"], "site"),
        (["采样点", "采样点编码"], "采样点编码"),
    ],
)
def test_our_own_names_go_before_codes_and_codes_before_names(headers, taken):
    assert FileMapping.default(headers, REPORT_ALIASES).columns == {"site": taken}


def test_two_headers_that_differ_in_case_only_are_refused():
    refusal = why_refused(FileMapping.default, ["site", "Site"], REPORT_ALIASES)
    assert (refusal.problem, refusal.params) == ("duplicate_header", {"name": "Site"})


def test_a_mapping_without_columns_takes_the_default_ones_but_for_its_constants():
    stated = FileMapping.parse('[constants]\nhours = 2\n[options]\ndecimal = ","\n', REPORT_FIELDS)
    mapping = stated.or_default(["site", "hours", "persons"], REPORT_ALIASES)
    assert mapping.columns == {"site": "site", "persons": "persons"}
    assert (mapping.constants, mapping.decimal) == ({"hours": 2}, ",")


def test_stated_columns_are_all_the_columns():
    stated = FileMapping.parse('[columns]\nsite = "s"\n', REPORT_FIELDS)
    assert stated.or_default(["s", "persons"], REPORT_ALIASES) == stated


def test_rows_of_a_real_campaigns_kind_become_fields():
    mapping = FileMapping.parse(CONTRACT.replace('delimiter = ";"\n', ""), REPORT_FIELDS)
    table = read_table(
        "State,County,Municipality,tested,positive\n"
        "Horný,,mobilné tímy,437,1\n"
        "Horný,Dolná Lehota,Badínec,158,8\n"
        "Južný,Veľký Žiar,Ráztočno, ,0\n".encode(),
        "round.csv",
    )
    found = list(apply(table, mapping))
    constants = {"city": "Slovakia", "hour": "2020-10-31T07:00:00+01:00", "hours": 39}
    assert [line.number for line, _ in found] == [2, 3, 4]
    assert found[0][1] == constants | {
        "district": "Horný",
        "town": None,
        "site": "mobilné tímy",
        "persons": "437",
        "positives": "1",
    }
    assert found[2][1]["persons"] is None
    assert found[2][1]["positives"] == "0"


def test_blank_cells_are_missing_and_others_stay_as_they_are():
    mapping = FileMapping(columns={"site": "s", "note": "n"})
    assert rows("s,n\n A ,\n\u3000, \t\nB\n,x\n", mapping) == [
        {"site": " A ", "note": None},
        {"site": "B", "note": None},
        {"site": None, "note": "x"},
    ]


def test_a_mapped_column_that_is_not_in_the_file_is_refused_before_any_row_is_asked_for():
    table = read_table(b"State,Tested\nA,1\n", "x")
    refusal = why_refused(apply, table, FileMapping(columns={"persons": "tested"}))
    assert (refusal.problem, refusal.params) == (
        "missing_column",
        {"field": "persons", "column": "tested", "nearest": "Tested", "headers": "State, Tested"},
    )


def test_a_date_from_a_sheet_stays_a_date_without_an_offset(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["site", "hour"])
    book.active.append(["S1", datetime.fromisoformat("2021-06-06T14:00:00")])
    book.save(tmp_path / "r.xlsx")
    table = read_table((tmp_path / "r.xlsx").read_bytes(), "r.xlsx")
    [(_, row)] = apply(table, FileMapping.default(table.headers, REPORT_ALIASES))
    assert row == {"site": "S1", "hour": datetime.fromisoformat("2021-06-06T14:00:00")}
