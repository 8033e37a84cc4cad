"""Whether the process lives, and whether it can work."""

import threading
import time

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from data.database import Database

LEAVING = threading.Event()
"""Set by gunicorn.conf.py when the worker is told to stop: it answers what still comes and says it leaves."""

SCHEMA_SECONDS = 10.0
"""How long a schema once found right is trusted: it changes with an upgrade or a restore, not by itself."""


def blueprint(database: Database) -> Blueprint:
    """`/healthz` and `/readyz`, open to anybody: they tell nothing but yes or no."""
    health = Blueprint("health", __name__)
    found_right = -SCHEMA_SECONDS

    @health.get("/healthz")
    def healthz() -> Response:
        return _say("OK")

    @health.get("/readyz")
    def readyz() -> Response:
        nonlocal found_right
        if LEAVING.is_set():
            return _say("leaving", 503)
        if not database.answers():
            return _say("database does not answer", 503)
        if time.monotonic() - found_right >= SCHEMA_SECONDS:
            try:
                if not database.schema_is_current():
                    return _say("the database has another schema", 503)
            except SQLAlchemyError:
                return _say("database does not answer", 503)
            found_right = time.monotonic()
        return _say("OK")

    return health


def _say(word: str, status: int = 200) -> Response:
    return Response(word, status, content_type="text/plain", headers={"Cache-Control": "no-store"})
