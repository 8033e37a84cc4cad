"""What every command needs: settings, database, language, and how commands end."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

import config
from data.database import Database, Schema
from data.ingest.batch import Sender
from data.ingest.mapping import FileMapping
from data.ingest.rejects import Fault, write_rejected
from data.ingest.tables import Table
from domain.actors import CONSOLE
from domain.errors import Rejection
from locales import messages, text

OPERATOR = Sender(CONSOLE)

REFUSED, NOTHING_DONE = 1, 2
"""Exit status: some rows were refused; nothing could be done."""


def _language() -> str:
    """The language of the terminal: English where it says so, else Chinese."""
    stated = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if stated.lower().startswith("en") else "zh"


class State:
    """What every command needs: the settings, the database, the language."""

    def __init__(self, language: str | None) -> None:
        self.language = language or _language()
        try:
            self.settings = config.load(
                {"DEMO": "1", **os.environ, "SECRET_KEY": os.environ.get("SECRET_KEY", "-" * 16)}
            )
        except config.BadSetting as problem:
            fail(str(problem))
        self.database = Database(self.settings.database_url)

    def ready(self) -> Database:
        """The database, its schema current. Ends with status 2 otherwise."""
        try:
            schema = self.database.schema()
        except SQLAlchemyError:
            fail(text(self.language, "cli.no_database"))
        if schema is Schema.BEHIND:
            fail(text(self.language, "cli.schema"))
        if schema is Schema.TOO_NEW:
            fail(text(self.language, "cli.schema_too_new"))
        return self.database

    def say(self, key: str, **params: object) -> None:
        click.echo(text(self.language, f"cli.{key}", **params), err=True)


def fail(message: str) -> NoReturn:
    """End with one line and status 2."""
    click.echo(message, err=True)
    sys.exit(NOTHING_DONE)


pass_state = click.make_pass_decorator(State)


def tell_refused(state: State, refused: Sequence[tuple[int, Rejection]], zone: ZoneInfo) -> list[Fault]:
    """Name every refused line; answers them as `write_refused` takes them."""
    faults = []
    for line, rejection in refused:
        message = messages.refusal(state.language, rejection, zone)
        faults.append((line, rejection.field, rejection.code.value, message))
        state.say(
            "refused", line=line, field=rejection.field, value=rejection.value, code=rejection.code, message=message
        )
    return faults


def write_refused(state: State, table: Table, mapping: FileMapping, faults: Sequence[Fault], file: Path) -> None:
    """Write the refused lines of `file` out to be mended and end with status 1; nothing where there are none."""
    if faults:
        written = write_rejected(file.with_name(f"{file.name}.rejected.csv"), table, faults, mapping=mapping)
        state.say("written", file=written)
        sys.exit(REFUSED)
