"""The import page at work: a chosen file is tried without keeping anything; the button keeps it."""

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, no_update

from callbacks import sent
from callbacks.faults import faults
from components import ids, upload
from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.file_import import FileResult
from data.ingest.files import What, import_file
from data.ingest.rejects import rejected_bytes
from domain.clock import Clock
from domain.errors import Unreadable
from domain.permissions import Action
from locales import LANGUAGES, messages, text


def register(application: Dash, database: Database, clock: Clock, who: Callable[[str, Action], Sender]) -> None:
    """Connect the import page to `database`."""

    def take(campaign: str, kind: str, mapping: str | None, contents: str, name: str, keep: bool) -> FileResult:
        sender = who(sent.word(campaign), Action.IMPORT)
        chosen, mapped = What(sent.word(kind, tuple(What))), sent.word(mapping) if mapping else None
        return import_file(
            database, campaign, chosen, sent.file(contents), sent.word(name), sender, clock, mapping_toml=mapped,
            dry_run=not keep,
        )  # fmt: skip

    @application.callback(
        Output(ids.UPLOAD_RESULT, "children"),
        Output(ids.UPLOAD_COMMIT, "disabled"),
        Output(ids.UPLOAD_SAVE, "disabled"),
        Input(ids.UPLOAD_FILE, "contents"),
        Input(ids.UPLOAD_CAMPAIGN, "value"),
        Input(ids.UPLOAD_KIND, "value"),
        Input(ids.UPLOAD_MAPPING, "value"),
        Input(ids.UPLOAD_COMMIT, "n_clicks"),
        State(ids.UPLOAD_FILE, "filename"),
        State(ids.UPLOAD_LANGUAGE, "data"),
        prevent_initial_call=True,
    )
    def try_or_keep(
        contents: str | None, campaign: str, kind: str, mapping: str | None, _clicks: int, name: str, language: str
    ) -> Any:
        if not contents:
            return no_update, True, True
        language = sent.word(language, LANGUAGES)
        keep = ctx.triggered_id == ids.UPLOAD_COMMIT
        try:
            result = take(campaign, kind, mapping, contents, name, keep)
        except Unreadable as problem:
            return upload.problem(messages.unreadable(language, problem)), True, True
        except campaigns.UnknownCampaign:
            return upload.problem(text(language, "problem.unknown_campaign", campaign=campaign)), True, True
        batch = result.batch
        counts = [
            ("rows", result.rows),
            ("accepted", batch.accepted),
            ("unchanged", batch.unchanged),
            ("skipped", batch.skipped),
            ("refused", len(result.refused)),
        ]
        told = {line: message for line, _, _, message in faults(database, campaign, result.refused, language)}
        refused = [(line, rejection.field, rejection.value, told[line]) for line, rejection in result.refused]
        shown = upload.result(language, kept=keep, name=name, counts=counts, refused=refused)
        return shown, keep or not batch.accepted, not result.refused

    @application.callback(
        Output(ids.UPLOAD_DOWNLOAD, "data"),
        Input(ids.UPLOAD_SAVE, "n_clicks"),
        State(ids.UPLOAD_FILE, "contents"),
        State(ids.UPLOAD_FILE, "filename"),
        State(ids.UPLOAD_CAMPAIGN, "value"),
        State(ids.UPLOAD_KIND, "value"),
        State(ids.UPLOAD_MAPPING, "value"),
        State(ids.UPLOAD_LANGUAGE, "data"),
        prevent_initial_call=True,
    )
    def save_refused(
        _clicks: int, contents: str, name: str, campaign: str, kind: str, mapping: str | None, language: str
    ) -> Any:
        if not contents:
            return no_update
        language = sent.word(language, LANGUAGES)
        try:
            result = take(campaign, kind, mapping, contents, name, keep=False)
        except Unreadable:
            # The trial has said so; the form has changed since.
            return no_update
        body = rejected_bytes(
            result.table, faults(database, campaign, result.refused, language), mapping=result.mapping
        )
        return dcc.send_bytes(body, f"{name}.rejected.csv")
