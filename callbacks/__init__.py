"""Browser events and what they set off, one file per screen."""

from collections.abc import Callable

from dash import Dash

from callbacks import areas, upload
from data.database import Database
from data.ingest.batch import Sender
from domain.clock import Clock
from domain.permissions import Action

Who = Callable[[str, Action], Sender]
"""The signed-in account as who writes to a campaign, if it may do the action there; raises otherwise."""


def register(application: Dash, database: Database, clock: Clock, who: Who) -> None:
    """Connect every screen's callbacks to this application."""
    upload.register(application, database, clock, who)
    areas.register(application, database, clock, who)
