"""The product's server as the browser tests start it: it publishes every change at once. That people get a
new version once a second at most is held in tests/integration/test_snapshots.py. What can be taken back can be so for
a minute: a busy machine takes longer than ten seconds to show what is to be taken back."""

from datetime import timedelta

from flask import Flask

import app
from components import town_list
from views import snapshots


def server() -> Flask:
    snapshots.ASK_SECONDS = snapshots.PUBLISH_SECONDS = 0.0
    town_list.UNDO_SHOWN = timedelta(minutes=1)
    return app.server()
