"""Files in, by the function behind command line and upload page."""

import io

import openpyxl
import pytest
import sqlalchemy as sa
from file_kit import HEAD, sheet
from kit import DISTRICT, OTHER_TOWN, TOWN, World, at, iso, make_world, row

from data import campaigns
from data.ingest.file_import import FileResult
from data.models import LabBinding, LabRow, PlaceRow, Report, TargetChange
from domain.errors import Unreadable
from locales import LANGUAGES, messages


def refused(result: FileResult) -> list[tuple[int, str, str]]:
    """The refusals of a file: line, field, code; each has a sentence in both languages."""
    for _, rejection in result.refused:
        for language in LANGUAGES:
            assert messages.refusal(language, rejection)
    return [(line, r.field, r.code.value) for line, r in result.refused]


def counts(result: FileResult) -> tuple[int, int, int, int]:
    """Accepted, unchanged, skipped, refused; together every row of the file."""
    b = result.batch
    found = b.accepted, b.unchanged, b.skipped, len(result.refused)
    assert sum(found) == result.rows
    return found


def place_codes(world: World) -> set[str]:
    return set(world.tree().by_code)


# -- reports


def test_reports_go_in_by_site_code_and_get_keys_of_their_own(world: World):
    content = sheet(HEAD, f"S1,{iso(8)},10,1", f"S2,{iso(8)},20,2", f"S1,{iso(9)},30,3")
    result = world.file("reports", content)
    assert (counts(result), refused(result)) == ((3, 0, 0, 0), [])
    assert world.persons() == 60
    again = world.file("reports", content)
    assert counts(again) == (0, 3, 0, 0)
    assert again.batch.revision == result.batch.revision == world.revision()
    world.check()


def test_two_rows_with_the_same_derived_key_are_both_refused_also_when_alike(world: World):
    content = sheet(
        HEAD, f"S1,{iso(8)},10,1", f"S2,{iso(8)},5,1", f"S1,{iso(8)},11,1", f"S4,{iso(8)},7,1",
        "S4,2021-06-06T00:00:00Z,7,1",
    )  # fmt: skip
    result = world.file("reports", content)
    assert refused(result) == [(line, "key", "duplicate_in_file") for line in (2, 4, 5, 6)]
    assert counts(result) == (1, 0, 0, 4)
    assert world.persons() == 5


def test_rows_with_keys_of_their_own_follow_the_rules_of_every_batch(world: World):
    content = sheet(
        "key,site,hour,persons,correction_of,note",
        f"a,S1,{iso(8)},10,,", f"a,S1,{iso(8)},10,,", f"a,S1,{iso(8)},12,,", f"b,S1,{iso(8)},15,a,counted again",
    )  # fmt: skip
    result = world.file("reports", content)
    assert refused(result) == [(4, "key", "conflict")]
    assert counts(result) == (2, 1, 0, 1)
    assert world.persons() == 15


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (f"S9,{iso(8)},10,1", "site", "unknown_site"),
        (f",{iso(8)},10,1", "site", "missing_field"),
        ("S1,,10,1", "hour", "missing_field"),
        ("S1,2021-06-06 08:00,10,1", "hour", "bad_time"),
        (f"S1,{iso(11)},10,1", "hour", "hour_in_future"),
        (f"S1,{iso(8)},ten,1", "persons", "not_a_number"),
        (f"S1,{iso(8)},=1+1,1", "persons", "not_a_number"),
        (f"S1,{iso(8)},1.5,1", "persons", "not_whole"),
        (f"S1,{iso(8)},-1,1", "persons", "negative"),
        (f"S1,{iso(8)},51,1", "persons", "persons_exceed_tubes"),
        (f"S1,{iso(8)},10,1,,surplus", "row", "too_many_cells"),
        (f"{'S' * 300},{iso(8)},10,1", "site", "bad_value"),
    ],
)
def test_a_bad_row_is_refused_by_line_and_the_good_ones_go_in(world: World, line, field, code):
    result = world.file("reports", sheet(HEAD, f"S2,{iso(8)},5,1", line, f"S2,{iso(9)},6,1"))
    assert refused(result) == [(3, field, code)]
    assert world.persons() == 11


def test_an_empty_count_is_missing_and_its_row_skipped(world: World):
    result = world.file("reports", sheet(HEAD, f"S1,{iso(8)},,1", f"S9,{iso(8)}, ,1", f"S1,{iso(9)},0,"))
    assert counts(result) == (1, 0, 2, 0)
    assert (world.board(8)["S1"], world.board(9)["S1"]) == ("missing", "zero")
    assert world.current().popitem()[1].tubes is None


NAMES = """
[columns]
district = "Kraj"
town = "Okres"
site = "Obec"
persons = "testovaní"
positives = "pozitívni"
[constants]
city = "Slovensko"
hour = "2021-06-06T07:00:00+08:00"
hours = 3
[options]
create_places = true
decimal = ","
"""

SLOVAK = sheet(
    "Kraj;Okres;Obec;testovaní;pozitívni",
    "Žilinský;Čadca;Dlhá;1 580;12,0",
    "Žilinský;Čadca;Malá;1.000;0",
    "Trnavský;Šaľa;Dlhá;5;",
    "Trnavský;Šaľa;Prázdna;;",
    "Trnavský;Pusté;Nič;x;1",
)


@pytest.fixture
def bare(database, clock) -> World:
    """A campaign without any place."""
    return make_world(database, clock, rows=())


def test_places_known_by_name_only_are_created_below_one_root(bare: World):
    result = bare.file("reports", SLOVAK, mapping_toml=NAMES)
    assert refused(result) == [(6, "persons", "not_a_number")]
    assert counts(result) == (3, 0, 1, 1)
    tree = bare.tree()
    (root,) = tree.roots
    assert (root.name, root.level.value) == ("Slovensko", "city")
    assert bare.persons(root.code) == 2585
    assert bare.look(root.code).figures.positives == 12
    assert bare.look(root.code).figures.catch_up_persons == 2585
    names = sorted((p.level.value, p.name) for p in tree.each())
    assert names == [
        ("city", "Slovensko"), ("district", "Trnavský"), ("district", "Žilinský"), ("site", "Dlhá"), ("site", "Dlhá"),
        ("site", "Malá"), ("town", "Čadca"), ("town", "Šaľa"),
    ]  # fmt: skip
    bare.check()


def test_the_same_names_give_the_same_codes_in_every_import(bare: World, database, clock):
    bare.file("reports", SLOVAK, mapping_toml=NAMES)
    codes, revision = place_codes(bare), bare.revision()
    again = bare.file("reports", SLOVAK, mapping_toml=NAMES)
    assert counts(again) == (0, 3, 1, 1)
    assert (place_codes(bare), bare.revision()) == (codes, revision)
    other = make_world(database, clock, rows=())
    other.file("reports", SLOVAK, mapping_toml=NAMES)
    assert place_codes(other) == codes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_files_are_read_in_their_encodings(world: World, encoding):
    content = sheet("采样点编码,时段,采样人数,用管数,备注", f"S1,{iso(8)},10,1,早上采样人数统计表")
    result = world.file("reports", content.encode(encoding))
    assert counts(result) == (1, 0, 0, 0)
    assert world.current().popitem()[1].note == "早上采样人数统计表"


def test_a_workbook_gives_the_same_as_its_text(world: World):
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for cells in (["site", "hour", "persons", "hours"], ["S1", iso(8), 10, 1], ["S2", iso(8), "=1+1", None]):
        page.append(cells)
    out = io.BytesIO()
    book.save(out)
    result = world.file("reports", out.getvalue(), "sent.xlsx")
    assert refused(result) == [(3, "persons", "not_a_number")]
    assert world.persons() == 10


MAKE = "[options]\ncreate_places = true\n"


@pytest.mark.parametrize(
    "line",
    [
        f"{DISTRICT},{TOWN},New,{iso(8)},x,1,1",
        f"{DISTRICT},{TOWN},New,,5,1,1",
        f"{DISTRICT},{TOWN},New,{iso(11)},5,1,1",
        f"{DISTRICT},{TOWN},New,{iso(8)},,1,1",
        f"{DISTRICT},{TOWN},New,{iso(8)},500,1,1",
        f"{DISTRICT},{OTHER_TOWN},S1,{iso(8)},5,1,1",
        f"Far,,New,{iso(8)},5,1,1",
    ],
    ids=["not a number", "no hour", "future", "empty count", "impossible", "wrong parent", "no town"],
)
def test_a_row_that_does_not_go_in_creates_no_place(world: World, line):
    before, revision = place_codes(world), world.revision()
    result = world.file("reports", sheet("district,town,site,hour,persons,tubes,lanes_open", line), mapping_toml=MAKE)
    assert result.batch.accepted == 0
    assert place_codes(world) == before
    assert world.revision() == revision


def test_a_row_refused_for_its_key_creates_no_place(world: World):
    world.send(row("S1", 8, 5, key="k"))
    before = place_codes(world)
    content = sheet("key,district,town,site,hour,persons", f"k,{DISTRICT},{TOWN},New,{iso(8)},5")
    assert refused(world.file("reports", content, mapping_toml=MAKE)) == [(2, "key", "conflict")]
    assert place_codes(world) == before


def test_a_name_that_fits_several_places_is_refused(world: World):
    world.set_places(
        {"site": "X1", "site_name": "学校", "town": TOWN, "district": DISTRICT},
        {"site": "X2", "site_name": "学校", "town": OTHER_TOWN, "district": DISTRICT},
    )
    result = world.file("reports", sheet("site,hour,persons", f"学校,{iso(8)},5"))
    assert refused(result) == [(2, "site", "ambiguous_place")]
    result = world.file("reports", sheet("town,site,hour,persons", f"{TOWN},学校,{iso(8)},5"))
    assert counts(result) == (1, 0, 0, 0)
    assert world.persons("X1") == 5


def test_a_dry_run_says_the_same_and_keeps_nothing(bare: World):
    revision = bare.revision()
    tried = bare.file("reports", SLOVAK, mapping_toml=NAMES, dry_run=True)
    assert bare.revision() == revision
    assert place_codes(bare) == set()
    assert bare.count(Report) == 0
    kept = bare.file("reports", SLOVAK, mapping_toml=NAMES)
    assert (counts(tried), refused(tried)) == (counts(kept), refused(kept))


def test_a_dry_run_leaves_no_trace_in_what_the_process_remembers(world: World):
    def remembered() -> set[str]:
        with world.database.read() as session:
            return set(campaigns.tree_of(session, campaigns.find(session, world.id)).by_code)

    before = remembered()
    places = sheet("site,town,district", f"N1,{TOWN},{DISTRICT}")
    world.file("places", places, dry_run=True)
    assert remembered() == before
    # The next real change gets the revision number the dry run had.
    world.set_places({"site": "S1", "town": TOWN, "lanes": 9})
    assert remembered() == before
    assert "N1" not in place_codes(world)
    world.file("places", places)
    assert remembered() == {*before, "N1"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not_a_table"),
        (b"PK\x03\x04broken", "not_a_table"),
        (b'site,hour\n"S1,2021\nS2,x\n', "unbalanced_quotes"),
        (b"site,site\n", "duplicate_header"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_an_error_in_every_language(world: World, content, problem):
    with pytest.raises(Unreadable) as caught:
        world.file("reports", content)
    assert caught.value.problem == problem
    for language in LANGUAGES:
        assert messages.unreadable(language, caught.value)


def test_a_file_of_headers_only_does_nothing(world: World):
    revision = world.revision()
    assert counts(world.file("reports", HEAD + "\n")) == (0, 0, 0, 0)
    assert world.revision() == revision


# -- places

DEMO_HEAD = (
    "site_code,name_zh,name_en,town_code,town_zh,town_en,village_code,village_zh,kind,setting,lon,lat,"
    "target_population,lanes,lane_capacity_per_day,capacity_per_day,persons_per_lane,lab_code,data_status"
)


def demo_line(
    site: str, town: str, target: int = 821, lanes: int = 2, lab: str = "LAB-A", lon: str = "112.88"
) -> str:
    return (
        f"{site},点位{site},Point {site},{town},镇{town},Town {town},{town}001,村,mobile,outdoor,{lon},23.16,"
        f"{target},{lanes},800,1600,410,{lab},synthetic-demo"
    )


def test_the_headers_of_the_demonstration_are_accepted_as_they_are(bare: World):
    content = sheet(DEMO_HEAD, demo_line("A1", "440607001"), demo_line("A2", "440607002", lab="LAB-B"))
    result = bare.file("places", content)
    assert (counts(result), refused(result)) == ((2, 0, 0, 0), [])
    tree = bare.tree()
    a1 = tree.by_code["A1"]
    assert (a1.name, a1.name_en, a1.kind, a1.target, a1.lanes, a1.lab) == (
        "点位A1",
        "Point A1",
        "mobile",
        821,
        2,
        "LAB-A",
    )
    assert (a1.lon, a1.lat, a1.openings) == (112.88, 23.16, ())
    town = tree.by_code["440607001"]
    assert (town.name, town.name_en, town.level.value) == ("镇440607001", "Town 440607001", "town")
    assert [root.code for root in tree.roots] == ["440607"]
    assert bare.count(LabRow) == 2
    assert counts(bare.file("places", content)) == (0, 2, 0, 0)


def test_the_first_six_digits_of_a_town_code_make_the_district_also_where_its_name_is_given(bare: World):
    bare.file("places", sheet("site,town,district_name", "A1,440607001,三水区"))
    (root,) = bare.tree().roots
    assert (root.code, root.name) == ("440607", "三水区")


def test_a_target_changes_only_with_a_reason(world: World):
    content = sheet("site,town,district,target", f"S1,{TOWN},{DISTRICT},1500")
    assert refused(world.file("places", content)) == [(2, "target", "needs_reason")]
    assert world.tree().by_code["S1"].target == 1000
    content = sheet("site,town,district,target,reason", f"S1,{TOWN},{DISTRICT},1500,census")
    assert counts(world.file("places", content)) == (1, 0, 0, 0)
    assert world.tree().by_code["S1"].target == 1500
    with world.database.read() as session:
        query = sa.select(TargetChange.target, TargetChange.reason).filter_by(campaign_id=world.id)
        changes = session.execute(
            query.join(PlaceRow, PlaceRow.id == TargetChange.place_id)
            .where(PlaceRow.code == "S1")
            .order_by(TargetChange.id)
        )
        assert [tuple(c) for c in changes] == [(1000, ""), (1500, "census")]


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (f"N1,{TOWN},{DISTRICT},x,,,", "target", "not_a_number"),
        (f"N1,{TOWN},{DISTRICT},-5,,,", "target", "negative"),
        (f"N1,{TOWN},{DISTRICT},5,181,,", "lon", "bad_value"),
        (f"N1,{TOWN},{DISTRICT},5,nan,,", "lon", "bad_value"),
        (f"N1,{TOWN},{DISTRICT},5,east,,", "lon", "not_a_number"),
        (f"N1,{TOWN},{DISTRICT},5,,7,", "pool_size", "bad_value"),
        (f"N1,{TOWN},{DISTRICT},5,,,morning", "opening", "bad_value"),
        (f"N1,{TOWN},{DISTRICT},5,,,2021-06-06T09:00:00/2021-06-06T10:00:00", "opening", "bad_time"),
        (f"N1,{TOWN},{DISTRICT},5,,,{iso(10)}/{iso(9)}", "opening", "bad_value"),
        (f"S1,{OTHER_TOWN},{DISTRICT},,,,", "site", "wrong_parent"),
        (f"S1,{TOWN},999999,,,,", "town", "wrong_parent"),
        (f"{TOWN},{OTHER_TOWN},{DISTRICT},,,,", "site", "bad_value"),
        (f"a/b,{TOWN},{DISTRICT},,,,", "site", "bad_value"),
    ],
)
def test_a_bad_place_is_refused_and_not_made(world: World, line, field, code):
    before = place_codes(world)
    result = world.file("places", sheet("site,town,district,target,lon,pool_size,opening", line))
    assert refused(result) == [(2, field, code)]
    assert place_codes(world) == before


def test_one_place_twice_in_a_file_is_refused_twice(world: World):
    result = world.file(
        "places", sheet("site,town,district,lanes", f"N1,{TOWN},{DISTRICT},1", f"N1,{TOWN},{DISTRICT},2")
    )
    assert [code for *_, code in refused(result)] == ["duplicate_in_file"] * 2
    assert "N1" not in place_codes(world)


def test_one_new_town_under_two_districts_is_refused_as_it_is_in_two_files(bare: World):
    result = bare.file("places", sheet("site,town,district", "A1,T,D1", "A2,T,D2"))
    assert refused(result) == [(3, "town", "wrong_parent")]
    assert place_codes(bare) == {"D1", "T", "A1"}


def test_one_new_code_for_a_town_and_a_site_is_refused(bare: World):
    result = bare.file("places", sheet("site,town,district,target", "A1,T,D1,5", "T,U,D1,7"))
    assert refused(result) == [(3, "site", "bad_value")]
    assert bare.tree().by_code["T"].target is None or bare.tree().by_code["T"].target == 5


def test_a_new_opening_counts_duty_anew(world: World):
    world.send(row("S4", 8, 5))
    content = sheet("site,town,district,opening", f"S4,{OTHER_TOWN},{DISTRICT},{iso(9)}/{iso(12)}")
    assert counts(world.file("places", content)) == (1, 0, 0, 0)
    assert world.board(8)["S4"] == "closed"
    assert world.board(9)["S4"] == "missing"
    assert "outside_opening" in world.flags("S4/8")
    assert counts(world.file("places", content)) == (0, 1, 0, 0)
    world.check()


def test_a_long_kind_is_refused_or_kept_and_never_an_error(world: World):
    world.file("places", sheet("site,town,district,kind", f"N1,{TOWN},{DISTRICT},{'İ' * 16}"))


# -- laboratories

LABS = "lab_code,name_zh,capacity_tubes_per_day,bound_town_codes,host_town_code"


def test_laboratories_and_the_towns_bound_to_them(world: World):
    result = world.file("labs", sheet(LABS, f"LAB-A,甲,5000,{TOWN}|{OTHER_TOWN},{TOWN}", "LAB-B,乙,,,"))
    assert (counts(result), refused(result)) == ((2, 0, 0, 0), [])
    start = at(6).astimezone()
    assert bindings(world) == [(TOWN, "LAB-A", start, None), (OTHER_TOWN, "LAB-A", start, None)]
    assert counts(world.file("labs", sheet(LABS, f"LAB-A,甲,5000,{TOWN}|{OTHER_TOWN},{TOWN}"))) == (0, 1, 0, 0)


def test_a_later_binding_holds_from_now_and_ends_the_one_before(world: World):
    world.file("labs", sheet(LABS, f"LAB-A,甲,,{TOWN},"))
    now = world.clock.to(at(11)).astimezone()
    world.file("labs", sheet(LABS, f"LAB-B,乙,,{TOWN},"))
    start = at(6).astimezone()
    assert bindings(world) == [(TOWN, "LAB-A", start, now), (TOWN, "LAB-B", now, None)]


def bindings(world: World) -> list[tuple]:
    with world.database.read() as session:
        query = (
            sa.select(PlaceRow.code, LabRow.code, LabBinding.valid_from, LabBinding.valid_to)
            .join(PlaceRow, PlaceRow.id == LabBinding.place_id)
            .join(LabRow, LabRow.id == LabBinding.lab_id)
            .where(LabBinding.campaign_id == world.id)
            .order_by(LabBinding.id)
        )
        return [tuple(found) for found in session.execute(query)]


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (",甲,5,,", "lab", "missing_field"),
        ("LAB-A,甲,many,,", "capacity_per_day", "not_a_number"),
        ("LAB-A,甲,5,999,", "towns", "unknown_place"),
        ("LAB-A,甲,5,S1,", "towns", "unknown_place"),
    ],
)
def test_a_bad_laboratory_is_refused_and_not_made(world: World, line, field, code):
    assert refused(world.file("labs", sheet(LABS, line))) == [(2, field, code)]
    assert world.count(LabRow) == 0
    assert bindings(world) == []
