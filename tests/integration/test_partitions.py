"""Each campaign's tubes lie in a part of their own on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from kit import SetClock, World, at, make_world
from tube_kit import code, differences, event, set_labs, tell

from data import bulk, campaigns, partitions
from data.database import Database
from data.models import TubeEvent, TubeRow
from domain.campaign import Campaign


@pytest.fixture
def on_postgres(postgres, clock: SetClock) -> Iterator[World]:
    name = postgres.lend()
    database = Database(postgres.url(name))
    yield make_world(database, clock)
    database.engine.dispose()
    postgres.take_back(name)


def other(name: str = "other") -> Campaign:
    return Campaign(name, "另一轮", "Another", at(6), at(22), "Asia/Shanghai")


def parts(database: Database) -> dict[str, int]:
    """Rows of every part there is."""
    with database.engine.connect() as connection:
        names = connection.scalars(
            sa.text("SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'partitions'::regnamespace"
                    " AND relkind = 'r'")
        ).all()  # fmt: skip
        return {name: connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def test_a_campaigns_tubes_lie_in_its_own_parts(on_postgres: World):
    world = on_postgres
    set_labs(world)
    with world.database.write() as session:
        campaigns.create(session, other(), actor="operator", now=world.clock())
    assert tell(world, event(code(1), "sampled", 8), event(code(1), "received", 9)).accepted == 2
    assert parts(world.database) == {
        partitions.name_of("tube", world.id): 1,
        partitions.name_of("tube_event", world.id): 2,
        partitions.name_of("tube", "other"): 0,
        partitions.name_of("tube_event", "other"): 0,
    }
    assert differences(world) == 0


def test_a_campaign_that_is_not_made_after_all_leaves_no_parts(on_postgres: World):
    with on_postgres.database.write() as session:
        campaigns.create(session, other(), actor="operator", now=on_postgres.clock())
        assert partitions.stands(session.connection(), "tube", "other")
        session.rollback()
    assert len(parts(on_postgres.database)) == 2


def test_others_send_tubes_while_a_campaign_is_being_made(on_postgres: World):
    set_labs(on_postgres)
    with on_postgres.database.write() as session:
        campaigns.create(session, other(), actor="operator", now=on_postgres.clock())
        waited = ThreadPoolExecutor(1).submit(tell, on_postgres, event(code(1), "sampled", 8))
        assert waited.result(timeout=60).accepted == 1


def test_a_tube_of_a_campaign_nobody_made_is_refused_by_the_database(on_postgres: World):
    columns = ("campaign_id", "event_id", "digest", "barcode", "type", "at", "actor", "recorded_at")
    row = ("nobody", "e1", 1, "44", 1, 1, "operator", at(8))
    with on_postgres.database.write() as session:
        with pytest.raises(sa.exc.IntegrityError, match='no partition of relation "tube_event" found'):
            bulk.insert_missing(session, TubeEvent, columns, [row], "event_id")
        session.rollback()


def test_a_question_about_one_campaign_looks_into_its_part_only(on_postgres: World):
    with on_postgres.database.write() as session:
        campaigns.create(session, other(), actor="operator", now=on_postgres.clock())
    with on_postgres.database.read() as session:
        query = sa.select(TubeRow.barcode).where(TubeRow.campaign_id == on_postgres.id, TubeRow.waiting)
        text = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        plan = "\n".join(session.scalars(sa.text(f"EXPLAIN {text}")))
    assert partitions.name_of("tube", on_postgres.id).partition(".")[2] in plan
    assert partitions.name_of("tube", "other").partition(".")[2] not in plan


@pytest.mark.parametrize("campaign_id", ["2021-06-06", "三水-第一轮", "A" * 64, "it.s_me-2"])
def test_every_campaigns_parts_have_names_of_their_own(on_postgres: World, campaign_id: str):
    name = partitions.name_of("tube_event", campaign_id)
    assert len(name.partition(".")[2]) <= 63
    assert name != partitions.name_of("tube_event", campaign_id.lower() + "x")
    with on_postgres.database.write() as session:
        campaigns.create(session, other(campaign_id), actor="operator", now=on_postgres.clock())
    assert name in {part.replace('"', "") for part in parts(on_postgres.database)}


def test_what_was_there_before_is_carried_over(postgres):
    name = postgres.fresh_name()
    database = Database(postgres.create(name, template=None))
    database.upgrade("0016")
    with database.write() as session:
        for campaign in ("one", "two"):
            session.execute(
                sa.text(
                    "INSERT INTO campaign (id, name, name_en, starts_at, deadline, timezone, pool_size, demo,"
                    " interval_minutes, due_minutes, settings, revision, structure_revision, epoch, changed_at,"
                    " created_at) VALUES (:id, 'n', '', now(), now(), 'UTC', 10, false, 60, 10, '{}', 0, 0, '',"
                    " now(), now())"
                ),
                {"id": campaign},
            )
        session.execute(
            sa.text(
                "INSERT INTO tube_event (event_id, campaign_id, digest, barcode, type, at, actor, recorded_at)"
                " SELECT 'e' || n, CASE n % 3 WHEN 0 THEN 'one' ELSE 'two' END, n, 'b' || n, 1, n, 'x', now()"
                " FROM generate_series(1, 300) AS n"
            )
        )
        session.execute(
            sa.text(
                "INSERT INTO tube (campaign_id, barcode, stage, findings, waiting)"
                " SELECT campaign_id, barcode, 1, 0, true FROM tube_event"
            )
        )
    sums = sa.text("SELECT campaign_id, count(*), sum(digest) FROM tube_event GROUP BY 1 ORDER BY 1")
    with database.read() as session:
        before = session.execute(sums).all()
    database.upgrade()
    with database.read() as session:
        assert session.execute(sums).all() == before
    assert parts(database) == {
        partitions.name_of("tube", "one"): 100, partitions.name_of("tube", "two"): 200,
        partitions.name_of("tube_event", "one"): 100, partitions.name_of("tube_event", "two"): 200,
    }  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError, match="duplicate key"), database.write() as session:
        session.execute(
            sa.text(
                "INSERT INTO tube_event (event_id, campaign_id, digest, barcode, type, at, actor, recorded_at)"
                " VALUES ('e3', 'one', 1, 'b', 1, 1, 'x', now())"
            )
        )
    with database.read() as session:
        # The audit refuses changes as before.
        kept = session.scalars(sa.text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")).all()
        assert {"audit_no_change", "audit_no_truncate"} <= set(kept)
    database.engine.dispose()
    postgres.drop(name)
