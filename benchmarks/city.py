"""District and city side by side: `python -m benchmarks.city` (`make bench-city`).

Both are the simulator's, at the same time of the same day, each in a database of its own on one PostgreSQL server:
that of `DATABASE_URL`, or the one from the wheel, kept below the folder for temporary files so that the city is
loaded once. Every figure is printed with its ratio between the two, so that what grows is seen, and kept with the
machine
and its load in `benchmarks/results/city.json`.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

import memory
from benchmarks import city_topics, postgres, rig
from benchmarks.__main__ import machine
from benchmarks.measure import Measure, Target, table
from benchmarks.sizes import Size
from data import campaigns
from data.database import Database
from data.demo.city import CAMPAIGN as CITY
from data.demo.city import CityLoad, load_city
from data.demo.runner import Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.models import TubeRow
from domain.clock import system_clock
from domain.places import Level

RESULT = Path(__file__).parent / "results" / "city.json"
STARTS_LOCAL = 6
"""Hour of the local day at which the simulated campaigns begin."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure at both sizes. `target` holds for the city's value, `grows` for the ratio."""

    name: str
    unit: str
    district: float
    city: float
    target: Target | None
    grows: Target | None
    note: str

    @property
    def ratio(self) -> float | None:
        return self.city / self.district if self.district else None

    @property
    def verdict(self) -> str:
        met = [self.target.met_by(self.city)] if self.target else []
        met += [self.grows.met_by(self.ratio)] if self.grows and self.ratio is not None else []
        return "" if not met else "ok" if all(met) else "missed"

    def as_json(self) -> dict[str, object]:
        goals = [f"{t.sign} {t.limit:g}" + name for t, name in ((self.target, ""), (self.grows, " ×")) if t]
        ratio = self.ratio
        return {**asdict(self), "district": round(self.district, 3), "city": round(self.city, 3),
                "ratio": round(ratio, 2) if ratio is not None else None, "target": ", ".join(goals) or None,
                "grows": None, "verdict": self.verdict or None}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.city", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"some of {', '.join(city_topics.TOPICS)}")
    parser.add_argument("--share", type=float, default=1.0, help="the part of the sites that scan their tubes")
    parser.add_argument("--until", default="22:00", help="local time up to which both days are loaded")
    given = parser.parse_args()
    wanted = given.topics or list(city_topics.TOPICS)
    if unknown := set(wanted) - set(city_topics.TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    memory.settle()
    district, city = _both(given.share, clock_time.fromisoformat(given.until))
    facts = machine()
    print(f"{facts['cores']} cores ({facts['cpu']}), {facts['ram_gb']} GB, Python {facts['python']}, "
          f"load {facts['load_1_min']}")  # fmt: skip
    for size in (district, city):
        print(f"{size.name}: {size.sites:,} sites, {size.tubes:,} tubes")
    missed = []
    for topic in wanted:
        began = time.perf_counter()
        figures = _figures(city_topics.TOPICS[topic], district, city)
        print(f"\n{topic} ({time.perf_counter() - began:.0f} s)\n{_table(figures)}", flush=True)
        _keep(topic, figures, machine(), (district, city))
        missed += [figure.name for figure in figures if figure.verdict == "missed"]
    print(f"\n{len(missed)} targets missed" + (f": {'; '.join(missed)}" if missed else ""))
    return 0


def _figures(measure: Callable[[Size], Iterator[Measure]], district: Size, city: Size) -> list[Figure]:
    small = {m.name: m for m in measure(district)}
    found = []
    for m in measure(city):
        if m.name not in small:
            raise RuntimeError(f"{m.name} was measured for one size only")
        grows = city_topics.GROWS.get(m.name)
        target = None if city_topics.DISTRICT_ONLY in m.note else m.target
        found.append(Figure(m.name, m.unit, small[m.name].value, m.value, target, grows, m.note))
    return found


def _table(figures: Sequence[Figure]) -> str:
    rows = []
    for f in figures:
        ratio = f"× {f.ratio:.2f}" if f.ratio is not None else "—"
        grows = f"; ratio {f.grows.sign} {f.grows.limit:g}" if f.grows else ""
        note = f"district {f.district:,.4g}, {ratio}{grows}; {f.note}"
        row = Measure(f.name, f.city, f.unit, f.target, "", note)
        rows.append(row)
    return table(rows)


def _keep(topic: str, figures: Sequence[Figure], facts: dict[str, object], sizes: Sequence[Size]) -> None:
    """Write the figures beside those of topics that did not run this time."""
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["topics"] if RESULT.exists() else {}
    kept[topic] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": facts,
        "sizes": {size.name: {"sites": size.sites, "tubes": size.tubes} for size in sizes},
        "figures": [figure.as_json() for figure in figures],
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"topics": kept}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# -- what is measured on


def _both(share: float, until: clock_time) -> tuple[Size, Size]:
    """Both sizes, loaded unless they stand from an earlier run today."""
    span = timedelta(hours=until.hour - STARTS_LOCAL, minutes=until.minute)

    def load_district(database: Database) -> None:
        Demonstration(database, system_clock, rig.SLOWEST, DEFAULT_SEED, first_look=span).load()

    def load_whole_city(database: Database) -> None:
        load = CityLoad(DEFAULT_SEED, share, until)
        load_city(database, system_clock, rig.SLOWEST, load, told=lambda what, count: print(f"{what}: {count:,}"))

    server = _server()
    return (
        _size(server, "district", rig.DEMO, Level.DISTRICT, load_district),
        _size(server, "city", CITY, Level.CITY, load_whole_city),
    )


def _server() -> sa.URL:
    stated = os.environ.get("DATABASE_URL")
    if stated:
        return make_url(stated)
    return postgres.server(Path(tempfile.gettempdir()) / "sampling-bench-city", kept=True)


def _size(server: sa.URL, name: str, campaign: str, root: Level, load: Callable[[Database], None]) -> Size:
    base = f"sampling_bench_{name}"
    administration = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        known = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": base})
        if known.scalar() is None:
            connection.execute(sa.text(f"CREATE DATABASE {base}"))
    administration.dispose()
    url = server.set(database=base).render_as_string(hide_password=False)
    with rig.opened(url) as database:
        database.upgrade()
        began = time.perf_counter()
        load(database)
        print(f"{name} loaded or found in {time.perf_counter() - began:.0f} s", flush=True)
        with database.read() as session:
            tree = campaigns.tree_of(session, campaigns.find(session, campaign))
            tubes = session.scalar(sa.select(sa.func.count()).where(TubeRow.campaign_id == campaign)) or 0
        top = next(tree.each(root))
        districts = list(tree.each(Level.DISTRICT))
        towns = sorted(tree.each(Level.TOWN), key=lambda town: (len(town.children), town.code))
        town = towns[len(towns) // 2]
        sites = tuple(site.code for site in tree.sites(top))
        return Size(name, url, campaign, top.code, districts[0].code, town.code, sites, tubes)


if __name__ == "__main__":
    sys.exit(main())
