"""The product's server as the browser tests start it: it publishes every change at once. That people get a
new version once a second at most is held in tests/integration/test_snapshots.py."""

from flask import Flask

import app
from views import snapshots


def server() -> Flask:
    snapshots.ASK_SECONDS = snapshots.PUBLISH_SECONDS = 0.0
    return app.server()
