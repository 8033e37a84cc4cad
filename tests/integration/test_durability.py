"""A real server, killed in the middle of its work: what it acknowledged is there, the rest counts once."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa
from kit import DISTRICT, SITES, SetClock, make_world, row

import config
from data.database import Database
from data.models import Report
from domain.clock import system_clock

ROOT = Path(config.__file__).parent


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def served(database_url: str, log: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """gunicorn as `make run` starts it, ready to answer; killed with all its workers at the end."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database_url, "PORT": str(port), "WEB_WORKERS": "1", "DEMO": "1"}
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
            cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            # Waits for the answer itself, not for a time.
            transport = httpx.HTTPTransport(retries=0)
            with httpx.Client(transport=transport, timeout=30) as client:
                while True:
                    assert process.poll() is None, log.read_text()
                    try:
                        if client.get(f"{address}/readyz").status_code == 200:
                            break
                    except httpx.TransportError:
                        continue
            yield process, address
        finally:
            kill(process)


KILLS = 100 if os.environ.get("SOAK") else 3
"""`make soak` kills often, `make test` a few times."""


def kill(process: subprocess.Popen) -> None:
    """SIGKILL to the workers and the master, at once."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
    psutil.wait_procs(family, timeout=10)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_acknowledged_survives_a_kill_and_the_rest_counts_once(database_url: str, tmp_path: Path):
    database = Database(database_url)
    world = make_world(database, SetClock(system_clock()))
    secret = world.token("district", DISTRICT)
    batches = [
        [row(site, hour, 10 + i + hour, key=f"{site}/{hour}") for i, site in enumerate(SITES)]
        for hour in range(6, 22)
    ]
    batches += [
        [row(s, h, 500, key=f"{s}/{h}/c", correction_of=f"{s}/{h}", note="counted again") for s in SITES]
        for h in range(6, 22)
    ]
    headers = {"Authorization": f"Bearer {secret}"}
    acknowledged: set[str] = set()
    for attempt in range(KILLS):
        with served(database_url, tmp_path / "server.log") as (process, address):
            enough = threading.Event()

            def send(address: str = address, enough: threading.Event = enough, attempt: int = attempt) -> None:
                with httpx.Client(timeout=30, headers=headers) as client:
                    for done, batch in enumerate(batches):
                        try:
                            answer = client.post(
                                f"{address}/api/v1/campaigns/{world.id}/reports", json={"reports": batch}
                            )
                        except httpx.TransportError:
                            return
                        assert answer.status_code == 200
                        assert answer.json()["rejected"] == []
                        acknowledged.update(str(r["key"]) for r in batch)
                        if done == (4 + 7 * attempt) % len(batches):
                            enough.set()

            sender = threading.Thread(target=send)
            sender.start()
            assert enough.wait(60)
            kill(process)
            sender.join()
        with database.read() as session:
            kept = set(session.scalars(sa.select(Report.key).filter_by(campaign_id=world.id)))
        assert acknowledged <= kept
        assert len(kept) % len(SITES) == 0, "a batch was cut in two"
        assert world.differences() == 0
    with served(database_url, tmp_path / "server.log") as (_, address), httpx.Client(timeout=30) as client:
        for batch in batches:
            answer = client.post(
                f"{address}/api/v1/campaigns/{world.id}/reports", json={"reports": batch}, headers=headers
            ).json()
            assert answer["rejected"] == []
            assert answer["accepted"] + answer["unchanged"] == len(batch)
        found = client.get(f"{address}/api/v1/campaigns/{world.id}/summary", headers=headers).json()
    assert found["persons"] == 500 * len(SITES) * 16 == world.persons()
    world.check()
    database.engine.dispose()
