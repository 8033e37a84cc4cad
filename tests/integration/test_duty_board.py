"""The duty board: the same states as the contract's, sums that add up, lists that name everybody."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import orjson
import pytest
from kit import CITY, DISTRICT, OTHER_TOWN, TOWN, ZONE, Api, SetClock, World, at, codes, make_world, row

from components.reminders import reminders
from data.database import Database
from data.demo.contacts import contacts_of
from data.ingest.batch import Sender
from data.ingest.files import What, import_file
from data.models import ContactRow
from data.queries import duty_board as duty_board_queries
from data.queries.duty_board import duty_board
from data.queries.moment import Moment
from domain import site_groups
from domain.board import SHOWN, Board
from domain.duty import Counts, State

TOWNS = (TOWN, OTHER_TOWN)


def board(world: World, place: str = DISTRICT, hour: int | None = None) -> Board:
    with world.reading() as (session, tree):
        period = tree.campaign.period_of(at(hour)) if hour is not None else None
        return duty_board(session, Moment(tree, tree.by_code[place], world.revision(), world.clock(), period=period))


def hours(found: Board) -> list[int]:
    return [column.start.astimezone(ZONE).hour for column in found.columns]


def check(world: World, place: str) -> Board:
    """What must hold on every board: the contract's own states, sums over places and hours, no rate over 100 %."""
    found = board(world, place)
    tree = world.tree()
    for i, column in enumerate(found.columns):
        counts = Counts.total(line.counts[i] for line in found.lines)
        assert counts.sites == found.sites * (column.last - column.first + 1)
        if column.first == column.last:
            hour = column.start.astimezone(ZONE).hour
            contract = Counts.of(State(state) for state in world.board(hour, place).values())
            assert counts == contract
            chosen = board(world, place, hour)
            assert (chosen.counts, chosen.hour) == (contract, column)
            assert chosen.expected == tree.expected(tree.by_code[place])[column.first]
            assert chosen.expected == contract.expected + contract.not_due
            named = {one.place.code: one.state for town in chosen.lists for one in town.sites}
            assert named == {
                code: State(state)
                for code, state in world.board(hour, place).items()
                if state in ("missing", "returned", "late")
            }
    for line in found.lines:
        for one in (line, *line.below):
            assert one.total == Counts.total(
                part for part, column in zip(one.counts, found.columns, strict=True) if column.due
            )
            assert one.total.on_time_share is None or 0 <= one.total.on_time_share <= 1
        if line.below:
            assert len(line.below) + line.quiet == len(tree.by_code[line.place.code].children)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_board_adds_up_whatever_was_reported(world: World, seed: int):
    rng = Random(seed)
    for hour in range(6, 14):
        for site in ("S1", "S2", "S3", "S4", "S5"):
            world.clock.to(at(hour + 1, rng.choice((2, 9, 11, 40))))
            if rng.random() < 0.8:
                world.send(row(site, hour, rng.choice((0, 7, 30)), tubes=9))
            if rng.random() < 0.2:
                world.send_back(f"{site}/{hour}")
    world.clock.to(at(14, 30))
    for place in (DISTRICT, *TOWNS, "S2"):
        check(world, place)


def test_a_catch_up_covers_every_hour_it_names(world: World):
    world.clock.to(at(12, 30))
    world.send(row("S4", 6, 60, hours=6))
    found = check(world, OTHER_TOWN)
    s4 = next(line for line in found.lines if line.place.code == "S4")
    assert [counts.late for counts in s4.counts[:6]] == [1] * 6
    assert s4.total.on_time_share == 0


def test_before_the_first_hour_is_due_nothing_is_owed(world: World):
    world.clock.to(at(6, 30))
    found = board(world)
    assert (found.hour, found.lists, found.owing) == (None, (), ())
    assert all(not column.due for column in found.columns)
    assert found.lines[0].total == Counts()


def test_an_hour_to_come_can_be_looked_at_and_nobody_owes_it(world: World):
    found = board(world, hour=15)
    assert found.hour is not None
    assert not found.hour.due
    assert found.lists == ()
    assert found.counts == Counts(not_due=4, closed=1)


def test_choosing_an_hour_hides_none_of_the_others(world: World):
    world.clock.to(at(14, 30))
    world.send(row("S1", 13, 5))
    whole, chosen = board(world), board(world, hour=8)
    assert chosen.columns == whole.columns
    assert chosen.lines == whole.lines
    assert chosen.hour != whole.hour
    assert chosen.present.hour is None
    assert chosen.present.figures == whole.present.figures


def test_many_hours_share_the_first_column_and_still_add_up(database: Database, clock: SetClock):
    world = make_world(database, clock, deadline=at(22) + timedelta(days=1))
    clock.to(at(22, 30) + timedelta(hours=12))
    found = board(world)
    due = [column for column in found.columns if column.due]
    assert (due[0].first, due[1].first) == (0, due[0].last + 1)
    assert len(due) == SHOWN + 1
    for line in found.lines:
        assert line.total.sites == line.sites * (due[-1].last + 1)
    # An hour without a column of its own can still be asked about.
    early = board(world, hour=7)
    assert early.selected is None
    assert early.hour is not None
    assert early.counts.missing == 4


def test_a_city_has_its_districts_in_rows_and_their_towns_below(database: Database, clock: SetClock):
    world = make_world(database, clock, city=True)
    clock.to(at(9, 30))
    found = check(world, CITY)
    assert [line.place.code for line in found.lines] == [DISTRICT]
    assert {line.place.code for line in found.lines[0].below} == set(TOWNS)
    assert {town.town.code for town in found.lists} == set(TOWNS)


def test_a_citys_board_says_added_up_what_it_says_site_by_site(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    world, rng = make_world(database, clock, city=True), Random(5)
    # S5 opens later than the campaign: what it reports before counts for nothing.
    for hour in range(6, 14):
        for site in ("S1", "S2", "S3", "S4", "S5"):
            world.clock.to(at(hour + 1, rng.choice((2, 11, 40))))
            if rng.random() < 0.8:
                world.send(row(site, hour, rng.choice((0, 7, 30)), tubes=9))
            if rng.random() < 0.2:
                world.send_back(f"{site}/{hour}")
    world.send(row("S1", 13, 60))
    world.clock.to(at(14, 30))
    whole = {hour: board(world, CITY, hour) for hour in (None, 8, 12, 13, 15)}
    monkeypatch.setattr(site_groups, "MOST_LISTED", 2)
    for hour, expected in whole.items():
        found = board(world, CITY, hour)
        assert replace(found, mentions={}) == replace(expected, mentions={})
        assert {state: sum(one.sites for one in named) for state, named in found.mentions.items()} == {
            state: len(named) for state, named in expected.mentions.items()
        }
    check(world, CITY)


def test_where_too_many_towns_owe_a_city_names_its_districts(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    world = make_world(database, clock, city=True)
    clock.to(at(9, 30))
    monkeypatch.setattr(site_groups, "MOST_LISTED", 2)
    monkeypatch.setattr(duty_board_queries, "MOST_LISTS", 1)
    found = board(world, CITY)
    assert found.lists == ()
    (district,) = found.groups
    assert (district.place.code, district.counts, district.towns, district.told) == (DISTRICT, found.counts, 2, 0)
    page = reminders(found, "en").to_plotly_json()
    said = orjson.dumps(page, default=lambda part: part.to_plotly_json()).decode()
    assert f"place={DISTRICT}" in said
    assert "S1" not in said
    # Its district has the lists.
    assert {town.town.code for town in board(world, DISTRICT).lists} == set(TOWNS)


def test_a_town_has_its_sites_in_rows_the_worst_first(world: World):
    world.clock.to(at(10, 30))
    world.send(row("S1", 9, 5), row("S1", 8, 5), row("S3", 9, 5))
    assert [line.place.code for line in board(world, TOWN).lines] == ["S2", "S1", "S3"]


def test_why_and_since_when_a_report_is_owed(world: World):
    world.clock.to(at(10, 5))
    world.send(row("S2", 9, 20, tubes=2, third_copies=1))
    world.clock.to(at(10, 15))
    world.send(row("S3", 9, 5))
    world.clock.to(at(10, 20))
    world.send_back("S2/9")
    world.clock.to(at(10, 33))
    town = next(town for town in board(world).lists if town.town.code == TOWN)
    said = {
        one.place.code: (one.state.value, one.minutes, one.reason, one.third_copies, one.tubes) for one in town.sites
    }
    assert said == {
        "S1": ("missing", 23, "", None, None),
        "S2": ("returned", 13, "third_copies_differ", 1, 2),
        "S3": ("late", 5, "", None, None),
    }


def test_who_is_late_twice_is_named(world: World):
    for hour in (6, 7, 8):
        world.clock.to(at(hour + 1, 12 + hour))
        world.send(row("S4", hour, 5))
    world.clock.to(at(9, 30))
    (often,) = board(world).often_late
    assert often.place.code == "S4"
    assert [(end.astimezone(ZONE).hour, minutes) for end, minutes in often.times] == [(7, 8), (8, 9), (9, 10)]


# -- who is on duty

CONTACTS = """镇街,采样点,姓名,值班电话,岗位
440607001,S1,李敏,13800002210,值班
440607001,S2,关少华,0757-8773 1234,
440607001,,冼伟,13900006047,数据员
,S4,周海燕,13600009031,值班员
"""


def contacts(world: World) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    with world.reading() as (session, tree):
        for one in (
            session.query(ContactRow).filter_by(campaign_id=world.id, withdrawn_at=None).order_by(ContactRow.id)
        ):
            found.setdefault(tree.by_id[one.place_id].code, []).append((one.name, one.phone, one.post))
    return found


def test_a_list_of_contacts_goes_in_and_again_changes_nothing(world: World):
    done = world.file(What.CONTACTS, CONTACTS)
    assert (done.batch.accepted, done.refused) == (4, [])
    assert contacts(world) == {
        "S1": [("李敏", "13800002210", "duty")], "S2": [("关少华", "0757-8773 1234", "duty")],
        TOWN: [("冼伟", "13900006047", "data")], "S4": [("周海燕", "13600009031", "duty")],
    }  # fmt: skip
    revision = world.revision()
    again = world.file(What.CONTACTS, CONTACTS)
    assert (again.batch.accepted, again.batch.unchanged) == (0, 4)
    assert world.revision() == revision
    assert world.audits()[-1].action == "contacts"


def test_a_new_list_replaces_who_stood_at_its_posts_and_nobody_else(world: World):
    world.file(What.CONTACTS, CONTACTS)
    done = world.file(What.CONTACTS, "place,name,phone,post\nS1,王芳,13500001111,duty\nS1,赵强,13500002222,duty\n")
    assert done.batch.accepted == 2
    now = contacts(world)
    assert now["S1"] == [("王芳", "13500001111", "duty"), ("赵强", "13500002222", "duty")]
    assert now["S2"] == [("关少华", "0757-8773 1234", "duty")]
    assert world.count(ContactRow) == 6


def test_bad_rows_of_a_list_come_back_with_their_line(world: World):
    content = "place,name,phone\nS1,李敏,not a number\nS9,王芳,13500001111\n,赵强,13500001111\nS2,,13500001111\n"
    done = world.file(
        What.CONTACTS, content + "S4,周海燕,13600009031\nS5,丁一,1\nS3,丙,13600009032\nS3,丙,13600009032\n"
    )
    said = [(line, one.field, one.code.value) for line, one in done.refused]
    assert said == [
        (2, "phone", "bad_value"), (3, "place", "unknown_place"), (4, "place", "missing_field"),
        (5, "name", "missing_field"), (7, "phone", "bad_value"), (8, "key", "duplicate_in_file"),
        (9, "key", "duplicate_in_file"),
    ]  # fmt: skip
    assert contacts(world) == {"S4": [("周海燕", "13600009031", "duty")]}


def test_a_dry_run_keeps_no_contact(world: World):
    assert world.file(What.CONTACTS, CONTACTS, dry_run=True).batch.accepted == 4
    assert contacts(world) == {}


def test_a_town_cannot_write_another_towns_contacts(world: World):
    sender = Sender("town", TOWN)
    done = import_file(
        world.database, world.id, What.CONTACTS, b"place,name,phone\nS4,A,13600009031\nS1,B,13600009032\n", "x.csv",
        sender, world.clock,
    )  # fmt: skip
    assert codes(done.batch) == [(0, "place", "out_of_scope")]
    assert list(contacts(world)) == ["S1"]


def test_the_board_shows_the_clerk_and_half_of_the_number(world: World):
    world.file(What.CONTACTS, CONTACTS)
    lists = {town.town.code: town for town in board(world, hour=9).lists}
    by_site = {one.place.code: one.contact for town in lists.values() for one in town.sites}
    assert (by_site["S1"].name, by_site["S1"].phone) == ("李敏", "138****2210")  # type: ignore[union-attr]
    assert by_site["S5"] is None
    assert lists[TOWN].contact.name == "冼伟"  # type: ignore[union-attr]


def test_the_demonstrations_people_are_the_same_every_time_and_cannot_be_rung():
    sites = [(f"{town}-{n}", town) for town in TOWNS for n in range(60)]
    (specs, posts), (again, _) = contacts_of(sites, DISTRICT, 7), contacts_of(sites, DISTRICT, 7)
    assert specs == again
    assert specs != contacts_of(sites, DISTRICT, 8)[0]
    assert len({spec.contact.name for spec in specs}) == len({spec.contact.phone for spec in specs}) == 125
    assert all(spec.contact.phone.startswith("100") and len(spec.contact.phone) == 11 for spec in specs)
    assert sum(map(len, posts.named.values())) == 125


# -- the interface


def test_full_numbers_are_for_who_has_to_ring_them(api: Api, world: World):
    world.file(What.CONTACTS, CONTACTS)
    rows = api.get("contacts").json
    assert {(one["place"], one["phone"]) for one in rows} >= {("S1", "13800002210"), (TOWN, "13900006047")}
    assert {one["place"] for one in api.get("contacts", "town").json} == {TOWN, "S1", "S2"}
    assert api.get("contacts?scope=S4", "town").status_code == 403
    for role in ("reader", "site", "gateway"):
        assert api.get("contacts", role).status_code == 403
    assert api.get("contacts", None).status_code == 401


def test_reminders_through_the_interface(api: Api, world: World):
    sites = {"S4": "missing", "S5": "missing"}
    asked = {"key": "k1", "town": OTHER_TOWN, "hour": at(9).isoformat(), "sites": sites, "text": "请补报"}
    refused = api.post("reminders", {"reminders": [asked]}, language="zh").json
    assert [(one["code"], "没有设置发送地址" in one["message"]) for one in refused["rejected"]] == [
        ("no_target", True)
    ]
    done = api.post("reminders", {"reminders": [asked | {"channel": "copy"}]}).json
    assert done["reminders"] == [{"index": 0, "key": "k1", "town": OTHER_TOWN, "state": "copied", "detail": ""}]
    (listed,) = api.get("reminders").json
    assert (listed["town"], listed["sites"], listed["state"], listed["answered"]) == (
        OTHER_TOWN, ["S4", "S5"], "copied", 0,
    )  # fmt: skip
    assert api.get("reminders", "town").json == []
    for role in ("reader", "site", "gateway"):
        assert api.post("reminders", {"reminders": []}, role).status_code == 403
        assert api.get("reminders", role).status_code == 403
    for body in ({}, [], {"reminders": 1}, {"reminders": [{}] * 501}):
        assert api.post("reminders", body).status_code == 400
    assert api.post("reminders", {"reminders": [asked | {"key": "k2"}]}, "town").json["rejected"][0]["code"] == (
        "out_of_scope"
    )
