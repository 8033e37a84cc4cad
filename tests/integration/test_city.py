"""The simulated city on record, small: its sums, its repetition, and the city above its districts."""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import PASSWORD, SetClock, SignedIn

import config
from app import PAGES, create_app
from data import accounts, campaigns, rollups
from data.database import Database
from data.demo.city import CAMPAIGN, CityLoad, OtherPlaces, load_city
from data.models import Decision, Report, TubeEvent, TubeRow, TubeSum
from data.queries.moment import Moment
from data.queries.overview import overview
from data.tube_books import SUMS
from data.verification import differences, tube_differences
from domain.permissions import Role
from domain.places import Level, PlaceTree
from domain.reports import Claim, Flag, Judged, Status

NOW = datetime(2021, 6, 6, 3, tzinfo=UTC)
LOAD = CityLoad(seed=2029, share=0.3, until=time(13, 30), places=0.012)
"""About 60 sites, of which a third scan their tubes."""

CITY, OWN, OTHER = "990100", "990101", "990102"


def read_tree(database: Database) -> PlaceTree:
    with database.read() as session:
        return campaigns.load_tree(session, campaigns.find(session, CAMPAIGN))


@pytest.fixture(scope="module")
def loaded(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The city on SQLite, for the tests that only read it."""
    path = tmp_path_factory.mktemp("city") / "city.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    sa.event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    load_city(database, SetClock(NOW), 1, LOAD)
    yield database
    database.engine.dispose()


def content(database: Database) -> list[Any]:
    """What is on record, without the numbers a database gives."""
    queries = (
        sa.select(Report.key, Report.persons, Report.tubes, Report.correction_of, Report.recorded_at),
        sa.select(Decision.status, Decision.recorded_at, Report.key).join(Report, Report.id == Decision.report_id),
        sa.select(TubeEvent.event_id, TubeEvent.digest, TubeEvent.recorded_at),
        sa.select(TubeRow.barcode, TubeRow.stage, TubeRow.findings, TubeRow.result),
    )
    with database.read() as session:
        return [sorted(map(tuple, session.execute(query)), key=str) for query in queries]


# -- loading


def test_the_same_seed_gives_the_same_city_on_either_database_and_its_sums_are_right(loaded: Database, postgres: Any):
    name = postgres.lend()
    other = Database(postgres.url(name))
    try:
        load_city(other, SetClock(NOW), 1, LOAD, processes=1)
        mine, theirs = content(loaded), content(other)
        assert [len(part) for part in mine] == [len(part) for part in theirs]
        assert mine == theirs
        assert all(mine)
        for database in (loaded, other):
            with database.read() as session:
                row = campaigns.find(session, CAMPAIGN)
                tree = campaigns.load_tree(session, row)
                assert differences(session, tree) == 0
                assert tube_differences(session, row, tree) == 0
    finally:
        other.engine.dispose()
        postgres.take_back(name)


def test_the_same_load_again_only_sets_the_clock(loaded: Database):
    with loaded.read() as session:
        before = campaigns.find(session, CAMPAIGN).revision
    load_city(loaded, SetClock(NOW), 2, LOAD)
    with loaded.read() as session:
        row = campaigns.find(session, CAMPAIGN)
        clock = campaigns.demo_clock(row)
        assert row.revision == before
        assert clock is not None
        assert (clock.speed, campaigns.now_for(row, NOW).hour) == (2, 5)


def test_reports_come_when_the_simulator_says_late_ones_late_and_missing_ones_never(loaded: Database):
    tree = read_tree(loaded)
    with loaded.read() as session:
        seen = overview(session, Moment(tree, tree.by_code[CITY], 1, campaigns.now_for(
            campaigns.find(session, CAMPAIGN), NOW)))  # fmt: skip
    tallies = [hour.tally for hour in seen.hours[:7]]
    assert sum(tally.on_time for tally in tallies) > 0.9 * sum(tally.expected for tally in tallies)
    assert sum(tally.late for tally in tallies) > 0


# -- the city above its districts


def test_the_citys_kept_sums_are_those_of_its_districts(loaded: Database):
    tree = read_tree(loaded)
    with loaded.read() as session:
        reports: dict[int, dict[int, list[int]]] = {}
        for (place, period), values in rollups.kept(session, CAMPAIGN).items():
            reports.setdefault(place, {})[period] = values
        tubes: dict[int, dict[int, list[int]]] = {}
        query = sa.select(TubeSum.owner, TubeSum.period, *(getattr(TubeSum, name) for name in SUMS))
        for owner, period, *figures in session.execute(query.where(TubeSum.owner > 0)):
            tubes.setdefault(owner, {})[period] = figures
    city = tree.by_code[CITY]
    for kept in (reports, tubes):
        assert kept[city.id] == added([kept.get(district.id, {}) for district in city.children])
        for district in city.children:
            assert kept.get(district.id, {}) == added([kept.get(town.id, {}) for town in district.children])


def added(parts: list[dict[int, list[int]]]) -> dict[int, list[int]]:
    total: dict[int, list[int]] = {}
    for part in parts:
        for period, values in part.items():
            total[period] = [a + b for a, b in zip(total.get(period, [0] * len(values)), values, strict=True)]
    return {period: values for period, values in total.items() if any(values)}


@settings(max_examples=30)
@given(data=st.data())
def test_whatever_is_counted_and_taken_back_a_city_is_the_sum_of_its_districts(loaded: Database, data: st.DataObject):
    tree = read_tree(loaded)
    sites, deltas = sorted(tree.each(Level.SITE), key=lambda site: site.code), rollups.Deltas()
    for _ in range(data.draw(st.integers(1, 12))):
        site, first = data.draw(st.sampled_from(sites)), data.draw(st.integers(0, 14))
        claim = Claim("k", site.code, first, first + data.draw(st.integers(0, 1)))
        judged = Judged(data.draw(st.integers(-50, 500)), data.draw(st.none() | st.integers(0, 50)), Flag(0))
        counted = rollups.Counted(claim, judged, data.draw(st.sampled_from(Status)))
        deltas.add(site, counted, tree.open_periods(site), sign=data.draw(st.sampled_from((1, -1))))
    by_place: dict[int, dict[int, list[int]]] = {}
    for (place, period), values in deltas.changed().items():
        by_place.setdefault(place, {})[period] = values
    city = tree.by_code[CITY]
    assert by_place.get(city.id, {}) == added([by_place.get(district.id, {}) for district in city.children])


# -- pages and rights


@pytest.fixture(scope="module")
def application(loaded: Database) -> Any:
    with loaded.write() as session:
        for login, role, place in (
            ("above", Role.DISTRICT, CITY),
            ("all", Role.LEADER, ""),
            ("own", Role.DISTRICT, OWN),
        ):
            accounts.create(session, login=login, role=role, place=place, campaign_id=CAMPAIGN, now=NOW,
                            actor="test", password=PASSWORD)  # fmt: skip
    return create_app(config.load({"SECRET_KEY": "x" * 32}), loaded, SetClock(NOW))


def person(application: Any, login: str) -> SignedIn:
    return SignedIn(application.server.test_client(), login, PASSWORD)


def words_of(answer: Any) -> str:
    """What a snapshot says, which travels packed."""
    data = answer.get_data()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()


def snapshot_of(browser: SignedIn, page: str, place: str) -> Any:
    live = browser.get(f"/live/{CAMPAIGN}").json
    version = f"{live['revision']}-{live['minute']}"
    return browser.get(f"/snapshots/{CAMPAIGN}/{page}/{place}/zh/{version}", follow_redirects=True)


def test_every_page_of_the_city_is_drawn_whole(application: Any, caplog: pytest.LogCaptureFixture):
    browser = person(application, "above")
    for page in PAGES:
        answer = snapshot_of(browser, page, CITY)
        if page not in ("tube", "lab", "site", "sources", "users", "audit"):
            assert answer.status_code == 200, (page, answer.status_code)
    assert [record.message for record in caplog.records if "failed" in record.message] == []


def test_pages_of_the_city_list_towns_and_lead_down_where_a_districts_list_sites(application: Any):
    browser = person(application, "above")
    site = f"{OWN}001-S01"
    for page in ("sites", "map", "problems"):
        of_city = words_of(snapshot_of(browser, page, CITY))
        assert f"{page}?campaign={CAMPAIGN}&place={OWN}" in of_city, page
        if page == "sites":
            assert site not in of_city
            assert site in words_of(snapshot_of(browser, page, OWN))
    of_city = json.loads(words_of(snapshot_of(browser, "map", CITY)))["panels"]["map-page"]
    drawn = json.loads(next(stage for stage in stages(of_city)))
    # Nobody has brought a grid of people: the city's districts are shown by completion.
    assert (drawn["by_district"], drawn["first"]) == (True, "completion")
    assert {town["step"] for town in drawn["towns"]} <= {1, 2, 3, 4, 5}
    rows = words_of(snapshot_of(browser, "overview", CITY))
    assert f'"/?campaign={CAMPAIGN}&place={OWN}' in rows
    assert all(f"place={district}" in rows for district in (OWN, OTHER))
    assert f"place={OWN}001" in words_of(snapshot_of(browser, "overview", OWN))


def stages(part: Any) -> Iterator[str]:
    """The data of the maps in a panel."""
    if isinstance(part, dict):
        if "data-map" in part:
            yield part["data-map"]
        part = list(part.values())
    if isinstance(part, list):
        for below in part:
            yield from stages(below)


@pytest.mark.parametrize("foreign", [CITY, OTHER, f"{OTHER}001"])
def test_a_districts_account_sees_its_own_district_and_nothing_else(application: Any, foreign: str):
    browser = person(application, "own")
    inside = f"/api/v1/campaigns/{CAMPAIGN}"
    for path in (
        f"/export/{CAMPAIGN}/{{place}}.csv", f"/passports/{CAMPAIGN}/persons/{{place}}/zh/1-27000000",
        f"/map-sites/{CAMPAIGN}/{{place}}/zh/1-27000000",
        *(f"{inside}/{name}?scope={{place}}" for name in ("summary", "places", "reports", "duty", "hourly")),
    ):  # fmt: skip
        assert browser.get(path.format(place=foreign)).status_code in (403, 404), path
    for page in PAGES:
        assert snapshot_of(browser, page, foreign).status_code in (403, 404), page
    assert snapshot_of(browser, "overview", OWN).status_code == 200
    assert {place["code"][:6] for place in browser.get(f"{inside}/places").json} == {OWN}


@pytest.mark.parametrize("login", ["above", "all"])
def test_whoever_has_the_city_or_no_place_sees_all_of_it(application: Any, login: str):
    browser = person(application, login)
    inside = f"/api/v1/campaigns/{CAMPAIGN}"
    whole = browser.get(f"{inside}/summary?scope={CITY}").json
    parts = [browser.get(f"{inside}/summary?scope=9901{k:02}").json for k in range(1, 12)]
    assert whole["persons"] == sum(part["persons"] for part in parts) > 0
    for place in (CITY, OWN, f"{OTHER}001"):
        assert snapshot_of(browser, "overview", place).status_code == 200


def test_another_share_begins_the_day_anew_at_the_same_places(migrated_file: Path, tmp_path: Path):
    path = tmp_path / "city.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    sa.event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    small = CityLoad(seed=1, share=0.02, until=time(8), places=0.005)
    load_city(database, SetClock(NOW), 1, small)
    before, reports = read_tree(database), content(database)[0]
    load_city(database, SetClock(NOW), 1, replace(small, share=0.5, until=time(9, 30)))
    after = read_tree(database)
    assert {place.id: place.code for place in after.each()} == {place.id: place.code for place in before.each()}
    assert len(content(database)[0]) > len(reports)
    with database.read() as session:
        assert differences(session, after) == 0
        assert tube_differences(session, campaigns.find(session, CAMPAIGN), after) == 0
    with pytest.raises(OtherPlaces):
        load_city(database, SetClock(NOW), 1, replace(small, places=0.01))
    database.engine.dispose()
