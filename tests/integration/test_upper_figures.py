"""What upper systems show: taken in by interface, file and command line; where it differs, a finding."""

from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from kit import (
    DISTRICT,
    OPERATOR,
    OTHER_TOWN,
    TOWN,
    Api,
    World,
    assert_problem,
    at,
    codes,
    iso,
    make_world,
    row,
)

import manage
from data.ingest.batch import BatchResult, Sender
from data.ingest.upper_figures import ingest_upper_figures
from data.models import UpperFigure
from data.queries.moment import Moment
from data.queries.overview import overview
from domain.findings import Finding
from locales import LANGUAGES, messages


def figure(persons: int | None, hour: int = 10, place: str = DISTRICT, **more: object) -> dict[str, object]:
    """One row of the contract; its key is made of what it says unless given."""
    made: dict[str, object] = {
        "key": f"{place}/{hour}/{persons}",
        "place": place,
        "at": iso(hour),
        "persons": persons,
    }
    return made | more


def tell(world: World, *rows: dict[str, object], sender: Sender = OPERATOR) -> BatchResult:
    return ingest_upper_figures(world.database, world.id, rows, sender, world.clock)


def found(world: World, place: str = DISTRICT) -> list[Finding]:
    return [f for f in world.look(place).findings if f.kind.startswith("upper_")]


def said(world: World, place: str = DISTRICT) -> list[tuple[str, object, object, object]]:
    """Place, theirs, ours and the signed difference of every finding."""
    return [(f.place, f.params["theirs"], f.params["ours"], f.params["difference"]) for f in found(world, place)]


@pytest.fixture
def counted(world: World) -> World:
    """Three hours of both towns: 60 persons up to 10:00, 40 below one town and 20 below the other."""
    for hour in (7, 8, 9):
        world.send(row("S1", hour, 10, tubes=1), row("S4", hour, 5, tubes=1))
    world.send(row("S2", 9, 10, tubes=1), row("S5", 9, 5, tubes=1))
    world.clock.to(at(10, 31))
    return world


def test_a_figure_that_agrees_is_no_finding(counted: World):
    assert tell(counted, figure(60), figure(40, place=TOWN)).accepted == 2
    assert found(counted) == []


def test_a_difference_beyond_the_window_is_a_finding_with_both_numbers_and_its_sign(counted: World):
    tell(counted, figure(57), figure(44, place=TOWN))
    assert sorted(said(counted)) == [(DISTRICT, 57, 60, -3), (TOWN, 44, 40, 4)]
    assert all(f.at == at(10) for f in found(counted))


def test_within_the_window_it_is_not(counted: World):
    counted.clock.to(at(10, 30))
    tell(counted, figure(57))
    assert found(counted) == []
    counted.clock.advance(minutes=1)
    assert len(found(counted)) == 1


def test_a_later_matching_figure_closes_it(counted: World):
    tell(counted, figure(57))
    counted.send(row("S1", 10, 10, tubes=1), row("S2", 10, 0), row("S4", 10, 5, tubes=1), row("S5", 10, 0))
    counted.clock.to(at(11, 20))
    tell(counted, figure(75, hour=11))
    assert found(counted) == []


def test_a_report_that_comes_late_closes_it_too(counted: World):
    tell(counted, figure(67))
    assert said(counted) == [(DISTRICT, 67, 60, 7)]
    counted.send(row("S5", 8, 7))
    assert found(counted) == []


def test_a_place_sees_only_what_lies_below_it(counted: World):
    tell(counted, figure(57), figure(44, place=TOWN), figure(29, place=OTHER_TOWN))
    assert said(counted, TOWN) == [(TOWN, 44, 40, 4)]


def test_an_hour_still_running_hides_no_shortfall_and_makes_no_surplus(counted: World):
    counted.send(row("S1", 10, 12, tubes=2))
    counted.clock.to(at(10, 50))
    tell(counted, figure(66, at=iso(10, 15), key="inside"), figure(59, at=iso(10, 16), key="short", source="b"))
    counted.clock.to(at(10, 55))
    assert said(counted) == [(DISTRICT, 59, 60, -1)]
    counted.clock.to(at(11, 30))
    assert said(counted) == [(DISTRICT, 59, 60, -1)]


def test_a_catch_up_that_reaches_beyond_the_moment_may_lie_before_or_after_it(counted: World):
    counted.send(row("S5", 6, 30, hours=3, key="late"))
    counted.clock.to(at(10, 40))
    # 15 persons for certain by 08:00, and up to 30 more among the three hours told in one go.
    for persons in (14, 15, 45, 46):
        tell(counted, figure(persons, hour=8, source=str(persons)))
    assert sorted(said(counted)) == [(DISTRICT, 14, 15, -1), (DISTRICT, 46, 45, 1)]


def test_missing_is_not_zero_on_either_side(world: World):
    world.clock.to(at(10, 40))
    tell(world, figure(5))
    assert found(world) == []  # nobody has reported: nothing to compare with
    world.send(row("S1", 9, 5))
    tell(world, figure(None, tubes=3))
    assert found(world) == []  # no report states tubes
    world.send(row("S4", 9, 5, tubes=1))
    assert [(f.kind, f.params["difference"]) for f in found(world)] == [("upper_persons", -5), ("upper_tubes", 2)]


def test_looking_back_shows_only_differences_up_to_that_hour(counted: World):
    tell(counted, figure(57))
    with counted.reading() as (session, tree):
        for until, expected in ((2, 0), (3, 1)):
            seen = overview(session, Moment(tree, tree.by_code[DISTRICT], 0, counted.clock(), until))
            assert sum(f.kind == "upper_persons" for f in seen.findings) == expected


# -- keys, scope, refusals


def test_the_same_again_is_unchanged_and_other_content_a_conflict(counted: World):
    assert tell(counted, figure(60)).accepted == 1
    before = counted.revision()
    again = tell(counted, figure(60), figure(60, key="other key"))
    assert (again.accepted, again.unchanged, counted.revision()) == (0, 2, before)
    # The other key is taken as well, although it changed nothing.
    result = tell(counted, figure(61, key="other key"), figure(61, key=f"{DISTRICT}/10/60"))
    assert codes(result) == [(0, "key", "conflict"), (1, "key", "conflict")]
    assert counted.count(UpperFigure) == 2


def test_another_figure_for_the_same_moment_stands_in_its_place_and_both_are_kept(counted: World):
    tell(counted, figure(57))
    tell(counted, figure(60))
    assert found(counted) == []
    tell(counted, figure(57, key="back again"))
    assert said(counted) == [(DISTRICT, 57, 60, -3)]
    assert counted.count(UpperFigure) == 3


def test_good_rows_go_in_and_bad_rows_come_back_named(counted: World):
    rows = (figure(60), figure(1, place="nowhere"), figure(-1), {"place": TOWN}, figure(1, at="10:00"), "x",
            figure(1, hour=15), figure(None))  # fmt: skip
    result = tell(counted, *rows)  # type: ignore[arg-type]
    assert result.accepted == 1
    assert codes(result) == [
        (1, "place", "unknown_place"), (2, "persons", "negative"), (3, "key", "missing_field"),
        (4, "at", "bad_time"), (5, "row", "bad_value"), (6, "at", "time_in_future"), (7, "persons", "missing_field"),
    ]  # fmt: skip
    for rejection in result.rejected:
        assert all(messages.refusal(language, rejection) for language in LANGUAGES)


def test_a_sender_writes_its_place_and_below(counted: World):
    sender = Sender("token 1", TOWN)
    result = tell(counted, figure(40, place=TOWN), figure(60), figure(20, place=OTHER_TOWN), sender=sender)
    assert (result.accepted, codes(result)) == (1, [(1, "place", "out_of_scope"), (2, "place", "out_of_scope")])


def test_every_batch_is_audited(counted: World):
    tell(counted, figure(60))
    last = counted.audits()[-1]
    assert (last.action, last.details) == ("upper_figures", {"accepted": 1, "rejected": 0})


# -- the interface


def test_gateway_and_district_write_and_everybody_reads_below_the_own_place(counted: World, api: Api):
    for who, status in (("gateway", 200), ("district", 200), ("town", 403), ("site", 403), ("reader", 403)):
        answer = api.post("upper-figures", [figure(57), figure(44, place=TOWN)], who=who)
        assert answer.status_code == status, who
    assert api.post("upper-figures", [figure(57)], who=None).status_code == 401
    listed = api.get("upper-figures", who="reader").json
    assert [(r["place"], r["persons"], r["persons_own"], r["persons_difference"]) for r in listed] == [
        (DISTRICT, 57, 60, -3), (TOWN, 44, 40, 4),
    ]  # fmt: skip
    assert [r["place"] for r in api.get("upper-figures", who="town").json] == [TOWN]
    assert api.get(f"upper-figures?scope={DISTRICT}", who="town").status_code == 403
    assert api.get("upper-figures?limit=1").headers["X-Next-Cursor"] == str(1)


def test_a_batch_answers_in_the_callers_language_and_is_never_all_or_nothing(counted: World, api: Api):
    answer = api.post("upper-figures", [figure(60), figure(1, place="x")], language="en").json
    assert (answer["accepted"], answer["unchanged"]) == (1, 0)
    assert answer["rejected"][0]["code"] == "unknown_place"
    assert answer["revision"] == counted.revision()


@pytest.mark.parametrize("body", ["{", "{}", '{"upper_figures": []}', "3"])
def test_what_is_no_list_cannot_be_read(counted: World, api: Api, body: str):
    assert_problem(api.post("upper-figures", body), 400)


# -- files


def test_a_file_names_places_by_code_or_by_name_and_makes_none(counted: World):
    content = f"place,at,persons,tubes\n{DISTRICT},{iso(10)},57,\nnowhere,{iso(10)},1,\n{TOWN},{iso(10)},,\n"
    result = counted.file("upper-figures", content)
    assert (result.batch.accepted, result.batch.skipped) == (1, 1)
    assert [(line, r.code) for line, r in result.refused] == [(3, "unknown_place")]
    mapping = f'[columns]\ndistrict = "Okres"\npersons = "spolu"\n[constants]\nat = "{iso(10)}"\nsource = "min."\n'
    named = counted.file("upper-figures", "Okres,spolu\n三水区,58\n别处,2\n", mapping_toml=mapping)
    assert [(line, r.code) for line, r in named.refused] == [(3, "unknown_place")]
    assert sorted(said(counted)) == [(DISTRICT, 57, 60, -3), (DISTRICT, 58, 60, -2)]
    again = counted.file("upper-figures", "Okres,spolu\n三水区,58\n", mapping_toml=mapping)
    assert (again.batch.accepted, again.batch.unchanged) == (0, 1)


def test_two_lines_about_the_same_moment_are_both_refused(counted: World):
    content = f"place,at,persons\n{DISTRICT},{iso(10)},57\n{DISTRICT},{iso(10)},58\n"
    result = counted.file("upper-figures", content)
    assert [(line, r.code) for line, r in result.refused] == [(2, "duplicate_in_file"), (3, "duplicate_in_file")]


def test_the_command_line_takes_a_file(database_url: str, counted: World, tmp_path):
    path = tmp_path / "upper.csv"
    path.write_text(f"place,at,persons\n{DISTRICT},2021-06-06T10:00:00+08:00,57\n")
    done = CliRunner().invoke(
        manage.cli,
        ["--lang", "en", "import", "upper-figures", str(path), "--campaign", counted.id],
        env={"DATABASE_URL": database_url, "DEMO": "0"},
    )
    assert done.exit_code == 0, done.output
    assert len(found(counted)) == 1


# -- a small stand-in for a real campaign: municipalities below districts, and the ministry's own district sums

MUNICIPALITIES = """region,county,municipality,tested
Horny,Brezno,Lipa,1200
Horny,Brezno,Dub,800
Horny,Javor,Smrek,950
Dolny,Topol,Vrba,460
"""

MAPPING = """
[columns]
district = "region"
town = "county"
site = "municipality"
persons = "tested"
[constants]
city = "Kraj"
hour = "2020-10-31T07:00:00+01:00"
hours = 39
[options]
create_places = true
"""

THEIRS = "county,total\nBrezno,2000\nJavor,900\nTopol,463\n"

THEIR_MAPPING = """
[columns]
town = "county"
persons = "total"
[constants]
at = "2020-11-01T22:00:00+01:00"
source = "Ministry"
"""


def test_the_product_says_where_two_published_levels_differ(database, clock):
    begin = datetime.fromisoformat("2020-10-31T07:00:00+01:00")
    world = make_world(
        database, clock, rows=(), starts_at=begin, deadline=begin + timedelta(hours=39), timezone="Europe/Bratislava"
    )
    assert not world.file("reports", MUNICIPALITIES, mapping_toml=MAPPING).refused
    assert not world.file("upper-figures", THEIRS, mapping_toml=THEIR_MAPPING).refused
    root = world.tree().roots[0].code
    names = {f.place_name: f.params["difference"] for f in found(world, root)}
    assert names == {"Javor": -50, "Topol": 3}
    assert sum(names.values()) == 2000 + 900 + 463 - world.persons(root)
