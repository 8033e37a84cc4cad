"""What is counted while the service runs, as Prometheus reads it. Labels are few and known beforehand: route
templates, pages, outcomes; never an address, a place's name or a person.

Under gunicorn every worker counts for itself in a file and any of them answers for all (`PROMETHEUS_MULTIPROC_DIR`,
set by gunicorn.conf.py before this is imported).
"""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("sampling_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "sampling_http_request_seconds", "From the first byte read to the last given away.", ["route"], buckets=SECONDS
)
IN_PROGRESS = Gauge("sampling_http_requests_in_progress", "Requests under way.", multiprocess_mode="livesum")

SNAPSHOTS = Counter(
    "sampling_snapshots", "Snapshots asked for: hit (kept), built, moved (another is current), older (for now).",
    ["outcome"],
)  # fmt: skip
SNAPSHOT_SECONDS = Histogram("sampling_snapshot_build_seconds", "Building one snapshot.", ["page"], buckets=SECONDS)
VERSIONS = Counter("sampling_versions_published", "Versions published to open pages, each worker's own.")

ROWS = Counter("sampling_ingest_rows", "Rows sent in: accepted, unchanged or refused.", ["kind", "outcome"])

CONNECTIONS = Gauge(
    "sampling_database_connections_in_use", "Connections lent out by the pools.", multiprocess_mode="livesum"
)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered."""
    REQUESTS.labels(method if method in METHODS else "OTHER", route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def rows(kind: str, accepted: int, unchanged: int, refused: int) -> None:
    """A batch of `kind` came in."""
    for outcome, number in (("accepted", accepted), ("unchanged", unchanged), ("refused", refused)):
        if number:
            ROWS.labels(kind, outcome).inc(number)
