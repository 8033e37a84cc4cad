import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from kit import World, row

from data.database import Database
from data.models import Base


# SQLite cannot tell what an index of an expression is made of; that it is used, test_tube_life.py sees.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_what_the_models_say(database: Database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "render_as_batch": database.is_sqlite}
        )
        assert compare_metadata(context, Base.metadata) == []
        assert set(sa.inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_upgrading_again_is_harmless(world: World):
    world.send(row("S1", 8, 5))
    for _ in range(2):
        world.database.upgrade()
    assert world.database.schema_is_current()
    assert world.persons() == 5


def test_an_empty_database_is_not_current_until_upgraded(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/new/folder/campaign.db")
    assert not database.schema_is_current()
    assert database.answers()
    database.upgrade()
    assert database.schema_is_current()
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == 2
    database.engine.dispose()


def test_two_upgrades_at_once_wait_for_each_other(postgres):
    from concurrent.futures import ThreadPoolExecutor

    name = postgres.fresh_name()
    databases = [Database(postgres.create(name, template=None)), Database(postgres.url(name))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Database.upgrade, databases))
    assert all(d.schema_is_current() for d in databases)
    for d in databases:
        d.engine.dispose()
    postgres.drop(name)


def test_a_database_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="mysql"):
        Database("mysql://h/d")
