"""Whether the process lives, and whether it can work."""

from flask import Blueprint, Response

from data.database import Database


def blueprint(database: Database) -> Blueprint:
    """`/healthz` and `/readyz`, open to anybody: they tell nothing but yes or no."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return Response("OK", content_type="text/plain")

    @health.get("/readyz")
    def readyz() -> Response:
        if database.answers():
            return Response("OK", content_type="text/plain")
        return Response("database does not answer", 503, content_type="text/plain")

    return health
