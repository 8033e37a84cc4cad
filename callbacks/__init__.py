"""Browser events and what they set off, one file per screen."""

from dash import Dash

from callbacks import upload
from data.database import Database
from domain.clock import Clock


def register(application: Dash, database: Database, clock: Clock) -> None:
    """Connect every screen's callbacks to this application."""
    upload.register(application, database, clock)
