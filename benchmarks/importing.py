"""A large file of hourly reports: 5,000 sites × 20 hours, taken in twice."""

import time
from collections.abc import Iterator

from benchmarks import rig
from benchmarks.measure import Measure, at_least
from data.database import Database
from data.ingest.file_import import FileResult
from data.ingest.files import What, import_file
from domain.campaign import Campaign
from domain.clock import system_clock

SITES, HOURS = 5_000, 20
ROWS = SITES * HOURS


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url, rig.opened(url) as database:
            campaign = rig.running_campaign(database, SITES, HOURS)
            data = _file(campaign)
            first, seconds = _take(database, campaign, data)
            if first.batch.accepted != ROWS:
                raise RuntimeError(f"accepted {first.batch.accepted} of {ROWS}: {first.refused[:3]}")
            target = at_least(5000) if kind == rig.POSTGRESQL else None
            note = f"{ROWS:,} rows in {seconds:.1f} s, {len(data) / 1e6:.1f} MB"
            yield Measure("import of a file", ROWS / seconds, "rows/s", target, kind, note)
            second, seconds = _take(database, campaign, data)
            if second.batch.unchanged != ROWS:
                raise RuntimeError(f"unchanged {second.batch.unchanged} of {ROWS}")
            note = f"all unchanged, {seconds:.1f} s"
            yield Measure("the same file again", ROWS / seconds, "rows/s", None, kind, note)


def _file(campaign: Campaign) -> bytes:
    """Every site's hours one after the other, as the sites would hand them in: hour by hour."""
    lines = ["key,site,hour,persons,tubes"]
    for period in range(HOURS):
        for n, site in enumerate(rig.site_codes(SITES)):
            lines.append(
                ",".join(map(str, rig.report(campaign, site, period, 150 + (n + 7 * period) % 200).values()))
            )
    return "\n".join(lines).encode()


def _take(database: Database, campaign: Campaign, data: bytes) -> tuple[FileResult, float]:
    began = time.perf_counter()
    result = import_file(database, campaign.id, What.REPORTS, data, "reports.csv", rig.BENCH, system_clock)
    return result, time.perf_counter() - began
