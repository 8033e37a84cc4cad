"""Sources pulled into a real record: from databases, endpoints and folders, once each, whatever happens between."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from kit import OTHER_TOWN, TOWN, World, at, iso, row
from pull_kit import HOURS, Feed, Sources


@pytest.fixture
def sources(world: World, tmp_path: Path) -> Sources:
    return Sources(world, tmp_path / "sources")


@pytest.fixture
def feed(sources: Sources) -> Feed:
    """A SQLite file another system writes its hours into."""
    return Feed(sources.folder / "feed.db")


def test_a_database_is_pulled_and_pulled_again_without_counting_twice(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    feed.hour("S4", 8, 55, 6)
    source = sources.sql(feed)
    run = sources.pull(source)
    assert (run.succeeded, run.rows, run.accepted, run.refused) == (True, 2, 2, 0)
    assert world.persons() == 95
    again = sources.pull(source)
    assert (again.rows, again.accepted, again.unchanged) == (2, 0, 2)
    assert world.persons() == 95
    world.check()


def test_a_row_that_changed_becomes_a_correction_that_names_the_source(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    source = sources.sql(feed, name="省平台")
    sources.pull(source)
    world.verify(*world.current())
    for persons in (42, 40, 43):
        feed.hour("S1", 8, persons, 5)
        run = sources.pull(source)
        assert (run.accepted, run.corrected, run.refused) == (1, 1, 0)
        assert world.persons() == persons
    (current,) = world.current().values()
    assert current.version == 4
    assert current.status == "submitted"
    assert "省平台" in current.note
    assert world.refused_claims() == []
    world.check()


def test_what_a_person_corrected_stands_until_the_source_says_something_new(
    world: World, sources: Sources, feed: Feed
):
    feed.hour("S1", 8, 40, 4)
    source = sources.sql(feed)
    sources.pull(source)
    (key,) = world.current()
    world.send(row("S1", 8, 38, key="by hand", correction_of=key, note="counted again", tubes=4))
    assert sources.pull(source).unchanged == 1
    assert world.persons() == 38
    feed.hour("S1", 8, 41, 5)
    run = sources.pull(source)
    assert (run.accepted, run.refused) == (0, 1)
    assert world.persons() == 38
    assert [claim.code for claim in world.refused_claims()] == ["conflict"]


def test_what_a_site_reported_itself_is_not_replaced(world: World, sources: Sources, feed: Feed):
    world.send(row("S1", 8, 40, tubes=4))
    feed.hour("S1", 8, 40, 4)
    feed.hour("S4", 8, 9, 1)
    world.send(row("S4", 8, 10, tubes=1))
    run = sources.pull(sources.sql(feed))
    assert (run.accepted, run.unchanged, run.refused) == (0, 1, 1)
    assert world.persons() == 50


def test_rows_land_only_where_the_source_may(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    feed.hour("S4", 8, 55, 6)
    feed.hour("Nowhere", 8, 1, 1)
    source = sources.sql(feed, place=TOWN)
    run = sources.pull(source)
    assert (run.accepted, run.refused) == (1, 2)
    assert world.persons(TOWN) == 40
    assert world.persons(OTHER_TOWN) == 0
    assert {r["code"] for r in sources.refused(run)} == {"out_of_scope", "unknown_site"}


def test_how_it_went_is_kept_and_the_revision_rises(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    source = sources.sql(feed)
    before = world.revision()
    sources.pull(source)
    kept = sources.row(source)
    assert world.revision() > before
    assert kept.last_success_at == world.clock()
    assert kept.newest_at == at(9)
    assert kept.next_at == at(11, 5)
    assert kept.lease is None
    assert [a.action for a in world.audits()][-1] == "source.pull"


def test_a_query_that_writes_is_stopped_whatever_it_says(sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    with sa.create_engine(f"sqlite:///{feed.path}").begin() as connection:
        connection.execute(sa.text("CREATE TABLE other (n INTEGER)"))
    source = sources.sql(feed, query="WITH gone AS (SELECT 1) INSERT INTO other SELECT 1 FROM gone")
    run = sources.pull(source)
    assert not run.succeeded
    with sa.create_engine(f"sqlite:///{feed.path}").connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM other")).scalar() == 0


def test_a_query_that_never_ends_is_stopped(sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS site FROM n"
    run = sources.pull(sources.sql(feed, query=endless, timeout_seconds=1))
    assert run.problem["code"] == "timeout"


def test_times_without_an_offset_are_read_in_the_zone_that_is_named(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", "2021-06-06 08:00:00", 40, 4)
    assert sources.pull(sources.sql(feed)).refused == 1
    run = sources.pull(sources.sql(feed, zone="Asia/Shanghai"))
    assert run.accepted == 1
    assert world.by_hour() == {8: 40}


def test_only_what_is_new_is_asked_for_where_the_query_says_so(world: World, sources: Sources, feed: Feed):
    feed.hour("S1", "2021-06-05T08:00:00+08:00", 7, 1)
    feed.hour("S1", 8, 40, 4)
    source = sources.sql(feed, query=HOURS.replace("ORDER", "WHERE hour >= :since AND hour < :now ORDER"))
    run = sources.pull(source)
    assert (run.problem, run.rows, run.accepted) == (None, 1, 1)


def test_a_parameter_nobody_knows_is_told(sources: Sources, feed: Feed):
    run = sources.pull(sources.sql(feed, query="SELECT site FROM hours WHERE hour > :whenever"))
    assert run.problem["code"] == "sql_error"


def test_postgresql_is_asked_in_a_transaction_that_cannot_write(world: World, tmp_path: Path, postgres):
    name = postgres.fresh_name()
    url = postgres.create(name)
    address = sa.make_url(url)
    sources = Sources(world, tmp_path, hosts=(str(address.query["host"]),), secrets={"SOURCE_PW": "s3cret pa/ss"})
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE hours (site text, hour timestamptz, persons bigint, tubes numeric)"))
        connection.execute(sa.text(f"INSERT INTO hours VALUES ('S1', '{iso(8)}', 40, 4), ('S4', '{iso(8)}', 55, 6)"))
    template = f"postgresql+psycopg://{address.username}:${{SOURCE_PW}}@/{name}?host={address.query['host']}"
    question = (
        "SELECT site, hour, sum(persons) AS persons, sum(tubes) AS tubes FROM hours WHERE hour >= :since"
        " GROUP BY site, hour"
    )
    run = sources.pull(sources.define(kind="sql", address=template, query=question))
    assert (run.succeeded, run.accepted) == (True, 2), run.problem
    assert world.persons() == 95
    writing = "WITH gone AS (DELETE FROM hours RETURNING site) SELECT site FROM gone"
    run = sources.pull(sources.define(kind="sql", address=template, query=writing))
    assert run.problem["code"] == "sql_error"
    run = sources.pull(
        sources.define(kind="sql", address=template, query="SELECT pg_sleep(20)::text AS site", timeout_seconds=1)
    )
    assert run.problem["code"] == "timeout"
    wrong = template.replace("/" + name, "/no_such_database")
    run = sources.pull(sources.define(kind="sql", address=wrong, query="SELECT 1 AS site"))
    assert run.problem["code"] == "sql_error"
    postgres.drop(name)
