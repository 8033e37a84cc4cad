"""What the tests of sources share: another system's database, and sources pulled as the worker does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from kit import DISTRICT, OPERATOR, World, iso

from data import campaigns, sources
from data.ingest.batch import Sender
from data.models import Source, SourceRun
from data.pull.asking import Surroundings
from data.pull.folder import Looks
from data.pull.pulling import pull
from data.pull.turns import take

HOURS = "SELECT site, hour, persons, tubes FROM hours ORDER BY site, hour"


class Feed:
    """Another system's SQLite file with a table of hours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        with self._engine.begin() as connection:
            connection.execute(
                sa.text("CREATE TABLE IF NOT EXISTS hours (site, hour, persons, tubes, PRIMARY KEY (site, hour))")
            )

    def hour(self, site: str, hour: int | str, persons: object, tubes: object = None) -> None:
        """What the other system says of a site and hour; said again, it replaces what it said."""
        start = iso(hour) if isinstance(hour, int) else hour
        with self._engine.begin() as connection:
            connection.execute(
                sa.text("INSERT OR REPLACE INTO hours VALUES (:site, :hour, :persons, :tubes)"),
                {"site": site, "hour": start, "persons": persons, "tubes": tubes},
            )


class Sources:
    """The sources of one world, and the process that pulls them."""

    def __init__(
        self, world: World, folder: Path, *, hosts: Sequence[str] = (), secrets: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.world = world
        self.folder = folder
        self.around = Surroundings((folder,), hosts, secrets or {})
        self.looks = Looks()

    def define(self, sender: Sender = OPERATOR, **fields: object) -> int:
        """Make a source of hourly reports for the whole district unless said otherwise; its number."""
        stated = {"name": "Feed", "what": "reports", "place": DISTRICT, **fields}
        with self.world.database.write() as session:
            campaign = campaigns.lock(session, self.world.id)
            tree = campaigns.tree_of(session, campaign)
            definition = sources.check(stated, tree, sender)
            made, _ = sources.create(session, campaign, tree, "", definition, sender, self.world.clock())
            return made.id

    def sql(self, feed: Feed, **fields: object) -> int:
        return self.define(**{"kind": "sql", "address": f"sqlite:///{feed.path}", "query": HOURS, **fields})

    def files(self, **fields: object) -> int:
        return self.define(**{"kind": "folder", "address": ".", **fields})

    def pull(self, source_id: int) -> SourceRun:
        """Pull the source now, due or not, and answer what was written down."""
        turn = take(self.world.database, self.world.clock, source_id)
        assert turn is not None, "somebody has the source"
        pull(self.world.database, turn, self.around, self.world.clock, self.looks)
        return self.runs(source_id)[-1]

    def runs(self, source_id: int) -> list[SourceRun]:
        with self.world.database.read() as session:
            query = sa.select(SourceRun).where(SourceRun.source_id == source_id).order_by(SourceRun.id)
            return list(session.scalars(query.options(sa.orm.undefer(SourceRun.refused_rows))))

    def row(self, source_id: int) -> Source:
        with self.world.database.read() as session:
            return session.get_one(Source, source_id)

    def refused(self, run: SourceRun) -> list[dict[str, Any]]:
        return run.refused_rows["rows"] if run.refused_rows else []
