"""Whether tubes are taken in as quickly into a campaign's own part as into one whole table: the same events, batch by
batch in turn, into two databases that differ in nothing else. `python -m benchmarks.partitions` prints the ratio."""

import sys
import time
from contextlib import ExitStack
from statistics import median

import sqlalchemy as sa

from benchmarks import rig, tubes
from data import campaigns, partitions
from data.database import Database
from data.ingest.tubes import Writer, ingest_tubes
from domain.campaign import Campaign
from domain.clock import system_clock

TUBES = 6_000
BATCH = 1_000
CAMPAIGN = "bench"
"""The id `rig.running_campaign` gives."""
OTHERS = 20
"""Campaigns besides, with parts of their own and nothing in them."""


def main() -> None:
    with ExitStack() as stack:
        databases = {}
        for shape in ("whole", "parts"):
            url = stack.enter_context(rig.fresh_database(rig.POSTGRESQL))
            database = stack.enter_context(rig.opened(url))
            if shape == "whole":
                _join(database)
            campaign = rig.running_campaign(database, tubes.SITES)
            tubes.add_labs(database, campaign)
            if shape == "parts":
                _make_others(database, campaign)
            databases[shape] = database
        rows = list(tubes.events(campaign, 0, TUBES))
        taken: dict[str, list[float]] = {shape: [] for shape in databases}
        writer = Writer(rig.BENCH.name)
        for number, start in enumerate(range(0, len(rows), BATCH)):
            part = list(enumerate(rows[start : start + BATCH]))
            for shape, database in sorted(databases.items(), reverse=bool(number % 2)):
                began = time.perf_counter()
                result = ingest_tubes(database, campaign.id, part, writer, system_clock)
                taken[shape].append(time.perf_counter() - began)
                if result.accepted != len(part):
                    raise RuntimeError(f"{shape}: {result.rejected[:3]}")
    ratio = [parts / whole for parts, whole in zip(taken["parts"], taken["whole"], strict=True)]
    for shape, spent in taken.items():
        sys.stdout.write(f"{shape}: {len(rows) / sum(spent):,.0f} events/s, {median(spent) * 1000:.0f} ms a batch\n")
    sys.stdout.write(f"time in parts / time in one table: {sum(taken['parts']) / sum(taken['whole']):.3f}, ")
    sys.stdout.write(f"median of batches {median(ratio):.3f}\n")


def _join(database: Database) -> None:
    """Put tables that are not split in the place of those that are, and let no campaign make parts."""
    with database.write() as session:
        for table, storage in partitions.SPLIT.items():
            session.execute(sa.text(f"ALTER TABLE {table} RENAME TO {table}_split"))
            session.execute(sa.text(f"CREATE TABLE {table} (LIKE {table}_split INCLUDING ALL) WITH ({storage})"))
            session.execute(sa.text(f"DROP TABLE {table}_split"))
            # A table of the part's name tells `partitions.make` that it stands.
            session.execute(sa.text(f"CREATE TABLE {partitions.name_of(table, CAMPAIGN)} ()"))


def _make_others(database: Database, campaign: Campaign) -> None:
    with database.write() as session:
        for number in range(OTHERS):
            one = Campaign(
                f"other-{number}", "另一轮", "Another", campaign.starts_at, campaign.deadline, campaign.timezone
            )
            campaigns.create(session, one, actor=rig.BENCH.name, now=system_clock())


if __name__ == "__main__":
    main()
