"""`/metrics` for Prometheus: what all workers counted, and how the campaigns stand. Not for everybody.

Who asks from one of the allowed addresses, without a proxy in between, or knows the token may read it. Nothing in it
names a person; labels are route templates, pages, outcomes and campaigns.
"""

import hmac
import os
import time
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from threading import Lock

import sqlalchemy as sa
from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from api.problems import Problem
from data.database import Database
from data.queries.pulse import Pulse, pulses
from domain.clock import Clock
from telemetry import counts

FRESH_SECONDS = 5.0
"""How long a worker gives the same answer about the campaigns: a monitor costs the database no more than a reader."""

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")
"""Whoever comes with one of these came through a proxy: the address we see is not theirs."""

Network = IPv4Network | IPv6Network


def watch(database: Database) -> None:
    """Count the connections that the database's pool lends out."""
    pool = database.engine.pool

    @sa.event.listens_for(pool, "checkout")
    def _lent(*_: object) -> None:
        counts.CONNECTIONS.inc()

    @sa.event.listens_for(pool, "checkin")
    def _back(*_: object) -> None:
        counts.CONNECTIONS.dec()


def blueprint(database: Database, clock: Clock, allowed: Sequence[Network], token: str) -> Blueprint:
    """`/metrics`, for `allowed` addresses and for who knows `token` (empty: nobody does)."""
    metrics = Blueprint("metrics", __name__)
    campaigns = _Campaigns(database, clock)

    @metrics.get("/metrics")
    def tell() -> Response:
        if not (_near(allowed) or _knows(token)):
            raise Problem(404, "not_found", "unknown_path")
        registry = CollectorRegistry()
        registry.register(campaigns)
        if os.environ.get(MULTIPROCESS):
            MultiProcessCollector(registry)
            body = generate_latest(registry)
        else:
            body = generate_latest(REGISTRY) + generate_latest(registry)
        return Response(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return metrics


def _near(allowed: Sequence[Network]) -> bool:
    # The address of the connection itself: what a header says anybody can say.
    original = request.environ.get("werkzeug.proxy_fix.orig", {})
    stated = original.get("REMOTE_ADDR", request.environ.get("REMOTE_ADDR", ""))
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(stated)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in allowed)


def _knows(token: str) -> bool:
    scheme, _, stated = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(stated.encode(), token.encode())


class _Campaigns:
    """How the campaigns stand, asked of the database when Prometheus asks us."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asked: tuple[float, list[Pulse] | None] | None = None
        self._lock = Lock()

    def collect(self) -> Iterator[Metric]:
        found = self._pulses()
        yield GaugeMetricFamily("sampling_database_up", "Whether the database answers.", value=found is not None)
        pool = self._database.engine.pool
        most = getattr(pool, "size", lambda: 0)() + max(0, getattr(pool, "_max_overflow", 0))
        yield GaugeMetricFamily("sampling_database_pool_most", "Connections one worker may open.", value=most)
        for name, help_, value in _GAUGES:
            family = GaugeMetricFamily(f"sampling_{name}", help_, labels=["campaign"])
            for one in found or ():
                if (known := value(one)) is not None:
                    family.add_metric([one.campaign_id], known)
            yield family

    def _pulses(self) -> list[Pulse] | None:
        """None while the database does not answer."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked[0] >= FRESH_SECONDS:
                try:
                    with self._database.read() as session:
                        found: list[Pulse] | None = pulses(session, self._clock())
                except SQLAlchemyError:
                    found = None
                self._asked = time.monotonic(), found
            return self._asked[1]


_GAUGES = (
    ("campaign_revision", "Revisions of the record; its rate is changes a second.", lambda p: p.revision),
    ("data_age_seconds", "How old the figures are while the campaign runs.",
     lambda p: None if p.data_age is None else p.data_age.total_seconds()),
    ("screens_joined", "Briefing screens that have joined.", lambda p: p.joined),
    ("screens_open", "Briefing screens heard within the last minute.", lambda p: p.open),
    ("screens_oldest_contact_seconds", "How long ago the quietest joined screen was heard.",
     lambda p: None if p.oldest_contact is None else p.oldest_contact.total_seconds()),
    ("sources", "Sources that are pulled.", lambda p: p.sources),
    ("sources_failing", "Sources that fail beyond their limit.", lambda p: p.sources_failing),
    ("source_failures", "Failed pulls since each source's last success, summed.", lambda p: p.failures),
)  # fmt: skip
