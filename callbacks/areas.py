"""The page of boundaries and people at work: a chosen file is tried without keeping anything; a button keeps it, and
another confirms how its coordinates are to be read."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, ctx, dcc, no_update

from callbacks import sent
from callbacks.faults import faults
from components import area_upload, ids, upload
from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.rejects import rejected_bytes
from domain.area_files import AUTO, SHIFT_NAMES, TABLE, Handling, Topic
from domain.clock import Clock
from domain.errors import Unreadable
from domain.permissions import Action
from locales import messages, text

if TYPE_CHECKING:
    from data.ingest.area_files import AreaResult

_FORM = {
    "topic": ids.AREA_TOPIC,
    "source": ids.AREA_SOURCE,
    "crs": ids.AREA_CRS,
    "shift": ids.AREA_SHIFT,
    "swapped": ids.AREA_SWAPPED,
    "approximate": ids.AREA_APPROXIMATE,
    "synthetic": ids.AREA_SYNTHETIC,
    "layer": ids.AREA_LAYER,
    "mapping": ids.AREA_MAPPING,
}
"""What the person says of the file, by the elements that say it."""

_FILE = {"contents": State(ids.AREA_FILE, "contents"), "name": State(ids.AREA_FILE, "filename")}


def register(application: Dash, database: Database, clock: Clock, who: Callable[[str, Action], Sender]) -> None:
    """Connect the page to `database`."""

    def take(campaign: str, form: Mapping[str, Any], contents: str, name: str, *, keep: bool) -> "AreaResult":
        # The libraries that read maps are large: a worker has them from the first file on.
        from data.ingest.area_files import About, import_area

        said = {key: sent.word(form[key] or "") for key in ("source", "crs", "shift", "layer", "mapping")}
        shift = "" if said["shift"] == area_upload.NONE else sent.word(said["shift"] or AUTO, (AUTO, *SHIFT_NAMES))
        return import_area(
            database, campaign, Topic(sent.word(form["topic"], tuple(Topic))), sent.file(contents), sent.word(name),
            who(campaign, Action.IMPORT), clock,
            handling=Handling(said["crs"], shift, bool(form["swapped"])),
            about=About(said["source"], bool(form["approximate"]), bool(form["synthetic"]),
                        said["layer"] or None, said["mapping"] or None),
            keep=keep,
        )  # fmt: skip

    @application.callback(
        output={
            "result": Output(ids.AREA_RESULT, "children"),
            "commit": Output(ids.AREA_COMMIT, "disabled"),
            "save": Output(ids.AREA_SAVE, "disabled"),
            "offset": Output(ids.AREA_OFFSET, "data"),
        },
        inputs={
            "contents": Input(ids.AREA_FILE, "contents"),
            "form": {name: Input(id_, "value") for name, id_ in _FORM.items()},
            "_clicks": Input(ids.AREA_COMMIT, "n_clicks"),
        },
        state={"name": _FILE["name"], "about": State(ids.AREA_CONTEXT, "data")},
        prevent_initial_call=True,
    )
    def try_or_keep(
        contents: str | None, form: Mapping[str, Any], _clicks: int, name: str, about: Mapping[str, str]
    ) -> dict[str, Any]:
        if not contents:
            return {"result": no_update, "commit": True, "save": True, "offset": None}
        campaign, language = sent.about(about)
        keep = ctx.triggered_id == ids.AREA_COMMIT
        try:
            result = take(campaign, form, contents, name, keep=keep)
        except Unreadable as problem:
            said = upload.problem(messages.unreadable(language, problem))
            return {"result": said, "commit": True, "save": True, "offset": None}
        except campaigns.UnknownCampaign:
            said = upload.problem(text(language, "problem.unknown_campaign", campaign=campaign))
            return {"result": said, "commit": True, "save": True, "offset": None}
        told = faults(database, campaign, result.refused, language)
        shown = area_upload.result(
            language,
            title=_title(result, name, language),
            frame=_frame(result, language),
            counts=[
                ("lines", result.rows),
                ("kept" if result.kept else "accepted", result.accepted),
                ("unchanged", result.unchanged),
                ("refused", len(result.refused)),
            ],
            notes=result.notes,
            refused=[
                (line, field, rejection.value, message)
                for (line, field, _, message), (_, rejection) in zip(told, result.refused, strict=True)
            ],
            offset=result.confirm,
        )
        waits = result.kept or not result.accepted or result.confirm is not None
        offset = {"shift": result.confirm.shift, "swapped": result.confirm.swapped} if result.confirm else None
        return {"result": shown, "commit": waits, "save": not result.refused, "offset": offset}

    @application.callback(
        Output(ids.AREA_SHIFT, "value"),
        Output(ids.AREA_SWAPPED, "value"),
        Input(ids.AREA_YES, "n_clicks"),
        Input(ids.AREA_NO, "n_clicks"),
        State(ids.AREA_OFFSET, "data"),
        State(ids.AREA_SWAPPED, "value"),
        prevent_initial_call=True,
    )
    def answer(yes: int | None, no: int | None, offset: Mapping[str, Any] | None, swapped: bool) -> Any:
        if offset is None or not (yes or no):
            return no_update, no_update
        confirmed = ctx.triggered_id == ids.AREA_YES
        shift = offset.get("shift") if confirmed and offset.get("shift") else area_upload.NONE
        return shift, bool(swapped or offset.get("swapped"))

    @application.callback(
        Output(ids.AREA_DOWNLOAD, "data"),
        inputs={
            "_clicks": Input(ids.AREA_SAVE, "n_clicks"),
            "form": {name: State(id_, "value") for name, id_ in _FORM.items()},
            "about": State(ids.AREA_CONTEXT, "data"),
            **_FILE,
        },
        prevent_initial_call=True,
    )
    def save_refused(
        _clicks: int, form: Mapping[str, Any], about: Mapping[str, str], contents: str | None, name: str
    ) -> Any:
        if not contents:
            return no_update
        campaign, language = sent.about(about)
        try:
            result = take(campaign, form, contents, name, keep=False)
        except Unreadable:
            # The trial has said so; the form has changed since.
            return no_update
        told = faults(database, campaign, result.refused, language)
        return dcc.send_bytes(
            rejected_bytes(result.table, told, mapping=result.mapping), f"{name}.rejected.csv"
        )  # fmt: skip


def _title(result: "AreaResult", name: str, language: str) -> str:
    if result.same:
        return text(language, "areas.result.same", name=name)
    if result.confirm is not None:
        return text(language, "areas.result.waits")
    return text(language, "areas.result.done" if result.kept else "areas.result.preview", name=name)


def _frame(result: "AreaResult", language: str) -> str:
    form = text(language, "areas.result.table") if result.form == TABLE else result.form
    if not result.crs:
        return form
    said = text(language, "areas.result.read_as", form=form, crs=result.crs)
    if result.shift:
        said += " · " + text(language, "areas.shifted", shift=SHIFT_NAMES[result.shift])
    return said
