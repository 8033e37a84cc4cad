"""How the server runs: threads for many open pages, one application for all workers, an end without loss.

Behind nginx (deploy/nginx.conf) two of these stand side by side, so that one can be started anew while the other
serves; see docs/production.md.
"""

import atexit
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

MEMORY = Path("/dev/shm")
"""Where files live that need no disk: a full or slow disk must not stop a heartbeat or a counter."""


def _metrics_folder() -> None:
    """Where the workers' counters lie, told to prometheus_client before anything imports it."""
    stated = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if stated:
        # Another server may count here too, the one this one takes over from; what the dead left is theirs no more.
        folder = Path(stated)
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*_*.db"):
            if _is_dead(file.stem.rpartition("_")[2]):
                file.unlink(missing_ok=True)
        return
    where = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in where.glob("sampling-metrics-*-*"):
        if _is_dead(left.name.split("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    made = tempfile.mkdtemp(prefix=f"sampling-metrics-{os.getpid()}-", dir=where)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = made
    master = os.getpid()

    def remove() -> None:
        if os.getpid() == master:
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)


def _is_dead(number: str) -> bool:
    return number.isdecimal() and not Path(f"/proc/{number}").exists()


_metrics_folder()

# Only now: these lead to modules that count.
from gunicorn.glogging import Logger  # noqa: E402

import memory  # noqa: E402
from config import load  # noqa: E402
from telemetry import log  # noqa: E402

settings = load()

wsgi_app = "app:server()"
bind = f"{'[' + settings.host + ']' if ':' in settings.host else settings.host}:{settings.port}"
backlog = 2048
worker_class = "gthread"
workers = settings.web_workers
threads = 16
worker_connections = 2000
preload_app = True
keepalive = 75
"""Longer than nginx keeps its connections to us (60 s): it closes first, and nothing is sent into a closing one."""
timeout = 60
"""Without a sign of life for so long a worker is killed; one long request does not silence it."""
graceful_timeout = 30 + int(settings.drain_seconds)
"""For what is under way when it is told to stop: a file of 100,000 rows takes ten seconds."""
max_requests = 0
"""Workers are not replaced after so many: each time their snapshots and connections would be lost. What a worker
keeps is bounded by number; should it grow all the same, a SIGHUP at night and the unit's MemoryHigh help."""
worker_tmp_dir = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
limit_request_line = 8190
limit_request_fields = 60
loglevel = settings.log_level.lower()
logconfig_dict = log.settings(settings.log_level, settings.log_format)


class Quiet(Logger):
    """Says what the server does, not what it is asked: the application writes a line for each request itself
    (api/observe.py), it knows the route and the role and leaves out address and query. With gunicorn's
    own, a line would be put together for every request and thrown away: a quarter of what a refresh costs."""

    access_log_enabled = False


logger_class = Quiet
control_socket_disable = True


def when_ready(_server: object) -> None:
    """The application stands, the workers are not there yet: they share it."""
    memory.settle()


def post_worker_init(worker: Any) -> None:
    """A worker told to stop says so at `/readyz` first, and keeps serving for the seconds of DRAIN_SECONDS."""
    from api import health

    leave = worker.handle_exit

    def stop(number: int, frame: object) -> None:
        health.LEAVING.set()
        if settings.drain_seconds:
            timer = threading.Timer(settings.drain_seconds, leave, (number, None))
            timer.daemon = True
            timer.start()
        else:
            leave(number, frame)

    signal.signal(signal.SIGTERM, stop)


def child_exit(_server: object, worker: Any) -> None:
    """What a worker that is gone held just now counts no more; what it had counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
